//! Constant time, but for [`verify_vartime`]: the fast P-256 for the chip (FIPS 186-5 §3.2.1.3), keys, agreements and
//! signatures from p256-cortex-m4's arithmetic.
//!
//! One loop in assembly makes keys and agrees; a second one, in Rust, verifies, as nothing is secret there. That
//! crate's C code takes 2.1 KB for verifying alone, and for making keys 1.4 KB more or the time of an agreement. Only
//! its functions in assembly are used.
//!
//! Why the time does not depend on the private number: no digit is zero, every entry of a table is read and the right
//! one kept by a mask, and what is added is negated by a mask. (Two scalars end with adding a point to itself, which
//! takes longer. Nobody ever draws one of them.)

use crate::crypto::arithmetic::montgomery::is_zero;
use crate::crypto::wipe;
use core::arch::global_asm;
use p256_cortex_m4_sys as _; // links it

/// Little-endian words.
pub type Number = [u32; 8];
/// y and then x: as an uncompressed point, read from its end.
pub type Point = [u32; 16];

unsafe extern "C" {
    fn P256_check_range_n(number: *const Number) -> bool;
    fn P256_check_range_p(number: *const Number) -> bool;
    fn P256_point_is_on_curve(x: *const Number, y: *const Number) -> bool;
    fn P256_to_montgomery(out: *mut Number, number: *const Number);
    fn P256_from_montgomery(out: *mut Number, number: *const Number);
    fn P256_negate_mod_p_if(out: *mut Number, number: *const Number, negate: u32);
    fn P256_negate_mod_n_if(out: *mut Number, number: *const Number, negate: u32);
    fn P256_double_j(out: *mut Number, point: *const Number);
    fn P256_add_sub_j(to: *mut Number, other: *const Number, subtract: bool, other_is_affine: bool);
    fn P256_jacobian_to_affine(x: *mut Number, y: *mut Number, point: *const Number);
    #[cfg(feature = "client-auth")]
    fn P256_mod_n_inv(out: *mut Number, number: *const Number);
    #[cfg(not(feature = "client-auth"))]
    fn P256_mod_n_inv_vartime(out: *mut Number, number: *const Number);
    fn P256_verify_last_step(r: *const Number, point: *const Number) -> bool;
    fn P256_mul_mod_n(out: *mut Number, a: *const Number, b: *const Number);
    #[cfg(feature = "client-auth")]
    fn P256_add_mod_n(out: *mut Number, a: *const Number, b: *const Number);
    #[cfg(feature = "client-auth")]
    fn P256_reduce_mod_n_32bytes(out: *mut Number, number: *const Number);
    fn etls_digits(work: *mut Number, table: *const Number, size: usize, stride: usize);
}

/// What a scalar's digits of four bits choose from: ±1 ±2 ±4 +8 times a point, with a minus for each bit of the place
/// in the table that is not set. The other digits are their negatives.
#[derive(Clone, Copy)]
enum Table<'t> {
    /// 1, 3, 5, ... 15 times any point: x, y, z each. A digit is four bits that follow each other.
    Point(&'t [u32; 24 * 8]),
    /// The generator with 2^64, 2^128, 2^192 for 2, 4, 8: x and y each. A digit has every 64th bit (Lim and Lee's
    /// comb).
    Comb(&'t [u32; 16 * 8]),
}

impl Table<'_> {
    /// The eight entries, how many numbers each has, and the distance of a digit's bits.
    fn parts(self) -> (*const Number, usize, usize) {
        match self {
            Table::Point(table) => (table.as_ptr().cast(), 3, 1),
            Table::Comb(table) => (table.as_ptr().cast(), 2, 64),
        }
    }
}

/// What a product is made in: three numbers of the sum, three of what is added, and the scalar with a one behind it.
type Work = [u32; 6 * 8 + 9];

/// The scalar, from 1 to below the order, times the point.
#[inline(never)]
fn multiply(scalar: &Number, table: Table, out: &mut Point) {
    let mut work: Work = [0; 6 * 8 + 9];
    work[6 * 8 + 8] = 1;
    let sum = work.as_mut_ptr().cast::<Number>();
    let even = !scalar[0] & 1;
    let (entries, size, stride) = table.parts();
    // SAFETY: all is within `work`, the table of eight entries of `size` numbers, and the point. An odd number is a sum
    // of plus or minus every power of two: plus where the next bit is set.
    unsafe {
        P256_negate_mod_n_if(sum.add(6), scalar, even);
        etls_digits(sum, entries, size, stride);
        P256_negate_mod_p_if(sum.add(1), sum.add(1), even);
        let y = out.as_mut_ptr().cast::<Number>();
        let x = y.add(1);
        P256_jacobian_to_affine(x, y, sum);
        P256_from_montgomery(y, y);
        P256_from_montgomery(x, x);
    }
    wipe(&mut work);
}

