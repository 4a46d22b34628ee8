//! Variable time on public data, but for products, which RSA signs with: the loops that signatures are made of, for
//! every machine but the chip, which has them in `provider/cortex_m4/rows.rs`. Each stops at the shortest slice.

use super::modulus::{ADD, COPY, MULTIPLY, Modulus};

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

/// See [`Modulus::enter_vartime`]; both have the same length.
pub fn enter(a: &mut [u32], n: &[u32]) {
    let highest = n.iter().enumerate().rfind(|(_, word)| **word != 0);
    let Some((highest, word)) = highest.filter(|_| a.len() == n.len()) else { return };
    let shift = word.leading_zeros();
    // The 64 bits of a number that are n's highest, and what is above them.
    let top = |number: &[u32]| {
        let word = |i: usize| u128::from(*number.get(i).unwrap_or(&0));
        (word(highest + 1) << 64 | word(highest) << 32 | word(highest.wrapping_sub(1))) << shift
    };
    let divisor = top(n) >> 32;
    let (mut above, mut left) = (0u64, n.len());
    loop {
        while above != 0 || top(a) >> 32 > divisor {
            above = above.wrapping_sub(subtract(a, n).into());
        }
        let Some(next) = left.checked_sub(1) else { return };
        left = next;
        // seldom more than one below what it should be, and never above
        let quotient = (top(a) / (divisor + 1)) as u64;
        // a = 2^32 a - quotient n: -n is one more than n's complement, less R
        let (mut below, mut carry) = (0, quotient);
        for (a, n) in a.iter_mut().zip(n) {
            let sum = u64::from(!n) * quotient + u64::from(below) + carry;
            (below, *a) = (*a, sum as u32);
            carry = sum >> 32;
        }
        above = (u64::from(below) + carry).wrapping_sub(quotient);
    }
}

/// See [`Modulus::multiply`], or [`Modulus::square`] without b. a has as many words as n, a multiple of four; b has no
/// fewer. Two words at a time: each round divides by 2^64, which moves each pair one place down.
pub fn multiply(a: &mut [u32], b: Option<&[u32]>, modulus: &Modulus) {
    let pair = |[low, high]: &[u32; 2]| u64::from(*low) | u64::from(*high) << 32;
    let n = modulus.n.as_chunks().0;
    let mut product = [0u64; 64];
    let (Some(product), [lowest, ..]) = (product.get_mut(..n.len()), n) else { return };
    // Newton, once more: from modulo 2^32 to modulo 2^64
    let minus_inverse = u64::from(modulus.minus_inverse);
    let minus_inverse = pair(lowest).wrapping_mul(minus_inverse).wrapping_add(2).wrapping_mul(minus_inverse);
    let mut top = 0;
    for b in b.unwrap_or(a).as_chunks().0.iter().take(n.len()).map(pair) {
        let (mut carry_a, mut carry_n) = (0, 0);
        let ([p, ..], [first, ..]) = (&*product, a.as_chunks().0) else { return };
        let m = pair(first).wrapping_mul(b).wrapping_add(*p).wrapping_mul(minus_inverse);
        let mut place = &mut 0;
        for (word, (a, n)) in product.iter_mut().zip(a.as_chunks().0.iter().zip(n)) {
            let sum = u128::from(pair(a)) * u128::from(b) + u128::from(*word) + carry_a;
            carry_a = sum >> 64;
            let sum = u128::from(pair(n)) * u128::from(m) + u128::from(sum as u64) + carry_n;
            carry_n = sum >> 64;
            *place = sum as u64;
            place = word;
        }
        let sum = carry_a + carry_n + top;
        *place = sum as u64;
        top = sum >> 64;
    }
    // n or nothing, without a branch: RSA signs with this
    let mask = core::hint::black_box((top as u64).wrapping_neg());
    let mut borrow = 0;
    for (a, (word, n)) in a.as_chunks_mut().0.iter_mut().zip(product.iter().zip(n)) {
        let difference = u128::from(*word).wrapping_sub(u128::from(pair(n) & mask)).wrapping_sub(borrow);
        *a = [difference as u32, (difference >> 32) as u32];
        borrow = difference >> 127;
    }
}

/// See [`Modulus::run`], which has checked the lengths.
#[allow(clippy::indexing_slicing)] // three bits for eight numbers
pub fn run<const W: usize>(numbers: &mut [[u32; W]; 8], steps: &[u8], modulus: &Modulus) {
    let n = modulus.n;
    for step in steps {
        let from = numbers[usize::from(step >> 3 & 7)];
        let to = &mut numbers[usize::from(step & 7)];
        let (Some(short_to), Some(short_from)) = (to.get_mut(..n.len()), from.get(..n.len())) else { return };
        match step >> 6 {
            COPY => short_to.copy_from_slice(short_from),
            MULTIPLY => multiply(short_to, Some(short_from), modulus),
            ADD => {
                let mut carry = add(short_to, short_from);
                while carry {
                    carry = !subtract(short_to, n);
                }
            }
            _ => {
                let mut borrow = subtract(short_to, short_from);
                while borrow {
                    borrow = !add(short_to, n);
                }
            }
        }
    }
}
