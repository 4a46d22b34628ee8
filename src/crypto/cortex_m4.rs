//! Provider: P-256 from p256-cortex-m4 or, smaller, of our own as P-384, and X25519 from salty, for the chip. All are
//! constant-time in the private key on a core without data cache; none needs a heap.
//!
//! p256-cortex-m4 is 37 times as fast as Mbed TLS's ECP and smaller; the sys crate is used because the safe one around it
//! brings RustCrypto's ecdsa and sha2 along, and of it the arithmetic (`p256.rs`).

#[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
pub use super::aes::Aes;
pub use super::sha2::{Sha256, State};
#[cfg(any(not(small_p256), feature = "x25519"))]
use super::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, wipe};

#[cfg(small_p256)]
pub use super::agreement::P256;
#[cfg(feature = "p384")]
pub use super::agreement::P384;
#[cfg(not(small_p256))]
pub use fast::*;

#[cfg(not(small_p256))]
mod fast {
    use super::super::montgomery::from_bytes;
    use super::super::p256::{self, Point};
    use super::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, wipe};

    /// ECDH over P-256 (SEC 1 §3.3.1, RFC 8446 §7.4.2). The private number is little-endian words.
    pub struct P256([u32; 8]);

    impl Drop for P256 {
        fn drop(&mut self) {
            wipe(&mut self.0);
        }
    }

    impl KeyAgreement for P256 {
        fn from_private(private: &[u8]) -> Option<Self> {
            let mut key = Self([0; 8]);
            from_bytes(&mut key.0, private);
            (private.len() == 32 && p256::is_private(&key.0)).then_some(key)
        }

        fn public(&self, out: &mut [u8; MAX_PUBLIC]) -> usize {
            let [tag, coordinates @ ..] = out;
            *tag = 4;
            to_bytes(&p256::public(&self.0), coordinates);
            65
        }

        fn agree(&self, peer: &[u8], out: &mut [u8; MAX_SECRET]) -> Option<usize> {
            let mut point = point(peer)?;
            let agreed = p256::agree(&self.0, &mut point);
            to_bytes(&point[8..], out);
            wipe(&mut point);
            agreed.then_some(32)
        }
    }

    /// An uncompressed point (RFC 8446 §4.2.8.2). Whether it lies on the curve is for the caller to find out.
    fn point(bytes: &[u8]) -> Option<Point> {
        let [4, coordinates @ ..] = bytes else { return None };
        let mut point = [0; 16];
        from_bytes(&mut point, coordinates);
        (coordinates.len() == 64).then_some(point)
    }

    /// ECDSA (FIPS 186-5 §6.4.1) over a digest with this nonce; `None` if the nonce is no good. All numbers are big-endian.
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

    /// Little-endian words to big-endian bytes.
    fn to_bytes(words: &[u32], out: &mut [u8]) {
        for (chunk, word) in out.as_chunks_mut().0.iter_mut().zip(words.iter().rev()) {
            *chunk = word.to_be_bytes();
        }
    }
}

/// X25519 (RFC 7748 §5).
#[cfg(feature = "x25519")]
pub struct X25519([u8; 32]);

#[cfg(feature = "x25519")]
impl Drop for X25519 {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

#[cfg(feature = "x25519")]
impl KeyAgreement for X25519 {
    fn from_private(private: &[u8]) -> Option<Self> {
        Some(Self(private.try_into().ok()?))
    }

    fn public(&self, out: &mut [u8; MAX_PUBLIC]) -> usize {
        let base = {
            let mut b = [0; 32];
            b[0] = 9;
            b
        };
        let public = salty::agreement::x25519(self.0, base);
        out.iter_mut().zip(public).for_each(|(o, p)| *o = p);
        32
    }

    fn agree(&self, peer: &[u8], out: &mut [u8; MAX_SECRET]) -> Option<usize> {
        let peer: [u8; 32] = peer.try_into().ok()?;
        let shared = salty::agreement::x25519(self.0, peer);
        out.iter_mut().zip(shared).for_each(|(o, s)| *o = s);
        // a point of small order gives zero (RFC 7748 §6.1)
        shared.iter().fold(0, |all, b| all | b).ne(&0).then_some(32)
    }
}
