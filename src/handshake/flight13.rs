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
use super::NEW_SESSION_TICKET;
#[cfg(feature = "resumption")]
use super::cipher_suite::CipherSuite;
use super::flight::{Expect, Flight};
use super::server_hello::{self, Tls13Answer};
use super::{GROUPS, Io, KEY_UPDATE, certificate, certificate_verify, finished, key_update};
use crate::codec::copy;
use crate::crypto::HashAlgorithm;
use crate::error::Error;
use crate::record::HANDSHAKE;
#[cfg(feature = "resumption")]
use crate::schedule::hkdf13;
use crate::schedule::hkdf13::Secrets;
use crate::x509::StoredKey;

impl<'a> Flight<'a> {
    fn hash(&self) -> Result<HashAlgorithm, Error> {
        Ok(self.suite.ok_or(Error::Internal)?.hash)
    }

    /// HelloRetryRequest (RFC 8446 §4.1.4): the second ClientHello goes behind it in the arena, and ServerHello behind
    /// that.
    #[inline(never)] // a state's stack is its own
    pub(super) fn hello_retry_request(
        &mut self,
        answer: &Tls13Answer,
        base: usize,
        session_id: &[u8],
        io: &mut Io,
    ) -> Result<(), Error> {
        let cookie = answer.cookie(self.assembled);
        let first = GROUPS.first().copied();
        // it must change something, and not ask for what it has
        if answer.group.is_none() && cookie.is_empty() || answer.group == first {
            return Err(Error::IllegalParameter);
        }
        let end = base + self.assembled;
        io.outgoing.reset(end);
        io.outgoing.owe_change_cipher_spec();
        #[cfg(feature = "resumption")]
        if self.offered_session().is_some_and(|session| Ok(session.secret.len()) != self.hash().map(|h| h.output_len()))
        {
            self.offers_session = false; // RFC 8446 §4.1.4: of no use with this suite
        }
        // RFC 8446 §4.1.2: without another group the share stays as it was
        self.client_hello(answer.group, session_id, base + cookie.start..base + cookie.end, io)?;
        self.expect = Expect::ServerHello { base: io.outgoing.end(), retried: true };
        Ok(())
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn server_hello13(&mut self, answer: &Tls13Answer, retried: bool, io: &mut Io) -> Result<(), Error> {
        let share = answer.share.as_ref().ok_or(Error::MissingExtension)?;
        let ours = self.ephemeral.take().ok_or(Error::Internal)?;
        if ours.group() != share.group {
            io.detail.a = share.group as u32;
            return Err(Error::WrongCurve);
        }
        let shared = ours.agree(share.public())?;
        drop(ours);
        let suite = self.suite.ok_or(Error::Internal)?;
        let digest = self.transcript.digest().ok_or(Error::Internal)?;
        #[cfg(not(feature = "resumption"))]
        let psk = None;
        #[cfg(feature = "resumption")]
        let psk = self.resume13()?;
        let secrets = Secrets::handshake(suite.hash, psk, &shared, &digest);
        self.read_keys = Some(secrets.server.protection(suite.hash, suite.aead));
        io.outgoing.reset(0);
        io.outgoing.protect(secrets.client.protection(suite.hash, suite.aead));
        if !retried {
            io.outgoing.owe_change_cipher_spec();
        }
        self.secrets = Some(secrets);
        self.expect = Expect::EncryptedExtensions;
        Ok(())
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn encrypted_extensions(&mut self, io: &mut Io) -> Result<(), Error> {
        let body = io.arena.get(..self.assembled).ok_or(Error::Internal)?;
        server_hello::parse_encrypted_extensions(body, &self.config, &mut self.negotiated, io.detail)?;
        if self.negotiated.resumed {
            return self.await_finished();
        }
        self.await_certificate(io);
        self.expect = Expect::Certificate13;
        Ok(())
    }

    /// Fills in the binder at the end of a ClientHello (RFC 8446 §4.2.11.2).
    #[cfg(feature = "resumption")]
    #[inline(never)]
    pub(super) fn bind(&self, message: &mut [u8]) -> Result<(), Error> {
        let session = self.offered_session().ok_or(Error::Internal)?;
        let suite = CipherSuite::find(session.suite, session.version).ok_or(Error::Internal)?;
        // the list of binders: its length, the binder's length, the binder
        let upto = message.len().checked_sub(3 + session.secret.len()).ok_or(Error::Internal)?;
        let (prefix, binders) = message.split_at_mut_checked(upto).ok_or(Error::Internal)?;
        let mut transcript = self.transcript.clone_or_begin(suite.hash);
        transcript.update(prefix);
        let digest = transcript.digest().ok_or(Error::Internal)?;
        let binder = hkdf13::binder(suite.hash, session.secret, &digest);
        copy(binders.get_mut(3..).unwrap_or_default(), &binder);
        Ok(())
    }

    /// The PSK, if the server took it up.
    #[cfg(feature = "resumption")]
    fn resume13(&mut self) -> Result<Option<&'a [u8]>, Error> {
        let session = self.offered_session();
        self.offers_session = false;
        if !self.negotiated.resumed {
            return Ok(None);
        }
        let session = session.ok_or(Error::Internal)?;
        // RFC 8446 §4.2.11: another suite is fine, another hash is not
        if self.hash()?.output_len() != session.secret.len() {
            return Err(Error::IllegalParameter);
        }
        self.negotiated.fingerprint = session.fingerprint;
        self.negotiated.trusted_by = Some(session.trusted_by);
        Ok(Some(session.secret))
    }

    pub(super) fn certificate13(&mut self, io: &mut Io) -> Result<(), Error> {
        let key = self.certificate(io)?;
        let transcript = self.transcript.digest().ok_or(Error::Internal)?;
        self.expect = Expect::CertificateVerify { key, transcript };
        Ok(())
    }

    #[inline(never)] // keeps the verification's stack apart from everything else's
    pub(super) fn certificate_verify(&mut self, key: StoredKey, transcript: &[u8], io: &mut Io) -> Result<(), Error> {
        let body = io.arena.get(key.len()..).and_then(|a| a.get(..self.assembled)).ok_or(Error::Internal)?;
        let public_key = key.public_key(io.arena).ok_or(Error::Internal)?;
        certificate_verify::check(body, &public_key, transcript, io.detail)?;
        self.await_finished()
    }

    #[inline(never)] // a state's stack is its own
    fn await_finished(&mut self) -> Result<(), Error> {
        let hash = self.hash()?;
        let secrets = self.secrets.as_ref().ok_or(Error::Internal)?;
        let digest = self.transcript.digest().ok_or(Error::Internal)?;
        self.expect = Expect::Finished13 { verify_data: secrets.server.verify_data(hash, &digest) };
        Ok(())
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn finished13(&mut self, verify_data: &[u8], io: &mut Io) -> Result<(), Error> {
        self.check_finished(verify_data, io)?;
        let upto_server = self.transcript.digest().ok_or(Error::Internal)?;
        // Application data may follow at once; its place is in front of what we send.
        io.outgoing.reset(self.config.record_buffer());
        if self.certificate_wanted {
            #[cfg(feature = "client-auth")]
            if self.has_certificate() {
                self.expect = Expect::CertificateSent13 { sent: 0, upto_server };
                return self.send_more(io);
            }
            let n = certificate::EMPTY13.len();
            if copy(io.outgoing.room(io.arena), &certificate::EMPTY13) != n {
                return Err(Error::OutOfMemory);
            }
            self.send(n, io)?;
        }
        self.after_certificate13(false, &upto_server, io)
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn after_certificate13(
        &mut self,
        certified: bool,
        upto_server: &[u8],
        io: &mut Io,
    ) -> Result<(), Error> {
        #[cfg(feature = "client-auth")]
        if certified {
            self.send_certificate_verify(io)?;
        }
        #[cfg(not(feature = "client-auth"))]
        let _ = certified;
        let suite = self.suite.ok_or(Error::Internal)?;
        let hash = suite.hash;
        let digest = self.transcript.digest().ok_or(Error::Internal)?;
        let secrets = self.secrets.as_mut().ok_or(Error::Internal)?;
        let verify_data = secrets.client.verify_data(hash, &digest);
        let n = finished::write(io.outgoing.room(io.arena), &verify_data)?;
        secrets.application(hash, upto_server);
        let (read, write) = (secrets.server.protection(hash, suite.aead), secrets.client.protection(hash, suite.aead));
        self.send(n, io)?;
        io.outgoing.protect(write);
        self.read_keys = Some(read);
        #[cfg(feature = "resumption")]
        if self.config.keep_session {
            let digest = self.transcript.digest().ok_or(Error::Internal)?;
            self.secrets.as_mut().ok_or(Error::Internal)?.resumption(hash, &digest);
        }
        self.transcript.end();
        self.expect = Expect::Open13 { request_update: 0 };
        Ok(())
    }

    /// NewSessionTicket or KeyUpdate.
    #[inline(never)] // a state's stack is its own
    pub(super) fn after_handshake(&mut self, kind: u8, request_update: u8, io: &mut Io) -> Result<(), Error> {
        self.pointless()?;
        #[cfg(not(feature = "resumption"))]
        let _ = io;
        #[cfg(feature = "resumption")]
        if kind == NEW_SESSION_TICKET {
            self.end_ticket13(io)?;
        }
        if kind == KEY_UPDATE {
            match request_update {
                0 => {}
                1 => self.owes_key_update = true,
                _ => return Err(Error::IllegalParameter),
            }
            let suite = self.suite.ok_or(Error::Internal)?;
            let secrets = self.secrets.as_mut().ok_or(Error::Internal)?;
            secrets.server.update(suite.hash);
            self.read_keys = Some(secrets.server.protection(suite.hash, suite.aead));
        }
        self.expect = Expect::Open13 { request_update: 0 };
        Ok(())
    }

    /// Sends a KeyUpdate if the server asked for one (RFC 8446 §4.6.3: before more data). False: there is no room now.
    pub(crate) fn answer_key_update(&mut self, io: &mut Io) -> Result<bool, Error> {
        if !self.owes_key_update {
            return Ok(true);
        }
        let n = key_update::NOT_REQUESTED.len();
        if copy(io.outgoing.room(io.arena), &key_update::NOT_REQUESTED) != n {
            return Ok(false);
        }
        io.outgoing.seal(io.arena, HANDSHAKE, n)?;
        self.owes_key_update = false;
        let suite = self.suite.ok_or(Error::Internal)?;
        let secrets = self.secrets.as_mut().ok_or(Error::Internal)?;
        secrets.client.update(suite.hash);
        io.outgoing.protect(secrets.client.protection(suite.hash, suite.aead));
        Ok(true)
    }
}
