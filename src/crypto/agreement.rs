//! Constant time: keys and agreements over P-384 and, where it is the small one, P-256 (SEC 1 §3.2.1, §3.3.1), by the
//! machine of `curve.rs`.
//!
//! A secret number times a point is a [`Product`]: begun, done step by step, and finished. All of its state lies in it, so
//! that whoever owns it can do a few steps now and the others later.
//!
//! That holds on the chip, where sums, differences and products modulo p are constant-time, and for all private numbers but
//! two, which nobody ever draws (see [`Product::step`]). Whether a number is below p or zero is asked of results only, and
//! the highest or lowest word alone decides: but for once in 2^32.

use super::curve::{ADD, Affine, Curve, DIFFERENCE, DOUBLE, Field, Formula, LOAD, Machine, NORMALIZE, Number};
use super::curve::{Register, Register::*, WIDTH, formula};
use super::montgomery::{self, from_bytes, subtract};
use super::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, wipe};

/// A = -Qy
const NEGATE: Formula = formula! { A = Qy; A -= Qy; A -= Qy; };

/// What a [`Product`] does next.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    /// Inverts Z for the table's second point.
    Table,
    /// Goes through the number's digits.
    Digits,
    /// Inverts Z for the result.
    Result,
    /// Nothing.
    Done,
}

/// A secret number times a point, as it is being made. Wiped when dropped.
pub struct Product {
    machine: Machine,
    /// What a digit chooses from: see [`Self::digit`].
    table: [Affine; 2],
    /// The number if it is odd, else the order less it, with a one behind.
    scalar: [u32; WIDTH + 1],
    /// Ones if it is the order less it.
    even: u32,
    /// The digit that comes next, or the exponent's bit, lies below this one.
    place: usize,
    /// A digit has the bit at its place and the one so far above it.
    stride: usize,
    work: Work,
}

impl Drop for Product {
    fn drop(&mut self) {
        wipe(self.machine.registers.as_flattened_mut());
        wipe(&mut self.scalar);
        wipe(core::slice::from_mut(&mut self.even));
    }
}

impl Product {
    /// Waits for [`Self::begin`].
    pub fn new(curve: &Curve) -> Self {
        let mut field = Field::new(curve.p);
        field.modulus.take_secrets();
        Self {
            machine: Machine { field, registers: [[0; WIDTH]; 8] },
            table: [[[0; WIDTH]; 2]; 2],
            scalar: [0; WIDTH + 1],
            even: 0,
            place: 0,
            stride: 1,
            work: Work::Done,
        }
    }

    /// Begins with a private number and an uncompressed point, or the generator without one. False if it is not on the curve.
    #[inline(never)]
    pub fn begin(&mut self, curve: &Curve, private: &Number, peer: Option<&[u8]>) -> bool {
        let machine = &mut self.machine;
        if let Some(bytes) = peer {
            if !machine.read_point(curve, bytes) {
                return false;
            }
        } else {
            for (register, coordinate) in [(Qx, curve.x), (Qy, curve.y)] {
                let coordinate = machine.field.enter(coordinate);
                machine.set(register, &coordinate);
            }
        }
        let len = curve.n.len();
        self.even = (private[0] & 1).wrapping_sub(1);
        let (number, one) = self.scalar.split_at_mut(len);
        number.copy_from_slice(curve.n);
        subtract(number, private);
        for (to, odd) in number.iter_mut().zip(private) {
            *to ^= !self.even & (*to ^ odd);
        }
        one[0] = 1;
        #[cfg(any(small_p256, test))]
        if peer.is_none() && len == 8 {
            for (to, from) in self.table.as_flattened_mut().iter_mut().zip(&COMB) {
                to[..8].copy_from_slice(from);
            }
            (self.place, self.stride, self.work) = (128, 128, Work::Digits);
            return true;
        }
        // The point, and three times it.
        let point = machine.point(Qx);
        self.table[0] = point;
        machine.set(Z, &[0; WIDTH]);
        machine.add(&point);
        machine.run(DOUBLE);
        machine.add(&point);
        self.invert(Work::Table);
        true
    }

    fn invert(&mut self, work: Work) {
        let machine = &mut self.machine;
        machine.registers[A as usize] = machine.registers[Z as usize];
        self.place = machine.field.inversion_steps();
        self.work = work;
    }

    /// Does a digit, which takes at most two doublings and an addition, or a bit of an inversion's exponent, a square and a
    /// product. False if nothing is left to be done.
    #[inline(never)]
    pub fn step(&mut self) -> bool {
        let machine = &mut self.machine;
        match self.work {
            Work::Digits => {
                self.digit();
                if self.place == 0 {
                    // Twice the same point: P-256 with 2 and with the number that the order makes -2 or -6, P-384 with 6 and
                    // the one that the order makes -6. Nobody ever draws them.
                    if self.machine.is_zero(Z) {
                        self.load();
                        self.machine.run(DOUBLE);
                    }
                    self.invert(Work::Result);
                }
            }
            Work::Table | Work::Result => {
                self.place = self.place.saturating_sub(1);
                let [_, _, z, power, ..] = &mut machine.registers;
                machine.field.invert_step(power, z, self.place);
                if self.place == 0 {
                    machine.run(NORMALIZE);
                    if self.work == Work::Table {
                        self.table[1] = machine.point(X);
                        self.place = 32 * machine.field.modulus.n().len();
                        self.work = Work::Digits;
                    } else {
                        self.work = Work::Done;
                    }
                }
            }
            Work::Done => {}
        }
        self.work != Work::Done
    }

