//! The few operations the engine needs, under the field's names. What supplies them is chosen at compile time, one
//! file a provider; the engine never sees which.
//!
//! | operation | file | supplied by |
//! |---|---|---|
//! | [`struct@Hash`], [`Hmac`] | `hash.rs`, `hmac.rs` | the provider's SHA-2: Mbed TLS's, on the chip `sha2.rs`; HMAC is ours |
//! | [`Aead`] | `aead.rs`, `gcm.rs` | the provider's AES block: Mbed TLS's, on the chip `aes.rs`; Mbed TLS's ChaCha20 and Poly1305; the modes are ours |
//! | [`EphemeralKey`] | `ecdh.rs` | the provider: `host.rs`; on the chip `p256.rs` or `small_p256.rs`, and `p384.rs`, over `curve.rs` |
//! | `sign`, `rsa_sign` | `sign.rs`, `rsa_sign.rs` | the provider, the nonces are ours; RSA is ours |
//! | [`verify`] | `ecdsa.rs` over `curve.rs`, `rsa.rs` over `montgomery.rs` | ours |
//!
//! On the chip there are two P-256, and a build has one of them. The small one is `curve.rs`'s, which P-384 needs anyway.
//! The fast one, with the feature `fast-p256`, is `p256.rs` over p256-cortex-m4's arithmetic in assembly: keys, agreements
//! and verification in a quarter of the time, for 3 KB of flash. Only the fast one signs, so client certificates bring it.
//!
//! Whatever takes longer than a slice, some hundred thousand cycles on the chip, is done in slices (`work.rs`): verification,
//! agreements, RSA signatures. Each returns [`Poll::Pending`] until it is called for the last time. What is shorter is ready
//! at once: the fast P-256 but for verification, and whatever the host's libraries do.
//!
//! Nothing here allocates and nothing panics, whatever the peer sends. `unsafe` is found in provider files only.
//! Signature verification works on public data and takes time that depends on it; everything else that touches a
//! secret is constant-time but for what `mbedtls.rs` says of AES on a host with caches.

#[cfg(not(any(feature = "aes-gcm", feature = "chacha20")))]
compile_error!("at least one of the features aes-gcm and chacha20 is needed");
#[cfg(all(feature = "aes-hook", feature = "aes256"))]
compile_error!("aes-hook is for AES-128 only: leave aes256 out, and the default features with it");

mod aead;
#[cfg(any(all(feature = "aes-gcm", not(feature = "aes-hook"), cortex_m4), all(feature = "aes-gcm", test)))]
#[allow(clippy::indexing_slicing)] // arrays of a constant length
mod aes;
#[cfg(cortex_m4)]
#[allow(unsafe_code)] // a provider
mod assembly;
#[allow(clippy::indexing_slicing)] // registers named by an enum that counts them
#[cfg_attr(not(own_curves), allow(dead_code))] // RSA and the fast P-256 need less
mod curve;
mod ecdh;
#[allow(clippy::indexing_slicing)] // parts of an array of a constant length
#[cfg_attr(not(own_curves), allow(dead_code))] // RSA and the fast P-256 need less
mod ecdsa;
#[cfg(feature = "aes-gcm")]
#[allow(clippy::indexing_slicing)] // loop counters within arrays of a constant length
mod gcm;
mod hash;
mod hmac;
#[cfg_attr(feature = "aes-hook", allow(unsafe_code))] // a provider
mod hook;
#[cfg(any(not(cortex_m4), feature = "chacha20"))]
#[allow(unsafe_code)] // a provider
mod mbedtls;
#[allow(unsafe_code)] // one instruction of the chip
#[cfg_attr(not(own_curves), allow(dead_code))] // RSA and the fast P-256 need less
mod montgomery;
#[cfg(all(cortex_m4, not(small_p256)))]
#[allow(unsafe_code)] // a provider
#[allow(clippy::indexing_slicing)] // arrays of a constant length
mod p256;
#[cfg(all(any(cortex_m4, test), feature = "p384"))]
#[allow(clippy::indexing_slicing)] // registers named by an enum that counts them
mod p384;
#[cfg(feature = "rsa")]
mod rsa;
#[cfg(feature = "client-rsa")]
#[allow(clippy::indexing_slicing)] // loop counters within arrays of a constant length
pub mod rsa_sign;
#[cfg(any(cortex_m4, test))]
#[allow(clippy::indexing_slicing)] // arrays of a constant length
mod sha2;
#[cfg(feature = "client-auth")]
pub mod sign;
#[cfg(any(small_p256, test))]
#[allow(clippy::indexing_slicing)] // registers named by an enum that counts them, arrays of a constant length
mod small_p256;
#[allow(unsafe_code)] // one view of memory
mod work;

