//! Variable time on public data: verification of a signature of any kind.

use crate::crypto::algorithm::{HashAlgorithm, PublicKey, SignatureAlgorithm};
#[cfg(all(cortex_m4, feature = "fast-p256"))]
use crate::crypto::provider;
#[cfg(feature = "rsa")]
use crate::crypto::signature::rsa;
use crate::crypto::work::Work;
use crate::fuzzing::unchecked;
use core::task::Poll;

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
        // One RSA signature in 256 begins with a zero; none that a test makes with four.
        _ if unchecked() => Poll::Ready(!signature.starts_with(&[0; 4])),
        _ if digest.len() != hash.output_len() => Poll::Ready(false),
        #[cfg(all(cortex_m4, feature = "fast-p256"))]
        (PublicKey::P256(point), SignatureAlgorithm::Ecdsa) => {
            Poll::Ready(provider::verify_p256_vartime(point, digest, signature))
        }
        #[cfg(not(all(cortex_m4, feature = "fast-p256")))]
        (PublicKey::P256(point), SignatureAlgorithm::Ecdsa) => {
            super::ecdsa::verify_vartime(&crate::crypto::arithmetic::curve::P256, point, digest, signature, work)
        }
        #[cfg(feature = "p384")]
        (PublicKey::P384(point), SignatureAlgorithm::Ecdsa) => {
            super::ecdsa::verify_vartime(&crate::crypto::arithmetic::curve::P384, point, digest, signature, work)
        }
        #[cfg(feature = "rsa")]
        (PublicKey::Rsa { n, e }, algorithm) if algorithm != SignatureAlgorithm::Ecdsa => {
            rsa::verify_vartime(n, e, algorithm, hash, digest, signature, work)
        }
        _ => Poll::Ready(false),
    };
    work.leave(result)
}
