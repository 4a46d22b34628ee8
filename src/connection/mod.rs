//! The whole engine seen from outside: feed bytes, take bytes, read, write, close. It never calls the network, never
//! blocks, and never allocates but for records that are larger than its buffer.
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

use crate::arena::Arena;
use crate::codec::{copy, filled, part, piece, take};
#[cfg(feature = "tls13")]
use crate::config::TLS13;
use crate::config::{Config, TLS12};
use crate::crypto::{Progress, WORK_LEN, wipe};
use crate::error::{Alert, Detail, Error, Report};
use crate::handshake::cipher_suite::CipherSuite;
use crate::handshake::flight::{Handshake, count_pointless};
use crate::handshake::reader::MessageReader;
use crate::handshake::{Negotiated, StepContext};
use crate::record::incoming::{Incoming, Step};
use crate::record::outgoing::Outgoing;
use crate::record::{
    ALERT, ALERT_RECORD_LEN, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, HEADER_LEN, MAX_EXPANSION,
};

use core::task::Poll;
#[cfg(feature = "tls13")]
use core::task::ready;

pub use crate::host::Host;

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

/// Least arena for a handshake in bytes: the server's RSA-4096 key, a digest and its signature, the issuer's key, and what
/// its verification keeps from one slice to the next.
pub const HANDSHAKE_MEMORY: usize = 3 * 512 + 64 + WORK_LEN;

/// Bytes of the largest signature of ours.
#[cfg(feature = "tls13")]
const MAX_SIGNATURE: usize = if cfg!(feature = "client-rsa") { 256 } else { 72 };

/// Bytes of the last of our flight in TLS 1.3, which lies where records to send lie: ChangeCipherSpec, an empty
/// Certificate or CertificateVerify, and Finished.
#[cfg(feature = "tls13")]
const FLIGHT13_LEN: usize = 6 + (HEADER_LEN + 17 + 8 + MAX_SIGNATURE) + (HEADER_LEN + 17 + 4 + 48);

/// Bytes opened at a time when a protected record is not collected but only passes through.
const PIECE: usize = 64;

/// A TLS client connection.
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
    noise: u8,
    /// Alert or ChangeCipherSpec of the current record.
    small: [u8; 2],
    /// TLS 1.3: how many bytes wait, the first of `piece` and zeros after it: padding, unless more follows.
    #[cfg(feature = "tls13")]
    waiting: u16,
    largest_record: u16,
    /// Bytes of that Alert or ChangeCipherSpec; in TLS 1.3's handshake of content that has been handed on.
    content_len: usize,
    /// Where in `piece` content lies that has been opened and not been handed on: it waits for a slice to be done.
    opened: core::ops::Range<u8>,
    /// What [`Self::read`] has not given out yet.
    plain: core::ops::Range<usize>,
    /// Memory for a record that is larger than the arena's part for it.
    grown: Option<&'static mut [u8]>,
    grown_peak: usize,
    reader: MessageReader,
    context: StepContext<'a>,
    /// TLS 1.3: the last byte of the current record's content that is not zero: its content type, unless more follows.
    /// Then content that has been opened.
    piece: [u8; 1 + PIECE],
    handshake: Handshake<'a>,
}