// Two providers of the same names: one for the chip, one for everything else.
#[cfg(not(cortex_m4))]
mod host;
#[cfg(not(cortex_m4))]
use host as provider;

#[cfg(cortex_m4)]
#[allow(unsafe_code)] // a provider
mod cortex_m4;
#[cfg(cortex_m4)]
use cortex_m4 as provider;

pub use aead::Aead;
pub use ecdh::{EphemeralKey, MAX_PUBLIC, PublicShare, SharedSecret};
pub use hash::{Digest, Hash, Sha256};
pub use hmac::Hmac;
pub use hook::AesHook;
#[cfg(feature = "aes-hook")]
pub use hook::Encrypt;
pub use work::{Progress, WORK_LEN, Work, complete};

use crate::error::Error;
use crate::fuzzing::unchecked;
use core::task::Poll;
use ecdh::{MAX_SECRET, Private};

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

/// Whether two byte strings are equal, in a time that depends on their lengths only.
#[inline(never)]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut difference = a.len() ^ b.len();
    for (i, byte) in a.iter().enumerate() {
        difference |= b.get(i).map_or(0, |other| usize::from(byte ^ other));
    }
    // Without the barrier a compiler may leave the loop at the first difference.
    core::hint::black_box(difference) == 0
}

/// Whether `signature` is `key`'s over the message whose hash is `digest`. False for anything wrong: another kind of
/// key, a key or encoding that is not valid, a digest of the wrong length, an algorithm that is not in this build.
///
/// ECDSA takes any hash with any curve (FIPS 186-5 §6.4.2). RSA keys have 2048 to 4096 bits, in whole bytes, and an
/// odd exponent of at least 3. Takes public data only, and a time that depends on it. In slices: see [`Work`].
pub fn verify(
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    digest: &[u8],
    signature: &[u8],
    work: &mut Work,
) -> Poll<bool> {
    if work.begins() {
        return Poll::Pending;
    }
    let result = match (*key, algorithm) {
        _ if unchecked() => Poll::Ready(signature.first() != Some(&0)),
        _ if digest.len() != hash.output_len() => Poll::Ready(false),
        #[cfg(all(cortex_m4, feature = "fast-p256"))]
        (PublicKey::P256(point), SignatureAlgorithm::Ecdsa) => {
            provider::verify_p256_vartime(point, digest, signature, work)
        }
        #[cfg(not(all(cortex_m4, feature = "fast-p256")))]
        (PublicKey::P256(point), SignatureAlgorithm::Ecdsa) => {
            ecdsa::verify_vartime(&curve::P256, point, digest, signature, work)
        }
        #[cfg(feature = "p384")]
        (PublicKey::P384(point), SignatureAlgorithm::Ecdsa) => {
            ecdsa::verify_vartime(&curve::P384, point, digest, signature, work)
        }
        #[cfg(feature = "rsa")]
        (PublicKey::Rsa { n, e }, algorithm) if algorithm != SignatureAlgorithm::Ecdsa => {
            rsa::verify_vartime(n, e, algorithm, hash, digest, signature, work)
        }
        _ => Poll::Ready(false),
    };
    work.leave(result)
}

/// Overwrites what was secret: by memset, where `zeroize` writes one byte after the other. The barrier keeps the compiler
/// from leaving out what nobody reads again.
#[inline(never)]
pub(crate) fn wipe<T: Copy + Default>(secret: &mut [T]) {
    secret.fill(T::default());
    core::hint::black_box(secret);
}

