//! Inner loops by hand for the Cortex-M4: what a compiler makes of them when it optimises for size takes two to three
//! times as long, and is larger. Each has its twin in Rust, which runs on every other machine, beside its caller.
//!
//! None of them branches on data or takes a time that depends on it. Data chooses addresses of loads where the caller
//! says so.

use core::arch::global_asm;

#[cfg(feature = "aes-gcm")]
use super::Block;

#[cfg(feature = "aes-gcm")]
unsafe extern "C" {
    fn etls_aes(keys: *const u32, last: *const u32, block: *mut u8, s_box: *const u8);
    fn etls_ghash(hash: *mut u128, subkey: *const u128, block: *const u8, end: *const u8);
}

/// Encrypts a block with AES (FIPS 197 §5.1): a round for each of `keys`, then what comes before the last key with
/// `last`, which lies behind them.
#[cfg(feature = "aes-gcm")]
pub fn aes(keys: &[[u32; 4]], last: &[u32; 4], block: &mut Block, s_box: &[u8; 256]) {
    // SAFETY: reads whole round keys from the first up to `last`, and looks bytes up in the S-box, which has as many as
    // there are values of a byte. Reads and writes the block, which is aligned for words.
    unsafe { etls_aes(keys.as_ptr().cast(), last.as_ptr(), block.0.as_mut_ptr(), s_box.as_ptr()) }
}

/// See `gcm.rs`.
#[cfg(feature = "aes-gcm")]
pub fn ghash(hash: &mut u128, subkey: &u128, blocks: &[u8]) {
    let blocks = blocks.as_chunks::<16>().0.as_flattened().as_ptr_range();
    if !blocks.is_empty() {
        // SAFETY: reads the subkey, at least one block of 16 bytes and whole ones up to the end; reads and writes the hash.
        // What it looks up, in a table of its own on the stack, has as many places as there are values of four bits.
        unsafe { etls_ghash(hash, subkey, blocks.start, blocks.end) }
    }
}

// The state is in r5 to r8, a column each; what comes out of the S-box in r9 to r12. lr is the next round key.
// UADD8 doubles four bytes and remembers for each whether a bit was carried out, SEL takes 0x1b for those.
#[cfg(feature = "aes-gcm")]
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

// On the stack: the factor, 16 bytes; the table of the subkey's multiples, 256; nothing; r0 and r3 to r11 as they came.
// Numbers are in four registers or words, lowest first. The one that becomes the hash is in r4 to r7, what leaves it at the
// right end in r8. r1 is the table; r3 reads the factor, from its lowest byte on.
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
