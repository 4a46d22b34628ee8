//! The public engine: push, pull, read, write, close. It never calls the network, never blocks, and allocates only for
//! records that are larger than its buffer.
//!
//! # Memory
//! One block lent by the caller ([`Connection::memory_needed`]), the [`Arena`]:
//! ```text
//! handshake   [ ClientHello | ServerHello ]
//!             [ server's key | pending signature | next key ]         while certificates flow past
//!             [ server's key | ServerKeyExchange ]
//!             [ our flight ]
//! open        [ a record's plaintext: max_fragment, content type | records to send: max_send and one alert ]
//! ```
//! # Trust in what comes in
//! A record is opened as it flows past. During the handshake its bytes go to the handshake at once, but until the tag
//! has been checked nothing of it can be seen outside: no byte is sent, no state reported, no error raised. After the
//! handshake a record's plaintext is readable only when its tag has been checked.

#[cfg_attr(not(feature = "tls13"), path = "without_tls13.rs")]
mod content13;
mod receive;
mod send;

use crate::arena::Arena;
use crate::config::{Config, TLS12, TLS13, Version};
use crate::crypto::{Progress, WORK_LEN, wipe};
use crate::error::{Alert, Detail, Error, Report};
use crate::handshake::cipher_suite::CipherSuite;
use crate::handshake::flight::Handshake;
use crate::handshake::reader::MessageReader;
use crate::handshake::{Negotiated, StepContext};
use crate::record::incoming::Incoming;
use crate::record::outgoing::Outgoing;
use crate::record::{ALERT_RECORD_LEN, HEADER_LEN, MAX_EXPANSION};

pub use crate::host::{Host, Memory};

/// What a connection is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Status {
    /// Not yet: push and pull.
    Handshaking = 0,
    /// The server is who it should be: read and write.
    Open = 1,
    /// Closed in an orderly way, by us or by the peer, and everything that came has been read.
    Closed = 2,
    /// See [`Connection::error`].
    Failed = 3,
}

/// Least arena for a handshake in bytes: the server's RSA-4096 key, a digest and its signature, the issuer's key, and
/// what its verification keeps from one slice to the next.
pub const HANDSHAKE_MEMORY: usize = 3 * 512 + 64 + WORK_LEN;

/// Bytes of the largest signature of ours.
const MAX_SIGNATURE: usize = if cfg!(feature = "client-rsa") { 256 } else { 72 };

/// Bytes of the last of our flight in TLS 1.3, which lies where records to send lie: ChangeCipherSpec, an empty
/// Certificate or CertificateVerify, and Finished.
const FLIGHT13_LEN: usize =
    if cfg!(feature = "tls13") { 6 + (HEADER_LEN + 17 + 8 + MAX_SIGNATURE) + (HEADER_LEN + 17 + 4 + 48) } else { 0 };

/// Bytes opened at a time when a protected record is not collected but only passes through.
const PIECE: usize = 64;

/// A TLS client connection.
///
/// Bytes go in with [`push`](Self::push) and [`write`](Self::write), and what they cause comes out with
/// [`pull`](Self::pull) and [`read`](Self::read). It never calls the network.
/// ```
/// use espruino_tls::{Config, Connection, Host, Status, Trust};
///
/// struct Device; // its random numbers and clock
/// impl Host for Device {
///     fn random(&mut self, out: &mut [u8]) -> bool {
///         out.fill(4); // chosen by fair dice roll
///         true
///     }
///     fn now(&mut self) -> Option<i64> {
///         None
///     }
/// }
///
/// let config = Config::new("example.com", Trust::insecure());
/// let mut memory = vec![0; Connection::memory_needed(&config)];
/// let mut device = Device;
/// let mut connection = Connection::new(config, &mut device, &mut memory)?;
/// let mut to_network = [0; 1024];
/// let n = connection.pull(&mut to_network);
/// assert_eq!(to_network[..3], [22, 3, 1]); // a record with the ClientHello
/// assert!(n > 100 && connection.status() == Status::Handshaking);
///
/// assert!(connection.push(b"HTTP/1.1 400 Bad Request").is_err());
/// let report = connection.error().unwrap();
/// assert_eq!(report.code(), "ERR_SSL_WRONG_VERSION_NUMBER");
/// println!("{report}"); // CODE: what happened. What to do.
/// # Ok::<(), espruino_tls::Report>(())
/// ```
///
/// Small and busy fields come first: on a Cortex-M they are reached with instructions of half the size.
#[repr(C)]
pub struct Connection<'a> {
    is_open: bool,
    peer_closed: bool,
    closed: bool,
    error: Option<Error>,
    /// An error found in a record whose tag has not been checked yet.
    deferred: Option<Error>,
    /// Records without content in a row.
    empty_records: u8,
    /// Alert or ChangeCipherSpec of the current record.
    kept: [u8; 2],
    /// TLS 1.3: how many bytes wait, the first of `piece` and zeros after it: padding, unless more follows.
    waiting: u16,
    largest_record: u16,
    /// Bytes of the current record's content that have been delivered: kept, or given to the reader of messages.
    delivered: usize,
    /// Where in `piece` content lies that has been opened and not been handed on: it waits for a slice to be done.
    opened: core::ops::Range<u8>,
    /// What [`Self::read`] has not given out yet.
    plain: core::ops::Range<usize>,
    /// Memory for a record that is larger than the arena's part for it.
    grown: Option<Memory>,
    grown_peak: usize,
    reader: MessageReader,
    context: StepContext<'a>,
    /// TLS 1.3: the last byte of the current record's content that is not zero: its content type, unless more follows.
    /// Then content that has been opened.
    piece: [u8; 1 + PIECE],
    handshake: Handshake<'a>,
}

