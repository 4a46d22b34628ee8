//! Constant time: P-256's keys and agreements by the machine that P-384's signatures need (SEC 1 §3.2.1, §3.3.1).
//!
//! That holds on the chip, where sums, differences and products modulo p are constant-time, and for all private numbers
//! but three; nobody ever draws one of these. Comparisons with zero, p or the order look at the highest or lowest word,
//! and go on to the next with a probability of 2^-32.

use crate::crypto::arithmetic::curve::{self, ADD, DIFFERENCE, DOUBLE, LOAD, Machine, NEGATE, Registers};
use crate::crypto::arithmetic::curve::{Register::*, WIDTH, choose};
use crate::crypto::arithmetic::montgomery::{is_zero, less, subtract, to_bytes};
use crate::crypto::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, Work, wipe};
use core::task::Poll;

/// y and x of two points, in Montgomery's form.
type Table = [[u32; 8]; 4];

/// Places of the scalar in a slice.
const SLICE: u32 = 32;

/// ECDH over P-256 (SEC 1 §3.3.1, RFC 8446 §7.4.2).
pub struct P256;

impl KeyAgreement for P256 {
    fn is_private(private: &Private) -> bool {
        less(private, curve::P256.n) && !is_zero(private)
    }

    fn public(private: &Private, out: &mut [u8; MAX_PUBLIC], work: &mut Work) -> Poll<usize> {
        let Some((registers, _, place)) = parts(work) else { return Poll::Ready(0) };
        if *place == 0 {
            *place = 128;
        }
        out[0] = 4;
        multiply(private, &mut machine(registers), &COMB, 128, place, &mut out[1..65]).map(|()| 65)
    }

    fn agree(private: &Private, peer: &[u8], out: &mut [u8; MAX_SECRET], work: &mut Work) -> Poll<usize> {
        let Some((registers, table, place)) = parts(work) else { return Poll::Ready(0) };
        let mut machine = machine(registers);
        if *place == 0 {
            if !machine.read_point(&curve::P256, peer) {
                return Poll::Ready(0);
            }
            // The point, and three times it.
            machine.get(Qy, &mut table[0]);
            machine.get(Qx, &mut table[1]);
            machine.add_q();
            machine.run(DOUBLE);
            machine.add_q();
            machine.normalize_vartime();
            machine.get(Y, &mut table[2]);
            machine.get(X, &mut table[3]);
            *place = 256;
        }
        multiply(private, &mut machine, table, 1, place, &mut out[..32]).map(|()| 32)
    }
}

/// What is kept from one slice to the next: the machine's registers, the table of an agreement, the place in the
/// scalar.
#[inline(never)]
fn parts<'w>(work: &'w mut Work) -> Option<(&'w mut Registers, &'w mut Table, &'w mut u32)> {
    let (words, place) = work.parts();
    let (registers, table) = words.split_first_chunk_mut::<{ 8 * WIDTH }>()?;
    Some((registers.as_chunks_mut().0.first_chunk_mut()?, table.as_chunks_mut().0.first_chunk_mut()?, place))
}

fn machine(registers: &mut Registers) -> Machine<'_> {
    let mut machine = Machine::new(curve::P256.p, registers);
    machine.field.modulus.take_secrets();
    machine
}

