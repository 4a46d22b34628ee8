//! GCM (NIST SP 800-38D) over any block cipher, as a stream: Mbed TLS's own mode wants whole blocks and brings its
//! cipher layer, and with it every cipher, along.
//!
//! GHASH multiplies without tables, in constant time, with the 32 × 32 → 64 bit multiplier. Integer multiplication has
//! carries that a product of polynomials must not have: if only every fourth bit of both factors is used, at most eight
//! ones meet in one place, the carries stay within the three zero bits above it and are masked out. A Cortex-M4
//! multiplies in one cycle whatever the numbers; so does every host of the last twenty years.

use super::{AuthenticatedCipher, BlockCipher};
use zeroize::Zeroize;

/// One record under AES-GCM or GCM with another block cipher of 16 bytes.
pub struct Gcm<B: BlockCipher> {
    cipher: B,
    /// The hash subkey H and the hash so far: 128-bit numbers, least significant word first.
    subkey: [u32; 4],
    hash: [u32; 4],
    nonce: [u8; 12],
    counter: u32,
    /// Key stream from `used` on, before that the ciphertext that still has to be hashed.
    block: [u8; 16],
    used: usize,
    aad_len: usize,
    text_len: usize,
}

impl<B: BlockCipher> Gcm<B> {
    /// Runs the cipher on the nonce and a block number.
    fn key_stream(&mut self, counter: u32) -> [u8; 16] {
        let mut block = [0; 16];
        let (nonce, number) = block.split_at_mut(12);
        nonce.copy_from_slice(&self.nonce);
        number.copy_from_slice(&counter.to_be_bytes());
        self.cipher.encrypt(&mut block);
        block
    }

    fn absorb(&mut self, block: [u8; 16]) {
        self.hash.iter_mut().zip(words(block)).for_each(|(hash, word)| *hash ^= word);
        self.hash = multiply(self.hash, self.subkey);
    }

    /// Adds key stream to the data and hashes whichever side of the addition is the ciphertext.
    fn process(&mut self, mut data: &mut [u8], sealing: bool) {
        self.text_len += data.len();
        while !data.is_empty() {
            if self.used == 0 {
                self.counter = self.counter.wrapping_add(1);
                self.block = self.key_stream(self.counter);
            }
            let (now, rest) = data.split_at_mut(data.len().min(16 - self.used));
            data = rest;
            if let Ok(whole) = <&mut [u8; 16]>::try_from(&mut *now) {
                // The same as below, by words, for all but the ends of the pieces.
                let text = u128::from_ne_bytes(*whole);
                let other = text ^ u128::from_ne_bytes(self.block);
                *whole = other.to_ne_bytes();
                self.block = if sealing { other } else { text }.to_ne_bytes();
            } else {
                for (text, key) in now.iter_mut().zip(self.block.iter_mut().skip(self.used)) {
                    let before = *text;
                    *text ^= *key;
                    *key = if sealing { *text } else { before };
                }
            }
            self.used += now.len();
            if self.used == 16 {
                self.used = 0;
                self.absorb(self.block);
            }
        }
    }
}

impl<B: BlockCipher> AuthenticatedCipher for Gcm<B> {
    fn new(key: &[u8], nonce: &[u8; 12], aad: &[u8]) -> Self {
        let mut cipher = B::new(key);
        let mut block = [0; 16];
        cipher.encrypt(&mut block);
        let mut this = Self {
            cipher,
            subkey: words(block),
            hash: [0; 4],
            nonce: *nonce,
            counter: 1,
            block,
            used: 0,
            aad_len: aad.len(),
            text_len: 0,
        };
        for chunk in aad.chunks(16) {
            let mut block = [0; 16];
            block.iter_mut().zip(chunk).for_each(|(b, c)| *b = *c);
            this.absorb(block);
        }
        this
    }

    fn seal(&mut self, data: &mut [u8]) {
        self.process(data, true);
    }

    fn open(&mut self, data: &mut [u8]) {
        self.process(data, false);
    }

    fn tag(&mut self) -> [u8; 16] {
        if self.used != 0 {
            self.block.iter_mut().skip(self.used).for_each(|b| *b = 0);
            self.absorb(self.block);
        }
        let mut lengths = [0; 16];
        let (aad, text) = lengths.split_at_mut(8);
        aad.copy_from_slice(&(8 * self.aad_len as u64).to_be_bytes());
        text.copy_from_slice(&(8 * self.text_len as u64).to_be_bytes());
        self.absorb(lengths);
        let mut tag = self.key_stream(1);
        for (tag, word) in tag.rchunks_exact_mut(4).zip(self.hash) {
            tag.iter_mut().zip(word.to_be_bytes()).for_each(|(t, w)| *t ^= w);
        }
        tag
    }
}

