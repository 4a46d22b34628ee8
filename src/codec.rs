//! Reading and writing the presentation language of RFC 5246 §4 without a line that could panic: a reader that runs
//! out of bytes says so, a writer that runs out of room remembers it until [`Writer::finish`].

use crate::error::Error;

/// Copies as many bytes as both have; says how many.
#[inline(always)]
pub fn copy(to: &mut [u8], from: &[u8]) -> usize {
    filled(to, from).len()
}

/// Copies as many bytes as both have; gives out where they are. Unlike `copy_from_slice` on slices of unknown lengths
/// it can't panic, so none of what panics need is linked.
#[inline(never)]
pub fn filled<'t>(to: &'t mut [u8], from: &[u8]) -> &'t mut [u8] {
    let n = to.len().min(from.len());
    let (Some(to), Some(from)) = (to.get_mut(..n), from.get(..n)) else { return &mut [] };
    to.copy_from_slice(from);
    to
}

/// The `len` bytes from `from` on, if they are there.
#[inline(never)]
pub fn part(bytes: &mut [u8], from: usize, len: usize) -> Option<&mut [u8]> {
    bytes.get_mut(from..)?.get_mut(..len)
}

/// The same to be read; nothing if they are not there.
#[inline(never)]
pub fn piece(bytes: &[u8], from: usize, len: usize) -> &[u8] {
    bytes.get(from..).and_then(|rest| rest.get(..len)).unwrap_or_default()
}

/// Takes the first `len` bytes off, if they are there.
#[inline(never)]
pub fn take<'b>(bytes: &mut &'b [u8], len: usize) -> &'b [u8] {
    let Some((taken, rest)) = bytes.split_at_checked(len) else { return &[] };
    *bytes = rest;
    taken
}

/// The number that the bytes are.
pub fn big_endian(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Reads a message that lies in memory as one slice. Too few bytes: [`Error::DecodeError`]. What is called everywhere
/// gives an `Option`, which the chip returns in registers; a `Result` of this size goes through memory.
pub struct Cursor<'b>(pub &'b [u8]);

impl<'b> Cursor<'b> {
    #[inline(never)]
    fn head(&mut self, n: usize) -> Option<&'b [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    #[inline(never)]
    fn number(&mut self, width: usize) -> Option<usize> {
        Some(big_endian(self.head(width)?))
    }

    #[inline(never)]
    fn vector(&mut self, width: usize) -> Option<&'b [u8]> {
        let n = self.number(width)?;
        self.head(n)
    }

    /// The next `n` bytes.
    #[inline(always)]
    pub fn take(&mut self, n: usize) -> Result<&'b [u8], Error> {
        self.head(n).ok_or(Error::DecodeError)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| Error::DecodeError)
    }

    /// One byte.
    #[inline(always)]
    pub fn u8(&mut self) -> Result<u8, Error> {
        self.number(1).map(|number| number as u8).ok_or(Error::DecodeError)
    }

    /// Two bytes, big-endian. A `Result` of a `u16` would be put together in one register and taken apart again.
    #[inline(always)]
    pub fn u16(&mut self) -> Result<usize, Error> {
        self.number(2).ok_or(Error::DecodeError)
    }

    /// Four bytes, big-endian.
    #[inline(always)]
    pub fn u32(&mut self) -> Result<u32, Error> {
        self.number(4).map(|number| number as u32).ok_or(Error::DecodeError)
    }

    /// A vector with a length of one byte.
    #[inline(always)]
    pub fn vec8(&mut self) -> Result<&'b [u8], Error> {
        self.vector(1).ok_or(Error::DecodeError)
    }

    /// A vector with a length of two bytes.
    #[inline(always)]
    pub fn vec16(&mut self) -> Result<&'b [u8], Error> {
        self.vector(2).ok_or(Error::DecodeError)
    }

    /// A number of `form` bytes, or with 4 more the contents of a vector with a length of so many bytes.
    #[inline(always)]
    pub fn number_or_vector(&mut self, form: usize) -> Result<&'b [u8], Error> {
        let n = if form & 4 != 0 { self.number(form & 3).ok_or(Error::DecodeError)? } else { form };
        self.take(n)
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::DecodeError) }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Most vectors inside each other: a message's, and five more.
const MAX_DEPTH: usize = 6;

/// Writes into a borrowed slice.
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    len: usize,
    overflow: bool,
    /// The vectors that have begun and not ended: where the contents start, and how many bytes the length before has.
    open: [(u16, u8); MAX_DEPTH],
    depth: usize,
}