/// Whether it is a private key: not zero and below the order.
pub fn is_private(number: &Number) -> bool {
    // SAFETY: reads a number.
    unsafe { P256_check_range_n(number) }
}

/// The public key that belongs to a private one.
pub fn public(private: &Number) -> Point {
    let mut point = [0; 16];
    multiply(private, Table::Comb(&COMB), &mut point);
    point
}

/// 1, 3, 5, ... 15 times the point. False if it is not on the curve.
#[inline(never)]
fn multiples(point: &Point, table: &mut [u32; 24 * 8]) -> bool {
    // SAFETY: whole numbers and points are read and written.
    unsafe {
        let first = table.as_mut_ptr().cast::<Number>();
        let last = first.add(7 * 3);
        let y = point.as_ptr().cast::<Number>();
        let x = y.add(1);
        P256_to_montgomery(last, x);
        P256_to_montgomery(last.add(1), y);
        if !P256_check_range_p(x) || !P256_check_range_p(y) || !P256_point_is_on_curve(last, last.add(1)) {
            return false;
        }
        // What is added to nothing becomes the sum, with a z that it has not had.
        P256_add_sub_j(first, last, false, true);
        P256_double_j(last, first);
        for i in 1..8 {
            let entry = first.add(3 * i);
            if entry != last {
                entry.copy_from_nonoverlapping(last, 3);
            }
            P256_add_sub_j(entry, entry.sub(3), false, false);
        }
    }
    true
}

/// Replaces the peer's point by the private number times it. False if it is not on the curve.
pub fn agree(private: &Number, point: &mut Point) -> bool {
    let mut table = [0u32; 24 * 8];
    let is_point = multiples(point, &mut table);
    if is_point {
        multiply(private, Table::Point(&table), point);
    }
    is_point
}

/// Whether r and s sign the digest, of which these are the leftmost 256 bits (FIPS 186-5 §6.4.2): whether u1 times the
/// generator and u2 times the public key, for u1 = digest / s and u2 = r / s, have r for their x. Both go through one
/// row of doublings. Variable time on public data.
#[inline(never)]
pub fn verify_vartime(point: &Point, digest: &Number, r: &Number, s: &Number) -> bool {
    let mut table = [0u32; 24 * 8];
    let [mut u1, mut u2] = [[0u32; 9]; 2];
    if !is_private(r) || !is_private(s) || !multiples(point, &mut table) {
        return false;
    }
    // SAFETY: reads numbers and writes others or the same.
    unsafe {
        let (u1, u2) = (u1.as_mut_ptr().cast::<Number>(), u2.as_mut_ptr().cast::<Number>());
        // which of the two is there is a choice of the crate's
        #[cfg(not(feature = "client-auth"))]
        P256_mod_n_inv_vartime(u2, s);
        #[cfg(feature = "client-auth")]
        P256_mod_n_inv(u2, s);
        P256_mul_mod_n(u1, digest, u2);
        P256_mul_mod_n(u2, r, u2);
    }
    let has_generator = !is_zero(&u1[..8]);
    make_odd(&mut u1);
    make_odd(&mut u2);
    let mut sum = [[0; 8]; 3]; // infinity
    for place in (0..=252).rev() {
        if place % 4 == 0 {
            add_digit_vartime(&mut sum, &u2, place, &table);
        }
        if place < 64 && has_generator {
            add_digit_vartime(&mut sum, &u1, place, &COMB);
        }
        if place != 0 {
            // SAFETY: reads and writes a point.
            unsafe { P256_double_j(sum.as_mut_ptr(), sum.as_ptr()) };
        }
    }
    // SAFETY: reads a number and a point.
    unsafe { P256_verify_last_step(r, sum.as_ptr()) }
}

/// Negates an even number modulo the order, which is odd; the word above is 1 if it was odd, and 3 if not.
#[inline(never)]
fn make_odd(number: &mut [u32; 9]) {
    let even = !number[0] & 1;
    number[8] = 1 | even << 1;
    // SAFETY: reads and writes a number.
    unsafe { P256_negate_mod_n_if(number.as_mut_ptr().cast(), number.as_ptr().cast(), even) }
}

