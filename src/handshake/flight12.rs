//! The order of messages in a full TLS 1.2 handshake (RFC 5246 §7.3), one state an awaited message.
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

use super::flight::{Expect, Flight};
use super::{HELLO_REQUEST, Io, client_key_exchange, finished, server_key_exchange};
use crate::codec::piece;
#[cfg(feature = "resumption")]
use crate::config::TLS12;
use crate::crypto::{PublicShare, SharedSecret, equal};
use crate::error::{Alert, Error};
use crate::fuzzing::unchecked;
use crate::record::CHANGE_CIPHER_SPEC;
use crate::record::protection::Protection;
use core::task::{Poll, ready};

impl<'a> Flight<'a> {
    /// During a handshake it is ignored, later refused: this client never renegotiates (RFC 5246 §7.4.1.1).
    pub(super) fn hello_request(&mut self, length: u32, io: &mut Io) -> Result<(), Error> {
        io.detail.a = HELLO_REQUEST.into();
        if length != 0 {
            return Err(Error::DecodeError);
        }
        self.pointless()?;
        if self.is_complete() {
            // no room means that the caller has not pulled the last warning yet: one is enough
            let _ = io.alert(1, Alert::NoRenegotiation as u8);
        }
        Ok(())
    }

    #[inline(never)] // keeps the verification's stack apart from everything else's
    pub(super) fn server_key_exchange(&mut self, io: &mut Io) -> Poll<Result<(), Error>> {
        let (workspace, work) = &mut io.arena.received_and_work(&mut io.progress);
        let body = piece(workspace, self.base, self.assembled);
        let (share, signature) = server_key_exchange::parse(body, &mut io.detail)?;
        if self.stage == 0 {
            let (key, randoms) = (&self.key, &self.randoms);
            ready!(server_key_exchange::check(body, signature, key, workspace, randoms, &mut io.detail, work))?;
            self.stage = 1;
        }
        // a key made for TLS 1.3 that the server had no use for does as well
        self.make_ephemeral(share.group, io.host)?;
        let ours = self.ephemeral.as_ref().ok_or(Error::Internal)?;
        let mut shared = SharedSecret::NONE;
        ready!(ours.agree(share.public, &mut shared, work))?;
        self.stage = 0;
        self.master.set(&shared);
        self.expect = Expect::ServerHelloDone;
        Poll::Ready(Ok(()))
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn after_certificate12(&mut self, certified: bool, io: &mut Io) -> Poll<Result<(), Error>> {
        if self.stage == 0 {
            ready!(self.client_key_exchange(certified, io))?;
            self.stage = 1;
        }
        #[cfg(feature = "client-auth")]
        if certified {
            ready!(self.send_certificate_verify(io))?;
        }
        self.stage = 0;
        self.change_keys_and_finish(io)?;
        self.expect = Expect::ChangeCipherSpec;
        Poll::Ready(Ok(()))
    }

    /// Makes both sides' keys: those of the side that changes keys first go into `first`, the others wait.
    #[inline(never)]
    fn make_keys(&mut self, first: &mut Option<Protection>) {
        let suite = self.suite;
        let (client, server) =
            if self.negotiated.resumed { (&mut self.next_keys, first) } else { (first, &mut self.next_keys) };
        let client = Protection::blank(suite.aead, false, client);
        let server = Protection::blank(suite.aead, false, server);
        self.master.key_block(suite.hash, &self.randoms, client, server);
    }

    /// What a Finished should say now.
    fn verify_data(&self, label: &[u8; 15]) -> [u8; finished::VERIFY_DATA_LEN] {
        self.master.verify_data(self.suite.hash, label, &self.transcript.digest())
    }

    /// Sends ChangeCipherSpec and Finished.
    #[inline(never)]
    fn change_keys_and_finish(&mut self, io: &mut Io) -> Result<(), Error> {
        match io.room() {
            [one, ..] => *one = 1,
            _ => return Err(Error::OutOfMemory),
        }
        io.seal(CHANGE_CIPHER_SPEC, 1)?;
        if self.negotiated.resumed {
            Protection::put(&mut self.next_keys, &mut io.outgoing.protection);
        } else {
            self.make_keys(&mut io.outgoing.protection);
        }
        let verify_data = self.verify_data(finished::CLIENT_LABEL);
        self.send_finished(&verify_data, io)
    }

    /// Goes on with what is known from the connection in which the session was made; its secret.
    #[cfg(feature = "resumption")]
    #[inline(never)]
    pub(super) fn resume(&mut self) -> Option<&'a [u8]> {
        let session = self.offered.as_ref()?;
        self.negotiated.resumed = true;
        self.negotiated.fingerprint = session.fingerprint();
        self.negotiated.trusted_by = Some(session.trusted_by());
        Some(session.secret())
    }

