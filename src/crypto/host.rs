//! Provider: key agreement in pure Rust, for everything that is not the chip.
//!
//! Not Mbed TLS's ECP: it takes its memory from the heap and wants a second random source for blinding, at every call.
//! These crates need neither and are constant-time in the private key.

#[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
pub use super::mbedtls::Aes;
pub use super::mbedtls::Sha256;
use super::mbedtls::Sha512;
use super::{HashAlgorithm, HashFunction, KeyAgreement, MAX_PUBLIC, MAX_SECRET};
use p256::elliptic_curve::sec1::ToEncodedPoint;
#[cfg(feature = "client-auth")]
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

/// ECDH over a curve (SEC 1 §3.3.1, RFC 8446 §7.4.2). The private key wipes itself.
macro_rules! key_agreement {
    ($name:ident, $curve:ident, $size:literal) => {
        /// A private key.
        pub struct $name($curve::SecretKey);

        impl KeyAgreement for $name {
            fn from_private(private: &[u8]) -> Option<Self> {
                // Shorter numbers would be taken, too.
                let private = Some(private).filter(|private| private.len() == $size)?;
                $curve::SecretKey::from_slice(private).ok().map(Self)
            }

            fn public(&self, out: &mut [u8; MAX_PUBLIC]) -> usize {
                let point = self.0.public_key().to_encoded_point(false);
                out.iter_mut().zip(point.as_bytes()).for_each(|(o, p)| *o = *p);
                1 + 2 * $size
            }

            fn agree(&self, peer: &[u8], out: &mut [u8; MAX_SECRET]) -> Option<usize> {
                // Compressed points are shorter and would be taken, but TLS has no use for them (RFC 8446 §4.2.8.2).
                if peer.len() != 1 + 2 * $size {
                    return None;
                }
                let peer = $curve::PublicKey::from_sec1_bytes(peer).ok()?;
                let shared = $curve::ecdh::diffie_hellman(self.0.to_nonzero_scalar(), peer.as_affine());
                out.iter_mut().zip(shared.raw_secret_bytes()).for_each(|(o, s)| *o = *s);
                Some($size)
            }
        }
    };
}

key_agreement!(P256, p256, 32);
#[cfg(feature = "p384")]
key_agreement!(P384, p384, 48);

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

/// X25519 (RFC 7748 §5, RFC 8446 §7.4.2). Wipes itself when dropped.
#[cfg(feature = "x25519")]
pub struct X25519(x25519_dalek::StaticSecret);

#[cfg(feature = "x25519")]
impl KeyAgreement for X25519 {
    fn from_private(private: &[u8]) -> Option<Self> {
        Some(Self(<[u8; 32]>::try_from(private).ok()?.into()))
    }

    fn public(&self, out: &mut [u8; MAX_PUBLIC]) -> usize {
        let public = x25519_dalek::PublicKey::from(&self.0);
        out.iter_mut().zip(public.as_bytes()).for_each(|(o, p)| *o = *p);
        32
    }

    fn agree(&self, peer: &[u8], out: &mut [u8; MAX_SECRET]) -> Option<usize> {
        let peer: [u8; 32] = peer.try_into().ok()?;
        let shared = self.0.diffie_hellman(&peer.into());
        out.iter_mut().zip(shared.as_bytes()).for_each(|(o, s)| *o = *s);
        shared.was_contributory().then_some(32)
    }
}
