//! RSA-2048 signatures for client certificates (RFC 8017 §5.2.1 with the Chinese remainder theorem, §8.1.1, §8.2.1).
//!
//! Ours, because Mbed TLS's takes 8 KB of flash and 9 KB of heap. Everything is constant-time: there is no branch and no
//! address that depends on a secret, and each subtraction is done and then kept or not by a mask. A table of four powers
//! is read as a whole. A result that is not right, be it by a damaged key or a processor's fault, would give the key away
//! (Boneh, DeMillo and Lipton, 1997), so it is checked with the public key before it leaves.

use super::montgomery::from_bytes;
use super::{Hash, HashAlgorithm, Random, SignatureAlgorithm, wipe};
use crate::codec::copy;
use crate::error::Error;

/// Words of a prime of 1024 bits.
const W: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_LEN: usize = 256;
/// Bytes of memory for a signature in slices: see [`Work`](super::Work).
pub const RSA_SIGN_LEN: usize = 1028;

type Number = [u32; W];

/// A private key. Wiped when dropped.
pub struct RsaKey {
    /// Public exponent.
    e: u32,
    /// p, q, d mod (p - 1), d mod (q - 1), 1/q mod p
    parts: [Number; 5],
}

impl Drop for RsaKey {
    fn drop(&mut self) {
        wipe(&mut self.parts);
    }
}

impl RsaKey {
    /// An empty one, to be filled where it stays.
    #[allow(clippy::new_without_default)] // it is no key yet
    pub fn new() -> Self {
        RsaKey { e: 0, parts: [[0; W]; 5] }
    }

    /// Sets the public exponent.
    pub fn set_exponent(&mut self, e: u32) {
        self.e = e;
    }

    /// The place for the prime p (0), q (1), d mod (p - 1) (2), d mod (q - 1) (3), 1/q mod p (4): little-endian words.
    pub fn part(&mut self, index: usize) -> Option<&mut [u32; W]> {
        self.parts.get_mut(index)
    }

    /// Two primes of 1024 bits, as far as can be seen.
    pub fn is_plausible(&self) -> bool {
        let [p, q, ..] = &self.parts;
        [p, q]
            .iter()
            .all(|prime| prime.first().is_some_and(|w| w & 1 == 1) && prime.last().is_some_and(|w| w >> 31 == 1))
    }

    /// The modulus, big-endian.
    #[cfg(test)]
    fn modulus(&self) -> [u8; SIGNATURE_LEN] {
        let [p, q, ..] = &self.parts;
        let mut n = [0; 2 * W];
        add_product(&mut n, p, q);
        let mut out = [0; SIGNATURE_LEN];
        to_bytes(&n, &mut out);
        out
    }
}

fn to_bytes(number: &[u32; 2 * W], out: &mut [u8; SIGNATURE_LEN]) {
    for (chunk, word) in out.chunks_exact_mut(4).zip(number.iter().rev()) {
        copy(chunk, &word.to_be_bytes());
    }
}

/// a * b + c + d, which always fits.
fn multiply_add(a: u32, b: u32, c: u32, d: u32) -> (u32, u32) {
    let sum = u64::from(a) * u64::from(b) + u64::from(c) + u64::from(d);
    (sum as u32, (sum >> 32) as u32)
}

/// sum += a * b
#[inline(never)]
fn add_product(sum: &mut [u32; 2 * W], a: &Number, b: &Number) {
    for (i, b) in b.iter().enumerate() {
        let mut carry = 0;
        let row = sum.get_mut(i..).unwrap_or_default();
        let (low, high) = row.split_at_mut_checked(W).unwrap_or_default();
        for (s, a) in low.iter_mut().zip(a) {
            (*s, carry) = multiply_add(*a, *b, *s, carry);
        }
        for s in high {
            let (sum, over) = s.overflowing_add(carry);
            (*s, carry) = (sum, over.into());
        }
    }
}

