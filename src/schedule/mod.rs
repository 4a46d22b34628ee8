//! Secrets and the transcript hash.

pub mod prf12;
pub mod transcript;