    /// The scalar is odd, which makes it a sum of plus or minus every power of two: plus where the next bit is set. Two of
    /// these at a time, those at a place and `stride` above it: the sum of table[1], or their difference, table[0].
    fn digit(&mut self) {
        let is_comb = cfg!(any(small_p256, test)) && self.stride != 1;
        let (step, stride) = if is_comb { (1, self.stride) } else { (2, 1) };
        let first = self.machine.field.modulus.n().len() * if is_comb { 16 } else { 32 };
        let is_first = self.place == first;
        self.place = self.place.saturating_sub(step);
        let minus_at = |place: usize| {
            let word = self.scalar.get((place + 1) / 32).unwrap_or(&0);
            (word >> ((place + 1) % 32) & 1).wrapping_sub(1)
        };
        let minus = minus_at(self.place + stride);
        let second = !(minus ^ minus_at(self.place));
        if !is_first {
            for _ in 0..step {
                self.machine.run(DOUBLE);
            }
        }
        let [one, other] = &self.table;
        for (register, (a, b)) in [Qx, Qy].into_iter().zip(one.iter().zip(other)) {
            choose(&mut self.machine, register, a, b, second);
        }
        negate(&mut self.machine, minus);
        if is_first {
            return self.load();
        }
        self.machine.run(DIFFERENCE);
        self.machine.run(ADD);
    }

    /// Makes (Qx, Qy) the sum.
    fn load(&mut self) {
        self.machine.run(LOAD);
        self.machine.set_to_one(Z);
    }

    /// Writes x, and y if there is room, big-endian.
    #[inline(never)]
    pub fn finish(&mut self, out: &mut [u8]) {
        let machine = &mut self.machine;
        let y = machine.registers[Y as usize];
        machine.set(Qy, &y);
        // The other point's y was negated with the scalar.
        negate(machine, self.even);
        let mut number = [0; WIDTH];
        let len = machine.field.modulus.n().len();
        for (bytes, register) in out.chunks_exact_mut(4 * len).zip([X, Qy]) {
            number = [0; WIDTH];
            number[0] = 1;
            machine.field.modulus.multiply(&mut number, &machine.registers[register as usize]);
            machine.field.modulus.reduce(&mut number);
            for (byte, word) in bytes.as_chunks_mut().0.iter_mut().zip(number[..len].iter().rev()) {
                *byte = word.to_be_bytes();
            }
        }
        wipe(&mut number);
    }
}

/// Takes the second number where the mask has ones.
#[inline(never)]
fn choose(machine: &mut Machine, register: Register, a: &Number, b: &Number, mask: u32) {
    for (to, (a, b)) in machine.registers[register as usize].iter_mut().zip(a.iter().zip(b)) {
        *to = a ^ mask & (a ^ b);
    }
}

/// Qy = -Qy where the mask has ones.
#[inline(never)]
fn negate(machine: &mut Machine, mask: u32) {
    machine.run(NEGATE);
    let [y, negative] = [machine.registers[Qy as usize], machine.registers[A as usize]];
    choose(machine, Qy, &y, &negative, mask);
}

/// Keys and agreements over one curve.
macro_rules! key_agreement {
    ($name:ident, $curve:expr, $words:literal) => {
        /// The private number is little-endian words.
        pub struct $name(Number);

        impl Drop for $name {
            fn drop(&mut self) {
                wipe(&mut self.0);
            }
        }

        impl KeyAgreement for $name {
            fn from_private(private: &[u8]) -> Option<Self> {
                let mut key = Self([0; WIDTH]);
                (private.len() == 4 * $words && read_private(&$curve, private, &mut key.0)).then_some(key)
            }

            fn public(&self, out: &mut [u8; MAX_PUBLIC]) -> usize {
                let [tag, coordinates @ ..] = out;
                *tag = 4;
                multiply(&$curve, &self.0, None, coordinates);
                1 + 8 * $words
            }

            fn agree(&self, peer: &[u8], out: &mut [u8; MAX_SECRET]) -> Option<usize> {
                let (shared, _) = out.split_at_mut(4 * $words);
                multiply(&$curve, &self.0, Some(peer), shared).then_some(4 * $words)
            }
        }
    };
}

#[cfg(any(small_p256, test))]
key_agreement!(P256, super::curve::P256, 8);
#[cfg(feature = "p384")]
key_agreement!(P384, super::curve::P384, 12);

/// Reads a private number; whether it is one: not zero and below the order.
#[inline(never)]
fn read_private(curve: &Curve, bytes: &[u8], number: &mut Number) -> bool {
    from_bytes(number, bytes);
    let mut rest = *number;
    let is_below = subtract(&mut rest, curve.n);
    wipe(&mut rest);
    is_below && number.iter().fold(0, |all, word| all | word) != 0
}