/// What is known about the connection and its peer.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PeerInfo<'a> {
    /// What the handshake agreed on. Nothing that came in a record whose tag has not been checked is in it, and nobody
    /// is called trusted before the server's Finished was right.
    pub negotiated: Negotiated,
    /// The chosen application protocol; empty if none.
    pub alpn: &'a [u8],
    /// Largest plaintext in bytes that came in one record since the handshake.
    pub largest_record: u16,
    /// The peer has said close_notify: nothing is missing at the end.
    pub close_notify: bool,
    /// Bytes of memory in use at the peak: connection, arena, and the largest buffer for an oversized record.
    pub memory_peak: usize,
}

impl PeerInfo<'_> {
    /// The version that was agreed on; `None` before ServerHello.
    pub fn protocol(&self) -> Option<Version> {
        match self.negotiated.version {
            TLS12 => Some(Version::Tls12),
            TLS13 => Some(Version::Tls13),
            _ => None,
        }
    }

    /// The version's usual name, zero-terminated; empty before ServerHello.
    pub fn version_z(&self) -> &'static str {
        match self.negotiated.version {
            TLS12 => "TLSv1.2\0",
            #[cfg(feature = "tls13")]
            TLS13 => "TLSv1.3\0",
            _ => "\0",
        }
    }

    /// The version's usual name; empty before ServerHello.
    pub fn version(&self) -> &'static str {
        self.version_z().trim_end_matches('\0')
    }

    /// The cipher suite's IANA name; empty before ServerHello.
    pub fn suite(&self) -> &'static str {
        CipherSuite::name_z(self.negotiated.suite).trim_end_matches('\0')
    }
}

impl<'a> Connection<'a> {
    /// Bytes of arena that a connection with this configuration needs, besides the [`Connection`] itself.
    #[must_use]
    #[allow(clippy::unnecessary_min_or_max)] // without TLS 1.3 there is no FLIGHT13_LEN to speak of
    pub fn memory_needed(config: &Config) -> usize {
        let out = HEADER_LEN + MAX_EXPANSION + usize::from(config.max_send) + ALERT_RECORD_LEN;
        let out = out.max(FLIGHT13_LEN);
        (config.record_buffer() + out).max(HANDSHAKE_MEMORY)
    }

    /// Begins a connection: the ClientHello can be pulled. Everything that is wrong with the configuration is said
    /// here, before a byte is sent.
    ///
    /// # Errors
    /// What is wrong with the configuration; too little memory; no random numbers.
    pub fn new(config: Config<'a>, host: &'a mut dyn Host, arena: &'a mut [u8]) -> Result<Self, Report> {
        let mut connection = Self::unstarted(config, host, arena);
        connection.start()?;
        Ok(connection)
    }

