//! The transcript hash (RFC 5246 §7.4.9, RFC 8446 §4.4.1).

use super::suite_hash::{Output, Running, SuiteHash};
#[cfg(feature = "tls13")]
use crate::handshake::MESSAGE_HASH;

/// A running hash over every handshake message. It begins when the ServerHello has named the hash, until then the
/// ClientHello simply stays in the arena; or with a ClientHello that offers a session of TLS 1.3, which names it, too.
#[derive(Default)]
pub struct Transcript(Option<Running>);

impl Transcript {
    /// Begins, unless it has begun with this hash.
    #[inline(never)]
    pub fn begin(&mut self, hash: SuiteHash, client_hello: &[u8]) {
        if !self.0.as_ref().is_some_and(|running| running.is(hash)) {
            self.0.insert(Running::new(hash)).update(client_hello);
        }
    }

    /// Begins anew with a HelloRetryRequest, which is still to be added: the first ClientHello is replaced by its hash
    /// (RFC 8446 §4.4.1).
    #[cfg(feature = "tls13")]
    pub fn retry(&mut self, hash: SuiteHash) {
        let digest = self.digest();
        self.0 = None;
        self.begin(hash, &[MESSAGE_HASH, 0, 0, digest.len() as u8]);
        self.update(&digest);
    }

    /// Adds bytes of a message.
    #[inline(never)]
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(running) = &mut self.0 {
            running.update(bytes);
        }
    }

    /// The hash of all messages so far; before [`Self::begin`], nothing.
    #[inline(never)]
    pub fn digest(&self) -> Output {
        self.0.clone().map(Running::finish).unwrap_or_default()
    }

    /// Frees the state; nothing more will be hashed.
    pub fn end(&mut self) {
        self.0 = None;
    }
}
