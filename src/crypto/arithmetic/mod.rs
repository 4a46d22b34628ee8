//! Arithmetic with long numbers and on curves: what `key_agreement` and `signature` are made of.

#[allow(clippy::indexing_slicing)] // registers named by an enum that counts them
#[cfg_attr(not(own_curves), allow(dead_code))] // RSA and the fast P-256 need less
pub(super) mod curve;
pub(super) mod modulus;
#[cfg_attr(not(own_curves), allow(dead_code))] // RSA and the fast P-256 need less
pub(super) mod montgomery;
#[cfg(not(cortex_m4))]
mod rows;

#[cfg(cortex_m4)]
use crate::crypto::provider::cortex_m4::rows;
