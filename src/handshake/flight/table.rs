//! Which handshake messages may come, when, and what happens to them: a table with a row for each.
//!
//! A message's header finds its row ([`Handshake::begin_message`]), its body goes where the row says
//! ([`Handshake::body`]), and its end calls the row's function ([`Handshake::end_message`]).

use super::state::{Body, Expect, Handshake, Row, limit};
use crate::codec::{copy, part};
use crate::crypto::WORK_LEN;
use crate::error::Error;
use crate::handshake::messages::finished;
use crate::handshake::{StepContext, *};
use core::task::Poll;

/// Longest message that is read as a stream; the largest Certificate seen in the wild has 10 KB.
const MAX_STREAMED: u32 = 1 << 16;

/// A limit below this is a message's exact form rather than a question of memory.
const MAX_PLAUSIBLE: u32 = 64;

/// Bits of the states of TLS 1.2, and of the one before a version is agreed on.
const fn in12(states: &[Expect]) -> u32 {
    let (mut bits, mut rest) = (0, states);
    while let [first, tail @ ..] = rest {
        bits |= 1u32 << *first as u32;
        rest = tail;
    }
    bits
}

/// Bits of the states of TLS 1.3.
const fn in13(states: &[Expect]) -> u32 {
    in12(states) << TLS13_STATES
}

/// Where the states of TLS 1.3 begin.
const TLS13_STATES: u32 = 16;

/// Any state of TLS 1.2.
const ANY12: u32 = (1 << TLS13_STATES) - 1;

/// The messages of RFC 5246 §7.4 and RFC 8446 §4, in the order in which they come.
#[rustfmt::skip]
static MESSAGES: &[Row] = &[
    Row { kind: SERVER_HELLO, awaited_in: in12(&[Expect::ServerHello]) | in13(&[Expect::ServerHello]),
        limit: limit::ARENA, body: Body::Kept, is_hashed_at_once: false,
        end: |handshake, header, context| handshake.server_hello(header, context) },
    #[cfg(feature = "tls13")]
    Row { kind: ENCRYPTED_EXTENSIONS, awaited_in: in13(&[Expect::EncryptedExtensions]),
        limit: limit::ARENA, body: Body::Kept, is_hashed_at_once: true,
        end: |handshake, _, context| Poll::Ready(handshake.encrypted_extensions(context)) },
    Row { kind: CERTIFICATE_REQUEST, awaited_in: in12(&[Expect::ServerHelloDone]) | in13(&[Expect::Certificate]),
        limit: limit::STREAM, body: Body::Vectors, is_hashed_at_once: true,
        end: |handshake, _, _| Poll::Ready(handshake.certificate_request()) },
    Row { kind: CERTIFICATE, awaited_in: in12(&[Expect::Certificate]) | in13(&[Expect::Certificate]),
        limit: limit::STREAM, body: Body::Certificates, is_hashed_at_once: true,
        end: |handshake, _, context| Poll::Ready(handshake.certificate(context)) },
    Row { kind: SERVER_KEY_EXCHANGE, awaited_in: in12(&[Expect::ServerKeyExchange]),
        limit: limit::ARENA, body: Body::Kept, is_hashed_at_once: true,
        end: |handshake, _, context| handshake.server_key_exchange(context) },
    Row { kind: SERVER_HELLO_DONE, awaited_in: in12(&[Expect::ServerHelloDone]),
        limit: 0, body: Body::Kept, is_hashed_at_once: true,
        end: |handshake, _, context| handshake.server_hello_done(context) },
    #[cfg(feature = "tls13")]
    Row { kind: CERTIFICATE_VERIFY, awaited_in: in13(&[Expect::CertificateVerify]),
        limit: limit::ARENA, body: Body::Kept, is_hashed_at_once: false,
        end: |handshake, header, context| handshake.certificate_verify(header, context) },
    #[cfg(feature = "resumption")]
    Row { kind: NEW_SESSION_TICKET, awaited_in: in12(&[Expect::NewSessionTicket]),
        limit: limit::STREAM, body: Body::Ticket, is_hashed_at_once: true,
        end: |handshake, _, context| Poll::Ready(handshake.new_session_ticket(context)) },
    Row { kind: FINISHED, awaited_in: in12(&[Expect::Finished]),
        limit: finished::VERIFY_DATA_LEN as u8, body: Body::Kept, is_hashed_at_once: false,
        end: |handshake, header, context| Poll::Ready(handshake.finished12(header, context)) },
    #[cfg(feature = "tls13")]
    Row { kind: FINISHED, awaited_in: in13(&[Expect::Finished]),
        limit: limit::HASH, body: Body::Kept, is_hashed_at_once: false,
        end: |handshake, header, context| handshake.finished13(header, context) },
    #[cfg(feature = "tls13")]
    Row { kind: NEW_SESSION_TICKET, awaited_in: in13(&[Expect::Complete]),
        limit: limit::STREAM, body: Body::Ticket, is_hashed_at_once: false,
        end: |handshake, _, context| Poll::Ready(handshake.new_session_ticket(context)) },
    #[cfg(feature = "tls13")]
    Row { kind: KEY_UPDATE, awaited_in: in13(&[Expect::Complete]),
        limit: 1, body: Body::Byte, is_hashed_at_once: false,
        end: |handshake, _, context| Poll::Ready(handshake.key_update(context)) },
    // At any time; during a handshake it is ignored and not hashed (RFC 5246 §7.4.1.1).
    Row { kind: HELLO_REQUEST, awaited_in: ANY12,
        limit: 0, body: Body::Kept, is_hashed_at_once: false,
        end: |handshake, _, context| Poll::Ready(handshake.hello_request(context)) },
];

