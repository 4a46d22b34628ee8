//! Arithmetic with long numbers and on curves: what `key_agreement` and `signature` are made of.

#[allow(clippy::indexing_slicing)] // registers named by an enum that counts them
#[cfg_attr(not(own_curves), allow(dead_code))] // RSA and the fast P-256 need less
pub(super) mod curve;
#[allow(unsafe_code)] // one instruction of the chip
#[cfg_attr(not(own_curves), allow(dead_code))] // RSA and the fast P-256 need less
pub(super) mod montgomery;
