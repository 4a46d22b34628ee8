//! Variable time on public data: ECDSA verification (FIPS 186-5 §6.4.2, SEC 1 §4.1.4) over P-256 and P-384, in slices.
//!
//! The generator and the public key are multiplied with e / s and r / s at once (Shamir's trick), in digits of 0, 1 and -1.
//! A slice reads key and signature again and keeps only what takes long to make.

use super::curve::{Affine, Curve, DOUBLE, Field, Formula, Machine, Number, Register::*, WIDTH, formula};
use super::montgomery::{self, Modulus, from_bytes, is_zero};
use super::work::Work;
use core::task::Poll;

/// Words of products that a slice makes, about: half a million cycles.
const SLICE: usize = 4096;

/// A = Qx - X, zero if two points have no affine sum.
const DISTANCE: Formula = formula! { A = Qx; A -= X; };
/// Z = A
const BEGIN_INVERSION: Formula = formula! { Z = A; };
/// (C, B) = the affine sum of (X, Y) and (Qx, Qy), with the inverse of their distance in Z.
const CHORD: Formula = formula! {
    B = Qy; B -= Y; B *= Z; C = B; C *= C; C -= X; C -= Qx; A = X; A -= C; B *= A; B -= Y;
};
/// Qy = -Qy
const MINUS_Q: Formula = formula! { A = Qy; A -= Qy; A -= Qy; Qy = A; };
/// A = A Z² - X, zero if A is the point's affine x.
const COMPARE: Formula = formula! { A *= Z; A *= Z; A -= X; };

/// Whether the DER signature fits the digest and the uncompressed point; false for anything wrong.
///
/// Kept in memory: Y, X and Z of the point; the generator plus the key and the generator less the key, y and x each; the two
/// scalars. The step counts digits and the bits of two inversions; its low bits are what the digits carry.
#[inline(never)] // its room on the stack must not lie below RSA's
pub fn verify_vartime(curve: &Curve, point: &[u8], digest: &[u8], signature: &[u8], work: &mut Work) -> Poll<bool> {
    let mut machine = Machine::new(curve.p);
    let mut terms = const { [[[0; WIDTH]; 2]; 4] };
    let mut scalars = const { [[0; WIDTH]; 2] };
    let [g, q, kept_terms @ ..] = &mut terms;
    if work.progress.step == 0 && !machine.read_point(curve, point) {
        return Poll::Ready(false);
    }
    machine.load_point(curve, point);
    *q = machine.point(Qy);
    machine.load_point(curve, curve.generator);
    *g = machine.point(Qy);
    let (at_terms, at_scalars) = (3 * WIDTH, 7 * WIDTH);
    work.load(0, machine.registers[..3].as_flattened_mut());
    work.load(at_terms, kept_terms.as_flattened_mut().as_flattened_mut());
    work.load(at_scalars, scalars.as_flattened_mut());

    let mut left = SLICE / curve.p.len();
    let mut step = work.progress.step as usize >> 2;
    let mut carries = [work.progress.step & 1, work.progress.step >> 1 & 1];
    let inversion = machine.field.inversion_steps();
    if step <= inversion && !find_scalars(&mut scalars, curve, digest, signature, &mut step, &mut left) {
        return Poll::Ready(false);
    }
    let bits = 32 * curve.p.len();
    let from = 2 * bits; // after two inversions and their ends
    if (bits..from).contains(&step) {
        machine.find_terms(&mut terms, &mut step, &mut left);
    }
    while left >= 20 && (from..=from + bits).contains(&step) {
        machine.run(DOUBLE);
        let place = from + bits - step;
        let [a, b] = [0, 1].map(|i| digit(&scalars[i], place, &mut carries[i]));
        let has_sum = !is_zero(terms[2].as_flattened());
        if has_sum && a != 0 && b != 0 {
            machine.add_signed(&terms[if a == b { 2 } else { 3 }], a);
        } else {
            machine.add_signed(&terms[0], a);
            machine.add_signed(&terms[1], b);
        }
        step += 1;
        left -= if a | b == 0 { 8 } else { 20 };
    }
    if step <= from + bits {
        work.store(0, machine.registers[..3].as_flattened());
        work.store(at_terms, terms[2..].as_flattened().as_flattened());
        work.store(at_scalars, scalars.as_flattened());
        work.progress.step = (step << 2) as u32 | carries[0] | carries[1] << 1;
        return Poll::Pending;
    }
    // x mod n = r with x = X / Z² below p: without a division, x is r, or r + n if that is below p too.
    let [r, r_plus_n] = &mut scalars;
    from_bytes(r, parse_signature(signature).unwrap_or_default().0);
    *r_plus_n = *r;
    let carry = Modulus::new(curve.n).add_once(r_plus_n);
    let two = !carry && machine.field.modulus.contains(r_plus_n);
    Poll::Ready(!machine.is_zero(Z) && (machine.has_x(r) || two && machine.has_x(r_plus_n)))
}

