//! Constant time: SHA-256, SHA-384 and SHA-512 (FIPS 180-4) for the chip.
//!
//! They replace Mbed TLS's, which take 3.4 KB of flash there in their smallest form. SHA-512 is SHA-256 with words
//! twice as long. The constants of both are the first bits of the same roots of the same primes; SHA-256's are the
//! upper halves. So both share all code but the compression: 2 KB here, with compressions in assembly, which are
//! faster, too. Without Mbed TLS its build (cmake, bindgen) is not needed either.
//!
//! A running hash is a string of bytes: the number of bytes added, the state, the block that is being filled. Numbers
//! are little-endian. The string's length says which function it is. No index and no branch depends on what is hashed.

use super::round_constants::{K, RoundConstants, WORDS};
use crate::codec::copy;
use crate::crypto::{HashAlgorithm, HashFunction, LONG_HASHES, wipe};

/// Room for so many bytes of length, state and block.
#[derive(Clone)]
#[repr(C, align(4))] // for the assembly
pub struct Sha2<const SIZE: usize>([u8; SIZE]);

/// SHA-256.
pub type Sha256 = Sha2<{ 4 + 32 + 64 }>;
/// Any of them; SHA-256 takes the front of it.
pub type State = Sha2<{ if LONG_HASHES { 4 + 64 + 128 } else { 4 + 32 + 64 } }>;

impl<const SIZE: usize> Sha2<SIZE> {
    /// The bytes that this algorithm's state takes.
    fn state(&mut self, algorithm: HashAlgorithm) -> &mut [u8] {
        let is_short = !LONG_HASHES || algorithm == HashAlgorithm::Sha256;
        let len = if is_short { size_of::<Sha256>() } else { size_of::<State>() };
        self.0.get_mut(..len).unwrap_or_default()
    }
}

impl<const SIZE: usize> HashFunction for Sha2<SIZE> {
    #[inline(always)] // so that it is made where it stays
    fn blank(_: HashAlgorithm) -> Self {
        Self([0; SIZE])
    }

    fn restart(&mut self, algorithm: HashAlgorithm) {
        let from: &[u8] = match algorithm {
            HashAlgorithm::Sha256 => START_256.as_flattened(),
            HashAlgorithm::Sha384 if LONG_HASHES => START_384.as_flattened(),
            HashAlgorithm::Sha512 if LONG_HASHES => START_512.as_flattened(),
            _ => &[],
        };
        if let Some((length, state)) = self.0.split_first_chunk_mut() {
            *length = [0; 4];
            copy(state, from);
        }
    }

    fn update(&mut self, algorithm: HashAlgorithm, data: &[u8]) {
        update(self.state(algorithm), data);
    }

    fn finish(&mut self, algorithm: HashAlgorithm, out: &mut [u8; 64]) {
        finish(self.state(algorithm), out);
    }
}

impl<const SIZE: usize> Drop for Sha2<SIZE> {
    fn drop(&mut self) {
        // The state of an HMAC is as good as its key.
        wipe(&mut self.0);
    }
}

/// The length; the state; the block, which is twice as long as the state.
#[inline(always)]
fn parts(hash: &mut [u8]) -> Option<(&mut [u8; 4], &mut [u8], &mut [u8])> {
    let size = if hash.len() == size_of::<Sha256>() { 32 } else { 64 };
    let (length, rest) = hash.split_first_chunk_mut()?;
    let (state, block) = rest.split_at_mut_checked(size)?;
    Some((length, state, block))
}

/// Adds to the message; 4 GB are more than a handshake has.
#[inline(never)]
fn update(hash: &mut [u8], mut data: &[u8]) {
    let Some((length, state, block)) = parts(hash) else { return };
    while !data.is_empty() {
        let before = u32::from_le_bytes(*length);
        let place = before as usize & (block.len() - 1);
        let (now, rest) = data.split_at(data.len().min(block.len() - place));
        *length = before.wrapping_add(now.len() as u32).to_le_bytes();
        copy(block.get_mut(place..).unwrap_or_default(), now);
        data = rest;
        if place + now.len() == block.len() {
            compress(state, block);
        }
    }
}

/// Pads (FIPS 180-4 §5.1) and writes the state to the front of `out`.
#[inline(never)]
fn finish(hash: &mut [u8], out: &mut [u8; 64]) {
    let Some((length, state, block)) = parts(hash) else { return };
    let (length, size) = (u32::from_le_bytes(*length), block.len());
    // A one, zeros, the length in bits: up to the end of a block. The length takes an eighth of it.
    let place = length as usize & (size - 1);
    if let Some((one, zeros)) = block.get_mut(place..).unwrap_or_default().split_first_mut() {
        *one = 0x80;
        zeros.fill(0);
    }
    if place >= size - size / 8 {
        compress(state, block);
        block.fill(0);
    }
    if let Some(bits) = block.last_chunk_mut() {
        *bits = (u64::from(length) << 3).to_be_bytes();
    }
    compress(state, block);
    // The state is little-endian.
    let state = state.as_chunks::<4>().0;
    for (i, word) in out.as_chunks_mut().0.iter_mut().enumerate() {
        let Some(little) = state.get(i ^ (size / 128)) else { return };
        *word = u32::from_le_bytes(*little).to_be_bytes();
    }
}

