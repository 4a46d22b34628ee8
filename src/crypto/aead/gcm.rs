//! Constant time without a data cache: GCM (NIST SP 800-38D) over any block cipher, as a stream.
//!
//! It replaces Mbed TLS's mode, which wants whole blocks and brings along the cipher layer with every cipher.
//!
//! GHASH takes four bits at a time, with a table of the sixteen multiples of the hash subkey (Shoup). The table's 256
//! bytes lie on the stack of each call that has blocks to hash, and are wiped at the end. Making it takes half the time
//! of a block.
//!
//! Side channels: secrets are indices into the table, as with AES. A Cortex-M4 has no data cache, so the time does not
//! depend on the index; on a host with caches it does.

use crate::codec::copy;
#[cfg(feature = "aes-hook")]
use crate::crypto::aead::device_aes::Aes;
#[cfg(not(feature = "aes-hook"))]
use crate::crypto::provider::Aes;
#[cfg(not(cortex_m4))]
use crate::crypto::wipe;
use crate::crypto::{AesHook, AuthenticatedCipher, Block, BlockCipher};

/// With AES: the device's or the provider's.
pub(super) type AesGcm = Gcm<Aes>;

/// One record under AES-GCM or GCM with another block cipher of 16 bytes.
pub struct Gcm<B: BlockCipher> {
    cipher: B,
    /// The hash subkey H and the hash so far.
    subkey: u128,
    hash: u128,
    /// The nonce and the number of the last block.
    counter: Block,
    /// Key stream from `used` on, before that the ciphertext that still has to be hashed.
    block: Block,
    used: usize,
    aad_len: usize,
    text_len: usize,
}

impl<B: BlockCipher> Gcm<B> {
    /// The next block of key stream: the cipher on the nonce and the next number.
    #[inline(never)]
    fn key_stream(&mut self) {
        let [.., a, b, c, d] = &mut self.counter.0;
        [*a, *b, *c, *d] = u32::from_be_bytes([*a, *b, *c, *d]).wrapping_add(1).to_be_bytes();
        self.block = self.counter;
        self.cipher.encrypt(&mut self.block);
    }

    /// Block `number + 1` comes next.
    #[inline(always)]
    fn set_number(&mut self, number: u32) {
        let [.., a, b, c, d] = &mut self.counter.0;
        [*a, *b, *c, *d] = number.to_be_bytes();
    }

    /// Hashes whole blocks.
    #[inline(never)]
    fn absorb(&mut self, blocks: &[u8]) {
        ghash(&mut self.hash, &self.subkey, blocks);
    }

    /// Hashes a byte, once its block is full.
    #[inline(never)]
    fn absorb_byte(&mut self, byte: u8) {
        self.block.0[self.used % 16] = byte;
        self.used = (self.used + 1) % 16;
        if self.used == 0 {
            let block = self.block;
            self.absorb(&block.0);
        }
    }

    /// Zeros up to the end of the block.
    #[inline(never)]
    fn fill_up(&mut self) {
        while self.used != 0 {
            self.absorb_byte(0);
        }
    }

    /// Adds key stream to the data and hashes whichever side of the addition is the ciphertext.
    #[inline(never)]
    fn process(&mut self, mut data: &mut [u8], sealing: bool) {
        self.text_len += data.len();
        loop {
            if self.used == 0 {
                // Whole blocks where they lie.
                let (whole, rest) = data.as_chunks_mut::<16>();
                data = rest;
                if !sealing {
                    self.absorb(whole.as_flattened());
                }
                for text in &mut *whole {
                    self.key_stream();
                    *text = (u128::from_ne_bytes(*text) ^ u128::from_ne_bytes(self.block.0)).to_ne_bytes();
                }
                if sealing {
                    self.absorb(whole.as_flattened());
                }
            }
            let Some((byte, rest)) = data.split_first_mut() else { return };
            if self.used == 0 {
                self.key_stream();
            }
            let before = *byte;
            *byte ^= self.block.0[self.used % 16];
            self.absorb_byte(if sealing { *byte } else { before });
            data = rest;
        }
    }
}

impl<B: BlockCipher> AuthenticatedCipher for Gcm<B> {
    #[inline(always)]
    fn blank(hook: AesHook) -> Self {
        let (counter, block) = (Block([0; 16]), Block([0; 16]));
        Self { cipher: B::blank(hook), subkey: 0, hash: 0, counter, block, used: 0, aad_len: 0, text_len: 0 }
    }

