//! Texts that the caller gives: lists, numbers, base64. They are read where they lie.

/// What stands between separators. Like `split`, but its code is there only once.
pub struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Parts<'a> {
    /// An empty text has none.
    pub(crate) fn new(text: &'a [u8], separator: u8) -> Self {
        Parts { rest: (!text.is_empty()).then_some(text), separator }
    }

    /// The last one has been handed out.
    pub(crate) fn are_over(&self) -> bool {
        self.rest.is_none()
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = rest.iter().position(|b| *b == self.separator);
        self.rest = end.and_then(|end| rest.get(end + 1..));
        rest.get(..end.unwrap_or(rest.len()))
    }
}

/// The value of one to `most` digits.
#[inline(never)]
pub(crate) fn number(digits: &[u8], radix: u16, most: usize) -> Option<u16> {
    if digits.is_empty() || digits.len() > most {
        return None;
    }
    let mut value = 0;
    for &c in digits {
        let digit = u16::from(hex(c)?);
        if digit >= radix {
            return None;
        }
        value = value * radix + digit;
    }
    Some(value)
}

/// The value of a hexadecimal digit.
#[inline(never)]
pub(crate) fn hex(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        // Bit 5 makes letters small, and nothing else a letter.
        _ => Some((c | 0x20).wrapping_sub(b'a')).filter(|&letter| letter < 6).map(|letter| letter + 10),
    }
}

/// The value of a base64 character (RFC 4648 §4).
#[inline(never)]
pub(crate) fn base64(c: u8) -> Option<u8> {
    // As above; and bit 2 tells + from /.
    let letter = (c | 0x20).wrapping_sub(b'a');
    Some(match c {
        _ if letter < 26 => letter + if c & 0x20 != 0 { 26 } else { 0 },
        b'0'..=b'9' => c - b'0' + 52,
        b'+' | b'/' => 62 + (c >> 2 & 1),
        _ => return None,
    })
}
