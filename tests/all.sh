#!/usr/bin/env bash
# Runs every test and ends with one line that sums up, in the form of cargo's own.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit
cargo=${CARGO:-cargo}
log=target/test.log
mkdir -p target
# What is built here has this folder's path in it, and cargo does not see that the folder was renamed.
if [ -f target/where ] && [ "$(cat target/where)" != "$(pwd -P)" ]; then
  echo "==> this folder was $(cat target/where): building anew"
  "$cargo" clean -q -p espruino-tls
fi
pwd -P >target/where

echo "==> building and running all tests (the first build takes a few minutes)"
[ -n "${LIMBO_JSON:-}" ] || [ -f ../shared/data/x509-limbo.json ] ||
  echo "==> the x509-limbo data is not beside this folder: its test is skipped (LIMBO_JSON=FILE runs it)"
# What computes on one processor and meets nobody, beside tests that wait for servers half of their time.
beside() {
  local status=0
  echo "==> the model of the nRF52 that runs whole firmware images"
  python3 -B tests/firmware/selftest.py || status=1
  echo "==> what it costs on the chip, compared with tests/size/budgets"
  make -s size-check >"$log.size" 2>&1 || status=1
  grep -E '^(SIZE|[a-z]+ .*[0-9]$)' "$log.size" || status=1
  grep -q '^SIZE: no figure grew' "$log.size" || { status=1; cat "$log.size"; }
  tests/chip/build.sh target/chip >"$log.chip" 2>&1 || { status=1; cat "$log.chip"; }
  echo "==> constant time on an emulated Cortex-M4: the same trace whatever the secret is"
  "$cargo" test --test constant_time -- --ignored || status=1
  return "$status"
}

status=0
"$cargo" test --all-targets --no-run 2>&1 | tee "$log" || status=1
beside >"$log.beside" 2>&1 &
beside=$!
trap 'kill "$beside" 2>/dev/null' EXIT
"$cargo" test --all-targets --no-fail-fast 2>&1 | tee -a "$log" || status=1
"$cargo" test --doc 2>&1 | tee -a "$log" || status=1
echo "==> with AES by the device"
"$cargo" test --no-default-features --features full,tls13,resumption,client-auth,chacha20,x25519,error-text,alloc,aes-hook,c-api --lib --test aes_hook --test wycheproof 2>&1 |
  tee -a "$log" || status=1
echo "==> with tracing and a key log"
"$cargo" test --features trace,key-log --test trace 2>&1 | tee -a "$log" || status=1
echo "==> errors of a build that lacks something"
"$cargo" test --no-default-features --features pin,error-text,alloc,c-api --test errors 2>&1 | tee -a "$log" || status=1
echo "==> the commands and the JavaScript in the documents"
python3 -B tests/commands/run.py 2>&1 | tee -a "$log" || status=1
wait "$beside" || status=1
tee -a "$log" <"$log.beside"
echo "==> the same on an emulated Cortex-M4"
"$cargo" test --test chip -- --ignored 2>&1 | tee -a "$log" || status=1

[ "$status" -eq 0 ] && result=ok || result=FAILED
awk -v result="$result" '
  /^test result: / { for (i = 2; i <= NF; i++) { if ($i == "passed;") p += $(i-1); if ($i == "failed;") f += $(i-1); if ($i == "ignored;") g += $(i-1) } }
  END { printf "test result: %s. %d passed; %d failed; %d ignored\n", result, p, f, g }' "$log"
exit "$status"
