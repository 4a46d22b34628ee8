//! Constant time without a data cache: encrypts one AES block (FIPS 197) on the chip. CTR and GCM need nothing else.
//!
//! It replaces Mbed TLS's, which takes 2.6 KB of flash there even with a single table of 1 KB. This one has the S-box
//! alone, takes 0.8 KB, and is as fast. Without Mbed TLS its build (cmake, bindgen) is not needed either.
//!
//! Side channels: secrets are indices into the S-box. A Cortex-M4 has no data cache, so the time does not depend on the
//! index. On a host with caches it would; there this is only compiled for tests.

use crate::crypto::{AesHook, Block, BlockCipher, wipe};

/// As many as the longest key needs.
const MAX_ROUNDS: usize = if cfg!(feature = "aes256") { 14 } else { 10 };

/// AES-128 or AES-256 with its expanded key.
pub struct Aes {
    /// Round keys: one for each round and one more, a column a word, lowest byte first.
    keys: [[u32; 4]; MAX_ROUNDS + 1],
    rounds: usize,
}

impl BlockCipher for Aes {
    #[inline(always)]
    fn blank(_: AesHook) -> Self {
        Self { keys: [[0; 4]; MAX_ROUNDS + 1], rounds: MAX_ROUNDS }
    }

    /// Expands the key of 16 bytes (FIPS 197 §5.2).
    #[cfg(all(cortex_m4, not(feature = "aes256")))]
    #[inline(always)]
    fn set_key(&mut self, key: &[u8]) {
        if let Some(key) = key.first_chunk() {
            crate::crypto::provider::cortex_m4::assembly::aes128_keys(key, &SBOX, &mut self.keys);
        }
    }

    /// Expands the key of 16 or 32 bytes (FIPS 197 §5.2).
    #[cfg(any(not(cortex_m4), feature = "aes256"))]
    #[inline(never)]
    fn set_key(&mut self, key: &[u8]) {
        let size = if cfg!(feature = "aes256") && key.len() == 32 { 8 } else { 4 };
        self.rounds = size + 6;
        let keys = self.keys.as_flattened_mut();
        let mut constant = 1;
        for i in 0..keys.len() {
            keys[i] = if i < size {
                key.get(4 * i..).and_then(|key| key.first_chunk()).map_or(0, |word| u32::from_le_bytes(*word))
            } else {
                let mut word = keys[i - 1];
                if i & (size - 1) == 0 {
                    word = substitute_word(word.rotate_right(8)) ^ constant;
                    constant = double(constant);
                } else if i & (size - 1) == 4 {
                    word = substitute_word(word);
                }
                word ^ keys[i - size]
            };
        }
    }

    /// Encrypts a block (FIPS 197 §5.1).
    #[cfg(cortex_m4)]
    fn encrypt(&mut self, block: &mut Block) {
        if let (Some(keys), Some(last)) = (self.keys.get(..self.rounds), self.keys.get(self.rounds)) {
            crate::crypto::provider::cortex_m4::assembly::aes(keys, last, block, &SBOX);
        }
    }

    /// Encrypts a block (FIPS 197 §5.1). `assembly.rs` has the same for the chip.
    #[cfg(not(cortex_m4))]
    fn encrypt(&mut self, block: &mut Block) {
        let mut state = [0; 4];
        for (column, bytes) in state.iter_mut().zip(block.0.as_chunks().0) {
            *column = u32::from_le_bytes(*bytes);
        }
        for (round, keys) in self.keys[..=self.rounds].iter().enumerate() {
            if round != 0 {
                let old = state;
                for (i, column) in state.iter_mut().enumerate() {
                    let rows = [old[i], old[(i + 1) % 4], old[(i + 2) % 4], old[(i + 3) % 4]];
                    *column = substitute(rows);
                    if round != self.rounds {
                        *column = mix(*column);
                    }
                }
            }
            state.iter_mut().zip(keys).for_each(|(column, key)| *column ^= key);
        }
        for (column, bytes) in state.iter().zip(block.0.as_chunks_mut().0) {
            *bytes = column.to_le_bytes();
        }
    }
}

/// A byte of each, through the S-box: SubBytes and ShiftRows of a column (FIPS 197 §5.1.1, §5.1.2).
#[cfg(any(not(cortex_m4), feature = "aes256"))]
fn substitute(rows: [u32; 4]) -> u32 {
    let mut out = 0;
    for (i, row) in rows.iter().enumerate() {
        out |= u32::from(SBOX[(row >> (8 * i) & 0xff) as usize]) << (8 * i);
    }
    out
}

/// SubWord (FIPS 197 §5.2).
#[cfg(any(not(cortex_m4), feature = "aes256"))]
#[inline(never)]
fn substitute_word(word: u32) -> u32 {
    substitute([word; 4])
}

/// Four bytes times x (FIPS 197 §4.2.1).
#[cfg(any(not(cortex_m4), feature = "aes256"))]
fn double(word: u32) -> u32 {
    let high = word & 0x8080_8080;
    ((word ^ high) << 1) ^ ((high >> 7) * 0x1b)
}

/// MixColumns of one column (FIPS 197 §5.1.3).
#[cfg(not(cortex_m4))]
fn mix(word: u32) -> u32 {
    let double = double(word);
    double ^ (word ^ double).rotate_right(8) ^ word.rotate_right(16) ^ word.rotate_right(24)
}

impl Drop for Aes {
    fn drop(&mut self) {
        wipe(self.keys.as_flattened_mut());
    }
}

#[rustfmt::skip]
static SBOX: [u8; 256] = [
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76,
    0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0,
    0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15,
    0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75,
    0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84,
    0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf,
    0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8,
    0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2,
    0xcd, 0x0c, 0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73,
    0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb,
    0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79,
    0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08,
    0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a,
    0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e,
    0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf,
    0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16,
];

#[cfg(test)]
mod tests;
