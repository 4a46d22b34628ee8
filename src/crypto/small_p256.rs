//! Constant time: P-256's keys and agreements by the machine that P-384's signatures need (SEC 1 §3.2.1, §3.3.1).
//!
//! That holds on the chip, where sums, differences and products modulo p are constant-time, and for all private numbers but
//! three, which nobody ever draws. Whether a number is zero, or below p or the order, is asked only where the highest or
//! lowest word alone decides: but for once in 2^32.

use super::curve::{self, ADD, Affine, DIFFERENCE, DOUBLE, Formula, LOAD, Machine, NEGATE, Registers};
use super::curve::{Register::*, WIDTH, choose};
use super::montgomery::{is_zero, less, subtract, to_bytes};
use super::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, wipe};

/// ECDH over P-256 (SEC 1 §3.3.1, RFC 8446 §7.4.2).
pub struct P256;

impl KeyAgreement for P256 {
    fn is_private(private: &Private) -> bool {
        less(private, curve::P256.n) && !is_zero(private)
    }

    fn public(private: &Private, out: &mut [u8; MAX_PUBLIC]) -> usize {
        let mut table = [[[0; WIDTH]; 2]; 2];
        for (to, from) in table.as_flattened_mut().iter_mut().zip(&COMB) {
            to[..8].copy_from_slice(from);
        }
        out[0] = 4;
        multiply(private, &mut machine(&mut [[0; WIDTH]; 8]), &table, 128, &mut out[1..65]);
        65
    }

    fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET]) -> Option<usize> {
        let mut registers = [[0; WIDTH]; 8];
        let mut machine = machine(&mut registers);
        if !machine.read_point(&curve::P256, peer) {
            return None;
        }
        // The point, and three times it.
        let mut table = [[[0; WIDTH]; 2]; 2];
        machine.get(Qy, &mut table[0]);
        machine.add(&table[0]);
        machine.run(DOUBLE);
        machine.add(&table[0]);
        machine.normalize_vartime();
        machine.get(Y, &mut table[1]);
        multiply(private, &mut machine, &table, 1, &mut out[..32]);
        Some(32)
    }
}

fn machine(registers: &mut Registers) -> Machine<'_> {
    let mut machine = Machine::new(curve::P256.p, registers);
    machine.field.modulus.take_secrets();
    machine
}

/// Writes x, and y if there is room.
fn multiply(private: &Private, machine: &mut Machine, table: &[Affine; 2], stride: usize, out: &mut [u8]) {
    let even = (private[0] & 1).wrapping_sub(1);
    let mut negative = [0; 8];
    negative.copy_from_slice(curve::P256.n);
    subtract(&mut negative, private);
    let mut scalar = [1; 9]; // a one behind it
    for (to, (a, b)) in scalar.iter_mut().zip(private.iter().zip(&negative)) {
        *to = a ^ even & (a ^ b);
    }
    machine.multiply_secret(&scalar, table, stride);
    wipe(&mut scalar);
    wipe(&mut negative);
    // The other point's y was negated with the scalar.
    let mut y = machine.registers[Y as usize];
    machine.set(Qy, &y);
    machine.run(NEGATE);
    let negative = machine.registers[A as usize];
    choose(&mut machine.registers[Y as usize], &negative, even);
    for (bytes, register) in out.as_chunks_mut::<32>().0.iter_mut().zip([X, Y]) {
        y = [0; WIDTH];
        y[0] = 1;
        machine.field.modulus.multiply(&mut y, &machine.registers[register as usize]);
        machine.field.modulus.reduce(&mut y);
        to_bytes(&y[..8], bytes);
    }
    wipe(&mut y);
    wipe(machine.registers.as_flattened_mut());
}

impl Machine<'_> {
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

    /// The point times a scalar from 1 to below the order, as coordinates in Montgomery's form in X and Y. The scalar is odd,
    /// which makes it a sum of plus or minus every power of two: plus where the next bit is set. Two of these at a time, those
    /// at a place and `stride` above it: the sum of table[1] or their difference, table[0].
    #[inline(never)]
    fn multiply_secret(&mut self, scalar: &[u32; 9], table: &[Affine; 2], stride: usize) {
        let word = |place: usize| scalar.get(place / 32).unwrap_or(&0) >> (place % 32);
        let minus_at = |place: usize| (word(place + 1) & 1).wrapping_sub(1);
        let step = if stride == 1 { 2 } else { 1 };
        let mut place = 128 * step;
        let mut formulas: &[Formula] = &[LOAD];
        loop {
            place -= step;
            let minus = minus_at(place + stride);
            self.add_secret(table, !(minus ^ minus_at(place)), minus, formulas);
            if place == 0 {
                break;
            }
            if formulas.len() == 1 {
                self.set_z_to_one();
                formulas = &[DIFFERENCE, ADD];
            }
            for _ in 0..step {
                self.run(DOUBLE);
            }
        }
        // Twice the same point, with 2 and with the scalar that the order makes -2 or -6 (nobody ever draws them).
        if self.is_zero(Z) {
            self.run(LOAD);
            self.set_z_to_one();
            self.run(DOUBLE);
        }
        self.normalize();
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
