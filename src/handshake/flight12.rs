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

use super::cipher_suite::Kind;
use super::flight::{Expect, Flight};
use super::server_key_exchange::ServerShare;
use super::{HELLO_REQUEST, Io, Randoms, certificate, client_key_exchange, finished, server_key_exchange};
use crate::codec::copy;
#[cfg(feature = "resumption")]
use crate::config::TLS12;
use crate::crypto::{EphemeralKey, PublicKey, equal};
use crate::error::{Alert, Error};
use crate::record::CHANGE_CIPHER_SPEC;
use crate::record::protection::Protection;
use crate::schedule::prf12::{KeyBlock, MasterSecret};
use crate::x509::StoredKey;

impl Flight<'_> {
    /// During a handshake it is ignored, later refused: this client never renegotiates (RFC 5246 §7.4.1.1).
    pub(super) fn hello_request(&mut self, length: u32, io: &mut Io) -> Result<(), Error> {
        io.detail.a = HELLO_REQUEST.into();
        if length != 0 {
            return Err(Error::DecodeError);
        }
        self.pointless()?;
        if self.is_complete() {
            // no room means that the caller has not pulled the last warning yet: one is enough
            let _ = io.outgoing.alert(io.arena, 1, Alert::NoRenegotiation as u8);
        }
        Ok(())
    }

    pub(super) fn certificate12(&mut self, io: &mut Io) -> Result<(), Error> {
        let key = self.certificate(io)?;
        let kind = match key.public_key(io.arena) {
            Some(PublicKey::Rsa { .. }) => Kind::Rsa,
            _ => Kind::Ecdsa,
        };
        if self.suite.is_none_or(|suite| suite.kind != kind) {
            return Err(Error::WrongCertificateType);
        }
        self.expect = Expect::ServerKeyExchange { key };
        Ok(())
    }

    #[inline(never)] // keeps the verification's stack apart from everything else's
    pub(super) fn server_key_exchange(&mut self, key: StoredKey, io: &mut Io) -> Result<(), Error> {
        let body = io.arena.get(key.len()..).and_then(|a| a.get(..self.assembled)).ok_or(Error::Internal)?;
        let public_key = key.public_key(io.arena).ok_or(Error::Internal)?;
        let share = server_key_exchange::parse(body, &public_key, &self.randoms, io.detail)?;
        self.expect = Expect::ServerHelloDone { share };
        Ok(())
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn server_hello_done(
        &mut self,
        share: ServerShare,
        certificate_wanted: bool,
        io: &mut Io,
    ) -> Result<(), Error> {
        io.outgoing.reset(0);
        #[cfg(feature = "client-auth")]
        if certificate_wanted && self.has_certificate() {
            self.expect = Expect::CertificateSent { share, sent: 0 };
            return self.send_more(io);
        }
        if certificate_wanted {
            let n = certificate::EMPTY.len();
            if copy(io.outgoing.room(io.arena), &certificate::EMPTY) != n {
                return Err(Error::OutOfMemory);
            }
            self.send(n, io)?;
        }
        self.after_certificate12(share, false, io)
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn after_certificate12(
        &mut self,
        share: ServerShare,
        certified: bool,
        io: &mut Io,
    ) -> Result<(), Error> {
        let master = self.client_key_exchange(&share, io)?;
        #[cfg(feature = "client-auth")]
        if certified {
            self.send_certificate_verify(io)?;
        }
        #[cfg(not(feature = "client-auth"))]
        let _ = certified;
        let read = self.change_keys_and_finish(&master, io)?;
        self.expect = Expect::ChangeCipherSpec { read, master };
        Ok(())
    }

    fn keys(&self, master: &MasterSecret) -> Result<KeyBlock, Error> {
        let suite = self.suite.ok_or(Error::Internal)?;
        let Randoms { client, server } = &self.randoms;
        Ok(master.key_block(suite.hash, client, server, suite.aead.key_len(), suite.fixed_iv_len.into()))
    }

    /// Sends ChangeCipherSpec and Finished; returns the keys for the server's.
    #[inline(never)]
    fn change_keys_and_finish(&mut self, master: &MasterSecret, io: &mut Io) -> Result<Protection, Error> {
        let suite = self.suite.ok_or(Error::Internal)?;
        let keys = self.keys(master)?;
        match io.outgoing.room(io.arena) {
            [one, ..] => *one = 1,
            _ => return Err(Error::OutOfMemory),
        }
        io.outgoing.seal(io.arena, CHANGE_CIPHER_SPEC, 1)?;
        let (key, iv) = keys.client();
        io.outgoing.protect(Protection::new(suite.aead, key, iv));

        let digest = self.transcript.digest().ok_or(Error::Internal)?;
        let verify_data = master.verify_data(suite.hash, finished::CLIENT_LABEL, &digest);
        let n = finished::write(io.outgoing.room(io.arena), &verify_data)?;
        self.send(n, io)?;

        let (key, iv) = keys.server();
        Ok(Protection::new(suite.aead, key, iv))
    }

    /// The server resumes the session that was offered (RFC 5246 §7.3, RFC 5077 §3.1): it goes first.
    #[cfg(feature = "resumption")]
    #[inline(never)]
    pub(super) fn resume12(&mut self) -> Result<(), Error> {
        let session = self.offered_session().filter(|session| session.version == TLS12);
        // RFC 7627 §5.3: a session keeps its master secret's kind
        let session = session
            .filter(|s| s.suite == self.negotiated.suite)
            .filter(|s| s.extended_master_secret == self.negotiated.extended_master_secret)
            .ok_or(Error::IllegalParameter)?;
        self.negotiated.resumed = true;
        self.negotiated.fingerprint = session.fingerprint;
        self.negotiated.trusted_by = Some(session.trusted_by);
        let master = MasterSecret::resumed(session.secret);
        let suite = self.suite.ok_or(Error::Internal)?;
        let keys = self.keys(&master)?;
        let (key, iv) = keys.server();
        self.expect = Expect::ChangeCipherSpec { read: Protection::new(suite.aead, key, iv), master };
        Ok(())
    }

    #[inline(never)] // keeps the key agreement's stack apart from everything else's
    fn client_key_exchange(&mut self, share: &ServerShare, io: &mut Io) -> Result<MasterSecret, Error> {
        let host = &mut *io.host;
        let mut random = |out: &mut [u8]| if host.random(out) { Ok(()) } else { Err(Error::RandomFailed) };
        // a key made for TLS 1.3 that the server had no use for does as well
        let ours = match self.ephemeral.take() {
            Some(key) if key.group() == share.group => key,
            _ => EphemeralKey::generate(share.group, &mut random)?,
        };
        let premaster = ours.agree(share.public())?;
        let mut public = [0; 65];
        let n = ours.public(&mut public);
        let n = client_key_exchange::write(io.outgoing.room(io.arena), public.get(..n).unwrap_or_default())?;
        self.send(n, io)?;
        let hash = self.suite.ok_or(Error::Internal)?.hash;
        let session_hash = if self.negotiated.extended_master_secret { self.transcript.digest() } else { None };
        let Randoms { client, server } = &self.randoms;
        Ok(MasterSecret::derive(hash, &premaster, session_hash.as_deref(), client, server))
    }

    /// The server's ChangeCipherSpec (RFC 5246 §7.1): gives out the keys for everything that follows.
    pub fn change_cipher_spec(&mut self, io: &mut Io) -> Result<Protection, Error> {
        match core::mem::replace(&mut self.expect, Expect::Nothing) {
            Expect::ChangeCipherSpec { read, master } if !self.negotiated.ticket_promised => {
                self.expect = Expect::Finished { master, verify_data: [0; finished::VERIFY_DATA_LEN] };
                Ok(read)
            }
            _ => {
                io.detail.a = 256 + u32::from(CHANGE_CIPHER_SPEC);
                Err(Error::UnexpectedMessage)
            }
        }
    }

    /// Finished is about to come: what it should say is about everything before it.
    pub(super) fn before_finished12(&mut self) -> Result<(), Error> {
        if let Expect::Finished { master, verify_data } = &mut self.expect {
            let (Some(suite), Some(digest)) = (&self.suite, self.transcript.digest()) else {
                return Err(Error::Internal);
            };
            *verify_data = master.verify_data(suite.hash, finished::SERVER_LABEL, &digest);
        }
        Ok(())
    }

    #[inline(never)] // a state's stack is its own
    pub(super) fn finished12(&mut self, master: &MasterSecret, verify_data: &[u8], io: &mut Io) -> Result<(), Error> {
        self.check_finished(verify_data, io)?;
        if self.negotiated.resumed {
            // Application data may follow at once; its place is in front of what we send.
            io.outgoing.reset(self.config.record_buffer());
            self.change_keys_and_finish(master, io)?;
        }
        #[cfg(feature = "resumption")]
        self.complete_session12(master.bytes(), io);
        self.transcript.end();
        self.expect = Expect::HelloRequest;
        Ok(())
    }

    /// Compares the message in the arena with what it should be.
    pub(super) fn check_finished(&self, verify_data: &[u8], io: &Io) -> Result<(), Error> {
        let body = io.arena.get(..self.assembled).unwrap_or_default();
        if body.len() != verify_data.len() {
            return Err(Error::DecodeError);
        }
        if equal(body, verify_data) { Ok(()) } else { Err(Error::BadFinished) }
    }
}
