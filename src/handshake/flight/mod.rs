//! A handshake and the order of its messages: what the versions share.
//!
//! - `state`: [`Handshake`], the state
//! - `table`: a row for each message: when it may come and what happens to it
//! - `hello`: the hellos; `tls12`, `tls13`: the two orders that follow
//! - `resume`, `sessions`, `client_certificate`: what only builds with these features have
//!
//! For each feature that a build may lack there is a file in `without/` with the same functions, which do nothing.
//!
//! A state (`Expect`) is a number. What it needs lies in fields of the handshake, and is made when the state before it
//! ends: the awaited message tells what exists. States that own what they need would be moved at every step, which
//! takes two kilobytes of code.
//!
//! While the server's messages come in, the arena belongs to the handshake: ClientHello and ServerHello lie at its
//! start, later the keys and signatures of the certificate check, then the server's key followed by the message that it
//! signed.

#[cfg_attr(not(feature = "client-auth"), path = "without/client_certificate.rs")]
mod client_certificate;
mod hello;
#[cfg_attr(not(feature = "resumption"), path = "without/resume.rs")]
mod resume;
#[cfg_attr(not(feature = "resumption"), path = "without/sessions.rs")]
mod sessions;
mod state;
mod table;
mod tls12;
#[cfg_attr(not(feature = "tls13"), path = "without/tls13.rs")]
mod tls13;

pub use state::{Handshake, count_pointless};
