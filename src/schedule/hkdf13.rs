//! TLS 1.3's key schedule (RFC 8446 §7), on HKDF (RFC 5869).
//!
//! ```text
//! 0 or PSK ─► early ─► derived ─┐
//!               (EC)DHE ────────┴► handshake ─► derived ─┐
//!                                    ├► client, server    0 ─┴► main ─► client, server, resumption
//! ```
//! Only what a later step needs is kept: two traffic secrets and the one that the next are made of.

use super::suite_hash::{Output, SuiteHash, hmac};
use crate::codec::copy;
use crate::crypto::AeadAlgorithm;
use crate::record::traffic_key::TrafficKey;

/// HKDF-Expand-Label (RFC 8446 §7.1) into `out`, which is no longer than the hash.
#[inline(never)]
fn expand(hash: SuiteHash, secret: &[u8], label: &[u8], context: &[u8], out: &mut [u8]) {
    // HkdfLabel: length, "tls13 " and label, context; then HKDF-Expand's counter
    let head = [0, out.len() as u8, label.len() as u8 + 6]; // at most 48 bytes
    let context_len = [context.len() as u8];
    hmac(hash, secret, &[&head, b"tls13 ", label, &context_len, context, &[1]], out);
}

/// Derive-Secret (RFC 8446 §7.1), with a transcript hash that is already there.
#[inline(never)]
fn derive(hash: SuiteHash, secret: &Output, label: &[u8], transcript: &[u8], out: &mut Output) {
    expand(hash, secret, label, transcript, out.fit(hash));
}

/// The next step down (RFC 8446 §7.1): replaces a secret by what is extracted from `input` with what it derives.
#[inline(never)]
fn extract(hash: SuiteHash, secret: &mut Output, input: &[u8]) {
    let mut salt = Output::new(hash);
    derive(hash, secret, b"derived", hash.of_nothing(), &mut salt);
    hmac(hash, &salt, &[input], secret);
}

/// The early secret: extracted from the PSK, or from zeros.
#[inline(never)]
fn early(hash: SuiteHash, psk: Option<&[u8]>, out: &mut Output) {
    let zeros = Output::new(hash);
    hmac(hash, &zeros, &[psk.unwrap_or(&zeros)], out.fit(hash));
}

/// verify_data of a Finished message (RFC 8446 §4.4.4), as long as the hash.
#[inline(never)]
pub fn verify_data(hash: SuiteHash, secret: &Output, transcript: &[u8]) -> Output {
    let (mut key, mut verify_data) = (Output::new(hash), Output::new(hash));
    derive(hash, secret, b"finished", b"", &mut key);
    hmac(hash, &key, &[transcript], &mut verify_data);
    verify_data
}

/// Puts the traffic keys made of a secret (RFC 8446 §7.3) where they are used.
#[inline(never)]
pub fn protect(hash: SuiteHash, secret: &Output, aead: AeadAlgorithm, place: &mut Option<TrafficKey>) {
    let keys = TrafficKey::blank(aead, true, place);
    expand(hash, secret, b"key", b"", keys.key());
    expand(hash, secret, b"iv", b"", keys.iv());
}

/// Replaces a traffic secret by its successor (RFC 8446 §7.2).
#[inline(never)]
pub fn update(hash: SuiteHash, secret: &mut Output) {
    let before = secret.clone();
    derive(hash, &before, b"traffic upd", b"", secret);
}

/// The secrets of one connection: of the handshake first, of the application data later.
pub struct Secrets {
    /// client_handshake_traffic_secret or client_application_traffic_secret_N
    pub client: Output,
    /// server_handshake_traffic_secret or server_application_traffic_secret_N
    pub server: Output,
    /// The client's application traffic secret, until its Finished is written; then the transcript's hash.
    next_client: Output,
    main: Output,
}

impl Secrets {
    /// There are none yet.
    pub const NONE: Self =
        Secrets { client: Output::NONE, server: Output::NONE, next_client: Output::NONE, main: Output::NONE };

    /// There are none any more.
    pub fn wipe(&mut self) {
        self.client.wipe();
        self.server.wipe();
        self.next_client.wipe();
        self.main.wipe();
    }

    /// The binder that proves possession of a PSK (RFC 8446 §4.2.11.2). `transcript`: up to the binders.
    #[cfg(feature = "resumption")]
    pub fn binder(&mut self, hash: SuiteHash, psk: &[u8], transcript: &[u8]) -> Output {
        let mut key = Output::new(hash);
        early(hash, Some(psk), &mut self.main);
        derive(hash, &self.main, b"res binder", hash.of_nothing(), &mut key);
        verify_data(hash, &key, transcript)
    }

    /// Begins with the (EC)DHE shared secret and the transcript up to ServerHello. `resumed`: the PSK is the one of
    /// [`Self::binder`].
    #[inline(never)]
    pub fn handshake(&mut self, hash: SuiteHash, resumed: bool, shared: &[u8], transcript: &[u8]) {
        if !resumed {
            early(hash, None, &mut self.main);
        }
        extract(hash, &mut self.main, shared);
        derive(hash, &self.main, b"c hs traffic", transcript, &mut self.client);
        derive(hash, &self.main, b"s hs traffic", transcript, &mut self.server);
        extract(hash, &mut self.main, &Output::new(hash));
    }

    /// Goes on to the secrets of the application data, with the transcript up to the server's Finished. The client's
    /// own Finished still needs the one before: see [`Self::next_client`].
    #[inline(never)]
    pub fn application(&mut self, hash: SuiteHash, transcript: &[u8]) {
        derive(hash, &self.main, b"c ap traffic", transcript, &mut self.next_client);
        derive(hash, &self.main, b"s ap traffic", transcript, &mut self.server);
    }

    /// The client's Finished is written: what follows it is application data.
    pub fn next_client(&mut self) -> &Output {
        copy(&mut self.client, &self.next_client);
        self.next_client.fill(0);
        &self.client
    }

    /// Keeps the hash of the transcript up to the client's Finished: only sessions are derived from here on.
    #[cfg(feature = "resumption")]
    pub fn end(&mut self, transcript: &Output) {
        copy(&mut self.next_client, transcript);
    }

    /// The PSK that belongs to a ticket with this nonce (RFC 8446 §4.6.1).
    #[cfg(feature = "resumption")]
    pub fn psk(&self, hash: SuiteHash, nonce: &[u8], psk: &mut Output) {
        let mut resumption = Output::new(hash);
        derive(hash, &self.main, b"res master", &self.next_client, &mut resumption);
        derive(hash, &resumption, b"resumption", nonce, psk);
    }
}

#[cfg(all(test, feature = "resumption", feature = "x25519"))] // what the trace needs
mod tests;
