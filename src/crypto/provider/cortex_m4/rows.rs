//! Constant time where a modulus takes secrets, else variable time on public data: the loops that signatures are made
//! of, by hand for the chip. What a compiler makes of them when it optimises for size takes three times as long, and is
//! not smaller. Each stops at the shortest slice, like its twin in `arithmetic/rows.rs`.

use crate::crypto::arithmetic::modulus::Modulus;
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

/// See [`Modulus::enter_vartime`]; both have the same length, a multiple of four.
pub fn enter(a: &mut [u32], n: &[u32]) {
    let len = n.len();
    if a.len() == len && len % 4 == 0 && n.iter().skip(4).any(|word| *word != 0) {
        // SAFETY: reads `len` words of both, and writes those of a. What it reads beside n's highest byte, which lies
        // behind the first four words, is among them: seven bytes below it, and the one above if there is one.
        unsafe { etls_enter(a.as_mut_ptr(), n.as_ptr(), 0, 4 * len) }
    }
}

/// A modulus as the assembly below knows it.
#[repr(C)]
struct Parameters {
    n: *const u32,
    len: usize,
    minus_inverse: u32,
    /// See [`Modulus`].
    secrets: u32,
    /// Bytes from one of the eight numbers to the next.
    stride: usize,
}

impl Parameters {
    fn new(modulus: &Modulus, stride: usize) -> Self {
        let Modulus { n, minus_inverse, secrets } = *modulus;
        Self { n: n.as_ptr(), len: n.len(), minus_inverse, secrets, stride }
    }
}

unsafe extern "C" {
    fn etls_multiply(a: *mut u32, b: *const u32, modulus: *const Parameters);
    fn etls_enter(a: *mut u32, n: *const u32, above: u32, bytes: usize);
    fn etls_run(numbers: *mut u32, steps: *const u8, modulus: *const Parameters, end: *const u8);
}

/// See [`Modulus::multiply`], or [`Modulus::square`] without b. a has as many words as n, a multiple of four; b has no
/// fewer.
pub fn multiply(a: &mut [u32], b: Option<&[u32]>, modulus: &Modulus) {
    let len = modulus.n.len();
    if a.len() == len && b.is_none_or(|b| b.len() >= len) && len % 4 == 0 && len != 0 {
        let modulus = Parameters::new(modulus, 0);
        let a = a.as_mut_ptr();
        // SAFETY: reads `len` words of each, writes those of a. b may be a, by a pointer of the same origin. The stack
        // takes as many, and 25 more.
        unsafe { etls_multiply(a, b.map_or(a.cast_const(), <[u32]>::as_ptr), &modulus) }
    }
}

/// See [`Modulus::run`], which has checked the lengths.
pub fn run<const W: usize>(numbers: &mut [[u32; W]; 8], steps: &[u8], modulus: &Modulus) {
    let len = modulus.n.len();
    if len <= W && len % 4 == 0 && len != 0 && !steps.is_empty() {
        let modulus = Parameters::new(modulus, 4 * W);
        let steps = steps.as_ptr_range();
        // SAFETY: a step names two of the eight numbers; `len` words of them are read and written.
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

// On the stack: a, n, what is above a, bytes, where the byte above n's highest one is, where the second highest 32 bits
// are, n's highest 32 bits, bytes that are left. Words may lie anywhere.
global_asm!(
    ".section .text.etls_enter, \"ax\", %progbits",
    ".global etls_enter",
    ".type etls_enter, %function",
    ".thumb_func",
    "etls_enter:",
    "push {{r4-r11, lr}}",
    "adds r5, r1, r3",
    "2:",
    "ldrb r6, [r5, #-1]!",
    "cmp r6, #0",
    "beq 2b",
    "subs r5, #7",
    "ldr r6, [r5, #4]",
    "subs r5, r5, r1",
    "add r4, r5, #8",
    "cmp r4, r3",
    "ite eq",
    "subeq r4, sp, #24",
    "addne r4, r0",
    "mov r7, r3",
    "push {{r0-r7}}",
    "2:",
    "str r2, [sp, #8]",
    "ldr r0, [sp]",
    "ldrd r5, r6, [sp, #20]",
    "add r5, r0",
    "ldr r4, [r5, #4]",
    "ldr r7, [sp, #16]",
    "ldrb r7, [r7]",
    "cbnz r7, 3f",
    "cmp r4, r6",
    "bls 4f",
    "3:",
    "ldr r1, [sp, #4]",
    "ldr r3, [sp, #12]",
    ".if {secrets}",
    "mov r2, #-1",
    ".endif",
    "bl etls_subtract_words",
    "ldr r2, [sp, #8]",
    "sbc r2, r2, #0",
    "b 2b",
    "4:",
    "ldr r1, [sp, #28]",
    "subs r1, #4",
    "bmi 9f",
    "str r1, [sp, #28]",
    "ldr r1, [r5]",
    // r2 = (r4, r1) / (r6 + 1): seldom more than one below what it should be, and never above.
    "movs r3, #32",
    "5:",
    "lsls r2, r2, #1",
    "adds r1, r1, r1",
    "adcs r4, r4",
    "bcs 6f",
    "cmp r4, r6",
    "bls 7f",
    "6:",
    "subs r4, r4, r6",
    "subs r4, #1",
    "adds r2, #1",
    "7:",
    "subs r3, #1",
    "bne 5b",
    // a = 2^32 a - r2 n: -n is one more than n's complement, less R. r4 is the word below, lr the carry.
    "ldr r1, [sp, #4]",
    "ldr r3, [sp, #12]",
    "add r3, r1",
    "movs r4, #0",
    "mov lr, r2",
    "8:",
    "ldm r1!, {{r9-r12}}",
    "ldm r0, {{r5-r8}}",
    "mvn r9, r9",
    "mvn r10, r10",
    "mvn r11, r11",
    "mvn r12, r12",
    "umaal r4, lr, r2, r9",
    "umaal r5, lr, r2, r10",
    "umaal r6, lr, r2, r11",
    "umaal r7, lr, r2, r12",
    "stm r0!, {{r4-r7}}",
    "mov r4, r8",
    "cmp r1, r3",
    "bne 8b",
    "add r4, lr",
    "subs r2, r4, r2",
    "b 2b",
    "9:",
    "add sp, #32",
    "pop {{r4-r11, pc}}",
    ".size etls_enter, . - etls_enter",
    ".text",
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
    "subs r3, #16",
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
