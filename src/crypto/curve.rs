//! The curves P-256 and P-384 (FIPS 186-5 §3.2.1), and a machine that calculates with their points: what ECDSA and the
//! key agreement share. The curve is read from a table at run time: one code serves both.
//!
//! The machine takes the same time for all numbers where its field is made for secrets, and on the chip only. What reads,
//! compares or adds points with special cases is variable time on public data, and says so.

use super::montgomery::{self, Modulus, Step, from_bytes, is_zero};

/// Words of the largest curve's numbers. Those of a smaller curve have zeros above.
pub const WIDTH: usize = if cfg!(feature = "p384") { 12 } else { 8 };

/// Least significant word first.
pub type Number = [u32; WIDTH];

/// A curve y² = x³ - 3x + b of prime order with a generator (x, y). All numbers have the same length, and the highest
/// bits of p and n are set.
pub struct Curve {
    pub p: &'static [u32],
    pub n: &'static [u32],
    b: &'static [u32],
    pub x: &'static [u32],
    pub y: &'static [u32],
}

/// NIST P-256 (FIPS 186-5 §3.2.1.3).
pub const P256: Curve = Curve {
    p: &[0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0x0000_0000, 0x0000_0000, 0x0000_0000, 0x0000_0001, 0xffff_ffff],
    n: &[0xfc63_2551, 0xf3b9_cac2, 0xa717_9e84, 0xbce6_faad, 0xffff_ffff, 0xffff_ffff, 0x0000_0000, 0xffff_ffff],
    b: &[0x27d2_604b, 0x3bce_3c3e, 0xcc53_b0f6, 0x651d_06b0, 0x7698_86bc, 0xb3eb_bd55, 0xaa3a_93e7, 0x5ac6_35d8],
    x: &[0xd898_c296, 0xf4a1_3945, 0x2deb_33a0, 0x7703_7d81, 0x63a4_40f2, 0xf8bc_e6e5, 0xe12c_4247, 0x6b17_d1f2],
    y: &[0x37bf_51f5, 0xcbb6_4068, 0x6b31_5ece, 0x2bce_3357, 0x7c0f_9e16, 0x8ee7_eb4a, 0xfe1a_7f9b, 0x4fe3_42e2],
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
    x: &[
        0x7276_0ab7,
        0x3a54_5e38,
        0xbf55_296c,
        0x5502_f25d,
        0x8254_2a38,
        0x59f7_41e0,
        0x8ba7_9b98,
        0x6e1d_3b62,
        0xf320_ad74,
        0x8eb1_c71e,
        0xbe8b_0537,
        0xaa87_ca22,
    ],
    y: &[
        0x90ea_0e5f,
        0x7a43_1d7c,
        0x1d7e_819d,
        0x0a60_b1ce,
        0xb5f0_b8c0,
        0xe9da_3113,
        0x289a_147c,
        0xf8f4_1dbd,
        0x9292_dc29,
        0x5d9e_98bf,
        0x9626_2c6f,
        0x3617_de4a,
    ],
};

/// A prime field: of the coordinates, or of the scalars.
pub struct Field {
    pub modulus: Modulus<'static>,
    r_squared: Number,
}

impl Field {
    #[inline(never)]
    pub fn new(prime: &'static [u32]) -> Self {
        let modulus = Modulus::new(prime);
        let mut r_squared = [0; WIDTH];
        modulus.r_squared(&mut r_squared);
        Self { modulus, r_squared }
    }

    /// Into Montgomery's form; `a` has at least the modulus's length.
    #[inline(never)]
    pub fn enter(&self, a: &[u32]) -> Number {
        let mut out = self.r_squared;
        self.modulus.multiply(&mut out, a);
        out
    }

    /// 1 / a, both in Montgomery's form: a to the power of the modulus less two (Fermat). Euclid's algorithm takes half the
    /// time and 300 bytes more; it would save 6 % of a signature.
    #[inline(never)]
    pub fn invert(&self, a: &Number) -> Number {
        let mut power = *a;
        for bit in (0..self.inversion_steps()).rev() {
            self.invert_step(&mut power, a, bit);
        }
        power
    }

    /// How many steps an inversion takes: the power is `a` for the exponent's highest bit, which is always set.
    pub fn inversion_steps(&self) -> usize {
        32 * self.modulus.n().len() - 1
    }

