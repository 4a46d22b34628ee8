#!/usr/bin/env bash
# What the library costs on a Cortex-M4: every profile linked with --gc-sections, keeping the C ABI.
#   size.sh           prints the figures, then a table by part
#   size.sh --check   also compares them with the file `budgets`
# The machine-readable lines are `flash PROFILE N`, `bss PROFILE N`, `context N` (the connection's struct) and `lent N`
# (all that a caller lends: etls_size() of the default configuration).
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
for profile in full pin; do
  archive=$(espruino-patch/lib.sh "$profile" 2>"$work/log") || { cat "$work/log" >&2; exit 1; }
  link "$archive" "$work/$profile.elf"
  # text (with constants and exception index), initialised data, zeroed data. `bss` is the RAM of both sorts of data.
  arm-none-eabi-size "$work/$profile.elf" |
    awk -v p="$profile" 'NR == 2 { print "flash " p " " $1 + $2; print "bss " p " " $2 + $3 }'
done >"$figures"
tests/chip/build.sh figures >>"$figures"
cat "$figures"

# Who owns which symbol. First match wins; the names are those of the demangled symbols.
for profile in full pin; do
  echo
  echo "by part, $profile:"
  arm-none-eabi-nm -S -C -t d "$work/$profile.elf" | awk -v flash="$(awk -v p="$profile" '$1 == "flash" && $2 == p { print $3 }' "$figures")" '
    function part(s) {
      if (s ~ /crypto::rsa/) return "crypto: RSA";
      if (s ~ /crypto::(ecdsa|montgomery|verify)/) return "crypto: ECDSA, big numbers";
      if (s ~ /[pP]256/ || s ~ /jacobian|scalarmult|slide_257|mul288|add_sub_helper|mod_inv|one_montgomery|add_mod_n|mod_n_|matrix|divsteps/) return "crypto: P-256";
      if (s ~ /salty|25519/) return "crypto: X25519";
      if (s ~ /sha256/) return "crypto: SHA-256";
      if (s ~ /sha512/ || s == "K") return "crypto: SHA-384, SHA-512";
      if (s ~ /mbedtls_(internal_)?aes/ || s ~ /^(FT|RT|FSb|RSb|RCON|round_constants)/) return "crypto: AES";
      if (s ~ /gcm::/) return "crypto: GCM";
      if (s ~ /chacha|poly1305/) return "crypto: ChaCha20-Poly1305";
      if (s ~ /crypto::/) return "crypto: HMAC, glue";
      if (s ~ /espruino_tls::record/) return "record";
      if (s ~ /espruino_tls::handshake/) return "handshake";
      if (s ~ /espruino_tls::x509/) return "x509";
      if (s ~ /espruino_tls::schedule/) return "schedule";
      if (s ~ /espruino_tls::(connection|config|codec|host)/) return "connection";
      if (s ~ /espruino_tls::error/) return "error";
      if (s ~ /^etls_/ || s ~ /espruino_tls::ffi/) return "ffi";
      if (s ~ /OUTLINED_FUNCTION/) return "shared by the outliner";
      return "compiler runtime, libc";
    }
    NF >= 4 && $3 ~ /^[tTrRdDwWvV]$/ && !seen[$1]++ {
      name = $4; for (i = 5; i <= NF; i++) name = name " " $i;
      n = $2 + 0; total += n; sum[part(name)] += n
    }
    END {
      sum["constants without a name, gaps"] = flash - total;
      for (p in sum) printf "%7d  %s\n", sum[p], p | "sort -k2"
    }'
done

[ "${1:-}" = --check ] || exit 0
echo
awk -v way="$way" '
  NR == FNR { name = NF == 3 ? $1 "-" $2 : $1; got[name] = $NF; next }
  $1 == "must" && ($2 in got) && got[$2] > $3 { print $2 " is " got[$2] ": " got[$2] - $3 " above the must of " $3; bad = 1 }
  $1 == "recorded" && $2 == way { known[$3] = 1
    if (!($3 in got)) { print $3 " was not measured"; bad = 1 }
    else if (got[$3] > $4 + 256) { print $3 " grew from " $4 " to " got[$3] "; if that is worth it, say so in tests/size/budgets"; bad = 1 }
    else if (got[$3] + 256 < $4) print $3 " shrank from " $4 " to " got[$3] ": tests/size/budgets may be lowered"
  }
  END { for (n in got) if (!known[n]) { print n " is not recorded for \x27" way "\x27 in tests/size/budgets: " got[n]; bad = 1 }
        if (!bad) print "all within tests/size/budgets"; exit bad }' "$figures" tests/size/budgets