/// A slice of a private number times a point. Writes x, and y if there is room.
#[inline(never)]
fn multiply(
    private: &Private,
    machine: &mut Machine,
    table: &Table,
    stride: u32,
    place: &mut u32,
    out: &mut [u8],
) -> Poll<()> {
    let even = (private[0] & 1).wrapping_sub(1);
    let mut negative = [0; 8];
    negative.copy_from_slice(curve::P256.n);
    subtract(&mut negative, private);
    let mut scalar = [1; 9]; // a one behind it
    for (to, (a, b)) in scalar.iter_mut().zip(private.iter().zip(&negative)) {
        *to = a ^ even & (a ^ b);
    }
    machine.multiply_secret(&scalar, table, stride, place);
    wipe(&mut scalar);
    wipe(&mut negative);
    if *place != 0 {
        return Poll::Pending;
    }
    // Twice the same point, with 2 and with the scalar that the order makes -2 or -6 (nobody ever draws them).
    if machine.is_zero(Z) {
        machine.run(LOAD);
        machine.set_z_to_one();
        machine.run(DOUBLE);
    }
    machine.normalize();
    // The other point's y was negated with the scalar.
    let mut y = machine.registers[Y as usize];
    machine.set(Qy, &y);
    machine.run(NEGATE);
    let [to, _, _, negative, ..] = &mut *machine.registers;
    choose(to, negative, even);
    for (bytes, register) in out.as_chunks_mut::<32>().0.iter_mut().zip([X, Y]) {
        y = [0; WIDTH];
        y[0] = 1;
        machine.field.modulus.multiply(&mut y, &machine.registers[register as usize]);
        machine.field.modulus.reduce(&mut y);
        to_bytes(&y[..8], bytes);
    }
    wipe(&mut y);
    Poll::Ready(())
}

impl Machine<'_> {
    /// The point times a scalar from 1 to below the order, as coordinates in Montgomery's form in X, Y and Z; a slice
    /// of it, from `place` on, which begins with 128, or with 256 where `stride` is 1. The scalar is odd, which makes
    /// it a sum of plus or minus every power of two: plus where the next bit is set. Two of these at a time, those at a
    /// place and `stride` above it: the sum, the table's second point, or the difference, its first. Constant time, but
    /// what is added must be neither the sum so far nor its negative.
    #[inline(never)]
    fn multiply_secret(&mut self, scalar: &[u32; 9], table: &Table, stride: u32, place: &mut u32) {
        let word = |place: u32| scalar.get(place as usize / 32).unwrap_or(&0) >> (place % 32);
        let minus_at = |place: u32| (word(place + 1) & 1).wrapping_sub(1);
        let step = if stride == 1 { 2 } else { 1 };
        loop {
            let is_first = *place == 128 * step;
            *place = place.saturating_sub(step);
            if !is_first {
                for _ in 0..step {
                    self.run(DOUBLE);
                }
            }
            let minus = minus_at(*place + stride);
            let second = !(minus ^ minus_at(*place));
            for (register, i) in [(Qy, 0), (Qx, 1)] {
                self.set(register, &table[i]);
                choose(&mut self.registers[register as usize], &table[i + 2], second);
            }
            self.run(NEGATE);
            let [_, _, _, negative, _, _, y, _] = &mut *self.registers;
            choose(y, &negative[..8], minus);
            if is_first {
                self.run(LOAD);
                self.set_z_to_one();
            } else {
                self.run(DIFFERENCE);
                self.run(ADD);
            }
            if place.is_multiple_of(SLICE) {
                break;
            }
        }
    }
}

/// The generator times 2^128 - 1, and times 2^128 + 1, in Montgomery's form: y and x each.
static COMB: Table = [
    [0x7561_ee13, 0x433e_d0c2, 0xa47c_a69e, 0xd473_d407, 0x196b_2c6f, 0x10b5_24a0, 0x805d_d3e3, 0xbb80_ab79],
    [0x487c_3a4e, 0x52de_cc76, 0x8986_f225, 0x922a_2fbb, 0x7c97_942c, 0xb125_600d, 0x2701_bdf5, 0x20ca_2bb8],
    [0x27e8_ed09, 0x0c35_c6e5, 0x1819_ede2, 0x1e81_a33c, 0x56c6_52fa, 0x278f_d6c0, 0x7086_4f11, 0x19d5_ac08],
    [0x2cb1_9ffd, 0x1c89_1f2b, 0xb192_3c23, 0x01ba_8d5b, 0x8ac5_ca8e, 0xb6d0_3d67, 0x1f13_bedc, 0x586e_b04c],
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::provider::host;
    use crate::crypto::testing::{as_the_crate_does, hex};

    #[test]
    fn as_the_p256_crate() {
        as_the_crate_does::<P256, host::P256>(
            &hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
            &hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"),
        );
    }
}
