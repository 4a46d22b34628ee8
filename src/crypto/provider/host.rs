//! Constant time: the provider of key agreement in pure Rust, for everything that is not the chip.
//!
//! Mbed TLS's ECP is not used: it takes memory from the heap, and at every call a second random source for blinding.
//! These crates need neither, and are constant-time in the private key.

use crate::crypto::arithmetic::montgomery::to_bytes;
#[cfg(not(miri))]
use crate::crypto::provider::mbedtls as primitives;
use crate::crypto::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, Work};
use core::task::Poll;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use zeroize::Zeroize;

/// Miri calls no C: it has the chip's, in Rust.
#[cfg(miri)]
mod primitives {
    pub use crate::crypto::aead::aes::Aes;
    pub use crate::crypto::hash::sha2::{Sha256, State};
}
#[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
pub use primitives::Aes;
pub use primitives::{Sha256, State};

/// Bytes of stack that these crates use, and then some.
const STACK: usize = 32 * 1024;

/// Calls into a crate that moves secrets about on the stack, and wipes the stack that it had.
fn wiping_stack<R>(work: impl FnOnce() -> R) -> R {
    #[inline(never)]
    fn call<R>(work: impl FnOnce() -> R) -> R {
        work()
    }
    #[inline(never)]
    fn wipe_below() {
        core::hint::black_box(&mut [0u8; STACK]);
    }
    let result = call(work);
    wipe_below();
    result
}

/// ECDH over a curve (SEC 1 §3.3.1, RFC 8446 §7.4.2).
macro_rules! key_agreement {
    ($name:ident, $curve:ident, $words:literal) => {
        /// Keys of the curve.
        pub struct $name;

        impl $name {
            /// Wipes itself when dropped.
            fn key(private: &Private) -> Option<$curve::SecretKey> {
                let mut bytes = [0; 4 * $words];
                to_bytes(private.get(..$words)?, &mut bytes);
                let key = $curve::SecretKey::from_slice(&bytes).ok();
                bytes.zeroize();
                key
            }
        }

        impl KeyAgreement for $name {
            fn is_private(private: &Private) -> bool {
                wiping_stack(|| Self::key(private).is_some())
            }

            fn public(private: &Private, out: &mut [u8; MAX_PUBLIC], _: &mut Work) -> Poll<usize> {
                Poll::Ready(wiping_stack(|| {
                    let Some(key) = Self::key(private) else { return 0 };
                    let point = key.public_key().to_encoded_point(false);
                    out.iter_mut().zip(point.as_bytes()).for_each(|(o, p)| *o = *p);
                    point.len()
                }))
            }

            fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET], _: &mut Work) -> Poll<usize> {
                let length = wiping_stack(|| {
                    // Compressed points are shorter and would be taken, but TLS has no use for them (RFC 8446
                    // §4.2.8.2).
                    let key = Self::key(private).filter(|_| peer.len() == 1 + 8 * $words)?;
                    let peer = $curve::PublicKey::from_sec1_bytes(peer).ok()?;
                    let shared = $curve::ecdh::diffie_hellman(key.to_nonzero_scalar(), peer.as_affine());
                    out.iter_mut().zip(shared.raw_secret_bytes()).for_each(|(o, s)| *o = *s);
                    Some(4 * $words)
                });
                Poll::Ready(length.unwrap_or(0))
            }
        }
    };
}

key_agreement!(P256, p256, 8);
#[cfg(feature = "p384")]
key_agreement!(P384, p384, 12);

/// ECDSA (FIPS 186-5 §6.4.1) over a digest with this nonce; `None` if the nonce is no good. All numbers are big-endian.
#[cfg(feature = "client-auth")]
pub fn sign_p256(private: &[u8; 32], digest: &[u8; 32], nonce: &[u8; 32]) -> Option<([u8; 32], [u8; 32])> {
    use p256::elliptic_curve::ops::{Invert, Reduce};
    use p256::elliptic_curve::point::AffineCoordinates;
    use p256::{FieldBytes, ProjectivePoint, Scalar, U256};
    wiping_stack(|| {
        let scalar =
            |bytes: &[u8; 32]| p256::SecretKey::from_bytes(bytes.into()).ok().map(|key| key.to_nonzero_scalar());
        let reduced = |bytes: &FieldBytes| <Scalar as Reduce<U256>>::reduce_bytes(bytes);
        let (mut private, mut nonce) = (scalar(private)?, scalar(nonce)?);
        let r = reduced(&(ProjectivePoint::GENERATOR * *nonce).to_affine().x());
        let s = *nonce.invert() * (reduced(digest.into()) + r * *private);
        private.zeroize();
        nonce.zeroize();
        let zero = Scalar::ZERO;
        (r != zero && s != zero).then(|| (r.to_bytes().into(), s.to_bytes().into()))
    })
}

/// X25519 (RFC 7748 §5, RFC 8446 §7.4.2).
#[cfg(feature = "x25519")]
pub struct X25519;

#[cfg(feature = "x25519")]
impl X25519 {
    /// Wipes itself when dropped.
    fn key(private: &Private) -> Option<x25519_dalek::StaticSecret> {
        let mut bytes = [0; 32];
        to_bytes(private.get(..8)?, &mut bytes);
        let key = bytes.into();
        bytes.zeroize();
        Some(key)
    }
}

#[cfg(feature = "x25519")]
impl KeyAgreement for X25519 {
    fn is_private(_: &Private) -> bool {
        true
    }

    fn public(private: &Private, out: &mut [u8; MAX_PUBLIC], _: &mut Work) -> Poll<usize> {
        Poll::Ready(wiping_stack(|| {
            let Some(key) = Self::key(private) else { return 0 };
            let public = x25519_dalek::PublicKey::from(&key);
            out.iter_mut().zip(public.as_bytes()).for_each(|(o, p)| *o = *p);
            32
        }))
    }

    fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET], _: &mut Work) -> Poll<usize> {
        let length = wiping_stack(|| {
            let peer: [u8; 32] = peer.try_into().ok()?;
            let shared = Self::key(private)?.diffie_hellman(&peer.into());
            out.iter_mut().zip(shared.as_bytes()).for_each(|(o, s)| *o = *s);
            shared.was_contributory().then_some(32)
        });
        Poll::Ready(length.unwrap_or(0))
    }
}
