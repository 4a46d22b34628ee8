//! Hashes that begin and end while a certificate flows past.

use crate::codec::copy;
use crate::crypto::Sha256;

/// Begins a hash.
#[inline(never)]
pub(super) fn begin(hash: &mut Option<Sha256>) {
    *hash = Some(Sha256::new());
}

/// Goes on with a hash, if one has been begun.
#[inline(never)]
pub(super) fn update(hash: &mut Option<Sha256>, bytes: &[u8]) {
    if let Some(hash) = hash {
        hash.update(bytes);
    }
}

/// The digest of a hash that has been begun, or as much of it as there is room for, which is at most all of it.
#[inline(never)]
pub(super) fn finish(hash: &mut Option<Sha256>, out: &mut [u8]) {
    if let Some(hash) = hash {
        let mut digest = [0; 64];
        hash.result_to(&mut digest);
        copy(out, &digest); // the room is no larger than the digest
    }
    *hash = None;
}
