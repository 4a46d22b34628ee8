//! Resumption, and the sessions that a handshake makes: from tickets (NewSessionTicket) and from the session id of TLS
//! 1.2's ServerHello, which are collected in memory from the host. `without/resume.rs` stands for this file in builds
//! without the feature `resumption`.

use super::state::{Expect, Handshake};
use crate::codec::{Cursor, copy};
use crate::config::TLS12;
use crate::error::Error;
use crate::handshake::StepContext;
use crate::handshake::messages::new_session_ticket::{MAX_BESIDES, NewSessionTicket};
use crate::handshake::messages::server_hello;
use crate::handshake::session::{MAX_TICKET, Ticket};
use crate::handshake::session_store::to_front;
use crate::host::Host;
use crate::schedule::suite_hash::Output;
#[cfg(feature = "tls13")]
use crate::schedule::suite_hash::SuiteHash;

/// RFC 5246 §F.1.4: an upper limit of a day for ids.
const ID_LIFETIME: u32 = 86_400;

impl<'a> Handshake<'a> {
    /// Goes on with what is known from the connection in which the session was made; its secret.
    #[inline(never)]
    fn resume(&mut self) -> Option<&'a [u8]> {
        let session = self.sessions.offered.as_ref()?;
        self.negotiated.resumed = true;
        self.negotiated.fingerprint = session.fingerprint();
        self.negotiated.trusted_by = Some(session.trusted_by());
        Some(session.secret())
    }

    /// The server resumes the session that was offered (RFC 5246 §7.3, RFC 5077 §3.1): it goes first.
    #[inline(never)]
    pub(super) fn resume12(&mut self) -> Result<(), Error> {
        let session = self.sessions.offered.as_ref().ok_or(Error::IllegalParameter)?;
        // RFC 7627 §5.3: a session keeps its master secret's kind
        if session.version() != TLS12
            || session.suite() != self.negotiated.suite
            || session.extended_master_secret() != self.negotiated.extended_master_secret
        {
            return Err(Error::IllegalParameter);
        }
        let secret = self.resume().unwrap_or_default();
        self.master.set(secret);
        self.await_server_keys();
        Ok(())
    }

    /// The server does not resume a session, and may give a new one with its ServerHello: its id.
    #[inline(always)] // there is but one caller
    pub(super) fn full_handshake12(&mut self, server_hello: &[u8], host: &mut dyn Host) -> Result<(), Error> {
        self.sessions.offered = None;
        if self.negotiated.ticket_promised {
            return Ok(());
        }
        let id = Cursor(server_hello.get(server_hello::SESSION_ID_AT..).unwrap_or_default()).vec8()?;
        if self.config.keep_session && !id.is_empty() {
            self.sessions.store.keep_id(id, ID_LIFETIME, host);
        }
        Ok(())
    }

    /// The handshake of TLS 1.2 is complete, and with it the session that the server gave.
    pub(super) fn complete_session12(&mut self, host: &mut dyn Host) {
        self.sessions.store.complete(self.master.bytes(), &self.negotiated, &self.config, host);
    }

    /// Looks whether the server took the PSK up.
    #[cfg(feature = "tls13")]
    pub(super) fn resume13(&mut self) -> Result<(), Error> {
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

    /// Fills in the binder at the end of a ClientHello (RFC 8446 §4.2.11.2), and adds the message to the transcript.
    #[cfg(feature = "tls13")]
    #[inline(never)]
    pub(super) fn bind(&mut self, message: &mut [u8]) -> Result<(), Error> {
        let session = self.sessions.offered.as_ref().ok_or(Error::Internal)?;
        let secret = session.secret();
        let hash = SuiteHash::of_len(secret.len());
        // the list of binders: its length, the binder's length, the binder
        let upto = message.len().checked_sub(3 + secret.len()).ok_or(Error::Internal)?;
        let (prefix, binders) = message.split_at_mut_checked(upto).ok_or(Error::Internal)?;
        self.transcript.start(hash, &[]);
        self.transcript.update(prefix);
        let digest = self.transcript.digest();
        let binder = self.secrets.binder(hash, secret, &digest);
        copy(binders.get_mut(3..).unwrap_or_default(), &binder);
        self.transcript.update(binders);
        Ok(())
    }

    /// Keeps what tickets of TLS 1.3 are made of: the transcript up to our Finished.
    #[cfg(feature = "tls13")]
    pub(super) fn keep_resumption_secret(&mut self) {
        if self.config.keep_session {
            let digest = self.transcript.digest();
            self.secrets.end(&digest);
        }
    }

    /// NewSessionTicket begins.
    pub(super) fn start_ticket(&mut self, length: u32, context: &mut StepContext) {
        let is_wanted = self.config.keep_session && length as usize <= MAX_TICKET + MAX_BESIDES;
        self.sessions.store.start_ticket(length as usize, is_wanted, context.host);
    }

    /// A piece of it.
    pub(super) fn ticket_piece(&mut self, bytes: &[u8]) {
        if self.sessions.store.takes_ticket() {
            copy(self.sessions.store.ticket().get_mut(self.assembled..).unwrap_or_default(), bytes);
            self.assembled += bytes.len();
        }
    }

    /// NewSessionTicket is complete; in TLS 1.2 the session is, too, when the handshake is.
    #[inline(always)] // into its row
    pub(super) fn new_session_ticket(&mut self, context: &mut StepContext) -> Result<(), Error> {
        let tls13 = self.is_tls13();
        if !tls13 {
            self.expect = Expect::ChangeCipherSpec;
        }
        if !self.sessions.store.takes_ticket() {
            return Ok(());
        }
        let len = self.assembled;
        let Some(message) = self.sessions.store.ticket().get_mut(..len) else { return Ok(()) };
        let ticket = NewSessionTicket::parse(message, tls13)?;
        let mut psk = Output::new(self.suite.hash);
        #[cfg(feature = "tls13")]
        if tls13 {
            self.secrets.psk(self.suite.hash, ticket.nonce, &mut psk);
        }
        // RFC 5077 §3.3: left to the client
        let lifetime = if !tls13 && ticket.lifetime == 0 { ID_LIFETIME } else { ticket.lifetime };
        let known = Ticket { len: ticket.len, lifetime, age_add: ticket.age_add, by_id: false };
        to_front(message, len - ticket.after - known.len, known.len);
        self.sessions.store.keep_ticket(known);
        if tls13 && lifetime != 0 {
            self.sessions.store.complete(&psk, &self.negotiated, &self.config, context.host);
        }
        Ok(())
    }
}
