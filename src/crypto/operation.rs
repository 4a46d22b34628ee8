//! The operations that providers supply, as traits.

use crate::crypto::algorithm::HashAlgorithm;
use crate::crypto::provider::aes_hook::AesHook;
use crate::crypto::work::Work;
use core::task::Poll;

/// Bytes of the longest private key, and of the longest secret.
pub const MAX_SECRET: usize = if cfg!(feature = "p384") { 48 } else { 32 };
/// Bytes of the longest public key.
pub const MAX_PUBLIC: usize = 1 + 2 * MAX_SECRET;

/// A private number, least significant word first; X25519's is what is not a number there, read big-endian all the
/// same.
pub type Private = [u32; MAX_SECRET / 4];

/// One or all of the hash functions of FIPS 180-4. The algorithm is always the one that it was made for.
pub(in crate::crypto) trait HashFunction: Clone {
    /// A state that has not been started.
    fn blank(algorithm: HashAlgorithm) -> Self;
    fn restart(&mut self, algorithm: HashAlgorithm);
    fn update(&mut self, algorithm: HashAlgorithm, data: &[u8]);
    /// Writes the result to the front of `out`.
    fn finish(&mut self, algorithm: HashAlgorithm, out: &mut [u8; 64]);
}

/// A block as it goes through a cipher; aligned for processors that read words.
#[cfg(feature = "aes-gcm")]
#[derive(Clone, Copy)]
#[repr(C, align(4))]
pub(in crate::crypto) struct Block(pub(in crate::crypto) [u8; 16]);

/// A cipher of 16-byte blocks in the encrypting direction, all that CTR and GCM need.
#[cfg(feature = "aes-gcm")]
pub(in crate::crypto) trait BlockCipher {
    /// Without a key yet. Secrets are only put where they stay: what is made and then moved leaves a copy behind.
    fn blank(hook: AesHook) -> Self;
    fn set_key(&mut self, key: &[u8]);
    fn encrypt(&mut self, block: &mut Block);
}

/// A cipher of records, from which [`Aead`](crate::crypto::Aead) chooses.
pub(in crate::crypto) trait AuthenticatedCipher {
    /// Without a key yet, as with [`BlockCipher`].
    fn blank(hook: AesHook) -> Self;
    fn start(&mut self, key: &[u8], nonce: &[u8; 12], aad: &[u8]);
    fn seal(&mut self, data: &mut [u8]);
    fn open(&mut self, data: &mut [u8]);
    /// To be called once, at the end.
    fn tag(&mut self) -> [u8; 16];
}

/// A group's arithmetic, from which [`EphemeralKey`](crate::crypto::EphemeralKey) chooses.
pub(in crate::crypto) trait KeyAgreement {
    /// Whether the number is a private key of the group.
    fn is_private(private: &Private) -> bool;
    /// Writes the public key that belongs to a private one to the front of `out` and returns its length. In slices.
    fn public(private: &Private, out: &mut [u8; MAX_PUBLIC], work: &mut Work) -> Poll<usize>;
    /// Writes what is shared to the front of `out` and returns its length, 0 if the peer's public key is not valid. In
    /// slices.
    fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET], work: &mut Work) -> Poll<usize>;
}
