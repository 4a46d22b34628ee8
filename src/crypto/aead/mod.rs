//! Constant time, as the ciphers are: sealing and opening of one record at a time, in pieces of any size.

#[cfg(all(feature = "aes-gcm", any(all(not(feature = "aes-hook"), any(cortex_m4, miri)), test)))]
#[allow(clippy::indexing_slicing)] // arrays of a constant length
pub(super) mod aes;
#[cfg(feature = "chacha20")]
mod chacha20_poly1305;
#[cfg(feature = "aes-hook")]
mod device_aes;
#[cfg(feature = "aes-gcm")]
#[allow(clippy::indexing_slicing)] // loop counters within arrays of a constant length
mod gcm;

#[cfg(feature = "chacha20")]
use crate::crypto::aead::chacha20_poly1305::ChaCha20Poly1305;
#[cfg(feature = "aes-gcm")]
use crate::crypto::aead::gcm::AesGcm;
use crate::crypto::{AeadAlgorithm, AesHook, AuthenticatedCipher};

/// One record being sealed or opened. Wiped when dropped.
///
/// What [`open`](Aead::open) gives out is not authenticated before [`tag`](Aead::tag) has been compared, in constant
/// time, with the tag received; use it in one direction only.
pub struct Aead(Cipher);

#[allow(clippy::large_enum_variant)] // a box would need the heap
enum Cipher {
    #[cfg(feature = "aes-gcm")]
    Gcm(AesGcm),
    #[cfg(feature = "chacha20")]
    ChaCha(ChaCha20Poly1305),
}

/// The same with either cipher.
macro_rules! with_cipher {
    ($aead:expr, $cipher:ident => $what:expr) => {
        match &mut $aead.0 {
            #[cfg(feature = "aes-gcm")]
            Cipher::Gcm($cipher) => $what,
            #[cfg(feature = "chacha20")]
            Cipher::ChaCha($cipher) => $what,
        }
    };
}

impl Aead {
    /// Begins a record, as [`Self::blank`] and [`Self::start`] do. What it returns is moved and leaves copies of the
    /// key on the stack.
    pub fn new(algorithm: AeadAlgorithm, key: &[u8], nonce: &[u8; 12], aad: &[u8], hook: AesHook) -> Self {
        debug_assert_eq!(key.len(), algorithm.key_len());
        let mut aead = Self::blank(algorithm, hook);
        aead.start(key, nonce, aad);
        aead
    }

    /// A cipher without a key, to be put where it stays. `hook` is what AES is done with in builds that leave it to the
    /// device.
    #[inline(always)]
    pub fn blank(algorithm: AeadAlgorithm, hook: AesHook) -> Self {
        Self(match algorithm {
            #[cfg(feature = "aes-gcm")]
            AeadAlgorithm::Aes128Gcm => Cipher::Gcm(AesGcm::blank(hook)),
            #[cfg(feature = "aes256")]
            AeadAlgorithm::Aes256Gcm => Cipher::Gcm(AesGcm::blank(hook)),
            #[cfg(feature = "chacha20")]
            AeadAlgorithm::ChaCha20Poly1305 => Cipher::ChaCha(ChaCha20Poly1305::blank(hook)),
        })
    }

    /// Begins a record. `key` has [`AeadAlgorithm::key_len`] bytes (anything else is a bug of the caller, and no peer
    /// will understand the result); `nonce` must never be used twice with a key.
    pub fn start(&mut self, key: &[u8], nonce: &[u8; 12], aad: &[u8]) {
        with_cipher!(self, cipher => cipher.start(key, nonce, aad))
    }

    /// Encrypts the next piece in place.
    pub fn seal(&mut self, data: &mut [u8]) {
        with_cipher!(self, cipher => cipher.seal(data))
    }

    /// Decrypts the next piece in place. Nothing may be believed before the tag has been checked.
    pub fn open(&mut self, data: &mut [u8]) {
        with_cipher!(self, cipher => cipher.open(data))
    }

    /// The tag of the record: append it, or compare it with [`equal`](crate::crypto::equal).
    /// To be called once, at the end.
    pub fn tag(&mut self) -> [u8; 16] {
        with_cipher!(self, cipher => cipher.tag())
    }
}

#[cfg(all(test, feature = "aes256", feature = "chacha20"))]
mod tests;
