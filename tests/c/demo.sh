#!/usr/bin/env bash
# The demonstration: an https request through the C ABI, in 1 KB fragments, to a real TLS server whose self-signed
# certificate is pinned; and the same request refused under a wrong fingerprint.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

echo "==> building the engine and the C program (a few minutes the first time)"
"$root/tests/c/build.sh" "$root/tests/c/https_get.c" "$root/target/demo/https_get"

echo "==> starting openssl s_server on 127.0.0.1 with a fresh self-signed ECDSA certificate"
cd "$work"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 \
  -subj /CN=powerwall.local -addext subjectAltName=IP:127.0.0.1 2>/dev/null
fingerprint=$(openssl x509 -in cert.pem -noout -fingerprint -sha256 | cut -d= -f2)
json='{"battery":{"charge":87.5,"power":-1240},"solar":{"power":3810},"note":"what a Pixl.js wants to know"}'
printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n' \
  $((${#json} + 1)) "$json" >status.json
openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -HTTP >server.log 2>&1 &
server=$!
port=
for _ in $(seq 300); do
  port=$(sed -n 's/^ACCEPT 127\.0\.0\.1://p' server.log)
  [ -z "$port" ] || break
  kill -0 "$server" 2>/dev/null || { cat server.log >&2; exit 1; }
  sleep 0.1
done
[ -n "$port" ] || { echo "openssl s_server does not start" >&2; cat server.log >&2; exit 1; }

echo "==> https://127.0.0.1:$port/status.json with the right fingerprint"
"$root/target/demo/https_get" 127.0.0.1 "$port" /status.json "$fingerprint" 2>"$work/facts" || {
  cat "$work/facts" >&2
  exit 1
}
cat "$work/facts"
grep -qx 'TLSv1.2' "$work/facts" && grep -qx 'fragment 1024' "$work/facts"

echo "==> the same request with a wrong fingerprint"
case $fingerprint in 00:*) wrong=01${fingerprint#00} ;; *) wrong=00${fingerprint#??} ;; esac
status=0
"$root/target/demo/https_get" 127.0.0.1 "$port" /status.json "$wrong" >"$work/body" 2>"$work/facts" || status=$?
cat "$work/facts"
if [ "$status" -eq 0 ] || [ -s "$work/body" ] || ! grep -q '^ERR_TLS_CERT_FINGERPRINT_MISMATCH: ' "$work/facts"; then
  echo "the wrong fingerprint was NOT refused" >&2
  exit 1
fi
echo "==> refused, as it should be. The demonstration is complete."
