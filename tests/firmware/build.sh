#!/usr/bin/env bash
# Builds the processor of the model for this computer: build.sh FILE.so
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$1")"
${CC:-cc} -std=c11 -O3 -Wall -Wextra -Werror -ffp-contract=off -fno-strict-aliasing -shared -fPIC -o "$1.new" \
  "$here/cpu.c" "$here/exceptions.c" "$here/float.c" "$here/pins.c" -lm
mv "$1.new" "$1"
