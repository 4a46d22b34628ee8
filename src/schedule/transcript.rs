//! The transcript hash (RFC 5246 §7.4.9, RFC 8446 §4.4.1).

use super::suite_hash::{Output, Running, SuiteHash};
#[cfg(feature = "client-auth")]
use crate::codec::copy;
#[cfg(feature = "client-rsa")]
use crate::crypto::Hash;
#[cfg(feature = "client-auth")]
use crate::crypto::HashAlgorithm;

/// HandshakeType (RFC 8446 §4.4.1): stands for the first ClientHello in a transcript with a HelloRetryRequest.
#[cfg(feature = "tls13")]
const MESSAGE_HASH: u8 = 254;

/// A running hash over every handshake message. It begins when the ServerHello has named the hash, until then the
/// ClientHello simply stays in the arena; or with a ClientHello that offers a session of TLS 1.3, which names it, too.
#[derive(Default)]
pub struct Transcript(
    Option<Running>,
    /// TLS 1.2, where a client's signature may be over another hash than the suite's, and which is known only when all
    /// before it has been hashed: the two others.
    #[cfg(feature = "client-rsa")]
    [Option<Hash>; 2],
);

impl Transcript {
    /// Begins, unless it has begun with this hash.
    #[inline(never)]
    pub fn start(&mut self, hash: SuiteHash, client_hello: &[u8]) {
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
        self.start(hash, &[MESSAGE_HASH, 0, 0, digest.len() as u8]);
        self.update(&digest);
    }

    /// Adds bytes of a message.
    #[inline(never)]
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(running) = &mut self.0 {
            running.update(bytes);
        }
        #[cfg(feature = "client-rsa")]
        for other in self.1.iter_mut().flatten() {
            other.update(bytes);
        }
    }

    /// Begins with the hashes that are not the suite's.
    #[cfg(feature = "client-rsa")]
    #[inline(never)]
    pub fn start_other(&mut self, suite: SuiteHash, messages: &[&[u8]]) {
        let is_short = suite.algorithm() == HashAlgorithm::Sha256;
        let others = [if is_short { HashAlgorithm::Sha384 } else { HashAlgorithm::Sha256 }, HashAlgorithm::Sha512];
        for (place, other) in self.1.iter_mut().zip(others) {
            let other = place.insert(Hash::new(other));
            messages.iter().for_each(|message| other.update(message));
        }
    }

    /// Whether there is that hash, besides the suite's.
    #[cfg(feature = "client-auth")]
    pub fn has(&self, suite: SuiteHash, hash: HashAlgorithm) -> bool {
        #[cfg(feature = "client-rsa")]
        if self.1.iter().flatten().any(|other| other.algorithm() == hash) {
            return true;
        }
        suite.algorithm() == hash
    }

    /// The hash of all messages so far: that one, if it is another than the suite's.
    #[cfg(feature = "client-auth")]
    #[inline(never)]
    pub fn digest_of<'o>(&self, hash: Option<HashAlgorithm>, out: &'o mut [u8; 64]) -> &'o [u8] {
        #[cfg(feature = "client-rsa")]
        if let Some(other) = self.1.iter().flatten().find(|other| Some(other.algorithm()) == hash) {
            let n = copy(out, &other.clone().finish());
            return out.get(..n).unwrap_or_default();
        }
        let _ = hash;
        let n = copy(out, &self.digest());
        out.get(..n).unwrap_or_default()
    }

    /// The hash of all messages so far; before [`Self::start`], nothing.
    #[inline(never)]
    pub fn digest(&self) -> Output {
        self.0.clone().map(Running::finish).unwrap_or_default()
    }

    /// Frees the state; nothing more will be hashed.
    pub fn end(&mut self) {
        *self = Self::default();
    }
}
