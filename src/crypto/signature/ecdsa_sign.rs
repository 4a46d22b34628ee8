//! Constant time: ECDSA signatures with P-256 for client certificates (FIPS 186-5 §6.4.1), with RFC 6979's nonces,
//! hedged (§3.6): what is signed, the key and random numbers all go into the nonce. A device with bad random numbers
//! gives its key away no more than one without any.

use crate::codec::copy;
use crate::crypto::{EphemeralKey, HashAlgorithm, Hmac, NamedGroup, Progress, Random, Work, equal, provider, wipe};
use crate::error::Error;
use zeroize::Zeroizing;

/// Most bytes that a signature has: SEQUENCE of two INTEGERs of 33 bytes.
pub const MAX_SIGNATURE: usize = 2 + 2 * (2 + 33);

/// How many nonces are tried; each but the first is needed once in 2^32 times.
const MAX_TRIES: u8 = 8;

/// The public key that belongs to a private one, as an uncompressed point; `None` if it is none.
pub fn p256_public(private: &[u8; 32]) -> Option<[u8; 65]> {
    let mut out = [0; crate::crypto::MAX_PUBLIC];
    let mut key = EphemeralKey::NONE;
    if !key.set(NamedGroup::Secp256r1, private) {
        return None;
    }
    // Whichever P-256 signs makes a key in one slice, without memory; the call before it says that there is one.
    let mut progress = Progress::default();
    let mut slice = || key.public(&mut out, &mut Work { memory: &mut [], progress: &mut progress }).is_ready();
    (slice() || slice()).then(|| out.first_chunk().copied())?
}

/// Signs a digest; writes the DER Ecdsa-Sig-Value to the front of `out` and returns its length.
///
/// # Errors
/// What `random` fails with; [`Error::RandomFailed`] if no nonce is any good.
pub fn sign_p256(
    private: &[u8; 32],
    digest: &[u8],
    random: Random<'_>,
    out: &mut [u8; MAX_SIGNATURE],
) -> Result<usize, Error> {
    let mut extra = Zeroizing::new([0; 32]);
    random(&mut *extra)?;
    sign_with(private, digest, &*extra, out)
}

fn sign_with(private: &[u8; 32], digest: &[u8], extra: &[u8], out: &mut [u8; MAX_SIGNATURE]) -> Result<usize, Error> {
    // bits2octets of a digest: its first 32 bytes, less the order if they are not below it
    let mut z = [0; 32];
    copy(&mut z, digest);
    let mut reduced = z;
    reduce(&mut reduced);
    let mut nonces = Nonces { k: [0; 32], v: [1; 32], started: false };
    nonces.start(private, &reduced, extra);
    for _ in 0..MAX_TRIES {
        if let Some((r, s)) = provider::sign_p256(private, &z, nonces.next()) {
            return Ok(encode(&r, &s, out));
        }
    }
    Err(Error::RandomFailed)
}

/// P-256's order.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Subtracts the order from a (public) number that is not below it.
fn reduce(number: &mut [u8; 32]) {
    if *number < ORDER {
        return;
    }
    let mut borrow = 0;
    for (digit, order) in number.iter_mut().zip(ORDER).rev() {
        let difference = i16::from(*digit) - i16::from(order) - borrow;
        *digit = difference as u8; // modulo 256
        borrow = i16::from(difference < 0);
    }
}

/// RFC 6979 §3.2's generator. Made where it stays, and it gives out nothing but a look at itself: what is moved leaves
/// a copy behind, and who knows a nonce knows the key.
struct Nonces {
    k: [u8; 32],
    v: [u8; 32],
    started: bool,
}

impl Drop for Nonces {
    fn drop(&mut self) {
        wipe(&mut self.k);
        wipe(&mut self.v);
    }
}

impl Nonces {
    fn start(&mut self, private: &[u8; 32], digest: &[u8; 32], extra: &[u8]) {
        for step in [0, 1] {
            self.step(&[&[step], private, digest, extra]);
        }
    }

    /// K becomes HMAC_K(V || pieces), then V becomes HMAC_K(V).
    fn step(&mut self, pieces: &[&[u8]]) {
        self.hmac(true, pieces);
        self.hmac(false, &[]);
    }

    #[inline(never)]
    fn hmac(&mut self, makes_key: bool, pieces: &[&[u8]]) {
        let mut hmac = Hmac::new(HashAlgorithm::Sha256, &self.k);
        hmac.update(&self.v);
        for piece in pieces {
            hmac.update(piece);
        }
        copy(if makes_key { &mut self.k } else { &mut self.v }, &hmac.finish());
    }

    /// The next nonce.
    fn next(&mut self) -> &[u8; 32] {
        if self.started {
            self.step(&[&[0]]);
        }
        self.started = true;
        self.hmac(false, &[]);
        &self.v
    }
}

/// DER of two positive numbers. They are public, once signed.
fn encode(r: &[u8; 32], s: &[u8; 32], out: &mut [u8; MAX_SIGNATURE]) -> usize {
    let mut at = 2;
    for number in [r, s] {
        let zeros = number.iter().take_while(|digit| **digit == 0).count().min(31);
        let digits = number.get(zeros..).unwrap_or_default();
        let pad = usize::from(digits.first().is_some_and(|first| *first >= 0x80));
        let header = [2, (digits.len() + pad) as u8, 0]; // at most 33
        for part in [header.get(..2 + pad).unwrap_or_default(), digits] {
            at += copy(out.get_mut(at..).unwrap_or_default(), part);
        }
    }
    let [tag, len, ..] = out;
    (*tag, *len) = (0x30, (at - 2) as u8); // at most 70
    at
}

/// Whether a certificate's key is the one that belongs to the private key.
pub fn is_p256_pair(private: &[u8; 32], public: &[u8]) -> bool {
    p256_public(private).is_some_and(|own| equal(&own, public))
}

#[cfg(test)]
mod tests;
