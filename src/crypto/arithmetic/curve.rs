//! Variable time on public data, constant time where the field takes secrets: the curves P-256 and P-384 (FIPS 186-5
//! §3.2.1), and a machine that calculates with their points, which ECDSA and the key agreement share. The curve is
//! read from a table at run time: one code serves both.
//!
//! The machine takes the same time for all numbers where its field is made for secrets, and on the chip only. What
//! reads, compares or adds points with special cases is variable time on public data, and says so.

use crate::crypto::arithmetic::montgomery::{self, Modulus, Step, from_bytes, is_odd, is_zero, less};

/// Words of the largest curve's numbers. Those of a smaller curve have zeros above.
pub const WIDTH: usize = if cfg!(feature = "p384") { 12 } else { 8 };

/// Least significant word first.
pub type Number = [u32; WIDTH];

/// A curve y² = x³ - 3x + b of prime order with a generator. All numbers have the same length, and the highest
/// bits of p and n are set.
pub struct Curve {
    pub p: &'static [u32],
    pub n: &'static [u32],
    b: &'static [u32],
    /// An uncompressed point.
    pub generator: &'static [u8],
}

/// NIST P-256 (FIPS 186-5 §3.2.1.3).
#[cfg_attr(all(cortex_m4, not(small_p256)), allow(dead_code))]
pub const P256: Curve = Curve {
    p: &[0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0x0000_0000, 0x0000_0000, 0x0000_0000, 0x0000_0001, 0xffff_ffff],
    n: &[0xfc63_2551, 0xf3b9_cac2, 0xa717_9e84, 0xbce6_faad, 0xffff_ffff, 0xffff_ffff, 0x0000_0000, 0xffff_ffff],
    b: &[0x27d2_604b, 0x3bce_3c3e, 0xcc53_b0f6, 0x651d_06b0, 0x7698_86bc, 0xb3eb_bd55, 0xaa3a_93e7, 0x5ac6_35d8],
    generator: b"\x04\
        \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\
        \xf4\xa1\x39\x45\xd8\x98\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\
        \x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5",
};

/// NIST P-384 (FIPS 186-5 §3.2.1.4).
#[cfg(feature = "p384")]
pub const P384: Curve = Curve {
    p: &[
        0xffff_ffff,
        0x0000_0000,
        0x0000_0000,
        0xffff_ffff,
        0xffff_fffe,
        0xffff_ffff,
        0xffff_ffff,
        0xffff_ffff,
        0xffff_ffff,
        0xffff_ffff,
        0xffff_ffff,
        0xffff_ffff,
    ],
    n: &[
        0xccc5_2973,
        0xecec_196a,
        0x48b0_a77a,
        0x581a_0db2,
        0xf437_2ddf,
        0xc763_4d81,
        0xffff_ffff,
        0xffff_ffff,
        0xffff_ffff,
        0xffff_ffff,
        0xffff_ffff,
        0xffff_ffff,
    ],
    b: &[
        0xd3ec_2aef,
        0x2a85_c8ed,
        0x8a2e_d19d,
        0xc656_398d,
        0x5013_875a,
        0x0314_088f,
        0xfe81_4112,
        0x181d_9c6e,
        0xe3f8_2d19,
        0x988e_056b,
        0xe23e_e7e4,
        0xb331_2fa7,
    ],
    generator: b"\x04\
        \xaa\x87\xca\x22\xbe\x8b\x05\x37\x8e\xb1\xc7\x1e\xf3\x20\xad\x74\x6e\x1d\x3b\x62\x8b\xa7\x9b\x98\
        \x59\xf7\x41\xe0\x82\x54\x2a\x38\x55\x02\xf2\x5d\xbf\x55\x29\x6c\x3a\x54\x5e\x38\x72\x76\x0a\xb7\
        \x36\x17\xde\x4a\x96\x26\x2c\x6f\x5d\x9e\x98\xbf\x92\x92\xdc\x29\xf8\xf4\x1d\xbd\x28\x9a\x14\x7c\
        \xe9\xda\x31\x13\xb5\xf0\xb8\xc0\x0a\x60\xb1\xce\x1d\x7e\x81\x9d\x7a\x43\x1d\x7c\x90\xea\x0e\x5f",
};

/// A prime field: of the coordinates, or of the scalars.
pub struct Field {
    pub modulus: Modulus<'static>,
    r_squared: Number,
}

impl Field {
    #[inline(never)]
    pub fn new(prime: &'static [u32]) -> Self {
        let mut field = Self { modulus: Modulus::new(prime), r_squared: [0; WIDTH] };
        field.r_squared[0] = 1;
        field.modulus.enter_vartime(&mut field.r_squared);
        field.modulus.enter_vartime(&mut field.r_squared);
        field
    }

    /// Brings a number into Montgomery's form.
    #[inline(never)]
    pub fn enter(&self, number: &mut Number) {
        self.modulus.multiply(number, &self.r_squared);
    }

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
        Self { field: Field::new(prime), registers }
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

    /// Brings a register into Montgomery's form.
    #[inline(never)]
    pub fn enter(&mut self, register: Register) {
        self.field.enter(&mut self.registers[register as usize]);
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
        self.set_small(Z, 1);
        self.enter(Z);
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
        self.enter(X);
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
