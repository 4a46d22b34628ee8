//! The order of messages in a handshake: the hellos, which all versions share, and the awaited message of each state.
//!
//! A state is a number: what it needs lies in fields of the flight and is made when the state before ends, so that what
//! is awaited tells what exists. States that own what they need would be moved at every step, which takes two kilobytes
//! of code. What the states of a version do lies in `flight12` and `flight13`. While the server's flight comes in, the arena belongs to the handshake: ClientHello and
//! ServerHello lie at its start, later the keys and signatures of the certificate check, then the server's key followed
//! by the message that it signed.

mod tls12;
#[cfg(feature = "tls13")]
mod tls13;

use crate::arena::Arena;
use crate::codec::{Cursor, copy, part, piece};
#[cfg(feature = "resumption")]
use crate::config::TLS12;
use crate::config::{Config, TLS13};
use crate::crypto::{EphemeralKey, NamedGroup, PublicShare, WORK_LEN};
use crate::error::Error;
#[cfg(feature = "tls13")]
use crate::handshake::ENCRYPTED_EXTENSIONS;
use crate::handshake::cipher_suite::{CipherSuite, Kind};
use crate::handshake::messages::certificate::{self, CertificateReader};
#[cfg(feature = "client-auth")]
use crate::handshake::messages::certificate_verify;
use crate::handshake::messages::client_hello::{self, Fresh, SESSION_ID_AT, SESSION_ID_LEN};
use crate::handshake::messages::finished;
#[cfg(feature = "resumption")]
use crate::handshake::messages::new_session_ticket::SessionStore;
use crate::handshake::messages::server_hello::{self, Tls13Answer};
#[cfg(feature = "client-auth")]
use crate::handshake::signature_scheme::SignatureScheme;
use crate::handshake::vectors::VectorsReader;
use crate::handshake::{
    CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, FINISHED, GROUPS, HELLO_REQUEST, Io, KEY_UPDATE,
    NEW_SESSION_TICKET, Negotiated, Randoms, SERVER_HELLO, SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE, random,
};
use crate::host::Host;
use crate::record::protection::Protection;
use crate::record::{HANDSHAKE, HEADER_LEN};
#[cfg(feature = "tls13")]
use crate::schedule::hkdf13::Secrets;
use crate::schedule::prf12::MasterSecret;
use crate::schedule::transcript::Transcript;
#[cfg(feature = "resumption")]
use crate::session::{self, Session};
#[cfg(feature = "client-auth")]
use crate::x509::client_identity;
use crate::x509::{Leaf, StoredKey};
use core::task::{Poll, ready};

/// Longest message that is read as a stream; the largest Certificate seen in the wild has 10 KB.
const MAX_STREAMED: u32 = 1 << 16;

/// Messages and warnings, or records without content, that are put up with in a row.
const MAX_POINTLESS: u8 = 32;

/// Counts one more of them.
#[inline(never)]
pub fn count(pointless: &mut u8) -> Result<(), Error> {
    *pointless = pointless.saturating_add(1);
    if *pointless > MAX_POINTLESS { Err(Error::TooMuchNoise) } else { Ok(()) }
}

/// A limit below this is a message's exact form rather than a question of memory.
const MAX_PLAUSIBLE: u32 = 64;

/// The awaited message: its HandshakeType, or a number that no message has.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Expect {
    /// or HelloRetryRequest, once
    ServerHello = SERVER_HELLO,
    #[cfg(feature = "tls13")]
    EncryptedExtensions = ENCRYPTED_EXTENSIONS,
    /// in TLS 1.3 or CertificateRequest, once
    Certificate = CERTIFICATE,
    #[cfg(feature = "tls13")]
    CertificateVerify = CERTIFICATE_VERIFY,
    ServerKeyExchange = SERVER_KEY_EXCHANGE,
    /// or CertificateRequest, once
    ServerHelloDone = SERVER_HELLO_DONE,
    Finished = FINISHED,
    /// ClientHello has not been written.
    Nothing = NO_MESSAGE,
    /// Nothing: our Certificate is on its way, in pieces.
    #[cfg(feature = "client-auth")]
    CertificateSent,
    /// or NewSessionTicket, if it was promised
    ChangeCipherSpec,
    /// The handshake is complete; HelloRequest may come, in TLS 1.3 NewSessionTicket and KeyUpdate.
    Complete,
}

