#!/usr/bin/env bash
# Installs what is missing, on Debian and its children; elsewhere says what is needed.
#   deps.sh demo   for the build and the demonstration
#   deps.sh chip   for the build for the chip and its emulation, too
#   deps.sh all    for all tests
#   deps.sh libclang   prints the library that bindgen will load
#   deps.sh all --print   only prints the packages that would be installed, and to standard error why
# Each check does in small what the build or a test does: what merely looks like the thing does not pass.
# DEPS_ROOT stands before the absolute paths that are looked at (tests/deps.rs).
set -eu
what=${1:-all}
print=${2:-}
here=$(cd "$(dirname "$0")/.." && pwd)
root=${DEPS_ROOT:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Rust itself. No package: Debian's is too old.
cargo=${CARGO:-cargo}
wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$here/Cargo.toml")
"$cargo" --version >/dev/null 2>"$work/why" ||
  fail "cargo is missing or does not run: install Rust $wanted or newer, see https://rustup.rs ($(head -n 1 "$work/why"))"
found=$("${RUSTC:-rustc}" --version 2>/dev/null | cut -d' ' -f2) || found=none
[ "$(printf '%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1)" = "$wanted" ] ||
  fail "Rust $wanted or newer is needed, and this one is ${found:-none}: see https://rustup.rs"

# Links a program, and it runs: compiles COMPILER [OPTION...]
compiles() {
  printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' | "$@" -xc -o "$work/program" - &&
    "$work/program" >/dev/null
}

# Mbed TLS' CMakeLists.txt asks for this, and builds with make.
configures() {
  echo 'cmake_minimum_required(VERSION 3.5)' >"$work/probe.cmake"
  "${CMAKE:-cmake}" -P "$work/probe.cmake" && "${CMAKE:-cmake}" --help | grep -q 'Unix Makefiles'
}

makes() { make --version | grep '^GNU Make' || { echo "make is not GNU make"; return 1; }; }

# version_of FILE: as the crate clang-sys, by which bindgen finds libclang, reads it from the name (libclang-14.so.1 is
# 14.0.1), in a form that can be compared.
version_of() {
  local version=
  case $1 in
  libclang.so.*) version=${1#libclang.so.} ;;
  libclang-*) version=${1#libclang-} version=${version%???} ;;
  esac
  echo "$version" | awk -F. '{
    for (i = 1; i <= 8; i++) printf "%06d", (i > NF ? 0 : $i ~ /^[0-9]+$/ ? $i + 1 : 1)
    print ""
  }'
}
# Prints the libclang that clang-sys takes: the highest version, and of several the first.
libclang() {
  local places=() any place file name version best='' highest='' class=02
  [ "$(getconf LONG_BIT)" = 64 ] || class=01
  if [ -n "${LIBCLANG_PATH+x}" ]; then
    places=("$LIBCLANG_PATH")
    if [ -f "$LIBCLANG_PATH" ]; then places=("$(dirname "$LIBCLANG_PATH")"); fi
  else
    place=$("${LLVM_CONFIG_PATH:-llvm-config}" --prefix 2>/dev/null) && places+=("$place"/{bin,lib,lib64})
    while IFS= read -r -d : place; do places+=("$place"); done <<<"${LD_LIBRARY_PATH:-}:${LIBRARY_PATH:-}:"
    for place in "$root"/usr/local/llvm*/lib* "$root"/usr/local/lib*/*/* "$root"/usr/local/lib*/* \
      "$root"/usr/local/lib* "$root"/usr/lib*/*/* "$root"/usr/lib*/* "$root"/usr/lib*; do places+=("$place"); done
  fi
  for place in "${places[@]}"; do
    [ -d "$place" ] || continue
    any=("$place"/libclang[-.]*) # most of some thousand places have none
    [ -e "${any[0]}" ] || [ -L "${any[0]}" ] || continue
    for file in "$place"/libclang.so "$place"/libclang-*.so "$place"/libclang.so.* "$place"/libclang-*.so.*; do
      name=${file##*/}
      case $name in *-cpp.*) continue ;; esac
      [ ! -f "${LIBCLANG_PATH:-}" ] || [ "$file" -ef "$LIBCLANG_PATH" ] || continue
      # An ELF file for this machine's words.
      [ "$(od -An -tx1 -N5 "$file" 2>/dev/null | tr -d ' ')" = "7f454c46$class" ] || continue
      version=$(version_of "$name")
      if [ -z "$best" ] || [[ $version > $highest ]]; then best=$file highest=$version; fi
    done
  done
  [ -n "$best" ] || {
    if [ -n "${LIBCLANG_PATH+x}" ]; then echo "no libclang in LIBCLANG_PATH=$LIBCLANG_PATH: unset it or set it right"
    else echo "no libclang.so"; fi
    return 1
  }
  echo "$best"
}
# bindgen loads it and reads C headers with it, those of clang itself among them; a program `clang` says where more are.
reads_headers() {
  local library clang paths=() path
  library=$(libclang) || { echo "$library"; return 1; }
  compiles "${CC:-cc}" 2>/dev/null || return 0 # then this is asked again when there is a compiler
  for clang in "${CLANG_PATH:-}" "$("${LLVM_CONFIG_PATH:-llvm-config}" --bindir 2>/dev/null)/clang" clang; do
    command -v "$clang" >/dev/null 2>&1 || continue
    while IFS= read -r path; do paths+=(-isystem "$path"); done < <(
      "$clang" -E -xc -v /dev/null 2>&1 >/dev/null | sed -n '/^#include <.*starts here/,/^End of search/s/^ //p')
    break
  done
  "${CC:-cc}" -o "$work/libclang" "$here/tests/deps/libclang.c" -ldl || return 1
  # shellcheck disable=SC2086 # several words
  "$work/libclang" "$library" ${paths[@]+"${paths[@]}"} ${BINDGEN_EXTRA_CLANG_ARGS:-}
}

