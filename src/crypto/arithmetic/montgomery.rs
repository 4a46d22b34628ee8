//! Variable time on public data, but for a modulus that takes secrets: arithmetic modulo an odd number in Montgomery's
//! form, one core for the curves and RSA.
//!
//! Numbers are slices of 32-bit words, least significant first. Everything here branches on the numbers, as `_vartime`
//! in the callers' names says. But for the chip's products, sums and differences after [`Modulus::take_secrets`]: keys
//! and agreements are made of these, in a time that does not depend on the numbers. (Where it could, in
//! [`Modulus::reduce`] and [`is_zero`], the highest or lowest word alone decides: once in 2^32.) Nothing indexes:
//! iterators stop at the shorter side, so a wrong length gives a wrong number, which no signature survives, and never a
//! panic.

/// An odd modulus n > 1 of w words, a multiple of four, and -1/n modulo 2^32. R below is 2^(32 w).
pub struct Modulus<'a> {
    n: &'a [u32],
    minus_inverse: u32,
    /// Ones if the numbers may be secrets.
    #[cfg_attr(not(cortex_m4), allow(dead_code))]
    secrets: u32,
}

/// Squares that make R² of what [`Modulus::begin_r_squared`] begins with.
pub const R_SQUARED_SQUARES: u32 = 6;

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

/// The loops that signatures are made of, by hand for the chip: what a compiler makes of them when it optimises for
/// size takes three times as long, and is not smaller. Each stops at the shortest slice, like the portable ones below.
#[cfg(cortex_m4)]
mod rows {
    use core::arch::{asm, global_asm};

    /// Whether there is a modulus that takes secrets.
    const SECRETS: bool = cfg!(any(own_agreement, feature = "client-rsa"));

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

    /// A modulus as the assembly below knows it.
    #[repr(C)]
    struct Modulus {
        n: *const u32,
        len: usize,
        minus_inverse: u32,
        /// See [`super::Modulus`].
        secrets: u32,
        /// Bytes from one of the eight numbers to the next.
        stride: usize,
    }

    impl Modulus {
        fn new(modulus: &super::Modulus, stride: usize) -> Self {
            let super::Modulus { n, minus_inverse, secrets } = *modulus;
            Self { n: n.as_ptr(), len: n.len(), minus_inverse, secrets, stride }
        }
    }

    unsafe extern "C" {
        fn etls_multiply(a: *mut u32, b: *const u32, modulus: *const Modulus);
        fn etls_run(numbers: *mut u32, steps: *const u8, modulus: *const Modulus, end: *const u8);
    }

    /// See [`super::Modulus::multiply`]; all have the same length, a multiple of four.
    pub fn multiply(a: &mut [u32], b: &[u32], modulus: &super::Modulus) {
        let len = modulus.n.len();
        if (a.len(), b.len(), len % 4) == (len, len, 0) && len != 0 {
            let modulus = Modulus::new(modulus, 0);
            // SAFETY: reads `len` words of each, writes those of a. b may be a. The stack takes as many, and 25 more.
            unsafe { etls_multiply(a.as_mut_ptr(), b.as_ptr(), &modulus) }
        }
    }

    /// The same with a for b.
    pub fn square(a: &mut [u32], modulus: &super::Modulus) {
        let len = modulus.n.len();
        if (a.len(), len % 4) == (len, 0) && len != 0 {
            let modulus = Modulus::new(modulus, 0);
            let a = a.as_mut_ptr();
            // SAFETY: as above; both pointers have the same origin.
            unsafe { etls_multiply(a, a, &modulus) }
        }
    }

    /// See [`super::Modulus::run`], which has checked the lengths.
    pub fn run<const W: usize>(numbers: &mut [[u32; W]; 8], steps: &[u8], modulus: &super::Modulus) {
        let len = modulus.n.len();
        if len <= W && len % 4 == 0 && len != 0 && !steps.is_empty() {
            let modulus = Modulus::new(modulus, 4 * W);
            let steps = steps.as_ptr_range();
            // SAFETY: a step names two of the eight numbers; `len` words of them are read and written, W copied.
            unsafe { etls_run(numbers.as_flattened_mut().as_mut_ptr(), steps.start, &modulus, steps.end) }
        }
    }