/// Goes on with what the generator and the public key are to be multiplied with: e / s and r / s modulo the order. False
/// unless the signature is strict DER and both numbers lie between 0 and the order.
#[inline(never)]
fn find_scalars(
    scalars: &mut [Number; 2],
    curve: &Curve,
    digest: &[u8],
    signature: &[u8],
    step: &mut usize,
    left: &mut usize,
) -> bool {
    let Some((r_bytes, s_bytes)) = parse_signature(signature) else { return false };
    let order = Field::new(curve.n);
    let (mut r, mut s) = ([0; WIDTH], [0; WIDTH]);
    if !order.read(&mut r, r_bytes) || !order.read(&mut s, s_bytes) {
        return false;
    }
    // multiply() divides by R, so a factor in Montgomery's form and one that is not give a plain product.
    order.enter(&mut s);
    let [u1, u2] = scalars;
    if *step == 0 {
        *u2 = s;
    }
    if order.invert_steps(u2, &s, step, left) {
        // The hash's leftmost bits, as many as the order has. It may be above the order: multiply() takes that.
        from_bytes(u1, digest.get(..4 * curve.n.len()).unwrap_or(digest));
        order.modulus.multiply(u1, u2);
        order.modulus.multiply(&mut r, u2);
        *u2 = r;
    }
    true
}

/// The digit at a place of a number that is written with 0, 1 and -1 and as few digits that are not 0 as can be, from the
/// highest place down (Joye and Yen, 2000).
fn digit(number: &Number, place: usize, carry: &mut u32) -> i32 {
    let bit =
        |below: usize| number.get(place.wrapping_sub(below) / 32).unwrap_or(&0) >> (place.wrapping_sub(below) % 32) & 1;
    let above = *carry;
    *carry = (above + bit(1) + bit(2)) / 2;
    (bit(0) + *carry) as i32 - 2 * above as i32
}

impl Machine {
    /// Goes on with the affine sum of the first two and their difference.
    #[inline(never)]
    fn find_terms(&mut self, terms: &mut [Affine; 4], step: &mut usize, left: &mut usize) {
        let [g, q, sum, difference] = terms;
        for (register, value) in [(Y, &g[0]), (X, &g[1]), (Qy, &q[0]), (Qx, &q[1])] {
            self.set(register, value);
        }
        self.run(DISTANCE);
        let period = self.field.inversion_steps() + 1;
        if (*step).is_multiple_of(period) {
            self.run(BEGIN_INVERSION);
            if self.is_zero(A) {
                *step += period; // they are the same, or each other's negatives
                return self.set_small(Z, 0);
            }
        }
        let [_, _, power, distance, ..] = &mut self.registers;
        if self.field.invert_steps(power, distance, step, left) {
            for to in [sum, difference] {
                self.run(CHORD);
                *to = self.point(B);
                self.run(MINUS_Q);
            }
            self.set_small(Z, 0);
        }
    }

    /// Adds a point as often as the digit says.
    #[inline(never)]
    fn add_signed(&mut self, term: &Affine, digit: i32) {
        if digit == 0 {
            return;
        }
        self.set(Qy, &term[0]);
        self.set(Qx, &term[1]);
        if digit < 0 {
            self.run(MINUS_Q);
        }
        self.add_q();
    }

    #[inline(never)]
    fn has_x(&mut self, candidate: &Number) -> bool {
        self.set(A, candidate);
        self.enter(A);
        self.run(COMPARE);
        self.is_zero(A)
    }
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

#[cfg(test)]
mod tests {
    use super::super::complete;
    use super::super::curve::P256;
    use super::*;
    use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
    use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};

    fn verify(point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
        complete(|work| verify_vartime(&P256, point, digest, signature, work))
    }

