//! A push tokenizer for DER (X.690 §10): bytes go in as they come, elements come out. It holds one header and the ends
//! of the elements it is inside of, and nothing of any content.
//!
//! Only definite, minimal lengths below 2^24, single-byte tags and [`DEPTH`] levels are read; no element may reach
//! beyond the one around it.

/// The deepest nesting that a certificate needs: Certificate, TBSCertificate, \[3\], Extensions, Extension, extnValue,
/// NameConstraints, \[0\], GeneralSubtree, base.
pub(crate) const DEPTH: usize = 10;

/// This is not DER, or not DER that a certificate may consist of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// What the tokenizer found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token<'i> {
    /// An element begins: its tag and the length of its content. Its header is in [`Der::header`].
    Open(u8, u32),
    /// The byte asked for with [`Der::content`] or [`Der::prefix`].
    Prefix(u8),
    /// Content of an element for which [`Der::content`] was called, in pieces as it comes.
    Data(&'i [u8]),
    /// The innermost open element is complete; true if [`Der::content`] was called for it.
    Close(bool),
}

/// Small fields first, as in the walk.
#[repr(C)]
pub(crate) struct Der {
    header: [u8; 5],
    header_len: u8,
    depth: u8,
    /// The innermost element's content is not looked into.
    content: bool,
    /// The next byte is a BIT STRING's number of unused bits, or an INTEGER's leading zero.
    prefix: bool,
    /// The header belongs to an element that has been announced.
    announced: bool,
    offset: u32,
    ends: [u32; DEPTH],
}

impl Der {
    pub(crate) const fn new() -> Self {
        Der {
            offset: 0,
            ends: [0; DEPTH],
            header: [0; 5],
            header_len: 0,
            depth: 0,
            content: false,
            prefix: false,
            announced: false,
        }
    }

    /// The header of the element that was opened last, and its length.
    pub(crate) fn header(&self) -> ([u8; 5], usize) {
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

    /// The next token, or `None` when the input is used up or an outermost element is complete.
    pub(crate) fn next<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Token<'i>>, Malformed> {
        if self.is_complete() {
            return Ok(None);
        }
        if let Some(&end) = self.depth().checked_sub(1).and_then(|top| self.ends.get(top)) {
            if self.offset >= end {
                let content = self.content;
                self.depth -= 1;
                self.content = false;
                self.prefix = false;
                return Ok(Some(Token::Close(content)));
            }
            if self.prefix {
                return Ok(self.byte(input).map(|byte| {
                    self.prefix = false;
                    Token::Prefix(byte)
                }));
            }
            if self.content {
                let wanted = usize::try_from(end - self.offset).unwrap_or(usize::MAX).min(input.len());
                let (data, rest) = input.split_at_checked(wanted).ok_or(Malformed)?;
                *input = rest;
                self.offset += data.len() as u32;
                return Ok(if data.is_empty() { None } else { Some(Token::Data(data)) });
            }
        }
        while let Some(byte) = self.byte(input) {
            if self.announced {
                self.announced = false;
                self.header_len = 0;
            }
            *self.header.get_mut(usize::from(self.header_len)).ok_or(Malformed)? = byte;
            self.header_len += 1;
            if let Some(length) = length(self.header.get(..usize::from(self.header_len)).unwrap_or(&[]))? {
                return self.open(length).map(Some);
            }
        }
        Ok(None)
    }

    fn byte(&mut self, input: &mut &[u8]) -> Option<u8> {
        let (&byte, rest) = input.split_first()?;
        *input = rest;
        self.offset += 1;
        Some(byte)
    }

    fn open<'i>(&mut self, length: u32) -> Result<Token<'i>, Malformed> {
        let end = self.offset.checked_add(length).ok_or(Malformed)?;
        if self.depth().checked_sub(1).and_then(|top| self.ends.get(top)).is_some_and(|&outer| end > outer) {
            return Err(Malformed);
        }
        let level = self.depth();
        *self.ends.get_mut(level).ok_or(Malformed)? = end;
        self.depth += 1;
        self.announced = true;
        Ok(Token::Open(self.header[0], length))
    }
}

