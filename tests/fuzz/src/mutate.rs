//! Mutations for builds without libFuzzer: a few of its ways, by a fixed seed.

use crate::input::Random;

const INTERESTING: [u8; 16] = [0, 1, 2, 3, 4, 5, 20, 22, 23, 0x30, 0x7f, 0x80, 0x81, 0x82, 0xfe, 0xff];

/// Changes an input a little, now and then by a piece of another one.
pub fn mutate(data: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        if data.is_empty() {
            data.push(random.draw() as u8);
        }
        let at = random.below(data.len());
        let length = 1 + random.below(16);
        match random.below(12) {
            0 => data[at] ^= 1 << random.below(8),
            1 => data[at] = random.draw() as u8,
            2 => data[at] = INTERESTING[random.below(INTERESTING.len())],
            3 => data[at] = data[at].wrapping_add(1),
            4 => data[at] = data[at].wrapping_sub(1),
            5 => data.insert(at, INTERESTING[random.below(INTERESTING.len())]),
            6 => drop(data.drain(at..(at + length).min(data.len()))),
            7 => data.truncate(at.max(1)),
            8 => {
                let piece = data[at..(at + 4 * length).min(data.len())].to_vec();
                let to = random.below(data.len() + 1);
                data.splice(to..to, piece);
            }
            9 if !other.is_empty() => {
                let from = random.below(other.len());
                let piece = other[from..(from + 8 * length).min(other.len())].to_vec();
                let end = (at + piece.len()).min(data.len());
                data.splice(at..end, piece);
            }
            10 => {
                let end = (at + length).min(data.len());
                data[at..end].fill(INTERESTING[random.below(INTERESTING.len())]);
            }
            _ => {
                let (a, b) = (random.below(data.len()), random.below(data.len()));
                data.swap(a, b);
            }
        }
    }
}
