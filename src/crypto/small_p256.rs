//! Constant time: P-256's keys and agreements by the machine that P-384's signatures need (SEC 1 §3.2.1, §3.3.1).
//!
//! That holds on the chip, where sums, differences and products modulo p are constant-time, and for all private numbers but
//! three, which nobody ever draws. Whether a number is zero, or below p or the order, is asked only where the highest or
//! lowest word alone decides: but for once in 2^32.

use super::curve::{self, ADD, Affine, DIFFERENCE, DOUBLE, Formula, LOAD, Machine, NEGATE, NORMALIZE};
use super::curve::{Register::*, WIDTH, choose, formula};
use super::montgomery::{self, is_zero, less, subtract, to_bytes};
use super::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, Work, wipe};
use core::task::Poll;

/// ECDH over P-256 (SEC 1 §3.3.1, RFC 8446 §7.4.2).
pub struct P256;

impl KeyAgreement for P256 {
    fn is_private(private: &Private) -> bool {
        less(private, curve::P256.n) && !is_zero(private)
    }

    fn public(private: &Private, out: &mut [u8; MAX_PUBLIC], work: &mut Work) -> Poll<usize> {
        let [tag, coordinates @ ..] = out;
        *tag = 4;
        let (coordinates, _) = coordinates.split_at_mut(64);
        multiply(private, None, coordinates, work).map(|_| 65)
    }

    fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET], work: &mut Work) -> Poll<Option<usize>> {
        let (out, _) = out.split_at_mut(32);
        multiply(private, Some(peer), out, work).map(|agreed| agreed.then_some(32))
    }
}

/// Products of field elements in a slice.
const SLICE: usize = 600;
/// A = Z
const BEGIN_INVERSION: Formula = formula! { A = Z; };
/// Steps that an inversion takes, and its end; and those of a product's loop.
const PERIOD: usize = 256;

/// Goes on with a private number times the peer's point, or times the generator: its x, and its y if there is room for it.
/// False if the point is not on the curve. How far a slice goes does not depend on the number.
///
/// Kept in memory: Y, X, Z and A, and three times the peer's point. The steps are those of that point's inversion, of the
/// loop, and of the result's inversion.
#[inline(never)]
fn multiply(private: &Private, peer: Option<&[u8]>, out: &mut [u8], work: &mut Work) -> Poll<bool> {
    let mut machine = Machine::new(curve::P256.p);
    machine.field.modulus.take_secrets();
    let mut table = const { [[[0; WIDTH]; 2]; 2] };
    let mut step = work.progress.step as usize;
    let mut left = SLICE;
    let mut stride = 128;
    if let Some(peer) = peer {
        if step == 0 && !machine.read_point(&curve::P256, peer) {
            return Poll::Ready(false);
        }
        machine.load_point(&curve::P256, peer);
        table[0] = machine.point(Qy);
        work.load(4 * WIDTH, table[1].as_flattened_mut());
        stride = 1;
    } else {
        for (to, from) in table.as_flattened_mut().iter_mut().zip(&COMB) {
            to[..8].copy_from_slice(from);
        }
        step = step.max(PERIOD);
    }
    work.load(0, machine.registers[..4].as_flattened_mut());
    if step < PERIOD {
        machine.triple(&mut table, &mut step, &mut left);
    }
    if (PERIOD..2 * PERIOD).contains(&step) {
        machine.multiply_secret(private, &table, stride, &mut step, &mut left);
    }
    let [_, _, z, power, ..] = &mut machine.registers;
    if step >= 2 * PERIOD && machine.field.invert_steps(power, z, &mut step, &mut left) {
        machine.leave(private, out);
        return Poll::Ready(true);
    }
    work.store(0, machine.registers[..4].as_flattened());
    work.store(4 * WIDTH, table[1].as_flattened());
    work.progress.step = step as u32;
    wipe(machine.registers.as_flattened_mut());
    Poll::Pending
}

impl Machine {
    /// Goes on with three times the first point of the table.
    #[inline(never)]
    fn triple(&mut self, table: &mut [Affine; 2], step: &mut usize, left: &mut usize) {
        let [point, triple] = table;
        if *step == 0 {
            self.set_small(Z, 0);
            self.add(point);
            self.run(DOUBLE);
            self.add(point);
            self.run(BEGIN_INVERSION);
        }
        let [_, _, z, power, ..] = &mut self.registers;
        if self.field.invert_steps(power, z, step, left) {
            self.run(NORMALIZE);
            *triple = self.point(Y);
        }
    }

