//! The order of messages in a handshake: the hellos, which all versions share, and the awaited message of each state.
//!
//! A state owns what later states need, so nothing can be used before it exists. What the states of a version do lies in
//! `flight12` and `flight13`. While the server's flight comes in, the arena belongs to the handshake: ClientHello and
//! ServerHello lie at its start, later the keys and signatures of the certificate check, then the server's key followed
//! by the message that it signed.

#[cfg(feature = "client-auth")]
use super::certificate;
use super::certificate::CertificateReader;
use super::certificate_request::CertificateRequestReader;
#[cfg(feature = "tls13")]
use super::certificate_request::CertificateRequestReader13;
#[cfg(feature = "client-auth")]
use super::certificate_request::Schemes;
#[cfg(feature = "client-auth")]
use super::certificate_verify;
use super::cipher_suite::CipherSuite;
#[cfg(feature = "resumption")]
use super::client_hello::Psk;
use super::client_hello::{self, Fresh, SESSION_ID_AT, SESSION_ID_LEN, Share};
#[cfg(feature = "resumption")]
use super::new_session_ticket::SessionStore;
use super::server_hello::{self, Tls13Answer};
use super::server_key_exchange::ServerShare;
use super::{
    CERTIFICATE, CERTIFICATE_REQUEST, FINISHED, GROUPS, HELLO_REQUEST, Io, KEY_UPDATE, NEW_SESSION_TICKET, Negotiated,
    Randoms, SERVER_HELLO, SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE, finished,
};
#[cfg(feature = "tls13")]
use super::{CERTIFICATE_VERIFY, ENCRYPTED_EXTENSIONS};
use crate::codec::{Cursor, copy};
#[cfg(feature = "resumption")]
use crate::config::TLS12;
use crate::config::{Config, TLS13};
#[cfg(feature = "tls13")]
use crate::crypto::Digest;
#[cfg(feature = "client-auth")]
use crate::crypto::HashAlgorithm;
use crate::crypto::{EphemeralKey, NamedGroup};
use crate::error::Error;
use crate::record::protection::Protection;
use crate::record::{HANDSHAKE, HEADER_LEN};
#[cfg(feature = "tls13")]
use crate::schedule::hkdf13::Secrets;
use crate::schedule::prf12::MasterSecret;
use crate::schedule::transcript::Transcript;
#[cfg(feature = "resumption")]
use crate::session::Session;
#[cfg(feature = "client-auth")]
use crate::x509::identity;
use crate::x509::{Leaf, StoredKey, Verifier};

/// Longest message that is read as a stream; the largest Certificate seen in the wild has 10 KB.
const MAX_STREAMED: u32 = 1 << 16;

/// Messages and warnings that are put up with in a row.
const MAX_POINTLESS: u8 = 32;

/// A limit below this is a message's exact form rather than a question of memory.
const MAX_PLAUSIBLE: u32 = 64;

/// The awaited message.
pub(super) enum Expect {
    /// ClientHello has not been written.
    Nothing,
    /// or HelloRetryRequest, once
    ServerHello {
        /// Where in the arena it is put together: behind ClientHello, which stays until the transcript's hash is known.
        base: usize,
        /// There was a HelloRetryRequest.
        retried: bool,
    },

    // TLS 1.2
    /// Its reader is a field of the flight: it has a kilobyte, and a state is moved when it changes.
    Certificate,
    ServerKeyExchange {
        key: StoredKey,
    },
    /// or CertificateRequest
    ServerHelloDone {
        share: ServerShare,
    },
    CertificateRequestEnd {
        share: ServerShare,
        reader: CertificateRequestReader,
    },
    ServerHelloDoneAfterRequest {
        share: ServerShare,
    },
    /// Nothing: our Certificate is on its way, in pieces.
    #[cfg(feature = "client-auth")]
    CertificateSent {
        share: ServerShare,
        /// Bytes of the message that have been written.
        sent: usize,
    },
    ChangeCipherSpec {
        read: Protection,
        master: MasterSecret,
    },
    Finished {
        master: MasterSecret,
        verify_data: [u8; finished::VERIFY_DATA_LEN],
    },
    /// The handshake is complete; only HelloRequest may come.
    HelloRequest,

