//! The order of messages in a full TLS 1.3 handshake (RFC 8446 §2), one state for each message.
//!
//! ```text
//! ClientHello            -------->
//!                        <--------  HelloRetryRequest, at most once
//! ClientHello            -------->
//!                                          ServerHello
//!                                {EncryptedExtensions}
//!                               [{CertificateRequest}]
//!                                        {Certificate}
//!                                  {CertificateVerify}
//!                        <--------          {Finished}
//! [{Certificate: empty}]
//! {Finished}             -------->
//!                        <--------  NewSessionTicket, KeyUpdate at any time
//! ```

use super::state::{Expect, Handshake};
use crate::codec::piece;
use crate::crypto::{EphemeralKey, PublicShare, SharedSecret};
use crate::error::Error;
use crate::handshake::StepContext;
use crate::handshake::messages::server_hello::{self, Tls13Answer};
use crate::handshake::messages::{certificate_verify, key_update};
use crate::schedule::hkdf13;
use core::task::{Poll, ready};

impl Handshake<'_> {
    /// Wipes what traffic keys are made of (RFC 8446 §7.1).
    #[inline(always)]
    pub(super) fn forget_secrets13(&mut self) {
        self.secrets.wipe();
    }

    /// Adds a ClientHello to the transcript, if its hash is known: by the session that is offered, whose binder is
    /// filled in then, or by a HelloRetryRequest.
    pub(super) fn hash_client_hello(&mut self, message: &mut [u8], has_identity: bool) -> Result<(), Error> {
        if has_identity {
            return self.bind(message);
        }
        self.transcript.update(message);
        Ok(())
    }

    /// A HelloRetryRequest changes the transcript. There is one at most (RFC 8446 §4.1.4).
    pub(super) fn restart_transcript(&mut self) -> Result<(), Error> {
        if self.state13.retried {
            return Err(Error::UnexpectedMessage);
        }
        self.transcript.retry(self.suite.hash);
        Ok(())
    }

    key_log! {
        fn log(&self, label: &'static str, secret: &[u8], host: &mut dyn crate::host::Host) {
            host.key_log(&crate::key_log::Line { label, client_random: &self.randoms.client, secret });
        }
    }

    /// From the next record on, the server's keys are those made of its secret.
    #[inline(never)]
    fn new_read_keys(&mut self, context: &mut StepContext) {
        let suite = self.suite;
        self.has_new_read_keys = true;
        hkdf13::protect(suite.hash, &self.secrets.server, suite.aead, &mut context.incoming.traffic_key);
    }

    /// HelloRetryRequest (RFC 8446 §4.1.4): the second ClientHello goes behind it in the arena, and ServerHello behind
    /// that.
    #[inline(never)] // a state's stack is its own
    pub(super) fn hello_retry_request(
        &mut self,
        answer: &Tls13Answer,
        session_id: &[u8],
        context: &mut StepContext,
    ) -> Poll<Result<(), Error>> {
        let cookie = &answer.place;
        // it must change something, and not ask for what it has
        let sent = self.ephemeral.as_ref().map(EphemeralKey::group);
        if self.stage == 0
            && (answer.group.is_none() && (cookie.is_empty() || sent.is_none())
                || answer.group.is_some() && answer.group == sent)
        {
            return Poll::Ready(Err(Error::IllegalParameter));
        }
        self.stage = 1;
        // RFC 8446 §4.1.2: without another group the share stays as it was
        let mut public = PublicShare::NONE;
        ready!(self.make_share(answer.group, &mut public, context))?;
        let base = self.base;
        context.arena.restart_queue(base + self.assembled);
        context.outgoing.owe_change_cipher_spec();
        self.sessions.keep_offer_for(self.suite.hash);
        self.client_hello(&public, session_id, base + cookie.start..base + cookie.end, context)?;
        (self.base, self.state13.retried) = (context.arena.queue_end(), true);
        Poll::Ready(Ok(()))
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn server_hello13(
        &mut self,
        answer: &Tls13Answer,
        context: &mut StepContext,
    ) -> Poll<Result<(), Error>> {
        self.stage = 1;
        let group = answer.group.ok_or(Error::MissingExtension)?;
        let ours = self.ephemeral.as_ref().ok_or(Error::IllegalParameter)?; // none was sent
        if ours.group() != group {
            context.detail.a = group as u32;
            return Poll::Ready(Err(Error::WrongCurve));
        }
        let (received, work) = &mut context.arena.received_and_work(&mut context.progress);
        let share = piece(received, self.base, self.assembled).get(answer.place.clone());
        let mut shared = SharedSecret::NONE;
        ready!(ours.agree(share.unwrap_or_default(), &mut shared, work))?;
        self.ephemeral = None;
        let suite = self.suite;
        let digest = self.transcript.digest();
        self.resume13()?;
        self.secrets.handshake(suite.hash, self.negotiated.resumed, &shared, &digest);
        key_log! {
            let hkdf13::Secrets { client, server, .. } = &self.secrets;
            self.log("CLIENT_HANDSHAKE_TRAFFIC_SECRET", client, context.host);
            self.log("SERVER_HANDSHAKE_TRAFFIC_SECRET", server, context.host);
        }
        hkdf13::protect(suite.hash, &self.secrets.client, suite.aead, &mut context.outgoing.traffic_key);
        self.new_read_keys(context);
        context.arena.restart_queue(0);
        if !self.state13.retried {
            context.outgoing.owe_change_cipher_spec();
        }
        self.base = 0;
        self.expect = Expect::EncryptedExtensions;
        Poll::Ready(Ok(()))
    }

    #[inline(always)] // into its row
    pub(super) fn encrypted_extensions(&mut self, context: &mut StepContext) -> Result<(), Error> {
        let body = self.message(&context.arena);
        server_hello::parse_encrypted_extensions(body, &self.config, &mut self.negotiated, &mut context.detail)?;
        if self.negotiated.resumed {
            self.expect = Expect::Finished;
        } else {
            self.await_certificate(context);
        }
        Ok(())
    }

    #[inline(always)] // into its row
    pub(super) fn certificate_verify(
        &mut self,
        header: &[u8; 4],
        context: &mut StepContext,
    ) -> Poll<Result<(), Error>> {
        let (workspace, work) = &mut context.arena.received_and_work(&mut context.progress);
        let body = piece(workspace, self.base, self.assembled);
        let digest = self.transcript.digest();
        ready!(certificate_verify::check(body, &self.key, workspace, &digest, &mut context.detail, work))?;
        self.add(header, &context.arena);
        self.expect = Expect::Finished;
        Poll::Ready(Ok(()))
    }

    #[inline(always)] // into its row
    pub(super) fn finished13(&mut self, header: &[u8; 4], context: &mut StepContext) -> Poll<Result<(), Error>> {
        let suite = self.suite;
        let digest = self.transcript.digest();
        let verify_data = hkdf13::verify_data(suite.hash, &self.secrets.server, &digest);
        self.check_finished(&verify_data, context)?;
        self.add(header, &context.arena);
        let digest = self.transcript.digest();
        self.secrets.application(suite.hash, &digest);
        self.new_read_keys(context);
        // Application data may follow at once.
        context.arena.divide(self.config.record_buffer())?;
        self.send_flight(context)
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn after_certificate13(
        &mut self,
        certified: bool,
        context: &mut StepContext,
    ) -> Poll<Result<(), Error>> {
        self.send_no_certificate(certified, context)?;
        if certified {
            self.stage = 1;
            ready!(self.send_certificate_verify(context))?;
            self.stage = 0;
        }
        let suite = self.suite;
        let digest = self.transcript.digest();
        let verify_data = hkdf13::verify_data(suite.hash, &self.secrets.client, &digest);
        self.send_finished(&verify_data, context)?;
        let client = self.secrets.next_client();
        hkdf13::protect(suite.hash, client, suite.aead, &mut context.outgoing.traffic_key);
        key_log! {
            let hkdf13::Secrets { client, server, .. } = &self.secrets;
            self.log("CLIENT_TRAFFIC_SECRET_0", client, context.host);
            self.log("SERVER_TRAFFIC_SECRET_0", server, context.host);
        }
        self.keep_resumption_secret();
        self.transcript.end();
        self.expect = Expect::Complete;
        Poll::Ready(Ok(()))
    }

    /// The body of a KeyUpdate.
    pub(super) fn key_update_byte(&mut self, bytes: &[u8]) {
        self.state13.request_update = bytes.last().copied().unwrap_or_default();
    }

    /// KeyUpdate (RFC 8446 §4.6.3).
    #[inline(always)] // into its row
    pub(super) fn key_update(&mut self, context: &mut StepContext) -> Result<(), Error> {
        self.count_pointless()?;
        match self.state13.request_update {
            0 => {}
            1 => self.state13.owes_key_update = true,
            _ => return Err(Error::IllegalParameter),
        }
        let suite = self.suite;
        hkdf13::update(suite.hash, &mut self.secrets.server);
        self.new_read_keys(context);
        Ok(())
    }

    /// Sends a KeyUpdate if the server asked for one (RFC 8446 §4.6.3: before more data). False: there is no room now.
    pub(crate) fn answer_key_update(&mut self, context: &mut StepContext) -> Result<bool, Error> {
        if !self.state13.owes_key_update {
            return Ok(true);
        }
        match self.send_message(&key_update::NOT_REQUESTED, context) {
            Err(Error::OutOfMemory) => return Ok(false),
            result => result?,
        }
        self.state13.owes_key_update = false;
        let suite = self.suite;
        let client = &mut self.secrets.client;
        hkdf13::update(suite.hash, client);
        hkdf13::protect(suite.hash, client, suite.aead, &mut context.outgoing.traffic_key);
        Ok(true)
    }
}