    // r0 += r1 & r2, and r0 -= r1 & r2, of r3 bytes, a multiple of 16. The flag C says how it went: carry, or no
    // borrow. r0, r2 and r3 are left alone.
    global_asm!(
        ".macro etls_words name, instruction",
        ".section .text.\\name, \"ax\", %progbits",
        ".global \\name",
        ".type \\name, %function",
        ".thumb_func",
        "\\name:",
        "add r12, r0, r3",
        ".ifc \\instruction, adcs",
        "adds r4, r3, #0",
        ".else",
        "cmp r0, r0",
        ".endif",
        "2:",
        "ldm r0, {{r4-r7}}",
        "ldm r1!, {{r8-r11}}",
        ".if {secrets}",
        "and r8, r8, r2",
        "and r9, r9, r2",
        "and r10, r10, r2",
        "and r11, r11, r2",
        ".endif",
        "\\instruction r4, r4, r8",
        "\\instruction r5, r5, r9",
        "\\instruction r6, r6, r10",
        "\\instruction r7, r7, r11",
        "stm r0!, {{r4-r7}}",
        "teq r0, r12",
        "bne 2b",
        "sub r0, r0, r3",
        "bx lr",
        ".size \\name, . - \\name",
        ".text",
        ".endm",
        "etls_words etls_add_words, adcs",
        "etls_words etls_subtract_words, sbcs",
        ".purgem etls_words",
        secrets = const SECRETS as u32,
    );

