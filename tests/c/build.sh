#!/usr/bin/env bash
# Compiles a C program against the header and the static library: build.sh SOURCE OUTPUT [COMPILER'S FLAG...]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
source=$(realpath "$1")
output=$2
shift 2
mkdir -p "$(dirname "$output")"
cd "$root"
mkdir -p target
# For tests/all.sh.
[ -f target/where ] || pwd -P >target/where
# Cargo knows where it puts the library, whatever the target directory.
library=$("${CARGO:-cargo}" build --lib --message-format=json-render-diagnostics |
  sed -n 's/.*"\([^"]*libespruino_tls\.a\)".*/\1/p' | tail -n 1)
[ -n "$library" ] || { echo "build.sh: cargo built no static library" >&2; exit 1; }
# The library contains Rust's own startup code for hosts, which needs these.
"${CC:-cc}" -std=c99 -pedantic -Wall -Wextra -Werror -g -Iinclude "$@" -o "$output" \
  "$source" "$library" -lpthread -ldl -lm