/// Adds the entry that the scalar's digit at this place stands for, as `etls_digits` does for scalars that are secret.
/// The table is one of those of [`Table`].
#[inline(never)]
fn add_digit_vartime(sum: &mut [Number; 3], scalar: &[u32; 9], place: usize, table: &[u32]) {
    let is_comb = table.len() == COMB.len();
    let (size, stride) = if is_comb { (16, 64) } else { (24, 1) };
    let mut digit = 0;
    for i in (0..4).rev() {
        let at = place + 1 + i * stride;
        digit = 2 * digit + (scalar.get(at / 32).unwrap_or(&0) >> (at % 32) & 1);
    }
    let is_negative = digit < 8;
    let entry = if is_negative { 7 - digit } else { digit - 8 };
    // SAFETY: the entry is one of the table's eight.
    unsafe {
        let entry = table.as_ptr().add(size * entry as usize).cast();
        P256_add_sub_j(sum.as_mut_ptr(), entry, is_negative != (scalar[8] == 3), is_comb);
    }
}

/// r and s of a signature (FIPS 186-5 §6.4.1), r behind s; `None` if the nonce is no good. Overwrites the nonce.
#[cfg(feature = "client-auth")]
pub fn sign(private: &Number, digest: &Number, nonce: &mut Number) -> Option<Point> {
    if !is_private(nonce) {
        return None;
    }
    let mut signature = public(nonce);
    // SAFETY: reads numbers and writes others or the same. s = (digest + r private) / nonce
    unsafe {
        let s = signature.as_mut_ptr().cast::<Number>();
        let (r, nonce) = (s.add(1), &raw mut *nonce);
        P256_reduce_mod_n_32bytes(r, r);
        P256_mod_n_inv(nonce, nonce);
        P256_mul_mod_n(s, r, private);
        P256_add_mod_n(s, digest, s);
        P256_mul_mod_n(s, nonce, s);
    }
    let (s, r) = signature.split_at(8);
    (!is_zero(s) && !is_zero(r)).then_some(signature)
}

/// In Montgomery's form.
#[rustfmt::skip]
static COMB: [u32; 16 * 8] = [
    0x6708_44e0, 0x52d8_a7c9, 0xef68_a29d, 0x00e3_3bdc, 0x4bdb_7361, 0x0f3d_2848, 0x91c5_304d, 0x5222_c821,
    0xdf73_fc25, 0xea6d_2944, 0x0255_c81b, 0xa04c_0f55, 0xefe4_88a8, 0x29ac_dc97, 0x80a5_60de, 0xbe2e_158f,
    0x2b13_e673, 0xfc85_11ee, 0xd103_ed24, 0xffc5_8dee, 0xea7e_99b8, 0x1022_523a, 0x4afc_8a17, 0x8f43_ea39,
    0xc5f3_3d0b, 0x8f4e_2dbc, 0xd0aa_1681, 0x3bc0_99fa, 0x79ff_9df1, 0xffbb_7b41, 0xd58b_57c4, 0x180d_e09d,
    0x8bd1_cda5, 0x5643_0752, 0x8e05_eda5, 0x1807_577f, 0x9568_96e9, 0x099c_699b, 0xf1f0_efb5, 0x83d6_093d,
    0xed97_061c, 0xef5a_f17e, 0x030d_4c3c, 0x35b9_77b8, 0x4922_9439, 0x81fa_75a2, 0xa0b6_d35d, 0xf5a2_2070,
    0x74f8_1cf1, 0x814c_5365, 0x0120_065b, 0xe30b_aff7, 0x1513_2621, 0x80ae_1256, 0x36a8_0788, 0x16d2_b8cb,
    0xecc5_0bca, 0x33d1_4697, 0x17ae_dd21, 0x19a9_dfb0, 0xedc3_f766, 0x523f_bcc7, 0xb2cf_5afd, 0x9c4d_e6dd,
    0xcf0d_9f6d, 0x5305_a9e6, 0x81a9_b021, 0x5839_172f, 0x75c6_87cf, 0xcca7_a4dd, 0x844b_e22f, 0x36d5_9b3e,
    0x111a_53e9, 0xcace_7e62, 0xf063_f3a1, 0x91c8_43d4, 0x0da8_12da, 0xbf77_e5f0, 0x437f_3176, 0x0e64_af9c,
    0xcf07_517d, 0xdbd5_68bb, 0xba68_30b9, 0x2f1a_fba2, 0xe6c4_c2a6, 0x15b6_807c, 0xe496_6aef, 0x91c7_eabc,
    0xd6b2_b6e6, 0x716d_ea1b, 0x19f8_5b4b, 0x248c_43d1, 0x4a31_5e2a, 0x16dc_fd60, 0xc72b_3d0b, 0x15fd_d303,
    0x42b7_dfd5, 0xe40b_f9f4, 0x2d93_4f2a, 0x6736_89f3, 0x30a6_f50b, 0x8314_beb4, 0x976e_c64e, 0xd17a_f2bc,
    0x1ee7_ddf1, 0x39f6_6c4f, 0x68ea_373c, 0x7f68_e18b, 0x53d0_b186, 0x5166_c1f2, 0x7be5_8f14, 0x95dd_a601,
    0x4291_3074, 0x0d5a_e356, 0x48a5_42b1, 0x5549_1b27, 0xb310_732a, 0x469c_a665, 0x5f1a_4cc1, 0x2959_1d52,
    0xb84f_983f, 0xe76f_5b6b, 0x9f5f_84e1, 0xbe7e_ef41, 0x80ba_a189, 0x1200_d496, 0x18ef_332c, 0x6376_551f,
];

