//! Constant time: inner loops by hand for the Cortex-M4. What a compiler makes of them when it optimises for size takes
//! two to three times as long, and is larger. Each has its twin in Rust, which runs on every other machine, beside its
//! caller.
//!
//! No loop branches on data, and the time of none depends on data. Data chooses the addresses of loads only where the
//! caller says so.

use crate::crypto::hash::round_constants::{RoundConstants, WORDS};
use core::arch::global_asm;

unsafe extern "C" {
    fn etls_sha256(state: *mut u8, block: *const u8, constants: *const u32);
    fn etls_sha512(state: *mut u8, block: *const u8, constants: *const u32);
}

/// See `sha2.rs`. Of the constants the last words of the first 64 count.
pub fn sha256(state: &mut [u8; 32], block: &[u8; 64], constants: &RoundConstants) {
    // Loads of several words want aligned ones, which they always are.
    if state.as_ptr().cast::<u32>().is_aligned() {
        // SAFETY: reads all of them, of which the block may lie anywhere, and writes the state.
        unsafe { etls_sha256(state.as_mut_ptr(), block.as_ptr(), constants.as_flattened().as_ptr()) }
    }
}

/// See `sha2.rs`.
pub fn sha512(state: &mut [u8; 64], block: &[u8; 128], constants: &RoundConstants) {
    if state.as_ptr().cast::<u32>().is_aligned() {
        // SAFETY: as above.
        unsafe { etls_sha512(state.as_mut_ptr(), block.as_ptr(), constants.as_flattened().as_ptr()) }
    }
}

#[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
use crate::crypto::Block;

#[cfg(feature = "aes-gcm")]
unsafe extern "C" {
    #[cfg(not(any(feature = "aes-hook", feature = "aes256")))]
    fn etls_aes128_keys(key: *const u8, s_box: *const u8, keys: *mut u32);
    #[cfg(not(feature = "aes-hook"))]
    fn etls_aes(keys: *const u32, last: *const u32, block: *mut u8, s_box: *const u8);
    fn etls_ghash(hash: *mut u128, subkey: *const u128, block: *const u8, end: *const u8);
}

/// Encrypts a block with AES (FIPS 197 §5.1): a round for each of `keys`, then what comes before the last key with
/// `last`, which lies behind them.
#[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
pub fn aes(keys: &[[u32; 4]], last: &[u32; 4], block: &mut Block, s_box: &[u8; 256]) {
    // SAFETY: reads whole round keys from the first up to `last`, and looks bytes up in the S-box, which has as many as
    // there are values of a byte. Reads and writes the block, which is aligned for words.
    unsafe { etls_aes(keys.as_ptr().cast(), last.as_ptr(), block.0.as_mut_ptr(), s_box.as_ptr()) }
}

/// Expands a key of AES-128 (FIPS 197 §5.2).
#[cfg(all(feature = "aes-gcm", not(any(feature = "aes-hook", feature = "aes256"))))]
pub fn aes128_keys(key: &[u8; 16], s_box: &[u8; 256], keys: &mut [[u32; 4]; 11]) {
    // SAFETY: reads the key, which may lie anywhere; looks bytes up in the S-box; writes all round keys.
    unsafe { etls_aes128_keys(key.as_ptr(), s_box.as_ptr(), keys.as_mut_ptr().cast()) }
}

/// See `gcm.rs`.
#[cfg(feature = "aes-gcm")]
pub fn ghash(hash: &mut u128, subkey: &u128, blocks: &[u8]) {
    let blocks = blocks.as_chunks::<16>().0.as_flattened().as_ptr_range();
    if !blocks.is_empty() {
        // SAFETY: reads the subkey, at least one block of 16 bytes and whole ones up to the end; reads and writes the
        // hash. What it looks up, in a table of its own on the stack, has as many places as there are values of four
        // bits.
        unsafe { etls_ghash(hash, subkey, blocks.start, blocks.end) }
    }
}

