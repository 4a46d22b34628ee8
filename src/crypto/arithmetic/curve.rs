//! Variable time on public data, constant time where the field takes secrets: the curves P-256 and P-384 (FIPS 186-5
//! §3.2.1), and a machine that calculates with their points, which ECDSA and the key agreement share. The curve is
//! read from a table at run time: one code serves both.
//!
//! The machine takes the same time for all numbers where its field is made for secrets, and on the chip only. What
//! reads, compares or adds points with special cases is variable time on public data, and says so.

use crate::crypto::arithmetic::montgomery::{self, Modulus, Step, from_bytes, is_odd, is_zero, less, subtract};

/// Words of the largest curve's numbers. Those of a smaller curve have zeros above.
pub const WIDTH: usize = if cfg!(feature = "p384") { 12 } else { 8 };

/// Least significant word first.
pub type Number = [u32; WIDTH];

/// A curve y² = x³ - 3x + b of prime order with a generator. p, n and b have the same length, and the highest bits of p
/// and n are set.
pub struct Curve {
    pub p: &'static [u32],
    pub n: &'static [u32],
    /// In Montgomery's form.
    b: &'static [u32],
    /// Its y and x, in Montgomery's form.
    pub generator: [Number; 2],
}

/// The words, and zeros above.
#[cfg_attr(all(cortex_m4, not(small_p256)), allow(dead_code))]
const fn number(words: &[u32; 8]) -> Number {
    let mut number = [0; WIDTH];
    let mut i = 0;
    while i < words.len() {
        number[i] = words[i];
        i += 1;
    }
    number
}

/// NIST P-256 (FIPS 186-5 §3.2.1.3).
#[rustfmt::skip]
#[cfg_attr(all(cortex_m4, not(small_p256)), allow(dead_code))]
pub const P256: Curve = Curve {
    p: &[0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0x0000_0000, 0x0000_0000, 0x0000_0000, 0x0000_0001, 0xffff_ffff],
    n: &[0xfc63_2551, 0xf3b9_cac2, 0xa717_9e84, 0xbce6_faad, 0xffff_ffff, 0xffff_ffff, 0x0000_0000, 0xffff_ffff],
    b: &[0x29c4_bddf, 0xd89c_df62, 0x7884_3090, 0xacf0_05cd, 0xf721_2ed6, 0xe5a2_20ab, 0x0487_4834, 0xdc30_061d],
    generator: [
        number(&[
            0xce95_560a, 0xddf2_5357, 0xba19_e45c, 0x8b4a_b8e4, 0xdd21_f325, 0xd2e8_8688, 0x2588_5d85, 0x8571_ff18,
        ]),
        number(&[
            0x18a9_143c, 0x79e7_30d4, 0x5fed_b601, 0x75ba_95fc, 0x7762_2510, 0x79fb_732b, 0xa537_55c6, 0x1890_5f76,
        ]),
    ],
};

/// NIST P-384 (FIPS 186-5 §3.2.1.4).
#[rustfmt::skip]
#[cfg(feature = "p384")]
pub const P384: Curve = Curve {
    p: &[
        0xffff_ffff, 0x0000_0000, 0x0000_0000, 0xffff_ffff, 0xffff_fffe, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff,
        0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff,
    ],
    n: &[
        0xccc5_2973, 0xecec_196a, 0x48b0_a77a, 0x581a_0db2, 0xf437_2ddf, 0xc763_4d81, 0xffff_ffff, 0xffff_ffff,
        0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff,
    ],
    b: &[
        0x9d41_2dcc, 0x0811_8871, 0x7a4c_32ec, 0xf729_add8, 0x1920_022e, 0x77f2_209b, 0x9493_8ae2, 0xe337_4bee,
        0x1f02_2094, 0xb62b_21f4, 0x604f_bff9, 0xcd08_114b,
    ],
    generator: [
        [
            0x4b03_a4fe, 0x2304_3dad, 0x7bb4_a9ac, 0xa1bf_a8bf, 0x2e83_b050, 0x8bad_e756, 0x68f4_ffd9, 0xc6c3_5219,
            0x3969_a840, 0xdd80_0226, 0x5a15_c5e9, 0x2b78_abc2,
        ],
        [
            0x49c0_b528, 0x3dd0_7566, 0xa0d6_ce38, 0x20e3_78e2, 0x541b_4d6e, 0x879c_3afc, 0x59a3_0eff, 0x6454_8684,
            0x614e_de2b, 0x812f_f723, 0x299e_1513, 0x4d3a_adc2,
        ],
    ],
};

