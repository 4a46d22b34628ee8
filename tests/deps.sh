#!/usr/bin/env bash
# Installs what is missing, on Debian and its children; elsewhere says what is needed.
#   deps.sh demo   for the build and the demonstration
#   deps.sh all    for the tests, too
set -eu
what=${1:-all}

packages=()
need() { packages+=("$1"); }
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

# Built from source: Mbed TLS (cmake, C compiler), bindgen (libclang).
have cmake || need cmake
have cc || need gcc
have make || need make
compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null || compgen -G '/usr/lib*/libclang*.so*' >/dev/null ||
  compgen -G '/usr/lib/*/libclang*.so*' >/dev/null || need libclang-dev
have openssl || need openssl
# The servers of the tests.
if [ "$what" = all ]; then
  have node || need nodejs
  have lighttpd || need lighttpd
  for stack in openssl gnutls mbedtls; do
    compgen -G "/usr/lib*/lighttpd/mod_$stack.so" >/dev/null || need "lighttpd-mod-$stack"
  done
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