// The state is in r5 to r8, a column each; what comes out of the S-box in r9 to r12. lr is the next round key.
// UADD8 doubles four bytes and remembers for each whether a bit was carried out, SEL takes 0x1b for those.
#[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
global_asm!(
    ".section .text.etls_aes, \"ax\", %progbits",
    ".global etls_aes",
    ".type etls_aes, %function",
    ".thumb_func",
    "etls_aes:",
    "push {{r1, r2, r4-r11, lr}}",
    "mov lr, r0",
    "mov r4, r3",
    "ldm r2, {{r5-r8}}",
    ".macro etls_column out, a, b, c, d", // SubBytes, ShiftRows
    "uxtb r0, \\a",
    "uxtb r1, \\b, ror #8",
    "uxtb r2, \\c, ror #16",
    "lsrs r3, \\d, #24",
    "ldrb r0, [r4, r0]",
    "ldrb r1, [r4, r1]",
    "ldrb r2, [r4, r2]",
    "ldrb r3, [r4, r3]",
    "orr r0, r0, r1, lsl #8",
    "orr r0, r0, r2, lsl #16",
    "orr \\out, r0, r3, lsl #24",
    ".endm",
    ".macro etls_mix out, in", // MixColumns
    "uadd8 r2, \\in, \\in",
    "sel r3, r0, r1",
    "eors r2, r3",
    "eor r3, \\in, r2",
    "eor r2, r2, r3, ror #8",
    "eor r2, r2, \\in, ror #16",
    "eor \\out, r2, \\in, ror #24",
    ".endm",
    ".macro etls_add_key", // AddRoundKey
    "ldm lr!, {{r0-r3}}",
    "eors r5, r0",
    "eors r6, r1",
    "eors r7, r2",
    "eor r8, r8, r3",
    ".endm",
    "etls_add_key",
    "2:",
    "etls_column r9, r5, r6, r7, r8",
    "etls_column r10, r6, r7, r8, r5",
    "etls_column r11, r7, r8, r5, r6",
    "etls_column r12, r8, r5, r6, r7",
    "ldr r0, [sp]",
    "cmp lr, r0",
    "beq 3f",
    "mov r0, #0x1b1b1b1b",
    "movs r1, #0",
    "etls_mix r5, r9",
    "etls_mix r6, r10",
    "etls_mix r7, r11",
    "etls_mix r8, r12",
    "etls_add_key",
    "b 2b",
    "3:",
    "mov r5, r9",
    "mov r6, r10",
    "mov r7, r11",
    "mov r8, r12",
    "etls_add_key",
    "ldr r2, [sp, #4]",
    "stm r2, {{r5-r8}}",
    "pop {{r1, r2, r4-r11, pc}}",
    ".purgem etls_column",
    ".purgem etls_mix",
    ".purgem etls_add_key",
    ".size etls_aes, . - etls_aes",
    ".text",
);

// r4 to r7 are the last key, r0 the round's constant.
#[cfg(all(feature = "aes-gcm", not(any(feature = "aes-hook", feature = "aes256"))))]
global_asm!(
    ".section .text.etls_aes128_keys, \"ax\", %progbits",
    ".global etls_aes128_keys",
    ".type etls_aes128_keys, %function",
    ".thumb_func",
    "etls_aes128_keys:",
    "push {{r4-r8, lr}}",
    "ldr r4, [r0]",
    "ldr r5, [r0, #4]",
    "ldr r6, [r0, #8]",
    "ldr r7, [r0, #12]",
    "movs r0, #1",
    "2:",
    "stm r2!, {{r4-r7}}",
    "cmp r0, #0x6c", // twice the last one
    "beq 4f",
    "mov r3, r0",
    "mov r8, #4",
    "3:", // SubWord of RotWord
    "ror r7, r7, #8",
    "uxtb r12, r7",
    "ldrb r12, [r1, r12]",
    "eor r3, r3, r12",
    "ror r3, r3, #8",
    "subs r8, r8, #1",
    "bne 3b",
    "eors r4, r3",
    "eors r5, r4",
    "eors r6, r5",
    "eors r7, r6",
    "lsls r0, r0, #1",
    "cmp r0, #0x100",
    "it eq",
    "moveq r0, #0x1b",
    "b 2b",
    "4:",
    "pop {{r4-r8, pc}}",
    ".size etls_aes128_keys, . - etls_aes128_keys",
    ".text",
);

