//! Secrets and the transcript hash.

#[cfg(feature = "tls13")]
pub mod hkdf13;
pub mod prf12;
pub mod transcript;

use crate::crypto::{Digest, HashAlgorithm, Hmac};

/// One HMAC over several pieces. The only place where a keyed HMAC, most of a kilobyte, is on the stack.
#[inline(never)]
fn hmac(hash: HashAlgorithm, secret: &[u8], pieces: &[&[u8]]) -> Digest {
    let mut hmac = Hmac::new(hash, secret);
    for piece in pieces {
        hmac.update(piece);
    }
    hmac.finish()
}