fn copy_words(to: &mut Number, from: &[u32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

/// a += b where the mask is ones; the carry, 0 or 1.
fn add(a: &mut Number, b: &Number, mask: u32) -> u32 {
    let mut carry = 0;
    for (a, b) in a.iter_mut().zip(b) {
        let sum = u64::from(*a) + u64::from(*b & mask) + carry;
        *a = sum as u32;
        carry = sum >> 32;
    }
    carry as u32
}

/// a -= b where the mask is ones; the borrow, 0 or 1.
#[inline(never)]
fn subtract(a: &mut Number, b: &Number, mask: u32) -> u32 {
    let mut borrow = 0;
    for (a, b) in a.iter_mut().zip(b) {
        let difference = u64::from(*a).wrapping_sub(u64::from(*b & mask)).wrapping_sub(borrow);
        *a = difference as u32;
        borrow = difference >> 63;
    }
    borrow as u32
}

/// The borrow of a - b.
fn is_below(a: &Number, b: &Number) -> u32 {
    let mut borrow = 0;
    for (a, b) in a.iter().zip(b) {
        borrow = u64::from(*a).wrapping_sub(u64::from(*b)).wrapping_sub(borrow) >> 63;
    }
    borrow as u32
}

/// to = from where the mask is ones, and stays where it is zeros.
fn choose(to: &mut Number, from: &Number, mask: u32) {
    // the barrier keeps the compiler from making a branch of it
    let mask = core::hint::black_box(mask);
    for (to, from) in to.iter_mut().zip(from) {
        *to ^= (*to ^ *from) & mask;
    }
}

/// A prime and -1/prime modulo 2^32.
struct Modulus<'p> {
    p: &'p Number,
    minus_inverse: u32,
}

impl<'p> Modulus<'p> {
    fn new(p: &'p Number) -> Self {
        let [low, ..] = *p;
        let mut inverse = low;
        for _ in 0..4 {
            inverse = inverse.wrapping_mul(2u32.wrapping_sub(low.wrapping_mul(inverse)));
        }
        Modulus { p, minus_inverse: inverse.wrapping_neg() }
    }

    /// Subtracts the modulus if the number, with `high` above it, is not below it.
    fn reduce(&self, a: &mut Number, high: u32) {
        // below: a borrow that `high` does not pay for
        let below = is_below(a, self.p) & !high & 1;
        subtract(a, self.p, core::hint::black_box(below.wrapping_sub(1)));
    }

    /// a = a * b / R, or a² / R, below the modulus, if a or b is.
    #[inline(never)]
    fn multiply(&self, a: &mut Number, b: Option<&Number>) {
        let mut sum = [0u32; W + 2];
        for b in b.unwrap_or(a) {
            let mut carry = 0;
            for i in 0..W {
                (sum[i], carry) = multiply_add(a[i], *b, sum[i], carry);
            }
            let (word, over) = sum[W].overflowing_add(carry);
            (sum[W], sum[W + 1]) = (word, over.into());
            // the lowest word becomes zero, and the others move down
            let factor = sum[0].wrapping_mul(self.minus_inverse);
            (_, carry) = multiply_add(self.p[0], factor, sum[0], 0);
            for i in 1..W {
                (sum[i - 1], carry) = multiply_add(self.p[i], factor, sum[i], carry);
            }
            let (word, over) = sum[W].overflowing_add(carry);
            (sum[W - 1], sum[W]) = (word, sum[W + 1] + u32::from(over));
        }
        copy_words(a, &sum);
        let top = sum[W];
        wipe(&mut sum);
        self.reduce(a, top);
    }

    /// R modulo the modulus, which has R's highest bit but one.
    fn r(&self) -> Number {
        let mut r = [0; W];
        subtract(&mut r, self.p, u32::MAX);
        r
    }

    /// R² modulo the modulus: R, doubled as often as it has bits.
    #[inline(never)]
    fn r_squared(&self, r: &mut Number) {
        *r = self.r();
        for _ in 0..32 * W {
            let mut carry = 0;
            for word in r.iter_mut() {
                let next = *word >> 31;
                *word = *word << 1 | carry;
                carry = next;
            }
            self.reduce(r, carry);
        }
    }

    /// message^exponent, of a message of twice the modulus' length; the result is below the modulus.
    #[inline(never)]
    fn power(&self, message: &[u32; 2 * W], exponent: &[u32], result: &mut Number) {
        // 1, base, base², base³, in Montgomery's form
        let mut table = [[0; W]; 4];
        let [t0, t1, t2, t3] = &mut table;
        // base = low + high R; t3 is R² for a while
        self.r_squared(t3);
        let (low, high) = message.split_at(W);
        copy_words(t1, high);
        self.multiply(t1, Some(t3));
        self.multiply(t1, Some(t3));
        copy_words(t2, low);
        self.multiply(t2, Some(t3));
        let carry = add(t1, t2, u32::MAX);
        self.reduce(t1, carry);
        *t0 = self.r();
        *t2 = *t1;
        self.multiply(t2, None);
        *t3 = *t2;
        self.multiply(t3, Some(t1));

        let mut factor = [0; W];
        *result = *t0;
        for word in exponent.iter().rev() {
            for bits in (0..32).step_by(2).rev() {
                self.multiply(result, None);
                self.multiply(result, None);
                let digit = word >> bits & 3;
                for (entry, i) in table.iter().zip(0..) {
                    // ones for the right entry, zeros for the others
                    choose(&mut factor, entry, ((digit ^ i).wrapping_sub(1) >> 31).wrapping_neg());
                }
                self.multiply(result, Some(&factor));
            }
        }
        factor = [0; W];
        factor[0] = 1;
        self.multiply(result, Some(&factor));
        wipe(&mut table);
    }

    /// Whether signature^e is the message.
    #[inline(never)]
    fn is_right(&self, signature: &[u32; 2 * W], message: &[u32; 2 * W], e: u32) -> bool {
        let (mut got, mut wanted) = ([0; W], [0; W]);
        self.power(signature, &[e], &mut got);
        self.power(message, &[1], &mut wanted);
        let right = got.iter().zip(&wanted).fold(0, |all, (a, b)| all | (a ^ b)) == 0;
        wipe(&mut got);
        wipe(&mut wanted);
        right
    }
}

impl RsaKey {
    /// number = number^d mod n, for an encoded message below n. False if the result is not right.
    #[inline(never)]
    fn power(&self, number: &mut [u8; SIGNATURE_LEN]) -> bool {
        let [p, q, dp, dq, q_inverse] = &self.parts;
        let mut message = [0; 2 * W];
        from_bytes(&mut message, number);
        let (mod_p, mod_q) = (Modulus::new(p), Modulus::new(q));
        let mut result = [0; 2 * W];
        self::combine(&mod_p, &mod_q, &message, dp, dq, q_inverse, &mut result);
        let right = mod_p.is_right(&result, &message, self.e) & mod_q.is_right(&result, &message, self.e);
        to_bytes(&result, number);
        wipe(&mut result); // if it is not right, it would give the key away
        right
    }

    /// Signs a digest.
    ///
    /// # Errors
    /// What `random` fails with (PSS only); [`Error::KeyUnreadable`] if the result does not verify: the key is damaged.
    #[inline(never)]
    pub fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        hash: HashAlgorithm,
        digest: &[u8],
        random: Random<'_>,
        out: &mut [u8; SIGNATURE_LEN],
    ) -> Result<(), Error> {
        match algorithm {
            SignatureAlgorithm::RsaPss => encode_pss(hash, digest, random, out)?,
            _ => encode_pkcs1(hash, digest, out),
        }
        if self.power(out) {
            Ok(())
        } else {
            wipe(out); // it would give the key away
            Err(Error::KeyUnreadable)
        }
    }
}

