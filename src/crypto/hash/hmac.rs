//! Constant time: HMAC (RFC 2104). Ours, because Mbed TLS's comes with its md layer and every hash behind it.

use crate::codec::copy;
use crate::crypto::{Digest, Hash, HashAlgorithm, wipe};

/// A running HMAC. Wiped when dropped.
///
/// It keeps the key and one hash state instead of two states, and hashes the key's second form at the end: 96 bytes
/// less on a stack of four kilobytes.
#[derive(Clone)]
pub struct Hmac {
    hash: Hash,
    /// The key, filled up with zeros and masked with the byte of the form that was hashed last.
    key: [u8; 128],
}

impl Hmac {
    /// Keys it; keys of any length are allowed.
    #[inline(always)] // so that it is made where it stays
    pub fn new(algorithm: HashAlgorithm, key: &[u8]) -> Self {
        let mut this = Self { hash: Hash::new(algorithm), key: [0; 128] };
        this.start(key);
        this
    }

    #[inline(never)]
    fn start(&mut self, key: &[u8]) {
        if key.len() > self.block_len() {
            self.hash.update(key);
            copy(&mut self.key, &self.hash.result());
            self.hash.restart();
        } else {
            copy(&mut self.key, key);
        }
        self.hash_key(0x3636_3636);
    }

    fn block_len(&self) -> usize {
        if let HashAlgorithm::Sha256 = self.hash.algorithm() { 64 } else { 128 }
    }

    fn hash_key(&mut self, mask: u32) {
        let len = self.block_len();
        let key = self.key.get_mut(..len).unwrap_or_default();
        for word in key.as_chunks_mut().0 {
            *word = (u32::from_ne_bytes(*word) ^ mask).to_ne_bytes();
        }
        self.hash.update(key);
    }

    /// Adds to the message.
    pub fn update(&mut self, data: &[u8]) {
        self.hash.update(data);
    }

    /// The authenticator, as long as the hash. To be called once, at the end.
    pub fn finish(&mut self) -> Digest {
        let inner = self.hash.result();
        self.hash.restart();
        self.hash_key(0x3636_3636 ^ 0x5c5c_5c5c);
        self.hash.update(&inner);
        self.hash.result()
    }
}

impl Drop for Hmac {
    fn drop(&mut self) {
        wipe(&mut self.key);
    }
}

#[cfg(test)]
mod tests;
