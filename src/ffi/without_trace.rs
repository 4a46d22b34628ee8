//! Stands for `trace.rs` in builds without the feature `trace`.

use super::types::etls_host;
use core::ptr;

/// Nobody is told what happens.
pub(super) type Tracer = ();
pub(super) const NO_TRACER: Tracer = ();

/// The host's functions as they lie in the lent memory.
pub(super) type OwnHost = etls_host;

/// Puts the host's functions where they stay.
///
/// SAFETY: `host` is valid; `place` is memory for it, aligned.
#[inline(always)]
pub(super) unsafe fn keep(host: *const etls_host, _: Tracer, place: *mut OwnHost) {
    // SAFETY: as promised
    unsafe { ptr::copy_nonoverlapping(host, place, 1) }
}