    // The product is made on the stack, two of b's words at a time, with two words below it that take what the
    // division by 2^64 drops in each round. r0, r1, r2 go through it, a and n; r3 and r4 are its words, this one and
    // the next. r6 and r7 are b's words, r8 and r9 make the two lowest words zero; r10, r11, r12 and lr are carries
    // of r6, r8, r7, r9. Below the product: a, n, bytes, minus_inverse, b's end, secrets, b's next word, a's end.
    global_asm!(
        ".section .text.etls_multiply, \"ax\", %progbits",
        ".global etls_multiply",
        ".type etls_multiply, %function",
        ".thumb_func",
        "etls_multiply:",
        ".if {small_p256}",
        "ldrd r3, r12, [r2, #4]", // the only modulus of eight words that ends in ones
        "cmp r3, #8",
        "it eq",
        "cmpeq r12, #1",
        "beq etls_multiply_p256",
        ".endif",
        "push {{r4-r11, lr}}",
        "ldm r2, {{r4-r6, r8}}",
        "lsls r5, r5, #2",
        "mov r3, sp",
        "subs r3, r3, r5",
        "subs r3, #16",
        "mov sp, r3",
        "adds r3, #8",
        "movs r7, #0",
        "mov r12, #0",
        "adds r2, r5, #0",
        "2:",
        "stm r3!, {{r7, r12}}",
        "subs r2, #8",
        "bpl 2b",
        "adds r7, r1, r5",
        "mov r9, r1",
        "add r10, r0, r5",
        "push {{r0, r4-r10}}",
        "2:",
        "ldrd r1, r2, [sp]",
        "ldr r5, [sp, #24]",
        "ldrd r6, r7, [r5], #8",
        "str r5, [sp, #24]",
        "add r0, sp, #32",
        "ldrd r3, r4, [r0, #8]",
        "ldrd r5, lr, [r1]",
        "ldr r12, [sp, #12]",
        "mla r8, r5, r6, r3",
        "mla r9, lr, r6, r4",
        "mla r9, r5, r7, r9",
        "mul r8, r8, r12",
        "mov r10, #0",
        "mov r11, #0",
        "mov lr, r3",
        "umaal lr, r10, r5, r6",
        "ldrd r4, r5, [r2]",
        "umaal lr, r11, r4, r8",
        "mla r9, r5, r8, r9",
        "add r9, r9, r10",
        "add r9, r9, r11",
        "mul r9, r9, r12",
        "mov r10, #0",
        "mov r11, #0",
        "mov r12, #0",
        "mov lr, #0",
        "3:",
        ".macro etls_word this, next",
        "ldr \\next, [r0, #12]",
        "ldr r5, [r1], #4",
        "umaal \\this, r10, r5, r6",
        "umaal \\next, r12, r5, r7",
        "ldr r5, [r2], #4",
        "umaal \\this, r11, r5, r8",
        "umaal \\next, lr, r5, r9",
        "str \\this, [r0], #4",
        ".endm",
        "etls_word r3, r4",
        "etls_word r4, r3",
        "etls_word r3, r4",
        "etls_word r4, r3",
        ".purgem etls_word",
        "ldr r5, [sp, #28]",
        "cmp r1, r5",
        "bne 3b",
        "movs r5, #0",
        "adds r3, r3, r10",
        "adcs r12, r12, lr",
        "adc r5, r5, #0",
        "adds r3, r3, r11",
        "adcs r12, r12, #0",
        "adc r5, r5, #0",
        "strd r3, r12, [r0]",
        "str r5, [r0, #8]",
        "ldr r3, [sp, #24]",
        "ldr r4, [sp, #16]",
        "cmp r3, r4",
        "bne 2b",
        "rsb r12, r5, #0",
        "ldr r0, [sp]",
        "ldr r1, [sp, #4]",
        "ldr r3, [sp, #8]",
        "add r2, sp, #40",
        "mov r8, r3",
        "2:",
        "ldm r2!, {{r4-r7}}",
        "stm r0!, {{r4-r7}}",
        "subs r8, r8, #16",
        "bne 2b",
        "subs r0, r0, r3",
        "movs r2, r12",
        ".if {secrets}",
        "ldr r4, [sp, #20]",
        "orrs r4, r4, r2",
        ".endif",
        "beq 2f",
        "bl etls_subtract_words",
        "2:",
        "adds r3, #48",
        "add sp, r3",
        "pop {{r4-r11, pc}}",
        ".size etls_multiply, . - etls_multiply",
        ".text",
        small_p256 = const cfg!(small_p256) as u32,
        secrets = const SECRETS as u32,
    );

    // The same modulo P-256's p = 2^256 - 2^224 + 2^192 + 2^96 - 1, constant-time. The product, less than twice R, is
    // in r3 to r11; r2 is a's word. What makes the lowest word zero is that word itself, m, and m p is added to the
    // words 3 and 6, and to 7 and 8 as (2^32 - 1) m.
    #[cfg(small_p256)]
    global_asm!(
        ".section .text.etls_multiply_p256, \"ax\", %progbits",
        ".global etls_multiply_p256",
        ".type etls_multiply_p256, %function",
        ".thumb_func",
        "etls_multiply_p256:",
        "add r2, r0, #32",
        "push {{r2, r4-r11, lr}}",
        "movs r3, #0",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, r3",
        "mov r9, r3",
        "mov r10, r3",
        "mov r11, r3",
        "2:",
        "ldr r2, [r0], #4",
        "mov lr, #0",
        ".macro etls_word to, at",
        "ldr r12, [r1, #\\at]",
        "umaal \\to, lr, r2, r12",
        ".endm",
        "etls_word r3, 0",
        "etls_word r4, 4",
        "etls_word r5, 8",
        "etls_word r6, 12",
        "etls_word r7, 16",
        "etls_word r8, 20",
        "etls_word r9, 24",
        "etls_word r10, 28",
        ".purgem etls_word",
        "adds r11, r11, lr",
        "mov r12, #0",
        "adc r12, r12, #0",
        "mov lr, r3",
        "rsbs r2, lr, #0",
        "sbc r3, lr, #0",
        "adds r11, r11, r3",
        "adc r12, r12, #0",
        "mov r3, r4",
        "mov r4, r5",
        "adds r5, r6, lr",
        "adcs r6, r7, #0",
        "adcs r7, r8, #0",
        "adcs r8, r9, lr",
        "adcs r9, r10, r2",
        "adcs r10, r11, #0",
        "adc r11, r12, #0",
        "ldr r12, [sp]",
        "cmp r0, r12",
        "bne 2b",
        // less p if above R
        "rsb r11, r11, #0",
        "subs r3, r3, r11",
        "sbcs r4, r4, r11",
        "sbcs r5, r5, r11",
        "sbcs r6, r6, #0",
        "sbcs r7, r7, #0",
        "sbcs r8, r8, #0",
        "sbcs r9, r9, r11, lsr #31",
        "sbcs r10, r10, r11",
        "subs r0, #32",
        "stm r0, {{r3-r10}}",
        "pop {{r2, r4-r11, pc}}",
        ".size etls_multiply_p256, . - etls_multiply_p256",
        ".text",
    );