/// Does a whole product.
#[inline(never)]
fn multiply(curve: &Curve, private: &Number, peer: Option<&[u8]>, out: &mut [u8]) -> bool {
    let mut product = Product::new(curve);
    if !product.begin(curve, private, peer) {
        return false;
    }
    while product.step() {}
    product.finish(out);
    true
}

/// The generator times 2^128 - 1, and times 2^128 + 1, in Montgomery's form: x and y each.
#[cfg(any(small_p256, test))]
static COMB: [[u32; 8]; 4] = [
    [0x487c_3a4e, 0x52de_cc76, 0x8986_f225, 0x922a_2fbb, 0x7c97_942c, 0xb125_600d, 0x2701_bdf5, 0x20ca_2bb8],
    [0x7561_ee13, 0x433e_d0c2, 0xa47c_a69e, 0xd473_d407, 0x196b_2c6f, 0x10b5_24a0, 0x805d_d3e3, 0xbb80_ab79],
    [0x2cb1_9ffd, 0x1c89_1f2b, 0xb192_3c23, 0x01ba_8d5b, 0x8ac5_ca8e, 0xb6d0_3d67, 0x1f13_bedc, 0x586e_b04c],
    [0x27e8_ed09, 0x0c35_c6e5, 0x1819_ede2, 0x1e81_a33c, 0x56c6_52fa, 0x278f_d6c0, 0x7086_4f11, 0x19d5_ac08],
];

#[cfg(test)]
mod tests {
    use super::super::host;
    use super::super::testing::hex;
    use super::*;

    /// Keys and agreements as the crates make them, with numbers at the edges: the additions that have no formula, both
    /// signs, and private numbers that are none. `order` and `root`, of the curve's b, are big-endian.
    fn compare<Ours: KeyAgreement, Theirs: KeyAgreement>(order: &[u8], root: &[u8]) {
        let size = order.len();
        let mut tried = 0;
        for i in 0..120u8 {
            let mut private = [0; 48];
            let private = &mut private[..size];
            if i < 20 {
                private[size - 1 - usize::from(i % 2) * 16] = i / 2;
            } else if i < 40 {
                private.copy_from_slice(order);
                private[size - 1] = order[size - 1] + 2 - (i - 20); // from n + 2 down
            } else {
                for (j, byte) in private.iter_mut().enumerate() {
                    *byte = (j as u8 ^ 0x5a).wrapping_mul(2 * i + 1).rotate_left(3) ^ i;
                }
            }
            let (ours, theirs) = (Ours::from_private(private), Theirs::from_private(private));
            assert_eq!(ours.is_some(), theirs.is_some(), "{private:x?}");
            let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
            let (mut a, mut b) = ([0; MAX_PUBLIC], [0; MAX_PUBLIC]);
            assert_eq!((ours.public(&mut a), a), (theirs.public(&mut b), b), "{private:x?}");
            let agree = |point: &[u8]| {
                let (mut a, mut b) = ([0; MAX_SECRET], [0; MAX_SECRET]);
                let (length, expected) = (ours.agree(point, &mut a), theirs.agree(point, &mut b));
                assert_eq!(length, expected, "{private:x?}");
                assert!(length.is_none() || a == b, "{private:x?}");
                length.is_some()
            };
            let mut point = [0; MAX_PUBLIC];
            let point = &mut point[..2 * size + 1];
            for peer in [3, 77] {
                let mut public = [0; MAX_PUBLIC];
                Theirs::from_private(&[peer; 48][..size]).unwrap().public(&mut public);
                point.copy_from_slice(&public[..2 * size + 1]);
                assert!(agree(point));
                // off the curve
                point[2 * size] ^= 1;
                assert!(!agree(point));
            }
            assert!(agree(&a[..2 * size + 1]));
            // x = 0
            point[1..].fill(0);
            point[1 + size..].copy_from_slice(root);
            assert!(agree(point));
            tried += 1;
        }
        assert!(tried > 110, "{tried}");
    }

    #[test]
    fn as_the_p256_crate() {
        compare::<P256, host::P256>(
            &hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
            &hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"),
        );
    }

    #[cfg(feature = "p384")]
    #[test]
    fn as_the_p384_crate() {
        compare::<P384, host::P384>(
            &hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"),
            &hex("c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793406d80d2b91ad54f9048bd487af1ade1"),
        );
    }

    /// A number of steps that depends on the curve alone, whatever the number and the point.
    #[cfg(feature = "p384")]
    #[test]
    fn steps_do_not_depend_on_the_number() {
        let curve = &super::super::curve::P384;
        let count = |private: u32| {
            let mut number = [private; WIDTH];
            number[11] >>= 1;
            let mut product = Product::new(curve);
            assert!(!product.step(), "nothing has begun");
            assert!(product.begin(curve, &number, None));
            let mut steps = 1;
            while product.step() {
                steps += 1;
            }
            steps
        };
        for private in [1, 2, 3, u32::MAX, 0x1234_5678] {
            assert_eq!(count(private), 383 + 192 + 383);
        }
    }
}
