//! Arithmetic modulo an odd number in Montgomery's form, for verifying signatures: one core for the curves and RSA.
//!
//! Numbers are slices of 32-bit words, least significant first. **Public data only**: everything here branches on the
//! numbers, as `_vartime` in the callers' names says. Nothing indexes: iterators stop at the shorter side, so a wrong
//! length gives a wrong number, which no signature survives, and never a panic.

/// An odd modulus n > 1 of w words whose highest word is not zero, and -1/n modulo 2^32. R below is 2^(32 w).
pub struct Modulus<'a> {
    n: &'a [u32],
    minus_inverse: u32,
}

/// The loops that signatures are made of, by hand for the chip: what a compiler makes of them when it optimises for size
/// takes three times as long, and is not smaller. Each stops at the shortest slice, like the portable ones below.
#[cfg(all(target_arch = "arm", target_feature = "dsp"))]
mod rows {
    use core::arch::asm;

    /// a += b; returns the carry.
    #[inline(never)]
    pub fn add(a: &mut [u32], b: &[u32]) -> bool {
        let len = a.len().min(b.len());
        let mut carry = 0u32;
        if len != 0 {
            let to = a.as_mut_ptr();
            // SAFETY: reads and writes `len` words of a, reads `len` words of b. TEQ leaves the carry alone.
            unsafe {
                asm!("adds {x}, {c}, #0", "2:", "ldr {c}, [{a}]", "ldr {x}, [{b}], #4", "adcs {c}, {c}, {x}",
                    "str {c}, [{a}], #4", "teq {a}, {end}", "bne 2b", "mov {c}, #0", "adc {c}, {c}, #0",
                    a = inout(reg) to => _, b = inout(reg) b.as_ptr() => _, end = in(reg) to.add(len),
                    c = inout(reg) carry, x = out(reg) _, options(nostack));
            }
        }
        carry != 0
    }

    /// a -= b; returns the borrow.
    #[inline(never)]
    pub fn subtract(a: &mut [u32], b: &[u32]) -> bool {
        let len = a.len().min(b.len());
        let mut borrow = 0u32;
        if len != 0 {
            let to = a.as_mut_ptr();
            // SAFETY: as above. On this processor a set carry means no borrow.
            unsafe {
                asm!("cmp {c}, {c}", "2:", "ldr {c}, [{a}]", "ldr {x}, [{b}], #4", "sbcs {c}, {c}, {x}",
                    "str {c}, [{a}], #4", "teq {a}, {end}", "bne 2b", "sbc {c}, {c}, {c}",
                    a = inout(reg) to => _, b = inout(reg) b.as_ptr() => _, end = in(reg) to.add(len),
                    c = inout(reg) borrow, x = out(reg) _, options(nostack));
            }
        }
        borrow != 0
    }

    /// out = (out + a b + n m + 2^32w top) / 2^32 with the m that makes the lowest word zero; returns the new top. The
    /// three numbers have the same length.
    #[inline(always)]
    pub fn multiply(out: &mut [u32], a: &[u32], n: &[u32], b: u32, minus_inverse: u32, top: bool) -> bool {
        let len = out.len().min(a.len()).min(n.len());
        let (mut carry_a, mut carry_n) = (0u32, 0u32);
        if len == 0 {
            return false;
        }
        // SAFETY: reads `len` words of each, writes words 0 to len - 2 of out. Three loads in a row take four cycles
        // where three by themselves take six.
        let last = unsafe {
            let to = out.as_mut_ptr();
            let last = to.add(len - 1);
            asm!("ldr {t}, [{out}]", "ldr {x}, [{a}]", "ldr {y}, [{n}]", "umaal {t}, {ca}, {x}, {b}",
                "mul {m}, {m}, {t}", "umaal {t}, {cn}, {y}, {m}", "cmp {out}, {last}", "beq 3f",
                "2:", "ldr {t}, [{out}, #4]", "ldr {x}, [{a}, #4]!", "ldr {y}, [{n}, #4]!",
                "umaal {t}, {ca}, {x}, {b}", "umaal {t}, {cn}, {y}, {m}", "str {t}, [{out}], #4",
                "cmp {out}, {last}", "bne 2b", "3:",
                out = inout(reg) to => _, a = inout(reg) a.as_ptr() => _, n = inout(reg) n.as_ptr() => _,
                last = in(reg) last, b = in(reg) b, m = inout(reg) minus_inverse => _, ca = inout(reg) carry_a,
                cn = inout(reg) carry_n, t = out(reg) _, x = out(reg) _, y = out(reg) _, options(nostack));
            &mut *last
        };
        let sum = u64::from(carry_a) + u64::from(carry_n) + u64::from(top);
        *last = sum as u32;
        sum >> 32 != 0
    }
}