    // On the stack: the numbers, the next step, the modulus, the steps' end.
    global_asm!(
        ".section .text.etls_run, \"ax\", %progbits",
        ".global etls_run",
        ".type etls_run, %function",
        ".thumb_func",
        "etls_run:",
        "push {{r0-r11, lr}}",
        "sub sp, #4",
        "2:",
        "ldrb r4, [r1], #1",
        "str r1, [sp, #8]",
        "ldr r0, [sp, #4]",
        "ldr r2, [sp, #12]",
        "ldr r3, [r2, #4]",
        "ldr r5, [r2, #16]",
        "ubfx r1, r4, #3, #3",
        "mla r1, r1, r5, r0",
        "and r6, r4, #7",
        "mla r0, r6, r5, r0",
        "lsls r3, r3, #2",
        "lsrs r4, r4, #6",
        "beq 6f",
        "cmp r4, #2",
        "blo 5f",
        "mov r2, #-1",
        "bhi 4f",
        // Above R, it is less by n, which is more than half of R. Where numbers may be secrets, always the same steps,
        // but for a second n, which one sum in 2^64 takes.
        "bl etls_add_words",
        "sbcs r2, r2, r2",
        "mvns r2, r2",
        ".if {secrets}",
        "ldr r1, [sp, #12]",
        "ldr r1, [r1, #12]",
        "orrs r1, r1, r2",
        ".endif",
        "beq 7f",
        "3:",
        "ldr r1, [sp, #12]",
        "ldr r1, [r1]",
        "bl etls_subtract_words",
        "it cc",
        "movcc r2, #0",
        "cmp r2, #0",
        "bne 3b",
        "b 7f",
        "4:", // the same below zero
        "bl etls_subtract_words",
        "sbcs r2, r2, r2",
        ".if {secrets}",
        "ldr r1, [sp, #12]",
        "ldr r1, [r1, #12]",
        "orrs r1, r1, r2",
        ".endif",
        "beq 7f",
        "3:",
        "ldr r1, [sp, #12]",
        "ldr r1, [r1]",
        "bl etls_add_words",
        "it cs",
        "movcs r2, #0",
        "cmp r2, #0",
        "bne 3b",
        "b 7f",
        "5:",
        "bl etls_multiply",
        "b 7f",
        "6:",
        "ldm r1!, {{r6-r9}}",
        "stm r0!, {{r6-r9}}",
        "subs r5, #16",
        "bne 6b",
        "7:",
        "ldr r1, [sp, #8]",
        "ldr r3, [sp, #16]",
        "cmp r1, r3",
        "bne 2b",
        "add sp, #20",
        "pop {{r4-r11, pc}}",
        ".size etls_run, . - etls_run",
        ".text",
        secrets = const SECRETS as u32,
    );
}

/// The same in Rust, for every other machine.
#[cfg(not(cortex_m4))]
mod rows {
    use super::Modulus;

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

