#!/usr/bin/env bash
# Builds the programs that tests/chip.rs runs under QEMU: build.sh DIRECTORY makes runtime.elf, double.elf, https.elf, https-all.elf, vectors.elf, vectors-pin.elf.
#   build.sh figures   prints the figures that only the chip knows, for tests/size/size.sh
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

# image PROGRAM ELF ARCHIVE [OPTION ...]
image() {
  # -nostartfiles: chip.c has its own. The C library gives memcpy and the like.
  arm-none-eabi-gcc -std=c11 -Wall -Wextra -Werror -Os -mcpu=cortex-m4 -mthumb -ffunction-sections -Iinclude \
    -nostartfiles --specs=nano.specs -T tests/chip/link.ld -Wl,--gc-sections -Wl,--no-warn-execstack \
    -o "$2" "tests/chip/$1.c" tests/chip/chip.c "${@:3}"
}

# vectors ELF [CARGO'S OPTIONS]
vectors() {
  local rust elf=$1
  shift
  rust=$(espruino-patch/cargo-chip.sh build --release --manifest-path tests/chip/vectors/Cargo.toml \
    --target-dir "${CARGO_TARGET_DIR:-target}" "$@" --message-format=json-render-diagnostics |
    sed -n 's/.*"\([^"]*libchip_vectors\.a\)".*/\1/p' | tail -n 1)
  [ -n "$rust" ] || fail "cargo built no static library of vectors"
  image vectors "$elf" "$rust"
}

if [ "${1:-}" = figures ]; then
  command -v qemu-system-arm >/dev/null 2>&1 || fail "qemu-system-arm is missing: Debian's package is qemu-system-arm"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  vectors "$work/vectors.elf" --no-default-features --features full 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  timeout 60 qemu-system-arm -M mps2-an386 -cpu cortex-m4 -display none -monitor none -serial none \
    -semihosting-config enable=on,target=native -kernel "$work/vectors.elf" 2>&1
  exit
fi

directory=${1:?"build.sh DIRECTORY"}
mkdir -p "$directory"
# As https.make has them compiled; -fno-builtin, so that the program does call what it tests.
runtime="-Os -mcpu=cortex-m4 -mthumb -ffunction-sections -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns"
for source in runtime double exponential sha1; do
  # shellcheck disable=SC2086 # several words
  arm-none-eabi-gcc $runtime -Wall -Wextra -Werror -c -o "$directory/$source.o" "espruino-patch/$source.c"
done
image runtime "$directory/runtime.elf" "$directory/runtime.o" "$directory/exponential.o" "$directory/sha1.o" -fno-builtin -lm
image double "$directory/double.elf" "$directory/double.o"
image https "$directory/https.elf" "$(espruino-patch/lib.sh full)"
image https "$directory/https-all.elf" "$(espruino-patch/lib.sh full,tls13,resumption,client-rsa)"
vectors "$directory/vectors-pin.elf" --no-default-features --features pin
vectors "$directory/vectors.elf"