    /// A connection that has not looked at its configuration yet: to be put where it stays and then started. It has two
    /// kilobytes, and a stack of four is not the place to move it about.
    #[inline(always)]
    pub(crate) fn unstarted(config: Config<'a>, host: &'a mut dyn Host, arena: &'a mut [u8]) -> Self {
        Connection {
            context: StepContext {
                detail: Detail::default(),
                progress: Progress::default(),
                host,
                arena: Arena::new(arena),
                incoming: Incoming::default(),
                outgoing: Outgoing::default(),
            },
            reader: MessageReader::default(),
            handshake: Handshake::new(config),
            grown: None,
            plain: 0..0,
            opened: 0..0,
            piece: const { [0; 1 + PIECE] },
            kept: [0; 2],
            delivered: 0,
            waiting: 0,
            empty_records: 0,
            grown_peak: 0,
            largest_record: 0,
            is_open: false,
            peer_closed: false,
            closed: false,
            error: None,
            deferred: None,
        }
    }

    /// Refuses what is wrong with the configuration, or writes ClientHello. What can go wrong in its first slice is
    /// said at once, too; what goes wrong in a later one is like any other error.
    pub(crate) fn start(&mut self) -> Result<(), Report> {
        match self.check() {
            Ok(()) => self.run(&mut &[][..], true),
            Err(error) => self.error = Some(error),
        }
        self.error().map_or(Ok(()), Err)
    }

    fn check(&mut self) -> Result<(), Error> {
        let config = self.handshake.config();
        config.check(&mut self.context.detail)?;
        let needed = Self::memory_needed(config);
        if self.context.arena.len() < needed {
            self.context.detail = Detail { a: self.context.arena.len() as u32, b: needed as u32 };
            return Err(Error::MemoryTooSmall);
        }
        #[cfg(feature = "aes-hook")]
        {
            let hook = self.context.host.aes128().ok_or(Error::NoAes)?;
            (self.context.incoming.hook, self.context.outgoing.hook) = (hook, hook);
        }
        self.handshake.check(&mut self.context)
    }

    /// Takes bytes from the network; returns how many. Fewer than given (possibly none) are taken while plaintext
    /// waits to be [read](Self::read), or, during the handshake, while bytes wait to be [pulled](Self::pull) or while
    /// [work](Self::work) is pending: the rest must be pushed again later. Errors are sticky; pull the alert.
    ///
    /// # Errors
    /// Whatever went wrong in the connection, now or before; [`Self::error`] has its numbers, too.
    pub fn push(&mut self, input: &[u8]) -> Result<usize, Error> {
        let mut rest = input;
        self.run(&mut rest, false);
        match self.error {
            Some(error) => Err(error),
            // whatever comes after the end is nobody's business
            None if self.peer_closed || self.closed => Ok(input.len()),
            None => Ok(input.len().saturating_sub(rest.len())),
        }
    }

    /// Takes what can be taken now, and computes what is to be computed: with slices no more than one, and that one if
    /// `slice_is_due`.
    #[inline(never)]
    fn run(&mut self, rest: &mut &[u8], mut slice_is_due: bool) {
        loop {
            let result = if slice_is_due || self.has_work() && !self.handshake.config().slices {
                slice_is_due = false;
                trace! {
                    if self.has_work() {
                        self.context.host.trace(crate::trace::Event::Slice);
                    }
                }
                self.advance()
            } else if self.takes_input() && (!rest.is_empty() || self.context.incoming.can_step()) {
                self.step_record(rest)
            } else {
                return;
            };
            if let Err(error) = result {
                self.fail(error);
            }
        }
    }

    /// Whether a long computation has been begun: [`Self::work`] goes on with it. Never without [`Config::slices`].
    pub fn has_work(&self) -> bool {
        self.context.progress.is_pending()
    }

    /// Does a slice of a long computation (verifying, signing, agreeing on a key), if there is one; whether there is
    /// more. It takes no more than some 20 milliseconds on a Cortex-M4 with 64 MHz, 22 with a client's RSA key. Errors
    /// come out as they do from [`Self::push`].
    pub fn work(&mut self) -> bool {
        if self.has_work() {
            self.run(&mut &[][..], true);
        }
        self.has_work()
    }

    /// Makes an error sticky and tells the peer.
    fn fail(&mut self, error: Error) -> Error {
        trace! { self.context.host.trace(crate::trace::Event::Failed { number: error.number() }); }
        self.error = Some(error);
        self.deferred = None;
        self.cancel_work();
        // What was written during a record that turned out wrong must not be sent. Otherwise it must be if it changed
        // the keys: the peer could not read the alert without it.
        if self.in_unchecked_record() && self.context.incoming.is_protected() || !self.context.outgoing.is_protected() {
            self.context.arena.forget_queue();
        }
        if error.alert() != Alert::None {
            let _ = self.context.alert(2, error.alert() as u8);
        }
        self.forget_keys();
        error
    }