/// Garner's formula: low + q * ((high - low) / q mod p).
#[inline(never)]
fn combine(
    mod_p: &Modulus,
    mod_q: &Modulus,
    message: &[u32; 2 * W],
    dp: &Number,
    dq: &Number,
    q_inverse: &Number,
    result: &mut [u32; 2 * W],
) {
    let (mut low, mut difference) = ([0; W], [0; W]);
    mod_q.power(message, dq, &mut low);
    mod_p.power(message, dp, &mut difference);
    result.iter_mut().zip(&low).for_each(|(to, from)| *to = *from);
    // both primes have as many bits, so one subtraction makes it smaller than p
    mod_p.reduce(&mut low, 0);
    let borrow = subtract(&mut difference, &low, u32::MAX);
    add(&mut difference, mod_p.p, core::hint::black_box(borrow.wrapping_neg()));
    mod_p.r_squared(&mut low);
    mod_p.multiply(&mut difference, Some(&low));
    mod_p.multiply(&mut difference, Some(q_inverse));
    add_product(result, &difference, mod_q.p);
    wipe(&mut low);
    wipe(&mut difference);
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2).
fn encode_pkcs1(hash: HashAlgorithm, digest: &[u8], out: &mut [u8; SIGNATURE_LEN]) {
    let len = hash.output_len() as u8;
    // DigestInfo; the object identifier is 2.16.840.1.101.3.4.2 and the hash's number
    let id = hash as u8 - 3;
    let prefix = [0, 0x30, 17 + len, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, id, 5, 0, 4, len];
    out.fill(0xff);
    copy(out, &[0, 1]);
    let at = SIGNATURE_LEN - prefix.len() - digest.len().min(64);
    copy(out.get_mut(at..).unwrap_or_default(), &prefix);
    copy(out.get_mut(at + prefix.len()..).unwrap_or_default(), digest);
}