    /// Goes on with the exponent's next bit, the last one being 0.
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
    X,
    Y,
    Z,
    A,
    B,
    C,
    Qx,
    Qy,
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
pub(super) use formula;

/// B = Qy² - (Qx³ - 3 Qx + X), zero on the curve, with the curve's constant in X and 1 in Z.
const EQUATION: Formula = formula! {
    A = Qx; A *= A; A -= Z; A -= Z; A -= Z; A *= Qx; A += X;
    B = Qy; B *= B; B -= A;
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

/// Makes (Qx, Qy) the point, but for Z.
pub const LOAD: Formula = formula! { X = Qx; Y = Qy; };

/// Makes the point affine, with 1 / Z in A.
pub const NORMALIZE: Formula = formula! { X *= A; X *= A; Y *= A; Y *= A; Y *= A; };

/// x and y in Montgomery's form.
pub type Affine = [Number; 2];

/// A point and what it takes to calculate with it: 384 bytes, besides the field.
pub struct Machine {
    pub field: Field,
    pub registers: [Number; 8],
}

impl Machine {
    pub fn new(prime: &'static [u32]) -> Self {
        Self { field: Field::new(prime), registers: [[0; WIDTH]; 8] }
    }

    #[inline(never)]
    pub fn run(&mut self, formula: Formula) {
        self.field.modulus.run(&mut self.registers, formula);
    }

    #[inline(never)]
    pub fn set(&mut self, register: Register, value: &Number) {
        self.registers[register as usize] = *value;
    }

    #[inline(never)]
    pub fn is_zero(&mut self, register: Register) -> bool {
        let number = &mut self.registers[register as usize];
        self.field.modulus.reduce(number);
        is_zero(number)
    }

    /// The point in this register and the next one.
    pub fn point(&self, x: Register) -> Affine {
        let i = x as usize & 6;
        [self.registers[i], self.registers[i + 1]]
    }

    pub fn set_to_one(&mut self, register: Register) {
        let mut one = [0; WIDTH];
        one[0] = 1;
        let one = self.field.enter(&one);
        self.set(register, &one);
    }

    /// Loads (Qx, Qy) with an uncompressed point on the curve (SEC 1 §2.3.4). The cofactor is 1: every such point has the
    /// order n. Variable time on public data.
    #[inline(never)]
    pub fn read_point(&mut self, curve: &Curve, bytes: &[u8]) -> bool {
        let size = 4 * curve.p.len();
        if bytes.len() != 1 + 2 * size || bytes.first() != Some(&4) {
            return false;
        }
        for (register, at) in [(Qx, 1), (Qy, 1 + size)] {
            let mut coordinate = [0; WIDTH];
            if !self.field.read(&mut coordinate, bytes.get(at..at + size).unwrap_or_default()) {
                return false;
            }
            let coordinate = self.field.enter(&coordinate);
            self.set(register, &coordinate);
        }
        let constant = self.field.enter(curve.b);
        self.set(X, &constant);
        self.set_to_one(Z);
        self.run(EQUATION);
        self.is_zero(B)
    }

    /// Adds q with every special case: infinity, q itself, -q. Variable time on public data.
    #[inline(never)]
    pub fn add(&mut self, q: &Affine) {
        self.set(Qx, &q[0]);
        self.set(Qy, &q[1]);
        if self.is_zero(Z) {
            self.run(LOAD);
            return self.set_to_one(Z);
        }
        self.run(DIFFERENCE);
        if !self.is_zero(A) {
            self.run(ADD);
        } else if self.is_zero(B) {
            self.run(DOUBLE);
        } else {
            self.set(Z, &[0; WIDTH]);
        }
    }

    #[inline(never)]
    pub fn normalize(&mut self) {
        let inverse = self.field.invert(&self.registers[Z as usize]);
        self.set(A, &inverse);
        self.run(NORMALIZE);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::hex;
    use super::*;
    use p256::ecdsa::{SigningKey, VerifyingKey};

    #[test]
    fn points_that_are_none_are_refused() {
        let mut point = [0; 65];
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        point.copy_from_slice(VerifyingKey::from(&key).to_encoded_point(false).as_bytes());
        let mut machine = Machine::new(P256.p);
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
        let mut machine = Machine::new(P256.p);
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