/// The same in Rust, for every other machine.
#[cfg(not(all(target_arch = "arm", target_feature = "dsp")))]
mod rows {
    /// `a * b + c + d`, low word and high word: fits exactly. One instruction, UMAAL, on a Cortex-M4.
    fn multiply_accumulate(a: u32, b: u32, c: u32, d: u32) -> (u32, u32) {
        let sum = u64::from(a) * u64::from(b) + u64::from(c) + u64::from(d);
        (sum as u32, (sum >> 32) as u32)
    }

    /// a += b; returns the carry.
    pub fn add(a: &mut [u32], b: &[u32]) -> bool {
        let mut carry = false;
        for (a, b) in a.iter_mut().zip(b) {
            let sum = u64::from(*a) + u64::from(*b) + u64::from(carry);
            *a = sum as u32;
            carry = sum >> 32 != 0;
        }
        carry
    }

    /// a -= b; returns the borrow.
    pub fn subtract(a: &mut [u32], b: &[u32]) -> bool {
        let mut borrow = false;
        for (a, b) in a.iter_mut().zip(b) {
            let difference = u64::from(*a).wrapping_sub(u64::from(*b)).wrapping_sub(u64::from(borrow));
            *a = difference as u32;
            borrow = difference >> 32 != 0;
        }
        borrow
    }

    /// out = (out + a b + n m + 2^32w top) / 2^32 with the m that makes the lowest word zero; returns the new top. The
    /// three numbers have the same length. The division moves each word one place down.
    pub fn multiply(out: &mut [u32], a: &[u32], n: &[u32], b: u32, minus_inverse: u32, top: bool) -> bool {
        let mut words = out.iter_mut().zip(a.iter().zip(n));
        let Some((mut place, (a, n))) = words.next() else { return false };
        let (low, mut carry_a) = multiply_accumulate(*a, b, *place, 0);
        let m = low.wrapping_mul(minus_inverse);
        let (_, mut carry_n) = multiply_accumulate(*n, m, low, 0);
        for (word, (a, n)) in words {
            let (sum, high) = multiply_accumulate(*a, b, *word, carry_a);
            carry_a = high;
            let (sum, high) = multiply_accumulate(*n, m, sum, carry_n);
            carry_n = high;
            *place = sum;
            place = word;
        }
        let sum = u64::from(carry_a) + u64::from(carry_n) + u64::from(top);
        *place = sum as u32;
        sum >> 32 != 0
    }
}

use rows::{add, subtract};

/// a < b
fn less(a: &[u32], b: &[u32]) -> bool {
    a.iter().zip(b).rev().find(|(a, b)| a != b).is_some_and(|(a, b)| a < b)
}

/// Whether the number is zero.
pub fn is_zero(a: &[u32]) -> bool {
    a.iter().all(|word| *word == 0)
}

/// Halves a, whose next higher bit is `top`.
fn halve(a: &mut [u32], top: bool) {
    let mut carry = u32::from(top);
    for word in a.iter_mut().rev() {
        (*word, carry) = (*word >> 1 | carry << 31, *word & 1);
    }
}

/// Reads a big-endian number of at most 4 bytes a word.
#[inline(never)]
pub fn from_bytes(out: &mut [u32], bytes: &[u8]) {
    out.fill(0);
    for (i, byte) in bytes.iter().rev().enumerate() {
        if let Some(word) = out.get_mut(i / 4) {
            *word |= u32::from(*byte) << (8 * (i % 4));
        }
    }
}

