//! The state of a handshake, and what the versions share besides the hellos: the certificate check, and sending.

use crate::arena::Arena;
use crate::codec::{copy, piece};
use crate::config::Config;
use crate::crypto::EphemeralKey;
use crate::error::Error;
use crate::handshake::cipher_suite::{CipherSuite, SuiteKind};
use crate::handshake::flight::sessions::Sessions;
use crate::handshake::messages::certificate::{self, CertificateReader};
use crate::handshake::messages::finished;
use crate::handshake::vectors::VectorsReader;
use crate::handshake::{Negotiated, StepContext};
use crate::host::Host;
use crate::record::traffic_key::TrafficKey;
#[cfg(feature = "tls13")]
use crate::schedule::hkdf13::Secrets;
use crate::schedule::prf12::{MasterSecret, Randoms};
use crate::schedule::transcript::Transcript;
use crate::x509::{Leaf, StoredKey};
use core::task::Poll;

/// Messages and warnings, or records without content, that are put up with in a row.
const MAX_POINTLESS: u8 = 32;

/// Counts one more of them.
#[inline(never)]
pub fn count_pointless(pointless: &mut u8) -> Result<(), Error> {
    *pointless = pointless.saturating_add(1);
    if *pointless > MAX_POINTLESS { Err(Error::TooMuchNoise) } else { Ok(()) }
}

/// What is awaited. In which of these states a message may come says [`table`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(dead_code)] // some builds lack some of them
pub(super) enum Expect {
    /// nothing: ClientHello has not been written
    Nothing,
    /// or HelloRetryRequest, once
    ServerHello,
    EncryptedExtensions,
    /// in TLS 1.3 or CertificateRequest, once
    Certificate,
    CertificateVerify,
    ServerKeyExchange,
    /// or CertificateRequest, once
    ServerHelloDone,
    /// nothing: our Certificate is on its way, in pieces
    CertificateSent,
    /// TLS 1.2: it was promised
    NewSessionTicket,
    ChangeCipherSpec,
    Finished,
    /// The handshake is complete; HelloRequest may come, in TLS 1.3 NewSessionTicket and KeyUpdate.
    Complete,
}

trace! {
    impl Expect {
        /// What is awaited, by its name.
        pub(super) fn name(self) -> &'static str {
            match self {
                Expect::Nothing => "Nothing",
                Expect::ServerHello => "ServerHello",
                Expect::EncryptedExtensions => "EncryptedExtensions",
                Expect::Certificate => "Certificate",
                Expect::CertificateVerify => "CertificateVerify",
                Expect::ServerKeyExchange => "ServerKeyExchange",
                Expect::ServerHelloDone => "ServerHelloDone",
                Expect::CertificateSent => "CertificateSent",
                Expect::NewSessionTicket => "NewSessionTicket",
                Expect::ChangeCipherSpec => "ChangeCipherSpec",
                Expect::Finished => "Finished",
                Expect::Complete => "Complete",
            }
        }
    }
}

/// Limits that are no numbers of bytes.
pub(super) mod limit {
    /// As many as the suite's hash has.
    pub const HASH: u8 = 253;
    /// As many as the arena has room for.
    pub const ARENA: u8 = 254;
    /// As many as any message may have that is not kept.
    pub const STREAM: u8 = 255;
}

/// Where a message's body goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// It is put together in the arena.
    Kept,
    /// It flows through the certificate check.
    Certificates,
    /// Its vectors are checked as they flow past.
    Vectors,
    /// The same, and the ticket is kept.
    Ticket,
    /// It is one byte, which is kept in the handshake: the arena belongs to the records.
    Byte,
}

/// What a complete message does, given its header.
pub(super) type End = fn(&mut Handshake, &[u8; 4], &mut StepContext) -> Poll<Result<(), Error>>;

/// What is done with a message.
pub(super) struct Row {
    /// HandshakeType
    pub kind: u8,
    /// Most bytes of its body, or one of [`limit`].
    pub limit: u8,
    pub body: Body,
    /// It is added to the transcript as it comes. Otherwise it is about the transcript before it or names its hash, so
    /// its function adds it; or it belongs to no handshake.
    pub is_hashed_at_once: bool,
    /// The states that await it: a bit each, as `table` counts them.
    pub awaited_in: u32,
    /// What it does when it is complete. Called again for each slice of what it takes.
    pub end: End,
}

impl Row {
    /// No message has come.
    pub const NONE: &'static Row = &Row {
        kind: 0,
        limit: 0,
        body: Body::Kept,
        is_hashed_at_once: false,
        awaited_in: 0,
        end: |_, _, _| Poll::Ready(Err(Error::Internal)),
    };

    /// Whether [`crate::handshake::vectors`] checks its body.
    pub fn has_vectors(&self) -> bool {
        matches!(self.body, Body::Vectors | Body::Ticket)
    }
}

