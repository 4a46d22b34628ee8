//! Pins: the SHA-256 of the server's certificate, or of its key. Both are compared where the caller's text lies.

/// Is `digest` one of the fingerprints in the text? The error is the position (from 1) where the text can't be read.
///
/// 32 bytes in hex, colons between the bytes or not, after anything up to `=` as `openssl x509 -fingerprint` prints it;
/// several are separated by comma, semicolon or white space.
pub(crate) fn match_fingerprint(text: &[u8], digest: &[u8; 32]) -> Result<bool, usize> {
    entries(text, digest, |text, digest| {
        if !text.peek().is_ascii_hexdigit() {
            while text.peek() != b'=' {
                text.next()?;
            }
            text.next();
        }
        let mut equal = true;
        for (i, expected) in digest.iter().enumerate() {
            if i > 0 && text.peek() == b':' {
                text.next();
            }
            let mut byte = 0;
            for _ in 0..2 {
                byte = byte << 4 | char::from(text.peek()).to_digit(16)?;
                text.next();
            }
            equal &= byte == u32::from(*expected);
        }
        Some(equal)
    })
}

/// Is `digest` one of the pins `sha256//BASE64` in the text, separated by semicolon? The error is the position (from 1)
/// where the text can't be read.
pub(crate) fn match_pin(text: &[u8], digest: &[u8; 32]) -> Result<bool, usize> {
    entries(text, digest, |text, digest| {
        for &expected in b"sha256//" {
            text.expect(expected)?;
        }
        let mut equal = true;
        let mut bits = 0;
        let mut bit_count = 0;
        for expected in digest {
            while bit_count < 8 {
                bits = bits << 6 | u32::from(base64(text.peek())?);
                bit_count += 6;
                text.next();
            }
            bit_count -= 8;
            equal &= (bits >> bit_count) as u8 == *expected;
        }
        // 43 characters carry two bits more than 32 bytes.
        if bits & 3 != 0 {
            return None;
        }
        text.expect(b'=')?;
        Some(equal)
    })
}

/// A text and how far it has been read.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    /// The next character; 0 at the end.
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn next(&mut self) -> Option<()> {
        self.at += 1;
        if self.at <= self.text.len() { Some(()) } else { None }
    }

    fn expect(&mut self, c: u8) -> Option<()> {
        if self.peek() == c { self.next() } else { None }
    }
}

type Entry = fn(&mut Cursor, &[u8; 32]) -> Option<bool>;

/// Reads the entries of a list; true if any of them is the digest.
#[inline(never)]
fn entries(text: &[u8], digest: &[u8; 32], read: Entry) -> Result<bool, usize> {
    let mut cursor = Cursor { text, at: 0 };
    let mut found = None;
    loop {
        while is_separator(cursor.peek()) {
            cursor.at += 1;
        }
        if cursor.at >= text.len() {
            return found.ok_or(cursor.at + 1);
        }
        match read(&mut cursor, digest) {
            Some(equal) if cursor.at >= text.len() || is_separator(cursor.peek()) => {
                found = Some(equal || found == Some(true));
            }
            _ => return Err(cursor.at + 1),
        }
    }
}

fn is_separator(c: u8) -> bool {
    c == b',' || c == b';' || c.is_ascii_whitespace()
}

/// The value of a base64 character (RFC 4648 §4).
pub(crate) fn base64(c: u8) -> Option<u8> {
    Some(match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::{format, string::String};

    const DIGEST: [u8; 32] = *b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\xfa\xfb\xfc\xfd\xfe\xff0123456789abcdef";
    const PIN: &str = "sha256//AAECAwQFBgcICfr7/P3+/zAxMjM0NTY3ODlhYmNkZWY=";

    fn hex(colon: &str) -> String {
        DIGEST.map(|b| format!("{b:02X}")).join(colon)
    }

    #[test]
    fn fingerprints_in_every_form() {
        let (plain, colons) = (hex(""), hex(":"));
        let other = plain.replace("FA", "FB");
        for text in [
            plain.clone(),
            plain.to_lowercase(),
            colons.clone(),
            format!("sha256 Fingerprint={colons}\n"),
            format!("SHA256 Fingerprint={colons}"),
            format!(" {other}, {plain}"),
            format!("{plain};{other}"),
            format!("{other} {colons}\r\n"),
            format!("{other}\nsha256 Fingerprint={plain}"),
        ] {
            assert_eq!(match_fingerprint(text.as_bytes(), &DIGEST), Ok(true), "{text}");
            assert_eq!(match_fingerprint(text.as_bytes(), &[9; 32]), Ok(false), "{text}");
        }
    }

    #[test]
    fn unreadable_fingerprints_have_a_place() {
        let plain = hex("");
        for (text, place) in [
            (String::new(), 1),
            (String::from(" ,"), 3),
            (plain[..62].into(), 63),
            (format!("{plain}0"), 65),
            (plain.replace("FA", "F G").replace(' ', ""), 22),
            (format!("{plain},{}", &plain[..2]), 68),
            (hex("::"), 4),
            (format!(":{plain}"), 67),
            (hex("-"), 3),
        ] {
            assert_eq!(match_fingerprint(text.as_bytes(), &DIGEST), Err(place), "{text}");
        }
    }

    #[test]
    fn pins() {
        let other = PIN.replace("AAEC", "AAED");
        for text in [PIN.into(), format!("{other};{PIN}"), format!(" {PIN} ; {other}\n")] {
            assert_eq!(match_pin(text.as_bytes(), &DIGEST), Ok(true), "{text}");
            assert_eq!(match_pin(text.as_bytes(), &[9; 32]), Ok(false), "{text}");
        }
        assert_eq!(match_pin(other.as_bytes(), &DIGEST), Ok(false));
        for (text, place) in [
            (PIN.replace("sha256", "sha1"), 4),
            (PIN.replace('=', ""), 52),
            (PIN.replace('=', "=="), 53),
            (PIN.replace("ZWY=", "ZWZ="), 52),
            (PIN.replace("+", "-"), 28),
            (PIN[..20].into(), 21),
            (String::new(), 1),
        ] {
            assert_eq!(match_pin(text.as_bytes(), &DIGEST), Err(place), "{text}");
        }
        // Every byte counts.
        for i in 0..32 {
            let mut digest = DIGEST;
            digest[i] ^= 1;
            assert_eq!(match_pin(PIN.as_bytes(), &digest), Ok(false));
            assert_eq!(match_fingerprint(hex("").as_bytes(), &digest), Ok(false));
        }
    }
}
