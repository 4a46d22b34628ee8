//! The vocabulary: algorithms, groups and keys under the field's names.

use crate::error::Error;

/// Hash functions of TLS 1.2 and 1.3; the numbers are TLS's HashAlgorithm (RFC 5246 §7.4.1.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum HashAlgorithm {
    /// SHA-256
    Sha256 = 4,
    /// SHA-384
    Sha384 = 5,
    /// SHA-512
    Sha512 = 6,
}

/// Whether there are others than SHA-256 in this build. Without them nothing asks for one (`SCHEMES`), and what came
/// out would be no hash at all.
pub const LONG_HASHES: bool = cfg!(feature = "sha512");

impl HashAlgorithm {
    /// Bytes of output.
    pub const fn output_len(self) -> usize {
        match self {
            HashAlgorithm::Sha256 => 32,
            HashAlgorithm::Sha384 => 48,
            HashAlgorithm::Sha512 => 64,
        }
    }
}

/// AEADs of the cipher suites.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum AeadAlgorithm {
    /// RFC 5288
    #[cfg(feature = "aes-gcm")]
    Aes128Gcm,
    /// RFC 5288
    #[cfg(feature = "aes256")]
    Aes256Gcm,
    /// RFC 7905, RFC 8439
    #[cfg(feature = "chacha20")]
    ChaCha20Poly1305,
}

impl AeadAlgorithm {
    /// Bytes of key. Nonces have 12 bytes and tags 16 with all of them.
    pub const fn key_len(self) -> usize {
        match self {
            #[cfg(feature = "aes-gcm")]
            AeadAlgorithm::Aes128Gcm => 16,
            #[cfg(feature = "aes256")]
            AeadAlgorithm::Aes256Gcm => 32,
            #[cfg(feature = "chacha20")]
            AeadAlgorithm::ChaCha20Poly1305 => 32,
        }
    }
}

/// Groups for ECDHE; the numbers are TLS's NamedGroup (RFC 8446 §4.2.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum NamedGroup {
    /// P-256
    Secp256r1 = 23,
    /// P-384
    Secp384r1 = 24,
    /// RFC 7748
    X25519 = 29,
}

/// A public key that verifies signatures; the bytes are borrowed, big-endian.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PublicKey<'a> {
    /// Uncompressed point, 65 bytes, first byte 4.
    P256(&'a [u8]),
    /// Uncompressed point, 97 bytes, first byte 4.
    P384(&'a [u8]),
    /// Modulus without leading zeros, 2048 to 4096 bits, and the odd public exponent.
    Rsa {
        /// modulus
        n: &'a [u8],
        /// public exponent
        e: u32,
    },
}

/// How a signature is made, apart from hash and key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum SignatureAlgorithm {
    /// DER Ecdsa-Sig-Value (RFC 3279 §2.2.3)
    Ecdsa,
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2)
    RsaPkcs1,
    /// RSASSA-PSS, MGF1 with the same hash, salt as long as the hash (RFC 8446 §4.2.3)
    RsaPss,
    /// The same with a salt of that many bytes (RFC 4055 §3.1): for certificates only
    #[cfg(feature = "rsa-pss")]
    RsaPssSalt(u16),
}

/// Fills the slice with random bytes or fails; see [`Error::RandomFailed`].
pub type Random<'r> = &'r mut dyn FnMut(&mut [u8]) -> Result<(), Error>;
