//! Key agreement over P-256 for what else the host does, such as pairing by Bluetooth: it needs no second P-256 then.

use super::types::{etls_bytes, place, slice};
use crate::codec::copy;
use crate::crypto::{EphemeralKey, NamedGroup, PublicShare, SharedSecret, complete};
use core::ffi::c_int;
use core::ptr;

/// Bytes of a private key, and of what both sides know afterwards.
const LEN: usize = 32;
/// Bytes of an uncompressed point (SEC 1, 2.3.3).
const POINT_LEN: usize = 1 + 2 * LEN;

/// Only in builds with the feature `ecdh`; define ETLS_ECDH to have it declared. Writes the public key to a private
/// key of P-256: an uncompressed point of 65 bytes, that is 4, x and y. The private key is a random number of 32
/// bytes, big-endian as all here. Constant time; some milliseconds on a Cortex-M4, and 1 KB of stack. Returns 1; or 0
/// if the number is no private key, since it is zero or not below the curve's order, as one in 2^32 is: take another.
///
/// # Safety
/// The pointers are valid for 32 and 65 bytes.
#[cfg(feature = "ecdh")] // for the header
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_ecdh_public(private_key: *const u8, public_key: *mut u8) -> c_int {
    // SAFETY: as promised, or NULL
    unsafe { compute(private_key, ptr::null(), 0, public_key, POINT_LEN) }
}

/// Only in builds with the feature `ecdh`. Writes what a private key of P-256 and another's public key have in
/// common, the x-coordinate of 32 bytes, as both sides can. Arguments and time as for etls_ecdh_public(). Returns 1; or
/// 0 if the private key is none, or the public key no point of the curve.
///
/// # Safety
/// The pointers are valid for 32, 65 and 32 bytes.
#[cfg(feature = "ecdh")] // for the header
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_ecdh_agree(private_key: *const u8, public_key: *const u8, shared: *mut u8) -> c_int {
    // SAFETY: as promised, or NULL
    unsafe { compute(private_key, public_key, POINT_LEN, shared, LEN) }
}

/// The public key, for which there is no `peer`, or the secret shared with that.
///
/// SAFETY: as for the callers.
unsafe fn compute(private: *const u8, peer: *const u8, peer_len: usize, out: *mut u8, len: usize) -> c_int {
    // SAFETY: as promised; no bytes if it is NULL
    let (private, peer) = unsafe {
        (slice(etls_bytes { data: private, length: LEN }), slice(etls_bytes { data: peer, length: peer_len }))
    };
    // SAFETY: as promised, or NULL
    let Some(out) = (unsafe { place(out, len) }) else { return 0 };
    let (mut key, mut secret, mut share) = (EphemeralKey::NONE, SharedSecret::NONE, PublicShare::NONE);
    if !key.set(NamedGroup::Secp256r1, private) {
        return 0;
    }
    let agreed = complete(|work| {
        if peer_len == 0 {
            key.public(&mut share.bytes, work).map(Ok)
        } else {
            key.agree(peer, &mut secret, work).map(|agreed| agreed.map(|()| 0))
        }
    });
    let Ok(len) = agreed else { return 0 };
    copy(out, share.bytes.get(..len).unwrap_or_default());
    copy(out, &secret);
    1
}