    // TLS 1.3
    #[cfg(feature = "tls13")]
    EncryptedExtensions,
    /// or CertificateRequest
    #[cfg(feature = "tls13")]
    Certificate13,
    #[cfg(feature = "tls13")]
    CertificateRequestEnd13(CertificateRequestReader13),
    #[cfg(feature = "tls13")]
    CertificateAfterRequest13,
    #[cfg(feature = "tls13")]
    CertificateVerify {
        key: StoredKey,
        /// The transcript up to Certificate.
        transcript: Digest,
    },
    #[cfg(feature = "tls13")]
    Finished13 {
        /// What it should say.
        verify_data: Digest,
    },
    /// Nothing: our Certificate is on its way, in pieces.
    #[cfg(all(feature = "tls13", feature = "client-auth"))]
    CertificateSent13 {
        /// Bytes of the message that have been written.
        sent: usize,
        /// The transcript up to the server's Finished.
        upto_server: Digest,
    },
    /// The handshake is complete; NewSessionTicket and KeyUpdate may come.
    #[cfg(feature = "tls13")]
    Open13 {
        /// The body of a KeyUpdate.
        request_update: u8,
    },
}

/// A handshake, from ClientHello to whatever comes after Finished.
pub struct Flight<'a> {
    pub(super) config: Config<'a>,
    pub(super) expect: Expect,
    pub(super) certificate: Option<CertificateReader<'a>>,
    pub(super) transcript: Transcript,
    pub(super) randoms: Randoms,
    pub(super) suite: Option<&'static CipherSuite>,
    pub(super) assembled: usize,
    /// Messages and warnings in a row that brought the caller nothing.
    pointless: u8,
    /// The key whose public half is in ClientHello.
    pub(super) ephemeral: Option<EphemeralKey>,
    /// The server asked for a certificate.
    #[cfg(feature = "tls13")]
    pub(super) certificate_wanted: bool,
    /// What signatures it takes.
    #[cfg(feature = "client-auth")]
    pub(super) schemes: Schemes,
    /// TLS 1.3: a KeyUpdate must be sent before more data.
    #[cfg(feature = "tls13")]
    pub(super) owes_key_update: bool,
    /// TLS 1.3's key schedule.
    #[cfg(feature = "tls13")]
    pub(super) secrets: Option<Secrets>,
    /// A session is offered: [`Config::session`] is good.
    #[cfg(feature = "resumption")]
    pub(super) offers_session: bool,
    /// The session that the server gives.
    #[cfg(feature = "resumption")]
    pub(super) store: SessionStore,
    /// HandshakeType of the current message.
    kind: u8,
    /// Keys for everything that follows the current record.
    pub(super) read_keys: Option<Protection>,
    /// The outcome so far.
    pub negotiated: Negotiated,
}

impl<'a> Flight<'a> {
    /// Nothing has been sent yet.
    pub fn new(config: Config<'a>) -> Self {
        Flight {
            config,
            expect: Expect::Nothing,
            certificate: None,
            transcript: Transcript::default(),
            randoms: Randoms::default(),
            suite: None,
            assembled: 0,
            pointless: 0,
            ephemeral: None,
            #[cfg(feature = "tls13")]
            certificate_wanted: false,
            #[cfg(feature = "client-auth")]
            schemes: Schemes::default(),
            #[cfg(feature = "tls13")]
            owes_key_update: false,
            #[cfg(feature = "tls13")]
            secrets: None,
            #[cfg(feature = "resumption")]
            offers_session: false,
            #[cfg(feature = "resumption")]
            store: SessionStore::default(),
            kind: 0,
            read_keys: None,
            negotiated: Negotiated::default(),
        }
    }

