//! The hash of the cipher suites: of the transcript, and below the PRF and HKDF.
//!
//! Only AES-256's suites have SHA-384. In a build without them there is nothing to choose and nothing to keep about it:
//! [`SuiteHash`] then is SHA-256 and has no bytes, which on the chip takes a good deal of code away, and 100 bytes of
//! RAM.

#[cfg_attr(not(feature = "aes256"), path = "sha256_alone.rs")]
mod choice;

pub use choice::{MAX_LEN, SuiteHash};

use crate::crypto::{Hmac, wipe};
use choice::Function;
use core::ops::{Deref, DerefMut};

/// What a suite's hash gives: a hash, an HMAC or a secret, as long as that. Wiped when dropped.
#[derive(Clone)]
pub struct Output {
    bytes: [u8; MAX_LEN],
    /// Which hash.
    hash: SuiteHash,
}

impl Default for Output {
    fn default() -> Self {
        Self::NONE
    }
}

impl Output {
    /// Nothing yet.
    pub const NONE: Self = Output { bytes: [0; MAX_LEN], hash: SuiteHash::SHA256 };

    /// Zeros.
    pub fn new(hash: SuiteHash) -> Self {
        let mut zeros = Self::default();
        zeros.fit(hash);
        zeros
    }

    /// Only zeros are left.
    pub fn wipe(&mut self) {
        wipe(&mut self.bytes);
    }

    /// Makes it as long as the hash.
    #[inline(always)]
    pub fn fit(&mut self, hash: SuiteHash) -> &mut Self {
        self.hash = hash;
        self
    }
}

impl Deref for Output {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.hash.output_len()).unwrap_or_default()
    }
}

impl DerefMut for Output {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.hash.output_len()).unwrap_or_default()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// A running hash.
#[derive(Clone)]
pub struct Running {
    hash: Function,
}

impl Running {
    /// The hash of nothing so far.
    pub fn new(hash: SuiteHash) -> Self {
        Running { hash: hash.begin() }
    }

    /// Whether this is that hash.
    pub fn is(&self, hash: SuiteHash) -> bool {
        SuiteHash::of(&self.hash) == hash
    }

    /// Adds to the message.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// The hash of all that was added.
    pub fn finish(self) -> Output {
        let mut output = Output::new(SuiteHash::of(&self.hash));
        crate::codec::copy(&mut output, &self.hash.finish());
        output
    }
}

/// One HMAC over several pieces; as many bytes of it as `out` has. The only place where a keyed HMAC, half a kilobyte,
/// is on the stack.
#[inline(never)]
pub(super) fn hmac(hash: SuiteHash, secret: &[u8], pieces: &[&[u8]], out: &mut [u8]) {
    let mut hmac = Hmac::new(hash.algorithm(), secret);
    for piece in pieces {
        hmac.update(piece);
    }
    crate::codec::copy(out, &hmac.finish());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_a_hash() {
        for hash in SuiteHash::ALL {
            assert_eq!(*Running::new(*hash).finish(), *hash.of_nothing());
            assert_eq!(Output::new(*hash).len(), hash.output_len());
        }
    }
}