// The loop over the scalar's digits. r4 is the sum, three numbers; the term lies behind it, three numbers, and then the
// scalar with a one behind it. r5 is the table, r6 how many numbers an entry has, r7 the digit's place, r8 the distance
// of its bits, r9 that of the places, r10 ones if the digit is negative, r11 its place in the table.
global_asm!(
    ".section .text.etls_digits, \"ax\", %progbits",
    ".global etls_digits",
    ".type etls_digits, %function",
    ".thumb_func",
    "etls_digits:",
    "push {{r3-r11, lr}}",
    "mov r4, r0",
    "mov r5, r1",
    "mov r6, r2",
    "mov r8, r3",
    "mov r9, #1",
    "cmp r6, #3",
    "it eq",
    "moveq r9, #4",
    "rsb r7, r9, r9, lsl #6",
    "2:", // a digit
    "adds r1, r7, #1",
    "movs r2, #4",
    "3:",
    "lsrs r3, r1, #5",
    "add r3, r4, r3, lsl #2",
    "ldr r3, [r3, #6 * 32]",
    "and r12, r1, #31",
    "lsr r3, r3, r12",
    "lsrs r3, r3, #1",
    "rrx r0, r0",
    "add r1, r8",
    "subs r2, #1",
    "bne 3b",
    "mvn r10, r0, asr #31",
    "eor r0, r0, r10",
    "ubfx r11, r0, #28, #3",
    // Every entry is read. r0 has the bit of the right one, and one behind all eight; SEL keeps what is in the register
    // where the flags GE are ones, while it is another one.
    "add r0, r4, #3 * 32",
    "mov r1, r5",
    "movs r2, #1",
    "lsl r2, r2, r11",
    "add r2, r2, #0x100",
    "subs r3, r6, #1",
    "lsls r3, r3, #5",
    "push {{r0-r11}}", // term, table's number, bits, bytes up to the next entry
    "3:",              // a number
    "ldrd r1, r0, [sp, #4]",
    "4:", // an entry
    "lsrs r0, r0, #1",
    "sbcs r3, r3",
    "uadd8 r3, r3, r3",
    "ldm r1!, {{r2, r3, r12, lr}}",
    "sel r4, r4, r2",
    "sel r5, r5, r3",
    "sel r6, r6, r12",
    "sel r7, r7, lr",
    "ldm r1!, {{r2, r3, r12, lr}}",
    "sel r8, r8, r2",
    "sel r9, r9, r3",
    "sel r10, r10, r12",
    "sel r11, r11, lr",
    "ldr r2, [sp, #12]",
    "add r1, r2",
    "cmp r0, #1",
    "bne 4b",
    "ldrd r0, r1, [sp]",
    "stm r0!, {{r4-r11}}",
    "ldr r3, [sp, #20]", // the table
    "add r3, r2",
    "cmp r1, r3",
    "add r1, r1, #32",
    "strd r0, r1, [sp]",
    "bne 3b",
    "add sp, #16",
    "pop {{r4-r11}}",
    "add r0, r4, #4 * 32",
    "mov r1, r0",
    "and r2, r10, #1",
    "bl P256_negate_mod_p_if",
    "mov r0, r4",
    "add r1, r4, #3 * 32",
    "movs r2, #0",
    "and r3, r9, #1",
    "bl P256_add_sub_j",
    "cbz r7, 4f",
    "sub r7, r7, r9",
    "mov r11, r9",
    "3:",
    "mov r0, r4",
    "mov r1, r4",
    "bl P256_double_j",
    "subs r11, r11, #1",
    "bne 3b",
    "b 2b",
    "4:",
    "pop {{r3-r11, pc}}",
    ".size etls_digits, . - etls_digits",
    ".text",
);
