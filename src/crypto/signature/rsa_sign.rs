//! Constant time: RSA-2048 signatures for client certificates (RFC 8017 §5.2.1 with the Chinese remainder theorem,
//! §8.1.1, §8.2.1).
//!
//! Ours, because Mbed TLS's takes 8 KB of flash and 9 KB of heap. Everything is constant-time: there is no branch and
//! no address that depends on a secret, and each subtraction is done and then kept or not by a mask. A table of four
//! powers is read as a whole. The slices have the same number of steps for all keys. A result that is not right, be it
//! by a damaged key or a processor's fault, would give the key away (Boneh, DeMillo and Lipton, 1997), so it is checked
//! with the public key before it leaves.

use crate::codec::copy;
use crate::crypto::arithmetic::montgomery::{Modulus, R_SQUARED_SQUARES, double, from_bytes, to_bytes};
use crate::crypto::{Hash, HashAlgorithm, RSA_SIGN_LEN, Random, SignatureAlgorithm, Work, wipe};
use crate::error::Error;
use core::task::Poll;

/// Words of a prime of 1024 bits.
const W: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_LEN: usize = 256;
// The memory that `work.rs` gives is that of a state.
const _: () = assert!(RSA_SIGN_LEN == 8 * 4 * W + 4);
/// Digits of two bits in an exponent.
const DIGITS: u32 = 16 * W as u32;
/// The step after those of both exponents, each of which prepares and goes through the digits.
const LAST: u32 = 2 * (1 + DIGITS);
/// Steps in a slice, most of which are digits.
const SLICE: u32 = 32;

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

/// a * b + c + d, which always fits.
fn multiply_add(a: u32, b: u32, c: u32, d: u32) -> (u32, u32) {
    let sum = u64::from(a) * u64::from(b) + u64::from(c) + u64::from(d);
    (sum as u32, (sum >> 32) as u32)
}

/// sum += a * b
#[inline(never)]
fn add_product(sum: &mut [u32], a: &Number, b: &Number) {
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

/// Subtracts the modulus if the number, with `high` above it, is not below it.
#[inline(never)]
fn reduce(p: &Number, a: &mut Number, high: u32) {
    // below: a borrow that `high` does not pay for
    let below = is_below(a, p) & !high & 1;
    subtract(a, p, core::hint::black_box(below.wrapping_sub(1)));
}

/// For products, which are below R, but perhaps not below the modulus.
fn modulus(p: &Number) -> Modulus<'_> {
    let mut modulus = Modulus::new(p);
    modulus.take_secrets();
    modulus
}

/// R modulo a modulus that has R's highest bit but one.
fn r(p: &Number, r: &mut Number) {
    *r = [0; W];
    subtract(r, p, u32::MAX);
}

/// R² modulo the modulus: R, doubled until squares make the rest.
#[inline(never)]
fn r_squared(p: &Number, out: &mut Number) {
    r(p, out);
    for _ in 0..W / 2 {
        let carry = double(out);
        reduce(p, out, carry.into());
    }
    for _ in 0..R_SQUARED_SQUARES {
        modulus(p).square(out);
    }
}

/// A number of twice the modulus' length in Montgomery's form. R² is left in `r2`.
#[inline(never)]
fn enter(p: &Number, number: &[Number; 2], out: &mut Number, r2: &mut Number) {
    // low + high R
    r_squared(p, r2);
    let [low, high] = number;
    *out = *high;
    modulus(p).multiply(out, r2);
    reduce(p, out, 0);
    let carry = add(out, low, u32::MAX);
    reduce(p, out, carry);
    modulus(p).multiply(out, r2);
}

/// Leaves Montgomery's form; the result is below the modulus.
#[inline(never)]
fn leave(p: &Number, number: &mut Number) {
    let mut one = [0; W];
    one[0] = 1;
    modulus(p).multiply(number, &one);
    reduce(p, number, 0);
}