/// A prime field: of the coordinates, or of the scalars.
pub struct Field {
    pub modulus: Modulus<'static>,
}

impl Field {
    /// 1 / a, both in Montgomery's form: a to the power of the modulus less two (Fermat).
    #[cfg(any(small_p256, test))]
    #[inline(never)]
    pub fn invert(&self, a: &Number) -> Number {
        let mut power = *a;
        for bit in (0..self.inversion_steps()).rev() {
            self.invert_step(&mut power, a, bit);
        }
        power
    }

    /// How many steps an inversion takes: the power is `a` for the exponent's highest bit, which is always set.
    #[cfg(any(own_agreement, test))]
    pub fn inversion_steps(&self) -> usize {
        32 * self.modulus.n().len() - 1
    }

    /// Goes on with the exponent's next bit, the last one being 0.
    #[cfg(any(own_agreement, test))]
    #[inline(never)]
    pub fn invert_step(&self, power: &mut Number, a: &Number, bit: usize) {
        self.modulus.square(power);
        let minus = if bit < 32 { 2 } else { 0 }; // which borrows from no other word
        let word = self.modulus.n().get(bit / 32).unwrap_or(&0).wrapping_sub(minus);
        if word >> (bit % 32) & 1 == 1 {
            self.modulus.multiply(power, a);
        }
    }

    /// Reads a big-endian number; whether it is below the modulus. Variable time on public data.
    #[inline(never)]
    pub fn read(&self, number: &mut Number, bytes: &[u8]) -> bool {
        from_bytes(number, bytes);
        bytes.len() <= 4 * self.modulus.n().len() && self.modulus.contains(number)
    }
}

/// What the formulas calculate with: a point (X / Z², Y / Z³), at infinity where Z is zero; three temporaries; another
/// point (Qx, Qy). All in Montgomery's form, and below R, but perhaps not below p.
#[derive(Clone, Copy)]
pub enum Register {
    Y,
    X,
    Z,
    A,
    B,
    C,
    Qy,
    Qx,
}
use Register::*;

/// A byte a step: a tenth of what calls would take in flash.
pub type Formula = &'static [Step];

macro_rules! formula {
    (@ =) => { montgomery::COPY };
    (@ *=) => { montgomery::MULTIPLY };
    (@ +=) => { montgomery::ADD };
    (@ -=) => { montgomery::SUBTRACT };
    ($($to:ident $operator:tt $from:ident;)*) => {
        &[$($to as u8 | ($from as u8) << 3 | formula!(@ $operator) << 6),*]
    };
}
pub(in crate::crypto) use formula;

/// B = Qy² - (Qx³ - 3 Qx + X), zero on the curve, with the curve's constant in X and 1 in Z, which becomes 0.
const EQUATION: Formula = formula! {
    A = Qx; A *= A; A -= Z; A -= Z; A -= Z; A *= Qx; A += X;
    B = Qy; B *= B; B -= A; Z -= Z;
};

/// Doubles the point, for the curve's -3 and squares that take as long as products. Infinity stays infinity, and no
/// point has order 2.
pub const DOUBLE: Formula = formula! {
    A = Z; A *= A;                                              // delta = Z²
    Z *= Y; Z += Z;                                             // Z = 2 Y Z
    Y *= Y; Y += Y; B = Y; B *= B; B += B;                      // 2 gamma = 2 Y², B = 8 gamma²
    Y *= X; Y += Y;                                             // 4 beta = 4 X gamma
    C = X; C -= A; A += X; C *= A; A = C; C += C; C += A;       // alpha = 3 (X - delta) (X + delta)
    X = C; X *= X; X -= Y; X -= Y;                              // X = alpha² - 8 beta
    Y -= X; Y *= C; Y -= B;                                     // Y = alpha (4 beta - X) - 8 gamma²
};

/// Half of adding (Qx, Qy): A = h = Qx Z² - X, B = r = Qy Z³ - Y.
pub const DIFFERENCE: Formula = formula! {
    A = Z; A *= A; B = A; B *= Z; B *= Qy; B -= Y; A *= Qx; A -= X;
};

/// The other half.
pub const ADD: Formula = formula! {
    Z *= A;                                                     // Z = Z h
    C = A; C *= C; A *= C; C *= X;                              // h³ and v = X h²
    X = B; X *= X; X -= A; X -= C; X -= C;                      // X = r² - h³ - 2 v
    C -= X; C *= B; Y *= A; C -= Y; Y = C;                      // Y = r (v - X) - Y h³
};