    /// What the caller wanted.
    pub fn config(&self) -> &Config<'a> {
        &self.config
    }

    /// Whether TLS 1.3 was agreed on.
    pub fn is_tls13(&self) -> bool {
        cfg!(feature = "tls13") && self.negotiated.version == TLS13
    }

    /// Whether the server's Finished was right.
    pub fn is_complete(&self) -> bool {
        match self.expect {
            Expect::HelloRequest => true,
            #[cfg(feature = "tls13")]
            Expect::Open13 { .. } => true,
            _ => false,
        }
    }

    /// Whether the last message changed the keys: nothing may follow it in its record (RFC 8446 §5.1).
    pub fn has_new_read_keys(&self) -> bool {
        self.read_keys.is_some()
    }

    /// Counts a message or warning that brings the caller nothing: tickets, key updates and the like are put up with, but
    /// not without end.
    pub fn pointless(&mut self) -> Result<(), Error> {
        self.pointless = self.pointless.saturating_add(1);
        if self.pointless > MAX_POINTLESS { Err(Error::TooMuchNoise) } else { Ok(()) }
    }

    /// Data came: counts anew.
    pub fn useful(&mut self) {
        self.pointless = 0;
    }

    /// Keys for the records that follow.
    pub fn take_read_keys(&mut self) -> Option<Protection> {
        self.read_keys.take()
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
    pub fn forget_session(&mut self, host: &mut dyn crate::host::Host) {
        self.store.forget(host);
    }

    /// Writes ClientHello.
    pub fn start(&mut self, io: &mut Io) -> Result<(), Error> {
        #[cfg(feature = "client-auth")]
        identity::check(&self.config, io.arena, io.detail)?;
        if !io.host.random(&mut self.randoms.client) {
            return Err(Error::RandomFailed);
        }
        let mut session_id = [0; SESSION_ID_LEN];
        let mut id_len = 0;
        let mut is_fresh = self.config.offers(TLS13);
        #[cfg(feature = "resumption")]
        {
            let now = io.host.now();
            let session = Session::read(self.config.session, &self.config, now);
            self.offers_session = session.is_some();
            if let Some(session) = session.filter(|session| session.version == TLS12) {
                is_fresh |= !session.by_id;
                if session.by_id {
                    is_fresh = false;
                    id_len = copy(&mut session_id, session.ticket);
                }
            }
        }
        if is_fresh {
            id_len = SESSION_ID_LEN;
            if !io.host.random(&mut session_id) {
                return Err(Error::RandomFailed);
            }
        }
        let session_id = session_id.get(..id_len).unwrap_or_default();
        // It is needed once more, for the transcript. The record's header stays in front of it: the arena is not
        // written before ServerHello comes, and that is put behind it.
        let base = HEADER_LEN + self.client_hello(GROUPS.first().copied(), session_id, 0..0, io)?;
        // RFC 8446 §5.1: the record of the first one should say TLS 1.0, for servers that are older still
        if let [_, _, minor, ..] = io.arena {
            *minor = 1;
        }
        self.expect = Expect::ServerHello { base, retried: false };
        Ok(())
    }

    /// Writes a ClientHello, with a share for a new key of that group or, without one, for the key there is, and with a
    /// cookie that lies in the arena; puts it into a record. Returns its length.
    #[inline(never)] // keeps the key's making apart from everything else's stack
    pub(super) fn client_hello(
        &mut self,
        group: Option<NamedGroup>,
        session_id: &[u8],
        cookie: core::ops::Range<usize>,
        io: &mut Io,
    ) -> Result<usize, Error> {
        let mut public = [0; 65];
        let mut fresh = Fresh { session_id, ..Fresh::default() };
        let room = io.outgoing.room_at(io.arena.len());
        let (before, after) = io.arena.split_at_mut_checked(room.start).ok_or(Error::OutOfMemory)?;
        if let (true, Some(group)) = (self.config.offers(TLS13), group) {
            let host = &mut *io.host;
            let mut random = |out: &mut [u8]| if host.random(out) { Ok(()) } else { Err(Error::RandomFailed) };
            self.ephemeral = Some(EphemeralKey::generate(group, &mut random)?);
        }
        if let Some(key) = &self.ephemeral {
            let n = key.public(&mut public);
            let cookie = before.get(cookie).ok_or(Error::Internal)?;
            fresh.share = Some(Share { group: key.group(), public: public.get(..n).unwrap_or_default(), cookie });
        }
        #[cfg(feature = "resumption")]
        if self.config.keep_session && self.config.offers(TLS12) {
            fresh.ticket = Some(&[]);
        }
        #[cfg(feature = "resumption")]
        if let Some(session) = self.offered_session() {
            if session.version == TLS13 {
                let binder_len = session.secret.len() as u8; // as long as the hash
                let obfuscated_age = session.obfuscated_age(io.host.now());
                fresh.psk = Some(Psk { identity: session.ticket, obfuscated_age, binder_len });
            } else if !session.by_id {
                fresh.ticket = Some(session.ticket);
            }
        }
        let after = after.get_mut(..room.len()).ok_or(Error::Internal)?;
        let n = client_hello::write(after, &self.config, &self.randoms.client, &fresh)?;
        #[cfg(all(feature = "resumption", feature = "tls13"))]
        if fresh.psk.is_some() {
            self.bind(after.get_mut(..n).unwrap_or_default())?;
        }
        if cfg!(feature = "tls13") {
            // a no-op before a HelloRetryRequest has named the hash
            self.transcript.update(after.get(..n).unwrap_or_default());
        }
        io.outgoing.seal(io.arena, HANDSHAKE, n)?;
        Ok(n)
    }

    /// The session that is offered.
    #[cfg(feature = "resumption")]
    pub(super) fn offered_session(&self) -> Option<Session<'a>> {
        if self.offers_session { Session::read_again(self.config.session) } else { None }
    }

    /// Whether a message of ours has been sent in part: more of it comes from [`Self::send_more`] when the rest has been
    /// pulled.
    pub fn is_sending(&self) -> bool {
        match self.expect {
            #[cfg(feature = "client-auth")]
            Expect::CertificateSent { .. } => true,
            #[cfg(all(feature = "tls13", feature = "client-auth"))]
            Expect::CertificateSent13 { .. } => true,
            _ => false,
        }
    }

    /// Goes on with our Certificate, and what follows it.
    #[cfg(feature = "client-auth")]
    #[inline(never)]
    pub fn send_more(&mut self, io: &mut Io) -> Result<(), Error> {
        match core::mem::replace(&mut self.expect, Expect::Nothing) {
            Expect::CertificateSent { share, sent } => match self.send_certificate(sent, io)? {
                Some(sent) => {
                    self.expect = Expect::CertificateSent { share, sent };
                    Ok(())
                }
                None => self.after_certificate12(share, true, io),
            },
            #[cfg(feature = "tls13")]
            Expect::CertificateSent13 { sent, upto_server } => match self.send_certificate(sent, io)? {
                Some(sent) => {
                    self.expect = Expect::CertificateSent13 { sent, upto_server };
                    Ok(())
                }
                None => self.after_certificate13(true, &upto_server, io),
            },
            other => {
                self.expect = other;
                Ok(())
            }
        }
    }

    /// The next record of our Certificate; `None` if all of it has been sent. What follows waits until then, for the queue
    /// may have no room for both. (RFC 5246 §6.2.1: messages may be cut anywhere.)
    #[cfg(feature = "client-auth")]
    fn send_certificate(&mut self, sent: usize, io: &mut Io) -> Result<Option<usize>, Error> {
        let room = io.outgoing.room(io.arena);
        let most = room.len().min(self.negotiated.send_limit.into());
        let room = room.get_mut(..most).unwrap_or_default();
        let (n, total) = certificate::write(self.config.cert, self.is_tls13(), sent, room)?;
        if n == 0 {
            return if sent == total { Ok(None) } else { Err(Error::OutOfMemory) };
        }
        self.send(n, io)?;
        Ok(Some(sent + n))
    }

    /// Whether there is a certificate that the server takes.
    #[cfg(feature = "client-auth")]
    pub(super) fn has_certificate(&self) -> bool {
        // the transcript's hash is the one that is signed in TLS 1.2
        let sha384 = !self.is_tls13() && self.suite.is_some_and(|suite| suite.hash == HashAlgorithm::Sha384);
        !self.config.cert.is_empty() && if sha384 { self.schemes.ecdsa_sha384 } else { self.schemes.ecdsa_sha256 }
    }

    /// Our CertificateVerify.
    #[cfg(feature = "client-auth")]
    pub(super) fn send_certificate_verify(&mut self, io: &mut Io) -> Result<(), Error> {
        let digest = self.transcript.digest().ok_or(Error::Internal)?;
        let hash = self.suite.ok_or(Error::Internal)?.hash;
        let key = identity::private_key(self.config.key)?;
        let room = io.outgoing.room(io.arena);
        let n = certificate_verify::write(room, &key, self.is_tls13(), hash, &digest, io.host)?;
        self.send(n, io)
    }

    /// A message's header has come.
    pub fn begin(&mut self, header: &[u8; 4], length: u32, io: &mut Io) -> Result<(), Error> {
        let [kind, ..] = *header;
        self.assembled = 0;
        self.kind = kind;
        if kind == HELLO_REQUEST && !self.is_tls13() {
            return self.hello_request(length, io);
        }
        let expected = match &self.expect {
            Expect::ServerHello { .. } => kind == SERVER_HELLO,
            Expect::Certificate => kind == CERTIFICATE,
            Expect::ServerKeyExchange { .. } => kind == SERVER_KEY_EXCHANGE,
            Expect::ServerHelloDone { .. } => kind == SERVER_HELLO_DONE || kind == CERTIFICATE_REQUEST,
            Expect::ServerHelloDoneAfterRequest { .. } => kind == SERVER_HELLO_DONE,
            Expect::Finished { .. } => kind == FINISHED,
            // RFC 5077 §3.3
            Expect::ChangeCipherSpec { .. } => kind == NEW_SESSION_TICKET && self.negotiated.ticket_promised,
            #[cfg(feature = "tls13")]
            Expect::EncryptedExtensions => kind == ENCRYPTED_EXTENSIONS,
            #[cfg(feature = "tls13")]
            Expect::Certificate13 => kind == CERTIFICATE || kind == CERTIFICATE_REQUEST,
            #[cfg(feature = "tls13")]
            Expect::CertificateAfterRequest13 => kind == CERTIFICATE,
            #[cfg(feature = "tls13")]
            Expect::CertificateVerify { .. } => kind == CERTIFICATE_VERIFY,
            #[cfg(feature = "tls13")]
            Expect::Finished13 { .. } => kind == FINISHED,
            #[cfg(feature = "tls13")]
            Expect::Open13 { .. } => kind == NEW_SESSION_TICKET || kind == KEY_UPDATE,
            _ => false,
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
            _ => io.arena.len().saturating_sub(self.base()).min(u16::MAX.into()) as u32,
        };
        if length > limit || kind == KEY_UPDATE && length == 0 {
            io.detail.a = kind.into();
            io.detail.b = length;
            return Err(if limit <= MAX_PLAUSIBLE { Error::DecodeError } else { Error::MessageTooLong });
        }
        if kind == CERTIFICATE_REQUEST {
            self.expect = match core::mem::replace(&mut self.expect, Expect::Nothing) {
                Expect::ServerHelloDone { share } => {
                    Expect::CertificateRequestEnd { share, reader: CertificateRequestReader::default() }
                }
                #[cfg(feature = "tls13")]
                Expect::Certificate13 => Expect::CertificateRequestEnd13(CertificateRequestReader13::default()),
                other => other,
            };
        }
        if let Expect::Finished { .. } = &self.expect {
            self.before_finished12()?;
        }
        #[cfg(feature = "resumption")]
        if kind == NEW_SESSION_TICKET {
            self.begin_ticket(length, io);
        }
        self.transcript.update(header);
        Ok(())
    }

    fn finished_len(&self) -> usize {
        match self.suite {
            #[cfg(feature = "tls13")]
            Some(suite) if self.is_tls13() => suite.hash.output_len(),
            _ => finished::VERIFY_DATA_LEN,
        }
    }

    /// Where in the arena the current message is put together.
    fn base(&self) -> usize {
        match &self.expect {
            Expect::ServerHello { base, .. } => *base,
            Expect::ServerKeyExchange { key } => key.len(),
            #[cfg(feature = "tls13")]
            Expect::CertificateVerify { key, .. } => key.len(),
            _ => 0,
        }
    }

    /// A piece of the message's body.
    pub fn body(&mut self, piece: &[u8], io: &mut Io) -> Result<(), Error> {
        self.transcript.update(piece);
        match &mut self.expect {
            Expect::CertificateRequestEnd { reader, .. } => return reader.push(piece),
            #[cfg(feature = "tls13")]
            Expect::CertificateRequestEnd13(reader) => return reader.push(piece),
            #[cfg(feature = "resumption")]
            _ if self.kind == NEW_SESSION_TICKET => {
                self.ticket_piece(piece);
                return Ok(());
            }
            #[cfg(feature = "tls13")]
            Expect::Open13 { request_update } => {
                // the arena belongs to the records now
                *request_update = piece.last().copied().unwrap_or_default();
                return Ok(());
            }
            _ => {}
        }
        if let Some(reader) = &mut self.certificate {
            let result = reader.push(piece, io.arena);
            if result.is_err() {
                // a person will want to compare it
                self.negotiated.fingerprint = reader.fingerprint();
                *io.detail = reader.detail();
            }
            return result;
        }
        let at = self.base() + self.assembled;
        let place = io.arena.get_mut(at..).and_then(|a| a.get_mut(..piece.len())).ok_or(Error::Internal)?;
        copy(place, piece);
        self.assembled += piece.len();
        Ok(())
    }

    /// The message is complete.
    pub fn end(&mut self, header: &[u8; 4], io: &mut Io) -> Result<(), Error> {
        let [kind, ..] = *header;
        if kind == HELLO_REQUEST {
            return Ok(());
        }
        io.detail.a = kind.into();
        let base = self.base();
        match core::mem::replace(&mut self.expect, Expect::Nothing) {
            Expect::ServerHello { retried, .. } => self.server_hello(header, base, retried, io),
            Expect::Certificate => self.certificate12(io),
            Expect::ServerKeyExchange { key } => self.server_key_exchange(key, io),
            Expect::CertificateRequestEnd { share, reader } => {
                reader.finish()?;
                #[cfg(feature = "client-auth")]
                {
                    self.schemes = reader.schemes;
                }
                self.expect = Expect::ServerHelloDoneAfterRequest { share };
                Ok(())
            }
            Expect::ServerHelloDone { share } => self.server_hello_done(share, false, io),
            Expect::ServerHelloDoneAfterRequest { share } => self.server_hello_done(share, true, io),
            Expect::Finished { master, verify_data } => self.finished12(&master, &verify_data, io),
            #[cfg(feature = "resumption")]
            Expect::ChangeCipherSpec { read, master } => {
                self.negotiated.ticket_promised = false;
                self.expect = Expect::ChangeCipherSpec { read, master };
                self.end_ticket12()
            }
            #[cfg(feature = "tls13")]
            Expect::EncryptedExtensions => self.encrypted_extensions(io),
            #[cfg(feature = "tls13")]
            Expect::CertificateRequestEnd13(reader) => {
                reader.finish()?;
                self.certificate_wanted = true;
                #[cfg(feature = "client-auth")]
                {
                    self.schemes = reader.schemes;
                }
                self.await_certificate(io);
                self.expect = Expect::CertificateAfterRequest13;
                Ok(())
            }
            #[cfg(feature = "tls13")]
            Expect::Certificate13 | Expect::CertificateAfterRequest13 => self.certificate13(io),
            #[cfg(feature = "tls13")]
            Expect::CertificateVerify { key, transcript } => self.certificate_verify(key, &transcript, io),
            #[cfg(feature = "tls13")]
            Expect::Finished13 { verify_data } => self.finished13(&verify_data, io),
            #[cfg(feature = "tls13")]
            Expect::Open13 { request_update } => self.after_handshake(kind, request_update, io),
            _ => Err(Error::Internal),
        }
    }

    #[inline(never)] // a state's stack is its own
    fn server_hello(&mut self, header: &[u8; 4], base: usize, retried: bool, io: &mut Io) -> Result<(), Error> {
        let (before, rest) = io.arena.split_at_checked(base).ok_or(Error::Internal)?;
        let body = rest.get(..self.assembled).ok_or(Error::Internal)?;
        // the first ClientHello is still there
        let first = before.get(HEADER_LEN..).unwrap_or_default();
        let session_id = Cursor(first.get(SESSION_ID_AT..).unwrap_or_default()).vec8()?;
        let mut answer = Tls13Answer::default();
        #[cfg(feature = "resumption")]
        {
            answer.psk_offered = self.offered_session().is_some_and(|session| session.version == TLS13);
        }
        let random = &mut self.randoms.server;
        server_hello::parse(body, &self.config, session_id, random, &mut self.negotiated, &mut answer, io.detail)?;
        self.suite = CipherSuite::find(self.negotiated.suite, self.negotiated.version);
        let hash = self.suite.ok_or(Error::Internal)?.hash;
        #[cfg(feature = "tls13")]
        if answer.retry {
            if retried {
                return Err(Error::UnexpectedMessage);
            }
            self.transcript.begin_retried(hash, first);
        }
        if !retried {
            if !answer.retry {
                self.transcript.begin(hash, first);
            }
            self.transcript.update(header);
            self.transcript.update(body);
        }
        #[cfg(feature = "tls13")]
        if self.is_tls13() {
            return if answer.retry {
                let mut id = [0; SESSION_ID_LEN];
                let n = copy(&mut id, session_id);
                self.hello_retry_request(&answer, base, id.get(..n).unwrap_or_default(), io)
            } else {
                self.server_hello13(&answer, retried, io)
            };
        }
        if answer.echoed {
            #[cfg(feature = "resumption")]
            return self.resume12();
            #[cfg(not(feature = "resumption"))]
            return Err(Error::IllegalParameter); // none was offered
        }
        #[cfg(feature = "resumption")]
        {
            self.offers_session = false;
            let id = answer.session_id.get(..answer.session_id_len.into()).unwrap_or_default();
            if !self.negotiated.ticket_promised {
                self.keep_session_id(id, io);
            }
        }
        self.await_certificate(io);
        self.expect = Expect::Certificate;
        Ok(())
    }

    #[inline(never)]
    pub(super) fn await_certificate(&mut self, io: &mut Io) {
        let verifier = Verifier::new(self.config.trust, self.config.servername, io.host.now());
        self.certificate = Some(CertificateReader::new(verifier, self.is_tls13()));
    }

    /// The Certificate message is complete.
    #[inline(never)] // a state's stack is its own
    pub(super) fn certificate(&mut self, io: &mut Io) -> Result<StoredKey, Error> {
        let reader = self.certificate.as_mut().ok_or(Error::Internal)?;
        let leaf = reader.finish(io.arena);
        self.negotiated.fingerprint = reader.fingerprint();
        *io.detail = reader.detail();
        self.certificate = None;
        let Leaf { key, trusted_by, .. } = leaf?;
        self.negotiated.trusted_by = Some(trusted_by);
        Ok(key)
    }

    /// Puts a message of `n` bytes, written to the outgoing room, into the transcript and a record.
    pub(super) fn send(&mut self, n: usize, io: &mut Io) -> Result<(), Error> {
        let message = io.outgoing.room(io.arena).get(..n).ok_or(Error::Internal)?;
        self.transcript.update(message);
        io.outgoing.seal(io.arena, HANDSHAKE, n)
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
