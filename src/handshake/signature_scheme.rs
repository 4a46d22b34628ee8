//! Signature schemes (RFC 8446 §4.2.3, RFC 5246 §7.4.1.4.1).

use crate::codec::Cursor;
use crate::crypto::{Digest, Hash, HashAlgorithm, LONG_HASHES, SignatureAlgorithm, Work, verify};
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

/// What may be offered, best first. In TLS 1.2 the ECDSA numbers name only the hash, whatever the curve.
const ALL: [SignatureScheme; 11] = [
    scheme(0x0403, SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha256),
    scheme(0x0503, SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha384),
    scheme(0x0804, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha256),
    scheme(0x0805, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha384),
    scheme(0x0806, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha512),
    scheme(0x0401, SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha256),
    scheme(0x0501, SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha384),
    scheme(0x0601, SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha512),
    scheme(PSS_PSS, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha256),
    scheme(PSS_PSS + 1, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha384),
    scheme(PSS_PSS + 2, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha512),
];

const fn is_offered(scheme: &SignatureScheme) -> bool {
    (matches!(scheme.algorithm, SignatureAlgorithm::Ecdsa) || cfg!(feature = "rsa"))
        && (matches!(scheme.hash, HashAlgorithm::Sha256) || LONG_HASHES)
        && (scheme.number < PSS_PSS || cfg!(feature = "rsa-pss"))
}

#[allow(clippy::indexing_slicing)] // only the compiler runs this
const COUNT: usize = {
    let (mut count, mut i) = (0, 0);
    while i < ALL.len() {
        count += is_offered(&ALL[i]) as usize;
        i += 1;
    }
    count
};

/// What is offered, best first.
#[allow(clippy::indexing_slicing)] // only the compiler runs this
pub static SCHEMES: [SignatureScheme; COUNT] = {
    let (mut schemes, mut count, mut i) = ([ALL[0]; COUNT], 0, 0);
    while i < ALL.len() {
        if is_offered(&ALL[i]) {
            schemes[count] = ALL[i];
            count += 1;
        }
        i += 1;
    }
    schemes
};

/// rsa_pss_pss_sha256, the first of the schemes for keys that sign with PSS only. For others there is rsa_pss_rsae_*.
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
