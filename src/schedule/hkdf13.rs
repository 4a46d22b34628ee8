//! TLS 1.3's key schedule (RFC 8446 §7), on HKDF (RFC 5869).
//!
//! ```text
//! 0 or PSK ─► early ─► derived ─┐
//!               (EC)DHE ────────┴► handshake ─► derived ─┐
//!                                    ├► client, server    0 ─┴► main ─► client, server, resumption
//! ```
//! Only what a later step needs is kept: two traffic secrets and the one that the next are made of.

use super::hmac;
use crate::codec::copy;
use crate::crypto::{AeadAlgorithm, Digest, Hash, HashAlgorithm};
use crate::record::protection::Protection;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of a secret: as many as the largest hash of a TLS 1.3 suite in this build gives.
const SECRET_LEN: usize = if cfg!(feature = "aes256") { 48 } else { 32 };

/// A secret of the key schedule, as long as the suite's hash.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; SECRET_LEN]);

impl Secret {
    fn new(digest: &Digest) -> Self {
        let mut secret = Secret([0; SECRET_LEN]);
        copy(&mut secret.0, digest);
        secret
    }

    /// Its bytes.
    pub fn bytes(&self, hash: HashAlgorithm) -> &[u8] {
        self.0.get(..hash.output_len()).unwrap_or_default()
    }

    /// HKDF-Expand-Label (RFC 8446 §7.1), for results that are no longer than the hash: the first `length` bytes count.
    #[inline(never)]
    fn expand(&self, hash: HashAlgorithm, label: &[u8], context: &[u8], length: usize) -> Digest {
        // HkdfLabel: length, "tls13 " and label, context; then HKDF-Expand's counter
        let [h, l] = (length as u16).to_be_bytes(); // at most 64
        let head = [h, l, label.len() as u8 + 6];
        let context_len = [context.len() as u8];
        hmac(hash, self.bytes(hash), &[&head, b"tls13 ", label, &context_len, context, &[1]])
    }

    /// Derive-Secret, with a transcript hash that is already there.
    pub fn derive(&self, hash: HashAlgorithm, label: &[u8], transcript: &[u8]) -> Secret {
        Secret::new(&self.expand(hash, label, transcript, hash.output_len()))
    }

    /// The next step down: extracts from `input` with what this secret derives.
    #[inline(never)]
    fn extract(&self, hash: HashAlgorithm, input: &[u8]) -> Secret {
        let salt = self.derive(hash, b"derived", &Hash::new(hash).finish());
        Secret::new(&hmac(hash, salt.bytes(hash), &[input]))
    }

    /// The traffic keys made of this secret (RFC 8446 §7.3).
    pub fn protection(&self, hash: HashAlgorithm, aead: AeadAlgorithm) -> Protection {
        let key = self.expand(hash, b"key", b"", aead.key_len());
        let iv = self.expand(hash, b"iv", b"", 12);
        let iv = iv.first_chunk().copied().unwrap_or_default();
        Protection::new13(aead, key.get(..aead.key_len()).unwrap_or_default(), &iv)
    }

    /// verify_data of a Finished message (RFC 8446 §4.4.4), as long as the hash.
    pub fn verify_data(&self, hash: HashAlgorithm, transcript: &[u8]) -> Digest {
        let key = self.derive(hash, b"finished", b"");
        hmac(hash, key.bytes(hash), &[transcript])
    }

    /// Replaces a traffic secret by its successor (RFC 8446 §7.2).
    pub fn update(&mut self, hash: HashAlgorithm) {
        *self = self.derive(hash, b"traffic upd", b"");
    }
}

/// The secrets of one connection: of the handshake first, of the application data later.
pub struct Secrets {
    /// client_handshake_traffic_secret or client_application_traffic_secret_N
    pub client: Secret,
    /// server_handshake_traffic_secret or server_application_traffic_secret_N
    pub server: Secret,
    main: Secret,
}

impl Secrets {
    /// From the (EC)DHE shared secret, with the transcript up to ServerHello. `psk`: of the session that is resumed.
    #[inline(never)]
    pub fn handshake(hash: HashAlgorithm, psk: Option<&[u8]>, shared: &[u8], transcript: &[u8]) -> Secrets {
        let zeros = [0; SECRET_LEN];
        let zeros = zeros.get(..hash.output_len()).unwrap_or_default();
        let early = Secret::new(&hmac(hash, zeros, &[psk.unwrap_or(zeros)]));
        let handshake = early.extract(hash, shared);
        Secrets {
            client: handshake.derive(hash, b"c hs traffic", transcript),
            server: handshake.derive(hash, b"s hs traffic", transcript),
            main: handshake.extract(hash, zeros),
        }
    }

    /// Goes on to the secrets of the application data, with the transcript up to the server's Finished.
    #[inline(never)]
    pub fn application(&mut self, hash: HashAlgorithm, transcript: &[u8]) {
        self.client = self.main.derive(hash, b"c ap traffic", transcript);
        self.server = self.main.derive(hash, b"s ap traffic", transcript);
    }
}
