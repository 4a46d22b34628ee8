//! CertificateVerify of TLS 1.3 (RFC 8446 §4.4.3).

use super::signature_scheme::SignatureScheme;
use crate::codec::Cursor;
use crate::crypto::{Digest, Hash, HashAlgorithm, PublicKey, SignatureAlgorithm, verify};
use crate::error::{Detail, Error};

const SERVER_CONTEXT: &[u8; 34] = b"TLS 1.3, server CertificateVerify\0";

/// Checks the signature in the message's body with the certificate's key. `transcript`: the hash up to Certificate.
pub fn check(body: &[u8], key: &PublicKey, transcript: &[u8], detail: &mut Detail) -> Result<(), Error> {
    let mut c = Cursor(body);
    let number = c.u16()?;
    let signature = c.vec16()?;
    c.end()?;
    detail.a = number.into();
    let scheme = SignatureScheme::find(number).ok_or(Error::WrongSignatureType)?;
    // Unlike in TLS 1.2 a scheme names the curve, and PKCS #1 v1.5 is for certificates only (RFC 8446 §4.2.3).
    let fits = match key {
        PublicKey::P256(_) => scheme.algorithm == SignatureAlgorithm::Ecdsa && scheme.hash == HashAlgorithm::Sha256,
        PublicKey::P384(_) => scheme.algorithm == SignatureAlgorithm::Ecdsa && scheme.hash == HashAlgorithm::Sha384,
        PublicKey::Rsa { .. } => scheme.algorithm == SignatureAlgorithm::RsaPss,
    };
    if !fits {
        return Err(Error::WrongSignatureType);
    }
    let digest = signed_digest(scheme.hash, transcript);
    if verify(key, scheme.algorithm, scheme.hash, &digest, signature) {
        Ok(())
    } else {
        Err(Error::BadHandshakeSignature)
    }
}

#[inline(never)] // the hash's state must not stay on the stack below the verification
fn signed_digest(hash: HashAlgorithm, transcript: &[u8]) -> Digest {
    let mut hash = Hash::new(hash);
    hash.update(&[b' '; 64]);
    hash.update(SERVER_CONTEXT);
    hash.update(transcript);
    hash.finish()
}
