//! X.509 (RFC 5280) as a stream: no certificate is ever in memory.
//!
//! A server's Certificate message goes through a [`Verifier`] byte by byte. `certificate` is the walk over one
//! certificate, on top of `der`. `verifier_path` decides whether the chain leads to an anchor, by the `rules` of RFC
//! 5280; `anchors` reads the anchors where the caller's text lies, through the reader in `pem` and the same walk. `pin`
//! compares fingerprints and key pins.
//!
//! The only bytes of certificates that are kept are keys and signatures. They live in a workspace that the caller lends
//! with every call: the server's key first (it stays), then the signature that waits for its issuer, after the digest
//! that it signs, then the key that may verify it.

#[cfg_attr(not(feature = "chain"), path = "pins_only/anchors.rs")]
mod anchors;
mod certificate;
mod check;
#[cfg(feature = "client-auth")]
pub mod client_identity;
mod der;
mod digest;
mod leaf;
#[cfg(feature = "chain")]
mod name;
#[cfg_attr(not(feature = "chain"), path = "pins_only/path.rs")]
mod path;
#[cfg(any(feature = "chain", feature = "client-auth"))]
mod pem;
mod pin;
#[cfg(feature = "client-rsa")]
pub mod rsa_key;
#[cfg(feature = "chain")]
mod rules;
mod stored_key;
#[cfg(feature = "chain")]
mod validity;
mod verifier;
#[cfg_attr(not(feature = "chain"), path = "pins_only/verifier_anchors.rs")]
mod verifier_anchors;
#[cfg_attr(not(feature = "chain"), path = "pins_only/verifier_path.rs")]
mod verifier_path;

pub use check::check_config;
pub use leaf::{Leaf, TrustedBy};
pub use stored_key::StoredKey;
pub use verifier::Verifier;