impl<'a> Modulus<'a> {
    /// See [`Modulus`] for what n must be.
    pub fn new(n: &'a [u32]) -> Self {
        let low = n.first().copied().unwrap_or(1);
        // Newton: each round doubles the number of right bits, and an odd number is its own inverse modulo 8.
        let mut inverse = low;
        for _ in 0..4 {
            inverse = inverse.wrapping_mul(2u32.wrapping_sub(low.wrapping_mul(inverse)));
        }
        Self { n, minus_inverse: inverse.wrapping_neg() }
    }

    /// Words of n.
    pub fn len(&self) -> usize {
        self.n.len()
    }

    /// a += n without reduction; returns the carry.
    pub fn add_once(&self, a: &mut [u32]) -> bool {
        add(self.trim(a), self.n)
    }

    /// Whether a < n: whether a is a residue at all.
    pub fn contains(&self, a: &[u32]) -> bool {
        less(a, self.n)
    }

    /// a - n where a, with the carry above it, is not below n.
    fn reduce_once(&self, a: &mut [u32], carry: bool) {
        if carry || !less(a, self.n) {
            subtract(a, self.n);
        }
    }

    /// a += b
    pub fn add(&self, a: &mut [u32], b: &[u32]) {
        let carry = add(self.trim(a), b);
        self.reduce_once(a, carry);
    }

    /// a -= b
    pub fn subtract(&self, a: &mut [u32], b: &[u32]) {
        if subtract(self.trim(a), b) {
            add(a, self.n);
        }
    }