    /// Keys, digests and signatures of the p256 crate, right and with one bit wrong, judged by both.
    #[test]
    fn against_the_p256_crate() {
        let (mut right, mut wrong) = (0, 0);
        for i in 1..=20u8 {
            let key = SigningKey::from_slice(&[i; 32]).unwrap();
            let public = VerifyingKey::from(&key);
            let point = public.to_encoded_point(false);
            let digest = core::array::from_fn::<u8, 32, _>(|j| (j as u8).wrapping_mul(i) ^ i);
            let signature: DerSignature = key.sign_prehash(&digest).unwrap();
            let mut bytes = [0; 80];
            let len = signature.as_bytes().len();
            bytes[..len].copy_from_slice(signature.as_bytes());
            assert!(verify(point.as_bytes(), &digest, &bytes[..len]));
            for bit in (usize::from(i)..8 * len).step_by(11) {
                bytes[bit / 8] ^= 1 << (bit % 8);
                let theirs = DerSignature::from_bytes(&bytes[..len])
                    .is_ok_and(|signature| public.verify_prehash(&digest, &signature).is_ok());
                let ours = verify(point.as_bytes(), &digest, &bytes[..len]);
                assert_eq!(ours, theirs, "key {i}, bit {bit}");
                bytes[bit / 8] ^= 1 << (bit % 8);
                wrong += usize::from(!ours);
            }
            right += 1;
        }
        assert!(right == 20 && wrong > 900, "{right} {wrong}");
    }

    /// q = g, q = -g and other small multiples: the additions that the formulas have no answer for.
    #[test]
    fn keys_that_are_small_multiples_of_the_generator() {
        for key in [1u8, 2, 3, 4, 5] {
            for negative in [false, true] {
                let mut scalar = [0; 32];
                scalar[31] = key;
                let scalar = p256::NonZeroScalar::from_repr(scalar.into()).unwrap();
                let key = SigningKey::from(if negative { -scalar } else { scalar });
                let point = VerifyingKey::from(&key).to_encoded_point(false);
                for e in [0u8, 1, 0x80, 0xff] {
                    let signature: DerSignature = key.sign_prehash(&[e; 32]).unwrap();
                    let (point, signature) = (point.as_bytes(), signature.as_bytes());
                    assert!(verify(point, &[e; 32], signature), "{negative} {e}");
                    assert!(!verify(point, &[e ^ 4; 32], signature));
                }
            }
        }
    }

    #[test]
    fn points_that_are_none_are_refused() {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let signature: DerSignature = key.sign_prehash(&[1; 32]).unwrap();
        let mut point = [0; 66];
        point[..65].copy_from_slice(VerifyingKey::from(&key).to_encoded_point(false).as_bytes());
        let check = |point: &[u8]| verify(point, &[1; 32], signature.as_bytes());
        assert!(check(&point[..65]));
        assert!(!check(&point[..64]) && !check(&point) && !check(&point[..33]) && !check(&[]));
        for first in [0, 2, 3, 5, 6, 7] {
            point[0] = first;
            assert!(!check(&point[..65]), "{first}");
        }
    }

    #[test]
    fn der_is_strict() {
        let good: [&[u8]; 2] = [b"\x30\x06\x02\x01\x01\x02\x01\x7f", b"\x30\x08\x02\x02\0\x80\x02\x02\x01\0"];
        assert_eq!(parse_signature(good[0]), Some((&[1][..], &[0x7f][..])));
        assert_eq!(parse_signature(good[1]), Some((&[0x80][..], &[1, 0][..])));
        for good in good {
            for len in 0..good.len() {
                assert_eq!(parse_signature(&good[..len]), None);
            }
        }
        let bad: [&[u8]; 11] = [
            b"\x30\x06\x02\x01\x01\x02\x01\x7f\0",   // a byte after the end
            b"\x30\x07\x02\x01\x01\x02\x01\x7f\0",   // and inside
            b"\x30\x81\x06\x02\x01\x01\x02\x01\x7f", // long form
            b"\x30\x80\x02\x01\x01\x02\x01\x7f\0\0", // indefinite form
            b"\x31\x06\x02\x01\x01\x02\x01\x7f",     // SET
            b"\x30\x06\x02\x01\x01\x03\x01\x7f",     // BIT STRING
            b"\x30\x06\x02\x01\x81\x02\x01\x7f",     // negative
            b"\x30\x07\x02\x02\0\x01\x02\x01\x7f",   // a zero too many
            b"\x30\x05\x02\0\x02\x01\x7f",           // empty
            b"\x30\x06\x02\x01\0\x02\x01\x7f",       // zero
            b"\x30\x07\x02\x81\x01\x01\x02\x01\x7f", // long form within
        ];
        for bad in bad {
            assert_eq!(parse_signature(bad), None, "{bad:x?}");
        }
    }
}
