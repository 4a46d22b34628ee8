#![no_std]
#[cfg(not(target_os = "none"))]
extern crate std; // lends the panic handler; nothing else of it is used
pub mod config;
pub mod crypto;
pub mod error;
pub mod x509;
