//! Long operations in slices: each call does a bounded piece of work, and what it needs for the next one is in lent memory.

use super::wipe;
use core::task::Poll;

/// Bytes of memory that an operation needs between two slices: a number of an RSA-4096 key, or a curve's points.
pub const WORK_LEN: usize = 512;

/// How far an operation has come.
#[derive(Default)]
pub struct Progress {
    /// There is one, and its next slice is due.
    pending: bool,
    /// Its own count; 0 at first.
    pub step: u32,
}

impl Progress {
    /// Whether an operation has begun and not ended.
    pub fn is_pending(&self) -> bool {
        self.pending
    }

    /// Forgets the operation. What it had in memory is for the caller to wipe.
    pub fn cancel(&mut self) {
        *self = Self::default();
    }
}

/// What an operation keeps from one slice to the next.
pub struct Work<'w> {
    /// At least [`WORK_LEN`] bytes, the same ones and untouched for all slices of an operation.
    pub memory: &'w mut [u8],
    /// How far it is.
    pub progress: &'w mut Progress,
}

impl Work<'_> {
    /// Fetches words from that place (in words) on.
    #[inline(never)]
    pub fn load(&self, at: usize, words: &mut [u32]) {
        for (word, bytes) in words.iter_mut().zip(self.memory.as_chunks().0.iter().skip(at)) {
            *word = u32::from_le_bytes(*bytes);
        }
    }

    /// Puts them there.
    #[inline(never)]
    pub fn store(&mut self, at: usize, words: &[u32]) {
        for (bytes, word) in self.memory.as_chunks_mut().0.iter_mut().skip(at).zip(words) {
            *bytes = word.to_le_bytes();
        }
    }

    /// Whether an operation has begun and not ended.
    pub fn is_pending(&self) -> bool {
        self.progress.pending
    }

    /// A slice of an operation. The first call does nothing but say that there is one: the call in which it was found out had
    /// work of its own.
    #[inline(always)]
    pub fn slice<T>(&mut self, next: impl FnOnce(&mut Self) -> Poll<T>) -> Poll<T> {
        if !core::mem::replace(&mut self.progress.pending, true) {
            return Poll::Pending;
        }
        let result = next(self);
        if result.is_ready() {
            self.progress.cancel();
            wipe(self.memory);
        }
        result
    }
}

/// Does all of an operation at once, for callers that may block.
pub fn complete<T>(operation: impl FnMut(&mut Work) -> Poll<T>) -> T {
    complete_with::<WORK_LEN, T>(operation)
}

/// The same with that many bytes of memory.
pub fn complete_with<const LEN: usize, T>(mut operation: impl FnMut(&mut Work) -> Poll<T>) -> T {
    let (mut memory, mut progress) = ([0; LEN], Progress::default());
    loop {
        let mut work = Work { memory: &mut memory, progress: &mut progress };
        if let Poll::Ready(result) = operation(&mut work) {
            wipe(&mut memory);
            return result;
        }
    }
}