/// What only TLS 1.3 has to remember.
#[cfg(feature = "tls13")]
#[repr(C)]
pub(super) struct State13 {
    /// There was a HelloRetryRequest.
    pub retried: bool,
    /// The body of a KeyUpdate.
    pub request_update: u8,
    /// A KeyUpdate must be sent before more data.
    pub owes_key_update: bool,
}

#[cfg(feature = "tls13")]
impl State13 {
    /// Nothing yet.
    pub const NONE: Self = State13 { retried: false, request_update: 0, owes_key_update: false };
}

/// A handshake, from ClientHello to whatever comes after Finished.
///
/// Small and busy fields come first: on a Cortex-M they are reached with instructions of half the size. Of the others
/// those that are zeros at first lie together, so that one memset writes them where they stay; a gap before them would
/// have the compiler make them on the stack and copy them.
#[repr(C)]
pub struct Handshake<'a> {
    pub(super) expect: Expect,
    /// What has been done for the message that is being handled or written, when it takes more than one operation.
    pub(super) stage: u8,
    /// Messages and warnings in a row that brought the caller nothing.
    pub(super) pointless: u8,
    /// The server asked for a certificate ...
    pub(super) certificate_wanted: bool,
    /// TLS 1.3 was agreed on.
    pub(super) tls13: bool,
    #[cfg(feature = "tls13")]
    pub(super) state13: State13,
    /// The last message changed the keys: nothing may follow it in its record (RFC 8446 §5.1).
    pub has_new_read_keys: bool,
    /// The current message's row in the table.
    pub(super) row: &'static Row,
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
    pub(super) vectors: VectorsReader,
    /// Bytes of our Certificate that have been written.
    #[cfg(feature = "client-auth")]
    pub(super) written: usize,
    /// The server's key, which lies at the arena's start.
    pub(super) key: StoredKey,
    pub(super) sessions: Sessions<'a>,
    pub(super) config: Config<'a>,
    pub(super) randoms: Randoms,
    /// What the traffic keys are made of in TLS 1.2 ...
    pub(super) master: MasterSecret,
    /// ... and in TLS 1.3.
    #[cfg(feature = "tls13")]
    pub(super) secrets: Secrets,
    /// TLS 1.2: keys of the side whose ChangeCipherSpec comes second.
    pub(super) next_keys: Option<TrafficKey>,
    /// The key whose public half is in ClientHello.
    pub(super) ephemeral: Option<EphemeralKey>,
    pub(super) transcript: Transcript,
    pub(super) certificate: CertificateReader<'a>,
}

