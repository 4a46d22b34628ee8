//! Constant time: a modulus, and the steps that are done modulo it. What does them is `montgomery`.

/// An odd modulus n > 1 of w words, a multiple of four, and -1/n modulo 2^32. R below is 2^(32 w).
pub struct Modulus<'a> {
    pub(in crate::crypto) n: &'a [u32],
    pub(in crate::crypto) minus_inverse: u32,
    /// Ones if the numbers may be secrets.
    #[cfg_attr(not(cortex_m4), allow(dead_code))]
    pub(in crate::crypto) secrets: u32,
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
        Self { n, minus_inverse: inverse.wrapping_neg(), secrets: 0 }
    }

    /// From now on the chip's products, sums and differences of this modulus take the same time for all numbers.
    #[cfg(any(own_agreement, feature = "client-rsa", test))]
    pub fn take_secrets(&mut self) {
        self.secrets = !0;
    }
}

/// Operators of a [`Step`].
pub const COPY: u8 = 0;
/// `*=`, divided by R.
pub const MULTIPLY: u8 = 1;
/// `+=`
pub const ADD: u8 = 2;
/// `-=`
pub const SUBTRACT: u8 = 3;

/// What is done with two of eight numbers: the one that changes in three bits, the other one in three, the operator in
/// two.
pub type Step = u8;
