//! The order of messages in a full TLS 1.3 handshake (RFC 8446 §2), one state an awaited message.
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

#[cfg(feature = "resumption")]
use crate::codec::copy;
use crate::codec::piece;
#[cfg(feature = "resumption")]
use crate::config::TLS13;
use crate::crypto::{EphemeralKey, PublicShare, SharedSecret};
use crate::error::Error;
#[cfg(feature = "resumption")]
use crate::handshake::NEW_SESSION_TICKET;
use crate::handshake::flight::{Expect, Flight};
use crate::handshake::messages::server_hello::{self, Tls13Answer};
use crate::handshake::messages::{certificate_verify, key_update};
use crate::handshake::{Io, KEY_UPDATE};
use crate::schedule::hkdf13;
#[cfg(feature = "resumption")]
use crate::schedule::suite_hash::SuiteHash;
use core::task::{Poll, ready};

impl<'a> Flight<'a> {
    /// From the next record on, the server's keys are those made of its secret.
    #[inline(never)]
    fn new_read_keys(&mut self, io: &mut Io) {
        let suite = self.suite;
        self.has_new_read_keys = true;
        hkdf13::protect(suite.hash, &self.secrets.server, suite.aead, &mut io.incoming.protection);
    }

    /// HelloRetryRequest (RFC 8446 §4.1.4): the second ClientHello goes behind it in the arena, and ServerHello behind
    /// that.
    #[inline(never)] // a state's stack is its own
    pub(super) fn hello_retry_request(
        &mut self,
        answer: &Tls13Answer,
        session_id: &[u8],
        io: &mut Io,
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
        ready!(self.make_share(answer.group, &mut public, io))?;
        let base = self.base;
        io.arena.restart_queue(base + self.assembled);
        io.outgoing.owe_change_cipher_spec();
        #[cfg(feature = "resumption")]
        if let Some(session) = &self.offered
            && session.version() == TLS13
            && session.secret().len() != self.suite.hash.output_len()
        {
            self.offered = None; // RFC 8446 §4.1.4: of no use with this suite
        }
        self.client_hello(&public, session_id, base + cookie.start..base + cookie.end, io)?;
        (self.base, self.retried) = (io.arena.queue_end(), true);
        Poll::Ready(Ok(()))
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn server_hello13(&mut self, answer: &Tls13Answer, io: &mut Io) -> Poll<Result<(), Error>> {
        self.stage = 1;
        let group = answer.group.ok_or(Error::MissingExtension)?;
        let ours = self.ephemeral.as_ref().ok_or(Error::IllegalParameter)?; // none was sent
        if ours.group() != group {
            io.detail.a = group as u32;
            return Poll::Ready(Err(Error::WrongCurve));
        }
        let (received, work) = &mut io.arena.received_and_work(&mut io.progress);
        let share = piece(received, self.base, self.assembled).get(answer.place.clone());
        let mut shared = SharedSecret::NONE;
        ready!(ours.agree(share.unwrap_or_default(), &mut shared, work))?;
        self.ephemeral = None;
        let suite = self.suite;
        let digest = self.transcript.digest();
        #[cfg(feature = "resumption")]
        self.resume13()?;
        self.secrets.handshake(suite.hash, self.negotiated.resumed, &shared, &digest);
        hkdf13::protect(suite.hash, &self.secrets.client, suite.aead, &mut io.outgoing.protection);
        self.new_read_keys(io);
        io.arena.restart_queue(0);
        if !self.retried {
            io.outgoing.owe_change_cipher_spec();
        }
        self.base = 0;
        self.expect = Expect::EncryptedExtensions;
        Poll::Ready(Ok(()))
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn encrypted_extensions(&mut self, io: &mut Io) -> Result<(), Error> {
        let body = self.message(&io.arena);
        server_hello::parse_encrypted_extensions(body, &self.config, &mut self.negotiated, &mut io.detail)?;
        if self.negotiated.resumed {
            self.expect = Expect::Finished;
        } else {
            self.await_certificate(io);
        }
        Ok(())
    }

    /// Fills in the binder at the end of a ClientHello (RFC 8446 §4.2.11.2).
    #[cfg(feature = "resumption")]
    #[inline(never)]
    pub(super) fn bind(&mut self, message: &mut [u8]) -> Result<(), Error> {
        let session = self.offered.as_ref().ok_or(Error::Internal)?;
        let secret = session.secret();
        let hash = SuiteHash::of_len(secret.len());
        // the list of binders: its length, the binder's length, the binder
        let upto = message.len().checked_sub(3 + secret.len()).ok_or(Error::Internal)?;
        let (prefix, binders) = message.split_at_mut_checked(upto).ok_or(Error::Internal)?;
        self.transcript.begin(hash, &[]);
        self.transcript.update(prefix);
        let digest = self.transcript.digest();
        let binder = self.secrets.binder(hash, secret, &digest);
        copy(binders.get_mut(3..).unwrap_or_default(), &binder);
        self.transcript.update(binders);
        Ok(())
    }

    /// Looks whether the server took the PSK up.
    #[cfg(feature = "resumption")]
    fn resume13(&mut self) -> Result<(), Error> {
        if !self.negotiated.resumed {
            return Ok(());
        }
        let secret = self.resume().ok_or(Error::Internal)?;
        // RFC 8446 §4.2.11: another suite is fine, another hash is not
        if self.suite.hash.output_len() != secret.len() {
            return Err(Error::IllegalParameter);
        }
        Ok(())
    }

    #[inline(never)] // keeps the verification's stack apart from everything else's
    pub(super) fn certificate_verify(&mut self, header: &[u8; 4], io: &mut Io) -> Poll<Result<(), Error>> {
        let (workspace, work) = &mut io.arena.received_and_work(&mut io.progress);
        let body = piece(workspace, self.base, self.assembled);
        let digest = self.transcript.digest();
        ready!(certificate_verify::check(body, &self.key, workspace, &digest, &mut io.detail, work))?;
        self.add(header, &io.arena);
        self.expect = Expect::Finished;
        Poll::Ready(Ok(()))
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn finished13(&mut self, header: &[u8; 4], io: &mut Io) -> Poll<Result<(), Error>> {
        let suite = self.suite;
        let digest = self.transcript.digest();
        let verify_data = hkdf13::verify_data(suite.hash, &self.secrets.server, &digest);
        self.check_finished(&verify_data, io)?;
        self.add(header, &io.arena);
        let digest = self.transcript.digest();
        self.secrets.application(suite.hash, &digest);
        self.new_read_keys(io);
        // Application data may follow at once.
        io.arena.divide(self.config.record_buffer())?;
        self.send_flight(io)
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn after_certificate13(&mut self, certified: bool, io: &mut Io) -> Poll<Result<(), Error>> {
        self.send_no_certificate(certified, io)?;
        #[cfg(feature = "client-auth")]
        if certified {
            self.stage = 1;
            ready!(self.send_certificate_verify(io))?;
            self.stage = 0;
        }
        let suite = self.suite;
        let digest = self.transcript.digest();
        let verify_data = hkdf13::verify_data(suite.hash, &self.secrets.client, &digest);
        self.send_finished(&verify_data, io)?;
        let client = self.secrets.next_client();
        hkdf13::protect(suite.hash, client, suite.aead, &mut io.outgoing.protection);
        #[cfg(feature = "resumption")]
        if self.config.keep_session {
            let digest = self.transcript.digest();
            self.secrets.end(&digest);
        }
        self.transcript.end();
        self.expect = Expect::Complete;
        Poll::Ready(Ok(()))
    }

    /// NewSessionTicket or KeyUpdate.
    #[inline(never)] // a state's stack is its own
    pub(super) fn after_handshake(&mut self, kind: u8, io: &mut Io) -> Result<(), Error> {
        #[cfg(feature = "resumption")]
        if kind == NEW_SESSION_TICKET {
            self.end_ticket(io)?;
        }
        if kind == KEY_UPDATE {
            self.pointless()?;
            match self.request_update {
                0 => {}
                1 => self.owes_key_update = true,
                _ => return Err(Error::IllegalParameter),
            }
            let suite = self.suite;
            hkdf13::update(suite.hash, &mut self.secrets.server);
            self.new_read_keys(io);
        }
        Ok(())
    }

    /// Sends a KeyUpdate if the server asked for one (RFC 8446 §4.6.3: before more data). False: there is no room now.
    pub(crate) fn answer_key_update(&mut self, io: &mut Io) -> Result<bool, Error> {
        if !self.owes_key_update {
            return Ok(true);
        }
        match self.send_message(&key_update::NOT_REQUESTED, io) {
            Err(Error::OutOfMemory) => return Ok(false),
            result => result?,
        }
        self.owes_key_update = false;
        let suite = self.suite;
        let client = &mut self.secrets.client;
        hkdf13::update(suite.hash, client);
        hkdf13::protect(suite.hash, client, suite.aead, &mut io.outgoing.protection);
        Ok(true)
    }
}
