//! The handshake: a file for each message ([`messages`]), a reader that puts messages together from any split
//! ([`reader`]), and the order in which they may come ([`flight`]).

pub mod cipher_suite;
pub mod extension;
pub mod flight;
pub mod messages;
pub mod reader;
#[cfg(feature = "resumption")]
pub mod session;
#[cfg(feature = "resumption")]
pub mod session_store;
pub mod signature_scheme;
pub mod vectors;

use crate::arena::Arena;
use crate::crypto::{NamedGroup, Progress};
use crate::error::{Detail, Error};
use crate::host::Host;
use crate::record::incoming::Incoming;
use crate::record::outgoing::Outgoing;
use crate::record::{ALERT, HANDSHAKE};
use crate::x509::TrustedBy;

/// HandshakeType (RFC 5246 §7.4)
pub const HELLO_REQUEST: u8 = 0;
/// HandshakeType (RFC 5246 §7.4)
pub const CLIENT_HELLO: u8 = 1;
/// HandshakeType (RFC 5246 §7.4)
pub const SERVER_HELLO: u8 = 2;
/// HandshakeType (RFC 8446 §4)
pub const NEW_SESSION_TICKET: u8 = 4;
/// HandshakeType (RFC 8446 §4)
pub const ENCRYPTED_EXTENSIONS: u8 = 8;
/// HandshakeType (RFC 5246 §7.4)
pub const CERTIFICATE: u8 = 11;
/// HandshakeType (RFC 5246 §7.4)
pub const SERVER_KEY_EXCHANGE: u8 = 12;
/// HandshakeType (RFC 5246 §7.4)
pub const CERTIFICATE_REQUEST: u8 = 13;
/// HandshakeType (RFC 5246 §7.4)
pub const SERVER_HELLO_DONE: u8 = 14;
/// HandshakeType (RFC 8446 §4)
pub const CERTIFICATE_VERIFY: u8 = 15;
/// HandshakeType (RFC 5246 §7.4)
pub const CLIENT_KEY_EXCHANGE: u8 = 16;
/// HandshakeType (RFC 5246 §7.4)
pub const FINISHED: u8 = 20;
/// HandshakeType (RFC 8446 §4)
pub const KEY_UPDATE: u8 = 24;

/// Groups offered, best first: P-256 has the fastest code on the chip. A share is sent for the first one; servers that
/// want another one ask for it (HelloRetryRequest). OpenSSL and Mbed TLS take this list for TLS 1.2's certificates,
/// too.
pub const GROUPS: &[NamedGroup] = &[
    NamedGroup::Secp256r1,
    #[cfg(feature = "x25519")]
    NamedGroup::X25519,
    #[cfg(feature = "p384")]
    NamedGroup::Secp384r1,
];

/// What the handshake agreed on and whom it showed.
#[derive(Clone, Copy, Default, Debug)]
#[non_exhaustive]
pub struct Negotiated {
    /// Version on the wire; 0 before ServerHello.
    pub version: u16,
    /// Cipher suite on the wire; 0 before ServerHello.
    pub suite: u16,
    /// Largest plaintext in bytes that the server agreed to send; 0 if it ignored the request.
    pub fragment: u16,
    /// Largest plaintext in bytes that the server takes.
    pub send_limit: u16,
    /// extended_master_secret was agreed on (RFC 7627).
    pub extended_master_secret: bool,
    /// A session was resumed: fingerprint and trust are those of the connection in which it was made.
    pub resumed: bool,
    /// TLS 1.2: the server will send a NewSessionTicket.
    pub ticket_promised: bool,
    /// Index into the protocols offered.
    pub alpn: Option<u8>,
    /// SHA-256 of the server's certificate; zeros before it came.
    pub fingerprint: [u8; 32],
    /// Why the server is trusted; `None` as long as it is not.
    pub trusted_by: Option<TrustedBy>,
}

impl Negotiated {
    /// Nothing yet: the default as a constant, which the chip writes where it stays by one memset.
    pub const NONE: Self = Negotiated {
        version: 0,
        suite: 0,
        fragment: 0,
        send_limit: 0,
        extended_master_secret: false,
        resumed: false,
        ticket_promised: false,
        alpn: None,
        fingerprint: [0; 32],
        trusted_by: None,
    };
}