/// One or all of the hash functions of FIPS 180-4. The algorithm is always the one that it was made for.
trait HashFunction: Clone {
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
struct Block([u8; 16]);

/// A cipher of 16-byte blocks in the encrypting direction, all that CTR and GCM need.
#[cfg(feature = "aes-gcm")]
trait BlockCipher {
    /// Without a key yet. Secrets are only put where they stay: what is made and then moved leaves a copy behind.
    fn blank(hook: AesHook) -> Self;
    fn set_key(&mut self, key: &[u8]);
    fn encrypt(&mut self, block: &mut Block);
}

/// What [`Aead`] chooses from.
trait AuthenticatedCipher {
    /// Without a key yet, as with [`BlockCipher`].
    fn blank(hook: AesHook) -> Self;
    fn start(&mut self, key: &[u8], nonce: &[u8; 12], aad: &[u8]);
    fn seal(&mut self, data: &mut [u8]);
    fn open(&mut self, data: &mut [u8]);
    /// To be called once, at the end.
    fn tag(&mut self) -> [u8; 16];
}

/// What [`EphemeralKey`] chooses from.
trait KeyAgreement {
    /// Whether the number is a private key of the group.
    fn is_private(private: &Private) -> bool;
    /// Writes the public key that belongs to a private one to the front of `out` and returns its length. In slices.
    fn public(private: &Private, out: &mut [u8; MAX_PUBLIC], work: &mut Work) -> Poll<usize>;
    /// Writes what is shared to the front of `out` and returns its length, 0 if the peer's public key is not valid. In slices.
    fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET], work: &mut Work) -> Poll<usize>;
}

