//! Keeps the session that the server gives, in memory from the host. First it is a ticket; it becomes a
//! [`session`](crate::handshake::session) when the secret that belongs to it is known.

use crate::codec::copy;
use crate::config::Config;
use crate::crypto::wipe;
use crate::handshake::Negotiated;
use crate::handshake::session::{self, HEADER_LEN, MAX_TICKET, OVERHEAD, Ticket};
use crate::host::{Host, Memory};

/// Tickets of a connection that a session is made of. A server may send any number of them, and each takes some
/// hashing: of more than these nothing is kept, and what they cost is no more than their bytes do.
const MAX_TICKETS: u8 = 32;

/// The session that the server gave, or is giving.
pub struct SessionStore {
    /// Tickets that have come, those that count.
    tickets: u8,
    memory: Option<Memory>,
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
        if let Some(mut memory) = self.memory.take() {
            wipe(&mut memory);
            host.free(memory);
        }
    }

    /// Whether the current ticket is one of those that a session is made of.
    pub fn takes_ticket(&self) -> bool {
        self.tickets <= MAX_TICKETS
    }

    /// A NewSessionTicket of `len` bytes begins, of which a session is to be made if `is_wanted`. What was there before
    /// it is forgotten, unless there have been too many.
    pub fn start_ticket(&mut self, len: usize, is_wanted: bool, host: &mut dyn Host) {
        self.tickets = self.tickets.saturating_add(1);
        if !self.takes_ticket() {
            return;
        }
        self.forget(host);
        if is_wanted {
            self.make_room(len, host);
        }
    }

    /// Makes room for a ticket of so many bytes. Without memory there is no session, and no harm done.
    fn make_room(&mut self, len: usize, host: &mut dyn Host) {
        self.forget(host);
        self.memory = host.alloc(OVERHEAD + len);
        if self.memory_len() < OVERHEAD + len {
            self.forget(host);
        }
    }

    /// The place for the ticket.
    #[inline(never)]
    pub fn ticket(&mut self) -> &mut [u8] {
        self.memory.as_deref_mut().and_then(|memory| memory.get_mut(HEADER_LEN..)).unwrap_or_default()
    }

    /// Keeps a session id instead of a ticket.
    #[inline(always)] // there is but one caller
    pub fn keep_id(&mut self, id: &[u8], lifetime: u32, host: &mut dyn Host) {
        self.make_room(id.len(), host);
        let len = copy(self.ticket(), id);
        self.known = Ticket { len, lifetime, age_add: 0, by_id: true };
    }

    /// Takes what now lies at the start of [`Self::ticket`] for a ticket.
    pub fn keep_ticket(&mut self, known: Ticket) {
        self.known = known;
    }

    /// The handshake that made the session is complete, or in TLS 1.3 the ticket.
    #[inline(never)]
    pub fn complete(&mut self, secret: &[u8], negotiated: &Negotiated, config: &Config, host: &mut dyn Host) {
        if let (Some(memory), 1..=MAX_TICKET) = (self.memory.as_deref_mut(), self.known.len) {
            self.len = session::write(memory, &self.known, secret, negotiated, config, session::now(host));
        }
    }
}

/// Moves bytes to the front. `copy_within` would do, but can panic as far as the compiler sees, which takes 5 KB where
/// Rust's core comes ready-made.
pub fn to_front(bytes: &mut [u8], from: usize, len: usize) {
    for to in 0..len {
        if let Some(&byte) = bytes.get(from + to)
            && let Some(place) = bytes.get_mut(to)
        {
            *place = byte;
        }
    }
}
