//! Constant time: P-384's keys and agreements (SEC 1 §3.2.1, §3.3.1), for the chip.
//!
//! A secret number times a point is a [`Product`]: begun, done step by step, and finished. All of its state lies in it, so
//! that whoever owns it can do some steps now and the others later.
//!
//! It is constant-time on the chip, where sums, differences and products modulo p are. Whether a number is zero, or below p
//! or the order, is asked only where the highest or lowest word alone decides: but for once in 2^32. Additions have special
//! cases, for a few private numbers near zero or the order, which nobody ever draws.

use super::curve::{DOUBLE, Formula, Machine, NEGATE, Number, P384 as CURVE, Register::*, WIDTH, choose, formula};
use super::montgomery::{self, double, is_zero, less, subtract, to_bytes};
use super::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, wipe};

/// Makes the point affine and its coordinates plain numbers, with 1 / Z in A and 1, plain, in B.
const LEAVE: Formula = formula! { B *= A; X *= A; X *= B; Y *= A; Y *= A; Y *= B; };

/// A = Z
const BEGIN_INVERSION: Formula = formula! { A = Z; };

/// What of a product is not in the machine. Wiped when dropped; the machine's registers are wiped by [`finish`].
#[derive(Default)]
pub struct Product {
    /// The number if it is odd, else the order less it. What has been done with is shifted out at the top.
    scalar: Number,
    /// 1 or 0: whether the next digit is plus or minus ...
    sign: u32,
    /// ... and whether (Qx, Qy) is.
    sign_of_q: u32,
    /// Steps that are still to be done.
    left: usize,
}

impl Drop for Product {
    fn drop(&mut self) {
        wipe(&mut self.scalar);
    }
}

impl Product {
    /// Begins with a private number and an uncompressed point. False if it is not on the curve.
    #[inline(never)]
    pub fn begin(&mut self, machine: &mut Machine, private: &Private, point: &[u8]) -> bool {
        machine.field.modulus.take_secrets();
        if !machine.read_point(&CURVE, point) {
            return false;
        }
        // An odd number is a sum of plus or minus every power of two: plus where the next bit is set, and for the highest one.
        // An even one times the point is the order less it, which is odd, times the point's negative.
        self.sign = 1;
        self.sign_of_q = private[0] & 1;
        self.scalar.copy_from_slice(CURVE.n);
        subtract(&mut self.scalar, private);
        choose(&mut self.scalar, private, self.sign_of_q.wrapping_neg());
        self.left = 32 * WIDTH + machine.field.inversion_steps();
        true
    }

    /// Does a step: a digit, by a doubling and an addition, or a bit of the exponent that inverts Z, by a square and perhaps
    /// a product. Returns how many are left.
    #[inline(never)]
    pub fn step(&mut self, machine: &mut Machine) -> usize {
        let left = self.left.saturating_sub(1);
        self.left = left;
        if left < machine.field.inversion_steps() {
            let [_, _, z, power, ..] = &mut *machine.registers;
            machine.field.invert_step(power, z, left);
        } else {
            machine.run(DOUBLE);
            machine.run(NEGATE);
            let [_, _, _, negative, _, _, y, _] = &mut *machine.registers;
            choose(y, negative, (self.sign ^ self.sign_of_q).wrapping_neg());
            machine.add_q();
            machine.run(BEGIN_INVERSION);
            self.sign_of_q = self.sign;
            self.sign = double(&mut self.scalar).into();
        }
        left
    }
}

/// Writes x, and y if there is room, big-endian, when all steps are done.
#[inline(never)]
fn finish(machine: &mut Machine, out: &mut [u8]) {
    machine.set_small(B, 1);
    machine.run(LEAVE);
    machine.reduce(X);
    machine.reduce(Y);
    to_bytes(machine.registers[..2].as_flattened(), out);
    wipe(machine.registers.as_flattened_mut());
}

/// ECDH over P-384 (SEC 1 §3.3.1, RFC 8446 §7.4.2).
pub struct P384;

impl KeyAgreement for P384 {
    fn is_private(private: &Private) -> bool {
        less(private, CURVE.n) && !is_zero(private)
    }

    fn public(private: &Private, out: &mut [u8; MAX_PUBLIC]) -> usize {
        let [tag, coordinates @ ..] = out;
        *tag = 4;
        multiply(private, CURVE.generator, coordinates);
        MAX_PUBLIC
    }

    fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET]) -> Option<usize> {
        multiply(private, peer, out).then_some(MAX_SECRET)
    }
}

/// Does a whole product. False if the point is not on the curve.
#[inline(never)]
fn multiply(private: &Private, point: &[u8], out: &mut [u8]) -> bool {
    let mut registers = [[0; WIDTH]; 8];
    let mut machine = Machine::new(CURVE.p, &mut registers);
    let mut product = Product::default();
    let begun = product.begin(&mut machine, private, point);
    if begun {
        while product.step(&mut machine) != 0 {}
        finish(&mut machine, out);
    }
    begun
}

#[cfg(test)]
mod tests {
    use super::super::testing::{as_the_crate_does, hex};
    use super::*;
    use crate::crypto::host;

    #[test]
    fn as_the_p384_crate() {
        as_the_crate_does::<P384, host::P384>(
            &hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"),
            &hex("c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793406d80d2b91ad54f9048bd487af1ade1"),
        );
    }

    /// The number of steps is the same for every number and point.
    #[test]
    fn steps_do_not_depend_on_the_number() {
        for private in [1, 2, 3, u32::MAX >> 1, 0x1234_5678] {
            let mut registers = [[0; WIDTH]; 8];
            let (mut machine, mut product) = (Machine::new(CURVE.p, &mut registers), Product::default());
            assert_eq!(product.step(&mut machine), 0, "nothing has begun");
            assert!(product.begin(&mut machine, &[private; WIDTH], CURVE.generator));
            assert_eq!((1..).find(|_| product.step(&mut machine) == 0), Some(384 + 383));
        }
    }
}
