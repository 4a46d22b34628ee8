//! The session that is offered to the server, and the one that the server gives. `without/sessions.rs` stands for this
//! file in builds without the feature `resumption`.

use crate::config::{Config, TLS12, TLS13};
use crate::handshake::messages::client_hello::Fresh;
use crate::handshake::session::{self, Session};
use crate::handshake::session_store::SessionStore;
use crate::host::Host;
#[cfg(feature = "tls13")]
use crate::schedule::suite_hash::SuiteHash;

/// What a handshake knows of sessions.
#[repr(C)]
pub(super) struct Sessions<'a> {
    /// The session that is offered.
    pub offered: Option<Session<'a>>,
    /// The session that the server gives.
    pub store: SessionStore,
}

impl<'a> Sessions<'a> {
    /// There is none.
    pub const NONE: Self = Sessions { offered: None, store: SessionStore::NONE };

    /// Reads the session that the caller wants to resume; one that can't be used now is none.
    pub fn read(&mut self, config: &Config<'a>, host: &mut dyn Host) {
        self.offered = Session::read(config.session, config, session::now(host));
    }

    /// Whether there is a session to resume.
    pub fn has_offered(&self) -> bool {
        self.offered.is_some()
    }

    /// Whether it is one of TLS 1.3.
    pub fn has_offered13(&self) -> bool {
        self.offered.as_ref().is_some_and(|session| session.version() == TLS13)
    }

    /// If it is one of TLS 1.2, its ticket or session id, and whether that is a session id.
    pub fn offered12(&self) -> Option<(&'a [u8], bool)> {
        self.offered.as_ref().filter(|session| session.version() == TLS12).map(|s| (s.ticket, s.by_id()))
    }

    /// Puts it into ClientHello.
    #[inline(never)] // otherwise its branches are kept apart to the end of the message
    pub fn offer<'h>(&self, fresh: &mut Fresh<'h>, config: &Config, host: &mut dyn Host)
    where
        'a: 'h,
    {
        if config.keep_session && config.offers(TLS12) {
            fresh.ticket = Some(&[]);
        }
        if let Some(session) = &self.offered {
            if session.version() == TLS13 {
                fresh.identity = session.ticket;
                fresh.binder_len = session.secret().len() as u8; // as long as the hash
                fresh.obfuscated_age = session.obfuscated_age(session::now(host));
            } else if !session.by_id() {
                fresh.ticket = Some(session.ticket);
            }
        }
    }

    /// After a HelloRetryRequest: a session with another hash is of no use with this suite (RFC 8446 §4.1.4).
    #[cfg(feature = "tls13")]
    pub fn keep_offer_for(&mut self, hash: SuiteHash) {
        if let Some(session) = &self.offered
            && session.version() == TLS13
            && session.secret().len() != hash.output_len()
        {
            self.offered = None;
        }
    }

    /// The session that the server gave, if it is complete.
    pub fn given(&self) -> &[u8] {
        self.store.session()
    }

    /// Bytes of memory from the host for it.
    pub fn memory_len(&self) -> usize {
        self.store.memory_len()
    }

    /// Gives back the memory.
    pub fn forget(&mut self, host: &mut dyn Host) {
        self.store.forget(host);
    }
}