# As the demonstration and the tests use it: a key, a certificate, a server that says which port it chose.
certifies() {
  openssl version | grep '^OpenSSL [3-9]' || {
    echo "OpenSSL 3 or newer is needed; this is $(openssl version)"
    return 1
  }
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" \
    -days 30 -subj /CN=probe -addext subjectAltName=IP:127.0.0.1
}

# Everything that a Python script of the tests imports, and the language it is written in.
runs_python() {
  python3 -B - "$here"/espruino-patch/*.py "$here"/tests/{espruino,firmware,bench,chip,commands}/*.py <<'PYTHON'
import ast, importlib, os, sys
own = {os.path.basename(path)[:-3] for path in sys.argv[1:]}
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), path)
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        for name in names:
            if name not in own:
                importlib.import_module(name)
PYTHON
}

# The language of the scripts here, and what tests/espruino/stand_in.js uses of node's library: TLS 1.3, and a `btoa`.
runs_javascript() {
  local script
  node -e 'if (typeof btoa === "function" && require("tls").DEFAULT_MAX_VERSION === "TLSv1.3") process.exit(0);
    console.log("node 16 or newer, with OpenSSL, is needed; this is " + process.version); process.exit(1);' || {
    echo "error: node is not Node.js, or too old"
    return 1
  }
  for script in "$here"/js/*.js "$here"/tests/node/*.js "$here/tests/espruino/stand_in.js"; do
    node --check "$script" || return 1
  done
}

# lighttpd as tests/common/servers.rs starts it: with [MODULE] found, loaded, and content with a certificate.
serves() {
  local program=lighttpd
  [ ! -x "$root/usr/sbin/lighttpd" ] || program=$root/usr/sbin/lighttpd
  {
    printf 'server.document-root = "%s"\nserver.bind = "127.0.0.1"\nserver.port = 8443\n' "$work"
    [ $# -eq 0 ] || printf 'server.modules = ( "%s" )\n' "$1"
    if [ $# -ne 0 ] && certifies >/dev/null 2>&1; then
      cat "$work/key.pem" "$work/cert.pem" >"$work/bundle.pem"
      printf 'ssl.engine = "enable"\nssl.pemfile = "%s/bundle.pem"\n' "$work"
    fi
  } >"$work/lighttpd.conf"
  "$program" -tt -f "$work/lighttpd.conf"
}

# gnutls-serv as tests/security.rs starts it: it knows the options and the priorities.
serves_small_records() {
  gnutls-serv --http -p 8443 --recordsize 64 --require-client-cert --priority NORMAL:%ALLOW_SMALL_RECORDS --list \
    >"$work/gnutls" 2>&1 && ! grep -i error "$work/gnutls" && return
  cat "$work/gnutls"
  return 1
}

# Links a program as tests/chip/build.sh and tests/firmware/selftest.py do, for a chip with and without floating point.
links_for_the_chip() {
  local float
  for float in soft softfp; do
    printf '#include <string.h>\nint main(void) { return (int)strlen((char *)main); }\n' |
      arm-none-eabi-gcc -xc -mcpu=cortex-m4 -mthumb -mfloat-abi=$float -mfpu=fpv4-sp-d16 -nostartfiles --specs=nano.specs \
        -Wl,-e,0 -Wl,--no-warn-execstack -Wl,--no-warn-rwx-segments -o "$work/chip.elf" - || return 1
  done
}

compiles_for_the_chip() {
  local tool
  echo 'int a;' | arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -c -xc -o "$work/chip.o" - || return 1
  for tool in ar ld nm objcopy size; do "arm-none-eabi-$tool" --version >/dev/null || return 1; done
}

# Runs a program that ends itself by semihosting, as tests/chip.rs runs its own.
emulates() {
  qemu-system-arm -M help | grep '^mps2-an386 ' || { echo "qemu-system-arm has no mps2-an386"; return 1; }
  printf '.syntax unified\n.thumb\n.word 0x20001000, 9\nmovs r0, #24\nldr r1, =0x20026\nbkpt 0xab\n' |
    arm-none-eabi-gcc -xassembler -mcpu=cortex-m4 -nostdlib -Wl,-Ttext=0,-e,0 -o "$work/ends.elf" - 2>/dev/null ||
    return 0 # then this is asked again when there is a compiler
  timeout 20 qemu-system-arm -M mps2-an386 -cpu cortex-m4 -display none -monitor none -serial none \
    -semihosting-config enable=on,target=native -kernel "$work/ends.elf"
}

rust_for_the_chip() { DEPS_ROOT=$root "$here/espruino-patch/cargo-chip.sh" --way; }

if [ "$what" = libclang ]; then libclang; exit; fi

packages=() reasons=
# check PACKAGES CHECK [ARGUMENT...]
check() {
  local wanted=$1 package
  shift
  ! "$@" >"$work/log" 2>&1 || return 0
  reasons="$reasons    $wanted: $({ grep -i -m 1 -E 'error|not |needed' "$work/log" || grep -m 1 . "$work/log" ||
    echo "$1 failed"; } | sed 's/^.*deps\.sh: line [0-9]*: //')"$'\n'
  for package in $wanted; do
    case " ${packages[*]-} " in *" $package "*) ;; *) packages+=("$package") ;; esac
  done
}
check_all() {
  packages=() reasons=
  # For the host: Mbed TLS (cmake, C compiler), bindgen (libclang).
  check "gcc libc6-dev" compiles cc
  check "gcc libc6-dev" compiles "${CC:-cc}"
  check make makes
  check cmake configures
  check libclang-dev reads_headers
  check openssl certifies
  [ "$what" != demo ] || return 0
  # The servers and scripts of the tests.
  check "gcc libc6-dev" compiles cc -fsanitize=address,undefined
  check python3 runs_python
  check nodejs runs_javascript
  check lighttpd serves
  for stack in openssl gnutls mbedtls; do check "lighttpd-mod-$stack" serves "mod_$stack"; done
  check gnutls-bin serves_small_records
  # The chip: C compiler, C library, emulator, and a Rust that can build for it.
  check "gcc-arm-none-eabi binutils-arm-none-eabi" compiles_for_the_chip
  check libnewlib-arm-none-eabi links_for_the_chip
  check qemu-system-arm emulates
  check "rustc-web cargo-web rust-web-src" rust_for_the_chip
}

check_all
if [ "$print" = --print ]; then
  [ ${#packages[@]} -eq 0 ] || printf '%s\n' "${packages[@]}"
  printf %s "$reasons" >&2
  exit
fi

before=
while [ ${#packages[@]} -ne 0 ]; do
  # What one package brings may show that another is missing.
  [ "${packages[*]}" != "$before" ] ||
    fail "these packages are installed, and what they are for does not work:"$'\n'"$reasons"
  before=${packages[*]}
  apt-get --version >/dev/null 2>&1 ||
    fail "missing here; install what your system calls these Debian packages: $before"$'\n'"$reasons"
  sudo=
  if [ "$(id -u)" -ne 0 ]; then
    # Allowed without a password, or somebody is there to type it.
    sudo -n true >/dev/null 2>&1 || { [ -t 0 ] && sudo -v; } ||
      fail "packages are missing, and sudo can't be used here; as root:" \
        "apt-get install --no-install-recommends $before"$'\n'"$reasons"
    sudo=sudo
  fi
  echo "==> installing $before"
  printf %s "$reasons"
  $sudo apt-get update -qq || echo "==> apt-get update complains; going on with the lists of packages that are here"
  # The tests start their own servers on loopback; RUNLEVEL=1 keeps lighttpd's own service from starting where it can.
  $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${packages[@]}" ||
    fail "apt-get can't install them; what they are for:"$'\n'"$reasons"
  hash -r
  check_all
done
