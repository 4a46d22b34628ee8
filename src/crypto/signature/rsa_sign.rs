//! Constant time: RSA-2048 signatures for client certificates (RFC 8017 §5.2.1 with the Chinese remainder theorem,
//! §8.1.1, §8.2.1).
//!
//! Ours, because Mbed TLS's takes 8 KB of flash and 9 KB of heap. Everything is constant-time: there is no branch and
//! no address that depends on a secret, and each subtraction is done and then kept or not by a mask. A table of four
//! powers is read as a whole. The slices have the same number of steps for all keys. A result that is not right, be it
//! by a damaged key or a processor's fault, would give the key away (Boneh, DeMillo and Lipton, 1997), so it is checked
//! with the public key before it leaves.

use crate::codec::copy;
use crate::crypto::arithmetic::montgomery::{Modulus, double, from_bytes, to_bytes};
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
    // 2^(W / 2) R, squared six times, is 2^(32 W) R.
    for _ in 0..6 {
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
pub(in crate::crypto) mod tests;
