//! The C ABI. `include/espruino_tls.h` is made from these files by cbindgen; the comments in them are its manual.
//!
//! This is the only room with `unsafe` besides the crypto providers: it turns C's pointers into slices and back.

#![allow(unsafe_code)]
#![allow(non_camel_case_types)] // C's names

mod calls;
#[cfg_attr(not(feature = "error-text"), path = "without_describe.rs")]
mod describe;
#[cfg(feature = "ecdh")]
pub mod ecdh;
#[cfg(feature = "trace")]
mod init_traced;
mod memory;
#[cfg_attr(not(feature = "trace"), path = "without_trace.rs")]
mod trace;
mod types;

pub use calls::*;
#[allow(unused_imports)] // a build without sentences has nothing for others there
pub use describe::*;
pub use memory::etls;
#[allow(unused_imports)] // a build that does not trace has nothing for others there
pub use trace::*;
pub use types::*;

/// Bare metal has no panic handler of its own. The engine has no line that panics; should there be one all the same,
/// stopping is all that is left, and the host's watchdog restarts the device.
#[cfg(all(feature = "panic-handler", target_os = "none"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
