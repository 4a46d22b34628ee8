//! Stands for `heap.rs` in builds without the feature `alloc`.

use core::ops::{Deref, DerefMut};

/// Memory from the heap: there is none, and so no value of this type.
pub enum Heap {}

impl Deref for Heap {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match *self {}
    }
}

impl DerefMut for Heap {
    fn deref_mut(&mut self) -> &mut [u8] {
        match *self {}
    }
}
