//! Secrets and the transcript hash.

#[cfg(feature = "tls13")]
pub mod hkdf13;
pub mod prf12;
pub mod suite_hash;
pub mod transcript;
