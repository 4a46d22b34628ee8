//! Pins: the SHA-256 of the server's certificate, or of its key. Both are compared where the caller's text lies.

use crate::text::{base64, hex};

/// How many of the pins in a text are `digest`? The error is the position (from 1) where the text can't be read.
///
/// Fingerprints are 32 bytes in hex, colons between the bytes or not, after anything up to `=` as `openssl x509
/// -fingerprint` prints it. Pins of keys are `sha256//BASE64`. Several are separated by comma, semicolon or white
/// space.
pub(super) fn count(text: &[u8], digest: &[u8; 32], is_key: bool) -> Result<usize, usize> {
    entries(text, digest, if is_key { BASE64 } else { HEX })
}

/// Bits that a character carries.
const HEX: u32 = 4;
const BASE64: u32 = 6;

/// The text of a list, and how far it has been read.
struct Entries<'a> {
    text: &'a [u8],
    at: usize,
}

impl Entries<'_> {
    /// The next character; 0 at the end.
    #[inline(never)]
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// Takes this character, if it comes next.
    #[inline(never)]
    fn skip(&mut self, c: u8) -> bool {
        let here = self.peek() == c;
        self.at += usize::from(here);
        here
    }

    /// Reads one entry and compares it.
    fn entry(&mut self, digest: &[u8; 32], width: u32) -> Option<bool> {
        if width == BASE64 {
            for &c in b"sha256//" {
                if !self.skip(c) {
                    return None;
                }
            }
        } else if hex(self.peek()).is_none() {
            while !self.skip(b'=') {
                if self.at >= self.text.len() {
                    return None;
                }
                self.at += 1;
            }
        }
        let mut equal = true;
        let mut bits = 0;
        let mut bit_count = 0;
        for (i, expected) in digest.iter().enumerate() {
            if width == HEX && i > 0 {
                self.skip(b':');
            }
            while bit_count < 8 {
                let c = self.peek();
                let value = if width == HEX { hex(c) } else { base64(c) }?;
                self.at += 1;
                bits = bits << width | u32::from(value);
                bit_count += width;
            }
            bit_count -= 8;
            equal &= (bits >> bit_count) as u8 == *expected;
        }
        // 43 characters of base64 carry two bits more than 32 bytes.
        if width == BASE64 && (bits & 3 != 0 || !self.skip(b'=')) { None } else { Some(equal) }
    }
}

/// Reads the entries of a list; counts those that are the digest.
#[inline(never)]
fn entries(text: &[u8], digest: &[u8; 32], width: u32) -> Result<usize, usize> {
    let mut list = Entries { text, at: 0 };
    let mut equal = 0;
    loop {
        let end = list.at;
        while is_separator(list.peek()) {
            list.at += 1;
        }
        if list.at >= text.len() && end != 0 {
            return Ok(equal);
        }
        // Between two entries there is a separator.
        let entry = if end != 0 && list.at == end { None } else { list.entry(digest, width) };
        equal += usize::from(entry.ok_or(list.at + 1)?);
    }
}

fn is_separator(c: u8) -> bool {
    c == b',' || c == b';' || c.is_ascii_whitespace()
}

#[cfg(test)]
mod tests;
