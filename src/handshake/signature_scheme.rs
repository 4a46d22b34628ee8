//! Signature schemes (RFC 8446 §4.2.3, RFC 5246 §7.4.1.4.1).

use crate::crypto::{HashAlgorithm, SignatureAlgorithm};

/// A scheme that this client verifies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignatureScheme {
    /// Number on the wire.
    pub number: u16,
    /// Algorithm and padding.
    pub algorithm: SignatureAlgorithm,
    /// Hash.
    pub hash: HashAlgorithm,
}

const fn scheme(number: u16, algorithm: SignatureAlgorithm, hash: HashAlgorithm) -> SignatureScheme {
    SignatureScheme { number, algorithm, hash }
}

/// What is offered, best first. In TLS 1.2 the ECDSA numbers name only the hash, whatever the curve.
pub const SCHEMES: &[SignatureScheme] = &[
    scheme(0x0403, SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha256),
    scheme(0x0503, SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha384),
    #[cfg(feature = "rsa")]
    scheme(0x0804, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha256),
    #[cfg(feature = "rsa")]
    scheme(0x0805, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha384),
    #[cfg(feature = "rsa")]
    scheme(0x0806, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha512),
    #[cfg(feature = "rsa")]
    scheme(0x0401, SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha256),
    #[cfg(feature = "rsa")]
    scheme(0x0501, SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha384),
    #[cfg(feature = "rsa")]
    scheme(0x0601, SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha512),
];

impl SignatureScheme {
    /// The scheme with that number, if it is one of those offered.
    pub fn find(number: usize) -> Option<&'static SignatureScheme> {
        SCHEMES.iter().find(|scheme| usize::from(scheme.number) == number)
    }
}