/// The length in a header, once the header is complete.
fn length(header: &[u8]) -> Result<Option<u32>, Malformed> {
    Ok(match *header {
        [tag] if tag & 0x1f != 0x1f => None,
        [_, short] if short < 0x80 => Some(u32::from(short)),
        [_, 0x81..=0x83] => None,
        [_, 0x81, a] if a >= 0x80 => Some(u32::from(a)),
        [_, 0x82..=0x83, a] if a != 0 => None,
        [_, 0x82, a, b] => Some(u32::from_be_bytes([0, 0, a, b])),
        [_, 0x83, _, _] => None,
        [_, 0x83, a, b, c] => Some(u32::from_be_bytes([0, a, b, c])),
        _ => return Err(Malformed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::{vec, vec::Vec};

    /// Opens everything constructed; returns tags, contents (tag 0) and closings (0xff).
    fn run(der: &mut Der, mut input: &[u8]) -> Result<Vec<(u8, Vec<u8>)>, Malformed> {
        let mut seen = vec![];
        while let Some(token) = der.next(&mut input)? {
            match token {
                Token::Open(tag, _) => {
                    if tag & 0x20 == 0 {
                        der.content();
                    }
                    let (header, len) = der.header();
                    seen.push((tag, header[..len].to_vec()));
                }
                Token::Prefix(byte) => seen.push((1, vec![byte])),
                Token::Data(data) => seen.push((0, data.to_vec())),
                Token::Close(_) => seen.push((0xff, vec![])),
            }
        }
        Ok(seen)
    }

    #[test]
    fn contents_come_out_in_pieces_and_long_lengths_are_read() {
        let mut text = vec![0x30, 0x81, 0x85, 0x04, 0x81, 0x80];
        text.extend([7; 0x80]);
        text.extend([0x05, 0x00]);
        for cut in 0..text.len() {
            let mut der = Der::new();
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
        let mut der = Der::new();
        let mut seen = vec![];
        for byte in text {
            seen.extend(run(&mut der, &[byte]).unwrap());
        }
        let tags: Vec<u8> = seen.iter().map(|s| s.0).collect();
        assert_eq!(tags, [0x30, 0x30, 5, 0xff, 0xff, 2, 0, 0xff, 0xff]);
        assert!(der.is_complete());
        assert_eq!(run(&mut Der::new(), &text).unwrap(), seen);
    }

    #[test]
    fn lengths_are_minimal_and_stay_inside() {
        for bad in [
            &[0x30, 0x80][..],
            &[0x30, 0x81, 0x7f],
            &[0x30, 0x82, 0x00],
            &[0x30, 0x83, 0x00],
            &[0x30, 0x84],
            &[0x1f],
            &[0x30, 0x02, 0x04, 0x01],
            &[0x30, 0x01, 0x04, 0x00],
        ] {
            assert_eq!(run(&mut Der::new(), bad), Err(Malformed), "{bad:x?}");
        }
        let long = [0x30, 0x83, 0x01, 0x00, 0x00];
        assert_eq!(run(&mut Der::new(), &long), Ok(vec![(0x30, long.to_vec())]));
    }

    #[test]
    fn nothing_is_read_after_the_end() {
        let mut der = Der::new();
        assert_eq!(run(&mut der, &[0x05, 0x00, 0x30]).unwrap().len(), 2);
        assert!(der.is_complete() && der.offset() == 2);
    }

    #[test]
    fn nesting_is_bounded() {
        let mut text = vec![];
        for i in (0..=DEPTH as u8).rev() {
            text.extend([0x30, 2 * i]);
        }
        assert_eq!(run(&mut Der::new(), &text), Err(Malformed));
        assert!(run(&mut Der::new(), &text[2..]).is_ok());
    }
}
