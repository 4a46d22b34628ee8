//! What the certificates of a path have to be (RFC 5280 §6.1). One function a rule; [`check_leaf`] and [`check_issuer`]
//! are the lists.

use crate::error::Error;
use crate::x509::certificate::{DIGITAL_SIGNATURE, Facts, KEY_CERT_SIGN, flag};

/// What holds for every certificate of the path, whatever its place.
pub(super) fn check_any(facts: &Facts) -> Result<(), Error> {
    facts.key.check()?;
    check_extensions(facts)?;
    check_validity(facts)?;
    check_purpose(facts)
}

/// RFC 5280 §6.1.3 and what a TLS server's certificate needs. Its name is checked when the path is complete: Node
/// reports a certificate that nobody vouches for as such, whatever its name.
pub(super) fn check_leaf(facts: &Facts) -> Result<(), Error> {
    check_any(facts)?;
    check_leaf_usage(facts)?;
    check_leaf_constraints(facts)
}

/// RFC 5280 §6.1.4: the certificate may issue others.
pub(super) fn check_issuer(facts: &Facts, below: u8, forms: u16) -> Result<(), Error> {
    check_any(facts)?;
    check_basic_constraints(facts)?;
    check_path_length(facts, below)?;
    check_key_cert_sign(facts)?;
    check_name_constraints(facts, forms)
}

/// §4.2: a critical extension that is not known. §6.1.5 (g): policies are not looked at, so none may be demanded.
fn check_extensions(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::UNKNOWN_CRITICAL) {
        Err(Error::UnhandledCriticalExtension)
    } else if facts.has(flag::EXPLICIT_POLICY) {
        Err(Error::NoExplicitPolicy)
    } else {
        Ok(())
    }
}

/// §6.1.3 (a)(2)
fn check_validity(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::EXPIRED) {
        Err(Error::CertHasExpired)
    } else if facts.has(flag::NOT_YET) {
        Err(Error::CertNotYetValid)
    } else {
        Ok(())
    }
}

/// §4.2.1.12: with an extKeyUsage, serverAuth is among it. In CA certificates it restricts what they issue, as all
/// clients read it.
fn check_purpose(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::PURPOSES) && !facts.has(flag::SERVER_AUTH) { Err(Error::InvalidPurpose) } else { Ok(()) }
}

/// The key signs the handshake (RFC 5246 §7.4.2, RFC 8446 §4.4.2.2), and certificates only if it is a CA's (§4.2.1.3).
fn check_leaf_usage(facts: &Facts) -> Result<(), Error> {
    let usage = facts.key_usage;
    let fine = usage & DIGITAL_SIGNATURE != 0 && (usage & KEY_CERT_SIGN == 0 || facts.has(flag::CA));
    if facts.has(flag::KEY_USAGE) && !fine { Err(Error::InvalidPurpose) } else { Ok(()) }
}

/// §4.2.1.10: name constraints are for CA certificates.
fn check_leaf_constraints(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::CONSTRAINTS) && !facts.has(flag::CA) { Err(Error::UnsupportedConstraint) } else { Ok(()) }
}

/// §6.1.4 (k). Version 1 certificates have no extensions and so are no CA's.
fn check_basic_constraints(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::CA) { Ok(()) } else { Err(Error::InvalidCa) }
}

/// §6.1.4 (l), (m)
fn check_path_length(facts: &Facts, below: u8) -> Result<(), Error> {
    if below > !facts.inverted_path_len { Err(Error::PathLengthExceeded) } else { Ok(()) }
}

/// §6.1.4 (n)
fn check_key_cert_sign(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::KEY_USAGE) && facts.key_usage & KEY_CERT_SIGN == 0 { Err(Error::InvalidPurpose) } else { Ok(()) }
}

/// §6.1.3 (b), (c), for the name that was asked for and the leaf's names that there is room for. A constraint that
/// can't be understood, or on other names below that can't be compared with it any more, is taken as broken.
fn check_name_constraints(facts: &Facts, forms: u16) -> Result<(), Error> {
    if facts.has(flag::FORBIDDEN) {
        Err(Error::PermittedViolation)
    } else if facts.has(flag::UNCLEAR) || facts.constrained & forms != 0 {
        Err(Error::UnsupportedConstraint)
    } else {
        Ok(())
    }
}
