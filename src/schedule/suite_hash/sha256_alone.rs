//! Stands for `choice.rs` in builds without AES-256: SHA-256.

use crate::crypto::{HashAlgorithm, Sha256};

/// Bytes of the hash.
pub const MAX_LEN: usize = 32;

/// What computes it.
pub(super) type Function = Sha256;

/// The hash that all suites have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SuiteHash;

impl SuiteHash {
    /// SHA-256
    pub const SHA256: SuiteHash = SuiteHash;
    /// It alone.
    #[cfg(test)]
    pub(super) const ALL: &[SuiteHash] = &[Self::SHA256];

    /// The hash function.
    pub const fn algorithm(self) -> HashAlgorithm {
        HashAlgorithm::Sha256
    }

    /// Bytes of output.
    pub const fn output_len(self) -> usize {
        MAX_LEN
    }

    /// The hash, whatever is asked for.
    pub fn of_len(_: usize) -> Self {
        SuiteHash
    }

    /// The hash that this computes.
    pub(super) fn of(_: &Function) -> Self {
        SuiteHash
    }

    /// The hash of nothing so far.
    pub(super) fn begin(self) -> Function {
        Sha256::new()
    }

    /// The hash of nothing: shorter than the code that would find it.
    pub fn of_nothing(self) -> &'static [u8] {
        &[
            0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
            0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
        ]
    }
}
