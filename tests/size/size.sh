#!/usr/bin/env bash
# What the library costs on a Cortex-M4: the profiles, alone and with more features, linked with --gc-sections, keeping
# the C ABI.
#   size.sh           prints the figures, then a table by part
#   size.sh --check   also compares them with the file `budgets`
# The machine-readable lines are `flash PROFILE N` and `bss PROFILE N`, with the profile as lib.sh takes it (aes-hook: AES
# by the device), `context N` (the connection's struct) and `lent N` (all that a caller lends: etls_size() of the default
# configuration; both of the profile full).
set -eu -o pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
fail() { printf 'size.sh: %s\n' "$*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
way=$(espruino-patch/cargo-chip.sh --way)

# link ARCHIVE ELF: with memcpy and the like of the C library.
link() {
  local roots=() name
  for name in $(arm-none-eabi-nm --defined-only --extern-only "$1" | awk 'NF == 3 { print $3 }'); do
    roots+=("-Wl,-u,$name")
  done
  arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -nostartfiles --specs=nano.specs -Wl,--gc-sections -Wl,-e,0 \
    -Wl,--no-warn-execstack "${roots[@]}" -o "$2" "$1" || fail "does not link"
}

figures=$work/figures
for profile in full pin full,aes-hook pin,tls13 full,tls13 full,tls13,resumption full,tls13,resumption,fast-p256 \
  full,tls13,resumption,client-rsa; do
  archive=$(espruino-patch/lib.sh "$profile" 2>"$work/log") || { cat "$work/log" >&2; exit 1; }
  link "$archive" "$work/$profile.elf"
  # text (with constants and exception index), initialised data, zeroed data. `bss` is the RAM of both sorts of data.
  arm-none-eabi-size "$work/$profile.elf" |
    awk -v p="$profile" 'NR == 2 { print "flash " p " " $1 + $2; print "bss " p " " $2 + $3 }'
done >"$figures"
tests/chip/build.sh figures >>"$figures"
cat "$figures"

# Who owns which symbol. First match wins; the names are those of the demangled symbols.
for profile in full pin full,tls13,resumption; do
  echo
  echo "by part, $profile:"
  arm-none-eabi-nm -S -C -t d "$work/$profile.elf" | awk -v flash="$(awk -v p="$profile" '$1 == "flash" && $2 == p { print $3 }' "$figures")" '
    function part(s, local) {
      if (s ~ /crypto::signature::rsa/) return "crypto: RSA";
      if (s ~ /crypto::(signature::ecdsa|verify)/) return "crypto: ECDSA";
      if (s ~ /crypto::hash::(Hash|Sha256|sha2|round_constants)|etls_sha/) return "crypto: SHA-2";
      if (s ~ /gcm::|etls_ghash/) return "crypto: GCM";
      if (s ~ /crypto::(aead::aes|aead::device_aes)|etls_aes/) return "crypto: AES";
      if (s ~ /chacha|poly1305/) return "crypto: ChaCha20-Poly1305";
      if (s ~ /[xX]25519|salty|25519/) return "crypto: X25519";
      # The loops in assembly are local symbols; the C ABI is global.
      if (s ~ /crypto::(arithmetic|provider::cortex_m4::rows)/ || local && s ~ /^etls_/) return "crypto: curves, big numbers";
      if (s ~ /crypto::(key_agreement|provider)/ || s ~ /^P256|^(add_sub_helper|mul288|mod_|slide_|setzero)/)
        return "crypto: keys, agreements";
      if (s ~ /crypto::/) return "crypto: HMAC, glue";
      if (s ~ /espruino_tls::record/) return "record";
      if (s ~ /espruino_tls::handshake/) return "handshake";
      if (s ~ /espruino_tls::x509/) return "x509";
      if (s ~ /espruino_tls::schedule/) return "schedule";
      if (s ~ /espruino_tls::(arena|connection|config|codec|host|session|text)/) return "connection";
      if (s ~ /espruino_tls::error/) return "error";
      if (s ~ /^etls_|espruino_tls::ffi/) return "ffi";
      if (s ~ /OUTLINED_FUNCTION/) return "shared by the outliner";
      return "compiler runtime, libc";
    }
    NF >= 4 && $3 ~ /^[tTrRdDwWvV]$/ && !seen[$1]++ {
      name = $4; for (i = 5; i <= NF; i++) name = name " " $i;
      n = $2 + 0; total += n; sum[part(name, $3 == "t")] += n
    }
    END {
      sum["constants without a name, gaps"] = flash - total;
      for (p in sum) printf "%7d  %s\n", sum[p], p | "sort -k2"
    }'
done

[ "${1:-}" = --check ] || exit 0
echo
awk -v way="$way" '
  function fails(text) { print "SIZE: " text; bad = 1 }
  NR == FNR { name = NF == 3 ? $1 "-" $2 : $1; got[name] = $NF; next }
  $1 == "must" { must[$2] = $3 }
  $1 == "missed" && $2 == way { missed[$3] = $4 }
  $1 == "recorded" && $2 == way { recorded[$3] = $4 }
  END {
    for (n in must) {
      if (!(n in got)) { fails(n " was not measured"); continue }
      above = got[n] - must[n]
      if (above <= 0) {
        if (n in missed) print "SIZE: " n " is within its must of " must[n] " now: take it off the missed ones in tests/size/budgets"
      } else if (!(n in missed)) fails(n " is " got[n] ": " above " above the must of " must[n])
      else if (above > missed[n]) fails(n " is " got[n] ": " above " above the must of " must[n] ", and was " missed[n] " above it: that may not grow")
      else print "SIZE: THE MUST OF " must[n] " IS STILL MISSED by " n ", by " above " bytes (at most " missed[n] " are known in tests/size/budgets)"
    }
    for (n in got) {
      if (!(n in recorded)) fails(n " is not recorded for \x27" way "\x27 in tests/size/budgets: " got[n])
      else if (got[n] > recorded[n] + 256) fails(n " grew from " recorded[n] " to " got[n] "; if that is worth it, say so in tests/size/budgets")
      else if (got[n] + 256 < recorded[n]) print "SIZE: " n " shrank from " recorded[n] " to " got[n] ": tests/size/budgets may be lowered"
    }
    for (n in recorded) if (!(n in got)) fails(n " was not measured")
    if (!bad) print "SIZE: no figure grew by more than tests/size/budgets allows"
    exit bad
  }' "$figures" tests/size/budgets
