//! CertificateVerify: the server's in TLS 1.3 (RFC 8446 §4.4.3), and the client's (there, and RFC 5246 §7.4.8).

#[cfg(feature = "tls13")]
use super::signature_scheme::SignatureScheme;
#[cfg(feature = "tls13")]
use crate::codec::Cursor;
#[cfg(feature = "client-auth")]
use crate::codec::Writer;
use crate::crypto::HashAlgorithm;
#[cfg(feature = "client-auth")]
use crate::crypto::sign::{MAX_SIGNATURE, sign_p256};
#[cfg(feature = "tls13")]
use crate::crypto::{Digest, Hash, PublicKey, SignatureAlgorithm, verify};
#[cfg(feature = "tls13")]
use crate::error::Detail;
use crate::error::Error;
#[cfg(feature = "client-auth")]
use crate::host::Host;

#[cfg(feature = "tls13")]
const SERVER_CONTEXT: &[u8; 34] = b"TLS 1.3, server CertificateVerify\0";
#[cfg(all(feature = "tls13", feature = "client-auth"))]
const CLIENT_CONTEXT: &[u8; 34] = b"TLS 1.3, client CertificateVerify\0";

/// Writes the client's message, header and all, signed with ECDSA; returns its length. `transcript`: the hash up to
/// Certificate.
#[cfg(feature = "client-auth")]
#[inline(never)] // keeps the signature's stack apart from everything else's
pub fn write(
    out: &mut [u8],
    key: &[u8; 32],
    tls13: bool,
    hash: HashAlgorithm,
    transcript: &[u8],
    host: &mut dyn Host,
) -> Result<usize, Error> {
    let mut random = super::random(host);
    let mut signature = [0; MAX_SIGNATURE];
    let mut scheme = if hash == HashAlgorithm::Sha256 { 0x0403 } else { 0x0503 };
    let mut n = 0;
    #[cfg(feature = "tls13")]
    if tls13 {
        scheme = 0x0403; // there a scheme names the curve, and the hash with it
        let digest = signed_digest(HashAlgorithm::Sha256, CLIENT_CONTEXT, transcript);
        n = sign_p256(key, &digest, &mut random, &mut signature)?;
    }
    if !tls13 {
        n = sign_p256(key, transcript, &mut random, &mut signature)?;
    }
    let mut w = Writer::new(out);
    w.message(super::CERTIFICATE_VERIFY);
    w.u16(scheme);
    w.vector(2, signature.get(..n).unwrap_or_default());
    w.finish()
}

/// Checks the signature in the message's body with the certificate's key. `transcript`: the hash up to Certificate.
#[cfg(feature = "tls13")]
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
    let digest = signed_digest(scheme.hash, SERVER_CONTEXT, transcript);
    if verify(key, scheme.algorithm, scheme.hash, &digest, signature) {
        Ok(())
    } else {
        Err(Error::BadHandshakeSignature)
    }
}

#[cfg(feature = "tls13")]
#[inline(never)] // the hash's state must not stay on the stack below the verification
fn signed_digest(hash: HashAlgorithm, context: &[u8; 34], transcript: &[u8]) -> Digest {
    let mut hash = Hash::new(hash);
    hash.update(&[b' '; 64]);
    hash.update(context);
    hash.update(transcript);
    hash.finish()
}
