#!/usr/bin/env bash
# `make test-fresh`: the two commands on a machine that has just been set up, as a newcomer has it.
#
# A minimal Debian in a folder (debootstrap, chroot) with make, a C compiler and this machine's Rust. This repository's
# HEAD is cloned into it as `espruino-tls`, and there `make demo` and `make test` have to pass. Two rounds:
#   bare        as root, through a symbolic link, nothing else is there
#   lookalikes  as a user with sudo, in a folder with a space, where much looks like what is needed and is not: clang's
#               C++ library instead of libclang, a compiler for the chip without its library, python3-minimal, ...
#
# Needs root, debootstrap, 6 GB in FRESH_DIR and half an hour a round. What this machine needs to reach the network is
# taken over when it runs: apt's sources and proxies, certificates, names, cargo's configuration.
#   FRESH_ROUNDS="bare lookalikes"   which rounds
#   FRESH_COMMANDS="demo test"       which commands
#   FRESH_DIR=/var/tmp               where the folders are made; FRESH_KEEP=1 keeps them
#   FRESH_MIRROR=URL                 a mirror of Debian, where apt has no source of Debian's SUITE
#   FRESH_SUITE=bookworm             the look-alikes have the names of their packages there
# shellcheck disable=SC2016 # $(...) is apt-get's, $1 is sh's
set -eu -o pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
suite=${FRESH_SUITE:-bookworm}
step="looking around"
log=
fail() { printf 'test-fresh: %s\n' "$*" >&2; exit 1; }
step() { step=$1; echo "==> $(date +%T) ${round:+round $round: }$step"; }
top=
machine=
finish() {
  local code=$?
  if [ "$code" -ne 0 ]; then
    if [ -s "$log" ]; then tail -n 40 "$log" >&2; echo "test-fresh: all of that is in $log" >&2; fi
    echo "test-fresh: FAILED: ${round:+round $round, }$step" >&2
  fi
  unmount
  if [ -z "$top" ]; then return; fi
  if [ -z "${FRESH_KEEP:-}" ]; then rm -rf --one-file-system "$top"; else echo "test-fresh: kept in $top"; fi
}
# Nothing of this machine's may be left in the folder when that is removed.
unmount() {
  local part
  for part in opt/rust proc dev; do
    if [ -z "$machine" ] || ! mountpoint -q "$machine/$part"; then continue; fi
    if ! umount -R -l "$machine/$part" || mountpoint -q "$machine/$part"; then
      echo "test-fresh: $machine/$part is still mounted; $top is left" >&2
      top=
    fi
  done
}
trap finish EXIT

[ "$(id -u)" -eq 0 ] || fail "has to be run by root"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
# Mounts are this program's own: gone with it, so that nothing behind them is removed.
if [ -z "${FRESH_UNSHARED:-}" ]; then FRESH_UNSHARED=1 exec unshare --mount --propagation private "$0" "$@"; fi

# sources FORMAT: this machine's sources of Debian's suite, a line each.
sources() {
  command -v apt-get >/dev/null || return 0
  apt-get indextargets --format "$1" 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
    grep -E "(^| )$suite(-updates|-security)?( |\$)" || true
}
mirror=${FRESH_MIRROR:-$(sources '$(REPO_URI) $(RELEASE)' | awk -v s="$suite" '$2 == s { print $1; exit }')}
[ -n "$mirror" ] || fail "apt has no source of Debian $suite here: say FRESH_MIRROR=URL"
sysroot=$("${RUSTC:-rustc}" --print sysroot) || fail "there is no Rust here"
[ -x "$sysroot/bin/cargo" ] || fail "there is no cargo in $sysroot"

top=$(mktemp -d "${FRESH_DIR:-/var/tmp}/fresh.XXXXXX")
logs=$root/target/fresh
mkdir -p "$logs"
[ -z "$(git -C "$root" -c safe.directory='*' status --porcelain -uno)" ] || echo "==> what is not committed is not tested"

step "debootstrap: a minimal $suite"
log=$logs/debootstrap.log
debootstrap --variant=minbase --include=ca-certificates,gcc,libc6-dev,make "$suite" "$top/base" "$mirror" >"$log" 2>&1

# What this machine needs to reach the network.
base=$top/base
if [ -z "${FRESH_MIRROR:-}" ]; then
  sources 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' | sort -u >"$base/etc/apt/sources.list"
fi
apt-config dump 2>/dev/null | grep -iE '^Acquire::(https?|Retries|ForceIPv4|ForceIPv6)(::|[ ])' \
  >"$base/etc/apt/apt.conf.d/90host" || true
# sudo takes the variables away.
for scheme in http https; do
  proxy=${scheme}_proxy
  [ -z "${!proxy:-}" ] || echo "Acquire::$scheme::Proxy \"${!proxy}\";" >>"$base/etc/apt/apt.conf.d/90host"
