//! Signature schemes (RFC 8446 §4.2.3, RFC 5246 §7.4.1.4.1).

use crate::codec::Cursor;
use crate::crypto::{Digest, Hash, HashAlgorithm, SignatureAlgorithm, Work, verify};
use crate::error::{Detail, Error};
use crate::x509::StoredKey;
use core::task::{Poll, ready};

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
    #[cfg(feature = "rsa-pss")]
    scheme(PSS_PSS, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha256),
    #[cfg(feature = "rsa-pss")]
    scheme(PSS_PSS + 1, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha384),
    #[cfg(feature = "rsa-pss")]
    scheme(PSS_PSS + 2, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha512),
];

/// rsa_pss_pss_sha256, the first of the schemes for keys that sign with PSS only. For others there is rsa_pss_rsae_*.
#[cfg(any(feature = "rsa-pss", feature = "client-auth"))]
const PSS_PSS: u16 = 0x0809;

impl SignatureScheme {
    /// Whether a client's key can sign so: one of P-256, or an RSA key that is for all paddings.
    #[cfg(feature = "client-auth")]
    pub fn fits(&self, is_rsa: bool, tls13: bool) -> bool {
        match self.algorithm {
            SignatureAlgorithm::Ecdsa => !is_rsa && (!tls13 || self.hash == HashAlgorithm::Sha256),
            SignatureAlgorithm::RsaPkcs1 => is_rsa && !tls13,
            SignatureAlgorithm::RsaPss => is_rsa && self.number < PSS_PSS,
            #[cfg(feature = "rsa-pss")]
            SignatureAlgorithm::RsaPssSalt(_) => false, // in no scheme
        }
    }

    /// The scheme with that number, if it is one of those offered.
    pub fn find(number: usize) -> Option<&'static SignatureScheme> {
        SCHEMES.iter().find(|scheme| usize::from(scheme.number) == number)
    }
}

/// Checks the signature that comes last in a message, with its scheme, with the certificate's key, which lies at the
/// workspace's start. `signed`: over what.
#[cfg_attr(not(feature = "tls13"), inline(always))] // there is but one message then
#[cfg_attr(feature = "tls13", inline(never))]
pub fn check(
    mut rest: Cursor,
    key: &StoredKey,
    workspace: &[u8],
    tls13: bool,
    signed: &[&[u8]; 3],
    detail: &mut Detail,
    work: &mut Work,
) -> Poll<Result<(), Error>> {
    let number = rest.u16()?;
    let signature = rest.vec16()?;
    rest.end()?;
    detail.a = number as u32;
    let scheme = SignatureScheme::find(number).ok_or(Error::WrongSignatureType)?;
    let (algorithm, hash) = (scheme.algorithm, scheme.hash);
    // RFC 8446 §4.2.3
    #[cfg(feature = "rsa-pss")]
    if key.is_pss_only() != (number >= PSS_PSS.into()) || !key.may_sign_with(hash) {
        return Poll::Ready(Err(Error::WrongSignatureType));
    }
    // Unlike in TLS 1.2 a scheme names the curve, and PKCS #1 v1.5 is for certificates only (RFC 8446 §4.2.3).
    let fits = match algorithm {
        SignatureAlgorithm::Ecdsa => !key.is_rsa() && (!tls13 || (hash == HashAlgorithm::Sha256) == key.is_p256()),
        _ => key.is_rsa() && (!tls13 || algorithm == SignatureAlgorithm::RsaPss),
    };
    if !fits {
        return Poll::Ready(Err(Error::WrongSignatureType));
    }
    let key = &key.public_key(workspace).ok_or(Error::Internal)?;
    let digest = signed_digest(hash, signed);
    let good = ready!(verify(key, algorithm, hash, &digest, signature, work));
    Poll::Ready(if good { Ok(()) } else { Err(Error::BadHandshakeSignature) })
}

/// The hash of what is signed.
#[inline(never)] // its state must not stay on the stack below the verification
pub fn signed_digest(hash: HashAlgorithm, signed: &[&[u8]; 3]) -> Digest {
    let mut hash = Hash::new(hash);
    for piece in signed {
        hash.update(piece);
    }
    hash.finish()
}