    /// a without the words above n's, which must not take part in carries.
    fn trim<'b>(&self, a: &'b mut [u32]) -> &'b mut [u32] {
        let len = a.len().min(self.n.len());
        a.split_at_mut(len).0
    }

    /// out = a b / R mod n (Koç, Acar, Kaliski: CIOS). b may be shorter than n. One of the two is below n, the other may
    /// be any number of n's length: a b < n R is all it takes for one subtraction to be enough.
    pub fn multiply(&self, out: &mut [u32], a: &[u32], b: &[u32]) {
        out.fill(0);
        let len = self.n.len();
        let mut top = false;
        if let (Some(out), Some(a)) = (out.get_mut(..len), a.get(..len)) {
            for i in 0..len {
                let b = b.get(i).copied().unwrap_or(0);
                top = rows::multiply(out, a, self.n, b, self.minus_inverse, top);
            }
        }
        self.reduce_once(out, top);
    }

    /// out = R² mod n, which brings a number into Montgomery's form by one multiplication. `spare` is as long as out.
    pub fn r_squared(&self, out: &mut [u32], spare: &mut [u32]) {
        // The power of two with n's bit length is below n; double it until it is 2^(2w) R.
        out.fill(0);
        let Some((last, n)) = out.iter_mut().zip(self.n).last() else {
            return;
        };
        let spare_bits = n.leading_zeros();
        *last = 1u32.checked_shl(31 - spare_bits.min(31)).unwrap_or(0);
        for _ in 0..1 + spare_bits as usize + 2 * self.n.len() {
            spare.iter_mut().zip(&*out).for_each(|(s, o)| *s = *o);
            self.add(out, spare);
        }
        // 2^(2w) R squared four times is 2^(32w) R.
        for _ in 0..2 {
            self.multiply(spare, out, out);
            self.multiply(out, spare, spare);
        }
    }

    /// 1/a mod n, zero if there is none; not in Montgomery's form. n is a prime, or at least a's gcd with it is 1.
    ///
    /// The binary extended Euclidean algorithm: a fifth of the time of Fermat's power, which matters with curves.
    pub fn invert<const W: usize>(&self, a: &[u32; W]) -> [u32; W] {
        let (mut u, mut x) = (*a, [0; W]);
        let (mut v, mut y) = ([0; W], [0; W]);
        if let Some(one) = x.first_mut() {
            *one = 1;
        }
        v.iter_mut().zip(self.n).for_each(|(v, n)| *v = *n);
        // Always: u = a x and v = a y modulo n, v is odd, and u + v shrinks.
        while !is_zero(&u) {
            if u.first().is_some_and(|word| word & 1 == 0) {
                halve(&mut u, false);
                let odd = x.first().is_some_and(|word| word & 1 == 1);
                let carry = odd && add(self.trim(&mut x), self.n);
                halve(self.trim(&mut x), carry);
            } else {
                if less(&u, &v) {
                    core::mem::swap(&mut u, &mut v);
                    core::mem::swap(&mut x, &mut y);
                }
                subtract(&mut u, &v);
                self.subtract(&mut x, &y);
            }
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a b mod n the slow way; n below 2^127.
    fn product(mut a: u128, mut b: u128, n: u128) -> u128 {
        let mut sum = 0;
        while b != 0 {
            if b & 1 == 1 {
                sum = (sum + a) % n;
            }
            a = a * 2 % n;
            b >>= 1;
        }
        sum
    }

    fn words(x: u128) -> [u32; 4] {
        [x as u32, (x >> 32) as u32, (x >> 64) as u32, (x >> 96) as u32]
    }

    fn number(words: &[u32]) -> u128 {
        words.iter().rev().fold(0, |x, word| x << 32 | u128::from(*word))
    }

    /// Moduli of one to four words, with few and with many bits in the highest one, and residues at the edges.
    #[test]
    fn against_schoolbook_arithmetic() {
        let mut tried = 0;
        let mut x = 0x0123_4567_89ab_cdef_1357_9bdf_0246_8ace_u128;
        for len in 1..=4 {
            for bits in [3, 17, 31, 32] {
                let bits = (32 * (len - 1) + bits).min(127);
                for _ in 0..8 {
                    x = x.wrapping_mul(0xda94_2042_e4dd_58b5).rotate_left(41) ^ 0x9e37_79b9;
                    let n = x >> (128 - bits) | 1 << (bits - 1) | 1;
                    let n_words = words(n);
                    let modulus = Modulus::new(&n_words[..len]);
                    let r = (0..32 * len).fold(1, |r, _| r * 2 % n);
                    let (mut r2, mut out) = ([0; 4], [0; 4]);
                    modulus.r_squared(&mut r2, &mut out);
                    assert_eq!(number(&r2), product(r, r, n), "{n:x}");
                    for (a, b) in [(0, 1), (1, n - 1), (n - 1, n - 1), (x % n, (x >> 3) % n)] {
                        modulus.multiply(&mut out, &words(a), &words(b));
                        assert_eq!(product(number(&out), r, n), product(a, b, n), "{a:x} {b:x} {n:x}");
                        let mut sum = words(a);
                        modulus.add(&mut sum, &words(b));
                        assert_eq!(number(&sum), (a + b) % n);
                        modulus.subtract(&mut sum, &words(b));
                        assert_eq!(number(&sum), a);
                        modulus.subtract(&mut sum, &words(b));
                        assert_eq!(number(&sum), (a + n - b) % n);
                        tried += 1;
                    }
                }
            }
        }
        assert_eq!(tried, 4 * 4 * 8 * 4);
    }

    #[test]
    fn inverses() {
        let p = (1 << 89) - 1; // a Mersenne prime
        let p_words = words(p);
        let modulus = Modulus::new(&p_words[..3]);
        for a in [1, 2, 3, p - 1, p - 2, 1 << 88, 0x0123_4567_89ab_cdef_0123] {
            assert_eq!(product(number(&modulus.invert(&words(a))), a, p), 1, "{a:x}");
        }
        assert_eq!(modulus.invert(&[0; 4]), [0; 4]);
    }

    /// Lengths that are wrong give wrong numbers at worst.
    #[test]
    fn odd_lengths_do_no_harm() {
        let modulus = Modulus::new(&[5, 7, 9]);
        for len in 0..5 {
            let (mut a, mut b) = ([1; 5], [2; 5]);
            modulus.multiply(&mut a[..len], &b, &b);
            modulus.multiply(&mut b, &a[..len], &a[..len]);
            modulus.add(&mut a[..len], &b);
            modulus.subtract(&mut a, &b[..len]);
            modulus.r_squared(&mut a[..len], &mut b);
            from_bytes(&mut a[..len], &[0xff; 9]);
        }
        let none = Modulus::new(&[]);
        let mut out = [7; 2];
        none.multiply(&mut out, &[1], &[1]);
        none.r_squared(&mut out, &mut [0]);
        assert_eq!(out, [0, 0]);
    }
}
