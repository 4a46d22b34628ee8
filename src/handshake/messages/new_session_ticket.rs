//! NewSessionTicket (RFC 5077 §3.3, RFC 8446 §4.6.1), and the session id of TLS 1.2's ServerHello: what a later connection
//! resumes. They are collected in memory from the host, where they become a [`crate::session`].

use crate::codec::{Cursor, copy};
use crate::config::Config;
use crate::crypto::wipe;
use crate::error::Error;
use crate::handshake::flight::Flight;
use crate::handshake::{Io, Negotiated};
use crate::host::Host;
use crate::schedule::suite_hash::Output;
use crate::session::{self, HEADER_LEN, MAX_TICKET, OVERHEAD, Ticket};

/// Bytes that the message of TLS 1.3 may have besides the ticket: numbers, a nonce, extensions.
const MAX_BESIDES: usize = 120;

/// RFC 5246 §F.1.4: an upper limit of a day for ids.
const ID_LIFETIME: u32 = 86_400;

/// Tickets of a connection that a session is made of. A server may send any number of them, and each takes some hashing:
/// of more than these nothing is kept, and what they cost is no more than their bytes do.
const MAX_TICKETS: u8 = 32;

/// The session that the server gave, or is giving.
pub struct SessionStore {
    /// Tickets that have come, those that count.
    tickets: u8,
    memory: Option<&'static mut [u8]>,
    known: Ticket,
    /// Bytes of the session; 0: it is not complete.
    len: usize,
}

impl SessionStore {
    /// There is none.
    pub const NONE: Self = SessionStore { tickets: 0, memory: None, known: Ticket::NONE, len: 0 };

    /// The session, or nothing.
    pub fn session(&self) -> &[u8] {
        self.memory.as_deref().and_then(|memory| memory.get(..self.len)).unwrap_or_default()
    }

    /// Bytes of memory it has from the host.
    pub fn memory_len(&self) -> usize {
        self.memory.as_deref().map_or(0, <[u8]>::len)
    }

    /// Gives back the memory.
    pub fn forget(&mut self, host: &mut dyn Host) {
        self.len = 0;
        self.known = Ticket::NONE;
        if let Some(memory) = self.memory.take() {
            wipe(memory);
            host.free(memory);
        }
    }

    /// Whether the current ticket is one of those that a session is made of.
    fn takes_ticket(&self) -> bool {
        self.tickets <= MAX_TICKETS
    }

    /// Makes room for a ticket of so many bytes. Without memory there is no session, and no harm done.
    fn begin(&mut self, len: usize, host: &mut dyn Host) {
        self.forget(host);
        self.memory = host.alloc(OVERHEAD + len);
        if self.memory_len() < OVERHEAD + len {
            self.forget(host);
        }
    }

    /// The handshake that made the session is complete, or in TLS 1.3 the ticket.
    #[inline(never)]
    pub(in crate::handshake) fn complete(
        &mut self,
        secret: &[u8],
        negotiated: &Negotiated,
        config: &Config,
        host: &mut dyn Host,
    ) {
        if let (Some(memory), 1..=MAX_TICKET) = (self.memory.as_deref_mut(), self.known.len) {
            self.len = session::write(memory, &self.known, secret, negotiated, config, session::now(host));
        }
    }

    /// The place for the ticket.
    #[inline(never)]
    fn ticket(&mut self) -> &mut [u8] {
        self.memory.as_deref_mut().and_then(|memory| memory.get_mut(HEADER_LEN..)).unwrap_or_default()
    }
}

/// Moves bytes to the front. `copy_within` would do, but can panic as far as the compiler sees, which takes 5 KB where
/// Rust's core comes ready-made.
fn to_front(bytes: &mut [u8], from: usize, len: usize) {
    for to in 0..len {
        if let Some(&byte) = bytes.get(from + to)
            && let Some(place) = bytes.get_mut(to)
        {
            *place = byte;
        }
    }
}

impl Flight<'_> {
    /// NewSessionTicket begins.
    pub(in crate::handshake) fn begin_ticket(&mut self, length: u32, io: &mut Io) {
        self.store.tickets = self.store.tickets.saturating_add(1);
        if !self.store.takes_ticket() {
            return;
        }
        self.store.forget(io.host);
        if self.config.keep_session && length as usize <= MAX_TICKET + MAX_BESIDES {
            self.store.begin(length as usize, io.host);
        }
    }

    /// A piece of it.
    pub(in crate::handshake) fn ticket_piece(&mut self, piece: &[u8]) {
        if self.store.takes_ticket() {
            copy(self.store.ticket().get_mut(self.assembled..).unwrap_or_default(), piece);
            self.assembled += piece.len();
        }
    }

    /// It is complete; in TLS 1.2 the session is, too, when the handshake is.
    #[inline(never)]
    pub(in crate::handshake) fn end_ticket(&mut self, io: &mut Io) -> Result<(), Error> {
        self.negotiated.ticket_promised = false; // it has come: once is enough
        if !self.store.takes_ticket() {
            return Ok(());
        }
        let tls13 = self.is_tls13();
        let len = self.assembled;
        let Some(message) = self.store.ticket().get_mut(..len) else { return Ok(()) };
        let mut c = Cursor(message);
        let mut lifetime = c.u32()?;
        let mut psk = Output::new(self.suite.hash);
        let mut age_add = 0;
        #[cfg(feature = "tls13")]
        if tls13 {
            age_add = c.u32()?;
            self.secrets.psk(self.suite.hash, c.vec8()?, &mut psk);
        }
        let ticket_len = c.vec16()?.len();
        let after = c.0.len();
        if tls13 {
            if ticket_len == 0 {
                return Err(Error::DecodeError); // RFC 8446 §4.6.1: never empty
            }
            c.vec16()?; // extensions: only early data's is known, and that is not for us
        } else if lifetime == 0 {
            lifetime = ID_LIFETIME; // RFC 5077 §3.3: left to the client. An empty ticket: the server changed its mind.
        }
        c.end()?;
        to_front(message, len - after - ticket_len, ticket_len);
        self.store.known = Ticket { len: ticket_len, lifetime, age_add, by_id: false };
        if tls13 && lifetime != 0 {
            self.store.complete(&psk, &self.negotiated, &self.config, io.host);
        }
        Ok(())
    }

    /// A session id came with ServerHello (TLS 1.2).
    pub(in crate::handshake) fn keep_session_id(&mut self, id: &[u8], host: &mut dyn Host) {
        if !self.config.keep_session || id.is_empty() {
            return;
        }
        self.store.begin(id.len(), host);
        let len = copy(self.store.ticket(), id);
        self.store.known = Ticket { len, lifetime: ID_LIFETIME, age_add: 0, by_id: true };
    }
}
