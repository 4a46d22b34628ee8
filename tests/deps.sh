#!/usr/bin/env bash
# Installs what is missing, on Debian and its children; elsewhere says what is needed.
#   deps.sh demo   for the build and the demonstration
#   deps.sh chip   for the build for the chip and its emulation, too
#   deps.sh all    for all tests
set -eu
what=${1:-all}

packages=()
need() { packages+=("$1"); }
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

# Built from source, for the host: Mbed TLS (cmake, C compiler), bindgen (libclang). For the chip with chacha20, too.
have cmake || need cmake
have cc || need gcc
have make || need make
compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null || compgen -G '/usr/lib*/libclang*.so*' >/dev/null ||
  compgen -G '/usr/lib/*/libclang*.so*' >/dev/null || need libclang-dev
have openssl || need openssl
have python3 || need python3
# The servers of the tests.
if [ "$what" = all ] || [ "$what" = chip ]; then
  have node || need nodejs
  have lighttpd || need lighttpd
  have python3 || need python3
  for stack in openssl gnutls mbedtls; do
    compgen -G "/usr/lib*/lighttpd/mod_$stack.so" >/dev/null || need "lighttpd-mod-$stack"
  done
fi
# The chip: C compiler, C library, emulator, and a Rust that can build for it.
if [ "$what" = all ] || [ "$what" = chip ]; then
  have arm-none-eabi-gcc || need gcc-arm-none-eabi
  echo '#include <string.h>' | arm-none-eabi-gcc -fsyntax-only -xc - 2>/dev/null || need libnewlib-arm-none-eabi
  have qemu-system-arm || need qemu-system-arm
  # As espruino-patch/cargo-chip.sh looks for it: this one's source, or Debian's compiler with its own.
  sources=lib/rustlib/src/rust/library/core/Cargo.toml
  [ -f "$(rustc --print sysroot 2>/dev/null)/$sources" ] || [ -f "$(/usr/bin/rustc --print sysroot 2>/dev/null)/$sources" ] || {
    for package in rustc-web cargo-web rust-web-src; do need "$package"; done
  }
fi

if [ ${#packages[@]} -ne 0 ]; then
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "missing here; install what your system calls these Debian packages: ${packages[*]}" >&2
    exit 1
  fi
  sudo=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
      echo "missing packages; as root: apt-get install ${packages[*]}" >&2
      exit 1
    }
    sudo=sudo
  fi
  echo "==> installing ${packages[*]}"
  $sudo apt-get update -qq
  # The tests start their own servers on loopback; RUNLEVEL=1 keeps lighttpd's own service from starting where it can.
  $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

have "${CARGO:-cargo}" || {
  echo "cargo is missing: install Rust, see https://rustup.rs" >&2
  exit 1
}
