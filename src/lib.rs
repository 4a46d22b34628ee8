//! A TLS client for microcontrollers that are too small for TLS.
//!
//! Made for Espruino on a Pixl.js (Cortex-M4F at 64 MHz, some 30 KB of free flash and 20 KB of free heap), usable from
//! Rust and C anywhere. Nothing that the server says has to fit in RAM: certificates are hashed, parsed, matched and
//! checked while they flow past, records are opened as they come.
//!
//! # The way of a byte
//! ```text
//! transport → record::incoming (frame, open) → handshake::reader → one message's file → handshake::flight
//!           ← record::outgoing (seal)        ← one message's file ←
//! ```
//! No step calls back up; a byte goes in with [`connection::Connection::push`] and what it causes comes out with
//! [`pull`](connection::Connection::pull) and [`read`](connection::Connection::read).
//!
//! # The rooms
//! Each knows only those below it.
//! - [`ffi`]: the C ABI; [`socket`]: `embedded-io` over any transport; `socket_async`: `embedded-io-async`
//! - [`connection`]: the engine seen from outside
//! - [`handshake`]: one file a message, and the order in which they come
//! - [`record`]: framing, opening, sealing; [`schedule`]: secrets and transcript; [`x509`]: certificates as a stream
//! - [`crypto`]: the operations, one file a provider
//! - [`config`], [`error`], [`host`], [`codec`]: what everybody speaks; `session`: what can be resumed
//!
//! # Features
//! `pin` and `full` are the profiles; `chain` (certificate path check), `rsa`, `p384`, `aes-gcm`, `aes256`, `chacha20`
//! and `x25519`, `tls13`, `resumption`, `client-auth` are their parts; `rsa-pss` adds RSASSA-PSS keys and salts of any
//! length in certificates; `aes-hook` leaves AES to the device; `error-text` adds sentences to the error codes;
//! `async` adds the socket for `embedded-io-async`.

#![no_std]
#![deny(unsafe_code, missing_docs)]
// what only a feature changes needs no `mut` without it
#![cfg_attr(not(all(feature = "tls13", feature = "resumption", feature = "client-auth")), allow(unused_mut))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(not(target_os = "none"))]
extern crate std; // lends the panic handler to the static library; nothing else of it is used

pub mod arena;
pub mod attacks;
pub mod codec;
pub mod config;
pub mod connection;
pub mod crypto;
pub mod error;
pub mod ffi;
pub mod fuzzing;
pub mod handshake;
pub mod host;
pub mod record;
pub mod schedule;
#[cfg(feature = "resumption")]
pub mod session;
pub mod socket;
#[cfg(feature = "async")]
pub mod socket_async;
pub mod x509;
