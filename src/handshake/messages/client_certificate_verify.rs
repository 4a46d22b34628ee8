//! CertificateVerify of the client (RFC 5246 §7.4.8, RFC 8446 §4.4.3).

#[cfg(feature = "tls13")]
use super::certificate_verify::SPACES;
use crate::codec::Writer;
use crate::crypto::Work;
use crate::crypto::signature::ecdsa_sign::{MAX_SIGNATURE, sign_p256};
#[cfg(feature = "client-rsa")]
use crate::crypto::signature::rsa_sign::SIGNATURE_LEN;
use crate::error::Error;
use crate::handshake::StepContext;
#[cfg(feature = "tls13")]
use crate::handshake::signature_scheme;
use crate::handshake::signature_scheme::SignatureScheme;
use crate::x509::client_identity;
#[cfg(feature = "client-rsa")]
use crate::x509::rsa_key;
use core::task::{Poll, ready};
use zeroize::Zeroizing;

#[cfg(feature = "tls13")]
const CLIENT_CONTEXT: &[u8; 34] = b"TLS 1.3, client CertificateVerify\0";

/// Writes the client's message, header and all, where the next record's content goes; returns its length. `key`: the
/// private key's text. `transcript`: the hash up to Certificate, in TLS 1.2 the scheme's.
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
    let mut p256 = Zeroizing::new([0; 32]);
    match client_identity::private_key(key, &mut p256) {
        Ok(()) => write_p256(&p256, scheme.number, signed, context),
        #[cfg(feature = "client-rsa")]
        Err(_) => {
            // Nothing that has come is needed any more. In TLS 1.2 what is queued lies where it was, and goes out
            // first.
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

fn message(out: &mut [u8], scheme: u16, signature: &[u8]) -> Result<usize, Error> {
    let mut w = Writer::new(out);
    w.message(crate::handshake::CERTIFICATE_VERIFY);
    w.u16(scheme);
    w.vector(2, signature);
    w.finish().ok_or(Error::OutOfMemory)
}
