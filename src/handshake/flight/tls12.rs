//! The order of messages in a full TLS 1.2 handshake (RFC 5246 §7.3), one state for each message.
//!
//! ```text
//! ClientHello            -------->
//!                                          ServerHello
//!                                          Certificate
//!                                    ServerKeyExchange
//!                                 [CertificateRequest]
//!                        <--------     ServerHelloDone
//! [Certificate: empty]
//! ClientKeyExchange
//! [ChangeCipherSpec]
//! Finished               -------->
//!                                   [ChangeCipherSpec]
//!                        <--------            Finished
//! ```

use super::state::{Expect, Handshake};
use crate::codec::piece;
use crate::crypto::{PublicShare, SharedSecret, equal};
use crate::error::{Alert, Error};
use crate::fuzzing::unchecked;
use crate::handshake::StepContext;
use crate::handshake::messages::{client_key_exchange, finished, server_key_exchange};
use crate::record::CHANGE_CIPHER_SPEC;
use crate::record::traffic_key::TrafficKey;
use core::task::{Poll, ready};

impl Handshake<'_> {
    /// HelloRequest: during a handshake it is ignored, later refused. This client never renegotiates (RFC 5246
    /// §7.4.1.1).
    #[inline(always)] // into its row
    pub(super) fn hello_request(&mut self, context: &mut StepContext) -> Result<(), Error> {
        self.count_pointless()?;
        if self.is_complete() {
            // no room means that the caller has not pulled the last warning yet: one is enough
            let _ = context.alert(1, Alert::NoRenegotiation as u8);
        }
        Ok(())
    }

    #[inline(always)] // into its row
    pub(super) fn server_hello_done(&mut self, context: &mut StepContext) -> Poll<Result<(), Error>> {
        context.arena.restart_queue(0);
        self.send_flight(context)
    }

    #[inline(always)] // into its row
    pub(super) fn server_key_exchange(&mut self, context: &mut StepContext) -> Poll<Result<(), Error>> {
        let (workspace, work) = &mut context.arena.received_and_work(&mut context.progress);
        let body = piece(workspace, self.base, self.assembled);
        let (share, signature) = server_key_exchange::parse(body, &mut context.detail)?;
        if self.stage == 0 {
            let (key, randoms) = (&self.key, &self.randoms);
            ready!(server_key_exchange::check(body, signature, key, workspace, randoms, &mut context.detail, work))?;
            self.stage = 1;
        }
        // a key made for TLS 1.3 that the server had no use for does as well
        self.make_ephemeral(share.group, context.host)?;
        let ours = self.ephemeral.as_ref().ok_or(Error::Internal)?;
        let mut shared = SharedSecret::NONE;
        ready!(ours.agree(share.public, &mut shared, work))?;
        self.stage = 0;
        self.master.set(&shared);
        self.expect = Expect::ServerHelloDone;
        Poll::Ready(Ok(()))
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn after_certificate12(
        &mut self,
        certified: bool,
        context: &mut StepContext,
    ) -> Poll<Result<(), Error>> {
        if self.stage == 0 {
            ready!(self.client_key_exchange(certified, context))?;
            self.stage = 1;
        }
        if certified {
            ready!(self.send_certificate_verify(context))?;
        }
        self.stage = 0;
        self.change_keys_and_finish(context)?;
        self.await_server_keys();
        Poll::Ready(Ok(()))
    }

    /// Makes both sides' keys: those of the side that changes keys first go into `first`, the others wait.
    #[inline(never)]
    fn make_keys(&mut self, first: &mut Option<TrafficKey>) {
        let suite = self.suite;
        let (client, server) =
            if self.negotiated.resumed { (&mut self.next_keys, first) } else { (first, &mut self.next_keys) };
        let client = TrafficKey::blank(suite.aead, false, client);
        let server = TrafficKey::blank(suite.aead, false, server);
        self.master.key_block(suite.hash, &self.randoms, client, server);
    }

    /// What a Finished should say now.
    fn verify_data(&self, label: &[u8; 15]) -> [u8; finished::VERIFY_DATA_LEN] {
        self.master.verify_data(self.suite.hash, label, &self.transcript.digest())
    }

    /// Sends ChangeCipherSpec and Finished.
    #[inline(never)]
    fn change_keys_and_finish(&mut self, context: &mut StepContext) -> Result<(), Error> {
        match context.room() {
            [one, ..] => *one = 1,
            _ => return Err(Error::OutOfMemory),
        }
        context.seal(CHANGE_CIPHER_SPEC, 1)?;
        if self.negotiated.resumed {
            TrafficKey::put(&mut self.next_keys, &mut context.outgoing.traffic_key);
        } else {
            self.make_keys(&mut context.outgoing.traffic_key);
        }
        key_log! {
            let (client_random, secret) = (&self.randoms.client, self.master.bytes());
            context.host.key_log(&crate::key_log::Line { label: "CLIENT_RANDOM", client_random, secret });
        }
        let verify_data = self.verify_data(finished::CLIENT_LABEL);
        self.send_finished(&verify_data, context)
    }

    #[inline(never)] // keeps the key agreement's stack apart from everything else's
    fn client_key_exchange(&mut self, certified: bool, context: &mut StepContext) -> Poll<Result<(), Error>> {
        let mut public = PublicShare::NONE;
        ready!(self.make_share(None, &mut public, context))?;
        self.ephemeral = None;
        // An operation needs memory, which it has only as long as nothing is queued.
        self.send_no_certificate(certified, context)?;
        let n = client_key_exchange::write(context.room(), &public).ok_or(Error::OutOfMemory)?;
        self.send(n, context)?;
        let hash = self.suite.hash;
        let session_hash = self.transcript.digest();
        let session_hash = self.negotiated.extended_master_secret.then_some(&*session_hash);
        self.master.derive(hash, session_hash, &self.randoms);
        Poll::Ready(Ok(()))
    }

    /// What comes before the server's Finished: ChangeCipherSpec, and NewSessionTicket before it if it was promised
    /// (RFC 5077 §3.3).
    pub(super) fn await_server_keys(&mut self) {
        self.expect = if self.negotiated.ticket_promised { Expect::NewSessionTicket } else { Expect::ChangeCipherSpec };
    }

    /// Whether the server's ChangeCipherSpec is what comes next (RFC 5246 §7.1).
    pub fn awaits_change_cipher_spec(&self) -> bool {
        self.expect == Expect::ChangeCipherSpec
    }

    /// It has come: new keys for everything that follows.
    pub fn change_cipher_spec(&mut self, read_keys: &mut Option<TrafficKey>) {
        self.expect = Expect::Finished;
        if self.negotiated.resumed {
            self.make_keys(read_keys);
        } else {
            TrafficKey::put(&mut self.next_keys, read_keys);
        }
    }

    #[inline(always)] // into its row
    pub(super) fn finished12(&mut self, header: &[u8; 4], context: &mut StepContext) -> Result<(), Error> {
        self.check_finished(&self.verify_data(finished::SERVER_LABEL), context)?;
        self.add(header, &context.arena);
        // Application data may follow at once.
        context.arena.divide(self.config.record_buffer())?;
        if self.negotiated.resumed {
            self.change_keys_and_finish(context)?;
        }
        self.complete_session12(context.host);
        self.transcript.end();
        self.expect = Expect::Complete;
        Ok(())
    }

    /// Compares the message in the arena with what it should be.
    pub(super) fn check_finished(&self, verify_data: &[u8], context: &StepContext) -> Result<(), Error> {
        let body = self.message(&context.arena);
        if body.len() != verify_data.len() {
            return Err(Error::DecodeError);
        }
        if equal(body, verify_data) || unchecked() { Ok(()) } else { Err(Error::BadFinished) }
    }
}