/// What is known about the connection and its peer.
#[derive(Clone, Copy)]
pub struct PeerInfo<'a> {
    /// What the handshake agreed on. Nothing that came in a record whose tag has not been checked is in it, and nobody is
    /// called trusted before the server's Finished was right.
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
    #[allow(clippy::unnecessary_min_or_max)] // without TLS 1.3 there is no FLIGHT13_LEN to speak of
    pub fn memory_needed(config: &Config) -> usize {
        let out = HEADER_LEN + MAX_EXPANSION + usize::from(config.max_send) + ALERT_RECORD_LEN;
        #[cfg(feature = "tls13")]
        let out = out.max(FLIGHT13_LEN);
        (config.record_buffer() + out).max(HANDSHAKE_MEMORY)
    }

    /// Begins a connection: the ClientHello can be pulled. Everything that is wrong with the configuration is said
    /// here, before a byte is sent.
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
            small: [0; 2],
            content_len: 0,
            #[cfg(feature = "tls13")]
            waiting: 0,
            noise: 0,
            grown_peak: 0,
            largest_record: 0,
            is_open: false,
            peer_closed: false,
            closed: false,
            error: None,
            deferred: None,
        }
    }

    /// Refuses what is wrong with the configuration, or writes ClientHello. What can go wrong in its first slice is said at
    /// once, too; what goes wrong in a later one is like any other error.
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
                self.advance()
            } else if self.takes_input() && (!rest.is_empty() || self.context.incoming.can_step()) {
                self.take(rest)
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

    /// Does a slice of a long computation (verifying, signing, agreeing on a key), if there is one; whether there is more. It
    /// takes no more than some 20 milliseconds on a Cortex-M4 with 64 MHz, 30 with a client's RSA key. Errors come out as they
    /// do from [`Self::push`].
    pub fn work(&mut self) -> bool {
        if self.has_work() {
            self.run(&mut &[][..], true);
        }
        self.has_work()
    }

    /// Goes on where a slice is due.
    fn advance(&mut self) -> Result<(), Error> {
        if self.handshake.has_begun() && !self.handshake.is_sending() {
            return self.deliver();
        }
        if let Poll::Ready(result) = self.handshake.go_on(&mut self.context) {
            result?;
            // Only what follows our Certificate ends a handshake.
            #[cfg(feature = "client-auth")]
            return self.settle();
        }
        Ok(())
    }

    fn takes_input(&self) -> bool {
        self.error.is_none()
            && !self.has_work()
            && !self.peer_closed
            && !self.closed
            && self.plain.is_empty()
            && (self.is_open
                || (self.context.arena.is_queue_empty() && !self.handshake.is_sending())
                || self.in_unchecked_record())
    }

    /// Whether a record passes through that has not ended: its tag, if it has one, has not been checked.
    fn in_unchecked_record(&self) -> bool {
        !self.is_open && self.context.incoming.in_record()
    }

    fn take(&mut self, input: &mut &[u8]) -> Result<(), Error> {
        match self.context.incoming.step(input, &mut self.context.detail)? {
            Step::More => Ok(()),
            Step::Begin => self.begin_record(),
            Step::Content => {
                let n = input.len().min(self.context.incoming.remaining());
                if !self.is_open {
                    return self.pass(input, n);
                }
                self.collect(take(input, n))
            }
            Step::End => self.end_record(),
        }
    }

    #[inline(never)]
    fn begin_record(&mut self) -> Result<(), Error> {
        self.content_len = 0;
        #[cfg(feature = "tls13")]
        {
            let [last, ..] = &mut self.piece;
            (*last, self.waiting) = (0, 0);
        }
        // In TLS 1.3 it has the content type and may have padding, which only its end shows.
        let tls13 = self.context.incoming.is_tls13();
        let length = self.context.incoming.length();
        let agreed = usize::from(self.handshake.negotiated.fragment);
        if self.context.incoming.is_protected() && agreed != 0 && length > agreed && !tls13 {
            self.context.detail = Detail { a: length as u32, b: agreed as u32 };
            return Err(Error::RecordOverflow);
        }
        if self.is_open {
            let config = self.handshake.config();
            let (buffer, limit) = (usize::from(config.max_fragment), usize::from(config.max_record));
            let (buffer, limit) = (buffer + usize::from(tls13), limit + usize::from(tls13));
            self.context.detail = Detail { a: length as u32, b: limit.max(buffer) as u32 };
            if length > buffer {
                if length > limit {
                    return Err(Error::RecordTooLarge);
                }
                self.context.detail.b = buffer as u32;
                let grown = self.context.host.alloc(length).ok_or(Error::RecordNoMemory)?;
                let usable = grown.len() >= length;
                self.grown_peak = self.grown_peak.max(grown.len());
                self.grown = Some(grown);
                if !usable {
                    return Err(Error::RecordNoMemory);
                }
            }
        }
        Ok(())
    }

    /// Counts a record that brings nothing.
    fn noise(&mut self, content_type: u8) -> Result<(), Error> {
        self.context.detail.a = 256 + u32::from(content_type);
        count_pointless(&mut self.noise)
    }

    /// Content during the handshake: it flows through, whatever the record's size.
    #[inline(never)]
    fn pass(&mut self, input: &mut &[u8], length: usize) -> Result<(), Error> {
        let piece = take(input, length.min(PIECE));
        let [_, place @ ..] = &mut self.piece;
        let opened = filled(place, piece);
        self.context.incoming.open(opened);
        self.opened = 1..1 + opened.len() as u8;
        self.deliver()
    }

    /// Hands on what has been opened. Its errors wait until the record's tag has been checked, if there is one.
    #[inline(never)]
    fn deliver(&mut self) -> Result<(), Error> {
        if self.deferred.is_none() {
            match self.deliver_opened() {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    if !self.context.incoming.is_protected() {
                        return Err(error); // there is no tag to wait for
                    }
                    self.cancel_work();
                    self.deferred = Some(error);
                }
            }
        }
        self.opened = 0..0;
        let [_, opened @ ..] = &mut self.piece;
        wipe(opened);
        Ok(())
    }

    fn deliver_opened(&mut self) -> Poll<Result<(), Error>> {
        #[cfg(feature = "tls13")]
        if self.context.incoming.is_tls13() {
            return self.deliver13();
        }
        self.content(self.context.incoming.content_type())
    }

    /// Content of TLS 1.3's handshake. Only the record's end shows what it is and where it ends (RFC 8446 §5.2), so the
    /// last byte that is not zero and the zeros after it wait for the next piece. The rest is handed on as what it
    /// should be, handshake messages. An alert is found out at the end: its two bytes are no message yet.
    #[cfg(feature = "tls13")]
    #[inline(never)]
    fn deliver13(&mut self) -> Poll<Result<(), Error>> {
        if self.has_work() {
            ready!(self.feed(self.opened.start))?;
        }
        let opened = piece(&self.piece, self.opened.start.into(), self.opened.len());
        let Some(at) = opened.iter().rposition(|byte| *byte != 0) else {
            self.waiting += opened.len() as u16; // no more than a record has
            return Poll::Ready(Ok(()));
        };
        let at = self.opened.start + at as u8;
        while self.waiting != 0 {
            self.waiting -= 1;
            self.opened.start = 0;
            let result = self.feed(1); // which takes it, also when a slice is due
            let [last, ..] = &mut self.piece;
            *last = 0;
            ready!(result)?;
        }
        ready!(self.feed(at))?;
        self.waiting = self.opened.len() as u16;
        let found = self.piece.get(usize::from(at)).copied().unwrap_or_default();
        let [last, ..] = &mut self.piece;
        *last = found;
        Poll::Ready(Ok(()))
    }

    /// What has been opened of a record that is no application data.
    fn content(&mut self, content_type: u8) -> Poll<Result<(), Error>> {
        match content_type {
            HANDSHAKE => self.feed(self.opened.end),
            ALERT | CHANGE_CIPHER_SPEC => {
                for &byte in piece(&self.piece, self.opened.start.into(), self.opened.len()) {
                    *self.small.get_mut(self.content_len).ok_or(Error::DecodeError)? = byte;
                    self.content_len += 1;
                }
                Poll::Ready(Ok(()))
            }
            _ => Poll::Ready(self.unexpected(content_type)),
        }
    }

    fn unexpected(&mut self, content_type: u8) -> Result<(), Error> {
        self.context.detail.a = 256 + u32::from(content_type);
        Err(Error::UnexpectedMessage)
    }

    /// Hands on bytes of messages: what has been opened, up to that place.
    #[inline(never)]
    fn feed(&mut self, end: u8) -> Poll<Result<(), Error>> {
        let start = self.opened.start;
        let given = piece(&self.piece, start.into(), (end - start).into());
        let mut rest = given;
        let result = self.reader.read(&mut rest, &mut self.handshake, &mut self.context);
        let taken = given.len().saturating_sub(rest.len());
        self.opened.start += taken as u8;
        self.content_len += taken;
        result
    }

    /// A record has ended; its tag was right.
    #[inline(never)]
    fn end_record(&mut self) -> Result<(), Error> {
        if let Some(error) = self.deferred.take() {
            return Err(error);
        }
        let mut content_type = self.context.incoming.content_type();
        let mut length = self.context.incoming.length();
        if self.is_open {
            #[cfg(feature = "tls13")]
            if self.context.incoming.is_tls13() {
                (content_type, length) = self.find_end()?;
            }
            self.largest_record = self.largest_record.max(length as u16);
            if content_type == APPLICATION_DATA {
                return self.release(length);
            }
            let mut at = 0;
            while at < length {
                let [_, place @ ..] = &mut self.piece;
                let collected = buffer(&mut self.grown, &mut self.context.arena);
                let opened = filled(place, collected.get(at..length).unwrap_or_default());
                self.opened = 1..1 + opened.len() as u8;
                // nothing after the handshake takes a slice
                if self.content(content_type)?.is_pending() {
                    return Err(Error::Internal);
                }
                at += PIECE;
            }
            self.give_back();
        } else if cfg!(feature = "tls13") && self.context.incoming.is_tls13() {
            #[cfg(feature = "tls13")]
            {
                let [last, ..] = self.piece;
                (content_type, length) = (last, self.content_len);
                if content_type == ALERT && length == self.small.len() {
                    let Some(small) = self.reader.take_back() else { return self.unexpected(ALERT) };
                    self.small = small;
                }
            }
        }
        if length == 0 {
            self.noise(content_type)?;
        }
        match content_type {
            ALERT => self.alert(),
            CHANGE_CIPHER_SPEC => self.change_cipher_spec(),
            // RFC 8446 §5.1: never empty
            HANDSHAKE if length != 0 || !self.context.incoming.is_tls13() => self.settle(),
            _ => self.unexpected(content_type), // in TLS 1.2's handshake an empty one
        }
    }

    /// Content type and length of what was collected (RFC 8446 §5.2, §5.4: content, content type, zeros).
    #[cfg(feature = "tls13")]
    fn find_end(&mut self) -> Result<(u8, usize), Error> {
        let length = self.context.incoming.length();
        let content = buffer(&mut self.grown, &mut self.context.arena).get(..length).unwrap_or_default();
        let length = content.iter().rposition(|byte| *byte != 0).unwrap_or_default();
        let content_type = content.get(length).copied().unwrap_or_default();
        let agreed = usize::from(self.handshake.negotiated.fragment);
        let limit = if agreed == 0 { crate::record::MAX_PLAINTEXT } else { agreed };
        if length > limit {
            self.context.detail = Detail { a: length as u32, b: limit as u32 };
            return Err(Error::RecordOverflow);
        }
        Ok((content_type, length))
    }

    /// So many bytes of application data have been collected.
    fn release(&mut self, length: usize) -> Result<(), Error> {
        if self.reader.in_message() {
            return self.unexpected(APPLICATION_DATA);
        }
        if length == 0 {
            self.give_back();
            return self.noise(APPLICATION_DATA);
        }
        self.noise = 0;
        self.handshake.forget_pointless();
        self.plain = 0..length;
        Ok(())
    }

    /// After a message: perhaps the end of the handshake.
    fn settle(&mut self) -> Result<(), Error> {
        self.handshake.next_record();
        if self.handshake.is_complete() && !self.is_open {
            if self.reader.in_message() {
                return self.unexpected(HANDSHAKE); // something follows Finished
            }
            // Nothing but what was awaited tells which keys exist: whatever went wrong there, data never goes in the clear.
            if self.context.incoming.traffic_key.is_none() || !self.context.outgoing.is_protected() {
                return Err(Error::Internal);
            }
            self.is_open = true;
            self.noise = 0;
        }
        Ok(())
    }

    /// In TLS 1.2 new keys. What TLS 1.3 sends for the sake of those on the way (RFC 8446 §D.4) is dropped, but not without
    /// end.
    #[inline(never)]
    fn change_cipher_spec(&mut self) -> Result<(), Error> {
        if !self.is_open && self.content_len == 1 && self.small.first() == Some(&1) {
            if self.handshake.is_tls13() {
                if !self.context.incoming.is_protected() {
                    return self.noise(CHANGE_CIPHER_SPEC);
                }
            } else if !self.reader.in_message() && self.handshake.awaits_change_cipher_spec() {
                self.handshake.change_cipher_spec(&mut self.context.incoming.traffic_key);
                return Ok(());
            }
        }
        self.unexpected(CHANGE_CIPHER_SPEC)
    }

    /// Content after the handshake: it is collected and released when the tag has been checked.
    fn collect(&mut self, piece: &[u8]) -> Result<(), Error> {
        let at = self.context.incoming.opened();
        let place = part(buffer(&mut self.grown, &mut self.context.arena), at, piece.len()).ok_or(Error::Internal)?;
        copy(place, piece);
        self.context.incoming.open(place);
        Ok(())
    }

    /// An alert from the peer (RFC 5246 §7.2).
    #[inline(never)]
    fn alert(&mut self) -> Result<(), Error> {
        let [level, description] = self.small;
        if self.content_len != 2 {
            return Err(Error::DecodeError);
        }
        if !matches!(level, 1 | 2) {
            return Err(Error::IllegalParameter);
        }
        if description == Alert::CloseNotify as u8 {
            if !self.is_open {
                return Err(Error::ConnectionReset);
            }
            self.peer_closed = true;
            self.send_close_notify();
            return Ok(());
        }
        // RFC 5246 §7.2.2: warnings may be ignored; RFC 8446 §6: but for user_canceled there are none
        if level == 1 && (!self.handshake.is_tls13() || description == Alert::UserCanceled as u8) {
            self.context.detail.a = 256 + u32::from(ALERT);
            return self.handshake.count_pointless();
        }
        self.context.detail.a = description.into();
        Err(Error::AlertReceived)
    }

    /// Makes an error sticky and tells the peer.
    fn fail(&mut self, error: Error) -> Error {
        self.error = Some(error);
        self.deferred = None;
        self.cancel_work();
        // What was written during a record that turned out wrong must not be sent. Otherwise it must be if it changed the
        // keys: the peer could not read the alert without it.
        if self.in_unchecked_record() && self.context.incoming.is_protected() || !self.context.outgoing.is_protected() {
            self.context.arena.forget_queue();
        }
        if error.alert() != Alert::None {
            let _ = self.context.alert(2, error.alert() as u8);
        }
        if self.plain.is_empty() {
            self.give_back();
        }
        error
    }

    /// Moves bytes for the network into `out`; returns how many. Also after an error: the alert.
    pub fn pull(&mut self, out: &mut [u8]) -> usize {
        let n = copy(out, self.queued());
        self.sent(n);
        n
    }

    /// What waits for the network, where it lies: [`Self::pull`] without a copy, for transports that may take only a
    /// part of it or nothing. [`Self::sent`] then says how much they took.
    pub fn queued(&self) -> &[u8] {
        // Without protection, too: what follows in the record may still be wrong.
        if self.error.is_none() && self.in_unchecked_record() {
            return &[];
        }
        self.context.arena.queue()
    }

    /// The first `n` bytes of [`Self::queued`] have been taken by the transport. More than it showed is not believed.
    pub fn sent(&mut self, n: usize) {
        self.context.arena.sent(n.min(self.queued().len()));
        #[cfg(feature = "client-auth")]
        if self.error.is_none()
            && !self.closed
            && !self.has_work()
            && self.context.arena.is_queue_empty()
            && self.handshake.is_sending()
        {
            self.run(&mut &[][..], true);
        }
    }

    /// Moves plaintext into `out`; returns how many bytes, 0 if there is nothing yet or nothing more. Plaintext that
    /// came before an error is given out before the error is.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let range = self.plain.clone();
        if range.is_empty() {
            return match self.error {
                Some(error) => Err(error),
                None => Ok(0),
            };
        }
        let ready = buffer(&mut self.grown, &mut self.context.arena).get_mut(range).unwrap_or_default();
        let n = copy(out, ready);
        ready.get_mut(..n).unwrap_or_default().fill(0);
        self.plain.start += n;
        if self.plain.is_empty() {
            self.give_back();
        }
        Ok(n)
    }

    /// How many bytes [`Self::read`] would give now.
    pub fn readable(&self) -> usize {
        self.plain.len()
    }

    /// Wipes and returns the memory for an oversized record.
    fn give_back(&mut self) {
        if let Some(grown) = self.grown.take() {
            wipe(grown);
            self.context.host.free(grown);
        }
    }

    /// Takes plaintext to send; returns how many bytes, 0 while the handshake runs or earlier bytes wait to be pulled.
    pub fn write(&mut self, plain: &[u8]) -> Result<usize, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.closed || self.peer_closed {
            return Err(Error::WriteAfterClose);
        }
        if !self.is_open {
            return Ok(0);
        }
        let mut taken = 0;
        match self.send_data(plain, &mut taken) {
            Ok(()) => Ok(taken),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Makes records of as much of it as there is room for.
    fn send_data(&mut self, plain: &[u8], taken: &mut usize) -> Result<(), Error> {
        #[cfg(feature = "tls13")]
        if !self.handshake.answer_key_update(&mut self.context)? {
            return Ok(());
        }
        let limit = usize::from(self.handshake.negotiated.send_limit);
        let mut is_first = self.context.arena.is_queue_empty();
        while *taken < plain.len() {
            let room = self.context.room();
            // the alert that ends the connection must always fit
            let free = room.len().saturating_sub(ALERT_RECORD_LEN);
            let rest = plain.get(*taken..).unwrap_or_default();
            let n = rest.len().min(free).min(limit);
            // one record now beats two small ones
            if n == 0 || (n < rest.len().min(limit) && !is_first) {
                break;
            }
            let (Some(place), Some(piece)) = (room.get_mut(..n), rest.get(..n)) else { break };
            copy(place, piece);
            self.context.seal(APPLICATION_DATA, n)?;
            *taken += n;
            is_first = false;
        }
        Ok(())
    }

    /// Gives up a long computation and wipes what it had in memory.
    fn cancel_work(&mut self) {
        if self.has_work() {
            self.context.progress = Progress::NONE;
            wipe(self.context.arena.received());
        }
    }

    fn send_close_notify(&mut self) {
        if !self.closed && self.error.is_none() {
            self.closed = true;
            let _ = self.context.alert(1, Alert::CloseNotify as u8);
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
    }

    /// The transport has ended: no more bytes will come. Without close_notify this is an error, because anybody on the
    /// way could have cut the connection (RFC 5246 §7.2.1).
    pub fn eof(&mut self) {
        if self.error.is_none() && !self.peer_closed && !self.closed {
            self.cancel_work();
            // nobody is left to be told
            self.error = Some(if self.is_open { Error::Truncated } else { Error::ConnectionReset });
            if self.plain.is_empty() {
                self.give_back();
            }
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

    /// A session for the next connection ([`Config::session`]), if [`Config::keep_session`] asked for one and it has come;
    /// with TLS 1.3 it comes after the handshake. Empty: there is none. A secret.
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

/// Where a record's content is collected.
#[inline(never)]
fn buffer<'b>(grown: &'b mut Option<&'static mut [u8]>, arena: &'b mut Arena) -> &'b mut [u8] {
    match grown {
        Some(grown) => grown,
        None => arena.received(),
    }
}

impl Drop for Connection<'_> {
    /// Wipes everything that was secret.
    fn drop(&mut self) {
        self.give_back();
        #[cfg(feature = "resumption")]
        self.handshake.forget_session(self.context.host);
        wipe(&mut self.piece);
        wipe(self.context.arena.all());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::AeadAlgorithm;
    use crate::record::traffic_key::TrafficKey;
    use std::boxed::Box;
    use std::vec::Vec;

    /// Lends memory and counts what has not come back.
    #[derive(Default)]
    struct Lender {
        lent: usize,
    }

    impl Host for Lender {
        fn random(&mut self, out: &mut [u8]) -> bool {
            out.fill(7);
            true
        }

        fn now(&mut self) -> Option<i64> {
            None
        }

        fn alloc(&mut self, len: usize) -> Option<&'static mut [u8]> {
            self.lent += len;
            Some(Box::leak(std::vec![0; len].into_boxed_slice()))
        }

        fn free(&mut self, buffer: &'static mut [u8]) {
            self.lent -= buffer.len();
        }

        #[cfg(feature = "aes-hook")]
        fn aes128(&mut self) -> Option<crate::crypto::AesHook> {
            Some(crate::crypto::AesHook::NONE)
        }
    }

    fn insecure() -> Config<'static> {
        let mut config = Config::default();
        config.trust.insecure = true;
        config
    }

    /// After a handshake, but for the keys.
    fn opened<'a>(host: &'a mut Lender, memory: &'a mut [u8]) -> Connection<'a> {
        let mut connection = Connection::unstarted(insecure(), host, memory);
        connection.is_open = true;
        connection.context.arena.divide(1024).unwrap();
        connection
    }

    /// What may not come after the handshake is an error there, too: in a record that was collected first.
    #[test]
    fn what_may_not_follow_the_handshake_ends_the_connection() {
        for (content_type, content) in [(HANDSHAKE, &[2, 0, 0, 0][..]), (ALERT, &[2, 40, 0])] {
            let mut memory = std::vec![0; Connection::memory_needed(&insecure())];
            let mut host = Lender::default();
            let mut connection = opened(&mut host, &mut memory);
            let mut record = std::vec![content_type, 3, 3, 0, content.len() as u8];
            record.extend_from_slice(content);
            let expected = if content_type == HANDSHAKE { Error::UnexpectedMessage } else { Error::DecodeError };
            assert_eq!(connection.push(&record), Err(expected));
        }
    }

    /// A write can fail while a record larger than the arena waits to be read: the record stays.
    #[test]
    fn a_failed_write_loses_nothing_that_has_come() {
        let mut memory = std::vec![0; Connection::memory_needed(&insecure())];
        let mut host = Lender::default();
        // open, with all records sent that one key may protect, and 5000 bytes to be read
        let mut connection = opened(&mut host, &mut memory);
        TrafficKey::blank(AeadAlgorithm::Aes128Gcm, false, &mut connection.context.outgoing.traffic_key).exhaust();
        connection.handshake.negotiated.send_limit = 100;
        let grown = connection.context.host.alloc(5000).unwrap();
        grown.fill(9);
        (connection.grown, connection.plain) = (Some(grown), 0..5000);
        assert!(connection.write(b"more").is_err());
        assert_eq!(connection.status(), Status::Failed);
        let mut got = Vec::new();
        while connection.readable() != 0 {
            let mut piece = [0; 700];
            let n = connection.read(&mut piece).unwrap();
            got.extend_from_slice(&piece[..n]);
        }
        assert!(got == [9; 5000]);
        assert!(connection.read(&mut [0]).is_err() && connection.grown.is_none());
        drop(connection);
        assert_eq!(host.lent, 0);
    }
}
