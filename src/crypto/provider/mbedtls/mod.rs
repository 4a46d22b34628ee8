//! Constant time, but for AES on a host with caches: SHA-2 and the AES block for the host, ChaCha20 and Poly1305 for
//! all, from Mbed TLS.
//!
//! Only functions that neither allocate nor drag in Mbed TLS's md or cipher layers are called. All of them report
//! nothing but null pointers and wrong lengths, which the types here rule out, so their results are dropped on purpose.
//!
//! Side channels: Mbed TLS's AES looks its S-boxes up in tables, and on a host with caches the time depends on the
//! index. SHA-2, ChaCha20 and Poly1305 use no secret index or branch.

#[cfg(all(feature = "aes-gcm", any(not(feature = "aes-hook"), test), not(cortex_m4)))]
mod aes;
#[cfg(feature = "chacha20")]
mod chacha20_poly1305;
#[cfg(not(cortex_m4))]
#[cfg_attr(miri, allow(dead_code))] // it has the chip's
mod sha2;
mod zeroed;

#[cfg(all(feature = "aes-gcm", any(not(feature = "aes-hook"), test), not(cortex_m4)))]
pub use aes::Aes;
#[cfg(feature = "chacha20")]
pub use chacha20_poly1305::ChaChaPoly;
#[cfg(not(any(cortex_m4, miri)))]
pub use sha2::{Sha256, State};
