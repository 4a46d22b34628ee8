//! How a stream is divided into pieces.

use crate::input::Random;

#[derive(Clone)]
pub enum Split {
    Whole,
    Every(usize),
    Random(Random, usize),
}

impl Split {
    pub fn random(seed: u64, most: usize) -> Self {
        Split::Random(Random(seed), most)
    }

    /// The length of the next piece of what is left.
    pub fn next(&mut self, left: usize) -> usize {
        let n = match self {
            Split::Whole => left,
            Split::Every(n) => *n,
            Split::Random(random, most) => 1 + random.below(*most),
        };
        n.min(left)
    }
}
