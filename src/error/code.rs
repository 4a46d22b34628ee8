//! Errors' codes: Node's names, which are OpenSSL's. The compiler packs them, since many of them begin or end alike.

use super::table::CODES;
use super::{Error, Report};
use core::fmt;

/// A code name; dereferences to a `str`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code {
    bytes: [u8; CODE_LEN],
    len: usize,
}

/// More bytes than any code name has.
pub const CODE_LEN: usize = 48;

impl Code {
    /// Its bytes and zeros up to [`CODE_LEN`].
    pub fn zero_padded(&self) -> &[u8; CODE_LEN] {
        &self.bytes
    }

    /// Its bytes, which are ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Appends one of [`TEXTS`].
    fn append(&mut self, index: usize) {
        let mut before = index;
        for byte in &TEXTS {
            let (symbol, last) = (byte & 0x7f, byte & 0x80 != 0);
            if before == 0 {
                if let Some(word) = symbol.checked_sub(FIRST_WORD) {
                    self.append(word.into());
                } else if let Some(place) = self.bytes.get_mut(self.len) {
                    *place = symbol + FIRST_CHAR;
                    self.len += 1;
                }
                if last {
                    return;
                }
            }
            before -= usize::from(last);
        }
    }
}

impl core::ops::Deref for Code {
    type Target = str;
    fn deref(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl PartialEq<&str> for Code {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<str> for Code {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// Alerts that OpenSSL, and so Node, has a name for; the names follow in the same order, and last the one for others.
/// RFC 8446 §6, RFC 6066 §9, RFC 7301 §3.2.
pub(super) const NAMED_ALERTS: &[u8] =
    &[10, 20, 22, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 70, 71, 80, 86, 90, 109, 112, 116, 120];
pub(super) const ALERT_CODES: &[&str; NAMED_ALERTS.len() + 1] = &[
    "ERR_SSL_SSLV3_ALERT_UNEXPECTED_MESSAGE",
    "ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC",
    "ERR_SSL_TLSV1_ALERT_RECORD_OVERFLOW",
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
    "ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED",
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "ERR_SSL_SSLV3_ALERT_ILLEGAL_PARAMETER",
    "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    "ERR_SSL_TLSV1_ALERT_ACCESS_DENIED",
    "ERR_SSL_TLSV1_ALERT_DECODE_ERROR",
    "ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR",
    "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
    "ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY",
    "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR",
    "ERR_SSL_TLSV1_ALERT_INAPPROPRIATE_FALLBACK",
    "ERR_SSL_TLSV1_ALERT_USER_CANCELLED",
    "ERR_SSL_TLSV13_ALERT_MISSING_EXTENSION",
    "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    "ERR_SSL_ALERT",
];

/// What many names contain, longest first; chosen by trying. In the image each is one byte, in names and in longer words.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "ERR_SSL_SSLV3_ALERT_CERTIFICATE_", "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID", "ERR_OSSL_PEM_NO_START_LINE", "ERR_INVALID_ARG_VALUE", "APPROPRIATE_FALLBACK",
    "ERR_SSL_SSLV3_ALERT_", "ERR_SSL_TLSV1_ALERT_", "UNEXPECTED_MESSAGE", "ERR_OUT_OF_MEMORY", "ERR_SSL_TOO_MANY_",
    "ERR_MISSING_ARGS", "PROTOCOL_VERSION", "BAD_RECORD_MAC", "ERR_SSL_WRONG_", "ERR_OSSL_PEM_", "ERR_SSL_TLSV1",
    "SELF_SIGNED_", "ASN1_DECODE", "CERTIFICATE", "ERR_OUT_OF_", "ECONNRESET", "UNABLE_TO_", "ERR_OSSL_", "EXTENSION",
    "SIGNATURE", "UNSUPPORT", "ERR_SSL_", "ERR_TLS_", "INTERNAL", "INVALID_", "MISMATCH", "MISSING_", "PROTOCOL",
    "TOO_LONG", "EXPIRED", "LENGTH_", "UNKNOWN", "_ALERT_", "DECODE", "RECORD", "RETURN", "_ERROR", "ABLE_", "CERT_",
    "CRYPT", "VALID", "_FAIL", "_TYPE", "BAD_", "ERR_", "KEY_", "NOT_", "TOO_", "ED_", "ERT", "ER_", "ION", "RAN", "AL",
    "AR", "AT", "DE", "EC", "ED", "EN", "ER", "GE", "HA", "IC", "IN", "IT", "ME", "OR", "O_", "RE", "SS", "T_", "UN",
];

/// Names have characters from `0` to `_`. In the image that is 0 to 47; a word's number follows from 48 on.
const FIRST_CHAR: u8 = b'0';
const FIRST_WORD: u8 = b'_' - FIRST_CHAR + 1;

/// All words, then all names, errors' and alerts'. The compiler packs them; this saves two of three kilobytes on the chip.
static TEXTS: [u8; PACKED.len] = cut(&PACKED);
const PACKED: Row = pack(ALERT_CODES, pack(CODES, pack(WORDS, Row { bytes: [0; 2048], len: 0 })));

/// A row of texts, the last byte of each with its highest bit set.
struct Row {
    bytes: [u8; 2048],
    len: usize,
}

/// Appends texts to a row, put together from words and characters. The words come first, and have only shorter ones in
/// them.
#[allow(clippy::indexing_slicing, long_running_const_eval)] // only the compiler runs this
const fn pack(texts: &[&str], mut row: Row) -> Row {
    // A word is not made of itself.
    let margin = if row.len == 0 { 1 } else { 0 };
    let mut i = 0;
    while i < texts.len() {
        let text = texts[i].as_bytes();
        assert!(text.len() < CODE_LEN);
        let mut at = 0;
        while at < text.len() {
            let mut word = 0;
            while word < WORDS.len()
                && (WORDS[word].len() + margin > text.len() || !has_at(text, at, WORDS[word].as_bytes()))
            {
                word += 1;
            }
            if word < WORDS.len() {
                row.bytes[row.len] = FIRST_WORD + word as u8;
                at += WORDS[word].len();
            } else {
                assert!(text[at] >= FIRST_CHAR && text[at] - FIRST_CHAR < FIRST_WORD);
                row.bytes[row.len] = text[at] - FIRST_CHAR;
                at += 1;
            }
            assert!(row.bytes[row.len] < 0x80);
            row.len += 1;
        }
        row.bytes[row.len - 1] |= 0x80;
        i += 1;
    }
    row
}

#[allow(clippy::indexing_slicing)] // only the compiler runs this
const fn has_at(text: &[u8], at: usize, word: &[u8]) -> bool {
    let mut same = 0;
    while same < word.len() && at + same < text.len() && text[at + same] == word[same] {
        same += 1;
    }
    same == word.len()
}

#[allow(clippy::indexing_slicing)] // only the compiler runs this
const fn cut<const N: usize>(row: &Row) -> [u8; N] {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = row.bytes[i];
        i += 1;
    }
    out
}

/// The name at this place, counted without the words.
fn code_at(index: usize) -> Code {
    let mut code = Code { bytes: [0; CODE_LEN], len: 0 };
    code.append(WORDS.len() + index);
    code
}

impl Error {
    /// Node's code name, or one in Node's style where Node has none. For [`Error::AlertReceived`] see
    /// [`Report::code`].
    pub fn code(self) -> Code {
        code_at(self.index())
    }
}

impl Report {
    /// Node's code name, taking alerts from the peer into account.
    pub fn code(&self) -> Code {
        match self.error {
            Error::AlertReceived => {
                let known = NAMED_ALERTS.iter().position(|a| u32::from(*a) == self.detail.a);
                code_at(CODES.len() + known.unwrap_or(NAMED_ALERTS.len()))
            }
            other => other.code(),
        }
    }
}
