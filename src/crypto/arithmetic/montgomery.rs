//! Variable time on public data, but for a modulus that takes secrets: arithmetic modulo an odd number in Montgomery's
//! form, one core for the curves and RSA.
//!
//! Numbers are slices of 32-bit words, least significant first. Everything here branches on the numbers, as `_vartime`
//! in the callers' names says. But for the chip's products, sums and differences after [`Modulus::take_secrets`]: keys
//! and agreements are made of these, in a time that does not depend on the numbers. (Where it could, in
//! [`Modulus::reduce`] and [`is_zero`], the highest or lowest word alone decides: once in 2^32.) Nothing indexes:
//! iterators stop at the shorter side, so a wrong length gives a wrong number, which no signature survives, and never a
//! panic.

pub use super::modulus::{ADD, COPY, MULTIPLY, Modulus, SUBTRACT, Step};
pub use super::rows::subtract;
use super::rows::{add, enter, multiply, run};

/// a < b; ends at the highest difference.
#[inline(never)]
pub fn less(a: &[u32], b: &[u32]) -> bool {
    a.iter().zip(b).rev().find(|(a, b)| a != b).is_some_and(|(a, b)| a < b)
}

/// Whether the number is zero; ends at the lowest word that is not.
#[inline(never)]
pub fn is_zero(a: &[u32]) -> bool {
    a.iter().all(|word| *word == 0)
}

/// Whether the number is odd.
pub fn is_odd(a: &[u32]) -> bool {
    a.first().is_some_and(|word| word & 1 == 1)
}

/// a += a; returns the carry. Constant time.
#[allow(dead_code)] // for P-384's agreement on the chip, and clients' RSA keys
#[inline(never)]
pub fn double(a: &mut [u32]) -> bool {
    let mut carry = 0;
    for word in a {
        (*word, carry) = (*word << 1 | carry, *word >> 31);
    }
    carry != 0
}

/// Reads a big-endian number of at most 4 bytes a word. It may be a secret.
#[inline(never)]
pub fn from_bytes(out: &mut [u32], mut bytes: &[u8]) {
    for word in out {
        let (above, these) = bytes.split_at_checked(bytes.len().saturating_sub(4)).unwrap_or_default();
        *word = these.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        bytes = above;
    }
}

/// Writes a number big-endian, as many of its highest words as there is room for. It may be a secret.
#[inline(never)]
pub fn to_bytes(words: &[u32], out: &mut [u8]) {
    for (chunk, word) in out.as_chunks_mut().0.iter_mut().zip(words.iter().rev()) {
        *chunk = word.to_be_bytes();
    }
}

impl<'a> Modulus<'a> {
    /// n
    pub fn n(&self) -> &'a [u32] {
        self.n
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

    /// a without the words above n's, which must not take part in carries.
    fn trim<'b>(&self, a: &'b mut [u32]) -> &'b mut [u32] {
        let len = a.len().min(self.n.len());
        a.split_at_mut(len).0
    }

    /// a = a b / R modulo n (Koç, Acar, Kaliski: CIOS), below R, but perhaps not below n. Any a and b below R will do.
    /// Both have n's length at least; b, if it is shorter, has zeros above.
    pub fn multiply(&self, a: &mut [u32], b: &[u32]) {
        self.product(a, Some(b));
    }

    /// The same with a for b.
    pub fn square(&self, a: &mut [u32]) {
        self.product(a, None);
    }

    #[inline(never)]
    fn product(&self, a: &mut [u32], b: Option<&[u32]>) {
        let len = self.n.len();
        if let (Some(a), true) = (a.get_mut(..len), b.is_none_or(|b| b.len() >= len)) {
            multiply(a, b, self);
        }
    }

    /// Subtracts n where a is not below it.
    pub fn reduce(&self, a: &mut [u32]) {
        self.reduce_once(a, false);
    }

    /// Does the steps with numbers of W words, of which those above n's are left alone. What comes out is below R, but
    /// perhaps not below n, and n is above R / 2.
    pub fn run<const W: usize>(&self, numbers: &mut [[u32; W]; 8], steps: &[Step]) {
        if self.n.len() <= W && self.n.last().is_some_and(|word| word >> 31 == 1) {
            run(numbers, steps, self);
        }
    }

    /// a / 2 modulo n, for a below n or even. Variable time on public data.
    #[inline(never)]
    pub fn halve_vartime(&self, a: &mut [u32]) {
        let a = self.trim(a);
        let mut carry = 0;
        if is_odd(a) {
            carry = u32::from(add(a, self.n)) << 31;
        }
        for word in a.iter_mut().rev() {
            (*word, carry) = (*word >> 1 | carry, *word << 31);
        }
    }

    /// a = a R modulo n, which is Montgomery's form, below R, but perhaps not below n. a is at most a few times n; the
    /// highest bit of n's highest byte is set. Variable time on public data.
    ///
    /// By long division, which takes as long as three products: to find R² and multiply by that would take eight.
    #[inline(never)]
    pub fn enter_vartime(&self, a: &mut [u32]) {
        enter(self.trim(a), self.n);
    }
}

#[cfg(test)]
mod tests;
