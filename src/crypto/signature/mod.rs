//! Signatures, one file an algorithm and direction: verification is variable-time on public data, signing
//! constant-time.

#[allow(clippy::indexing_slicing)] // parts of an array of a constant length
#[cfg_attr(not(own_curves), allow(dead_code))] // RSA and the fast P-256 need less
pub(super) mod ecdsa;
#[cfg(feature = "client-auth")]
pub mod ecdsa_sign;
#[cfg(feature = "rsa")]
pub(super) mod rsa;
#[cfg(feature = "client-rsa")]
#[allow(clippy::indexing_slicing)] // loop counters within arrays of a constant length
pub mod rsa_sign;
pub(super) mod verify;