/// EMSA-PSS (RFC 8017 §9.1.1) with MGF1, the same hash throughout and a salt as long as the hash.
#[inline(never)]
fn encode_pss(
    hash: HashAlgorithm,
    digest: &[u8],
    random: Random<'_>,
    out: &mut [u8; SIGNATURE_LEN],
) -> Result<(), Error> {
    let len = hash.output_len();
    out.fill(0);
    let (db, tail) = out.split_at_mut(SIGNATURE_LEN - len - 1);
    let salt_at = db.len() - len;
    random(db.get_mut(salt_at..).unwrap_or_default())?;
    let mut h = Hash::new(hash);
    h.update(&[0; 8]);
    h.update(digest);
    h.update(db.get(salt_at..).unwrap_or_default());
    let h = h.finish();
    if let Some(one) = db.get_mut(salt_at - 1) {
        *one = 1;
    }
    for (block, counter) in db.chunks_mut(len).zip(0u32..) {
        let mut mask = Hash::new(hash);
        mask.update(&h);
        mask.update(&counter.to_be_bytes());
        block.iter_mut().zip(mask.finish().iter()).for_each(|(byte, mask)| *byte ^= mask);
    }
    if let Some(first) = db.first_mut() {
        *first &= 0x7f;
    }
    copy(tail, &h);
    if let Some(last) = tail.last_mut() {
        *last = 0xbc;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::complete;
    use super::super::rsa::verify_vartime;
    use super::super::testing::hex;
    use super::*;

    // `openssl genrsa -traditional 2048`, taken apart by `openssl rsa -text`.
    const KEY: [&str; 5] = [
        "f52c61dac3efb85f8d0fbe16cabc023dbfbdf0cc3e1545761b4c36ddd2bb56096abb60180f99d4c03b34a0f43b405cda6441d1af3e99495175e28c8271560879885159cfe6e508b6e2601e1d0feaa58e836561d9a778facfd68dd9f946df4e78c93400e57a471ab671a6624a5a1b694eb8ce485eb77b28671f0ed4b4bfa72f9b",
        "f260a597ce483aae36c9d7be2ac191e1a7ff2a325cb06fc66bfccbe6ec24198b711ca43d8d1f891cabdbaf8fbd513d12ad129964d7951bcfcd7b324b60e4a4e1ef37fac0d584f2d91965972e37d453d64de1adda400f7ef2ca9f1ab6bd33c472e78f3e57cc524d88a555c03fee2cef26b9621550d3e327998b2a0984d7524669",
        "e99ffb372d92970c662ce4246fd7ac030f5d7dc2023edecbe6c33f5d2d5bda666ad0568757066d572893c3f43729e3d12fcc10757f9f2de0740707819d622ffd2f4ae5dc58d752f082d2b89f54f5720155701c47fd70290038213fde6c0c8a884aa24560669eaef3bf649f30dea0543ef197901ac198982d7bc8f423b0a52d95",
        "d3ce9f86fcae64115031ad063328fb49de5c7ecc89f1698c555c11f7d7ce684051f57c958958d0a22c910b67aa426f037e196dd1110fedc0f7c93c1761320de09f03256f14685d2c59244d2c077fd64fc5b97d0ae7c662e2db2c94d4b29ca584e0546e5f9d5f230051b391108d1bd955d6d51ed98680d05f3e9cdabaaacbec59",
        "9d7be514817e020d6688aaf5b1fc8f21bbd6e4cefac136900cc5c9e1d8613015086811dff99494bb438978db92f56a0d7d78ca3444367571a0b53f948f4b224f48beccbc463dd455275be64ac04a5333631589f03c8591729f67bb7f0f786bb2a411ef3a55675085d11003437d32b8b01681c8aca0d7a2e25b49b130079f16a1",
    ];

    fn key() -> RsaKey {
        let mut key = RsaKey::new();
        key.set_exponent(65537);
        for (i, part) in KEY.iter().enumerate() {
            from_bytes(key.part(i).unwrap(), &hex(part));
        }
        key
    }

    fn counting() -> impl FnMut(&mut [u8]) -> Result<(), Error> {
        let mut n = 0u8;
        move |out: &mut [u8]| {
            n += 1;
            out.fill(n);
            Ok(())
        }
    }

    #[test]
    fn signatures_verify() {
        let key = key();
        assert!(key.is_plausible());
        let n = key.modulus();
        assert_eq!(
            n[..],
            hex(
                "e82083bc7d10b1ef0169ddd9c9414c48cd01b37eeffafb964e0637cf9817a4792373a3f98839e206277c4d9d8cb5850e5ec95e2e29a6eb0d5735f38d7283fd043b51581d79d90ce09a8346a89ea7c8cfd860709879de08329b324f210efb5f660a3540b1a4fbf6007eb7e73eb00231b2e0c63fbecefa6c488d80327500f1039bb52808ef4d9beb8b36628c7fafcccdc10a9f45113056f84f4f0da79dde6db85e85a07bef4bf0a8905100faab7ac258eccc3dc8a6be85a47c02dc6eeec9a5c298a8c8fc00d870e557d27c6932852dd4a0bec312d6013dc6447d11300700533c472fd5fa6739a2000d584b27b52b02a78dbd8762bc08217d07656875febf3ce893"
            )
        );
        for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            for algorithm in [SignatureAlgorithm::RsaPkcs1, SignatureAlgorithm::RsaPss] {
                for fill in [0, 1, 0x80, 0xff] {
                    let digest = [fill; 64];
                    let digest = &digest[..hash.output_len()];
                    // which is checked with the public key before it is given out
                    let mut signature = [0; SIGNATURE_LEN];
                    key.sign(algorithm, hash, digest, &mut counting(), &mut signature).unwrap();
                    assert!(complete(|w| verify_vartime(&n, 65537, algorithm, hash, digest, &signature, w)));
                }
            }
        }
    }

    /// `openssl dgst -sha256 -sign` of "a message": PKCS #1 v1.5 leaves nothing to chance.
    #[test]
    fn openssl_signs_the_same() {
        let mut hash = Hash::new(HashAlgorithm::Sha256);
        hash.update(b"a message");
        let digest = hash.finish();
        let mut signature = [0; SIGNATURE_LEN];
        let (algorithm, hash) = (SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha256);
        key().sign(algorithm, hash, &digest, &mut counting(), &mut signature).unwrap();
        assert_eq!(
            signature[..],
            hex(
                "8fe1d63cd6c654be7c152d806c058cc3fef4c8b13dbcb4ac1f517437674ae0fd1d58d476600ec7946af3ecf08f208bf65c8e993f5488d0be093bbb0d9f308452c24daac0c07ba450001e6eb2cf59de839be33256a1eab0dcd77c2ec0cd8cee297d469f7a5b3446677c4e19a8752479d36d3c01fb4a516e0fdb8d7332dff7243663b2dd651fab69760195900f9aca5bfad4491379ec9218ab31400aab01518b66fa255ca82474edb98bc4c8a599bd5b2a1537a9cf503a64815c20c87b49ad81529733b564afecc197ba09e60a1ab4848b407a63202786c69d027b68e47be89259bd119ec35eec1b9c4134315b7402de51b7fb8cfa9e19cd3e23571425a6af3862"
            )
        );
    }

    /// A fault in any part of the key, or in the processor, gives no signature away.
    #[test]
    fn a_wrong_result_stays_inside() {
        for part in 0..5 {
            let mut key = key();
            key.parts[part][3] ^= 1 << 17;
            let mut out = [1; SIGNATURE_LEN];
            let (algorithm, hash) = (SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha256);
            assert_eq!(
                key.sign(algorithm, hash, &[7; 32], &mut counting(), &mut out),
                Err(Error::KeyUnreadable),
                "{part}"
            );
            assert_eq!(out, [0; SIGNATURE_LEN], "{part}");
        }
        let mut fails = |_: &mut [u8]| Err(Error::RandomFailed);
        let (algorithm, hash) = (SignatureAlgorithm::RsaPss, HashAlgorithm::Sha256);
        let signed = key().sign(algorithm, hash, &[7; 32], &mut fails, &mut [0; SIGNATURE_LEN]);
        assert_eq!(signed, Err(Error::RandomFailed));
    }

    /// Numbers at the edges of the modulus, against what they must be.
    #[test]
    fn arithmetic_at_the_edges() {
        let key = key();
        let p = &key.parts[0];
        let modulus = Modulus::new(p);
        let mut r2 = [0; W];
        modulus.r_squared(&mut r2);
        let mut one = [0; W];
        one[0] = 1;
        let mut less = *p;
        subtract(&mut less, &one, u32::MAX); // p - 1, which is -1
        for (a, b, product) in [(one, one, one), (less, one, less), (less, less, one), ([0; W], less, [0; W])] {
            let mut x = a;
            modulus.multiply(&mut x, Some(&r2));
            modulus.multiply(&mut x, Some(&b));
            assert_eq!(x, product);
        }
        // what is not below the modulus, but below R
        let mut most = [u32::MAX; W];
        modulus.multiply(&mut most, Some(&r2));
        modulus.multiply(&mut most, Some(&one));
        let mut expected = [u32::MAX; W];
        modulus.reduce(&mut expected, 0);
        assert_eq!(most, expected);
        let mut all = one;
        modulus.reduce(&mut all, 1); // R + 1
        let mut r = [0; W];
        subtract(&mut r, p, u32::MAX);
        add(&mut r, &one, u32::MAX);
        assert_eq!(all, r);
    }
}
