//! A TLS 1.2 and 1.3 client for microcontrollers that are too small for TLS.
//!
//! Made for Espruino on a Pixl.js (Cortex-M4F at 64 MHz, some 30 KB of free flash and 20 KB of free heap), usable from
//! Rust and C anywhere. Nothing that the server says has to fit in RAM: certificates are hashed, parsed, matched and
//! checked while they flow past, and records are opened as they come.
//!
//! ```
//! use espruino_tls::{Config, Connection, Trust};
//!
//! // Whom to trust comes first: here the certificate's SHA-256, as `openssl x509 -fingerprint -sha256` prints it.
//! let trust = Trust::fingerprint256(
//!     "06:F3:A1:B2:C8:5D:DE:3C:81:4D:BC:0C:BA:DA:63:0F:35:28:93:5A:85:5F:7E:B8:A4:2D:6C:70:D4:79:AC:F3",
//! );
//! let config = Config::new("192.168.1.50", trust);
//! // All the memory that a connection takes, but for records of servers that ignore max_fragment_length.
//! let needed = size_of::<Connection>() + Connection::memory_needed(&config);
//! assert!(needed < 8192); // on a computer; 4,219 bytes on a Cortex-M4 without TLS 1.3
//! ```
//! [`Connection`] never calls the network: bytes go in and out by hand. [`TlsSocket`] does that for a transport with
//! `embedded_io`'s traits, [`AsyncTlsSocket`] for one with `embedded_io_async`'s.
//! A [`Host`] lends random numbers, a clock and, if it has some to spare, memory.
//!
//! # The way of a byte
//! ```text
//! from the network:  record::incoming  ─►  handshake::reader  ─►  handshake::flight  ─►  one message's file, x509
//!                    (frame, open)    └─►  the caller: read
//! to the network:    record::outgoing  ◄─  handshake::flight  ◄─  one message's file
//!                    (seal)           ◄─┘  the caller: write
//! ```
//! No step calls back up. [`Connection::push`] takes a ciphertext byte. What it causes comes out of
//! [`pull`](Connection::pull) and [`read`](Connection::read).
//!
//! # The rooms
//! Each knows only those below it.
//!
//! | room | what is in it |
//! |---|---|
//! | `ffi`, [`socket`], `socket_async` | the C ABI; sockets over a transport |
//! | [`connection`] | the public engine |
//! | `handshake` | a file for each message, the order in which they come, sessions |
//! | `record`, `schedule` | framing, opening, sealing; secrets and the transcript |
//! | `x509` | certificates as a stream |
//! | [`config`], `arena` | what the caller wants; the memory that the caller lends |
//! | `crypto` | the operations, and who supplies them |
//! | `codec`, [`host`], [`error`], [`trace`], [`key_log`] | what all rooms use |
//!
//! # Features
//! | feature | what it brings |
//! |---|---|
//! | `pin`, `full` | profiles: TLS 1.2 with pins, RSA and AES-128-GCM; that and certificate paths and P-384 |
//! | `tls13`, `resumption` | TLS 1.3; sessions |
//! | `chain`, `rsa`, `rsa-pss`, `p384` | certificate paths; RSA; RSASSA-PSS keys and salts of any length; P-384 |
//! | `sha512` | SHA-384 and SHA-512 for signatures; `chain` and others bring it, `pin` does without |
//! | `aes-gcm`, `aes256`, `chacha20`, `x25519` | ciphers, and a group for the key exchange |
//! | `client-auth`, `client-rsa` | client certificates with ECDSA keys; with RSA keys, too |
//! | `fast-p256` | the larger and faster P-256 of the chip |
//! | `aes-hook` | AES by the device instead |
//! | `error-text` | sentences beside the error codes |
//! | `async` | `socket_async` |
//! | `alloc` | a [`Host`] may lend memory from Rust's heap; a chip's program then has a global allocator |
//! | `c-api`, `panic-handler` | the C ABI; a panic handler for bare metal |
//! | `ecdh` | P-256 key agreement by the C ABI, for what else the host does |
//! | `trace` | the host sees the handshake step by step, without contents |
//! | `key-log` | the host gets the secrets, for Wireshark; not on bare metal |
//!
//! The default is everything but `fast-p256`, `aes-hook`, `panic-handler`, `trace` and `key-log`.

#![no_std]
// Cargo.toml has the lints that hold for tests, too.
#![deny(unsafe_code, missing_docs)]
// what only a feature changes needs no `mut` without it
#![cfg_attr(not(all(feature = "tls13", feature = "resumption", feature = "client-auth")), allow(unused_mut))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(not(target_os = "none"))]
extern crate std; // lends the panic handler to the static library; nothing else of it is used

#[cfg(all(feature = "key-log", target_os = "none"))]
compile_error!("the feature key-log tells secrets: it is for programs on a computer");

// Their macros are for all that follows.
#[macro_use]
#[cfg_attr(not(feature = "trace"), path = "without_trace.rs")]
pub mod trace;
#[macro_use]
#[cfg_attr(not(feature = "key-log"), path = "without_key_log.rs")]
pub mod key_log;

pub mod attacks;
pub mod config;
pub mod connection;
pub mod error;
#[cfg(feature = "c-api")]
pub mod ffi;
pub mod host;
mod host_name;
#[cfg(any(feature = "chain", test))]
mod ip_address;
#[cfg(test)]
#[allow(unsafe_code)] // asks valgrind
#[path = "../tests/constant_time/marks.rs"]
mod marks;
pub mod socket;
#[cfg(feature = "async")]
pub mod socket_async;
#[cfg_attr(not(feature = "chain"), allow(dead_code))] // addresses and times are not read
mod text;

// Public for this crate's own tests only: whatever is here may change at any time.
#[doc(hidden)]
pub mod arena;
#[doc(hidden)]
pub mod codec;
#[doc(hidden)]
pub mod crypto;
#[doc(hidden)]
pub mod fuzzing;
#[doc(hidden)]
pub mod handshake;
#[doc(hidden)]
pub mod record;
#[doc(hidden)]
pub mod schedule;
#[doc(hidden)]
pub mod x509;

pub use config::{Config, MaxFragment, Trust, Version};
pub use connection::{Connection, PeerInfo, Status};
#[cfg(feature = "aes-hook")]
pub use crypto::AesHook;
pub use error::{Error, Report};
pub use handshake::Negotiated;
pub use host::{Host, Memory};
pub use socket::{ConnectError, SocketError, TlsSocket};
#[cfg(feature = "async")]
pub use socket_async::AsyncTlsSocket;
pub use x509::TrustedBy;