    /// Adds ±table[0] or ±table[1], the second one where `second` has ones instead of zeros, with a minus where `minus` has.
    /// Constant-time, but the sum must be neither that point nor its negative.
    fn add_secret(&mut self, table: &[Affine; 2], second: u32, minus: u32, formulas: &[Formula]) {
        for (register, (a, b)) in [Qy, Qx].into_iter().zip(table[0].iter().zip(&table[1])) {
            self.set(register, a);
            choose(&mut self.registers[register as usize], b, second);
        }
        self.run(NEGATE);
        let negative = self.registers[A as usize];
        choose(&mut self.registers[Qy as usize], &negative, minus);
        formulas.iter().for_each(|formula| self.run(formula));
    }

    /// Goes on with the point times a scalar from 1 to below the order, two steps a round. An odd scalar is a sum of plus or minus
    /// every power of two: plus where the next bit is set. An even one is made odd and the point is negated at the end. Two powers
    /// at a time, those at a place and `stride` above it: the sum of table[1] or their difference, table[0].
    #[inline(never)]
    fn multiply_secret(
        &mut self,
        private: &Private,
        table: &[Affine; 2],
        stride: usize,
        step: &mut usize,
        left: &mut usize,
    ) {
        let even = (private[0] & 1).wrapping_sub(1);
        let mut negative = [0; 8];
        negative.copy_from_slice(curve::P256.n);
        subtract(&mut negative, private);
        let mut scalar = [1; 9]; // a one behind it
        for (to, (a, b)) in scalar.iter_mut().zip(private.iter().zip(&negative)) {
            *to = a ^ even & (a ^ b);
        }
        let word = |place: usize| scalar.get(place / 32).unwrap_or(&0) >> (place % 32);
        let minus_at = |place: usize| (word(place + 1) & 1).wrapping_sub(1);
        let distance = if stride == 1 { 2 } else { 1 };
        while *left >= 30 && *step < 2 * PERIOD {
            *left -= 30;
            let place = (2 * PERIOD - *step - 2) / 2 * distance;
            let minus = minus_at(place + stride);
            let second = !(minus ^ minus_at(place));
            if *step == PERIOD {
                self.add_secret(table, second, minus, &[LOAD]);
                self.set_z_to_one();
            } else {
                for _ in 0..distance {
                    self.run(DOUBLE);
                }
                self.add_secret(table, second, minus, &[DIFFERENCE, ADD]);
            }
            *step += 2;
        }
        wipe(&mut scalar);
        wipe(&mut negative);
        if *step == 2 * PERIOD {
            // Twice the same point, with 2 and with the scalar that the order makes -2 or -6 (nobody ever draws them).
            if self.is_zero(Z) {
                self.run(LOAD);
                self.set_z_to_one();
                self.run(DOUBLE);
            }
            self.run(BEGIN_INVERSION);
        }
    }

    /// Writes the result's coordinates, with 1 / Z in A.
    #[inline(never)]
    fn leave(&mut self, private: &Private, out: &mut [u8]) {
        self.run(NORMALIZE);
        // The other point's y was negated with the scalar.
        let even = (private[0] & 1).wrapping_sub(1);
        let mut y = self.registers[Y as usize];
        self.set(Qy, &y);
        self.run(NEGATE);
        let negative = self.registers[A as usize];
        choose(&mut self.registers[Y as usize], &negative, even);
        for (bytes, register) in out.as_chunks_mut::<32>().0.iter_mut().zip([X, Y]) {
            y = [0; WIDTH];
            y[0] = 1;
            self.field.modulus.multiply(&mut y, &self.registers[register as usize]);
            self.field.modulus.reduce(&mut y);
            to_bytes(&y[..8], bytes);
        }
        wipe(&mut y);
        wipe(self.registers.as_flattened_mut());
    }
}

/// The generator times 2^128 - 1, and times 2^128 + 1, in Montgomery's form: y and x each.
static COMB: [[u32; 8]; 4] = [
    [0x7561_ee13, 0x433e_d0c2, 0xa47c_a69e, 0xd473_d407, 0x196b_2c6f, 0x10b5_24a0, 0x805d_d3e3, 0xbb80_ab79],
    [0x487c_3a4e, 0x52de_cc76, 0x8986_f225, 0x922a_2fbb, 0x7c97_942c, 0xb125_600d, 0x2701_bdf5, 0x20ca_2bb8],
    [0x27e8_ed09, 0x0c35_c6e5, 0x1819_ede2, 0x1e81_a33c, 0x56c6_52fa, 0x278f_d6c0, 0x7086_4f11, 0x19d5_ac08],
    [0x2cb1_9ffd, 0x1c89_1f2b, 0xb192_3c23, 0x01ba_8d5b, 0x8ac5_ca8e, 0xb6d0_3d67, 0x1f13_bedc, 0x586e_b04c],
];

#[cfg(test)]
mod tests {
    use super::super::testing::{as_the_crate_does, hex};
    use super::*;
    use crate::crypto::host;

    #[test]
    fn as_the_p256_crate() {
        as_the_crate_does::<P256, host::P256>(
            &hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
            &hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"),
        );
    }
}
