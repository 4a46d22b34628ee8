//! The hellos: ClientHello, and ServerHello or HelloRetryRequest as far as the versions share them.

use super::state::{Expect, Handshake};
use crate::codec::{Cursor, copy, piece};
use crate::config::TLS13;
use crate::crypto::{EphemeralKey, NamedGroup, PublicShare};
use crate::error::Error;
use crate::handshake::messages::client_hello::{self, Fresh, SESSION_ID_AT, SESSION_ID_LEN};
use crate::handshake::messages::server_hello::{self, Tls13Answer};
use crate::handshake::{GROUPS, StepContext, random};
use crate::host::Host;
use crate::record::{HANDSHAKE, HEADER_LEN};
use core::task::{Poll, ready};

impl Handshake<'_> {
    /// Writes ClientHello.
    pub fn start(&mut self, context: &mut StepContext) -> Poll<Result<(), Error>> {
        let resumed12 = self.sessions.offered12();
        // A server whose session is one of TLS 1.2 will hardly have learned TLS 1.3 since then, so no key is made for
        // it: a key would cost more than all the rest. If it has, it asks for one (RFC 8446 §4.2.8).
        let group = if resumed12.is_some() { None } else { GROUPS.first().copied() };
        let mut public = PublicShare::NONE;
        ready!(self.make_share(group, &mut public, context))?;
        if !context.host.random(&mut self.randoms.client) {
            return Poll::Ready(Err(Error::RandomFailed));
        }
        let mut session_id = [0; SESSION_ID_LEN];
        let mut id_len = 0;
        let is_fresh = match resumed12 {
            Some((id, true)) => {
                id_len = copy(&mut session_id, id);
                false
            }
            Some((_, false)) => true,
            None => self.config.offers(TLS13),
        };
        if is_fresh {
            id_len = SESSION_ID_LEN;
            if !context.host.random(&mut session_id) {
                return Poll::Ready(Err(Error::RandomFailed));
            }
        }
        let session_id = session_id.get(..id_len).unwrap_or_default();
        // It is needed once more, for the transcript. The record's header stays in front of it: the arena is not
        // written before ServerHello comes, and that is put behind it.
        self.client_hello(&public, session_id, 0..0, context)?;
        self.base = context.arena.queue_end();
        // RFC 8446 §5.1: the record of the first one should say TLS 1.0, for servers that are older still
        if let [_, _, minor] = context.arena.room_mut(0..3) {
            *minor = 1;
        }
        self.expect = Expect::ServerHello;
        Poll::Ready(Ok(()))
    }

    /// Makes a key of that group, unless there is one, and the public key of whatever key there is.
    #[inline(never)] // keeps the key's making apart from everything else's stack
    pub(super) fn make_share(
        &mut self,
        group: Option<NamedGroup>,
        share: &mut PublicShare,
        context: &mut StepContext,
    ) -> Poll<Result<(), Error>> {
        if let (Some(group), true) = (group, self.config.offers(TLS13)) {
            self.make_ephemeral(group, context.host)?;
        }
        if let Some(key) = &self.ephemeral {
            let (_, work) = &mut context.arena.received_and_work(&mut context.progress);
            share.len = ready!(key.public(&mut share.bytes, work));
        }
        Poll::Ready(Ok(()))
    }

    /// Writes a ClientHello, with the share of the key there is and with a cookie that lies in the arena; puts it into
    /// a record.
    #[inline(never)]
    pub(super) fn client_hello(
        &mut self,
        public: &PublicShare,
        session_id: &[u8],
        cookie: core::ops::Range<usize>,
        context: &mut StepContext,
    ) -> Result<(), Error> {
        let mut fresh = Fresh { session_id, ..Fresh::NONE };
        let room = context.outgoing.room_at(&mut context.arena);
        let (before, after) = context.arena.room_and_before(room).ok_or(Error::OutOfMemory)?;
        fresh.cookie = before.get(cookie).ok_or(Error::Internal)?;
        if let Some(key) = &self.ephemeral {
            (fresh.group, fresh.public) = (key.group(), public);
        }
        self.sessions.offer(&mut fresh, &self.config, context.host);
        let n = client_hello::write(after, &self.config, &self.randoms.client, &fresh).ok_or(Error::OutOfMemory)?;
        let message = after.get_mut(..n).ok_or(Error::Internal)?;
        self.hash_client_hello(message, !fresh.identity.is_empty())?;
        trace! {
            let (kind, length) = (crate::handshake::CLIENT_HELLO, n.saturating_sub(4) as u32);
            context.host.trace(crate::trace::Event::MessageOut { kind, length });
        }
        context.seal(HANDSHAKE, n)
    }

    /// Makes a key for the key agreement, unless there is one of that group.
    #[inline(never)]
    pub(super) fn make_ephemeral(&mut self, group: NamedGroup, host: &mut dyn Host) -> Result<(), Error> {
        if self.ephemeral.as_ref().is_some_and(|key| key.group() == group) {
            return Ok(());
        }
        EphemeralKey::generate(&mut self.ephemeral, group, &mut random(host))
    }

    /// ServerHello or HelloRetryRequest.
    #[inline(always)] // into its row
    pub(super) fn server_hello(&mut self, header: &[u8; 4], context: &mut StepContext) -> Poll<Result<(), Error>> {
        let body = self.message(&context.arena);
        // the first ClientHello is still there
        let first = piece(context.arena.received_bytes(), HEADER_LEN, self.base - HEADER_LEN);
        let session_id = Cursor(first.get(SESSION_ID_AT..).unwrap_or_default()).vec8()?;
        let mut answer = Tls13Answer { psk_offered: self.sessions.has_offered13(), ..Tls13Answer::default() };
        let random = &mut self.randoms.server;
        let detail = &mut context.detail;
        server_hello::parse(body, &self.config, session_id, random, &mut self.negotiated, &mut answer, detail)?;
        self.suite = answer.suite;
        self.tls13 = self.negotiated.version == TLS13;
        let hash = self.suite.hash;
        // Parsing is the same each time; the transcript is not.
        if self.stage == 0 {
            self.transcript.start(hash, first);
            if answer.retry {
                self.restart_transcript()?;
            }
            self.add(header, &context.arena);
        }
        if self.is_tls13() {
            ready!(if answer.retry {
                let mut id = [0; SESSION_ID_LEN];
                let n = copy(&mut id, session_id);
                self.hello_retry_request(&answer, id.get(..n).unwrap_or_default(), context)
            } else {
                self.server_hello13(&answer, context)
            })?;
            self.stage = 0;
            return Poll::Ready(Ok(()));
        }
        self.start_other_hashes(&[first, header, self.message(&context.arena)]);
        self.base = 0;
        if answer.echoed {
            return Poll::Ready(self.resume12());
        }
        self.full_handshake12(body, context.host)?;
        self.await_certificate(context);
        Poll::Ready(Ok(()))
    }
}
