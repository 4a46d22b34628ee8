//! A push tokenizer for DER (X.690 §10): bytes go in as they come, elements come out. It holds one header and the ends
//! of the elements it is inside of, and nothing of any content.
//!
//! Only definite, minimal lengths, single-byte tags and [`DEPTH`] levels are read; no element may reach beyond the one
//! around it, and the outermost has less than 64 KB (a Certificate message has no more).

/// The deepest nesting that a certificate needs: Certificate, TBSCertificate, \[3\], Extensions, Extension, extnValue,
/// NameConstraints, \[0\], GeneralSubtree, base.
pub(crate) const DEPTH: usize = 10;

/// What the tokenizer found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// The input is used up, or an outermost element is complete.
    Wait,
    /// An element begins: [`Der::tag`], [`Der::length`] and [`Der::header`] are its.
    Open,
    /// Next in the input comes the byte asked for with [`Der::prefix`] ...
    Prefix,
    /// ... or content of an element for which [`Der::content`] was called. [`Der::take`] takes it.
    Data,
    /// The innermost open element is complete.
    Close,
    /// This is not DER, or not DER that a certificate may consist of.
    Malformed,
}

/// Zeros are its beginning.
#[repr(C)]
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
    length: u16,
    offset: u32,
    ends: [u16; DEPTH],
}

impl Der {
    /// Before the first byte.
    pub(crate) const NEW: Self = Der {
        header: [0; 4],
        header_len: 0,
        depth: 0,
        content: false,
        prefix: false,
        announced: false,
        length: 0,
        offset: 0,
        ends: [0; DEPTH],
    };

    /// The tag of the element that was opened last.
    pub(crate) fn tag(&self) -> u8 {
        self.header[0]
    }

    /// The length of its content.
    pub(crate) fn length(&self) -> u16 {
        self.length
    }

    /// Its header.
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

    /// The bytes that came with [`Token::Prefix`] or [`Token::Data`].
    pub(crate) fn take<'i>(&mut self, input: &mut &'i [u8]) -> &'i [u8] {
        let wanted = input.len().min(self.left() as usize);
        let (data, rest) = input.split_at_checked(wanted).unwrap_or_default();
        *input = rest;
        self.offset += data.len() as u32;
        self.prefix = false;
        data
    }

    /// Where the innermost open element ends. Outside of everything one may be as long as its length can say.
    fn end(&self) -> u32 {
        u32::from(self.ends.get(self.depth().wrapping_sub(1)).copied().unwrap_or(u16::MAX))
    }

    /// How much may be taken.
    fn left(&self) -> u32 {
        if self.prefix { 1 } else { self.end().saturating_sub(self.offset) }
    }

    /// The next token.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Token {
        if self.announced {
            if self.depth == 0 {
                return Token::Wait;
            }
            if self.offset >= self.end() {
                self.depth -= 1;
                self.content = false;
                self.prefix = false;
                return Token::Close;
            }
        }
        while let Some((&byte, rest)) = input.split_first() {
            if self.prefix {
                return Token::Prefix;
            }
            if self.content {
                return Token::Data;
            }
            *input = rest;
            self.offset += 1;
            if self.announced {
                self.announced = false;
                self.header_len = 0;
            }
            let Some(place) = self.header.get_mut(usize::from(self.header_len)) else { return Token::Malformed };
            *place = byte;
            self.header_len += 1;
            let form = self.header[1];
            match self.header_len {
                1 if byte & 0x1f != 0x1f => continue,
                2 if byte < 0x80 => self.length = u16::from(byte),
                2 if byte == 0x81 || byte == 0x82 => {
                    self.length = 0;
                    continue;
                }
                3 if byte == 0 => return Token::Malformed,
                3 | 4 => {
                    self.length = self.length << 8 | u16::from(byte);
                    if self.header_len < (form & 3) + 2 {
                        continue;
                    }
                    if self.length < 0x80 {
                        return Token::Malformed;
                    }
                }
                _ => return Token::Malformed,
            }
            let outer = self.end();
            let end = self.offset + u32::from(self.length);
            let Some(place) = self.ends.get_mut(usize::from(self.depth)) else { return Token::Malformed };
            if end > outer {
                return Token::Malformed;
            }
            *place = end as u16;
            self.depth += 1;
            self.announced = true;
            return Token::Open;
        }
        Token::Wait
    }
}

#[cfg(test)]
mod tests;
