//! ECDSA verification (FIPS 186-5 §6.4.2, SEC 1 §4.1.4) over P-256 and P-384.
//!
//! **Public data only**, hence `_vartime`. The curve is read from a table at run time: one code serves both.

use super::montgomery::{self, Modulus, Step, from_bytes, is_zero};

/// Words of the largest curve's numbers. Those of a smaller curve have zeros above.
const WIDTH: usize = if cfg!(feature = "p384") { 12 } else { 8 };

type Number = [u32; WIDTH];

/// A curve y² = x³ - 3x + b of prime order with a generator (x, y). All numbers have the same length, and the highest
/// bits of p and n are set.
pub struct Curve {
    p: &'static [u32],
    n: &'static [u32],
    b: &'static [u32],
    x: &'static [u32],
    y: &'static [u32],
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

/// Whether the DER signature fits the digest and the uncompressed point; false for anything wrong.
#[inline(never)] // its room on the stack must not lie below RSA's
pub fn verify_vartime(curve: &Curve, point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    let mut scalars = [[0; WIDTH]; 3];
    let mut machine = Machine::new(curve.p);
    if !find_scalars(&mut scalars, curve, digest, signature) || !machine.read_point(curve, point) {
        return false;
    }
    let [r, u1, u2] = &scalars;
    let q = machine.point(Qx);
    let g = [machine.field.enter(curve.x), machine.field.enter(curve.y)];
    let mut terms = [g, q, q];
    // No sum if q = -g: then there is nothing to add.
    let has_sum = machine.affine_sum(&mut terms);

    // u1 g + u2 q, bit by bit for both at once (Shamir's trick).
    machine.set(Z, &[0; WIDTH]);
    for bit in (0..32 * curve.n.len()).rev() {
        machine.run(DOUBLE);
        let bit = |u: &Number| (u.get(bit / 32).unwrap_or(&0) >> (bit % 32) & 1) as usize;
        match bit(u1) + 2 * bit(u2) {
            0 => {}
            3 if !has_sum => {}
            1 => machine.add(&terms[0]),
            2 => machine.add(&terms[1]),
            _ => machine.add(&terms[2]),
        }
    }
    // x mod n = r with x = X / Z² below p: without a division, x is r, or r + n if that is below p too.
    let mut r_plus_n = *r;
    let carry = Modulus::new(curve.n).add_once(&mut r_plus_n);
    let two = !carry && machine.field.modulus.contains(&r_plus_n);
    !machine.is_zero(Z) && (machine.has_x(r) || two && machine.has_x(&r_plus_n))
}

/// r, and what the generator and the public key are to be multiplied with: e / s and r / s modulo the order. False
/// unless the signature is strict DER and both numbers lie between 0 and the order.
#[inline(never)]
fn find_scalars(out: &mut [Number; 3], curve: &Curve, digest: &[u8], signature: &[u8]) -> bool {
    let Some((r_bytes, s_bytes)) = parse_signature(signature) else { return false };
    let order = Field::new(curve.n);
    let [r, u1, u2] = out;
    if !order.read(r, r_bytes) || !order.read(u2, s_bytes) {
        return false;
    }
    // multiply() divides by R, so a factor in Montgomery's form and one that is not give a plain product.
    let inverse = order.invert(&order.enter(u2));
    // The hash's leftmost bits, as many as the order has. It may be above the order: multiply() takes that.
    from_bytes(u1, digest.get(..4 * curve.n.len()).unwrap_or(digest));
    order.modulus.multiply(u1, &inverse);
    *u2 = *r;
    order.modulus.multiply(u2, &inverse);
    true
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

/// A prime field: of the coordinates, or of the scalars.
struct Field {
    modulus: Modulus<'static>,
    r_squared: Number,
}

impl Field {
    #[inline(never)]
    fn new(prime: &'static [u32]) -> Self {
        let modulus = Modulus::new(prime);
        let mut r_squared = [0; WIDTH];
        modulus.r_squared(&mut r_squared);
        Self { modulus, r_squared }
    }

    /// Into Montgomery's form; `a` has at least the modulus's length.
    #[inline(never)]
    fn enter(&self, a: &[u32]) -> Number {
        let mut out = self.r_squared;
        self.modulus.multiply(&mut out, a);
        out
    }

    /// 1 / a, both in Montgomery's form: a to the power of the modulus less two (Fermat). Euclid's algorithm takes half the
    /// time and 300 bytes more; it would save 6 % of a signature.
    #[inline(never)]
    fn invert(&self, a: &Number) -> Number {
        let mut power = *a; // for the highest bit, which is always set
        let n = self.modulus.n();
        for bit in (0..32 * n.len() - 1).rev() {
            self.modulus.square(&mut power);
            let minus = if bit < 32 { 2 } else { 0 }; // which borrows from no other word
            let word = n.get(bit / 32).unwrap_or(&0).wrapping_sub(minus);
            if word >> (bit % 32) & 1 == 1 {
                self.modulus.multiply(&mut power, a);
            }
        }
        power
    }

    /// A big-endian number; whether it is below the modulus.
    #[inline(never)]
    fn read(&self, number: &mut Number, bytes: &[u8]) -> bool {
        from_bytes(number, bytes);
        bytes.len() <= 4 * self.modulus.n().len() && self.modulus.contains(number)
    }
}

/// What the formulas calculate with: a point (X / Z², Y / Z³), at infinity where Z is zero; three temporaries; another
/// point (Qx, Qy). All in Montgomery's form, and below R, but perhaps not below p.
#[derive(Clone, Copy)]
enum Register {
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
type Formula = &'static [Step];

macro_rules! formula {
    (@ =) => { montgomery::COPY };
    (@ *=) => { montgomery::MULTIPLY };
    (@ +=) => { montgomery::ADD };
    (@ -=) => { montgomery::SUBTRACT };
    ($($to:ident $operator:tt $from:ident;)*) => {
        &[$($to as u8 | ($from as u8) << 3 | formula!(@ $operator) << 6),*]
    };
}

/// B = Qy² - (Qx³ - 3 Qx + X), zero on the curve, with the curve's constant in X and 1 in Z.
const EQUATION: Formula = formula! {
    A = Qx; A *= A; A -= Z; A -= Z; A -= Z; A *= Qx; A += X;
    B = Qy; B *= B; B -= A;
};

/// Doubles the point, for the curve's -3 and squares that take as long as products. Infinity stays infinity, and no
/// point has order 2.
const DOUBLE: Formula = formula! {
    A = Z; A *= A;                                              // delta = Z²
    Z *= Y; Z += Z;                                             // Z = 2 Y Z
    Y *= Y; Y += Y; B = Y; B *= B; B += B;                      // 2 gamma = 2 Y², B = 8 gamma²
    Y *= X; Y += Y;                                             // 4 beta = 4 X gamma
    C = X; C -= A; A += X; C *= A; A = C; C += C; C += A;       // alpha = 3 (X - delta) (X + delta)
    X = C; X *= X; X -= Y; X -= Y;                              // X = alpha² - 8 beta
    Y -= X; Y *= C; Y -= B;                                     // Y = alpha (4 beta - X) - 8 gamma²
};

/// Half of adding (Qx, Qy): A = h = Qx Z² - X, B = r = Qy Z³ - Y.
const DIFFERENCE: Formula = formula! {
    A = Z; A *= A; B = A; B *= Z; B *= Qy; B -= Y; A *= Qx; A -= X;
};

/// The other half.
const ADD: Formula = formula! {
    Z *= A;                                                     // Z = Z h
    C = A; C *= C; A *= C; C *= X;                              // h³ and v = X h²
    X = B; X *= X; X -= A; X -= C; X -= C;                      // X = r² - h³ - 2 v
    C -= X; C *= B; Y *= A; C -= Y; Y = C;                      // Y = r (v - X) - Y h³
};

/// A = -Qy
#[cfg(any(small_p256, test))]
const NEGATE: Formula = formula! { A = Qy; A -= Qy; A -= Qy; };

/// Makes (Qx, Qy) the point, but for Z.
const LOAD: Formula = formula! { X = Qx; Y = Qy; };

/// Makes the point affine, with 1 / Z in A.
const NORMALIZE: Formula = formula! { X *= A; X *= A; Y *= A; Y *= A; Y *= A; };

/// A = A Z² - X, zero if A is the point's affine x.
const COMPARE: Formula = formula! { A *= Z; A *= Z; A -= X; };

type Affine = [Number; 2];

/// A point and what it takes to calculate with it: 384 bytes, besides the field.
struct Machine {
    field: Field,
    registers: [Number; 8],
}

impl Machine {
    fn new(prime: &'static [u32]) -> Self {
        Self { field: Field::new(prime), registers: [[0; WIDTH]; 8] }
    }

    #[inline(never)]
    fn run(&mut self, formula: Formula) {
        self.field.modulus.run(&mut self.registers, formula);
    }

    #[inline(never)]
    fn set(&mut self, register: Register, value: &Number) {
        self.registers[register as usize] = *value;
    }

    #[inline(never)]
    fn is_zero(&mut self, register: Register) -> bool {
        let number = &mut self.registers[register as usize];
        self.field.modulus.reduce(number);
        is_zero(number)
    }

    /// The point in this register and the next one.
    fn point(&self, x: Register) -> Affine {
        let i = x as usize & 6;
        [self.registers[i], self.registers[i + 1]]
    }

    fn set_to_one(&mut self, register: Register) {
        let mut one = [0; WIDTH];
        one[0] = 1;
        let one = self.field.enter(&one);
        self.set(register, &one);
    }

    /// Loads (Qx, Qy) with an uncompressed point on the curve (SEC 1 §2.3.4). The cofactor is 1: every such point has the
    /// order n.
    #[inline(never)]
    fn read_point(&mut self, curve: &Curve, bytes: &[u8]) -> bool {
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

    /// Adds q with every special case: infinity, q itself, -q.
    #[inline(never)]
    fn add(&mut self, q: &Affine) {
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

    /// Makes the third the sum of the others; false if it is infinity.
    #[inline(never)]
    fn affine_sum(&mut self, terms: &mut [Affine; 3]) -> bool {
        let [g, q, sum] = terms;
        self.set(Z, &[0; WIDTH]);
        self.add(g);
        self.add(q);
        if self.is_zero(Z) {
            return false;
        }
        self.normalize();
        *sum = self.point(X);
        true
    }

    #[inline(never)]
    fn normalize(&mut self) {
        let inverse = self.field.invert(&self.registers[Z as usize]);
        self.set(A, &inverse);
        self.run(NORMALIZE);
    }

    /// Adds ±table[0] or ±table[1], the second one where `second` has ones instead of zeros, with a minus where `minus` has.
    /// Constant-time, but the sum must be neither that point nor its negative.
    #[cfg(any(small_p256, test))]
    fn add_secret(&mut self, table: &[Affine; 2], second: u32, minus: u32, formulas: &[Formula]) {
        for (register, (a, b)) in [Qx, Qy].into_iter().zip(table[0].iter().zip(&table[1])) {
            self.choose(register, a, b, second);
        }
        self.run(NEGATE);
        let [y, negative] = [self.registers[Qy as usize], self.registers[A as usize]];
        self.choose(Qy, &y, &negative, minus);
        formulas.iter().for_each(|formula| self.run(formula));
    }

    /// Takes the second number where the mask has ones.
    #[cfg(any(small_p256, test))]
    #[inline(never)]
    fn choose(&mut self, register: Register, a: &Number, b: &Number, mask: u32) {
        for (to, (a, b)) in self.registers[register as usize].iter_mut().zip(a.iter().zip(b)) {
            *to = a ^ mask & (a ^ b);
        }
    }

    /// The point times a scalar from 1 to below the order, as coordinates in Montgomery's form in X and Y. The scalar is odd,
    /// which makes it a sum of plus or minus every power of two: plus where the next bit is set. Two of these at a time, those
    /// at a place and `stride` above it: the sum of table[1] or their difference, table[0].
    #[cfg(any(small_p256, test))]
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
                self.set_to_one(Z);
                formulas = &[DIFFERENCE, ADD];
            }
            for _ in 0..step {
                self.run(DOUBLE);
            }
        }
        // Twice the same point, with 2 and with the scalar that the order makes -2 or -6 (nobody ever draws them).
        if self.is_zero(Z) {
            self.run(LOAD);
            self.set_to_one(Z);
            self.run(DOUBLE);
        }
        self.normalize();
    }

    #[inline(never)]
    fn has_x(&mut self, candidate: &Number) -> bool {
        let candidate = self.field.enter(candidate);
        self.set(A, &candidate);
        self.run(COMPARE);
        self.is_zero(A)
    }
}

/// Keys and agreements over P-256 with the same code, where that is what it is for. Constant-time in the private number.
#[cfg(any(small_p256, test))]
pub mod agreement {
    use super::super::{KeyAgreement, wipe};
    use super::*;
    use crate::crypto::montgomery::subtract;

    /// ECDH over P-256 (SEC 1 §3.3.1, RFC 8446 §7.4.2). The private number is little-endian words.
    pub struct P256([u32; 8]);

    impl Drop for P256 {
        fn drop(&mut self) {
            wipe(&mut self.0);
        }
    }

    impl KeyAgreement for P256 {
        fn from_private(private: &[u8; 32]) -> Option<Self> {
            let mut key = Self([0; 8]);
            from_bytes(&mut key.0, private);
            let mut rest = key.0;
            let below = subtract(&mut rest, super::P256.n);
            wipe(&mut rest);
            (below && key.0.iter().fold(0, |all, word| all | word) != 0).then_some(key)
        }

        fn public(&self, out: &mut [u8; 65]) -> usize {
            let mut table = [[[0; WIDTH]; 2]; 2];
            for (to, from) in table.as_flattened_mut().iter_mut().zip(&COMB) {
                to[..8].copy_from_slice(from);
            }
            out[0] = 4;
            self.multiply(&mut Machine::new(super::P256.p), &table, 128, &mut out[1..]);
            65
        }

        fn agree(&self, peer: &[u8]) -> Option<[u8; 32]> {
            let mut machine = Machine::new(super::P256.p);
            if !machine.read_point(&super::P256, peer) {
                return None;
            }
            // The point, and three times it.
            let point = machine.point(Qx);
            machine.set(Z, &[0; WIDTH]);
            machine.add(&point);
            machine.run(DOUBLE);
            machine.add(&point);
            machine.normalize();
            let table = [point, machine.point(X)];
            let mut shared = [0; 32];
            self.multiply(&mut machine, &table, 1, &mut shared);
            Some(shared)
        }
    }

    impl P256 {
        /// Writes x, and y if there is room.
        fn multiply(&self, machine: &mut Machine, table: &[Affine; 2], stride: usize, out: &mut [u8]) {
            let even = (self.0[0] & 1).wrapping_sub(1);
            let mut negative = [0; 8];
            negative.copy_from_slice(super::P256.n);
            subtract(&mut negative, &self.0);
            let mut scalar = [1; 9]; // a one behind it
            for (to, (a, b)) in scalar.iter_mut().zip(self.0.iter().zip(&negative)) {
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
            machine.choose(Y, &y, &negative, even);
            for (bytes, register) in out.as_chunks_mut::<32>().0.iter_mut().zip([X, Y]) {
                y = [0; WIDTH];
                y[0] = 1;
                machine.field.modulus.multiply(&mut y, &machine.registers[register as usize]);
                machine.field.modulus.reduce(&mut y);
                for (byte, word) in bytes.as_chunks_mut().0.iter_mut().zip(y[..8].iter().rev()) {
                    *byte = word.to_be_bytes();
                }
            }
            wipe(&mut y);
            wipe(machine.registers.as_flattened_mut());
        }
    }

    /// The generator times 2^128 - 1, and times 2^128 + 1, in Montgomery's form: x and y each.
    static COMB: [[u32; 8]; 4] = [
        [0x487c_3a4e, 0x52de_cc76, 0x8986_f225, 0x922a_2fbb, 0x7c97_942c, 0xb125_600d, 0x2701_bdf5, 0x20ca_2bb8],
        [0x7561_ee13, 0x433e_d0c2, 0xa47c_a69e, 0xd473_d407, 0x196b_2c6f, 0x10b5_24a0, 0x805d_d3e3, 0xbb80_ab79],
        [0x2cb1_9ffd, 0x1c89_1f2b, 0xb192_3c23, 0x01ba_8d5b, 0x8ac5_ca8e, 0xb6d0_3d67, 0x1f13_bedc, 0x586e_b04c],
        [0x27e8_ed09, 0x0c35_c6e5, 0x1819_ede2, 0x1e81_a33c, 0x56c6_52fa, 0x278f_d6c0, 0x7086_4f11, 0x19d5_ac08],
    ];
}

#[cfg(test)]
mod tests {
    use super::super::testing::hex;

    /// Keys and agreements as the p256 crate makes them, with numbers at the edges: the additions that have no formula, both
    /// signs, and a private number that is none.
    #[test]
    fn agreements_as_the_p256_crate() {
        use super::super::{KeyAgreement, host};
        let n = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        let mut tried = 0;
        for i in 0..120u8 {
            let mut private: [u8; 32] =
                core::array::from_fn(|j| (j as u8 ^ 0x5a).wrapping_mul(2 * i + 1).rotate_left(3) ^ i);
            if i < 20 {
                private = [0; 32];
                private[31 - usize::from(i % 2) * 16] = i / 2;
            } else if i < 40 {
                private.copy_from_slice(&n);
                private[31] = 0x53u8.wrapping_sub(i - 20); // from n + 2 down
            }
            let (ours, theirs) = (agreement::P256::from_private(&private), host::P256::from_private(&private));
            assert_eq!(ours.is_some(), theirs.is_some(), "{private:x?}");
            let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
            let (mut a, mut b) = ([0; 65], [0; 65]);
            assert_eq!((ours.public(&mut a), a), (theirs.public(&mut b), b), "{private:x?}");
            for peer in [3, 77] {
                let mut point = [0; 65];
                host::P256::from_private(&[peer; 32]).unwrap().public(&mut point);
                assert_eq!(ours.agree(&point), theirs.agree(&point), "{private:x?}");
                // (x, -y) and off the curve
                point[64] ^= 1;
                assert_eq!(ours.agree(&point), None);
            }
            assert_eq!(ours.agree(&a), theirs.agree(&a), "{private:x?}");
            let mut zero = [0; 65];
            zero[0] = 4;
            zero[33..].copy_from_slice(&hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"));
            assert_eq!(ours.agree(&zero), theirs.agree(&zero), "{private:x?}");
            tried += 1;
        }
        assert!(tried > 110, "{tried}");
    }
    use super::*;
    use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
    use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};

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
            assert!(verify_vartime(&P256, point.as_bytes(), &digest, &bytes[..len]));
            for bit in (usize::from(i)..8 * len).step_by(11) {
                bytes[bit / 8] ^= 1 << (bit % 8);
                let theirs = DerSignature::from_bytes(&bytes[..len])
                    .is_ok_and(|signature| public.verify_prehash(&digest, &signature).is_ok());
                let ours = verify_vartime(&P256, point.as_bytes(), &digest, &bytes[..len]);
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
                    assert!(verify_vartime(&P256, point, &[e; 32], signature), "{negative} {e}");
                    assert!(!verify_vartime(&P256, point, &[e ^ 4; 32], signature));
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
        let check = |point: &[u8]| verify_vartime(&P256, point, &[1; 32], signature.as_bytes());
        assert!(check(&point[..65]));
        assert!(!check(&point[..64]) && !check(&point) && !check(&point[..33]) && !check(&[]));
        for first in [0, 2, 3, 5, 6, 7] {
            point[0] = first;
            assert!(!check(&point[..65]), "{first}");
        }
        let mut machine = Machine::new(P256.p);
        point[0] = 4;
        assert!(machine.read_point(&P256, &point[..65]));
        for bit in 0..512 {
            point[1 + bit / 8] ^= 1 << (bit % 8);
            assert!(!machine.read_point(&P256, &point[..65]), "not on the curve: {bit}");
            point[1 + bit / 8] ^= 1 << (bit % 8);
        }
        // (0, sqrt b) is on the curve, (p, sqrt b) says the same with a number that is not below p.
        point[1..33].copy_from_slice(&[0; 32]);
        let root = hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
        point[33..65].copy_from_slice(&root);
        assert!(machine.read_point(&P256, &point[..65]));
        let p = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
        point[1..33].copy_from_slice(&p);
        assert!(!machine.read_point(&P256, &point[..65]));
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