/// Adds the block to the state.
#[inline(never)]
fn compress(state: &mut [u8], block: &[u8]) {
    if let (Ok(state), Ok(block)) = ((&mut *state).try_into(), block.try_into()) {
        short(state, block, &K);
    } else if LONG_HASHES && let (Ok(state), Ok(block)) = ((&mut *state).try_into(), block.try_into()) {
        long(state, block, &K);
    }
}

#[cfg(cortex_m4)]
use crate::crypto::provider::cortex_m4::assembly::{sha256 as short, sha512 as long};

/// The compression (FIPS 180-4 §6.2.2, §6.4.2) of state and block. The eight variables stay where they are and their
/// names move: `at(0)` is a, `at(7)` is h. The chip has its own in `assembly.rs`.
#[cfg(not(cortex_m4))]
macro_rules! compression {
    ($name:ident, $word:ty, $bytes:literal, $rounds:literal, $a:expr, $e:expr, $w:expr, $x:expr) => {
        fn $name(state: &mut [u8; 8 * $bytes], block: &[u8; 16 * $bytes], constants: &RoundConstants) {
            let state = state.as_chunks_mut().0;
            let mut v: [$word; 8] = core::array::from_fn(|i| <$word>::from_le_bytes(state[i]));
            let mut w: [$word; 16] = core::array::from_fn(|i| <$word>::from_be_bytes(block.as_chunks().0[i]));
            let turned = |x: $word, by: [u32; 3]| x.rotate_right(by[0]) ^ x.rotate_right(by[1]) ^ x.rotate_right(by[2]);
            let shifted = |x: $word, by: [u32; 3]| x.rotate_right(by[0]) ^ x.rotate_right(by[1]) ^ x >> by[2];
            for (i, k) in constants.iter().take($rounds).enumerate() {
                let k = u64::from(k[WORDS - 1]) << 32 | u64::from(k[0]);
                let at = |name: usize| name.wrapping_sub(i) & 7;
                let mut t = w[i & 15];
                if i >= 16 {
                    t = t.wrapping_add(shifted(w[(i + 1) & 15], $w)).wrapping_add(w[(i + 9) & 15]);
                    t = t.wrapping_add(shifted(w[(i + 14) & 15], $x));
                    w[i & 15] = t;
                }
                let (e, f, g) = (v[at(4)], v[at(5)], v[at(6)]);
                t = t.wrapping_add(v[at(7)]).wrapping_add(turned(e, $e)).wrapping_add(g ^ e & (f ^ g));
                t = t.wrapping_add((k >> (64 - 8 * $bytes)) as $word);
                v[at(3)] = v[at(3)].wrapping_add(t);
                let (a, b, c) = (v[at(0)], v[at(1)], v[at(2)]);
                v[at(7)] = t.wrapping_add(turned(a, $a)).wrapping_add(a & b | c & (a | b));
            }
            for (bytes, v) in state.iter_mut().zip(v) {
                *bytes = <$word>::from_le_bytes(*bytes).wrapping_add(v).to_le_bytes();
            }
        }
    };
}

#[cfg(not(cortex_m4))]
compression!(short, u32, 4, 64, [2, 13, 22], [6, 11, 25], [7, 18, 3], [17, 19, 10]);
#[cfg(not(cortex_m4))]
compression!(long, u64, 8, 80, [28, 34, 39], [14, 18, 41], [1, 8, 7], [19, 61, 6]);

/// SHA-512's initial state (FIPS 180-4 §5.3.5): the square roots of the first eight primes, after the point.
#[rustfmt::skip]
static START_512: [[u8; 8]; 8] = bytes([
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
]);

/// SHA-384's (FIPS 180-4 §5.3.4): those of the next eight.
#[rustfmt::skip]
static START_384: [[u8; 8]; 8] = bytes([
    0xcbbb_9d5d_c105_9ed8, 0x629a_292a_367c_d507, 0x9159_015a_3070_dd17, 0x152f_ecd8_f70e_5939,
    0x6733_2667_ffc0_0b31, 0x8eb4_4a87_6858_1511, 0xdb0c_2e0d_64f9_8fa7, 0x47b5_481d_befa_4fa4,
]);

/// SHA-256's (FIPS 180-4 §5.3.3): the upper halves of SHA-512's.
static START_256: [[u8; 4]; 8] = {
    let mut halves = [[0; 4]; 8];
    let mut i = 0;
    while i < 8 {
        let [_, _, _, _, half @ ..] = START_512[i];
        halves[i] = half;
        i += 1;
    }
    halves
};

const fn bytes(words: [u64; 8]) -> [[u8; 8]; 8] {
    let mut bytes = [[0; 8]; 8];
    let mut i = 0;
    while i < 8 {
        bytes[i] = words[i].to_le_bytes();
        i += 1;
    }
    bytes
}

#[cfg(test)]
mod tests;