/// A = -Qy
#[cfg(any(own_agreement, test))]
pub const NEGATE: Formula = formula! { A = Qy; A -= Qy; A -= Qy; };

/// Makes (Qx, Qy) the point, but for Z.
pub const LOAD: Formula = formula! { X = Qx; Y = Qy; };

/// Euclid's algorithm.
const BEGIN_EUCLID: Formula = formula! { Qy = Z; A -= A; };
const X_LESS_Y: Formula = formula! { Qx -= Qy; A -= B; };
const Y_LESS_X: Formula = formula! { Qy -= Qx; B -= A; };

/// Makes the point affine, with 1 / Z in A.
pub const NORMALIZE: Formula = formula! { X *= A; X *= A; Y *= A; Y *= A; Y *= A; };

/// A point and what it takes to calculate with it.
pub type Registers = [Number; 8];

/// Calculates in 384 bytes that are somebody else's.
pub struct Machine<'r> {
    pub field: Field,
    pub registers: &'r mut Registers,
}

impl<'r> Machine<'r> {
    #[inline(never)] // it is made where it stays
    pub fn new(prime: &'static [u32], registers: &'r mut Registers) -> Self {
        Self { field: Field { modulus: Modulus::new(prime) }, registers }
    }

    #[inline(never)]
    pub fn run(&mut self, formula: Formula) {
        self.field.modulus.run(self.registers, formula);
    }

    /// Sets a register, or this one and those that follow, to as many words.
    #[inline(never)]
    pub fn set(&mut self, register: Register, value: &[u32]) {
        let words = self.registers[register as usize..].as_flattened_mut();
        words.iter_mut().zip(value).for_each(|(to, from)| *to = *from);
    }

    /// Reads this register and those that follow.
    #[inline(never)]
    pub fn get(&self, register: Register, out: &mut [u32]) {
        let words = self.registers[register as usize..].as_flattened();
        out.iter_mut().zip(words).for_each(|(to, from)| *to = *from);
    }

    /// Sets a register to a small number, not in Montgomery's form.
    #[inline(never)]
    pub fn set_small(&mut self, register: Register, value: u32) {
        let number = &mut self.registers[register as usize];
        *number = [0; WIDTH];
        number[0] = value;
    }

    /// Brings a register into Montgomery's form. Variable time on public data.
    #[inline(never)]
    pub fn enter(&mut self, register: Register) {
        self.field.modulus.enter_vartime(&mut self.registers[register as usize]);
    }

    /// Brings a register below p.
    #[inline(never)]
    pub fn reduce(&mut self, register: Register) -> &Number {
        let number = &mut self.registers[register as usize];
        self.field.modulus.reduce(number);
        number
    }

    #[inline(never)]
    pub fn is_zero(&mut self, register: Register) -> bool {
        // The words above a shorter curve's can be anything. A constant where there is one curve.
        let len = if WIDTH == P256.p.len() { WIDTH } else { self.field.modulus.n().len() };
        self.reduce(register).get(..len).is_some_and(is_zero)
    }

    #[inline(never)]
    pub fn set_z_to_one(&mut self) {
        // R less p is 1 in Montgomery's form.
        self.set_small(Z, 0);
        subtract(&mut self.registers[Z as usize], self.field.modulus.n());
    }

    /// Loads (Qx, Qy) with the generator, and the point with infinity.
    #[inline(never)]
    pub fn begin(&mut self, curve: &Curve) {
        self.set(Qy, curve.generator.as_flattened());
        self.set_small(Z, 0);
    }

    /// Reads a coordinate; whether it is one.
    #[inline(never)]
    fn read(&mut self, register: Register, bytes: &[u8]) -> bool {
        let is_one = self.field.read(&mut self.registers[register as usize], bytes);
        self.enter(register);
        is_one
    }

    /// Loads (Qx, Qy) with an uncompressed point on the curve (SEC 1 §2.3.4), and the point with infinity. The cofactor
    /// is 1: every such point has the order n. Variable time on public data.
    #[inline(never)]
    pub fn read_point(&mut self, curve: &Curve, bytes: &[u8]) -> bool {
        let size = 4 * curve.p.len();
        let Some((x, y)) = bytes.strip_prefix(&[4]).and_then(|bytes| bytes.split_at_checked(size)) else {
            return false;
        };
        if y.len() != size || !self.read(Qx, x) || !self.read(Qy, y) {
            return false;
        }
        self.set(X, curve.b);
        self.set_z_to_one();
        self.run(EQUATION);
        self.is_zero(B)
    }

