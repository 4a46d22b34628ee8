//! Constant time: P-384's keys and agreements (SEC 1 §3.2.1, §3.3.1), for the chip.
//!
//! The product of a private number and a point is begun, computed step by step, and finished. The steps are the same
//! for all numbers, and so are the slices.
//!
//! It is constant-time on the chip, where sums, differences and products modulo p are. Comparisons with zero, p or the
//! order look at the highest or lowest word, and go on to the next with a probability of 2^-32. Additions have special
//! cases for a few private numbers near zero or the order; nobody ever draws one of them.

use crate::crypto::arithmetic::curve::{
    DOUBLE, Formula, Machine, NEGATE, Number, P384 as CURVE, Register::*, WIDTH, choose, formula,
};
use crate::crypto::arithmetic::montgomery::{self, double, is_zero, less, subtract, to_bytes};
use crate::crypto::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, Work};
use core::task::Poll;

/// Makes the point affine and its coordinates plain numbers, with 1 / Z in A and 1, plain, in B.
const LEAVE: Formula = formula! { B *= A; X *= A; X *= B; Y *= A; Y *= A; Y *= B; };

/// A = Z
const BEGIN_INVERSION: Formula = formula! { A = Z; };

/// Begins with a private number and an uncompressed point, or the generator. False if it is not on the curve.
///
/// `scalar` becomes the number if it is odd, else the order less it; what has been done with is shifted out at its top.
/// `progress` is, from its lowest bit on: whether (Qx, Qy) is plus, whether the next digit is, and how many steps are
/// left.
#[inline(never)]
fn begin(
    machine: &mut Machine,
    scalar: &mut Number,
    progress: &mut u32,
    private: &Private,
    point: Option<&[u8]>,
) -> bool {
    match point {
        Some(point) if !machine.read_point(&CURVE, point) => return false,
        Some(_) => {}
        None => machine.begin(&CURVE),
    }
    // An odd number is a sum of plus or minus every power of two: plus where the next bit is set, and for the highest
    // one. An even one times the point is the order less it, which is odd, times the point's negative.
    let odd = private[0] & 1;
    scalar.copy_from_slice(CURVE.n);
    subtract(scalar, private);
    choose(scalar, private, odd.wrapping_neg());
    *progress = ((32 * WIDTH + machine.field.inversion_steps()) as u32) << 2 | 2 | odd;
    true
}

/// Does a step: a digit, by a doubling and an addition, or a bit of the exponent that inverts Z, by a square and
/// perhaps a product. Returns whether the slice ends with it.
#[inline(never)]
fn step(machine: &mut Machine, scalar: &mut Number, progress: &mut u32) -> bool {
    let left = (*progress >> 2).saturating_sub(1);
    let (sign, sign_of_q) = (*progress >> 1 & 1, *progress & 1);
    *progress = left << 2;
    if (left as usize) < machine.field.inversion_steps() {
        let [_, _, z, power, ..] = &mut *machine.registers;
        machine.field.invert_step(power, z, left as usize);
        return left.is_multiple_of(128);
    }
    machine.run(DOUBLE);
    machine.run(NEGATE);
    let [_, _, _, negative, _, _, y, _] = &mut *machine.registers;
    choose(y, negative, (sign ^ sign_of_q).wrapping_neg());
    machine.add_q();
    machine.run(BEGIN_INVERSION);
    *progress |= u32::from(double(scalar)) << 1 | sign;
    left.is_multiple_of(16)
}

/// Writes x, and y if there is room, big-endian, when all steps are done.
#[inline(never)]
fn finish(machine: &mut Machine, out: &mut [u8]) {
    machine.set_small(B, 1);
    machine.run(LEAVE);
    machine.reduce(X);
    machine.reduce(Y);
    to_bytes(machine.registers[..2].as_flattened(), out);
}

/// ECDH over P-384 (SEC 1 §3.3.1, RFC 8446 §7.4.2).
pub struct P384;

impl KeyAgreement for P384 {
    fn is_private(private: &Private) -> bool {
        less(private, CURVE.n) && !is_zero(private)
    }

    fn public(private: &Private, out: &mut [u8; MAX_PUBLIC], work: &mut Work) -> Poll<usize> {
        let [tag, coordinates @ ..] = out;
        *tag = 4;
        multiply(private, None, coordinates, work).map(|n| if n == 0 { 0 } else { MAX_PUBLIC })
    }

    fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET], work: &mut Work) -> Poll<usize> {
        multiply(private, Some(peer), out, work)
    }
}

/// A slice of a product. Returns the length of x, or 0 if the point is not on the curve.
#[inline(never)]
fn multiply(private: &Private, point: Option<&[u8]>, out: &mut [u8], work: &mut Work) -> Poll<usize> {
    let (words, progress) = work.parts();
    let Some([scalar, registers @ ..]) = words.as_chunks_mut().0.first_chunk_mut::<9>() else { return Poll::Ready(0) };
    let mut machine = Machine::new(CURVE.p, registers);
    machine.field.modulus.take_secrets();
    if *progress == 0 && !begin(&mut machine, scalar, progress, private, point) {
        return Poll::Ready(0);
    }
    while !step(&mut machine, scalar, progress) {}
    if *progress != 0 {
        return Poll::Pending;
    }
    finish(&mut machine, out);
    Poll::Ready(MAX_SECRET)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::complete;
    use crate::crypto::provider::host;
    use crate::crypto::testing::{as_the_crate_does, hex};

    #[test]
    fn as_the_p384_crate() {
        as_the_crate_does::<P384, host::P384>(
            &hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"),
            &hex("c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793406d80d2b91ad54f9048bd487af1ade1"),
        );
    }

    /// The number of slices is the same for every number.
    #[test]
    fn slices_do_not_depend_on_the_number() {
        let mut out = [0; MAX_PUBLIC];
        for private in [1, 2, 3, u32::MAX >> 1, 0x1234_5678] {
            let mut slices = 0;
            complete(|work| {
                slices += 1;
                P384::public(&[private; WIDTH], &mut out, work)
            });
            assert_eq!(slices, 384 / 16 + 383usize.div_ceil(128));
        }
    }
}