impl RsaKey {
    /// Signs a digest. In slices: see [`Work`], with [`RSA_SIGN_LEN`] bytes. Nothing is written to `out` before the
    /// end.
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
        work: &mut Work,
        out: &mut [u8; SIGNATURE_LEN],
    ) -> Poll<Result<(), Error>> {
        let (words, progress) = work.parts();
        let Some(mut state) = State::new(words) else { return Poll::Ready(Err(Error::Internal)) };
        if *progress == 0 {
            let begun = begin(algorithm, hash, digest, random, state.message);
            wipe_below();
            begun?;
        }
        let [p, q, ..] = &self.parts;
        loop {
            let step = *progress;
            *progress += 1;
            match step {
                ..LAST => self.step(step, &mut state),
                LAST => self.combine(&mut state),
                _ if !state.is_right(if step == LAST + 1 { p } else { q }, self.e) => {
                    return Poll::Ready(Err(Error::KeyUnreadable)); // the result would give the key away
                }
                _ if step == LAST + 1 => {}
                _ => break,
            }
            if step >= LAST || step % SLICE == SLICE - 1 {
                return Poll::Pending;
            }
        }
        to_bytes(state.result.as_flattened(), out);
        Poll::Ready(Ok(()))
    }

    /// A step of the message's powers, modulo q first and then modulo p: the first one makes the table of 1, base,
    /// base² and base³, in Montgomery's form, and each of the others does a digit of the exponent.
    #[inline(never)]
    fn step(&self, step: u32, state: &mut State) {
        let [p, q, dp, dq, _] = &self.parts;
        let (p, exponent) = if step <= DIGITS { (q, dq) } else { (p, dp) };
        let State { message, result: [t0, t1], rest: [t2, t3, power, low] } = state;
        let Some(digit) = DIGITS.checked_sub(step % (DIGITS + 1)).filter(|digit| *digit != DIGITS) else {
            *low = *power;
            enter(p, message, t1, t3);
            r(p, t0);
            *t2 = *t1;
            modulus(p).square(t2);
            *t3 = *t2;
            modulus(p).multiply(t3, t1);
            *power = *t0;
            return;
        };
        let bits = exponent.get(digit as usize / 16).unwrap_or(&0) >> (2 * (digit % 16)) & 3;
        let mut factor = [0; W];
        for (entry, i) in [&*t0, t1, t2, t3].into_iter().zip(0..) {
            // ones for the right entry, zeros for the others
            choose(&mut factor, entry, ((bits ^ i).wrapping_sub(1) >> 31).wrapping_neg());
        }
        modulus(p).square(power);
        modulus(p).square(power);
        modulus(p).multiply(power, &factor);
        wipe(&mut factor);
        if digit == 0 {
            leave(p, power);
        }
    }

    /// Garner's formula: low + q * ((high - low) / q mod p).
    #[inline(never)]
    fn combine(&self, state: &mut State) {
        let [p, q, _, _, q_inverse] = &self.parts;
        let State { result, rest: [r2, _, difference, low], .. } = state;
        **result = [*low, [0; W]];
        // both primes have as many bits, so one subtraction makes it smaller than p
        reduce(p, low, 0);
        let borrow = subtract(difference, low, u32::MAX);
        add(difference, p, core::hint::black_box(borrow.wrapping_neg()));
        r_squared(p, r2);
        modulus(p).multiply(difference, r2);
        modulus(p).multiply(difference, q_inverse);
        reduce(p, difference, 0);
        add_product(result.as_flattened_mut(), difference, q);
    }
}

/// What is kept from one slice to the next.
struct State<'w> {
    message: &'w mut [Number; 2],
    /// Before there is one: the table's 1 and base.
    result: &'w mut [Number; 2],
    /// The table's base² and base³, the power, and the message's power modulo q.
    rest: &'w mut [Number; 4],
}

impl<'w> State<'w> {
    fn new(words: &'w mut [u32]) -> Option<Self> {
        let (message, words) = words.as_chunks_mut().0.split_first_chunk_mut()?;
        let (result, words) = words.split_first_chunk_mut()?;
        Some(State { message, result, rest: words.first_chunk_mut()? })
    }

