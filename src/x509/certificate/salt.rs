//! RSASSA-PSS signatures of certificates with salts of any length.

use super::tag::HASH;
use crate::crypto::SignatureAlgorithm;

/// The salt's length in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug, Default)]
pub(crate) struct Salt(pub(super) u16);

impl Salt {
    pub(super) const NONE: Self = Salt(0);

    /// Reads saltLength's content. Without it there are 20 bytes.
    pub(super) fn read(text: Option<&[u8]>) -> Self {
        Salt(match text {
            Some(text) => text.iter().fold(0, |length, &byte| length << 8 | u16::from(byte)),
            None => 20,
        })
    }

    pub(super) fn algorithm(self) -> SignatureAlgorithm {
        SignatureAlgorithm::RsaPssSalt(self.0)
    }
}

/// Whether an AlgorithmIdentifier may have so many bytes more than its form: those of saltLength, of which two are
/// enough.
pub(super) fn may_be_longer(is_pss: bool, longer: u8) -> bool {
    if is_pss { matches!(longer, 1 | 2 | NO_SALT) } else { longer == 0 }
}

/// The byte that this one of the form stands for.
pub(super) fn expected(byte: u8, _hash: u8, longer: u8) -> u8 {
    match byte {
        PLUS_0 | PLUS_2 | PLUS_51 => longer.wrapping_add(byte - PLUS_0),
        _ => byte,
    }
}

/// Stand for the bytes of saltLength and as many more. What has no saltLength ends four bytes earlier.
const PLUS_0: u8 = 0xb0;
const PLUS_2: u8 = PLUS_0 + 2;
const PLUS_51: u8 = PLUS_0 + 51;
const NO_SALT: u8 = 0u8.wrapping_sub(4);

/// The AlgorithmIdentifier (RFC 4055 §3.1), with the same hash in MGF1.
#[rustfmt::skip]
#[allow(dead_code)] // without RSA
pub(super) const PSS_FORM: &[u8] = &[
    6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, PLUS_51,
    0xa0, 0x0f, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HASH, 5, 0,
    0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8,
    0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HASH, 5, 0,
    0xa2, PLUS_2, 2, PLUS_0,
];
