#!/usr/bin/env bash
# Builds the library as one isolated object in an archive and prints the archive's path.
#   lib.sh PROFILE [thumbv7em-none-eabi|host|i686-unknown-linux-gnu]
# PROFILE is full or pin, and may go on with features, as in full,aes-hook.
# The archive exports etls_* and nothing else, so that it can be linked beside another Mbed TLS, and still has a section
# for each function, so that the final --gc-sections drops what the program does not call.
# What the chip's compiler is, cargo-chip.sh decides.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
profile=${1:-full}
target=${2:-thumbv7em-none-eabi}
fail() { printf 'lib.sh: %s\n' "$*" >&2; exit 1; }
case $profile, in full,* | pin,*) ;; *) fail "PROFILE is full or pin, not '$profile'" ;; esac
case ,$profile, in *,key-log,*) fail "the feature key-log tells all secrets: no firmware has it" ;; esac

cd "$root"
case $target in
thumbv7em-none-eabi)
  prefix=arm-none-eabi-
  # With the Rust library in the same build nothing that is public there could be inlined or left out.
  build=(espruino-patch/cargo-chip.sh rustc --crate-type staticlib)
  features=$profile,panic-handler
  directory=target/lib/$target-${profile//,/-}-$(espruino-patch/cargo-chip.sh --way)
  ;;
host)
  prefix=
  build=("${CARGO:-cargo}" build)
  features=$profile,c-api,error-text
  directory=target/lib/host-${profile//,/-}
  ;;
i686-unknown-linux-gnu)
  # A 32-bit computer: models a chip's memory.
  prefix=
  build=("${CARGO:-cargo}" build --target "$target")
  features=$profile,c-api,error-text
  directory=target/lib/$target-${profile//,/-}
  ;;
*) fail "TARGET is thumbv7em-none-eabi, host or i686-unknown-linux-gnu, not '$target'" ;;
esac
emulation=() also=()
if [ "$target" = i686-unknown-linux-gnu ]; then
  emulation=(-m elf_i386)
  # Each program has these of the compiler's once, whichever object brings them.
  also=(--wildcard '--keep-global-symbol=__x86.get_pc_thunk.*')
fi
for program in ld ar nm objcopy; do
  command -v $prefix$program >/dev/null 2>&1 || fail "$prefix$program is missing: Debian's package is" \
    "$([ -n "$prefix" ] && echo binutils-arm-none-eabi || echo binutils)"
done

mkdir -p "$directory"
work=$directory/work.$$
mkdir "$work"
trap 'rm -rf "$work"' EXIT

# cargo gives the library of each set of features the same name: nobody else may build between that and the copy.
exec 9>target/lib/lock
! command -v flock >/dev/null || flock 9
# shellcheck disable=SC2086 # ETLS_CARGO_FLAGS may be several words
rust=$("${build[@]}" --release --lib --no-default-features --features "$features" ${ETLS_CARGO_FLAGS:-} \
  --message-format=json-render-diagnostics | sed -n 's/.*"\([^"]*libespruino_tls\.a\)".*/\1/p' | tail -n 1)
[ -n "$rust" ] || fail "cargo built no static library"
cp "$rust" "$work/rust.a"
exec 9>&-

# The C ABI is what the header declares: what stands under `#if defined(ETLS_ERROR_TEXT)` only with the feature error-text.
abi=$(awk -v features=",$features," '
  /^#if defined\(ETLS_/ { name = tolower(substr($2, 14)); sub(/\).*/, "", name); gsub(/_/, "-", name); out = !index(features, "," name ",") }
  /^#endif/ { out = 0 }
  !out && !/^ *\/\//' include/espruino_tls.h | grep -o '\betls_[a-z0-9_]* *(' | tr -d ' (' | sort -u)
roots=() keep=()
for name in $abi; do
  roots+=(-u "$name")
  keep+=("--keep-global-symbol=$name")
done

# What every C program has already stays outside: --wrap renames the calls, so that Rust's own copies are not pulled in,
# and objcopy names them back.
wrap=() unwrap=()
if [ -n "$prefix" ]; then
  for name in memcpy memmove memset memcmp bcmp strlen __aeabi_mem{cpy,move,set,clr}{,4,8} \
    __aeabi_{uldivmod,ldivmod,lmul,llsl,llsr,lasr,uidiv,uidivmod}; do
    wrap+=("--wrap=$name")
    unwrap+=("--redefine-sym=__wrap_$name=$name")
  done
fi

# Bitcode for link-time optimisation, already used; left in, it may make ar write an empty index.
${prefix}objcopy -R .llvmbc -R .llvmcmd "$work/rust.a"
${prefix}ld "${emulation[@]}" -r --gc-sections --unique -e 0 "${roots[@]}" "${wrap[@]}" -o "$work/all.o" "$work/rust.a" 2>"$work/ld.log" ||
  { cat "$work/ld.log" >&2; fail "ld -r failed"; }
${prefix}objcopy "${unwrap[@]}" "$work/all.o"
${prefix}objcopy "${keep[@]}" "${also[@]}" --strip-debug -R .comment "$work/all.o" "$work/espruino_tls.o"
(cd "$work" && ${prefix}ar rcs libespruino_tls.a espruino_tls.o)

# What has been promised.
foreign=$(${prefix}nm --defined-only --extern-only "$work/libespruino_tls.a" | awk 'NF == 3 { print $3 }' |
  grep -vxF "$abi" | grep -v '^__x86\.get_pc_thunk\.' || true)
[ -z "$foreign" ] || fail "these are exported besides the C ABI: $foreign"
if [ -n "$prefix" ]; then
  panics=$(${prefix}nm -C "$work/libespruino_tls.a" | grep -E 'core::(panicking|fmt)|unwrap_failed|rust_begin_unwind' ||
    true)
  if [ -n "$panics" ]; then
    printf 'lib.sh: panic or formatting machinery is in:\n%s\n' "$panics" >&2
    # A ready-made core brings some along; the other way must do without.
    case $directory in *-source) exit 1 ;; esac
  fi
fi
mv "$work/libespruino_tls.a" "$directory/libespruino_tls.a"
echo "$root/$directory/libespruino_tls.a"
