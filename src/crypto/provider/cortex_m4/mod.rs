//! Constant time in the private key, on a core without data cache: the provider for the chip. P-256 is
//! p256-cortex-m4's, or the smaller one of this crate, which has P-384, too. X25519 is salty's. None needs a heap.
//!
//! p256-cortex-m4 is 37 times as fast as Mbed TLS's ECP, and smaller. Only the arithmetic of its sys crate is used
//! (`p256.rs`): the safe crate around it brings RustCrypto's ecdsa and sha2 along.

pub(in crate::crypto) mod assembly;
#[cfg(not(small_p256))]
#[allow(clippy::indexing_slicing)] // arrays of a constant length
pub(in crate::crypto) mod p256;
pub(in crate::crypto) mod rows;

#[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
pub use crate::crypto::aead::aes::Aes;
#[cfg(feature = "x25519")]
use crate::crypto::arithmetic::montgomery::to_bytes;
pub use crate::crypto::hash::sha2::{Sha256, State};
#[cfg(feature = "x25519")]
use crate::crypto::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, Work, wipe};
#[cfg(feature = "x25519")]
use core::task::Poll;

#[cfg(feature = "p384")]
pub use crate::crypto::key_agreement::p384::P384;
#[cfg(small_p256)]
pub use crate::crypto::key_agreement::small_p256::P256;
#[cfg(not(small_p256))]
pub use fast::*;

#[cfg(not(small_p256))]
mod fast {
    use crate::crypto::arithmetic::montgomery::{from_bytes, to_bytes};
    use crate::crypto::provider::cortex_m4::p256::{self, Point};
    use crate::crypto::signature::ecdsa::parse_signature;
    use crate::crypto::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, Work, wipe};
    use core::task::Poll;

    /// ECDH over P-256 (SEC 1 §3.3.1, RFC 8446 §7.4.2).
    pub struct P256;

    impl KeyAgreement for P256 {
        fn is_private(private: &Private) -> bool {
            p256::is_private(key(private))
        }

        fn public(private: &Private, out: &mut [u8; MAX_PUBLIC], _: &mut Work) -> Poll<usize> {
            let [tag, coordinates @ ..] = out;
            *tag = 4;
            to_bytes(&p256::public(key(private)), coordinates);
            Poll::Ready(65)
        }

        fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET], _: &mut Work) -> Poll<usize> {
            let Some(mut point) = point(peer) else { return Poll::Ready(0) };
            let agreed = p256::agree(key(private), &mut point);
            to_bytes(&point[8..], out);
            wipe(&mut point);
            Poll::Ready(if agreed { 32 } else { 0 })
        }
    }

    /// Whether the DER signature fits the digest and the uncompressed point. Variable time on public data.
    #[inline(never)] // its room on the stack must not lie below RSA's
    pub fn verify_p256_vartime(point_bytes: &[u8], digest: &[u8], signature: &[u8]) -> bool {
        let (Some((r_bytes, s_bytes)), Some(point)) = (parse_signature(signature), point(point_bytes)) else {
            return false;
        };
        let [mut r, mut s, mut z] = [[0; 8]; 3];
        from_bytes(&mut r, r_bytes);
        from_bytes(&mut s, s_bytes);
        from_bytes(&mut z, digest.get(..32).unwrap_or(digest));
        r_bytes.len() <= 32 && s_bytes.len() <= 32 && p256::verify_vartime(&point, &z, &r, &s)
    }

    fn key(private: &Private) -> &[u32; 8] {
        private.first_chunk().unwrap_or(&[0; 8])
    }

    /// An uncompressed point (RFC 8446 §4.2.8.2). Whether it lies on the curve is for the caller to find out.
    fn point(bytes: &[u8]) -> Option<Point> {
        let [4, coordinates @ ..] = bytes else { return None };
        let mut point = [0; 16];
        from_bytes(&mut point, coordinates);
        (coordinates.len() == 64).then_some(point)
    }

    /// ECDSA (FIPS 186-5 §6.4.1) over a digest with this nonce; `None` if the nonce is no good. All numbers are
    /// big-endian.
    #[cfg(feature = "client-auth")]
    pub fn sign_p256(private: &[u8; 32], digest: &[u8; 32], nonce: &[u8; 32]) -> Option<([u8; 32], [u8; 32])> {
        let [mut key, mut z, mut k] = [[0; 8]; 3];
        from_bytes(&mut key, private);
        from_bytes(&mut z, digest);
        from_bytes(&mut k, nonce);
        let signature = p256::sign(&key, &z, &mut k);
        wipe(&mut key);
        wipe(&mut k);
        let (mut r, mut s) = ([0; 32], [0; 32]);
        signature.map(|signature| {
            to_bytes(&signature[..8], &mut s);
            to_bytes(&signature[8..], &mut r);
            (r, s)
        })
    }
}

/// X25519 (RFC 7748 §5).
#[cfg(feature = "x25519")]
pub struct X25519;

#[cfg(feature = "x25519")]
impl KeyAgreement for X25519 {
    fn is_private(_: &Private) -> bool {
        true
    }

    fn public(private: &Private, out: &mut [u8; MAX_PUBLIC], _: &mut Work) -> Poll<usize> {
        let mut base = [0; 32];
        base[0] = 9;
        x25519(private, &base, out);
        Poll::Ready(32)
    }

    fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET], _: &mut Work) -> Poll<usize> {
        // a point of small order gives zero (RFC 7748 §6.1)
        Poll::Ready(if x25519(private, peer, out) { 32 } else { 0 })
    }
}

/// Whether the public key has the right length and the result is not zero.
#[cfg(feature = "x25519")]
fn x25519(private: &Private, public: &[u8], out: &mut [u8]) -> bool {
    let Ok(public) = public.try_into() else { return false };
    let mut key = [0; 32];
    to_bytes(&private[..8], &mut key);
    let mut shared = salty::agreement::x25519(key, public);
    out.iter_mut().zip(shared).for_each(|(o, s)| *o = s);
    let is_zero = shared.iter().fold(0, |all, b| all | b) == 0;
    wipe(&mut key);
    wipe(&mut shared);
    !is_zero
}
