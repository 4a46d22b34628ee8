#!/usr/bin/env bash
# Builds what tests/constant_time.rs runs: build.sh DIRECTORY makes trace.so, fast.elf and small.elf (with the small P-256).
set -eu
cd "$(dirname "$0")/../.."
directory=${1:?"build.sh DIRECTORY"}
mkdir -p "$directory"
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

version=$(qemu-system-arm --version | sed -n 's/.*version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
read -r major minor <<<"$version"
api=1
{ [ "$major" -gt 8 ] || { [ "$major" -eq 8 ] && [ "$minor" -ge 2 ]; }; } && api=2
{ [ "$major" -gt 9 ] || { [ "$major" -eq 9 ] && [ "$minor" -ge 1 ]; }; } && api=3
"${CC:-cc}" -std=gnu99 -O2 -Wall -Wextra -DPLUGIN_VERSION=$api -shared -fPIC -o "$directory/trace.so" tests/constant_time/trace.c

# image ELF [CARGO'S OPTIONS]
image() {
  local elf=$1 rust
  shift
  rust=$(espruino-patch/cargo-chip.sh build --release --manifest-path tests/chip/vectors/Cargo.toml \
    --target-dir "${CARGO_TARGET_DIR:-target}" "$@" --message-format=json-render-diagnostics |
    sed -n 's/.*"\([^"]*libchip_vectors\.a\)".*/\1/p' | tail -n 1)
  [ -n "$rust" ] || fail "cargo built no static library of operations"
  arm-none-eabi-gcc -Os -mcpu=cortex-m4 -mthumb -ffunction-sections -Wall -Wextra -nostartfiles --specs=nano.specs \
    -T tests/bench/link.ld -Wl,--gc-sections -Wl,--no-warn-execstack -Wl,--no-warn-rwx-segments -o "$elf" \
    tests/bench/operations.c tests/bench/measure.c tests/chip/chip.c "$rust"
}
image "$directory/fast.elf" --features client-rsa
image "$directory/small.elf" --no-default-features --features full