impl<'b> Writer<'b> {
    /// A writer at the slice's start.
    #[inline(never)]
    pub fn new(buffer: &'b mut [u8]) -> Self {
        Writer { buffer, len: 0, overflow: false, open: [(0, 0); MAX_DEPTH], depth: 0 }
    }

    /// Begins a handshake message of that kind; its length is filled in by [`Self::finish`].
    #[inline(never)]
    pub fn message(&mut self, kind: u8) {
        self.u8(kind);
        self.begin(3);
    }

    /// Appends bytes. Never inlined: it is called some hundred times.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        match self.buffer.get_mut(self.len..end) {
            Some(place) => {
                copy(place, bytes);
                self.len = end;
            }
            None => self.overflow = true,
        }
    }

    /// Appends one byte.
    #[inline(never)]
    pub fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    /// Appends two bytes, big-endian.
    #[inline(never)]
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// Appends four bytes, big-endian.
    #[inline(never)]
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// Begins a vector whose length takes `width` (1 to 3) bytes. Vectors are ended from the inside out, so where they
    /// began is kept here: on the chip that is half the code of giving it out.
    #[inline(never)]
    pub fn begin(&mut self, width: u8) {
        self.bytes([0; 3].get(..width.into()).unwrap_or_default());
        match (self.open.get_mut(self.depth), u16::try_from(self.len)) {
            (Some(place), Ok(start)) => *place = (start, width),
            _ => self.overflow = true,
        }
        self.depth += 1;
    }

    /// Ends the innermost `count` vectors: their lengths are filled in.
    #[inline(never)]
    pub fn end(&mut self, count: usize) {
        for _ in 0..count {
            self.depth = self.depth.saturating_sub(1);
            let (start, width) = self.open.get(self.depth).copied().unwrap_or_default();
            let start = usize::from(start);
            let mut length = self.len.saturating_sub(start);
            let place = self.buffer.get_mut(start.saturating_sub(width.into())..start).unwrap_or_default();
            for byte in place.iter_mut().rev() {
                *byte = length as u8; // the low eight bits are meant
                length >>= 8;
            }
            self.overflow |= length != 0;
        }
    }

    /// A whole vector.
    #[inline(never)]
    pub fn vector(&mut self, width: u8, bytes: &[u8]) {
        self.begin(width);
        self.bytes(bytes);
        self.end(1);
    }

    /// Begins an extension (RFC 8446 §4.2).
    #[inline(never)]
    pub fn extension(&mut self, number: u16) {
        self.u16(number);
        self.begin(2);
    }

    /// Ends all vectors. How many bytes were written; `None` when they did not all fit.
    #[inline(never)]
    pub fn finish(&mut self) -> Option<usize> {
        self.end(self.depth);
        (!self.overflow).then_some(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_reads_vectors_and_refuses_short_ones() {
        let mut c = Cursor(&[2, 1, 2, 0, 1, 9, 7]);
        assert_eq!(c.vec8(), Ok(&[1, 2][..]));
        assert_eq!(c.vec16(), Ok(&[9][..]));
        assert_eq!(c.end(), Err(Error::DecodeError));
        assert_eq!(c.vec8(), Err(Error::DecodeError));
        let mut c = Cursor(&[0xff, 0xff]);
        assert_eq!(c.vec16(), Err(Error::DecodeError));
    }

    #[test]
    fn writer_fills_in_lengths_and_remembers_overflow() {
        let mut room = [0; 8];
        let mut w = Writer::new(&mut room);
        w.begin(3);
        w.begin(1);
        w.u16(0x0102);
        w.end(1);
        w.vector(1, &[9]);
        assert_eq!(w.finish(), Some(8));
        assert_eq!(room, [0, 0, 5, 2, 1, 2, 1, 9]);
        let mut w = Writer::new(&mut room);
        w.message(14);
        w.begin(2);
        assert_eq!(w.finish(), Some(6));
        assert_eq!(room[..6], [14, 0, 0, 2, 0, 0]);
        let mut w = Writer::new(&mut room);
        w.bytes(&[0; 9]);
        w.u8(1);
        assert_eq!(w.finish(), None);
        let mut room = [0; 600];
        let mut w = Writer::new(&mut room);
        w.vector(1, &[0; 255]);
        w.vector(1, &[0; 256]);
        assert_eq!(w.finish(), None);
        let mut w = Writer::new(&mut room);
        for _ in 0..=MAX_DEPTH {
            w.begin(1);
        }
        assert_eq!(w.finish(), None);
    }
}
