//! RSA signature verification (RFC 8017 §8.1.2, §8.2.2).
//!
//! **Public data only**, hence `_vartime`. The encoded message stays in the words that the arithmetic left it in and is
//! read from there byte by byte: 4096 bits cost four numbers of 512 bytes of stack, and nothing else that counts.

use super::montgomery::{Modulus, from_bytes};
use super::{Hash, HashAlgorithm, SignatureAlgorithm};

/// Words of the largest modulus, 4096 bits.
const WIDTH: usize = 128;

type Number = [u32; WIDTH];

/// Whether the signature fits; false for anything wrong. The modulus has 2048 to 4096 bits, its highest byte's highest
/// bit is set and it is odd; so is the exponent, which is at least 3; the signature is as long as the modulus.
pub fn verify_vartime(
    n: &[u8],
    e: u32,
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    let size = n.len();
    let (Some(first), Some(last)) = (n.first(), n.last()) else {
        return false;
    };
    let good_key =
        (256..=512).contains(&size) && first >> 7 == 1 && last & 1 == 1 && e >= 3 && e & 1 == 1;
    if !good_key || signature.len() != size {
        return false;
    }
    let mut number = [0; WIDTH];
    from_bytes(&mut number, signature);
    if !power_vartime(&mut number, n, e) {
        return false;
    }
    let encoded = (0..size)
        .rev()
        .map(|i| (number.get(i / 4).unwrap_or(&0) >> (8 * (i % 4))) as u8);
    if let SignatureAlgorithm::RsaPss = algorithm {
        is_pss(encoded, size, hash, digest)
    } else {
        is_pkcs1(encoded, size, hash, digest)
    }
}

/// number = number^e mod n; false if number is not below n. n and e are odd, e is at least 3.
#[inline(never)] // its numbers must be off the stack before the encoding is hashed
fn power_vartime(number: &mut Number, n: &[u8], e: u32) -> bool {
    let mut words = [0; WIDTH];
    from_bytes(&mut words, n);
    let Some(n) = words.get(..n.len().div_ceil(4)) else {
        return false;
    };
    let modulus = Modulus::new(n);
    if !modulus.contains(number) {
        return false;
    }
    let (mut power, mut spare) = ([0; WIDTH], [0; WIDTH]);
    modulus.r_squared(&mut power, &mut spare);
    modulus.multiply(&mut spare, number, &power);
    *number = spare; // in Montgomery's form
    power = spare;
    for bit in (0..e.ilog2()).rev() {
        modulus.multiply(&mut spare, &power, &power);
        if e >> bit & 1 == 1 {
            modulus.multiply(&mut power, &spare, number);
        } else {
            power = spare;
        }
    }
    modulus.multiply(number, &power, &[1]);
    true
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2): the one encoding that is right, compared byte by byte, instead of parsed.
fn is_pkcs1(
    mut encoded: impl Iterator<Item = u8>,
    size: usize,
    hash: HashAlgorithm,
    digest: &[u8],
) -> bool {
    let len = hash.output_len() as u8;
    let id = hash as u8 - 3;
    // DigestInfo with the NULL that RFC 8017 §9.2 demands; the object identifier is 2.16.840.1.101.3.4.2.id.
    let prefix = [
        0x30,
        17 + len,
        0x30,
        0x0d,
        6,
        9,
        0x60,
        0x86,
        0x48,
        1,
        0x65,
        3,
        4,
        2,
        id,
        5,
        0,
        4,
        len,
    ];
    let padding = size - 3 - prefix.len() - digest.len();
    encoded.next() == Some(0)
        && encoded.next() == Some(1)
        && encoded.by_ref().take(padding).all(|byte| byte == 0xff)
        && encoded.next() == Some(0)
        && encoded.by_ref().take(prefix.len()).eq(prefix)
        && encoded.eq(digest.iter().copied())
}

/// EMSA-PSS (RFC 8017 §9.1.2) with MGF1, the same hash throughout and a salt as long as the hash (RFC 8446 §4.2.3).
fn is_pss(
    mut encoded: impl Iterator<Item = u8> + Clone,
    size: usize,
    hash: HashAlgorithm,
    digest: &[u8],
) -> bool {
    let len = hash.output_len();
    let db_len = size - len - 1;
    let mut h = [0; 64];
    let mut tail = encoded.clone().skip(db_len);
    h.iter_mut()
        .zip(tail.by_ref().take(len))
        .for_each(|(h, byte)| *h = byte);
    let h = h.get(..len).unwrap_or_default();
    if tail.next() != Some(0xbc) {
        return false;
    }

    // M' = eight zeros, the digest, the salt; the salt ends the data block DB, behind zeros and a one.
    let mut again = Hash::new(hash);
    again.update(&[0; 8]);
    again.update(digest);
    let one = db_len - len - 1;
    for block in 0..db_len.div_ceil(len) {
        let mut mask = Hash::new(hash);
        mask.update(h);
        mask.update(&(block as u32).to_be_bytes());
        let mask = mask.finish();
        for (i, mask) in (block * len..db_len).zip(mask.iter()) {
            let Some(masked) = encoded.next() else {
                return false;
            };
            let mut byte = masked ^ mask;
            if i == 0 {
                // The encoding is one bit shorter than the modulus: that bit must be zero before the mask is taken off.
                if masked >> 7 != 0 {
                    return false;
                }
                byte &= 0x7f;
            }
            if i > one {
                again.update(&[byte]);
            } else if byte != u8::from(i == one) {
                return false;
            }
        }
    }
    *again.finish() == *h
}
