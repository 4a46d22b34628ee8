//! Fuzz targets and their seeds. Each target is a function of bytes that asserts what must hold for all of them:
//!
//! - no panic (arithmetic is checked in these builds, too), no access outside of what was lent;
//! - memory comes back to the host, and wiped;
//! - nothing of a record can be read before its end, nothing that the server has not sent ever;
//! - errors are sticky, the state never goes back;
//! - work is bounded: slices and calls by the number of bytes, and every round of a caller's loop gets on;
//! - what one split of the bytes gives, every split gives.
//!
//! `README.md` has the list of targets and how to run them.

pub mod abi;
pub mod certificates;
pub mod client;
pub mod engine;
pub mod host;
pub mod hostile;
pub mod input;
pub mod keys;
pub mod material;
pub mod mutate;
pub mod pem;
pub mod replay;
pub mod seeds;
pub mod session;
pub mod settings;
pub mod split;

/// A target: its name, what it does with an input, and what it begins with.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: &[Target] = &[
    Target { name: "replay", run: replay::run, seeds: replay::seeds },
    Target { name: "client", run: client::run, seeds: seeds::client },
    Target { name: "abi", run: abi::run, seeds: seeds::abi },
    Target { name: "certificates", run: certificates::run, seeds: seeds::certificates },
    Target { name: "pem", run: pem::run, seeds: seeds::pem },
    Target { name: "keys", run: keys::run, seeds: seeds::keys },
    Target { name: "session", run: session::run, seeds: seeds::session_strings },
    Target { name: "settings", run: settings::run, seeds: seeds::settings },
];
