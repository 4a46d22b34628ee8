//! Variable time on public data: RSA signature verification (RFC 8017 §8.1.2, §8.2.2).
//!
//! **Public data only**, hence `_vartime`. The encoded message stays in the words that the arithmetic left it in and is
//! read from there byte by byte: 4096 bits cost four numbers of 512 bytes of stack, and nothing else that counts.

use crate::crypto::arithmetic::montgomery::{Modulus, from_bytes};
use crate::crypto::{Hash, HashAlgorithm, SignatureAlgorithm, Work, equal};
use core::task::Poll;

/// Words of the largest modulus, 4096 bits.
const WIDTH: usize = 128;

/// Squares in a slice: with 4096 bits they take 0.8 million cycles of a Cortex-M4.
const SLICE: usize = 8;

type Number = [u32; WIDTH];

/// Whether the signature fits; false for anything wrong. The modulus has 2048 to 4096 bits, its highest byte's highest
/// bit is set and it is odd; so is the exponent, which is at least 3; the signature is as long as the modulus. In
/// slices.
#[inline(never)] // or a caller that verifies with curves pays for its stack
pub fn verify_vartime(
    n: &[u8],
    e: u32,
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    digest: &[u8],
    signature: &[u8],
    work: &mut Work,
) -> Poll<bool> {
    let size = n.len();
    let (Some(first), Some(last)) = (n.first(), n.last()) else {
        return Poll::Ready(false);
    };
    let good_key = (256..=512).contains(&size) && first >> 7 == 1 && last & 1 == 1 && e >= 3 && e & 1 == 1;
    let (words, left) = work.parts();
    let Some(power) = words.first_chunk_mut().filter(|_| good_key && signature.len() == size) else {
        return Poll::Ready(false);
    };
    if !power_vartime(power, left, signature, n, e) {
        return Poll::Ready(false);
    }
    if *left != 0 {
        return Poll::Pending;
    }
    let encoded = Encoded { words: power, left: size };
    let salt = match algorithm {
        SignatureAlgorithm::RsaPss => hash.output_len(),
        #[cfg(feature = "rsa-pss")]
        SignatureAlgorithm::RsaPssSalt(salt) => salt.into(),
        _ => return Poll::Ready(is_pkcs1(encoded, hash, digest)),
    };
    Poll::Ready(is_pss(encoded, hash, digest, salt))
}

/// The bytes of an encoded message, from its words.
#[derive(Clone, Copy)]
struct Encoded<'a> {
    words: &'a [u32],
    /// Bytes that have not been read.
    left: usize,
}

impl Encoded<'_> {
    /// The next byte; zeros after the last.
    #[inline(never)]
    fn next(&mut self) -> u8 {
        let Some(left) = self.left.checked_sub(1) else {
            return 0;
        };
        self.left = left;
        (self.words.get(left / 4).unwrap_or(&0) >> (8 * (left % 4))) as u8
    }

    /// Whether these bytes come next; skips as many.
    #[inline(never)]
    fn begins_with(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().fold(true, |good, byte| good & (self.next() == *byte))
    }
}

/// A slice of power = signature^e mod n, done when nothing is left; false if the signature is not below n. n and e are
/// odd, e is at least 3.
///
/// The power begins as the signature in Montgomery's form, for the exponent's highest bit. Each of the other bits that
/// are set multiplies by the signature as it is: the last one so leaves that form, and what any other one leaves must
/// return to it.
#[inline(never)] // its numbers must be off the stack before the encoding is hashed
fn power_vartime(power: &mut Number, left: &mut u32, signature: &[u8], n: &[u8], e: u32) -> bool {
    let (mut words, mut number) = ([0; WIDTH], [0; WIDTH]);
    from_bytes(&mut words, n);
    from_bytes(&mut number, signature);
    let Some(n) = words.get(..n.len().div_ceil(16) * 4) else {
        return false;
    };
    let modulus = Modulus::new(n);
    if *left == 0 {
        *left = 31 ^ e.leading_zeros();
        *power = number;
        let good = modulus.contains(power);
        if good {
            modulus.enter_vartime(power);
        }
        return good;
    }
    for _ in 0..SLICE {
        *left -= 1;
        modulus.square(power);
        if e.checked_shr(*left).unwrap_or(0) & 1 == 1 {
            modulus.multiply(power, &number);
            modulus.reduce(power);
            if *left != 0 {
                modulus.enter_vartime(power);
            }
            break;
        }
    }
    true
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2): the one encoding that is right, compared byte by byte, instead of parsed.
#[inline(never)]
fn is_pkcs1(mut encoded: Encoded, hash: HashAlgorithm, digest: &[u8]) -> bool {
    let len = hash.output_len() as u8;
    let id = hash as u8 - 3;
    // DigestInfo with the NULL that RFC 8017 §9.2 demands; the object identifier is 2.16.840.1.101.3.4.2.id.
    let prefix = [0, 0x30, 17 + len, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, id, 5, 0, 4, len];
    let mut good = encoded.begins_with(&[0, 1]);
    while encoded.left > prefix.len() + digest.len() {
        good &= encoded.next() == 0xff;
    }
    good & encoded.begins_with(&prefix) & encoded.begins_with(digest)
}

/// EMSA-PSS (RFC 8017 §9.1.2) with MGF1, the same hash throughout and a salt of that many bytes.
#[inline(never)]
fn is_pss(mut encoded: Encoded, hash: HashAlgorithm, digest: &[u8], salt: usize) -> bool {
    let len = hash.output_len();
    // A modulus of 2048 bits always has room for a salt as long as the hash.
    #[cfg(not(feature = "rsa-pss"))]
    let salt = {
        let _ = salt;
        len
    };
    #[cfg(feature = "rsa-pss")]
    if encoded.left < len + salt + 2 {
        return false;
    }
    // DB, then H, then 0xbc.
    let mut tail = Encoded { left: len + 1, ..encoded };
    let mut h = [0; 64];
    let Some(h) = h.get_mut(..len) else {
        return false;
    };
    h.iter_mut().for_each(|byte| *byte = tail.next());
    // The encoding is one bit shorter than the modulus: that bit must be zero before the mask is taken off.
    let mut good = tail.next() == 0xbc && Encoded { ..encoded }.next() >> 7 == 0;

    // M' = eight zeros, the digest, the salt; the salt ends DB, behind zeros and a one.
    let mut again = Hash::new(hash);
    again.update(&[0; 8]);
    again.update(digest);
    let mut bits = 0x7f;
    let mut block = 0u32;
    let mut mask = Hash::new(hash);
    while encoded.left > len + 1 {
        mask.restart();
        mask.update(h);
        mask.update(&block.to_be_bytes());
        block += 1;
        for mask in mask.result().iter() {
            // What is left of DB with this byte: the salt is its end.
            let left = encoded.left.saturating_sub(len + 1);
            if left == 0 {
                break;
            }
            let byte = (encoded.next() ^ mask) & bits;
            bits = 0xff;
            if left <= salt {
                again.update(&[byte]);
            } else {
                good &= byte == u8::from(left == salt + 1);
            }
        }
    }
    good && equal(&again.result(), h)
}

#[cfg(test)]
mod tests;
