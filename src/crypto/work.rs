//! Constant time: long operations in slices. An operation is a function that is called again with the same arguments
//! until it is ready; each call does one slice, a bounded piece of work, and keeps its state in lent memory, not on the
//! stack.
//!
//! The state may be moved, but only to an address that is the same modulo four.

use crate::crypto::wipe;
use core::task::Poll;

/// Bytes of memory for a signature with an RSA-2048 key in slices, whatever their alignment.
pub const RSA_SIGN_LEN: usize = 8 * 4 * 32 + 4;

/// Bytes of memory for an operation in slices, whatever their alignment: a number of 4096 bits, or ten of 384.
pub const WORK_LEN: usize = 516;

/// How far an operation has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// The operation's own count, 0 at first.
    step: u32,
    is_pending: bool,
}

impl Progress {
    /// No operation is under way.
    pub const NONE: Self = Progress { step: 0, is_pending: false };

    /// Whether an operation is under way: slices of it are still to be done.
    pub fn is_pending(&self) -> bool {
        self.is_pending
    }
}

/// What an operation keeps from one slice to the next.
pub struct Work<'w> {
    /// At least [`WORK_LEN`] bytes. Their content does not matter to a first slice.
    pub memory: &'w mut [u8],
    /// How far the operation has come.
    pub progress: &'w mut Progress,
}

impl Work<'_> {
    /// Whether an operation is under way.
    pub fn is_pending(&self) -> bool {
        self.progress.is_pending
    }

    /// Marks the operation as under way; whether it was not. Then nothing else is done in this call: it was one that
    /// had other work to do before it found this.
    pub(crate) fn begins(&mut self) -> bool {
        !core::mem::replace(&mut self.progress.is_pending, true)
    }

    /// Wipes the memory and forgets the operation.
    #[inline(never)]
    pub fn cancel(&mut self) {
        wipe(self.memory);
        *self.progress = Progress::NONE;
    }

    /// What an operation returns: if it is ready, nothing is left of it.
    pub(crate) fn leave<T>(&mut self, result: Poll<T>) -> Poll<T> {
        if result.is_ready() {
            self.cancel();
        }
        result
    }

    /// The memory as words, and the progress.
    #[inline(never)]
    pub(super) fn parts(&mut self) -> (&mut [u32], &mut u32) {
        let skipped = self.memory.as_ptr().addr().wrapping_neg() % 4;
        let words: &mut [u32] = match self.memory.get_mut(skipped..) {
            // SAFETY: as many words as there are; the first one is aligned; bytes of any value are a word.
            Some(words) => unsafe { core::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len() / 4) },
            None => &mut [],
        };
        (words, &mut self.progress.step)
    }
}

/// What any operation needs.
const MOST: usize = if cfg!(feature = "client-rsa") { RSA_SIGN_LEN } else { WORK_LEN };

/// Does all of an operation at once, for callers that may block: `operation` is called until it is ready.
#[inline(never)] // its memory must not lie in its caller's part of the stack
pub fn complete<T>(mut operation: impl FnMut(&mut Work) -> Poll<T>) -> T {
    let mut memory = [0; MOST];
    let mut progress = Progress::NONE;
    loop {
        if let Poll::Ready(result) = operation(&mut Work { memory: &mut memory, progress: &mut progress }) {
            return result;
        }
    }
}

#[cfg(test)]
mod tests;
