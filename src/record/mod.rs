//! The record layer (RFC 5246 §6, RFC 8446 §5, RFC 8449, RFC 6066 §4): framing, size limits, opening and sealing.
//!
//! Incoming records are opened as they flow past, whatever their size: [`incoming`] hands out pieces and says at the
//! end whether the tag was right. Until then nothing that came in the record may have an effect outside the engine.

pub mod incoming;
pub mod outgoing;
pub mod traffic_key;

/// RFC 5246 §6.2.1
pub const CHANGE_CIPHER_SPEC: u8 = 20;
/// RFC 5246 §6.2.1
pub const ALERT: u8 = 21;
/// RFC 5246 §6.2.1
pub const HANDSHAKE: u8 = 22;
/// RFC 5246 §6.2.1
pub const APPLICATION_DATA: u8 = 23;

/// Bytes of a record header.
pub const HEADER_LEN: usize = 5;
/// Bytes of the tag of every AEAD in use.
pub const TAG_LEN: usize = 16;
/// Largest plaintext of a record in bytes (RFC 5246 §6.2.1).
pub const MAX_PLAINTEXT: usize = 1 << 14;
/// Largest padded plaintext of a TLS 1.3 record in bytes, as far as it can be known from outside: what the ciphertext
/// may have (RFC 8446 §5.2) without its tag.
pub const MAX_INNER_PLAINTEXT: usize = MAX_PLAINTEXT + 256 - TAG_LEN;
/// Most bytes that protection adds to a record besides its header: explicit nonce and tag.
pub const MAX_EXPANSION: usize = 8 + TAG_LEN;
/// Bytes of a protected alert, header and all.
pub const ALERT_RECORD_LEN: usize = HEADER_LEN + MAX_EXPANSION + 2;