// On the stack: the factor, 16 bytes; the table of the subkey's multiples, 256; nothing; r0 and r3 to r11 as they came.
// Numbers are in four registers or words, lowest first. The one that becomes the hash is in r4 to r7, what leaves it at
// the right end in r8. r1 is the table; r3 reads the factor, from its lowest byte on.
#[cfg(feature = "aes-gcm")]
global_asm!(
    ".section .text.etls_ghash, \"ax\", %progbits",
    ".global etls_ghash",
    ".type etls_ghash, %function",
    ".thumb_func",
    "etls_ghash:",
    "push {{r0, r3-r11, lr}}",
    "sub sp, #276",
    "ldm r1, {{r4-r7}}",
    "add r1, sp, #16",
    "movs r3, #8 * 16",
    "mov r9, #0xe1000000",
    "2:", // numbers 8, 4, 2, 1: the subkey times 1, x, x^2, x^3
    "add lr, r1, r3",
    "stm lr, {{r4-r7}}",
    "lsrs r7, r7, #1",
    "rrxs r6, r6",
    "rrxs r5, r5",
    "rrxs r4, r4",
    "sbc r8, r8, r8", // zero if a bit was lost
    "bic r8, r9, r8",
    "eor r7, r7, r8",
    "lsrs r3, r3, #1",
    "cmp r3, #8",
    "bne 2b",
    "movs r4, #0",
    "movs r5, #0",
    "movs r6, #0",
    "movs r7, #0",
    "stm r1, {{r4-r7}}",
    "movs r3, #2 * 16",
    "2:", // the sums of those with all that lie before them
    "add r12, r1, r3",
    "ldm r12!, {{r4-r7}}",
    "add lr, r1, #16",
    "3:",
    "ldm lr!, {{r8-r11}}",
    "eor r8, r8, r4",
    "eor r9, r9, r5",
    "eor r10, r10, r6",
    "eor r11, r11, r7",
    "stm r12!, {{r8-r11}}",
    "add r8, r1, r3",
    "cmp lr, r8",
    "bne 3b",
    "lsls r3, r3, #1",
    "cmp r3, #16 * 16",
    "bne 2b",
    "ldm r0, {{r4-r7}}",
    ".macro etls_nibble", // lr: where its multiple is
    "ldm lr, {{r9-r12}}",
    "lsr r8, r8, #4",
    "orr r8, r8, r4, lsl #28",
    "eor r4, r9, r4, lsr #4",
    "eor r4, r4, r5, lsl #28",
    "eor r5, r10, r5, lsr #4",
    "eor r5, r5, r6, lsl #28",
    "eor r6, r11, r6, lsr #4",
    "eor r6, r6, r7, lsl #28",
    "eor r7, r12, r7, lsr #4",
    ".endm",
    "2:", // a block
    "ldr r3, [r2], #4",
    "rev r3, r3",
    "eors r7, r3",
    "ldr r3, [r2], #4",
    "rev r3, r3",
    "eors r6, r3",
    "ldr r3, [r2], #4",
    "rev r3, r3",
    "eors r5, r3",
    "ldr r3, [r2], #4",
    "rev r3, r3",
    "eors r4, r3",
    "mov r3, sp",
    "stm r3, {{r4-r7}}",
    "movs r4, #0",
    "movs r5, #0",
    "movs r6, #0",
    "movs r7, #0",
    "3:", // a byte
    "ldrb r0, [r3], #1",
    "and lr, r0, #0x0f",
    "add lr, r1, lr, lsl #4",
    "etls_nibble",
    "and lr, r0, #0xf0",
    "add lr, r1",
    "etls_nibble",
    "tst r3, #3",
    "bne 3b",
    // x^128 = 1 + x + x^2 + x^7
    "eor r7, r7, r8",
    "eor r7, r7, r8, lsr #1",
    "eor r7, r7, r8, lsr #2",
    "eor r7, r7, r8, lsr #7",
    "eor r6, r6, r8, lsl #31",
    "eor r6, r6, r8, lsl #30",
    "eor r6, r6, r8, lsl #25",
    "cmp r3, r1",
    "bne 3b",
    "ldr r0, [sp, #280]",
    "cmp r2, r0",
    "bne 2b",
    "ldr r0, [sp, #276]",
    "stm r0, {{r4-r7}}",
    "movs r3, #0",
    "mov r2, #272",
    "2:", // wiped
    "subs r2, #4",
    "str r3, [sp, r2]",
    "bne 2b",
    "add sp, #276",
    "pop {{r0, r3-r11, pc}}",
    ".purgem etls_nibble",
    ".size etls_ghash, . - etls_ghash",
    ".text",
);

