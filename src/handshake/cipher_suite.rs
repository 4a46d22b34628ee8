//! Cipher suites: ECDHE with AEADs only (RFC 5289, RFC 7905).

use crate::crypto::{AeadAlgorithm, HashAlgorithm};

/// A TLS 1.2 cipher suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CipherSuite {
    /// Number on the wire.
    pub number: u16,
    /// Whether the certificate's key is ECDSA (otherwise RSA).
    pub ecdsa: bool,
    /// Record protection.
    pub aead: AeadAlgorithm,
    /// Bytes of the implicit nonce cut from the key block: 4 (RFC 5288 §3) or 12 (RFC 7905 §2).
    pub fixed_iv_len: u8,
    /// Hash of the PRF and the transcript.
    pub hash: HashAlgorithm,
}

#[cfg(feature = "aes-gcm")]
const fn gcm(number: u16, ecdsa: bool, aead: AeadAlgorithm, hash: HashAlgorithm) -> CipherSuite {
    CipherSuite { number, ecdsa, aead, fixed_iv_len: 4, hash }
}

#[cfg(feature = "chacha20")]
const fn chacha(number: u16, ecdsa: bool) -> CipherSuite {
    let (aead, hash) = (AeadAlgorithm::ChaCha20Poly1305, HashAlgorithm::Sha256);
    CipherSuite { number, ecdsa, aead, fixed_iv_len: 12, hash }
}

/// What is offered, best first: AES-128 is the fastest on the chip, and the only one with hardware.
pub const SUITES: &[CipherSuite] = &[
    #[cfg(feature = "aes-gcm")]
    gcm(0xc02b, true, AeadAlgorithm::Aes128Gcm, HashAlgorithm::Sha256),
    #[cfg(all(feature = "aes-gcm", feature = "rsa"))]
    gcm(0xc02f, false, AeadAlgorithm::Aes128Gcm, HashAlgorithm::Sha256),
    #[cfg(feature = "chacha20")]
    chacha(0xcca9, true),
    #[cfg(all(feature = "chacha20", feature = "rsa"))]
    chacha(0xcca8, false),
    #[cfg(feature = "aes256")]
    gcm(0xc02c, true, AeadAlgorithm::Aes256Gcm, HashAlgorithm::Sha384),
    #[cfg(all(feature = "aes256", feature = "rsa"))]
    gcm(0xc030, false, AeadAlgorithm::Aes256Gcm, HashAlgorithm::Sha384),
];

impl CipherSuite {
    /// The suite with that number, if it is one of those offered.
    pub fn find(number: u16) -> Option<&'static CipherSuite> {
        SUITES.iter().find(|s| s.number == number)
    }

    /// The IANA name, zero-terminated; the empty string for a number that is none of ours.
    pub fn name_z(number: u16) -> &'static str {
        match number {
            0xc02b => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\0",
            0xc02f => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\0",
            0xcca9 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\0",
            0xcca8 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\0",
            0xc02c => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\0",
            0xc030 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\0",
            _ => "\0",
        }
    }
}
