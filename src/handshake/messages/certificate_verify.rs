//! CertificateVerify: the server's in TLS 1.3 (RFC 8446 §4.4.3), and the client's (there, and RFC 5246 §7.4.8).

#[cfg(feature = "tls13")]
use crate::codec::Cursor;
#[cfg(feature = "client-auth")]
use crate::codec::Writer;
#[cfg(any(feature = "tls13", feature = "client-auth"))]
use crate::crypto::Work;
#[cfg(feature = "client-auth")]
use crate::crypto::signature::ecdsa_sign::{MAX_SIGNATURE, sign_p256};
#[cfg(feature = "client-rsa")]
use crate::crypto::signature::rsa_sign::SIGNATURE_LEN;
#[cfg(feature = "tls13")]
use crate::error::Detail;
use crate::error::Error;
#[cfg(feature = "client-auth")]
use crate::handshake::StepContext;
#[cfg(feature = "tls13")]
use crate::handshake::signature_scheme;
#[cfg(feature = "client-auth")]
use crate::handshake::signature_scheme::SignatureScheme;
#[cfg(feature = "tls13")]
use crate::x509::StoredKey;
#[cfg(feature = "client-auth")]
use crate::x509::client_identity;
#[cfg(feature = "client-rsa")]
use crate::x509::rsa_key;
use core::task::Poll;
#[cfg(feature = "client-auth")]
use core::task::ready;

/// RFC 8446 §4.4.3: they keep a signature apart from those of TLS 1.2.
#[cfg(feature = "tls13")]
const SPACES: &[u8; 64] = &[b' '; 64];
#[cfg(feature = "tls13")]
const SERVER_CONTEXT: &[u8; 34] = b"TLS 1.3, server CertificateVerify\0";
#[cfg(all(feature = "tls13", feature = "client-auth"))]
const CLIENT_CONTEXT: &[u8; 34] = b"TLS 1.3, client CertificateVerify\0";

/// Writes the client's message, header and all, where the next record's content goes; returns its length. `key`: the private
/// key's text. `transcript`: the hash up to Certificate, in TLS 1.2 the scheme's.
#[cfg(feature = "client-auth")]
#[inline(never)] // keeps its stack apart from everything else's
pub fn write(
    key: &[u8],
    scheme: &SignatureScheme,
    tls13: bool,
    transcript: &[u8],
    context: &mut StepContext,
) -> Poll<Result<usize, Error>> {
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
    match client_identity::private_key(key) {
        Ok(key) => write_p256(&key, scheme.number, signed, context),
        #[cfg(feature = "client-rsa")]
        Err(_) => {
            // Nothing that has come is needed any more. In TLS 1.2 what is queued lies where it was, and goes out first.
            let memory = context.arena.received();
            if memory.is_empty() {
                return Poll::Pending;
            }
            let mut random = crate::handshake::random(context.host);
            let mut signature = [0; SIGNATURE_LEN];
            let work = &mut Work { memory, progress: &mut context.progress };
            let (algorithm, hash) = (scheme.algorithm, scheme.hash);
            ready!(rsa_key::sign(key, algorithm, hash, signed, &mut random, work, &mut signature))?;
            Poll::Ready(message(context.outgoing.room(&mut context.arena), scheme.number, &signature))
        }
        #[cfg(not(feature = "client-rsa"))]
        Err(error) => Poll::Ready(Err(error)),
    }
}

/// The same with a key on P-256: in one slice, which needs no memory.
#[cfg(feature = "client-auth")]
#[inline(never)] // keeps its stack apart from that of RSA
fn write_p256(key: &[u8; 32], scheme: u16, signed: &[u8], context: &mut StepContext) -> Poll<Result<usize, Error>> {
    let mut signature = [0; MAX_SIGNATURE];
    let work = &mut Work { memory: &mut [], progress: &mut context.progress };
    if work.begins() {
        return Poll::Pending;
    }
    let mut random = crate::handshake::random(context.host);
    let n = ready!(work.leave(Poll::Ready(sign_p256(key, signed, &mut random, &mut signature))))?;
    let signature = signature.get(..n).unwrap_or_default();
    Poll::Ready(message(context.outgoing.room(&mut context.arena), scheme, signature))
}

#[cfg(feature = "client-auth")]
fn message(out: &mut [u8], scheme: u16, signature: &[u8]) -> Result<usize, Error> {
    let mut w = Writer::new(out);
    w.message(crate::handshake::CERTIFICATE_VERIFY);
    w.u16(scheme);
    w.vector(2, signature);
    w.finish().ok_or(Error::OutOfMemory)
}

/// Checks the signature in the message's body with the certificate's key, which lies at the workspace's start.
/// `transcript`: the hash up to Certificate.
#[cfg(feature = "tls13")]
#[inline(always)] // its many arguments come from one place
pub fn check(
    body: &[u8],
    key: &StoredKey,
    workspace: &[u8],
    transcript: &[u8],
    detail: &mut Detail,
    work: &mut Work,
) -> Poll<Result<(), Error>> {
    signature_scheme::check(Cursor(body), key, workspace, true, &[SPACES, SERVER_CONTEXT, transcript], detail, work)
}