    /// Adds q with every special case: infinity, q itself, -q. Variable time on public data.
    #[inline(never)]
    pub fn add(&mut self, q: &[Number]) {
        self.set(Qy, q.as_flattened());
        self.add_q();
    }

    /// The same with (Qx, Qy). A sum with no special case takes the same time as any other.
    #[inline(never)]
    pub fn add_q(&mut self) {
        if self.is_zero(Z) {
            self.run(LOAD);
            return self.set_z_to_one();
        }
        self.run(DIFFERENCE);
        if !self.is_zero(A) {
            self.run(ADD);
        } else if self.is_zero(B) {
            self.run(DOUBLE);
        } else {
            self.set_small(Z, 0);
        }
    }

    /// Makes the point affine.
    #[cfg(any(small_p256, test))]
    #[inline(never)]
    pub fn normalize(&mut self) {
        let inverse = self.field.invert(&self.registers[Z as usize]);
        self.set(A, &inverse);
        self.run(NORMALIZE);
    }

    /// The same, in a time that depends on the point.
    #[inline(never)]
    pub fn normalize_vartime(&mut self) {
        self.invert_vartime();
        self.enter(A);
        self.enter(A);
        self.run(NORMALIZE);
    }

    /// A = 1 / Z, both as they are: not in Montgomery's form. By Euclid's algorithm, whose numbers go to B, Qy and Qx.
    /// Variable time on public data.
    #[inline(never)]
    pub fn invert_vartime(&mut self) {
        // Qy = B Z and Qx = A Z. Each round makes Qy or Qx smaller; one of them is odd.
        self.run(BEGIN_EUCLID);
        self.set_small(B, 1);
        self.set(Qx, self.field.modulus.n());
        loop {
            let [_, _, _, a, b, _, y, x] = &mut *self.registers;
            let modulus = &self.field.modulus;
            if !is_odd(y) {
                if is_zero(y) {
                    break;
                }
                modulus.halve_vartime(y);
                modulus.halve_vartime(b);
            } else if !is_odd(x) {
                modulus.halve_vartime(x);
                modulus.halve_vartime(a);
            } else {
                let formula = if less(y, x) { X_LESS_Y } else { Y_LESS_X };
                self.run(formula);
            }
        }
    }
}

/// Takes the other number where the mask has ones.
#[cfg(any(own_agreement, test))]
#[inline(never)]
pub fn choose(number: &mut [u32], other: &[u32], mask: u32) {
    for (to, other) in number.iter_mut().zip(other) {
        *to ^= mask & (*to ^ other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::testing::hex;
    use p256::ecdsa::{SigningKey, VerifyingKey};

    #[test]
    fn points_that_are_none_are_refused() {
        let mut point = [0; 65];
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        point.copy_from_slice(VerifyingKey::from(&key).to_encoded_point(false).as_bytes());
        let mut registers = [[!0; WIDTH]; 8]; // what was there before does not matter
        let mut machine = Machine::new(P256.p, &mut registers);
        assert!(machine.read_point(&P256, &point));
        for bit in 0..512 {
            point[1 + bit / 8] ^= 1 << (bit % 8);
            assert!(!machine.read_point(&P256, &point), "not on the curve: {bit}");
            point[1 + bit / 8] ^= 1 << (bit % 8);
        }
        // (0, sqrt b) is on the curve, (p, sqrt b) says the same with a number that is not below p.
        point[1..33].copy_from_slice(&[0; 32]);
        let root = hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
        point[33..65].copy_from_slice(&root);
        assert!(machine.read_point(&P256, &point));
        let p = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
        point[1..33].copy_from_slice(&p);
        assert!(!machine.read_point(&P256, &point));
    }

    /// A coordinate that begins with a zero byte keeps it.
    #[test]
    fn points_have_one_length() {
        let mut registers = Registers::default();
        let mut machine = Machine::new(P256.p, &mut registers);
        let point = (1..=u16::MAX)
            .map(|i| {
                let mut scalar = [1; 32];
                scalar[..2].copy_from_slice(&i.to_be_bytes());
                VerifyingKey::from(&SigningKey::from_slice(&scalar).unwrap()).to_encoded_point(false)
            })
            .find(|point| point.as_bytes()[33] == 0)
            .unwrap();
        let point = point.as_bytes();
        assert!(machine.read_point(&P256, point));
        let mut short = [0; 64];
        short[..33].copy_from_slice(&point[..33]);
        short[33..].copy_from_slice(&point[34..]);
        assert!(!machine.read_point(&P256, &short));
    }
}
