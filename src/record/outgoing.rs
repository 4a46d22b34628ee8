//! Outgoing records: written and sealed in place, then pulled by the caller (RFC 5246 §6.2).

use super::protection::Protection;
use super::{ALERT, HEADER_LEN, TAG_LEN};
use crate::codec::copy;
use crate::config::TLS12;
use crate::error::Error;

/// A queue of whole records in a range of the arena. It begins empty, at the arena's start and without protection.
#[derive(Default)]
pub struct Outgoing {
    protection: Option<Protection>,
    base: usize,
    start: usize,
    end: usize,
}

impl Outgoing {
    /// From the next record on, everything is protected with these keys.
    pub fn protect(&mut self, protection: Protection) {
        self.protection = Some(protection);
    }

    /// Forgets what is queued and goes on at `base` in the arena.
    pub fn reset(&mut self, base: usize) {
        (self.base, self.start, self.end) = (base, base, base);
    }

    /// Whether nothing waits to be pulled.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn explicit_nonce_len(&self) -> usize {
        self.protection.as_ref().map_or(0, |p| p.explicit_nonce_len())
    }

    /// Bytes that a record costs besides its plaintext.
    pub fn overhead(&self) -> usize {
        HEADER_LEN + self.protection.as_ref().map_or(0, |p| p.explicit_nonce_len() + TAG_LEN)
    }

    /// The free place for the plaintext of the next record.
    pub fn room<'b>(&mut self, arena: &'b mut [u8]) -> &'b mut [u8] {
        if self.is_empty() {
            self.reset(self.base);
        }
        let from = self.end + HEADER_LEN + self.explicit_nonce_len();
        let tag = if self.protection.is_some() { TAG_LEN } else { 0 };
        let to = arena.len().saturating_sub(tag);
        arena.get_mut(from..to).unwrap_or_default()
    }

    /// Makes a record of the first `length` bytes of [`Self::room`].
    pub fn seal(&mut self, arena: &mut [u8], content_type: u8, length: usize) -> Result<(), Error> {
        let nonce_len = self.explicit_nonce_len();
        let total = self.overhead() + length;
        let record = arena.get_mut(self.end..).and_then(|a| a.get_mut(..total)).ok_or(Error::Internal)?;
        let (header, rest) = record.split_at_mut_checked(HEADER_LEN).ok_or(Error::Internal)?;
        let wire = u16::try_from(rest.len()).map_err(|_| Error::Internal)?;
        let [v1, v0] = TLS12.to_be_bytes();
        let [l1, l0] = wire.to_be_bytes();
        copy(header, &[content_type, v1, v0, l1, l0]);
        if let Some(protection) = &mut self.protection {
            let nonce = protection.sequence();
            let (explicit, rest) = rest.split_at_mut_checked(nonce_len).ok_or(Error::Internal)?;
            let (content, tag) = rest.split_at_mut_checked(length).ok_or(Error::Internal)?;
            copy(explicit, &nonce);
            let mut aead = None;
            protection.begin(content_type, length as u16, &nonce, &mut aead)?;
            let aead = aead.as_mut().ok_or(Error::Internal)?;
            aead.seal(content);
            copy(tag, &aead.tag());
        }
        self.end += total;
        Ok(())
    }

    /// Queues an alert (RFC 5246 §7.2) if there is room for one.
    pub fn alert(&mut self, arena: &mut [u8], level: u8, description: u8) -> Result<(), Error> {
        match self.room(arena) {
            [l, d, ..] => (*l, *d) = (level, description),
            _ => return Err(Error::OutOfMemory),
        }
        self.seal(arena, ALERT, 2)
    }

    /// What is queued.
    pub fn queued<'b>(&self, arena: &'b [u8]) -> &'b [u8] {
        arena.get(self.start..self.end).unwrap_or_default()
    }

    /// The first `n` bytes of [`Self::queued`] are on their way and can be forgotten.
    pub fn sent(&mut self, n: usize) {
        self.start += n.min(self.end - self.start);
    }
}
