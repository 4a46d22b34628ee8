//! The client's own certificate: sent in pieces, then signed for. `without/client_certificate.rs` stands for this file
//! in builds without the feature `client-auth`.

use super::state::{Expect, Handshake};
use crate::error::Error;
use crate::handshake::StepContext;
use crate::handshake::messages::{certificate, client_certificate_verify};
use crate::handshake::signature_scheme::SignatureScheme;
use crate::x509::client_identity;
use core::task::{Poll, ready};
use zeroize::Zeroizing;

impl Handshake<'_> {
    /// Refuses a certificate and a key that can't be used.
    pub(super) fn check_identity(&self, context: &mut StepContext) -> Result<(), Error> {
        client_identity::check(&self.config, context.arena.received(), &mut context.detail)
    }

    /// Whether our Certificate has been sent in part: more of it comes from [`Self::go_on`] when the rest has been
    /// pulled.
    pub fn is_sending(&self) -> bool {
        self.expect == Expect::CertificateSent
    }

    /// Goes on with what is written without a message before it: ClientHello, or our Certificate and what follows it.
    pub fn go_on(&mut self, context: &mut StepContext) -> Poll<Result<(), Error>> {
        if self.has_begun() {
            return self.send_more(context);
        }
        self.start(context)
    }

    /// Begins to send our Certificate, if there is one and the server asked for it. `None`: it does not.
    pub(super) fn send_certificate(&mut self, context: &mut StepContext) -> Option<Poll<Result<(), Error>>> {
        if !self.certificate_wanted || self.config.cert.is_empty() || self.scheme().is_none() {
            return None;
        }
        self.expect = Expect::CertificateSent;
        Some(self.send_more(context))
    }

    /// Goes on with our Certificate, and what follows it.
    #[inline(never)]
    fn send_more(&mut self, context: &mut StepContext) -> Poll<Result<(), Error>> {
        if self.stage != 0 {
            return self.after_certificate(true, context);
        }
        // The next record of our Certificate. What follows it waits until all of it has been sent, for the queue may
        // have no room for both. (RFC 5246 §6.2.1: messages may be cut anywhere.)
        let room = context.room();
        let most = room.len().min(self.negotiated.send_limit.into());
        let room = room.get_mut(..most).unwrap_or_default();
        let (n, total) = certificate::write(self.config.cert, self.is_tls13(), self.written, room)?;
        if n != 0 {
            self.written += n;
            return Poll::Ready(self.send(n, context));
        }
        if self.written != total {
            return Poll::Ready(Err(Error::OutOfMemory));
        }
        self.after_certificate(true, context)
    }

    /// How to sign, best first: with a scheme that the server takes and that fits our key.
    fn scheme(&self) -> Option<&'static SignatureScheme> {
        let tls13 = self.is_tls13();
        let is_rsa = cfg!(feature = "client-rsa")
            && client_identity::private_key(self.config.key, &mut Zeroizing::new([0; 32])).is_err();
        self.vectors
            .schemes
            .listed()
            .find(|scheme| scheme.fits(is_rsa, tls13) && (tls13 || self.transcript.has(self.suite.hash, scheme.hash)))
    }

    /// Sends our CertificateVerify.
    pub(super) fn send_certificate_verify(&mut self, context: &mut StepContext) -> Poll<Result<(), Error>> {
        let scheme = self.scheme().ok_or(Error::Internal)?;
        let tls13 = self.is_tls13();
        let mut digest = [0; 64];
        let digest = self.transcript.digest_of((!tls13).then_some(scheme.hash), &mut digest);
        let n = ready!(client_certificate_verify::write(self.config.key, scheme, tls13, digest, context))?;
        Poll::Ready(self.send(n, context))
    }

    /// TLS 1.2: begins with the hashes besides the suite's, which the server may want a signature over.
    pub(super) fn start_other_hashes(&mut self, messages: &[&[u8]]) {
        #[cfg(feature = "client-rsa")]
        if !self.config.cert.is_empty() {
            self.transcript.start_other(self.suite.hash, messages);
        }
        #[cfg(not(feature = "client-rsa"))]
        let _ = messages;
    }
}
