//! Variable time on public data: ECDSA verification (FIPS 186-5 §6.4.2, SEC 1 §4.1.4) over P-256 and P-384.

use crate::crypto::Work;
use crate::crypto::arithmetic::curve::{Curve, DOUBLE, Formula, Machine, Number, Register::*, WIDTH, formula};
use crate::crypto::arithmetic::montgomery::{self, Modulus, from_bytes, is_zero};
use core::task::Poll;

/// Bits of the numbers that are done with in a slice.
const SLICE: u32 = 16;

/// Whether the DER signature fits the digest and the uncompressed point; false for anything wrong. In slices.
#[inline(never)] // its room on the stack must not lie below RSA's
pub fn verify_vartime(curve: &Curve, point: &[u8], digest: &[u8], signature: &[u8], work: &mut Work) -> Poll<bool> {
    let (words, left) = work.parts();
    let Some(state) = words.as_chunks_mut().0.first_chunk_mut::<10>() else {
        return Poll::Ready(false);
    };
    // y, x, z; r and the numbers of the generator and the public key; y and x of the public key, and of it and the
    // generator
    let (sum, state) = state.split_at_mut(3);
    let (scalars, terms) = state.split_at_mut(3);
    let mut registers = [[0; WIDTH]; 8];
    if *left == 0 {
        let begun = Machine::new(curve.n, &mut registers).find_scalars(scalars, digest, signature)
            && Machine::new(curve.p, &mut registers).find_terms(curve, point, terms);
        if !begun {
            return Poll::Ready(false);
        }
        sum.as_flattened_mut().fill(0); // infinity
        *left = 32 * curve.n.len() as u32;
        return Poll::Pending;
    }
    let mut machine = Machine::new(curve.p, &mut registers);
    machine.set(Y, sum.as_flattened());
    // u1 g + u2 q, bit by bit for both at once (Shamir's trick).
    loop {
        *left -= 1;
        machine.run(DOUBLE);
        let (word, bit) = (*left as usize / 32, *left % 32);
        let digit = scalars.iter().skip(1).rev().fold(0, |digit, u| 2 * digit + (u.get(word).unwrap_or(&0) >> bit & 1));
        match digit {
            0 => {}
            1 => machine.add(&curve.generator),
            2 => machine.add(&terms[..2]),
            _ if is_zero(&terms[2]) => {} // infinity
            _ => machine.add(&terms[2..]),
        }
        if left.is_multiple_of(SLICE) {
            break;
        }
    }
    if *left == 0 {
        return Poll::Ready(machine.has_r(curve, &mut scalars[0]));
    }
    machine.get(Y, sum.as_flattened_mut());
    Poll::Pending
}

/// The two numbers of a DER Ecdsa-Sig-Value (RFC 3279 §2.2.3), without leading zeros. Strict: shortest lengths,
/// shortest integers, both positive, nothing after the end.
pub fn parse_signature(der: &[u8]) -> Option<(&[u8], &[u8])> {
    // 104 bytes are the most that P-384 needs: the long form of a length is never the shortest.
    fn take(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
        let (head, rest) = der.split_first_chunk::<2>()?;
        if head[0] != tag || head[1] >= 0x80 {
            return None;
        }
        rest.split_at_checked(head[1].into())
    }
    fn integer(der: &[u8]) -> Option<(&[u8], &[u8])> {
        let (bytes, rest) = take(2, der)?;
        match bytes {
            [0, digits @ ..] if digits.first()? & 0x80 != 0 => Some((digits, rest)),
            [1..0x80, ..] => Some((bytes, rest)),
            _ => None, // empty, zero, negative, or a zero too many
        }
    }
    let (sequence, []) = take(0x30, der)? else {
        return None;
    };
    let (r, rest) = integer(sequence)?;
    let (s, []) = integer(rest)? else { return None };
    Some((r, s))
}

/// A = A Z² - X, zero if A is the point's affine x.
const COMPARE: Formula = formula! { A *= Z; A *= Z; A -= X; };

/// A = X, B *= A, and C = X times the A that was
const FIND_SCALARS: Formula = formula! { B *= A; C = X; C *= A; A = X; };

impl Machine<'_> {
    /// r, and what the generator and the public key are to be multiplied with: e / s and r / s modulo the order, the
    /// machine's modulus. False unless the signature is strict DER and both numbers lie between 0 and the order.
    #[inline(never)]
    fn find_scalars(&mut self, out: &mut [Number], digest: &[u8], signature: &[u8]) -> bool {
        let Some((r, s)) = parse_signature(signature) else { return false };
        let [_, x, z, ..] = &mut *self.registers;
        if !self.field.read(x, r) || !self.field.read(z, s) {
            return false;
        }
        self.invert_vartime();
        // A product is divided by R, so a factor in Montgomery's form and one that is not give a plain product.
        self.enter(A);
        // The hash's leftmost bits, as many as the order has. It may be above the order: products take that.
        let e = digest.get(..4 * self.field.modulus.n().len()).unwrap_or(digest);
        from_bytes(&mut self.registers[B as usize], e);
        self.run(FIND_SCALARS);
        self.get(A, out.as_flattened_mut());
        true
    }

    /// The public key, and the sum of it and the generator; y is 0 if that is infinity. False if the key is no point of
    /// the curve.
    #[inline(never)]
    fn find_terms(&mut self, curve: &Curve, point: &[u8], terms: &mut [Number]) -> bool {
        if !self.read_point(curve, point) {
            return false;
        }
        self.get(Qy, terms[..2].as_flattened_mut());
        self.begin(curve);
        self.add_q();
        self.add(&terms[..2]);
        if self.is_zero(Z) {
            self.set_small(Y, 0);
        } else {
            self.normalize_vartime();
        }
        self.get(Y, terms[2..].as_flattened_mut());
        true
    }

    /// Whether the point's x is r modulo the order: as x = X / Z² is below p, it is r, or r + n if that is below p,
    /// too.
    #[inline(never)]
    fn has_r(&mut self, curve: &Curve, r: &mut Number) -> bool {
        if self.is_zero(Z) {
            return false;
        }
        self.has_x(r) || !Modulus::new(curve.n).add_once(r) && self.field.modulus.contains(r) && self.has_x(r)
    }

    #[inline(never)]
    fn has_x(&mut self, candidate: &Number) -> bool {
        self.set(A, candidate);
        self.enter(A);
        self.run(COMPARE);
        self.is_zero(A)
    }
}

#[cfg(test)]
mod tests;
