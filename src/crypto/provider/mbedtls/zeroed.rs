//! Constant time: a context before its first use.

use core::mem::MaybeUninit;

/// A context of Mbed TLS with every byte zero, which is what its `*_init` functions make.
///
/// # Safety
/// `T` must be one of Mbed TLS's plain C structs of integers, arrays and raw pointers: all zeros is a value of it.
pub(super) unsafe fn zeroed<T>() -> T {
    // SAFETY: the caller's promise.
    unsafe { MaybeUninit::zeroed().assume_init() }
}