/// From here on numbers do not stand for messages.
const NO_MESSAGE: u8 = 128;

/// A handshake, from ClientHello to whatever comes after Finished.
///
/// Small and busy fields come first: on a Cortex-M they are reached with instructions of half the size. Of the others those
/// that are zeros at first lie together, so that one memset writes them where they stay; a gap before them would have the
/// compiler make them on the stack and copy them.
#[repr(C)]
pub struct Flight<'a> {
    pub(super) expect: Expect,
    /// HandshakeType of the current message.
    kind: u8,
    /// What has been done for the message that is being handled or written, when it takes more than one operation.
    pub(super) stage: u8,
    /// Messages and warnings in a row that brought the caller nothing.
    pointless: u8,
    /// The server asked for a certificate ...
    pub(super) certificate_wanted: bool,
    /// TLS 1.3 was agreed on.
    tls13: bool,
    /// There was a HelloRetryRequest.
    #[cfg(feature = "tls13")]
    pub(super) retried: bool,
    /// The body of a KeyUpdate.
    #[cfg(feature = "tls13")]
    pub(super) request_update: u8,
    /// TLS 1.3: a KeyUpdate must be sent before more data.
    #[cfg(feature = "tls13")]
    pub(super) owes_key_update: bool,
    /// The last message changed the keys: nothing may follow it in its record (RFC 8446 §5.1).
    pub has_new_read_keys: bool,
    /// After ServerHello what it has named.
    pub(super) suite: &'static CipherSuite,
    /// Where in the arena the current message is put together: behind ClientHello, which stays until the transcript's
    /// hash is known; behind the server's key, which is needed for the message that it signed.
    pub(super) base: usize,
    /// Bytes of it that have come.
    pub(super) assembled: usize,
    /// The outcome so far.
    pub negotiated: Negotiated,
    /// ... and takes these schemes; later it reads tickets.
    vectors: VectorsReader,
    /// The session that is offered.
    #[cfg(feature = "resumption")]
    pub(super) offered: Option<Session<'a>>,
    /// Bytes of our Certificate that have been written.
    #[cfg(feature = "client-auth")]
    sent: usize,
    /// The server's key, which lies at the arena's start.
    pub(super) key: StoredKey,
    /// The session that the server gives.
    #[cfg(feature = "resumption")]
    pub(super) store: SessionStore,
    pub(super) config: Config<'a>,
    pub(super) randoms: Randoms,
    /// What the traffic keys are made of in TLS 1.2 ...
    pub(super) master: MasterSecret,
    /// ... and in TLS 1.3.
    #[cfg(feature = "tls13")]
    pub(super) secrets: Secrets,
    /// TLS 1.2: keys of the side whose ChangeCipherSpec comes second.
    pub(super) next_keys: Option<Protection>,
    /// The key whose public half is in ClientHello.
    pub(super) ephemeral: Option<EphemeralKey>,
    pub(super) transcript: Transcript,
    certificate: CertificateReader<'a>,
}

impl<'a> Flight<'a> {
    /// Nothing has been sent yet.
    #[inline(always)] // it is made where it stays
    pub fn new(config: Config<'a>) -> Self {
        Flight {
            config,
            expect: Expect::Nothing,
            master: MasterSecret::NONE,
            #[cfg(feature = "tls13")]
            secrets: Secrets::NONE,
            certificate: CertificateReader::new(&config),
            transcript: Transcript::default(),
            randoms: Randoms::NONE,
            suite: CipherSuite::ANY,
            base: 0,
            assembled: 0,
            key: StoredKey::NONE,
            pointless: 0,
            ephemeral: None,
            #[cfg(feature = "tls13")]
            retried: false,
            certificate_wanted: false,
            vectors: VectorsReader::NONE,
            #[cfg(feature = "client-auth")]
            sent: 0,
            #[cfg(feature = "tls13")]
            owes_key_update: false,
            #[cfg(feature = "tls13")]
            request_update: 0,
            tls13: false,
            #[cfg(feature = "resumption")]
            offered: None,
            #[cfg(feature = "resumption")]
            store: SessionStore::NONE,
            kind: 0,
            stage: 0,
            next_keys: None,
            has_new_read_keys: false,
            negotiated: Negotiated::NONE,
        }
    }

