//! etls_init() of builds with the feature `trace`.

use super::calls::begin;
use super::memory::etls;
use super::types::{etls_config, etls_error_info, etls_host, etls_trace};
use core::ffi::{c_int, c_void};

/// Only in builds with the feature `trace`; define ETLS_TRACE to have it declared. etls_init() that tells what happens.
/// The structures of the ABI are the same in all builds; a program that calls this does not link with a library that
/// can't trace. `trace` is copied.
///
/// # Safety
/// As for etls_init(); `trace` is valid.
#[cfg(feature = "trace")] // for the header
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_init_traced(
    memory: *mut c_void,
    length: usize,
    c: *const etls_config,
    host: *const etls_host,
    trace: *const etls_trace,
    out: *mut *mut etls,
    error: *mut etls_error_info,
) -> c_int {
    // SAFETY: as promised
    unsafe { begin(memory, length, c, host, trace.as_ref().copied(), out, error) }
}
