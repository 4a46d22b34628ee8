//! RSASSA-PSS signatures of certificates whose salt is as long as the hash. CAs make no others (CA/Browser Forum BR
//! 7.1.3.2.1).

use super::tag::HASH;
use crate::crypto::SignatureAlgorithm;

/// The salt's length, which the hash says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Salt;

impl Salt {
    pub(super) const NONE: Self = Salt;

    #[inline(always)]
    pub(super) fn read(_text: Option<&[u8]>) -> Self {
        Salt
    }

    #[inline(always)]
    pub(super) fn algorithm(self) -> SignatureAlgorithm {
        SignatureAlgorithm::RsaPss
    }
}

/// Whether an AlgorithmIdentifier may have so many bytes more than its form.
#[inline(always)]
pub(super) fn may_be_longer(_is_pss: bool, longer: u8) -> bool {
    longer == 0
}

/// The byte that this one of the form stands for.
#[inline(always)]
pub(super) fn expected(byte: u8, hash: u8, _longer: u8) -> u8 {
    if byte == SALT { hash.wrapping_add(1) << 4 } else { byte }
}

/// Stands for the hash's length.
const SALT: u8 = 0xb0;

/// The AlgorithmIdentifier (RFC 4055 §3.1), with the same hash in MGF1.
#[rustfmt::skip]
#[allow(dead_code)] // without RSA
pub(super) const PSS_FORM: &[u8] = &[
    6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, 0x34,
    0xa0, 0x0f, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HASH, 5, 0,
    0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8,
    0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HASH, 5, 0,
    0xa2, 3, 2, 1, SALT,
];
