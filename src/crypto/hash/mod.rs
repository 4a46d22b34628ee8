//! Constant time: SHA-256, SHA-384 and SHA-512 (FIPS 180-4), chosen at run time.

pub(super) mod hmac;
#[cfg(any(cortex_m4, miri, test))]
#[allow(clippy::indexing_slicing)] // arrays of a constant length
pub(super) mod round_constants;
#[cfg(any(cortex_m4, miri, test))]
#[allow(clippy::indexing_slicing)]
pub(super) mod sha2;

use crate::crypto::provider;
use crate::crypto::{HashAlgorithm, HashFunction, wipe};
use core::ops::Deref;

/// A hash or an HMAC: 32, 48 or 64 bytes. Wiped when dropped, for it may be a secret.
#[derive(Clone)]
pub struct Digest {
    bytes: [u8; 64],
    len: u8,
}

impl Deref for Digest {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }
}

impl Drop for Digest {
    fn drop(&mut self) {
        wipe(&mut self.bytes);
    }
}

/// A running hash. Cloning it keeps a transcript's state at some point (RFC 8446 §4.4.1).
#[derive(Clone)]
pub struct Hash {
    state: provider::State,
    algorithm: HashAlgorithm,
}

impl Hash {
    /// The hash of nothing so far.
    #[inline(never)]
    pub fn new(algorithm: HashAlgorithm) -> Self {
        let mut this = Self { state: provider::State::blank(algorithm), algorithm };
        this.restart();
        this
    }

    /// Which hash this is.
    pub fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// Adds to the message.
    #[inline(never)]
    pub fn update(&mut self, data: &[u8]) {
        self.state.update(self.algorithm, data);
    }

    /// The hash of all that was added.
    #[inline(always)] // so that it is not moved
    pub fn finish(mut self) -> Digest {
        self.result()
    }

    /// Forgets what was added, where it lies: moving a state costs stack.
    #[inline(never)]
    pub(in crate::crypto) fn restart(&mut self) {
        self.state.restart(self.algorithm);
    }

    /// As [`Hash::finish`], without moving the state. Nothing but [`Hash::restart`] may follow.
    #[inline(never)]
    pub(crate) fn result(&mut self) -> Digest {
        let mut digest = Digest { bytes: [0; 64], len: self.algorithm.output_len() as u8 };
        self.result_to(&mut digest.bytes);
        digest
    }

    /// As [`Hash::result`], at the front of `out`.
    pub(crate) fn result_to(&mut self, out: &mut [u8; 64]) {
        self.state.finish(self.algorithm, out);
    }
}

/// SHA-256 where it can't be another: half the memory of a [`struct@Hash`].
#[derive(Clone)]
pub struct Sha256(provider::Sha256);

impl Sha256 {
    /// The hash of nothing so far.
    #[allow(clippy::new_without_default)] // as the other operations here
    pub fn new() -> Self {
        let mut hash = provider::Sha256::blank(SHA256);
        hash.restart(SHA256);
        Self(hash)
    }

    /// Adds to the message.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(SHA256, data);
    }

    /// The hash of all that was added.
    pub fn finish(mut self) -> [u8; 32] {
        let mut bytes = [0; 64];
        self.result_to(&mut bytes);
        bytes.first_chunk().copied().unwrap_or([0; 32])
    }

    /// The same at the front of `out`, without moving the state. Nothing may follow.
    pub(crate) fn result_to(&mut self, out: &mut [u8; 64]) {
        self.0.finish(SHA256, out);
    }
}

const SHA256: HashAlgorithm = HashAlgorithm::Sha256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::testing::hex;

    /// FIPS 180-4 examples as published by NIST: "abc".
    #[test]
    fn abc() {
        let expected = [
            (HashAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                HashAlgorithm::Sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                HashAlgorithm::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ];
        for (algorithm, digest) in expected {
            let mut hash = Hash::new(algorithm);
            hash.update(b"abc");
            assert_eq!(hash.algorithm(), algorithm);
            assert_eq!(*hash.finish(), *hex(digest), "{algorithm:?}");
            let mut hash = Sha256::new();
            hash.update(b"abc");
            assert_eq!(hash.finish()[..] == *hex(digest), algorithm == HashAlgorithm::Sha256);
        }
    }

    /// NIST's two-block message, in every split, with a clone taken at the split.
    #[test]
    fn two_blocks_in_every_split_and_through_a_clone() {
        let message = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let expected = hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        for split in 0..=message.len() {
            let (head, tail) = message.split_at(split);
            let mut hash = Hash::new(HashAlgorithm::Sha256);
            hash.update(head);
            let mut clone = hash.clone();
            hash.update(b"something else");
            clone.update(tail);
            assert_eq!(*clone.finish(), *expected);
            assert_ne!(*hash.finish(), *expected);
        }
    }
}