    fn start(&mut self, key: &[u8], nonce: &[u8; 12], aad: &[u8]) {
        self.cipher.set_key(key);
        self.set_number(u32::MAX); // behind which comes 0
        self.key_stream();
        self.subkey = u128::from_be_bytes(self.block.0);
        copy(&mut self.counter.0, nonce);
        self.set_number(1);
        self.aad_len = aad.len();
        aad.iter().for_each(|byte| self.absorb_byte(*byte));
        self.fill_up();
    }

    fn seal(&mut self, data: &mut [u8]) {
        self.process(data, true);
    }

    fn open(&mut self, data: &mut [u8]) {
        self.process(data, false);
    }

    fn tag(&mut self) -> [u8; 16] {
        self.fill_up();
        let bits = (self.aad_len as u128) << 67 | (self.text_len as u128) << 3;
        bits.to_be_bytes().iter().for_each(|byte| self.absorb_byte(*byte));
        self.set_number(0);
        self.key_stream();
        (u128::from_be_bytes(self.block.0) ^ self.hash).to_be_bytes()
    }
}

impl<B: BlockCipher> Drop for Gcm<B> {
    fn drop(&mut self) {
        (self.subkey, self.hash, self.block) = (0, 0, Block([0; 16]));
        core::hint::black_box(self); // as in wipe()
    }
}

/// See the other one. In assembly.
#[cfg(cortex_m4)]
use crate::crypto::provider::cortex_m4::assembly::ghash;

/// Hash = (hash + block) times subkey, for all blocks (SP 800-38D §6.4). The chip has its own in `assembly.rs`.
#[cfg(not(cortex_m4))]
fn ghash(hash: &mut u128, subkey: &u128, blocks: &[u8]) {
    let mut table = multiples(*subkey);
    for block in blocks.as_chunks().0 {
        let factor = *hash ^ u128::from_be_bytes(*block);
        *hash = 0;
        for word in [factor as u32, (factor >> 32) as u32, (factor >> 64) as u32, (factor >> 96) as u32] {
            // What leaves the number at the right end in eight steps comes in again in one.
            let mut left = 0;
            for nibble in 0..8 {
                left = left >> 4 | (*hash as u32) << 28;
                *hash = *hash >> 4 ^ table[(word >> (4 * nibble) & 15) as usize];
            }
            let left = u128::from(left) << 96;
            *hash ^= left ^ left >> 1 ^ left >> 2 ^ left >> 7;
        }
    }
    wipe(&mut table);
}

/// Subkey times every polynomial of degree below 4. GCM numbers the bits from the left: x is the number 4, and to
/// multiply by x is to shift right, where x^128 = 1 + x + x^2 + x^7 comes in again.
#[cfg(not(cortex_m4))]
fn multiples(subkey: u128) -> [u128; 16] {
    let mut table = [0; 16];
    let mut multiple = subkey;
    for place in [8, 4, 2, 1] {
        table[place] = multiple;
        multiple = multiple >> 1 ^ (multiple & 1).wrapping_neg() & 0xe1 << 120;
    }
    for power in [2, 4, 8] {
        for place in 1..power {
            table[power + place] = table[power] ^ table[place];
        }
    }
    table
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
        let mut x = 0x0123_4567_89ab_cdef_0f1e_2d3c_4b5a_6978_u128;
        let mut samples = [0, 1, 1 << 127, u128::MAX, u128::MAX >> 1, 0].map(|s| (s, u128::MAX));
        for _ in 0..200 {
            for (a, b) in samples {
                let mut hash = a;
                ghash(&mut hash, &b, &[0; 16]);
                assert_eq!(hash, by_the_book(a, b), "{a:x} {b:x}");
                let second = by_the_book(a, b) ^ 0x11 << 120 ^ 0x22;
                let mut blocks = [0; 32];
                (blocks[16], blocks[31]) = (0x11, 0x22);
                let mut hash = a;
                ghash(&mut hash, &b, &blocks);
                assert_eq!(hash, by_the_book(second, b), "{a:x} {b:x}");
            }
            for pair in &mut samples {
                x = x.wrapping_mul(0xda94_2042_e4dd_58b5).rotate_left(41) ^ 0x9e37_79b9;
                *pair = (x, pair.0 ^ x.rotate_left(7));
            }
        }
    }
}
