//! The heap. `without_heap.rs` stands for this file in builds without the feature `alloc`.

extern crate alloc;

pub(super) use alloc::vec::Vec;

/// Memory from the heap.
pub(super) type Heap = alloc::boxed::Box<[u8]>;
