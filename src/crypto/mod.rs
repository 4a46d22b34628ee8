//! The few operations the engine needs, under the field's names. What supplies them is chosen at compile time, one
//! file a provider; the engine never sees which. This file only lists what there is.
//!
//! - [`struct@Hash`], [`Hmac`]: `hash`. The provider's SHA-2: Mbed TLS's, on the chip `hash/sha2.rs`. HMAC is ours.
//! - [`Aead`]: `aead`. The provider's AES block: Mbed TLS's, on the chip `aead/aes.rs`, or the device's. Mbed TLS's
//!   ChaCha20 and Poly1305. The modes are ours.
//! - [`EphemeralKey`]: `key_agreement`. The provider's groups; on the chip also `p384.rs` and `small_p256.rs` there.
//! - [`verify()`]: `signature`, ours.
//! - Signing: `signature/ecdsa_sign.rs`, the provider's with nonces of ours; `signature/rsa_sign.rs`, ours.
//!
//! Below them lies `arithmetic` with long numbers and curves.
//!
//! `algorithm` is the vocabulary, `operation` has the traits that providers fulfil. Each file's first line says whether
//! it is constant-time, or variable-time on public data.
//!
//! On the chip there are two P-256, and a build has one of them. The small one, `key_agreement/small_p256.rs`, is
//! `arithmetic/curve.rs`'s, which P-384 needs anyway. The fast one, with the feature `fast-p256`, is
//! `provider/cortex_m4/p256.rs` over p256-cortex-m4's arithmetic in assembly: keys, agreements and verification in a
//! quarter of the time, for 4.3 KB of flash. Only the fast one signs, so client certificates bring it.
//!
//! Whatever takes longer than a slice, some hundred thousand cycles on the chip, is done in slices (`work.rs`):
//! verification, agreements, RSA signatures. Each returns [`Poll::Pending`](core::task::Poll::Pending) until it is
//! called for the last time. What is shorter is ready at once: the fast P-256, and whatever the host's libraries do.
//!
//! Nothing here allocates and nothing panics, whatever the peer sends. `unsafe` is found in provider files, and for one
//! view of memory in `work.rs`.
//! Signature verification works on public data and takes time that depends on it; everything else that touches a
//! secret is constant-time but for what `mbedtls.rs` says of AES on a host with caches.

#[cfg(not(any(feature = "aes-gcm", feature = "chacha20")))]
compile_error!("at least one of the features aes-gcm and chacha20 is needed");
#[cfg(all(feature = "aes-hook", feature = "aes256"))]
compile_error!("aes-hook is for AES-128 only: leave aes256 out, and the default features with it");

mod aead;
mod algorithm;
mod arithmetic;
mod hash;
mod key_agreement;
mod operation;
mod provider;
mod secret;
pub mod signature;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[allow(unsafe_code)] // one view of memory
mod work;

pub use aead::Aead;
pub use algorithm::{AeadAlgorithm, HashAlgorithm, LONG_HASHES, NamedGroup, PublicKey, Random, SignatureAlgorithm};
pub use hash::hmac::Hmac;
pub use hash::{Digest, Hash, Sha256};
pub use key_agreement::{EphemeralKey, PublicShare, SharedSecret};
pub use operation::MAX_PUBLIC;
pub use provider::aes_hook::AesHook;
#[cfg(feature = "aes-hook")]
pub use provider::aes_hook::Encrypt;
pub use secret::equal;
pub use signature::verify::verify;
#[cfg(feature = "client-rsa")]
pub use work::RSA_SIGN_LEN;
pub use work::{Progress, WORK_LEN, Work, complete};

use operation::{AuthenticatedCipher, HashFunction, KeyAgreement, MAX_SECRET, Private};
#[cfg(feature = "aes-gcm")]
use operation::{Block, BlockCipher};
pub(crate) use secret::wipe;
