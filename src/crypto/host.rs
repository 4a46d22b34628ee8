//! Provider: key agreement in pure Rust, for everything that is not the chip.
//!
//! Not Mbed TLS's ECP: it takes its memory from the heap and wants a second random source for blinding, at every call.
//! These crates need neither and are constant-time in the private key.

#[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
pub use super::mbedtls::Aes;
pub use super::mbedtls::Sha256;
use super::mbedtls::Sha512;
use super::{HashAlgorithm, HashFunction, KeyAgreement};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::{NonZeroScalar, PublicKey};
use zeroize::Zeroize;

/// Any hash function.
#[derive(Clone)]
#[allow(clippy::large_enum_variant)] // a box would need the heap
pub enum State {
    Short(Sha256),
    Long(Sha512),
}

impl HashFunction for State {
    fn blank(algorithm: HashAlgorithm) -> Self {
        match algorithm {
            HashAlgorithm::Sha256 => State::Short(Sha256::blank(algorithm)),
            _ => State::Long(Sha512::blank(algorithm)),
        }
    }

    fn restart(&mut self, algorithm: HashAlgorithm) {
        match self {
            State::Short(hash) => hash.restart(algorithm),
            State::Long(hash) => hash.restart(algorithm),
        }
    }

    fn update(&mut self, algorithm: HashAlgorithm, data: &[u8]) {
        match self {
            State::Short(hash) => hash.update(algorithm, data),
            State::Long(hash) => hash.update(algorithm, data),
        }
    }

    fn finish(&mut self, algorithm: HashAlgorithm, out: &mut [u8; 64]) {
        match self {
            State::Short(hash) => hash.finish(algorithm, out),
            State::Long(hash) => hash.finish(algorithm, out),
        }
    }
}

/// ECDH over P-256 (SEC 1 §3.3.1, RFC 8446 §7.4.2).
pub struct P256(NonZeroScalar);

impl KeyAgreement for P256 {
    fn from_private(private: &[u8; 32]) -> Option<Self> {
        p256::SecretKey::from_bytes(private.into()).ok().map(|key| Self(key.to_nonzero_scalar()))
    }

    fn public(&self, out: &mut [u8; 65]) -> usize {
        let point = PublicKey::from_secret_scalar(&self.0).to_encoded_point(false);
        out.iter_mut().zip(point.as_bytes()).for_each(|(o, p)| *o = *p);
        65
    }

    fn agree(&self, peer: &[u8]) -> Option<[u8; 32]> {
        // Compressed points have 33 bytes and would be taken, but TLS has no use for them (RFC 8446 §4.2.8.2).
        if peer.len() != 65 {
            return None;
        }
        let peer = PublicKey::from_sec1_bytes(peer).ok()?;
        let shared = p256::ecdh::diffie_hellman(self.0, peer.as_affine());
        Some((*shared.raw_secret_bytes()).into())
    }
}

/// ECDSA (FIPS 186-5 §6.4.1) over a digest with this nonce; `None` if the nonce is no good. All numbers are big-endian.
#[cfg(feature = "client-auth")]
pub fn sign_p256(private: &[u8; 32], digest: &[u8; 32], nonce: &[u8; 32]) -> Option<([u8; 32], [u8; 32])> {
    use p256::elliptic_curve::ops::{Invert, Reduce};
    use p256::elliptic_curve::point::AffineCoordinates;
    use p256::{FieldBytes, ProjectivePoint, Scalar, U256};
    let scalar = |bytes: &[u8; 32]| p256::SecretKey::from_bytes(bytes.into()).ok().map(|key| key.to_nonzero_scalar());
    let reduced = |bytes: &FieldBytes| <Scalar as Reduce<U256>>::reduce_bytes(bytes);
    let (mut private, mut nonce) = (scalar(private)?, scalar(nonce)?);
    let r = reduced(&(ProjectivePoint::GENERATOR * *nonce).to_affine().x());
    let s = *nonce.invert() * (reduced(digest.into()) + r * *private);
    private.zeroize();
    nonce.zeroize();
    let zero = Scalar::ZERO;
    (r != zero && s != zero).then(|| (r.to_bytes().into(), s.to_bytes().into()))
}

impl Drop for P256 {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// X25519 (RFC 7748 §5, RFC 8446 §7.4.2). Wipes itself when dropped.
#[cfg(feature = "x25519")]
pub struct X25519(x25519_dalek::StaticSecret);

#[cfg(feature = "x25519")]
impl KeyAgreement for X25519 {
    fn from_private(private: &[u8; 32]) -> Option<Self> {
        Some(Self((*private).into()))
    }

    fn public(&self, out: &mut [u8; 65]) -> usize {
        let public = x25519_dalek::PublicKey::from(&self.0);
        out.iter_mut().zip(public.as_bytes()).for_each(|(o, p)| *o = *p);
        32
    }

    fn agree(&self, peer: &[u8]) -> Option<[u8; 32]> {
        let peer: [u8; 32] = peer.try_into().ok()?;
        let shared = self.0.diffie_hellman(&peer.into());
        shared.was_contributory().then(|| shared.to_bytes())
    }
}