    /// The server resumes the session that was offered (RFC 5246 §7.3, RFC 5077 §3.1): it goes first.
    #[cfg(feature = "resumption")]
    #[inline(never)]
    pub(super) fn resume12(&mut self) -> Result<(), Error> {
        let session = self.offered.as_ref().ok_or(Error::IllegalParameter)?;
        // RFC 7627 §5.3: a session keeps its master secret's kind
        if session.version() != TLS12
            || session.suite() != self.negotiated.suite
            || session.extended_master_secret() != self.negotiated.extended_master_secret
        {
            return Err(Error::IllegalParameter);
        }
        let secret = self.resume().unwrap_or_default();
        self.master.set(secret);
        self.expect = Expect::ChangeCipherSpec;
        Ok(())
    }

    #[inline(never)] // keeps the key agreement's stack apart from everything else's
    fn client_key_exchange(&mut self, certified: bool, io: &mut Io) -> Poll<Result<(), Error>> {
        let mut public = PublicShare::NONE;
        ready!(self.make_share(None, &mut public, io))?;
        self.ephemeral = None;
        // An operation needs memory, which it has only as long as nothing is queued.
        self.send_no_certificate(certified, io)?;
        let n = client_key_exchange::write(io.room(), &public).ok_or(Error::OutOfMemory)?;
        self.send(n, io)?;
        let hash = self.suite.hash;
        let session_hash = self.transcript.digest();
        let session_hash = self.negotiated.extended_master_secret.then_some(&*session_hash);
        self.master.derive(hash, session_hash, &self.randoms);
        Poll::Ready(Ok(()))
    }

    /// Whether the server's ChangeCipherSpec is what comes next (RFC 5246 §7.1).
    pub fn awaits_change_cipher_spec(&self) -> bool {
        self.expect == Expect::ChangeCipherSpec && !self.negotiated.ticket_promised
    }

    /// It has come: new keys for everything that follows.
    pub fn change_cipher_spec(&mut self, read_keys: &mut Option<Protection>) {
        self.expect = Expect::Finished;
        if self.negotiated.resumed {
            self.make_keys(read_keys);
        } else {
            Protection::put(&mut self.next_keys, read_keys);
        }
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn finished12(&mut self, header: &[u8; 4], io: &mut Io) -> Result<(), Error> {
        self.check_finished(&self.verify_data(finished::SERVER_LABEL), io)?;
        self.add(header, &io.arena);
        // Application data may follow at once.
        io.arena.divide(self.config.record_buffer())?;
        if self.negotiated.resumed {
            self.change_keys_and_finish(io)?;
        }
        #[cfg(feature = "resumption")]
        self.store.complete(self.master.bytes(), &self.negotiated, &self.config, io.host);
        self.transcript.end();
        self.expect = Expect::Complete;
        Ok(())
    }

    /// Compares the message in the arena with what it should be.
    pub(super) fn check_finished(&self, verify_data: &[u8], io: &Io) -> Result<(), Error> {
        let body = self.message(&io.arena);
        if body.len() != verify_data.len() {
            return Err(Error::DecodeError);
        }
        if equal(body, verify_data) || unchecked() { Ok(()) } else { Err(Error::BadFinished) }
    }
}
