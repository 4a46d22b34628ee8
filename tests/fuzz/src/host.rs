//! A host with the same random numbers each time, that counts what it lends.

use crate::client::PEAKS;
use crate::engine::{Host, Memory};
use crate::input::Random;
use std::cell::Cell;

/// 2027-01-15, when the tests' certificates are valid.
pub const NOW: i64 = 1_800_000_000;

pub struct FuzzHost<'c> {
    pub random: Random,
    /// Calls of `random` that still succeed.
    pub randoms_left: usize,
    /// Calls of `alloc` that still succeed.
    pub allocs_left: usize,
    pub now: Option<i64>,
    /// Bytes that are lent now; outlives the connection.
    pub lent: &'c Cell<usize>,
}

impl<'c> FuzzHost<'c> {
    pub fn new(lent: &'c Cell<usize>) -> Self {
        FuzzHost { random: Random(1), randoms_left: usize::MAX, allocs_left: usize::MAX, now: Some(NOW), lent }
    }
}

impl Host for FuzzHost<'_> {
    fn random(&mut self, out: &mut [u8]) -> bool {
        let Some(left) = self.randoms_left.checked_sub(1) else { return false };
        self.randoms_left = left;
        out.fill_with(|| self.random.draw() as u8);
        true
    }

    fn now(&mut self) -> Option<i64> {
        self.now
    }

    fn alloc(&mut self, len: usize) -> Option<Memory> {
        self.allocs_left = self.allocs_left.checked_sub(1)?;
        assert!(len <= 16384 + 1, "{len} bytes are asked for");
        self.lent.set(self.lent.get() + len);
        let (slices, memory) = PEAKS.get();
        PEAKS.set((slices, memory.max(self.lent.get())));
        Some(vec![0xa5; len].into())
    }

    fn free(&mut self, memory: Memory) {
        assert!(memory.iter().all(|byte| *byte == 0), "memory that comes back is not wiped");
        self.lent.set(self.lent.get() - memory.len());
    }
}
