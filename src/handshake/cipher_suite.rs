//! Cipher suites: ECDHE with AEADs only (RFC 5289, RFC 7905), and those of TLS 1.3 (RFC 8446 §B.4).

use crate::config::{TLS12, TLS13};
use crate::crypto::AeadAlgorithm;
use crate::schedule::suite_hash::SuiteHash;

/// What a suite says besides its cipher and hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SuiteKind {
    /// TLS 1.2, the certificate's key is ECDSA
    Ecdsa,
    /// TLS 1.2, the certificate's key is RSA
    Rsa,
    /// TLS 1.3, any key
    Tls13,
}

/// A cipher suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CipherSuite {
    /// Number on the wire.
    pub number: u16,
    /// Version and kind of certificate.
    pub kind: SuiteKind,
    /// Record protection.
    pub aead: AeadAlgorithm,
    /// Hash of the PRF and the transcript.
    pub hash: SuiteHash,
}

/// A table of suites becomes [`SUITES`] and the names of [`CipherSuite::name_z`].
macro_rules! suites {
    ($($(#[$in_builds:meta])* $number:literal $name:literal $kind:ident $aead:ident $hash:ident;)*) => {
        /// What is offered, best first: AES-128 is the fastest on the chip, and the only one with hardware.
        pub const SUITES: &[CipherSuite] = &[$(
            $(#[$in_builds])*
            CipherSuite {
                number: $number,
                kind: SuiteKind::$kind,
                aead: AeadAlgorithm::$aead,
                hash: SuiteHash::$hash,
            },
        )*];

        impl CipherSuite {
            /// The IANA name, zero-terminated; the empty string for a number that is not offered.
            pub fn name_z(number: u16) -> &'static str {
                match number {
                    $($(#[$in_builds])* $number => concat!($name, "\0"),)*
                    _ => "\0",
                }
            }
        }
    };
}

suites! {
    #[cfg(all(feature = "aes-gcm", feature = "tls13"))]
    0x1301 "TLS_AES_128_GCM_SHA256" Tls13 Aes128Gcm SHA256;
    #[cfg(all(feature = "chacha20", feature = "tls13"))]
    0x1303 "TLS_CHACHA20_POLY1305_SHA256" Tls13 ChaCha20Poly1305 SHA256;
    #[cfg(all(feature = "aes256", feature = "tls13"))]
    0x1302 "TLS_AES_256_GCM_SHA384" Tls13 Aes256Gcm SHA384;
    #[cfg(feature = "aes-gcm")]
    0xc02b "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" Ecdsa Aes128Gcm SHA256;
    #[cfg(all(feature = "aes-gcm", feature = "rsa"))]
    0xc02f "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" Rsa Aes128Gcm SHA256;
    #[cfg(feature = "chacha20")]
    0xcca9 "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" Ecdsa ChaCha20Poly1305 SHA256;
    #[cfg(all(feature = "chacha20", feature = "rsa"))]
    0xcca8 "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" Rsa ChaCha20Poly1305 SHA256;
    #[cfg(feature = "aes256")]
    0xc02c "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" Ecdsa Aes256Gcm SHA384;
    #[cfg(all(feature = "aes256", feature = "rsa"))]
    0xc030 "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" Rsa Aes256Gcm SHA384;
}

impl CipherSuite {
    /// One of them, for who has no other yet.
    #[allow(clippy::indexing_slicing)] // there is one, as the compiler checks
    pub const ANY: &'static CipherSuite = &SUITES[0];

    /// The suite with that number, if it is one of those offered for this version.
    pub fn find(number: u16, version: u16) -> Option<&'static CipherSuite> {
        SUITES.iter().find(|s| s.number == number && s.version() == version)
    }

    /// The version that it belongs to.
    pub fn version(&self) -> u16 {
        if self.kind == SuiteKind::Tls13 { TLS13 } else { TLS12 }
    }
}
