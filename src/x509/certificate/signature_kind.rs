//! How a certificate is signed: the AlgorithmIdentifiers of signatures that are good enough.

use super::salt::{self, Salt};
use super::tag::HASH;
use crate::crypto::{HashAlgorithm, SignatureAlgorithm};

/// How a signature is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct SignatureKind {
    /// Four times its place in [`SIGNATURE_ALGORITHMS`] and the hash's number, 1 to 3; 0 if it is weak or not known.
    pub(super) number: u8,
    /// If it is RSASSA-PSS.
    pub(super) salt: Salt,
}

impl SignatureKind {
    pub(crate) const NONE: Self = SignatureKind { number: 0, salt: Salt::NONE };

    pub(crate) fn is_weak(self) -> bool {
        self.number == 0
    }

    pub(crate) fn hash(self) -> HashAlgorithm {
        HASHES.get(usize::from(self.number & 3)).copied().unwrap_or(HashAlgorithm::Sha512)
    }

    /// `None` if it is weak.
    pub(crate) fn algorithm(self) -> Option<SignatureAlgorithm> {
        Some(match self.number {
            0 => return None,
            1..4 => SignatureAlgorithm::Ecdsa,
            4..8 => SignatureAlgorithm::RsaPkcs1,
            _ => self.salt.algorithm(),
        })
    }

    /// Finds an AlgorithmIdentifier's content in [`SIGNATURE_ALGORITHMS`].
    #[inline(never)]
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut kind = 0;
        for &(base, form) in SIGNATURE_ALGORITHMS {
            let longer = (value.len() as u8).wrapping_sub(form.len() as u8);
            // The first byte that depends on the hash says which it is.
            let mut number = 0;
            let fits = |(&byte, &expected): (&u8, &u8)| {
                if expected == HASH && number == 0 {
                    number = byte.wrapping_sub(base);
                }
                byte == if expected == HASH {
                    base.wrapping_add(number)
                } else {
                    salt::expected(expected, number, longer)
                }
            };
            if salt::may_be_longer(base == PSS, longer) && value.iter().zip(form).all(fits) && matches!(number, 1..=3) {
                return SignatureKind { number: kind + number, salt: Salt::read(value.get(form.len()..)) };
            }
            kind += 4;
        }
        Self::NONE
    }
}

/// By their numbers.
const HASHES: [HashAlgorithm; 4] =
    [HashAlgorithm::Sha512, HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];

/// ECDSA (RFC 5758 §3.2), RSASSA-PKCS1-v1_5 (RFC 4055 §5) and RSASSA-PSS (RFC 4055 §3.1) with SHA-256, SHA-384 or
/// SHA-512, and what [`HASH`] counts from. Compared as bytes: DER leaves no choice.
#[rustfmt::skip]
const SIGNATURE_ALGORITHMS: &[(u8, &[u8])] = &[
    (1, &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, HASH]),
    #[cfg(feature = "rsa")]
    (10, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, HASH, 5, 0]),
    #[cfg(feature = "rsa")]
    (PSS, salt::PSS_FORM),
];

/// RSASSA-PSS's first column.
const PSS: u8 = 0;