impl<B: BlockCipher> Drop for Gcm<B> {
    fn drop(&mut self) {
        self.subkey.zeroize();
        self.hash.zeroize();
        self.block.zeroize();
    }
}

/// A block as a number, least significant word first.
fn words(block: [u8; 16]) -> [u32; 4] {
    let number = u128::from_be_bytes(block);
    [number as u32, (number >> 32) as u32, (number >> 64) as u32, (number >> 96) as u32]
}

/// The product of two polynomials over GF(2) of degree below 32.
#[inline(never)]
fn multiply_32(a: u32, b: u32) -> u64 {
    const EVERY_FOURTH: u32 = 0x1111_1111;
    let part = |x: u32, i: u32| x & (EVERY_FOURTH << i);
    let (a0, a1, a2, a3) = (part(a, 0), part(a, 1), part(a, 2), part(a, 3));
    let (b0, b1, b2, b3) = (part(b, 0), part(b, 1), part(b, 2), part(b, 3));
    let times = |x: u32, y: u32| u64::from(x) * u64::from(y);
    const MASK: u64 = 0x1111_1111_1111_1111;
    (times(a0, b0) ^ times(a1, b3) ^ times(a2, b2) ^ times(a3, b1)) & MASK
        | (times(a0, b1) ^ times(a1, b0) ^ times(a2, b3) ^ times(a3, b2)) & (MASK << 1)
        | (times(a0, b2) ^ times(a1, b1) ^ times(a2, b0) ^ times(a3, b3)) & (MASK << 2)
        | (times(a0, b3) ^ times(a1, b2) ^ times(a2, b1) ^ times(a3, b0)) & (MASK << 3)
}

/// The product of two polynomials of degree below 64 (Karatsuba: three products instead of four).
#[inline(never)]
fn multiply_64(a: [u32; 2], b: [u32; 2]) -> [u32; 4] {
    let words = |x: u64| [x as u32, (x >> 32) as u32];
    let low = words(multiply_32(a[0], b[0]));
    let high = words(multiply_32(a[1], b[1]));
    let middle = words(multiply_32(a[0] ^ a[1], b[0] ^ b[1]));
    [low[0], low[1] ^ middle[0] ^ low[0] ^ high[0], high[0] ^ middle[1] ^ low[1] ^ high[1], high[1]]
}

/// The product in GHASH's field (SP 800-38D §6.3).
fn multiply(a: [u32; 4], b: [u32; 4]) -> [u32; 4] {
    let low = multiply_64([a[0], a[1]], [b[0], b[1]]);
    let high = multiply_64([a[2], a[3]], [b[2], b[3]]);
    let middle = multiply_64([a[0] ^ a[2], a[1] ^ a[3]], [b[0] ^ b[2], b[1] ^ b[3]]);
    let mut z = [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]];
    for i in 0..4 {
        z[i + 2] ^= middle[i] ^ low[i] ^ high[i];
    }
    // GCM numbers the bits from the left. The product of two numbers read backwards is the product read backwards, but
    // has 255 bits: shift it to make the left end meet.
    let mut carry = 0;
    for word in &mut z {
        (*word, carry) = (*word << 1 | carry, *word >> 31);
    }
    // x^128 = 1 + x + x^2 + x^7, and to multiply by x is to shift right.
    for i in 0..4 {
        let w = z[i];
        z[i + 4] ^= w ^ w >> 1 ^ w >> 2 ^ w >> 7;
        z[i + 3] ^= w << 31 ^ w << 30 ^ w << 25;
    }
    [z[4], z[5], z[6], z[7]]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The field's product as SP 800-38D §6.3 writes it: bit by bit.
    fn by_the_book(x: u128, y: u128) -> u128 {
        let (mut z, mut v) = (0, y);
        for i in 0..128 {
            if x >> (127 - i) & 1 == 1 {
                z ^= v;
            }
            v = v >> 1 ^ if v & 1 == 1 { 0xe1 << 120 } else { 0 };
        }
        z
    }

    #[test]
    fn the_product_is_that_of_the_standard() {
        let words = |x: u128| [x as u32, (x >> 32) as u32, (x >> 64) as u32, (x >> 96) as u32];
        let mut x = 0x0123_4567_89ab_cdef_0f1e_2d3c_4b5a_6978_u128;
        let mut samples = [0, 1, 1 << 127, u128::MAX, u128::MAX >> 1, 0].map(|s| (s, u128::MAX));
        for _ in 0..200 {
            for (a, b) in samples {
                assert_eq!(multiply(words(a), words(b)), words(by_the_book(a, b)), "{a:x} {b:x}");
            }
            for pair in &mut samples {
                x = x.wrapping_mul(0xda94_2042_e4dd_58b5).rotate_left(41) ^ 0x9e37_79b9;
                *pair = (x, pair.0 ^ x.rotate_left(7));
            }
        }
    }
}
