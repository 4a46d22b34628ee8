//! CertificateVerify: the server's in TLS 1.3 (RFC 8446 §4.4.3), and the client's (there, and RFC 5246 §7.4.8).

#[cfg(feature = "tls13")]
use super::signature_scheme;
#[cfg(feature = "client-auth")]
use super::signature_scheme::SignatureScheme;
#[cfg(feature = "tls13")]
use crate::codec::Cursor;
#[cfg(feature = "client-auth")]
use crate::codec::Writer;
#[cfg(feature = "client-auth")]
use crate::crypto::sign::{MAX_SIGNATURE, sign_p256};
#[cfg(feature = "client-rsa")]
use crate::crypto::{complete, rsa_sign::SIGNATURE_LEN};
#[cfg(feature = "tls13")]
use crate::error::Detail;
use crate::error::Error;
#[cfg(feature = "client-auth")]
use crate::host::Host;
#[cfg(feature = "tls13")]
use crate::x509::StoredKey;
#[cfg(feature = "client-auth")]
use crate::x509::identity;
#[cfg(feature = "client-rsa")]
use crate::x509::rsa_key;

/// RFC 8446 §4.4.3: they keep a signature apart from those of TLS 1.2.
#[cfg(feature = "tls13")]
const SPACES: &[u8; 64] = &[b' '; 64];
#[cfg(feature = "tls13")]
const SERVER_CONTEXT: &[u8; 34] = b"TLS 1.3, server CertificateVerify\0";
#[cfg(all(feature = "tls13", feature = "client-auth"))]
const CLIENT_CONTEXT: &[u8; 34] = b"TLS 1.3, client CertificateVerify\0";

/// Writes the client's message, header and all; returns its length. `key`: the private key's text. `transcript`: the
/// hash up to Certificate, in TLS 1.2 the scheme's.
#[cfg(feature = "client-auth")]
pub fn write(
    out: &mut [u8],
    key: &[u8],
    scheme: &SignatureScheme,
    tls13: bool,
    transcript: &[u8],
    host: &mut dyn Host,
) -> Result<usize, Error> {
    let mut random = super::random(host);
    // In TLS 1.2 the transcript's hash is what is signed.
    let mut signed = transcript;
    #[cfg(feature = "tls13")]
    let digest;
    #[cfg(feature = "tls13")]
    if tls13 {
        digest = signature_scheme::signed_digest(scheme.hash, &[SPACES, CLIENT_CONTEXT, transcript]);
        signed = &digest;
    }
    #[cfg(not(feature = "tls13"))]
    let _ = tls13;
    match identity::private_key(key) {
        Ok(key) => {
            let mut signature = [0; MAX_SIGNATURE];
            let n = sign_p256(&key, signed, &mut random, &mut signature)?;
            message(out, scheme.number, signature.get(..n).unwrap_or_default()).ok_or(Error::OutOfMemory)
        }
        #[cfg(feature = "client-rsa")]
        Err(_) => {
            // made where it stays
            let n = message(out, scheme.number, &[0; SIGNATURE_LEN]).ok_or(Error::OutOfMemory)?;
            let place =
                out.get_mut(n - SIGNATURE_LEN..).and_then(|end| end.first_chunk_mut()).ok_or(Error::Internal)?;
            complete(|work| rsa_key::sign(key, scheme.algorithm, scheme.hash, signed, &mut random, work, place))?;
            Ok(n)
        }
        #[cfg(not(feature = "client-rsa"))]
        Err(error) => Err(error),
    }
}

#[cfg(feature = "client-auth")]
fn message(out: &mut [u8], scheme: u16, signature: &[u8]) -> Option<usize> {
    let mut w = Writer::new(out);
    w.message(super::CERTIFICATE_VERIFY);
    w.u16(scheme);
    w.vector(2, signature);
    w.finish()
}

/// Checks the signature in the message's body with the certificate's key, which lies at the workspace's start.
/// `transcript`: the hash up to Certificate.
#[cfg(feature = "tls13")]
pub fn check(
    body: &[u8],
    key: &StoredKey,
    workspace: &[u8],
    transcript: &[u8],
    detail: &mut Detail,
) -> Result<(), Error> {
    signature_scheme::check(Cursor(body), key, workspace, true, &[SPACES, SERVER_CONTEXT, transcript], detail)
}