done
cp -L /etc/resolv.conf /etc/hosts "$base/etc/"
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  # Installing ca-certificates anew keeps these.
  for file in /usr/local/share/ca-certificates/*.crt; do
    [ ! -f "$file" ] || cp -L "$file" "$base/usr/local/share/ca-certificates/"
  done
  cp -L /etc/ssl/certs/ca-certificates.crt "$base/etc/ssl/certs/"
fi
# No services: the network is this machine's.
printf '#!/bin/sh\nexit 101\n' >"$base/usr/sbin/policy-rc.d"
chmod 755 "$base/usr/sbin/policy-rc.d"
mkdir -p "$base/opt/rust"
variables=(PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
while IFS='=' read -r name value; do
  case $name in
  http_proxy | https_proxy | no_proxy | all_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | ALL_PROXY)
    variables+=("$name=$value")
    ;;
  SSL_CERT_FILE | CARGO_HTTP_CAINFO | CURL_CA_BUNDLE)
    if [ -f "$value" ]; then
      mkdir -p "$base$(dirname "$value")"
      cp -L "$value" "$base$value"
      variables+=("$name=$value")
    fi
    ;;
  CARGO_HTTP_* | CARGO_NET_* | CARGO_REGISTR* | CARGO_SOURCE_*) variables+=("$name=$value") ;;
  esac
done < <(env)

# inside USER COMMAND...: in the machine of this round.
inside() {
  local user=$1
  shift
  chroot --userspec="$user" "$machine" /usr/bin/env -i "${variables[@]}" "HOME=$(home_of "$user")" "$@"
}
home_of() { if [ "$1" = root ]; then echo /root; else echo "/home/$1"; fi; }

for round in ${FRESH_ROUNDS:-bare lookalikes}; do
  step "a machine"
  log=$logs/$round.log
  machine=$top/$round
  cp -a "$base" "$machine"
  mount --bind "$sysroot" "$machine/opt/rust"
  mount -o remount,bind,ro "$machine/opt/rust"
  mount -t proc proc "$machine/proc"
  mount --rbind /dev "$machine/dev"
  user=root
  place=/root
  inside root apt-get update -qq >"$log" 2>&1
  case $round in
  bare) ;;
  lookalikes)
    step "what looks like what is needed"
    user=person
    place="/home/person/my projects"
    # The C++ library, other parts of LLVM's; the chip's compiler and its headers; python without most of its library; a
    # web server without TLS; cmake's data without cmake; openssl's library; the emulator's neighbours.
    inside root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends sudo \
      libclang-cpp14 llvm-14-runtime gcc-arm-none-eabi libnewlib-dev python3-minimal lighttpd cmake-data libssl3 \
      qemu-system-common >>"$log" 2>&1
    inside root useradd --create-home person
    echo 'person ALL=(ALL) NOPASSWD: ALL' >"$machine/etc/sudoers.d/person"
    # What is found by name only.
    mkdir -p "$machine/usr/local/lib"
    echo 'INPUT(libclang.so.1)' >"$machine/usr/local/lib/libclang.so"
    ln -s libclang.so.99 "$machine/usr/local/lib/libclang.so.1"
    ;;
  *) fail "there is no round $round" ;;
  esac
  [ "$user" = root ] || variables+=("USER=$user")
  home=$(home_of "$user")
  for file in "${CARGO_HOME:-$HOME/.cargo}"/config.toml "${CARGO_HOME:-$HOME/.cargo}"/config; do
    [ ! -f "$file" ] || { mkdir -p "$machine$home/.cargo"; cp -L "$file" "$machine$home/.cargo/"; }
  done
  step "clone as $place/espruino-tls"
  mkdir -p "$machine$place"
  git -c safe.directory='*' clone -q --no-local "$root" "$machine$place/espruino-tls" 2>>"$log"
  if [ "$round" = bare ]; then
    mv "$machine$place/espruino-tls" "$machine/srv/espruino-tls"
    ln -s /srv/espruino-tls "$machine$place/espruino-tls"
  fi
  [ "$user" = root ] || chown -R --reference="$machine$home" "$machine$home"
  for command in ${FRESH_COMMANDS:-demo test}; do
    step "make $command"
    log=$logs/$round-$command.log
    inside "$user" sh -c 'cd "$1" && exec make "$2"' sh "$place/espruino-tls" "$command" >"$log" 2>&1
    { grep -E '^(==> installing|    [a-z].*: |test result: .*passed|==> refused)' "$log" | grep -v 'finished in' |
      sed 's/^/    /'; } || true
  done
  unmount
  if [ -z "${FRESH_KEEP:-}" ] && [ -n "$top" ]; then rm -rf --one-file-system "$machine"; fi
done
round=
echo "test-fresh: passed: make ${FRESH_COMMANDS:-demo test}, in each round: ${FRESH_ROUNDS:-bare lookalikes}"