    /// Nothing is received or sealed any more: wipes all keys and what they are made of. What waits to be read or sent
    /// stays.
    #[inline(never)]
    fn forget_keys(&mut self) {
        self.context.incoming.forget_keys();
        self.context.outgoing.traffic_key = None;
        self.handshake.forget_secrets();
        if self.plain.is_empty() {
            self.give_back();
        }
    }

    /// Gives back all memory from the host, and wipes what was lent. What is left to be wiped is in the connection
    /// itself.
    #[inline(always)] // one caller in each build
    pub(crate) fn release(&mut self) {
        self.give_back();
        self.handshake.forget_session(self.context.host);
        wipe(self.context.arena.all());
    }

    /// Gives up a long computation and wipes what it had in memory.
    fn cancel_work(&mut self) {
        if self.has_work() {
            self.context.progress = Progress::NONE;
            wipe(self.context.arena.received());
        }
    }

    /// Ends the connection: close_notify can be pulled, what still comes in is dropped. Plaintext that has come can
    /// still be read. During the handshake the peer is told that the user gave up.
    pub fn close(&mut self) {
        self.cancel_work();
        if !self.is_open && self.error.is_none() && !self.closed {
            self.context.arena.forget_queue();
            let _ = self.context.alert(1, Alert::UserCanceled as u8);
        }
        self.send_close_notify();
        self.forget_keys();
    }

    /// The transport has ended: no more bytes will come. Without close_notify this is an error, because anybody on the
    /// way could have cut the connection (RFC 5246 §7.2.1).
    pub fn eof(&mut self) {
        if self.error.is_none() && !self.peer_closed && !self.closed {
            self.cancel_work();
            // nobody is left to be told
            self.error = Some(if self.is_open { Error::Truncated } else { Error::ConnectionReset });
            trace! {
                let number = self.error.map_or(0, Error::number);
                self.context.host.trace(crate::trace::Event::Failed { number });
            }
            self.forget_keys();
        }
    }

    /// What the connection is doing.
    pub fn status(&self) -> Status {
        if self.error.is_some() {
            Status::Failed
        } else if self.plain.is_empty() && (self.closed || self.peer_closed) {
            Status::Closed
        } else if self.is_open {
            Status::Open
        } else {
            Status::Handshaking
        }
    }

    /// The error, if the connection failed.
    pub fn error(&self) -> Option<Report> {
        self.error.map(|error| Report { error, detail: self.context.detail })
    }

    /// A session for the next connection ([`Config::session`]), if [`Config::keep_session`] asked for one and it has
    /// come; with TLS 1.3 it comes after the handshake. Empty: there is none. A secret.
    pub fn session(&self) -> &[u8] {
        self.handshake.session()
    }

    /// What is known about the connection and its peer.
    #[inline(always)] // what C is told needs no copy in between
    pub fn peer(&self) -> PeerInfo<'a> {
        let mut negotiated = self.handshake.negotiated;
        let config = self.handshake.config();
        if !self.is_open {
            // RFC 8446 §4.4: only Finished shows that all of it came from whoever has the certificate's key
            negotiated.trusted_by = None;
            if self.in_unchecked_record() && self.context.incoming.is_protected() {
                negotiated = Negotiated::default();
            }
        }
        let alpn = negotiated.alpn.and_then(|index| config.protocols().nth(index.into())).unwrap_or_default();
        PeerInfo {
            negotiated,
            alpn,
            largest_record: self.largest_record,
            close_notify: self.peer_closed,
            memory_peak: size_of::<Self>()
                + self.context.arena.len()
                + self.grown_peak
                + self.handshake.session_memory(),
        }
    }
}

impl core::fmt::Debug for Connection<'_> {
    /// No secrets.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut debug = f.debug_struct("Connection");
        debug.field("status", &self.status()).field("error", &self.error()).field("peer", &self.peer());
        debug.finish_non_exhaustive()
    }
}

impl Drop for Connection<'_> {
    /// Wipes everything that was secret.
    fn drop(&mut self) {
        self.release();
        wipe(&mut self.piece);
    }
}

#[cfg(test)]
mod tests;