impl Handshake<'_> {
    /// A message's header has come.
    pub fn begin_message(&mut self, header: &[u8; 4], length: u32, context: &mut StepContext) -> Result<(), Error> {
        let [kind, ..] = *header;
        trace! { context.host.trace(crate::trace::Event::MessageIn { kind, length, state: self.expect.name() }); }
        context.detail.a = kind.into();
        self.assembled = 0;
        let tls13 = self.is_tls13();
        let state = self.expect as u32 + if tls13 { TLS13_STATES } else { 0 };
        let row = MESSAGES.iter().find(|row| row.kind == kind && row.awaited_in >> state & 1 != 0);
        let Some(row) = row.filter(|_| kind != CERTIFICATE_REQUEST || !self.certificate_wanted) else {
            return Err(Error::UnexpectedMessage);
        };
        self.row = row;
        let limit = match row.limit {
            limit::STREAM => MAX_STREAMED,
            limit::ARENA => {
                context.arena.received_len().saturating_sub(self.base + WORK_LEN).min(u16::MAX.into()) as u32
            }
            limit::HASH => self.suite.hash.output_len() as u32,
            bytes => bytes.into(),
        };
        if length > limit || row.body == Body::Byte && length == 0 {
            context.detail.b = length;
            return Err(if limit <= MAX_PLAUSIBLE { Error::DecodeError } else { Error::MessageTooLong });
        }
        if row.has_vectors() {
            self.vectors.start(row.body == Body::Ticket, tls13);
        }
        if row.body == Body::Ticket {
            self.start_ticket(length, context);
        }
        if row.is_hashed_at_once {
            self.transcript.update(header);
        }
        Ok(())
    }

    /// A piece of the message's body. What is left of it comes again when a slice has been done; what is not left goes
    /// to [`Self::hash_body`].
    pub fn body(&mut self, bytes: &mut &[u8], context: &mut StepContext) -> Poll<Result<(), Error>> {
        let row = self.row;
        if row.body == Body::Certificates {
            return self.certificate_piece(bytes, context);
        }
        Poll::Ready(self.whole_piece(row, core::mem::take(bytes), context))
    }

    fn whole_piece(&mut self, row: &Row, bytes: &[u8], context: &mut StepContext) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        if row.has_vectors() {
            context.detail.a = row.kind.into();
            self.vectors.push(bytes)?;
            if row.body == Body::Ticket {
                self.ticket_piece(bytes);
            }
            return Ok(());
        }
        if row.body == Body::Byte {
            self.key_update_byte(bytes);
            return Ok(());
        }
        let at = self.base + self.assembled;
        copy(part(context.arena.received(), at, bytes.len()).ok_or(Error::Internal)?, bytes);
        self.assembled += bytes.len();
        Ok(())
    }

    /// Adds bytes of the message's body to the transcript, if they are added at once.
    pub fn hash_body(&mut self, bytes: &[u8]) {
        if self.row.is_hashed_at_once {
            self.transcript.update(bytes);
        }
    }

    /// The message is complete. Called again for each slice of what it takes.
    pub fn end_message(&mut self, header: &[u8; 4], context: &mut StepContext) -> Poll<Result<(), Error>> {
        let row = self.row;
        context.detail.a = row.kind.into();
        if row.has_vectors() {
            self.vectors.finish()?;
        }
        (row.end)(self, header, context)
    }
}
