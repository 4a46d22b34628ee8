//! The hash of the cipher suites: of the transcript, and below the PRF and HKDF.
//!
//! Only AES-256's suites have SHA-384. In a build without them there is nothing to choose and no length to keep: these
//! types then are SHA-256's, which on the chip takes a good deal of code away, and 100 bytes of RAM.

#[cfg(feature = "aes256")]
use crate::crypto::Hash;
#[cfg(not(feature = "aes256"))]
use crate::crypto::Sha256;
use crate::crypto::{HashAlgorithm, Hmac, wipe};
use core::ops::{Deref, DerefMut};

/// Bytes of the longest hash of a suite in this build.
pub const MAX_LEN: usize = if cfg!(feature = "aes256") { 48 } else { 32 };

/// Which hash a suite has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SuiteHash {
    #[cfg(feature = "aes256")]
    algorithm: HashAlgorithm,
}

impl SuiteHash {
    /// SHA-256
    pub const SHA256: SuiteHash = SuiteHash {
        #[cfg(feature = "aes256")]
        algorithm: HashAlgorithm::Sha256,
    };
    /// SHA-384
    #[cfg(feature = "aes256")]
    pub const SHA384: SuiteHash = SuiteHash { algorithm: HashAlgorithm::Sha384 };

    /// The hash function.
    pub const fn algorithm(self) -> HashAlgorithm {
        #[cfg(feature = "aes256")]
        return self.algorithm;
        #[cfg(not(feature = "aes256"))]
        HashAlgorithm::Sha256
    }

    /// Bytes of output.
    pub const fn output_len(self) -> usize {
        self.algorithm().output_len()
    }

    /// The hash with an output of so many bytes.
    #[cfg(all(feature = "tls13", feature = "resumption"))]
    pub fn of_len(len: usize) -> Self {
        #[cfg(feature = "aes256")]
        if len == Self::SHA384.output_len() {
            return Self::SHA384;
        }
        let _ = len;
        Self::SHA256
    }

    /// The hash of nothing: shorter than the code that would find it.
    #[cfg(any(feature = "tls13", test))]
    pub(super) fn of_nothing(self) -> &'static [u8] {
        match self.algorithm() {
            #[cfg(feature = "aes256")]
            HashAlgorithm::Sha384 => &[
                0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e, 0xb1, 0xb1, 0xe3, 0x6a, 0x21,
                0xfd, 0xb7, 0x11, 0x14, 0xbe, 0x07, 0x43, 0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6, 0xe1, 0xda, 0x27, 0x4e,
                0xde, 0xbf, 0xe7, 0x6f, 0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48, 0x98, 0xb9, 0x5b,
            ],
            _ => &[
                0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
                0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
            ],
        }
    }
}

/// What a suite's hash gives: a hash, an HMAC or a secret, as long as that. Wiped when dropped.
#[derive(Clone)]
pub struct Output {
    bytes: [u8; MAX_LEN],
    #[cfg(feature = "aes256")]
    len: u8,
}

impl Default for Output {
    fn default() -> Self {
        Self::NONE
    }
}

impl Output {
    /// Nothing yet.
    pub const NONE: Self = Output {
        bytes: [0; MAX_LEN],
        #[cfg(feature = "aes256")]
        len: 0,
    };

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
        let _ = hash;
        #[cfg(feature = "aes256")]
        {
            self.len = hash.output_len() as u8;
        }
        self
    }
}

impl Deref for Output {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        #[cfg(feature = "aes256")]
        return self.bytes.get(..self.len.into()).unwrap_or_default();
        #[cfg(not(feature = "aes256"))]
        &self.bytes
    }
}

impl DerefMut for Output {
    fn deref_mut(&mut self) -> &mut [u8] {
        #[cfg(feature = "aes256")]
        return self.bytes.get_mut(..self.len.into()).unwrap_or_default();
        #[cfg(not(feature = "aes256"))]
        &mut self.bytes
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
    #[cfg(feature = "aes256")]
    hash: Hash,
    #[cfg(not(feature = "aes256"))]
    hash: Sha256,
}

impl Running {
    /// The hash of nothing so far.
    pub fn new(hash: SuiteHash) -> Self {
        let _ = hash;
        Running {
            #[cfg(feature = "aes256")]
            hash: Hash::new(hash.algorithm()),
            #[cfg(not(feature = "aes256"))]
            hash: Sha256::new(),
        }
    }

    /// Whether this is that hash.
    pub fn is(&self, hash: SuiteHash) -> bool {
        let _ = hash;
        #[cfg(feature = "aes256")]
        return self.hash.algorithm() == hash.algorithm();
        #[cfg(not(feature = "aes256"))]
        true
    }

    /// Adds to the message.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// The hash of all that was added.
    pub fn finish(self) -> Output {
        #[cfg(feature = "aes256")]
        let mut output = Output::new(SuiteHash { algorithm: self.hash.algorithm() });
        #[cfg(not(feature = "aes256"))]
        let mut output = Output::new(SuiteHash::SHA256);
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
        for hash in [
            SuiteHash::SHA256,
            #[cfg(feature = "aes256")]
            SuiteHash::SHA384,
        ] {
            assert_eq!(*Running::new(hash).finish(), *hash.of_nothing());
            assert_eq!(Output::new(hash).len(), hash.output_len());
        }
    }
}