    /// Whether result^e is the message, modulo the prime.
    #[inline(never)]
    fn is_right(&mut self, p: &Number, e: u32) -> bool {
        let [base, power, r2, _] = self.rest;
        enter(p, self.result, base, r2);
        *power = *base;
        for bit in (0..e.checked_ilog2().unwrap_or(0)).rev() {
            modulus(p).square(power);
            if e >> bit & 1 == 1 {
                modulus(p).multiply(power, base);
            }
        }
        enter(p, self.message, base, r2);
        reduce(p, power, 0);
        reduce(p, base, 0);
        power.iter().zip(&*base).fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

/// Encodes the message.
#[inline(never)]
fn begin(
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    digest: &[u8],
    random: Random<'_>,
    message: &mut [Number; 2],
) -> Result<(), Error> {
    let mut encoded = [0; SIGNATURE_LEN];
    match algorithm {
        SignatureAlgorithm::RsaPss => encode_pss(hash, digest, random, &mut encoded)?,
        _ => encode_pkcs1(hash, digest, &mut encoded),
    }
    from_bytes(message.as_flattened_mut(), &encoded);
    Ok(())
}

/// Overwrites what the encoding has left on the stack below its caller: the salt, in a hash's block.
#[inline(never)]
fn wipe_below() {
    let mut stack = [0u8; 1280];
    wipe(&mut stack);
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
pub(in crate::crypto) mod tests {
    use super::*;
    use crate::crypto::complete;
    use crate::crypto::signature::rsa::verify_vartime;
    use crate::crypto::testing::hex;

    // `openssl genrsa -traditional 2048`, taken apart by `openssl rsa -text`.
    const KEY: [&str; 5] = [
        "f52c61dac3efb85f8d0fbe16cabc023dbfbdf0cc3e1545761b4c36ddd2bb56096abb60180f99d4c03b34a0f43b405cda6441d1af3e99495175e28c8271560879885159cfe6e508b6e2601e1d0feaa58e836561d9a778facfd68dd9f946df4e78c93400e57a471ab671a6624a5a1b694eb8ce485eb77b28671f0ed4b4bfa72f9b",
        "f260a597ce483aae36c9d7be2ac191e1a7ff2a325cb06fc66bfccbe6ec24198b711ca43d8d1f891cabdbaf8fbd513d12ad129964d7951bcfcd7b324b60e4a4e1ef37fac0d584f2d91965972e37d453d64de1adda400f7ef2ca9f1ab6bd33c472e78f3e57cc524d88a555c03fee2cef26b9621550d3e327998b2a0984d7524669",
        "e99ffb372d92970c662ce4246fd7ac030f5d7dc2023edecbe6c33f5d2d5bda666ad0568757066d572893c3f43729e3d12fcc10757f9f2de0740707819d622ffd2f4ae5dc58d752f082d2b89f54f5720155701c47fd70290038213fde6c0c8a884aa24560669eaef3bf649f30dea0543ef197901ac198982d7bc8f423b0a52d95",
        "d3ce9f86fcae64115031ad063328fb49de5c7ecc89f1698c555c11f7d7ce684051f57c958958d0a22c910b67aa426f037e196dd1110fedc0f7c93c1761320de09f03256f14685d2c59244d2c077fd64fc5b97d0ae7c662e2db2c94d4b29ca584e0546e5f9d5f230051b391108d1bd955d6d51ed98680d05f3e9cdabaaacbec59",
        "9d7be514817e020d6688aaf5b1fc8f21bbd6e4cefac136900cc5c9e1d8613015086811dff99494bb438978db92f56a0d7d78ca3444367571a0b53f948f4b224f48beccbc463dd455275be64ac04a5333631589f03c8591729f67bb7f0f786bb2a411ef3a55675085d11003437d32b8b01681c8aca0d7a2e25b49b130079f16a1",
    ];

    pub(in crate::crypto) fn key() -> RsaKey {
        let mut key = RsaKey::new();
        key.set_exponent(65537);
        for (i, part) in KEY.iter().enumerate() {
            from_bytes(key.part(i).unwrap(), &hex(part));
        }
        key
    }

    fn sign(
        key: &RsaKey,
        algorithm: SignatureAlgorithm,
        hash: HashAlgorithm,
        digest: &[u8],
        random: Random<'_>,
        out: &mut [u8; SIGNATURE_LEN],
    ) -> Result<(), Error> {
        complete(|work| key.sign(algorithm, hash, digest, random, work, out))
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
                    sign(&key, algorithm, hash, digest, &mut counting(), &mut signature).unwrap();
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
        sign(&key(), algorithm, hash, &digest, &mut counting(), &mut signature).unwrap();
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
                sign(&key, algorithm, hash, &[7; 32], &mut counting(), &mut out),
                Err(Error::KeyUnreadable),
                "{part}"
            );
            assert_eq!(out, [1; SIGNATURE_LEN], "{part}");
        }
        let mut fails = |_: &mut [u8]| Err(Error::RandomFailed);
        let (algorithm, hash) = (SignatureAlgorithm::RsaPss, HashAlgorithm::Sha256);
        let signed = sign(&key(), algorithm, hash, &[7; 32], &mut fails, &mut [0; SIGNATURE_LEN]);
        assert_eq!(signed, Err(Error::RandomFailed));
    }

    /// Numbers at the edges of the modulus, against what they must be.
    #[test]
    fn arithmetic_at_the_edges() {
        let key = key();
        let p = &key.parts[0];
        let mut r2 = [0; W];
        r_squared(p, &mut r2);
        let mut one = [0; W];
        one[0] = 1;
        let mut less = *p;
        subtract(&mut less, &one, u32::MAX); // p - 1, which is -1
        for (a, b, product) in [(one, one, one), (less, one, less), (less, less, one), ([0; W], less, [0; W])] {
            let mut x = a;
            modulus(p).multiply(&mut x, &r2);
            modulus(p).multiply(&mut x, &b);
            reduce(p, &mut x, 0);
            assert_eq!(x, product);
        }
        // what is not below the modulus, but below R
        let mut expected = [u32::MAX; W];
        reduce(p, &mut expected, 0);
        let mut most = [u32::MAX; W];
        modulus(p).multiply(&mut most, &r2);
        leave(p, &mut most);
        assert_eq!(most, expected);
        enter(p, &[[0; W], [u32::MAX; W]], &mut most, &mut r2); // (R - 1) R
        leave(p, &mut most);
        modulus(p).multiply(&mut expected, &r2);
        reduce(p, &mut expected, 0);
        assert_eq!(most, expected);
        let mut all = one;
        reduce(p, &mut all, 1); // R + 1
        let mut r = [0; W];
        subtract(&mut r, p, u32::MAX);
        add(&mut r, &one, u32::MAX);
        assert_eq!(all, r);
    }
}
