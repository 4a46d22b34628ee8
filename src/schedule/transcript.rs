//! The transcript hash (RFC 5246 §7.4.9, RFC 8446 §4.4.1).

use crate::crypto::{Digest, Hash, HashAlgorithm};
#[cfg(feature = "tls13")]
use crate::handshake::MESSAGE_HASH;

/// A running hash over every handshake message. It begins when the ServerHello has named the hash: until then the
/// ClientHello simply stays in the arena, which costs less than hashing it twice.
#[derive(Default)]
pub struct Transcript(Option<Hash>);

impl Transcript {
    /// Begins with the ClientHello.
    pub fn begin(&mut self, algorithm: HashAlgorithm, client_hello: &[u8]) {
        self.0.insert(Hash::new(algorithm)).update(client_hello);
    }

    /// Begins anew with a HelloRetryRequest, which is still to be added: the first ClientHello is replaced by its hash
    /// (RFC 8446 §4.4.1).
    #[cfg(feature = "tls13")]
    pub fn begin_retried(&mut self, algorithm: HashAlgorithm, client_hello: &[u8]) {
        self.begin(algorithm, client_hello);
        let digest = self.digest();
        self.begin(algorithm, &[MESSAGE_HASH, 0, 0, digest.len() as u8]);
        self.update(&digest);
    }

    /// A copy, or a new one where there is none yet.
    #[cfg(all(feature = "tls13", feature = "resumption"))]
    pub fn clone_or_begin(&self, algorithm: HashAlgorithm) -> Self {
        Transcript(Some(self.0.clone().unwrap_or_else(|| Hash::new(algorithm))))
    }

    /// Adds bytes of a message.
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(hash) = &mut self.0 {
            hash.update(bytes);
        }
    }

    /// The hash of all messages so far; before [`Self::begin`], of nothing.
    #[inline(never)]
    pub fn digest(&self) -> Digest {
        self.0.clone().unwrap_or_else(|| Hash::new(HashAlgorithm::Sha256)).finish()
    }

    /// Frees the state; nothing more will be hashed.
    pub fn end(&mut self) {
        self.0 = None;
    }
}