// The message's 64 words are made on the stack, first; r3 goes through them, lr is their end. a to h are in r4 to r11,
// and move on by two places with every two rounds. r2 goes through the constants. Every word is overwritten once it has
// been used.
global_asm!(
    ".section .text.etls_sha256, \"ax\", %progbits",
    ".global etls_sha256",
    ".type etls_sha256, %function",
    ".thumb_func",
    "etls_sha256:",
    "push {{r0, r4-r11, lr}}",
    "sub sp, #256",
    "mov r3, sp",
    "add lr, sp, #16 * 4",
    "2:",
    "ldr r4, [r1], #4",
    "rev r4, r4",
    "stm r3!, {{r4}}",
    "cmp r3, lr",
    "bne 2b",
    "mov r3, sp",
    "add lr, sp, #48 * 4",
    "2:",
    "ldr r4, [r3]",
    "ldr r6, [r3, #9 * 4]",
    "ldr r5, [r3, #1 * 4]",
    "ldr r7, [r3, #14 * 4]",
    "add r4, r6",
    "eor r6, r5, r5, ror #11",
    "lsrs r5, r5, #3",
    "eor r5, r5, r6, ror #7",
    "add r4, r5",
    "eor r6, r7, r7, ror #2",
    "lsrs r7, r7, #10",
    "eor r7, r7, r6, ror #17",
    "add r4, r7",
    "str r4, [r3, #16 * 4]",
    "adds r3, #4",
    "cmp r3, lr",
    "bne 2b",
    "add lr, lr, #16 * 4",
    "mov r3, sp",
    "ldm r0, {{r4-r11}}",
    ".macro etls_round i, a, b, c, d, e, f, g, h", // h is what the new a has on top of r0
    "ldr r1, [r3, #4 * \\i]",
    "str r2, [r3, #4 * \\i]",
    "ldr r0, [r2, #4 * ({words} * \\i + {words} - 1)]",
    "add r1, r0",
    "add r1, \\h",
    "eor r0, \\e, \\e, ror #5",
    "eor r0, r0, \\e, ror #19",
    "add r1, r1, r0, ror #6",
    "eor r0, \\f, \\g",
    "and r0, r0, \\e",
    "eor r0, r0, \\g",
    "add r1, r0",
    "add \\d, r1",
    "eor r0, \\a, \\a, ror #11",
    "eor r0, r0, \\a, ror #20",
    "add \\h, r1, r0, ror #2",
    "eor r0, \\a, \\b", // (a ^ b) & (a ^ c) ^ a is the majority
    "eor r1, \\a, \\c",
    "ands r0, r1",
    "eor r0, r0, \\a",
    ".endm",
    "2:",
    "etls_round 0, r4, r5, r6, r7, r8, r9, r10, r11",
    "add r11, r0",
    "etls_round 1, r11, r4, r5, r6, r7, r8, r9, r10",
    "adds r3, #2 * 4",
    "adds r2, #2 * 4 * {words}",
    "mov r1, r4",
    "add r4, r10, r0",
    "mov r10, r8",
    "mov r8, r6",
    "mov r6, r1",
    "mov r1, r5",
    "mov r5, r11",
    "mov r11, r9",
    "mov r9, r7",
    "mov r7, r1",
    "cmp r3, lr",
    "bne 2b",
    "add sp, #256",
    "pop {{r0}}",
    "ldm r0, {{r1-r3, r12}}",
    "add r4, r1",
    "add r5, r2",
    "add r6, r3",
    "add r7, r12",
    "stm r0!, {{r4-r7}}",
    "ldm r0, {{r1-r3, r12}}",
    "add r8, r1",
    "add r9, r2",
    "add r10, r3",
    "add r11, r12",
    "stm r0!, {{r8-r11}}",
    "pop {{r4-r11, pc}}",
    ".purgem etls_round",
    ".size etls_sha256, . - etls_sha256",
    ".text",
    words = const WORDS,
);

