//! What lies where in the lent memory, and who is using it:
//! ```text
//! [ connection | the host's functions | the trusted certificates' slices | arena ]
//! ```

use super::trace::OwnHost;
use super::types::etls_config;
use crate::config::Config;
use crate::connection::Connection;
use core::mem::{align_of, size_of};
use core::ptr;
#[cfg(debug_assertions)]
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Where the parts of the lent memory begin, counted from its (aligned) start: the connection is the first, then these,
/// and the arena is the last.
pub(super) const HOST: usize = size_of::<etls>().next_multiple_of(align_of::<OwnHost>());
pub(super) const CA: usize = (HOST + size_of::<OwnHost>()).next_multiple_of(align_of::<&[u8]>());

/// Where the arena begins and ends; `None` if no memory has room for so many trusted certificates.
pub(super) fn arena(c: &etls_config, config: &Config) -> Option<(usize, usize)> {
    if c.ca_count > usize::MAX / 4 / size_of::<&[u8]>() {
        return None;
    }
    let start = CA + c.ca_count * size_of::<&[u8]>();
    Some((start, start + Connection::memory_needed(config)))
}

/// The strictest alignment of what is put into the lent memory.
pub(super) const ALIGN: usize =
    if align_of::<etls>() > align_of::<OwnHost>() { align_of::<etls>() } else { align_of::<OwnHost>() };

/// A connection. Lives in the memory that the caller lends.
pub struct etls {
    #[cfg(debug_assertions)]
    busy: AtomicBool,
    pub(super) connection: Connection<'static>,
}

/// A connection for the time of one call. In debug builds a call from inside another one, by a function of etls_host,
/// is refused; otherwise two places would change the connection at once.
pub(super) struct Call<'e> {
    pub(super) connection: &'e mut Connection<'static>,
    #[cfg(debug_assertions)]
    busy: &'e AtomicBool,
}

#[cfg(debug_assertions)]
impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.busy.store(false, Relaxed);
    }
}

/// None for NULL, and in debug builds for calls from inside a call.
///
/// SAFETY: `e` is NULL or comes from etls_init().
#[inline(always)]
pub(super) unsafe fn enter<'e>(e: *const etls) -> Option<Call<'e>> {
    let e = e.cast_mut();
    if e.is_null() {
        return None;
    }
    // SAFETY: as promised; nothing else refers to the connection while this call runs, which `busy` makes sure of
    unsafe {
        #[cfg(debug_assertions)]
        let busy = &*ptr::addr_of!((*e).busy);
        #[cfg(debug_assertions)]
        if busy.swap(true, Relaxed) {
            return None;
        }
        Some(Call {
            connection: &mut *ptr::addr_of_mut!((*e).connection),
            #[cfg(debug_assertions)]
            busy,
        })
    }
}

/// Puts a connection where it stays. A function of its own so that the room on the stack that the compiler builds it in
/// is free again when the connection starts.
///
/// SAFETY: `e` is memory for an etls, aligned.
#[inline(never)]
pub(super) unsafe fn put(e: *mut etls, config: Config<'static>, host: &'static mut OwnHost, arena: &'static mut [u8]) {
    // SAFETY: as promised
    unsafe {
        e.write(etls {
            #[cfg(debug_assertions)]
            busy: AtomicBool::new(false),
            connection: Connection::unstarted(config, host, arena),
        })
    }
}
