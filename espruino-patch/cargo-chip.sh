#!/usr/bin/env bash
# Runs cargo for the chip, with the C compiler, its flags and headers set: cargo-chip.sh build --release ...
#
# Two ways to have Rust there; the first that works is taken, and tests/size/README.md tells what each costs:
#   source   the compiler's source is beside it (`rustup component add rust-src`, or Debian's rustc-web cargo-web
#            rust-web-src): Rust's core is built anew, for size and without messages for panics
#   target   rustup's ready-made core (`rustup target add thumbv7em-none-eabi`): quicker to build, larger
# ETLS_CHIP_RUST=source|target asks for the one or the other.
#   cargo-chip.sh --way            only says which of them it would take
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
target=thumbv7em-none-eabi
cargo=${CARGO:-cargo}
fail() { printf 'cargo-chip.sh: %s\n' "$*" >&2; exit 1; }

# The compiler that belongs to a cargo: its neighbour.
rustc_of() {
  local neighbour
  neighbour=$(dirname "$(command -v "$1")")/rustc
  if [ -x "$neighbour" ]; then echo "$neighbour"; else echo rustc; fi
}
has_target() {
  command -v "$1" >/dev/null 2>&1 || return 1
  compgen -G "$("$(rustc_of "$1")" --print target-libdir --target "$target" 2>/dev/null)/libcore-*.rlib" >/dev/null
}
has_source() {
  command -v "$1" >/dev/null 2>&1 || return 1
  local rustc
  rustc=$(rustc_of "$1")
  [ -f "$("$rustc" --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library/core/Cargo.toml" ] || return 1
  # Older compilers do not know this.
  RUSTC_BOOTSTRAP=1 "$rustc" -Zunstable-options -Cpanic=immediate-abort --print cfg >/dev/null 2>&1
}

way=
if [ "${ETLS_CHIP_RUST:-source}" = source ]; then
  # The active one, or the distribution's beside it.
  for candidate in "$cargo" "${DEPS_ROOT:-}/usr/bin/cargo"; do
    if has_source "$candidate"; then
      way=source
      cargo=$candidate
      break
    fi
  done
fi
if [ -z "$way" ] && [ "${ETLS_CHIP_RUST:-target}" = target ] && has_target "$cargo"; then way=target; fi
[ -n "$way" ] || fail "no Rust for $target here: 'rustup component add rust-src', 'rustup target add $target'," \
  "or on Debian 'apt-get install rustc-web cargo-web rust-web-src'"
if [ "${1:-}" = --way ]; then
  echo "$way"
  exit
fi

command -v arm-none-eabi-gcc >/dev/null 2>&1 ||
  fail "arm-none-eabi-gcc is missing: Debian's package is gcc-arm-none-eabi"

command=$1
shift

# What the options and Cargo.toml's lists of features come to.
features=' '
defaults=default
previous=
for word in "$@"; do
  case $word in
  --no-default-features) defaults= ;;
  --features=*) features="$features${word#*=} " ;;
  *) if [ "$previous" = --features ]; then features="$features$word "; fi ;;
  esac
  previous=$word
done
features="$features$defaults "
lists_of() { sed -n 's/^\([a-z0-9-]*\) = \[\(".*"\)\]$/\1 \2/p' "$1" | tr -d '",'; }
lists=$(lists_of "$root/Cargo.toml")
vectors=tests/chip/vectors/Cargo.toml
case " $* " in *" $vectors "*) lists=$(grep -v '^default ' <<<"$lists"; lists_of "$root/$vectors") ;; esac
features=${features//,/ }
for _ in 1 2 3 4; do
  while read -r name list; do
    case $features in *" $name "*) features="$features${list//espruino-tls\//} " ;; esac
  done <<<"$lists"
done
enabled() { case $features in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

arguments=("$command" --target "$target")
# opt-level z alone calls the smallest of functions, iterators' `next` and the like, instead of inlining them. What a loop
# keeps in memory stays there: a register for it costs more around the loop than it saves. Small constants stand behind the
# code that reads them, which saves their addresses.
rustflags="-Cllvm-args=-inline-threshold=25 -Cllvm-args=-disable-licm-promotion -Cllvm-args=-arm-promote-constant"
if [ "$way" = source ]; then
  # Building core is not for the stable channel unless one insists.
  export RUSTC_BOOTSTRAP=1
  RUSTC=$(rustc_of "$cargo")
  export RUSTC
  arguments+=(-Zbuild-std=core,alloc -Zbuild-std-features=optimize_for_size)
  rustflags="$rustflags -Zunstable-options -Cpanic=immediate-abort"
  # Inlined before LLVM sees it, which opt-level z leaves out, a function is small enough to be judged rightly there.
  rustflags="$rustflags -Zinline-mir=yes -Zinline-mir-threshold=200"
fi
export CARGO_TARGET_THUMBV7EM_NONE_EABI_RUSTFLAGS="$rustflags ${ETLS_RUSTFLAGS:-}"
# Smallest of z and s and of several limits; tests/size/README.md has the figures.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=${CARGO_PROFILE_RELEASE_OPT_LEVEL:-z}

# Mbed TLS is only built with the feature chacha20, and then needs cmake, libclang and a C library's headers. The header
# that tells it what to leave out is found through CPATH. Its checksum makes cargo compile the C code again when the header
# has changed, which it can't see otherwise.
config=$root/espruino-patch/include/mbedtls/target_config.h
export CPATH=$root/espruino-patch/include
flags="-DTARGET_LIKE_MBED -DETLS_CONFIG=$(cksum <"$config" | cut -d' ' -f1)"
# The rest needs no more than memcpy and memset.
echo '#include <string.h>' | arm-none-eabi-gcc -fsyntax-only -xc - 2>/dev/null ||
  export CPATH=$CPATH:$root/espruino-patch/include/freestanding
# No -mfpu: gcc would spill integers through the registers of the floating-point unit.
flags="$flags -mtune=cortex-m4 -ffunction-sections -fdata-sections"
# p256-cortex-m4 is one section of assembly, so what is not needed is left out here. Its key generation is not used
# (src/crypto/provider/cortex_m4/p256.rs).
for part in raw_scalarmult_generic raw_scalarmult_base to_octet_string_compressed to_octet_string_hybrid \
  decompress_point decode_point; do
  flags="$flags -Dinclude_p256_$part=0"
done
# Only client certificates sign. Without the fast P-256 nothing of it is linked.
if ! enabled client-auth; then flags="$flags -Dinclude_p256_sign=0"; fi
flags="$flags -Duse_fast_p256_basemult=0"
export CC_thumbv7em_none_eabi=arm-none-eabi-gcc AR_thumbv7em_none_eabi=arm-none-eabi-ar
export CFLAGS_thumbv7em_none_eabi="$flags ${ETLS_CFLAGS:-}"
# bindgen is clang, which does not know where another compiler's headers are.
BINDGEN_EXTRA_CLANG_ARGS_thumbv7em_none_eabi=
while IFS= read -r directory; do
  BINDGEN_EXTRA_CLANG_ARGS_thumbv7em_none_eabi+=" -isystem \"$directory\""
done < <(env -u CPATH arm-none-eabi-gcc -E -Wp,-v -xc /dev/null -o /dev/null 2>&1 | sed -n 's/^ //p')
export BINDGEN_EXTRA_CLANG_ARGS_thumbv7em_none_eabi

exec "$cargo" "${arguments[@]}" "$@"
