//! Constant time: ephemeral key agreement, ECDHE over P-256, P-384 or X25519.

#[cfg(all(any(cortex_m4, test), feature = "p384"))]
#[allow(clippy::indexing_slicing)] // registers named by an enum that counts them
pub(super) mod p384;
#[cfg(any(small_p256, test))]
#[allow(clippy::indexing_slicing)] // registers named by an enum that counts them, arrays of a constant length
pub(super) mod small_p256;

use crate::crypto::arithmetic::montgomery::from_bytes;
use crate::crypto::provider;
use crate::crypto::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, NamedGroup, Private, Random, Work, wipe};
use crate::error::Error;
use core::ops::Deref;
use core::task::Poll;

/// One connection's private key. Wiped when dropped.
pub struct EphemeralKey {
    group: NamedGroup,
    private: Private,
}

impl Drop for EphemeralKey {
    fn drop(&mut self) {
        wipe(&mut self.private);
    }
}

/// What both sides know after the agreement: the x-coordinate or X25519's output, 32 or 48 bytes. Wiped when dropped.
pub struct SharedSecret {
    bytes: [u8; MAX_SECRET],
    len: usize,
}

impl SharedSecret {
    /// There is none yet.
    pub const NONE: Self = SharedSecret { bytes: [0; MAX_SECRET], len: 0 };
}

impl Drop for SharedSecret {
    fn drop(&mut self) {
        wipe(&mut self.bytes);
    }
}

impl Deref for SharedSecret {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// A public key as it goes into a key share: an uncompressed point of 65 or 97 bytes, or 32 bytes of X25519.
pub struct PublicShare {
    /// It and what is left of the room.
    pub bytes: [u8; MAX_PUBLIC],
    /// Bytes that it has.
    pub len: usize,
}

impl PublicShare {
    /// There is none yet.
    pub const NONE: Self = PublicShare { bytes: [0; MAX_PUBLIC], len: 0 };
}

impl Deref for PublicShare {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Bytes of a private key.
fn private_len(group: NamedGroup) -> usize {
    if group == NamedGroup::Secp384r1 { MAX_SECRET } else { 32 }
}

/// The same with the arithmetic of any group. It is one of this build: its key is valid.
macro_rules! with_group {
    ($group:expr, $name:ident => $what:expr) => {
        match $group {
            #[cfg(feature = "p384")]
            NamedGroup::Secp384r1 => {
                type $name = provider::P384;
                $what
            }
            #[cfg(feature = "x25519")]
            NamedGroup::X25519 => {
                type $name = provider::X25519;
                $what
            }
            _ => {
                type $name = provider::P256;
                $what
            }
        }
    };
}

impl EphemeralKey {
    /// Makes a key from random numbers, where it stays.
    ///
    /// # Errors
    /// What `random` fails with; [`Error::RandomFailed`] if it gives numbers that can't be random, or if the group is
    /// not in this build.
    pub fn generate(place: &mut Option<Self>, group: NamedGroup, random: Random<'_>) -> Result<(), Error> {
        // It is made where it stays: what is moved leaves a copy behind.
        let key = place.insert(EphemeralKey { group, private: [0; MAX_SECRET / 4] });
        let mut bytes = [0; MAX_SECRET];
        let bytes = bytes.get_mut(..private_len(group)).unwrap_or_default();
        // One random number in 2^32 is not below P-256's order. A source that gives four in a row is broken.
        let mut result = Ok(());
        for _ in 0..4 {
            result = random(bytes);
            from_bytes(&mut key.private, bytes);
            wipe(bytes);
            if result.is_err() || key.is_valid() {
                return result;
            }
        }
        result.and(Err(Error::RandomFailed))
    }

    /// There is none yet: a place for [`Self::set`].
    pub(crate) const NONE: Self = EphemeralKey { group: NamedGroup::Secp256r1, private: [0; MAX_SECRET / 4] };

    /// Makes it the key with this private number, where it stays. Whether that is one of a group of this build.
    pub(crate) fn set(&mut self, group: NamedGroup, private: &[u8]) -> bool {
        self.group = group;
        from_bytes(&mut self.private, private);
        self.is_valid() && private.len() == private_len(group)
    }

    /// The key with this private number, big-endian in 32 or 48 bytes, for X25519 RFC 7748's bytes. For tests with
    /// known answers: a connection's key comes from [`generate`](Self::generate).
    ///
    /// # Errors
    /// [`Error::RandomFailed`] if it is zero, not below the order, or of another length, or if the group is not in this
    /// build.
    #[doc(hidden)]
    pub fn from_private(group: NamedGroup, private: &[u8]) -> Result<Self, Error> {
        let mut key = Self::NONE;
        if key.set(group, private) { Ok(key) } else { Err(Error::RandomFailed) }
    }

    fn is_valid(&self) -> bool {
        match self.group {
            NamedGroup::Secp256r1 => provider::P256::is_private(&self.private),
            #[cfg(feature = "p384")]
            NamedGroup::Secp384r1 => provider::P384::is_private(&self.private),
            #[cfg(feature = "x25519")]
            NamedGroup::X25519 => provider::X25519::is_private(&self.private),
            #[allow(unreachable_patterns)] // where all groups are in
            _ => false,
        }
    }

    /// The key's group.
    pub fn group(&self) -> NamedGroup {
        self.group
    }

    /// Writes the public key as it goes into a key share or ClientKeyExchange (RFC 8446 §4.2.8.2, RFC 8422 §5.4) and
    /// says how many bytes it has: 65 or 97 (uncompressed point) or 32. In slices: see [`Work`]. Computed anew each
    /// time.
    pub fn public(&self, out: &mut [u8; MAX_PUBLIC], work: &mut Work) -> Poll<usize> {
        if work.begins() {
            return Poll::Pending;
        }
        let len = with_group!(self.group, Group => Group::public(&self.private, out, work));
        work.leave(len)
    }

    /// Writes the secret shared with the owner of the peer's public key. In slices: see [`Work`].
    ///
    /// # Errors
    /// [`Error::BadKeyShare`] unless `peer` is an uncompressed point on the curve, or 32 bytes whose X25519 result is
    /// not all zero (RFC 8446 §4.2.8.2, §7.4.2).
    #[inline(never)]
    pub fn agree(&self, peer: &[u8], shared: &mut SharedSecret, work: &mut Work) -> Poll<Result<(), Error>> {
        if work.begins() {
            return Poll::Pending;
        }
        let bytes = &mut shared.bytes;
        let len = with_group!(self.group, Group => Group::agree(&self.private, peer, bytes, work));
        work.leave(len).map(|len| {
            shared.len = len;
            if len == 0 { Err(Error::BadKeyShare) } else { Ok(()) }
        })
    }
}

#[cfg(test)]
mod tests;
