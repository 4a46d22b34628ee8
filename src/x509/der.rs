//! A push tokenizer for DER (X.690 §10): bytes go in as they come, elements come out. It holds one header and the ends
//! of the elements it is inside of, and nothing of any content.
//!
//! Only definite, minimal lengths, single-byte tags and [`DEPTH`] levels are read; no element may reach beyond the one
//! around it, and the outermost has less than 64 KB (a Certificate message has no more).

/// The deepest nesting that a certificate needs: Certificate, TBSCertificate, \[3\], Extensions, Extension, extnValue,
/// NameConstraints, \[0\], GeneralSubtree, base.
pub(crate) const DEPTH: usize = 10;

/// What the tokenizer found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token<'i> {
    /// The input is used up, or an outermost element is complete.
    Wait,
    /// An element begins: its tag and the length of its content. Its header is in [`Der::header`].
    Open(u8, u16),
    /// The byte asked for with [`Der::prefix`].
    Prefix(&'i [u8]),
    /// Content of an element for which [`Der::content`] was called, in pieces as it comes.
    Data(&'i [u8]),
    /// The innermost open element is complete.
    Close,
    /// This is not DER, or not DER that a certificate may consist of.
    Malformed,
}

/// Zeros are its beginning.
#[derive(Default)]
pub(crate) struct Der {
    header: [u8; 4],
    header_len: u8,
    depth: u8,
    /// The innermost element's content is not looked into.
    content: bool,
    /// The next byte is a BIT STRING's number of unused bits, or an INTEGER's leading zero.
    prefix: bool,
    /// The header is whole: it belongs to the element that was opened last.
    announced: bool,
    offset: u32,
    ends: [u16; DEPTH],
}

impl Der {
    /// The header of the element that was opened last.
    pub(crate) fn header(&self) -> ([u8; 4], usize) {
        (self.header, usize::from(self.header_len))
    }

    /// How many bytes have been read: the place of an error.
    pub(crate) fn offset(&self) -> u32 {
        self.offset
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        usize::from(self.depth)
    }

    /// One whole element has been read.
    pub(crate) fn is_complete(&self) -> bool {
        self.depth == 0 && self.announced
    }

    /// Don't look into the element just opened: hand out its content as [`Token::Data`].
    pub(crate) fn content(&mut self) {
        self.content = true;
    }

    /// Hand out the first byte of the element just opened, if it has one, as [`Token::Prefix`].
    pub(crate) fn prefix(&mut self) {
        self.prefix = true;
    }

    /// The next token.
    #[inline(never)]
    pub(crate) fn next<'i>(&mut self, input: &mut &'i [u8]) -> Token<'i> {
        // Outside of everything an element may be as long as its length can say.
        let end = u32::from(self.ends.get(self.depth().wrapping_sub(1)).copied().unwrap_or(u16::MAX));
        if self.announced {
            if self.depth == 0 {
                return Token::Wait;
            }
            if self.offset >= end {
                self.depth -= 1;
                self.content = false;
                self.prefix = false;
                return Token::Close;
            }
            if self.content || self.prefix {
                let left = if self.prefix { 1 } else { end - self.offset };
                let wanted = input.len().min(left as usize);
                let Some((data, rest)) = input.split_at_checked(wanted) else { return Token::Malformed };
                *input = rest;
                self.offset += data.len() as u32;
                if data.is_empty() {
                    return Token::Wait;
                }
                return if core::mem::take(&mut self.prefix) { Token::Prefix(data) } else { Token::Data(data) };
            }
        }
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            self.offset += 1;
            if self.announced {
                self.announced = false;
                self.header_len = 0;
            }
            let Some(place) = self.header.get_mut(usize::from(self.header_len)) else { return Token::Malformed };
            *place = byte;
            self.header_len += 1;
            let [tag, first, second, third] = self.header;
            let length = match (self.header_len, first) {
                (1, _) if tag & 0x1f != 0x1f => continue,
                (2, 0..=0x7f) => u16::from(first),
                (2, 0x81..=0x82) => continue,
                (3, 0x81) if second >= 0x80 => u16::from(second),
                (3, 0x82) if second != 0 => continue,
                (4, _) => u16::from_be_bytes([second, third]),
                _ => return Token::Malformed,
            };
            let element_end = self.offset + u32::from(length);
            let Some(place) = self.ends.get_mut(usize::from(self.depth)) else { return Token::Malformed };
            if element_end > end {
                return Token::Malformed;
            }
            *place = element_end as u16;
            self.depth += 1;
            self.announced = true;
            return Token::Open(tag, length);
        }
        Token::Wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::{vec, vec::Vec};

    /// Opens everything constructed; returns tags, contents (tag 0) and closings (0xff); `None` if it is malformed.
    fn run(der: &mut Der, mut input: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
        let mut seen = vec![];
        loop {
            match der.next(&mut input) {
                Token::Open(tag, _) => {
                    if tag & 0x20 == 0 {
                        der.content();
                    }
                    let (header, len) = der.header();
                    seen.push((tag, header[..len].to_vec()));
                }
                Token::Prefix(byte) => seen.push((1, byte.to_vec())),
                Token::Data(data) => seen.push((0, data.to_vec())),
                Token::Close => seen.push((0xff, vec![])),
                Token::Wait => return Some(seen),
                Token::Malformed => return None,
            }
        }
    }

    #[test]
    fn contents_come_out_in_pieces_and_long_lengths_are_read() {
        let mut text = vec![0x30, 0x81, 0x85, 0x04, 0x81, 0x80];
        text.extend([7; 0x80]);
        text.extend([0x05, 0x00]);
        for cut in 0..text.len() {
            let mut der = Der::default();
            let mut seen = run(&mut der, &text[..cut]).unwrap();
            assert!(!der.is_complete());
            seen.extend(run(&mut der, &text[cut..]).unwrap());
            assert!(der.is_complete() && der.offset() == text.len() as u32);
            let content: Vec<u8> = seen.iter().filter(|s| s.0 == 0).flat_map(|s| s.1.clone()).collect();
            assert_eq!(content, [7; 0x80]);
            let tags: Vec<u8> = seen.iter().map(|s| s.0).filter(|&t| t != 0).collect();
            assert_eq!(tags, [0x30, 4, 0xff, 5, 0xff, 0xff]);
        }
    }

    #[test]
    fn nesting_closes_in_order() {
        let text = [0x30, 0x07, 0x30, 0x02, 0x05, 0x00, 0x02, 0x01, 0x09];
        let mut der = Der::default();
        let mut seen = vec![];
        for byte in text {
            seen.extend(run(&mut der, &[byte]).unwrap());
        }
        let tags: Vec<u8> = seen.iter().map(|s| s.0).collect();
        assert_eq!(tags, [0x30, 0x30, 5, 0xff, 0xff, 2, 0, 0xff, 0xff]);
        assert!(der.is_complete());
        assert_eq!(run(&mut Der::default(), &text).unwrap(), seen);
    }

    #[test]
    fn lengths_are_minimal_and_stay_inside() {
        for bad in [
            &[0x30, 0x80][..],
            &[0x30, 0x81, 0x7f],
            &[0x30, 0x82, 0x00],
            &[0x30, 0x83],
            &[0x1f],
            &[0x30, 0x02, 0x04, 0x01],
            &[0x30, 0x01, 0x04, 0x00],
            &[0x30, 0x04, 0x30, 0x01, 0x04, 0x00],
            &[0x30, 0x82, 0xff, 0xfc],
        ] {
            assert_eq!(run(&mut Der::default(), bad), None, "{bad:x?}");
            // However it comes.
            let mut der = Der::default();
            assert!(bad.iter().any(|&byte| run(&mut der, &[byte]).is_none()), "{bad:x?}");
        }
        let long = [0x30, 0x82, 0xff, 0xfb];
        assert_eq!(run(&mut Der::default(), &long), Some(vec![(0x30, long.to_vec())]));
    }

    #[test]
    fn nothing_is_read_after_the_end() {
        let mut der = Der::default();
        assert_eq!(run(&mut der, &[0x05, 0x00, 0x30]).unwrap().len(), 2);
        assert!(der.is_complete() && der.offset() == 2);
    }

    #[test]
    fn nesting_is_bounded() {
        let mut text = vec![];
        for i in (0..=DEPTH as u8).rev() {
            text.extend([0x30, 2 * i]);
        }
        assert_eq!(run(&mut Der::default(), &text), None);
        assert!(run(&mut Der::default(), &text[2..]).is_some());
    }
}
