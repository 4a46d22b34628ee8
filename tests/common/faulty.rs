//! Transports that misbehave. Each wraps any `Read + Write`, so that faults can be put on anything.

use std::io::{self, Read, Write};
use std::sync::Arc;

/// How a transport divides what comes.
#[derive(Clone, Copy, Debug)]
pub enum Split {
    /// As it comes.
    Whole,
    /// At most so many bytes at a time.
    Every(usize),
    /// Pieces of 1 to 600 bytes, decided by this seed.
    Random(u64),
}

/// Faults in the bytes that come from the server.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    pub split: Split,
    /// The connection ends after so many bytes.
    pub cut_after: Option<usize>,
    /// One bit is flipped: byte position and bit.
    pub flip: Option<(usize, u8)>,
}

pub const NO_FAULTS: Faults = Faults { split: Split::Whole, cut_after: None, flip: None };

/// A transport with [`Faults`].
pub struct Faulty<T> {
    pub inner: T,
    faults: Faults,
    position: usize,
    random: u64,
}

impl<T> Faulty<T> {
    pub fn new(inner: T, faults: Faults) -> Self {
        let random = if let Split::Random(seed) = faults.split { seed } else { 0 };
        Faulty { inner, faults, position: 0, random }
    }
}

impl<T: Read> Read for Faulty<T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut limit = match self.faults.split {
            Split::Whole => out.len(),
            Split::Every(n) => n,
            Split::Random(_) => 1 + (next(&mut self.random) % 600) as usize,
        };
        if let Some(cut) = self.faults.cut_after {
            limit = limit.min(cut - self.position);
        }
        limit = limit.min(out.len());
        let n = self.inner.read(&mut out[..limit])?;
        if let Some((at, bit)) = self.faults.flip {
            let hit = at.checked_sub(self.position).and_then(|i| out[..n].get_mut(i));
            if let Some(byte) = hit {
                *byte ^= 1 << bit;
            }
        }
        self.position += n;
        Ok(n)
    }
}

impl<T: Write> Write for Faulty<T> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.inner.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A small generator of reproducible numbers (SplitMix64).
pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A transport that remembers everything that went over it.
pub struct Recording<T> {
    pub inner: T,
    pub from_server: Vec<u8>,
    pub from_client: Vec<u8>,
}

impl<T> Recording<T> {
    pub fn new(inner: T) -> Self {
        Recording { inner, from_server: Vec::new(), from_client: Vec::new() }
    }
}

impl<T: Read> Read for Recording<T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.from_server.extend(&out[..n]);
        Ok(n)
    }
}

impl<T: Write> Write for Recording<T> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // All that the client wants to say counts, even if the server has gone.
        self.from_client.extend(data);
        self.inner.write_all(data)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A recorded server: says what it said then, whatever the client says. A client with the same random numbers
/// as then finds a perfect server in it.
#[derive(Clone)]
pub struct Replay {
    from_server: Arc<[u8]>,
    position: usize,
}

impl Replay {
    pub fn new(from_server: &[u8]) -> Self {
        Replay { from_server: from_server.into(), position: 0 }
    }
}

impl Read for Replay {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = (&self.from_server[self.position..]).read(out)?;
        self.position += n;
        Ok(n)
    }
}

impl Write for Replay {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the records of a byte stream begin, with their content types.
pub fn records(stream: &[u8]) -> Vec<(usize, u8)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&[kind, _, _, high, low]) = stream.get(at..at + 5) {
        found.push((at, kind));
        at += 5 + usize::from(high) * 256 + usize::from(low);
    }
    found
}

/// Whether this is the version's second byte in an unprotected record's header: servers differ in it, and nothing depends
/// on it (RFC 5246 appendix E.1). ChangeCipherSpec is the last of these records.
pub fn is_ignored(bytes: &[u8], at: usize, version: u8) -> bool {
    let records = records(bytes);
    if version == 13 {
        // what is protected looks like data there
        return records.iter().any(|(start, kind)| *kind != 23 && at == start + 2);
    }
    let last = records.iter().position(|(_, kind)| *kind == 20).unwrap_or(records.len());
    records.iter().take(last + 1).any(|(start, _)| at == start + 2)
}

/// The description of the alert that a client sent in the clear, if it did.
pub fn plain_alert(from_client: &[u8]) -> Option<u8> {
    let records = records(from_client);
    let clear = records.iter().take_while(|(_, kind)| *kind != 20);
    let alert = clear.filter(|(_, kind)| *kind == 21).last()?;
    from_client.get(alert.0 + 6).copied()
}
