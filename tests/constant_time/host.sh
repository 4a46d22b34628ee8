#!/usr/bin/env bash
# Runs the tests whose names begin with undefined_ under valgrind (`make constant-time-host`), most of them in undefined.rs. They
# count what valgrind finds, but for what host.supp declares.
set -eu
cd "$(dirname "$0")/../.."
fail() { echo "constant time on a host: not checked, $*" >&2; exit 1; }
command -v valgrind >/dev/null || fail "for valgrind is missing (on Debian: apt-get install valgrind)"
[ "$(uname -m)" = x86_64 ] || fail "for marks.rs can ask valgrind on x86-64 alone"
# As for the chip, without overflow checks, which are branches. What is under it stays as it is built for other tests.
plain=()
own=profile.dev.package.espruino-tls
for crate in p256 p384 primeorder elliptic-curve crypto-bigint ecdsa subtle x25519-dalek curve25519-dalek; do
  plain+=(--config "profile.dev.package.$crate.overflow-checks=false" --config "profile.dev.package.$crate.debug-assertions=false")
done
program=$("${CARGO:-cargo}" test --lib --no-run --message-format=json-render-diagnostics --config "$own.opt-level='s'" \
  --config "$own.overflow-checks=false" --config "$own.debug-assertions=false" "${plain[@]}" |
  sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
[ -n "$program" ] || fail "for cargo built no tests"
log=target/constant_time/host.log
mkdir -p target/constant_time
ETLS_VALGRIND=1 valgrind --quiet --error-limit=no --num-callers=16 --suppressions=tests/constant_time/host.supp \
  "$program" undefined_ --nocapture --test-threads 1 >"$log" 2>&1 || { cat "$log"; exit 1; }
grep '^test result: ok' "$log" # what tests have counted stands above it there
