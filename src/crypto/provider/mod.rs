//! Who supplies the operations: two providers of the same names, one for the chip, one for everything else.

#[cfg_attr(feature = "aes-hook", allow(unsafe_code))] // calls the device
pub(super) mod aes_hook;
#[cfg(any(not(cortex_m4), feature = "chacha20"))]
#[allow(unsafe_code)] // calls C
pub(super) mod mbedtls;

#[cfg(not(cortex_m4))]
pub(super) mod host;
#[cfg(not(cortex_m4))]
pub(super) use host::*;

#[cfg(cortex_m4)]
#[allow(unsafe_code)] // registers of the chip, and calls assembly
pub(super) mod cortex_m4;
#[cfg(cortex_m4)]
pub(super) use cortex_m4::*;