/// The host's random numbers, as the cryptography asks for them.
pub fn random<'h>(host: &'h mut dyn Host) -> impl FnMut(&mut [u8]) -> Result<(), Error> + 'h {
    |out| if host.random(out) { Ok(()) } else { Err(Error::RandomFailed) }
}

/// What a handshake step may touch outside itself. Nothing here goes to the network by itself.
///
/// Small and busy fields come first: on a Cortex-M they are reached with instructions of half the size.
#[repr(C)]
pub struct StepContext<'a> {
    /// Messages that have come, and the queue of records to send.
    pub arena: Arena<'a>,
    /// Numbers that belong to an error.
    pub detail: Detail,
    /// How far a long operation has come, if one is under way.
    pub progress: Progress,
    /// Random numbers and the clock.
    pub host: &'a mut dyn Host,
    /// What makes records to send.
    pub outgoing: Outgoing,
    /// Its keys are those for what comes after the current record.
    pub incoming: Incoming,
}

impl StepContext<'_> {
    /// The free place for the plaintext of the next record.
    #[inline(never)]
    pub fn room(&mut self) -> &mut [u8] {
        self.outgoing.room(&mut self.arena)
    }

    /// Makes a record of the first `length` bytes of [`Self::room`].
    #[inline(never)]
    pub fn seal(&mut self, content_type: u8, length: usize) -> Result<(), Error> {
        trace! { let before = self.arena.queue().len(); }
        let result = self.outgoing.seal(&mut self.arena, content_type, length);
        trace! { self.tell_records(before); }
        result
    }

    trace! {
        /// Tells the host of the records in the queue from there on.
        fn tell_records(&mut self, from: usize) {
            let mut rest = self.arena.queue().get(from..).unwrap_or_default();
            while let [content_type, v1, v0, l1, l0, behind @ ..] = rest {
                // The first ClientHello is made to say TLS 1.0 when it is written (`Handshake::start`).
                let is_first = *content_type == HANDSHAKE && !self.incoming.has_begun();
                let version = if is_first { 0x0301 } else { u16::from_be_bytes([*v1, *v0]) };
                let length = u16::from_be_bytes([*l1, *l0]);
                let event = crate::trace::Event::RecordOut { content_type: *content_type, version, length };
                rest = behind.get(length.into()..).unwrap_or_default();
                self.host.trace(event);
            }
        }
    }

    /// Makes records, each with at most `limit` bytes, of the handshake message in the first `length` bytes of
    /// [`Self::room`] (RFC 5246 §6.2.1: messages may be cut anywhere). Without client certificates the longest message
    /// that RFC 8449 §4 speaks of is Finished, which is shorter than the least limit.
    #[cfg_attr(feature = "client-auth", inline(never))]
    #[cfg_attr(not(feature = "client-auth"), inline(always))]
    pub fn seal_message(&mut self, mut length: usize, limit: usize) -> Result<(), Error> {
        #[cfg(feature = "client-auth")]
        while length > limit && limit != 0 {
            let (before, behind) = self.outgoing.margins();
            let gap = before + behind;
            let room = self.room();
            // the rest makes way for this record's end and the next one's header
            for at in (limit..length).rev() {
                let byte = room.get(at).copied().ok_or(Error::OutOfMemory)?;
                *room.get_mut(at + gap).ok_or(Error::OutOfMemory)? = byte;
            }
            self.seal(HANDSHAKE, limit)?;
            length -= limit;
        }
        let _ = limit;
        self.seal(HANDSHAKE, length)
    }

    /// Queues an alert (RFC 5246 §7.2) if there is room for one.
    #[inline(never)]
    pub fn alert(&mut self, level: u8, description: u8) -> Result<(), Error> {
        trace! { self.host.trace(crate::trace::Event::AlertOut { level, description }); }
        match self.room() {
            [l, d, ..] => (*l, *d) = (level, description),
            _ => return Err(Error::OutOfMemory),
        }
        self.seal(ALERT, 2)
    }
}
