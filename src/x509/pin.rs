//! Pins: the SHA-256 of the server's certificate, or of its key. Both are compared where the caller's text lies.

/// Is `digest` one of the fingerprints in the text? The error is the position (from 1) where the text can't be read.
///
/// 32 bytes in hex, colons between the bytes or not, after anything up to `=` as `openssl x509 -fingerprint` prints it;
/// several are separated by comma, semicolon or white space.
pub(crate) fn match_fingerprint(text: &[u8], digest: &[u8; 32]) -> Result<bool, usize> {
    entries(text, |at| {
        if !text.get(*at).is_some_and(u8::is_ascii_hexdigit) {
            while *text.get(*at).ok_or(())? != b'=' {
                *at += 1;
            }
            *at += 1;
        }
        let mut equal = true;
        for (i, expected) in digest.iter().enumerate() {
            if i > 0 && text.get(*at) == Some(&b':') {
                *at += 1;
            }
            let mut byte = 0;
            for _ in 0..2 {
                let digit = text.get(*at).and_then(|&c| char::from(c).to_digit(16)).ok_or(())?;
                byte = byte << 4 | digit as u8;
                *at += 1;
            }
            equal &= byte == *expected;
        }
        Ok(equal)
    })
}

/// Is `digest` one of the pins `sha256//BASE64` in the text, separated by semicolon? The error is the position (from 1)
/// where the text can't be read.
pub(crate) fn match_pin(text: &[u8], digest: &[u8; 32]) -> Result<bool, usize> {
    entries(text, |at| {
        for expected in b"sha256//" {
            if text.get(*at) != Some(expected) {
                return Err(());
            }
            *at += 1;
        }
        let mut equal = true;
        let mut bits = 0u32;
        let mut expected = digest.iter();
        for i in 0..43 {
            let value = text.get(*at).and_then(|&c| base64(c)).ok_or(())?;
            bits = bits << 6 | u32::from(value);
            // The first character of four completes no byte; the others do.
            if i % 4 != 0 {
                equal &= expected.next() == Some(&((bits >> (6 - 2 * (i % 4))) as u8));
            }
            *at += 1;
        }
        // 43 characters carry two bits more than 32 bytes.
        if bits & 3 != 0 || text.get(*at) != Some(&b'=') {
            return Err(());
        }
        *at += 1;
        Ok(equal)
    })
}

/// Reads the entries of a list, each with `read`, which moves the position; true if any of them was.
fn entries(text: &[u8], read: impl Fn(&mut usize) -> Result<bool, ()>) -> Result<bool, usize> {
    let mut at = 0;
    let mut count = 0;
    let mut found = false;
    loop {
        while text.get(at).is_some_and(|&c| is_separator(c)) {
            at += 1;
        }
        if at >= text.len() {
            return if count == 0 { Err(at + 1) } else { Ok(found) };
        }
        let equal = read(&mut at);
        if equal.is_err() || text.get(at).is_some_and(|&c| !is_separator(c)) {
            return Err(at + 1);
        }
        found |= equal == Ok(true);
        count += 1;
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
            (format!(":{plain}"), 66),
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
