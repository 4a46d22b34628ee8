//! The transcript hash (RFC 5246 §7.4.9, RFC 8446 §4.4.1).

use super::suite_hash::{Output, Running, SuiteHash};
#[cfg(feature = "tls13")]
use crate::handshake::MESSAGE_HASH;

/// A running hash over every handshake message. It begins when the ServerHello has named the hash: until then the
/// ClientHello simply stays in the arena, which costs less than hashing it twice.
#[derive(Default)]
pub struct Transcript(Option<Running>);

impl Transcript {
    /// Begins with the ClientHello.
    pub fn begin(&mut self, hash: SuiteHash, client_hello: &[u8]) {
        self.0.insert(Running::new(hash)).update(client_hello);
    }

    /// Begins anew with a HelloRetryRequest, which is still to be added: the first ClientHello is replaced by its hash
    /// (RFC 8446 §4.4.1).
    #[cfg(feature = "tls13")]
    pub fn begin_retried(&mut self, hash: SuiteHash, client_hello: &[u8]) {
        self.begin(hash, client_hello);
        let digest = self.digest();
        self.begin(hash, &[MESSAGE_HASH, 0, 0, digest.len() as u8]);
        self.update(&digest);
    }

    /// Adds bytes of a message.
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(running) = &mut self.0 {
            running.update(bytes);
        }
    }

    /// The hash of all messages so far; before [`Self::begin`], SHA-256 of nothing.
    pub fn digest(&self) -> Output {
        self.digest_with(SuiteHash::SHA256, &[])
    }

    /// The hash of all messages so far and the beginning of one more. `hash`: which it is when this is the first.
    #[inline(never)]
    pub fn digest_with(&self, hash: SuiteHash, more: &[u8]) -> Output {
        let mut running = self.0.clone().unwrap_or_else(|| Running::new(hash));
        running.update(more);
        running.finish()
    }

    /// Frees the state; nothing more will be hashed.
    pub fn end(&mut self) {
        self.0 = None;
    }
}