impl<'a> Handshake<'a> {
    /// Nothing has been sent yet.
    #[inline(always)] // it is made where it stays
    pub fn new(config: Config<'a>) -> Self {
        Handshake {
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
            certificate_wanted: false,
            vectors: VectorsReader::NONE,
            #[cfg(feature = "client-auth")]
            written: 0,
            #[cfg(feature = "tls13")]
            state13: State13::NONE,
            tls13: false,
            sessions: Sessions::NONE,
            row: Row::NONE,
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
    pub fn next_record(&mut self) {
        self.has_new_read_keys = false;
    }

    /// Counts a message or warning that brings the caller nothing: key updates and the like are put up with, but not
    /// without end. Tickets take no more work than their bytes are worth: [`crate::handshake::session_store`].
    pub fn count_pointless(&mut self) -> Result<(), Error> {
        count_pointless(&mut self.pointless)
    }

    /// Data came: counts anew.
    pub fn forget_pointless(&mut self) {
        self.pointless = 0;
    }

    /// Refuses what is wrong with the configuration.
    pub fn check(&mut self, context: &mut StepContext) -> Result<(), Error> {
        self.sessions.read(&self.config, context.host);
        let resumes = self.sessions.has_offered();
        self.certificate.check(resumes, &mut context.detail)?;
        self.check_identity(context)
    }

    /// The session that the server gave, if it is complete.
    pub fn session(&self) -> &[u8] {
        self.sessions.given()
    }

    /// Bytes of memory from the host for it.
    pub fn session_memory(&self) -> usize {
        self.sessions.memory_len()
    }

    /// Wipes what keys are made of.
    pub fn forget_secrets(&mut self) {
        self.master.wipe();
        self.forget_secrets13();
        (self.next_keys, self.ephemeral) = (None, None);
    }

    /// Gives back the memory.
    pub fn forget_session(&mut self, host: &mut dyn Host) {
        self.sessions.forget(host);
    }

    /// Whether a ClientHello has been written.
    pub fn has_begun(&self) -> bool {
        self.expect != Expect::Nothing
    }

    /// Sends our Certificate if the server asked for one, and what follows it.
    #[inline(never)] // a state's stack is its own
    pub(super) fn send_flight(&mut self, context: &mut StepContext) -> Poll<Result<(), Error>> {
        if let Some(result) = self.send_certificate(context) {
            return result;
        }
        self.after_certificate(false, context)
    }

    /// Goes on when our Certificate, if there is one, has been sent.
    pub(super) fn after_certificate(&mut self, certified: bool, context: &mut StepContext) -> Poll<Result<(), Error>> {
        if self.is_tls13() {
            return self.after_certificate13(certified, context);
        }
        self.after_certificate12(certified, context)
    }

    /// Says that there is no certificate, if the server asked for one.
    pub(super) fn send_no_certificate(&mut self, certified: bool, context: &mut StepContext) -> Result<(), Error> {
        if !self.certificate_wanted || certified {
            return Ok(());
        }
        self.send_message(certificate::empty(self.is_tls13()), context)
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

    #[inline(never)]
    pub(super) fn await_certificate(&mut self, context: &mut StepContext) {
        self.expect = Expect::Certificate;
        self.certificate.start(context.host.now(), self.is_tls13());
    }

    /// A piece of the Certificate message.
    pub(super) fn certificate_piece(
        &mut self,
        piece: &mut &[u8],
        context: &mut StepContext,
    ) -> Poll<Result<(), Error>> {
        let reader = &mut self.certificate;
        let (workspace, work) = &mut context.arena.received_and_work(&mut context.progress);
        let result = reader.push(piece, workspace, work);
        if let Poll::Ready(Err(_)) = result {
            // a person will want to compare it
            self.negotiated.fingerprint = reader.fingerprint();
            context.detail = reader.detail();
        }
        result
    }

    /// CertificateRequest is complete.
    #[inline(always)] // into its row
    pub(super) fn certificate_request(&mut self) -> Result<(), Error> {
        self.certificate_wanted = true;
        Ok(())
    }

    /// The Certificate message is complete.
    #[inline(always)] // into its row
    pub(super) fn certificate(&mut self, context: &mut StepContext) -> Result<(), Error> {
        let reader = &mut self.certificate;
        let leaf = reader.finish();
        self.negotiated.fingerprint = reader.fingerprint();
        context.detail = reader.detail();
        let Leaf { key, trusted_by, .. } = leaf?;
        self.negotiated.trusted_by = Some(trusted_by);
        (self.key, self.base) = (key, key.len());
        let suite = self.suite;
        self.expect = match suite.kind {
            #[cfg(feature = "tls13")]
            SuiteKind::Tls13 => Expect::CertificateVerify,
            kind if key.is_rsa() == (kind == SuiteKind::Rsa) => Expect::ServerKeyExchange,
            _ => return Err(Error::WrongCertificateType),
        };
        Ok(())
    }

    /// Puts a message into the transcript and a record.
    #[inline(never)]
    pub(super) fn send_message(&mut self, message: &[u8], context: &mut StepContext) -> Result<(), Error> {
        if copy(context.room(), message) != message.len() {
            return Err(Error::OutOfMemory);
        }
        self.send(message.len(), context)
    }

    /// Sends our Finished.
    #[inline(never)]
    pub(super) fn send_finished(&mut self, verify_data: &[u8], context: &mut StepContext) -> Result<(), Error> {
        let n = finished::write(context.room(), verify_data).ok_or(Error::OutOfMemory)?;
        self.send(n, context)
    }

    /// Puts a message of `n` bytes, written to the outgoing room, into the transcript and a record.
    pub(super) fn send(&mut self, n: usize, context: &mut StepContext) -> Result<(), Error> {
        let message = context.room().get(..n).ok_or(Error::Internal)?;
        self.transcript.update(message);
        trace! {
            // Of our Certificate there may be several pieces, of which the first one has the header.
            if let [kind, l2, l1, l0, body @ ..] = message {
                let (kind, length) = (*kind, u32::from_be_bytes([0, *l2, *l1, *l0]));
                let begins = kind == crate::handshake::CERTIFICATE && self.expect == Expect::CertificateSent;
                if body.len() == length as usize || begins {
                    context.host.trace(crate::trace::Event::MessageOut { kind, length });
                }
            }
        }
        context.seal_message(n, self.negotiated.send_limit.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pointless_is_counted_until_data_comes() {
        let mut handshake = Handshake::new(Config::default());
        for _ in 0..3 {
            assert!((0..MAX_POINTLESS).all(|_| handshake.count_pointless().is_ok()));
            assert_eq!(handshake.count_pointless(), Err(Error::TooMuchNoise));
            assert_eq!(handshake.count_pointless(), Err(Error::TooMuchNoise));
            handshake.forget_pointless();
        }
    }
}