// On the stack: the message's 80 words, the first one on top, and above it a to h. These move down by a word with each
// round: the new a takes the place of the word that was used. r12 is a; r1 goes through the block, r3 through the
// words, r2 through the constants. Pairs of registers are lower half, upper half.
global_asm!(
    ".section .text.etls_sha512, \"ax\", %progbits",
    ".global etls_sha512",
    ".type etls_sha512, %function",
    ".thumb_func",
    "etls_sha512:",
    "push {{r0, r4-r11, lr}}",
    "sub sp, #704",
    "add r12, sp, #640",
    ".macro etls_sum", // to what is in r4, r5
    "adds r4, r4, r8",
    "adc r5, r5, r9",
    ".endm",
    ".macro etls_xor3 out, a, b, c, d, e, f, s, t, u", // three turns of (a, b), (c, d), (e, f) to the right
    "lsr \\out, \\a, #\\s",
    "eor \\out, \\out, \\b, lsl #32 - \\s",
    "eor \\out, \\out, \\c, lsr #\\t",
    "eor \\out, \\out, \\d, lsl #32 - \\t",
    "eor \\out, \\out, \\e, lsr #\\u",
    ".ifnc \\f, none", // a shift brings nothing in
    "eor \\out, \\out, \\f, lsl #32 - \\u",
    ".endif",
    ".endm",
    "movs r3, #64",
    "2:",
    "subs r3, #4",
    "ldr r4, [r0, r3]",
    "str r4, [r12, r3]",
    "bne 2b",
    "mov r3, r12",
    "sub r0, r12, #16 * 8",
    "2:",
    "ldr r5, [r1], #4",
    "ldr r4, [r1], #4",
    "rev r4, r4",
    "rev r5, r5",
    "strd r4, r5, [r3, #-8]!",
    "cmp r3, r0",
    "bne 2b",
    "2:",
    "ldrd r4, r5, [r3, #15 * 8]", // w[i - 16]
    "ldrd r6, r7, [r3, #14 * 8]", // w[i - 15]
    "etls_xor3 r8, r6, r7, r6, r7, r6, r7, 1, 8, 7",
    "etls_xor3 r9, r7, r6, r7, r6, r7, none, 1, 8, 7",
    "etls_sum",
    "ldrd r8, r9, [r3, #6 * 8]", // w[i - 7]
    "etls_sum",
    "ldrd r6, r7, [r3, #1 * 8]", // w[i - 2]
    "etls_xor3 r8, r6, r7, r7, r6, r6, r7, 19, 29, 6",
    "etls_xor3 r9, r7, r6, r6, r7, r7, none, 19, 29, 6",
    "etls_sum",
    "strd r4, r5, [r3, #-8]!",
    "cmp r3, sp",
    "bne 2b",
    "2:",
    "ldrd r4, r5, [r12, #-8]", // w[i]
    "ldrd r8, r9, [r2], #8",
    "etls_sum",
    "ldrd r8, r9, [r12, #7 * 8]", // h
    "etls_sum",
    "ldrd r6, r7, [r12, #4 * 8]", // e
    "etls_xor3 r8, r6, r7, r6, r7, r7, r6, 14, 18, 9",
    "etls_xor3 r9, r7, r6, r7, r6, r6, r7, 14, 18, 9",
    "etls_sum",
    "ldrd r8, r9, [r12, #5 * 8]",   // f
    "ldrd r10, r11, [r12, #6 * 8]", // g
    "eor r8, r8, r10",
    "eor r9, r9, r11",
    "and r8, r8, r6",
    "and r9, r9, r7",
    "eor r8, r8, r10",
    "eor r9, r9, r11",
    "etls_sum",
    "ldrd r6, r7, [r12, #3 * 8]", // d
    "adds r6, r6, r4",
    "adcs r7, r5",
    "strd r6, r7, [r12, #3 * 8]",
    "ldrd r6, r7, [r12]", // a
    "etls_xor3 r8, r6, r7, r7, r6, r7, r6, 28, 2, 7",
    "etls_xor3 r9, r7, r6, r6, r7, r6, r7, 28, 2, 7",
    "etls_sum",
    "ldrd r8, r9, [r12, #1 * 8]",   // b
    "ldrd r10, r11, [r12, #2 * 8]", // c
    "eor r8, r8, r6",               // (a ^ b) & (a ^ c) ^ a is the majority
    "eor r9, r9, r7",
    "eor r10, r10, r6",
    "eor r11, r11, r7",
    "and r8, r8, r10",
    "and r9, r9, r11",
    "eor r8, r8, r6",
    "eor r9, r9, r7",
    "etls_sum",
    "strd r4, r5, [r12, #-8]!",
    "cmp r12, sp",
    "bne 2b",
    "ldr r0, [sp, #704]",
    "movs r3, #8",
    "2:",
    "ldrd r4, r5, [r12], #8",
    "ldrd r8, r9, [r0]",
    "etls_sum",
    "strd r4, r5, [r0], #8",
    "subs r3, #1",
    "bne 2b",
    "mov r2, #704",
    "2:", // wiped
    "subs r2, #4",
    "str r3, [sp, r2]",
    "bne 2b",
    "add sp, #704",
    "pop {{r0, r4-r11, pc}}",
    ".purgem etls_sum",
    ".purgem etls_xor3",
    ".size etls_sha512, . - etls_sha512",
    ".text",
);