#[cfg(test)]
mod testing {
    extern crate std;
    use super::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, complete};
    use std::vec::Vec;

    fn words(bytes: &[u8]) -> Private {
        let mut words = Private::default();
        super::montgomery::from_bytes(&mut words, bytes);
        words
    }

    /// Keys and agreements as the crates make them, with numbers at the edges: the additions that have no formula, both
    /// signs, and private numbers that are none. `order` and `root`, of the curve's b, are big-endian.
    pub fn as_the_crate_does<Ours: KeyAgreement, Theirs: KeyAgreement>(order: &[u8], root: &[u8]) {
        let size = order.len();
        let mut tried = 0;
        for i in 0..120u8 {
            let mut private = [0; 48];
            let private = &mut private[..size];
            if i < 20 {
                private[size - 1 - usize::from(i % 2) * 16] = i / 2;
            } else if i < 40 {
                private.copy_from_slice(order);
                private[size - 1] = order[size - 1] + 2 - (i - 20); // from n + 2 down
            } else {
                for (j, byte) in private.iter_mut().enumerate() {
                    *byte = (j as u8 ^ 0x5a).wrapping_mul(2 * i + 1).rotate_left(3) ^ i;
                }
            }
            let private = &words(private);
            assert_eq!(Ours::is_private(private), Theirs::is_private(private), "{private:x?}");
            if !Ours::is_private(private) {
                continue;
            }
            let (mut a, mut b) = ([0; MAX_PUBLIC], [0; MAX_PUBLIC]);
            let lengths =
                (complete(|w| Ours::public(private, &mut a, w)), complete(|w| Theirs::public(private, &mut b, w)));
            assert_eq!((lengths.0, a), (lengths.1, b), "{private:x?}");
            let agree = |point: &[u8]| {
                let (mut a, mut b) = ([0; MAX_SECRET], [0; MAX_SECRET]);
                let length = complete(|w| Ours::agree(private, point, &mut a, w));
                assert_eq!(length, complete(|w| Theirs::agree(private, point, &mut b, w)), "{private:x?}");
                assert_eq!(a, b, "{private:x?}");
                length != 0
            };
            let mut point = [0; MAX_PUBLIC];
            let point = &mut point[..2 * size + 1];
            for peer in [3, 77] {
                let mut public = [0; MAX_PUBLIC];
                complete(|work| Theirs::public(&words(&[peer; 48][..size]), &mut public, work));
                point.copy_from_slice(&public[..2 * size + 1]);
                assert!(agree(point));
                // off the curve
                point[2 * size] ^= 1;
                assert!(!agree(point));
            }
            assert!(agree(&a[..2 * size + 1]));
            // x = 0
            point[1..].fill(0);
            point[1 + size..].copy_from_slice(root);
            assert!(agree(point));
            tried += 1;
        }
        assert!(tried > 110, "{tried}");
    }

    pub fn hex(text: &str) -> Vec<u8> {
        assert!(text.len().is_multiple_of(2), "{text}");
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_compares_content_and_length() {
        assert!(equal(b"", b"") && equal(b"abc", b"abc"));
        assert!(!equal(b"abc", b"abd") && !equal(b"bbc", b"abc"));
        assert!(!equal(b"abc", b"ab") && !equal(b"", b"a"));
    }

    const HASHES: [HashAlgorithm; 3] = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
    const SCHEMES: [SignatureAlgorithm; 3] =
        [SignatureAlgorithm::Ecdsa, SignatureAlgorithm::RsaPkcs1, SignatureAlgorithm::RsaPss];

    /// What fits one kind of key, hash and scheme fits no other.
    #[test]
    fn verify_takes_what_belongs_together() {
        use p256::ecdsa::signature::hazmat::PrehashSigner;
        let signer = p256::ecdsa::SigningKey::from_slice(&[3; 32]).unwrap();
        let point = p256::ecdsa::VerifyingKey::from(&signer).to_encoded_point(false);
        let point = point.as_bytes();
        let signature: p256::ecdsa::DerSignature = signer.sign_prehash(&[5; 48]).unwrap();
        let keys = [PublicKey::P256(point), PublicKey::P384(point), PublicKey::Rsa { n: point, e: 3 }];
        let mut accepted = 0;
        for (i, key) in keys.iter().enumerate() {
            for algorithm in SCHEMES {
                for hash in HASHES {
                    for len in [0, 20, 32, 48, 64] {
                        let digest = &[5; 64][..len];
                        let ok = complete(|w| verify(key, algorithm, hash, digest, signature.as_bytes(), w));
                        let right = i == 0 && algorithm == SignatureAlgorithm::Ecdsa && len == hash.output_len();
                        // The curve takes the first 32 bytes of any digest, and they are the same.
                        assert_eq!(ok, right, "{key:?} {algorithm:?} {hash:?} {len}");
                        accepted += usize::from(ok);
                    }
                }
            }
        }
        assert_eq!(accepted, 3);
    }

    /// Random bytes of random lengths, with the first byte often what the format wants, panic nowhere and are never
    /// right.
    #[test]
    fn rubbish_is_refused_without_a_panic() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: usize| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 33) as usize % below
        };
        let (mut n, mut signature, mut digest) = ([0; 520], [0; 520], [0; 64]);
        for round in 0..3000 {
            for byte in n.iter_mut().chain(&mut signature).chain(&mut digest) {
                *byte = random(256) as u8;
            }
            let n_len = [65, 97, 256, 384, 512, random(521)][random(6)];
            let s_len = [8, 70, 102, n_len, random(521)][random(5)];
            if random(4) != 0 {
                n[0] = [4, 4, 0xff][random(3)];
                n[n_len.saturating_sub(1)] |= 1;
                signature[0] = [0x30, 0x30, 1][random(3)];
                signature[1] = s_len.saturating_sub(2) as u8;
                signature[2..4].copy_from_slice(&[2, 33]);
            }
            let (n, signature) = (&n[..n_len], &signature[..s_len]);
            let e = [3, 65537, random(1 << 31) as u32][random(3)];
            let hash = HASHES[random(3)];
            for key in [PublicKey::P256(n), PublicKey::P384(n), PublicKey::Rsa { n, e }] {
                for algorithm in SCHEMES {
                    let digest = &digest[..hash.output_len()];
                    assert!(!complete(|w| verify(&key, algorithm, hash, digest, signature, w)), "{round}");
                }
            }
        }
    }
}
