//! Memory that a host lends: from the heap, or from anywhere else for good.

use super::heap::Heap;
use core::ops::{Deref, DerefMut};

/// Memory that a [`Host`](crate::Host) lends.
///
/// With the feature `alloc` it is made of a `Vec<u8>` or a `Box<[u8]>`, and dropped it is free again:
/// ```
/// use espruino_tls::{Host, Memory};
///
/// struct Computer;
/// impl Host for Computer {
///     fn alloc(&mut self, len: usize) -> Option<Memory> {
///         Some(vec![0; len].into())
///     }
/// #   fn random(&mut self, out: &mut [u8]) -> bool { out.fill(4); true }
/// #   fn now(&mut self) -> Option<i64> { None }
/// }
/// ```
/// Without a heap it is made of a slice that nobody else uses, and kept when it comes back:
/// ```
/// use espruino_tls::{Host, Memory};
///
/// struct Board {
///     /// 16 KB of a static variable, unless they are lent.
///     spare: Option<&'static mut [u8]>,
/// }
/// impl Host for Board {
///     fn alloc(&mut self, _: usize) -> Option<Memory> {
///         self.spare.take().map(Memory::from)
///     }
///     fn free(&mut self, memory: Memory) {
///         self.spare = memory.into_static();
///     }
/// #   fn random(&mut self, out: &mut [u8]) -> bool { out.fill(4); true }
/// #   fn now(&mut self) -> Option<i64> { None }
/// }
/// ```
pub struct Memory(Origin);

/// Where it comes from.
enum Origin {
    Static(&'static mut [u8]),
    Heap(Heap),
}

impl Memory {
    /// The slice that it was made of; `None` if it was made of memory from the heap.
    pub fn into_static(self) -> Option<&'static mut [u8]> {
        match self.0 {
            Origin::Static(bytes) => Some(bytes),
            Origin::Heap(_) => None,
        }
    }
}

impl From<&'static mut [u8]> for Memory {
    fn from(bytes: &'static mut [u8]) -> Self {
        Memory(Origin::Static(bytes))
    }
}

impl From<Heap> for Memory {
    fn from(bytes: Heap) -> Self {
        Memory(Origin::Heap(bytes))
    }
}

#[cfg(any(feature = "alloc", test))]
impl From<super::heap::Vec<u8>> for Memory {
    fn from(bytes: super::heap::Vec<u8>) -> Self {
        bytes.into_boxed_slice().into()
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Origin::Static(bytes) => bytes,
            Origin::Heap(bytes) => bytes,
        }
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Origin::Static(bytes) => bytes,
            Origin::Heap(bytes) => bytes,
        }
    }
}

impl core::fmt::Debug for Memory {
    /// No contents: they may be secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Memory").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, vec};

    #[test]
    fn memory_knows_where_it_comes_from() {
        let mut heap = Memory::from(vec![7; 3]);
        heap[0] = 1;
        assert_eq!(*heap, [1, 7, 7]);
        assert_eq!(format!("{heap:?}"), "Memory { len: 3, .. }");
        assert!(heap.into_static().is_none());
        let none: &'static mut [u8] = &mut [];
        let address = none.as_ptr();
        assert_eq!(Memory::from(none).into_static().map(|bytes| bytes.as_ptr()), Some(address));
    }
}