    /// See [`super::Modulus::multiply`]; all have the same length, a multiple of four. Two words at a time: each round
    /// divides by 2^64, which moves each pair one place down.
    pub fn multiply(a: &mut [u32], b: &[u32], modulus: &Modulus) {
        let pair = |[low, high]: &[u32; 2]| u64::from(*low) | u64::from(*high) << 32;
        let n = modulus.n.as_chunks().0;
        let mut product = [0u64; 64];
        let (Some(product), [lowest, ..]) = (product.get_mut(..n.len()), n) else { return };
        // Newton, once more: from modulo 2^32 to modulo 2^64
        let minus_inverse = u64::from(modulus.minus_inverse);
        let minus_inverse = pair(lowest).wrapping_mul(minus_inverse).wrapping_add(2).wrapping_mul(minus_inverse);
        let mut top = 0;
        for b in b.as_chunks().0.iter().map(pair) {
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

    /// The same with a for b.
    pub fn square(a: &mut [u32], modulus: &Modulus) {
        let mut b = [0; 128];
        if let Some(b) = b.get_mut(..a.len()) {
            b.copy_from_slice(a);
            multiply(a, b, modulus);
        }
    }

    /// See [`super::Modulus::run`], which has checked the lengths.
    #[allow(clippy::indexing_slicing)] // three bits for eight numbers
    pub fn run<const W: usize>(numbers: &mut [[u32; W]; 8], steps: &[u8], modulus: &Modulus) {
        let n = modulus.n;
        for step in steps {
            let from = numbers[usize::from(step >> 3 & 7)];
            let to = &mut numbers[usize::from(step & 7)];
            let (Some(short_to), Some(short_from)) = (to.get_mut(..n.len()), from.get(..n.len())) else { return };
            match step >> 6 {
                super::COPY => *to = from,
                super::MULTIPLY => multiply(short_to, short_from, modulus),
                super::ADD => {
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
}

pub use rows::subtract;
use rows::{add, multiply, run, square};

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
pub fn from_bytes(out: &mut [u32], bytes: &[u8]) {
    out.fill(0);
    for (i, byte) in bytes.iter().rev().enumerate() {
        if let Some(word) = out.get_mut(i / 4) {
            *word |= u32::from(*byte) << (8 * (i % 4));
        }
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
        if let (Some(a), Some(b)) = (a.get_mut(..self.n.len()), b.get(..self.n.len())) {
            multiply(a, b, self);
        }
    }

    /// The same with a for b.
    pub fn square(&self, a: &mut [u32]) {
        if let Some(a) = a.get_mut(..self.n.len()) {
            square(a, self);
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

    /// out = R² modulo n, which brings a number into Montgomery's form by one multiplication.
    pub fn r_squared(&self, out: &mut [u32]) {
        self.begin_r_squared(out);
        for _ in 0..R_SQUARED_SQUARES {
            self.square(out);
        }
    }

    /// out = 2^(w / 2) R modulo n, which squared six times is 2^(32w) R. For an even number of words w.
    #[inline(never)]
    pub fn begin_r_squared(&self, out: &mut [u32]) {
        // The power of two with n's bit length is below n; double it until it is the one.
        out.fill(0);
        let Some((i, highest)) = self.n.iter().enumerate().rfind(|(_, word)| **word != 0) else { return };
        let bit = 31 - highest.leading_zeros();
        if let Some(word) = out.get_mut(i) {
            *word = 1 << bit;
        }
        for _ in 32 * i + bit as usize..32 * self.n.len() + self.n.len() / 2 {
            let carry = double(self.trim(out));
            self.reduce_once(out, carry);
        }
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

    /// Moduli of two and four words, with few and with many bits in the highest one, and residues at the edges.
    #[test]
    fn against_schoolbook_arithmetic() {
        let mut tried = 0;
        let mut x = 0x0123_4567_89ab_cdef_1357_9bdf_0246_8ace_u128;
        for len in [2, 4] {
            for bits in [3, 17, 31, 32] {
                let bits = (32 * (len - 1) + bits).min(127);
                for _ in 0..16 {
                    x = x.wrapping_mul(0xda94_2042_e4dd_58b5).rotate_left(41) ^ 0x9e37_79b9;
                    let n = x >> (128 - bits) | 1 << (bits - 1) | 1;
                    let n_words = words(n);
                    let modulus = Modulus::new(&n_words[..len]);
                    let r = (0..32 * len).fold(1, |r, _| r * 2 % n);
                    let mut r2 = [0; 4];
                    modulus.r_squared(&mut r2);
                    modulus.reduce(&mut r2);
                    assert_eq!(number(&r2), product(r, r, n), "{n:x}");
                    for (a, b) in [(0, 1), (1, n - 1), (n - 1, n - 1), (x % n, (x >> 3) % n)] {
                        let mut out = words(a);
                        modulus.multiply(&mut out, &words(b));
                        assert_eq!(product(number(&out) % n, r, n), product(a, b, n), "{a:x} {b:x} {n:x}");
                        let mut out = words(a);
                        modulus.square(&mut out);
                        assert_eq!(product(number(&out) % n, r, n), product(a, a, n), "{a:x} {n:x}");
                        tried += 1;
                    }
                }
            }
        }
        assert_eq!(tried, 2 * 4 * 16 * 4);
    }

    /// Lengths that are wrong give wrong numbers at worst.
    #[test]
    fn odd_lengths_do_no_harm() {
        let modulus = Modulus::new(&[5, 7, 9]);
        for len in 0..5 {
            let (mut a, mut b) = ([1; 5], [2; 5]);
            modulus.multiply(&mut a[..len], &b);
            modulus.multiply(&mut b, &a[..len]);
            modulus.square(&mut a[..len]);
            modulus.reduce(&mut a[..len]);
            modulus.run(&mut [[1; 2]; 8], &[0x4a]);
            modulus.add_once(&mut a[..len]);
            modulus.r_squared(&mut a[..len]);
            from_bytes(&mut a[..len], &[0xff; 9]);
        }
        let none = Modulus::new(&[]);
        let mut out = [7; 2];
        none.multiply(&mut out, &[1]);
        none.run(&mut [[1; 4]; 8], &[0x4a]);
        none.r_squared(&mut out);
        assert_eq!(out, [0, 0]);
    }

    /// Steps with numbers at the edges, also such as are not below the modulus but below R.
    #[test]
    fn steps() {
        let n = u128::MAX >> 1; // 2^127 - 1: its double is what the steps need, a modulus above R / 2
        let n = n * 2 - 2; // even, so as a Montgomery modulus no good; odd and prime to 2 is all that counts
        let n = n - 1;
        assert!(n % 2 == 1);
        let n_words = words(n);
        let modulus = Modulus::new(&n_words);
        let minus = |a: u128, b: u128| if a % n >= b % n { a % n - b % n } else { n - (b % n - a % n) };
        for a in [0, 1, 2, n - 1, n, n + 1, u128::MAX, n / 2, 0x1234 << 100] {
            for b in [0, 1, n - 1, n, n + 1, u128::MAX, n / 3] {
                let mut numbers = [[0; 4]; 8];
                let run = |numbers: &mut [[u32; 4]; 8], operator: u8| {
                    (numbers[2], numbers[5]) = (words(a), words(b));
                    modulus.run(numbers, &[2 | 5 << 3 | operator << 6]);
                    assert_eq!(numbers[5], words(b));
                    number(&numbers[2])
                };
                assert_eq!(run(&mut numbers, COPY), b);
                assert_eq!(run(&mut numbers, ADD) % n, minus(a, minus(0, b)) % n, "{a:x} {b:x}");
                assert_eq!(run(&mut numbers, SUBTRACT) % n, minus(a, b) % n, "{a:x} {b:x}");
                let mut product = words(a);
                modulus.multiply(&mut product, &words(b));
                assert_eq!(run(&mut numbers, MULTIPLY), number(&product));
            }
        }
    }
}