    /// What the caller wanted.
    pub fn config(&self) -> &Config<'a> {
        &self.config
    }

    /// Whether TLS 1.3 was agreed on.
    pub fn is_tls13(&self) -> bool {
        cfg!(feature = "tls13") && self.tls13
    }

    /// Whether the server's Finished was right.
    pub fn is_complete(&self) -> bool {
        self.expect == Expect::Complete
    }

    /// What comes next is in another record.
    pub fn begin_record(&mut self) {
        self.has_new_read_keys = false;
    }

    /// Counts a message or warning that brings the caller nothing: key updates and the like are put up with, but not
    /// without end. Tickets take no more work than their bytes are worth: [`crate::handshake::messages::new_session_ticket`].
    pub fn pointless(&mut self) -> Result<(), Error> {
        count(&mut self.pointless)
    }

    /// Data came: counts anew.
    pub fn useful(&mut self) {
        self.pointless = 0;
    }

    /// The session that the server gave, if it is complete.
    pub fn session(&self) -> &[u8] {
        #[cfg(feature = "resumption")]
        return self.store.session();
        #[cfg(not(feature = "resumption"))]
        &[]
    }

    /// Bytes of memory from the host for it.
    pub fn session_memory(&self) -> usize {
        #[cfg(feature = "resumption")]
        return self.store.memory_len();
        #[cfg(not(feature = "resumption"))]
        0
    }

    /// Gives back the memory.
    #[cfg(feature = "resumption")]
    pub fn forget_session(&mut self, host: &mut dyn Host) {
        self.store.forget(host);
    }

    /// Refuses what is wrong with the configuration.
    pub fn check(&mut self, io: &mut Io) -> Result<(), Error> {
        #[cfg(feature = "resumption")]
        {
            self.offered = Session::read(self.config.session, &self.config, session::now(io.host));
        }
        self.certificate.check(self.offers_session(), &mut io.detail)?;
        #[cfg(feature = "client-auth")]
        client_identity::check(&self.config, io.arena.received(), &mut io.detail)?;
        Ok(())
    }

    /// Writes ClientHello.
    pub fn start(&mut self, io: &mut Io) -> Poll<Result<(), Error>> {
        let mut group = GROUPS.first().copied();
        #[cfg(feature = "resumption")]
        if self.offered.as_ref().is_some_and(|session| session.version() == TLS12) {
            // The server will hardly have learned TLS 1.3 since then, so no key is made for it: a key would cost more
            // than all the rest. If it has, it asks for one (RFC 8446 §4.2.8).
            group = None;
        }
        let mut public = PublicShare::NONE;
        ready!(self.make_share(group, &mut public, io))?;
        if !io.host.random(&mut self.randoms.client) {
            return Poll::Ready(Err(Error::RandomFailed));
        }
        let mut session_id = [0; SESSION_ID_LEN];
        let mut id_len = 0;
        let mut is_fresh = self.config.offers(TLS13);
        #[cfg(feature = "resumption")]
        if let Some(session) = self.offered.as_ref().filter(|session| session.version() == TLS12) {
            is_fresh |= !session.by_id();
            if session.by_id() {
                is_fresh = false;
                id_len = copy(&mut session_id, session.ticket);
            }
        }
        if is_fresh {
            id_len = SESSION_ID_LEN;
            if !io.host.random(&mut session_id) {
                return Poll::Ready(Err(Error::RandomFailed));
            }
        }
        let session_id = session_id.get(..id_len).unwrap_or_default();
        // It is needed once more, for the transcript. The record's header stays in front of it: the arena is not
        // written before ServerHello comes, and that is put behind it.
        self.client_hello(&public, session_id, 0..0, io)?;
        self.base = io.arena.queue_end();
        // RFC 8446 §5.1: the record of the first one should say TLS 1.0, for servers that are older still
        if let [_, _, minor] = io.arena.room_mut(0..3) {
            *minor = 1;
        }
        self.expect = Expect::ServerHello;
        Poll::Ready(Ok(()))
    }

    /// Whether there is a session to resume.
    fn offers_session(&self) -> bool {
        #[cfg(feature = "resumption")]
        return self.offered.is_some();
        #[cfg(not(feature = "resumption"))]
        false
    }

    /// Makes a key of that group, unless there is one, and the public key of whatever key there is.
    #[inline(never)] // keeps the key's making apart from everything else's stack
    pub(super) fn make_share(
        &mut self,
        group: Option<NamedGroup>,
        share: &mut PublicShare,
        io: &mut Io,
    ) -> Poll<Result<(), Error>> {
        if let (Some(group), true) = (group, self.config.offers(TLS13)) {
            self.make_ephemeral(group, io.host)?;
        }
        if let Some(key) = &self.ephemeral {
            let (_, work) = &mut io.arena.received_and_work(&mut io.progress);
            share.len = ready!(key.public(&mut share.bytes, work));
        }
        Poll::Ready(Ok(()))
    }

    /// Writes a ClientHello, with the share of the key there is and with a cookie that lies in the arena; puts it into a
    /// record.
    #[inline(never)]
    pub(super) fn client_hello(
        &mut self,
        public: &PublicShare,
        session_id: &[u8],
        cookie: core::ops::Range<usize>,
        io: &mut Io,
    ) -> Result<(), Error> {
        let mut fresh = Fresh { session_id, ..Fresh::NONE };
        let room = io.outgoing.room_at(&mut io.arena);
        let (before, after) = io.arena.room_and_before(room).ok_or(Error::OutOfMemory)?;
        fresh.cookie = before.get(cookie).ok_or(Error::Internal)?;
        if let Some(key) = &self.ephemeral {
            (fresh.group, fresh.public) = (key.group(), public);
        }
        #[cfg(feature = "resumption")]
        if self.config.keep_session && self.config.offers(TLS12) {
            fresh.ticket = Some(&[]);
        }
        #[cfg(feature = "resumption")]
        if let Some(session) = &self.offered {
            if session.version() == TLS13 {
                fresh.identity = session.ticket;
                fresh.binder_len = session.secret().len() as u8; // as long as the hash
                fresh.obfuscated_age = session.obfuscated_age(session::now(io.host));
            } else if !session.by_id() {
                fresh.ticket = Some(session.ticket);
            }
        }
        let n = client_hello::write(after, &self.config, &self.randoms.client, &fresh).ok_or(Error::OutOfMemory)?;
        #[cfg(feature = "tls13")]
        {
            let message = after.get_mut(..n).ok_or(Error::Internal)?;
            #[cfg(feature = "resumption")]
            if !fresh.identity.is_empty() {
                self.bind(message)?;
                return io.seal(HANDSHAKE, n);
            }
            // a no-op before a HelloRetryRequest has named the hash
            self.transcript.update(message);
        }
        io.seal(HANDSHAKE, n)
    }

    /// Makes a key for the key agreement, unless there is one of that group.
    #[inline(never)]
    pub(super) fn make_ephemeral(&mut self, group: NamedGroup, host: &mut dyn Host) -> Result<(), Error> {
        if self.ephemeral.as_ref().is_some_and(|key| key.group() == group) {
            return Ok(());
        }
        EphemeralKey::generate(&mut self.ephemeral, group, &mut random(host))
    }

    /// Whether a message of ours has been sent in part: more of it comes from [`Self::send_more`] when the rest has been
    /// pulled.
    pub fn is_sending(&self) -> bool {
        #[cfg(feature = "client-auth")]
        return self.expect == Expect::CertificateSent;
        #[cfg(not(feature = "client-auth"))]
        false
    }

    /// Whether a ClientHello has been written.
    pub fn has_begun(&self) -> bool {
        self.expect != Expect::Nothing
    }

    /// Goes on with what is written without a message before it: ClientHello, or our Certificate and what follows it.
    pub fn go_on(&mut self, io: &mut Io) -> Poll<Result<(), Error>> {
        #[cfg(feature = "client-auth")]
        if self.has_begun() {
            return self.send_more(io);
        }
        self.start(io)
    }

    /// Goes on with our Certificate, and what follows it.
    #[cfg(feature = "client-auth")]
    #[inline(never)]
    fn send_more(&mut self, io: &mut Io) -> Poll<Result<(), Error>> {
        if self.stage != 0 {
            return self.after_certificate(true, io);
        }
        // The next record of our Certificate. What follows it waits until all of it has been sent, for the queue may have
        // no room for both. (RFC 5246 §6.2.1: messages may be cut anywhere.)
        let room = io.room();
        let most = room.len().min(self.negotiated.send_limit.into());
        let room = room.get_mut(..most).unwrap_or_default();
        let (n, total) = certificate::write(self.config.cert, self.is_tls13(), self.sent, room)?;
        if n != 0 {
            self.sent += n;
            return Poll::Ready(self.send(n, io));
        }
        if self.sent != total {
            return Poll::Ready(Err(Error::OutOfMemory));
        }
        self.after_certificate(true, io)
    }

    /// Sends our Certificate if the server asked for one, and what follows it.
    #[inline(never)] // a state's stack is its own
    pub(super) fn send_flight(&mut self, io: &mut Io) -> Poll<Result<(), Error>> {
        #[cfg(feature = "client-auth")]
        if self.certificate_wanted && self.has_certificate() {
            self.expect = Expect::CertificateSent;
            return self.send_more(io);
        }
        self.after_certificate(false, io)
    }

    /// Goes on when our Certificate, if there is one, has been sent.
    fn after_certificate(&mut self, certified: bool, io: &mut Io) -> Poll<Result<(), Error>> {
        #[cfg(feature = "tls13")]
        if self.is_tls13() {
            return self.after_certificate13(certified, io);
        }
        self.after_certificate12(certified, io)
    }

    /// Whether there is a certificate that the server takes.
    #[cfg(feature = "client-auth")]
    fn has_certificate(&self) -> bool {
        !self.config.cert.is_empty() && self.scheme().is_some()
    }

    /// How to sign, best first: with a scheme that the server takes and that fits our key.
    #[cfg(feature = "client-auth")]
    fn scheme(&self) -> Option<&'static SignatureScheme> {
        let tls13 = self.is_tls13();
        let is_rsa = cfg!(feature = "client-rsa") && client_identity::private_key(self.config.key).is_err();
        self.vectors
            .schemes
            .listed()
            .find(|scheme| scheme.fits(is_rsa, tls13) && (tls13 || self.transcript.has(self.suite.hash, scheme.hash)))
    }

    /// Says that there is no certificate, if the server asked for one.
    pub(super) fn send_no_certificate(&mut self, certified: bool, io: &mut Io) -> Result<(), Error> {
        if !self.certificate_wanted || certified {
            return Ok(());
        }
        self.send_message(certificate::empty(self.is_tls13()), io)
    }

    /// Our CertificateVerify.
    #[cfg(feature = "client-auth")]
    pub(super) fn send_certificate_verify(&mut self, io: &mut Io) -> Poll<Result<(), Error>> {
        let scheme = self.scheme().ok_or(Error::Internal)?;
        let tls13 = self.is_tls13();
        let mut digest = [0; 64];
        let digest = self.transcript.digest_of((!tls13).then_some(scheme.hash), &mut digest);
        let n = ready!(certificate_verify::write(self.config.key, scheme, tls13, digest, io))?;
        Poll::Ready(self.send(n, io))
    }

    /// A message's header has come.
    pub fn begin(&mut self, header: &[u8; 4], length: u32, io: &mut Io) -> Result<(), Error> {
        let [kind, ..] = *header;
        self.assembled = 0;
        self.kind = kind;
        if kind == HELLO_REQUEST && !self.is_tls13() {
            return self.hello_request(length, io);
        }
        let tls13 = self.is_tls13();
        let last = if tls13 { Expect::Complete } else { Expect::ChangeCipherSpec };
        let expected = match kind {
            CERTIFICATE_REQUEST => {
                let before = if tls13 { Expect::Certificate } else { Expect::ServerHelloDone };
                self.expect == before && !self.certificate_wanted
            }
            // RFC 5077 §3.3
            NEW_SESSION_TICKET => self.expect == last && (tls13 || self.negotiated.ticket_promised),
            KEY_UPDATE => tls13 && self.expect == last,
            _ => self.expect as u8 == kind && kind < NO_MESSAGE,
        };
        if !expected {
            io.detail.a = kind.into();
            return Err(Error::UnexpectedMessage);
        }
        let limit = match kind {
            CERTIFICATE | CERTIFICATE_REQUEST | NEW_SESSION_TICKET => MAX_STREAMED,
            SERVER_HELLO_DONE => 0,
            KEY_UPDATE => 1,
            FINISHED => self.finished_len() as u32,
            _ => io.arena.received_len().saturating_sub(self.base + WORK_LEN).min(u16::MAX.into()) as u32,
        };
        if length > limit || kind == KEY_UPDATE && length == 0 {
            io.detail.a = kind.into();
            io.detail.b = length;
            return Err(if limit <= MAX_PLAUSIBLE { Error::DecodeError } else { Error::MessageTooLong });
        }
        if matches!(kind, CERTIFICATE_REQUEST | NEW_SESSION_TICKET) {
            self.vectors.begin(kind == NEW_SESSION_TICKET, tls13);
        }
        #[cfg(feature = "resumption")]
        if kind == NEW_SESSION_TICKET {
            self.begin_ticket(length, io);
        }
        if !self.is_checked_first() {
            self.transcript.update(header);
        }
        Ok(())
    }

    /// Whether the current message is about the transcript before it, or names its hash: [`Self::add`] adds it.
    fn is_checked_first(&self) -> bool {
        matches!(self.kind, SERVER_HELLO | CERTIFICATE_VERIFY | FINISHED)
    }

    /// Adds the current message, which lies in the arena, to the transcript.
    pub(super) fn add(&mut self, header: &[u8; 4], arena: &Arena) {
        self.transcript.update(header);
        self.transcript.update(self.message(arena));
    }

    /// The body of the current message.
    #[inline(never)]
    pub(super) fn message<'b>(&self, arena: &'b Arena) -> &'b [u8] {
        piece(arena.received_bytes(), self.base, self.assembled)
    }

    fn finished_len(&self) -> usize {
        if self.is_tls13() { self.suite.hash.output_len() } else { finished::VERIFY_DATA_LEN }
    }

    /// A piece of the message's body. What is left of it comes again when a slice has been done; what is not left goes to
    /// [`Self::taken`].
    pub fn body(&mut self, piece: &mut &[u8], io: &mut Io) -> Poll<Result<(), Error>> {
        if self.kind == CERTIFICATE {
            return self.certificate_piece(piece, io);
        }
        Poll::Ready(self.whole_piece(core::mem::take(piece), io))
    }

    /// Adds a piece of the message's body to the transcript.
    pub fn taken(&mut self, piece: &[u8]) {
        if !self.is_checked_first() {
            self.transcript.update(piece);
        }
    }

    fn whole_piece(&mut self, piece: &[u8], io: &mut Io) -> Result<(), Error> {
        if piece.is_empty() {
            return Ok(());
        }
        match self.kind {
            CERTIFICATE_REQUEST | NEW_SESSION_TICKET => {
                io.detail.a = self.kind.into();
                self.vectors.push(piece)?;
                // the arena belongs to the records now, or holds the server's key
                #[cfg(feature = "resumption")]
                if self.kind == NEW_SESSION_TICKET {
                    self.ticket_piece(piece);
                }
                return Ok(());
            }
            #[cfg(feature = "tls13")]
            KEY_UPDATE => {
                self.request_update = piece.last().copied().unwrap_or_default();
                return Ok(());
            }
            _ => {}
        }
        let at = self.base + self.assembled;
        copy(part(io.arena.received(), at, piece.len()).ok_or(Error::Internal)?, piece);
        self.assembled += piece.len();
        Ok(())
    }

    /// The message is complete. Called again for each slice of what it takes.
    pub fn end(&mut self, header: &[u8; 4], io: &mut Io) -> Poll<Result<(), Error>> {
        let [kind, ..] = *header;
        io.detail.a = kind.into();
        Poll::Ready(match kind {
            SERVER_HELLO => return self.server_hello(header, io),
            #[cfg(feature = "tls13")]
            CERTIFICATE_VERIFY => return self.certificate_verify(header, io),
            SERVER_KEY_EXCHANGE => return self.server_key_exchange(io),
            SERVER_HELLO_DONE => {
                io.arena.restart_queue(0);
                return self.send_flight(io);
            }
            #[cfg(feature = "tls13")]
            FINISHED if self.is_tls13() => return self.finished13(header, io),
            _ => self.end_at_once(header, io),
        })
    }

    /// A message that takes no long operation is complete.
    fn end_at_once(&mut self, header: &[u8; 4], io: &mut Io) -> Result<(), Error> {
        let [kind, ..] = *header;
        if matches!(kind, CERTIFICATE_REQUEST | NEW_SESSION_TICKET) {
            self.vectors.finish()?;
        }
        match kind {
            HELLO_REQUEST => Ok(()),
            CERTIFICATE_REQUEST => {
                self.certificate_wanted = true;
                Ok(())
            }
            #[cfg(feature = "tls13")]
            ENCRYPTED_EXTENSIONS => self.encrypted_extensions(io),
            CERTIFICATE => self.certificate(io),
            FINISHED => self.finished12(header, io),
            #[cfg(feature = "tls13")]
            _ if self.is_tls13() => self.after_handshake(kind, io),
            #[cfg(feature = "resumption")]
            NEW_SESSION_TICKET => self.end_ticket(io),
            _ => Err(Error::Internal),
        }
    }

    #[inline(never)] // a state's stack is its own
    fn server_hello(&mut self, header: &[u8; 4], io: &mut Io) -> Poll<Result<(), Error>> {
        let body = self.message(&io.arena);
        // the first ClientHello is still there
        let first = piece(io.arena.received_bytes(), HEADER_LEN, self.base - HEADER_LEN);
        let session_id = Cursor(first.get(SESSION_ID_AT..).unwrap_or_default()).vec8()?;
        let mut answer = Tls13Answer::default();
        #[cfg(feature = "resumption")]
        {
            answer.psk_offered = self.offered.as_ref().is_some_and(|session| session.version() == TLS13);
        }
        let random = &mut self.randoms.server;
        server_hello::parse(body, &self.config, session_id, random, &mut self.negotiated, &mut answer, &mut io.detail)?;
        self.suite = answer.suite;
        self.tls13 = self.negotiated.version == TLS13;
        let hash = self.suite.hash;
        // Parsing is the same each time; the transcript is not.
        if self.stage == 0 {
            self.transcript.begin(hash, first);
            #[cfg(feature = "tls13")]
            if answer.retry {
                if self.retried {
                    return Poll::Ready(Err(Error::UnexpectedMessage));
                }
                self.transcript.retry(hash);
            }
            self.add(header, &io.arena);
        }
        #[cfg(feature = "tls13")]
        if self.is_tls13() {
            ready!(if answer.retry {
                let mut id = [0; SESSION_ID_LEN];
                let n = copy(&mut id, session_id);
                self.hello_retry_request(&answer, id.get(..n).unwrap_or_default(), io)
            } else {
                self.server_hello13(&answer, io)
            })?;
            self.stage = 0;
            return Poll::Ready(Ok(()));
        }
        // The server may want a signature over another hash than the suite's.
        #[cfg(feature = "client-rsa")]
        if !self.config.cert.is_empty() {
            self.transcript.begin_other(hash, &[first, header, self.message(&io.arena)]);
        }
        self.base = 0;
        if answer.echoed {
            #[cfg(feature = "resumption")]
            return Poll::Ready(self.resume12());
            #[cfg(not(feature = "resumption"))]
            return Poll::Ready(Err(Error::IllegalParameter)); // none was offered
        }
        #[cfg(feature = "resumption")]
        {
            self.offered = None;
            if !self.negotiated.ticket_promised {
                let id = Cursor(body.get(server_hello::SESSION_ID_AT..).unwrap_or_default()).vec8()?;
                self.keep_session_id(id, io.host);
            }
        }
        self.await_certificate(io);
        Poll::Ready(Ok(()))
    }

    #[inline(never)]
    pub(super) fn await_certificate(&mut self, io: &mut Io) {
        self.expect = Expect::Certificate;
        self.certificate.begin(io.host.now(), self.is_tls13());
    }

    /// A piece of the Certificate message.
    fn certificate_piece(&mut self, piece: &mut &[u8], io: &mut Io) -> Poll<Result<(), Error>> {
        let reader = &mut self.certificate;
        let (workspace, work) = &mut io.arena.received_and_work(&mut io.progress);
        let result = reader.push(piece, workspace, work);
        if let Poll::Ready(Err(_)) = result {
            // a person will want to compare it
            self.negotiated.fingerprint = reader.fingerprint();
            io.detail = reader.detail();
        }
        result
    }

    /// The Certificate message is complete.
    #[inline(never)] // a state's stack is its own
    fn certificate(&mut self, io: &mut Io) -> Result<(), Error> {
        let reader = &mut self.certificate;
        let leaf = reader.finish();
        self.negotiated.fingerprint = reader.fingerprint();
        io.detail = reader.detail();
        let Leaf { key, trusted_by, .. } = leaf?;
        self.negotiated.trusted_by = Some(trusted_by);
        (self.key, self.base) = (key, key.len());
        let suite = self.suite;
        self.expect = match suite.kind {
            #[cfg(feature = "tls13")]
            Kind::Tls13 => Expect::CertificateVerify,
            kind if key.is_rsa() == (kind == Kind::Rsa) => Expect::ServerKeyExchange,
            _ => return Err(Error::WrongCertificateType),
        };
        Ok(())
    }

    /// Puts a message into the transcript and a record.
    #[inline(never)]
    pub(super) fn send_message(&mut self, message: &[u8], io: &mut Io) -> Result<(), Error> {
        if copy(io.room(), message) != message.len() {
            return Err(Error::OutOfMemory);
        }
        self.send(message.len(), io)
    }

    /// Sends our Finished.
    #[inline(never)]
    pub(super) fn send_finished(&mut self, verify_data: &[u8], io: &mut Io) -> Result<(), Error> {
        let n = finished::write(io.room(), verify_data).ok_or(Error::OutOfMemory)?;
        self.send(n, io)
    }

    /// Puts a message of `n` bytes, written to the outgoing room, into the transcript and a record.
    pub(super) fn send(&mut self, n: usize, io: &mut Io) -> Result<(), Error> {
        let message = io.room().get(..n).ok_or(Error::Internal)?;
        self.transcript.update(message);
        io.seal_message(n, self.negotiated.send_limit.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pointless_is_counted_until_data_comes() {
        let mut flight = Flight::new(Config::default());
        for _ in 0..3 {
            assert!((0..MAX_POINTLESS).all(|_| flight.pointless().is_ok()));
            assert_eq!(flight.pointless(), Err(Error::TooMuchNoise));
            assert_eq!(flight.pointless(), Err(Error::TooMuchNoise));
            flight.useful();
        }
    }
}
