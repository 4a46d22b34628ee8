//! One certificate (RFC 5280 §4.1) as a stream: `walk` reads it by a `grammar` and finds out `facts` about a `target`.
//!
//! A build that trusts by pins only, without the feature `chain`, has a grammar of its own that ends with the key, and
//! nothing of `extensions` and `name_constraints`: the same names lie in `key_only` there, mostly empty.

#[cfg(feature = "chain")]
mod extensions;
#[cfg_attr(not(feature = "chain"), path = "key_only/facts.rs")]
mod facts;
#[cfg_attr(not(feature = "chain"), path = "key_only/grammar.rs")]
mod grammar;
#[cfg(feature = "chain")]
mod name_constraints;
#[cfg_attr(not(feature = "chain"), path = "key_only/profile.rs")]
mod profile;
#[cfg_attr(not(all(feature = "chain", feature = "rsa-pss")), path = "key_only/pss_key.rs")]
mod pss_key;
mod rule;
#[cfg(feature = "chain")]
#[cfg_attr(not(feature = "rsa-pss"), path = "hash_long_salt.rs")]
mod salt;
#[cfg(feature = "chain")]
mod signature_kind;
#[cfg_attr(not(feature = "chain"), path = "key_only/state.rs")]
mod state;
#[cfg_attr(not(feature = "chain"), allow(dead_code))]
mod tag;
mod walk;

pub(super) use facts::Target;
#[cfg(feature = "chain")]
pub(super) use facts::{DIGITAL_SIGNATURE, DIRECTORY_NAME, Facts, HOST_FORMS, KEY_CERT_SIGN, flag};
pub(super) use pss_key::PssParameters;
#[cfg(feature = "chain")]
pub(super) use signature_kind::SignatureKind;
pub(super) use state::Role;
#[cfg(feature = "chain")]
pub(super) use state::{DIGEST, GAP, Store};
pub(super) use walk::CertificateWalk;
