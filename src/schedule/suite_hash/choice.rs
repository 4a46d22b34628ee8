//! SHA-256 or SHA-384.

use crate::crypto::{Hash, HashAlgorithm};

/// Bytes of the longest hash of a suite in this build.
pub const MAX_LEN: usize = 48;

/// What computes it.
pub(super) type Function = Hash;

/// Which hash a suite has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SuiteHash {
    algorithm: HashAlgorithm,
}

impl SuiteHash {
    /// SHA-256
    pub const SHA256: SuiteHash = SuiteHash { algorithm: HashAlgorithm::Sha256 };
    /// SHA-384
    pub const SHA384: SuiteHash = SuiteHash { algorithm: HashAlgorithm::Sha384 };
    /// All of them.
    #[cfg(test)]
    pub(super) const ALL: &[SuiteHash] = &[Self::SHA256, Self::SHA384];

    /// The hash function.
    pub const fn algorithm(self) -> HashAlgorithm {
        self.algorithm
    }

    /// Bytes of output.
    pub const fn output_len(self) -> usize {
        self.algorithm.output_len()
    }

    /// The hash with an output of so many bytes.
    pub fn of_len(len: usize) -> Self {
        if len == Self::SHA384.output_len() { Self::SHA384 } else { Self::SHA256 }
    }

    /// The hash that this computes.
    pub(super) fn of(function: &Function) -> Self {
        SuiteHash { algorithm: function.algorithm() }
    }

    /// The hash of nothing so far.
    pub(super) fn begin(self) -> Function {
        Hash::new(self.algorithm)
    }

    /// The hash of nothing: shorter than the code that would find it.
    pub fn of_nothing(self) -> &'static [u8] {
        match self.algorithm {
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
