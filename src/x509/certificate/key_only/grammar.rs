//! What a certificate consists of (RFC 5280 §4.1) up to its key, as a table: [`GRAMMAR`]. What comes after the key is
//! not looked into.

use super::rule::Rule;
use super::tag::*;
use Position::*;

/// The element that is awaited next. Those that mean something when they end lie together: the chip's jump tables are
/// shorter then.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
pub(super) enum Position {
    Certificate,
    Tbs,
    Validity,
    KeyPoint,
    KeyRsa,
    RsaKey,
    Modulus,
    KeyInfo,
    KeyAlgorithm,
    KeyUnknown,
    Exponent,
    Version,
    VersionNumber,
    Serial,
    SignatureAlgorithm,
    Issuer,
    NotBefore,
    NotAfter,
    Subject,
    /// From here on the element around may end.
    End,
    /// In an element whose content is kept, as much of it as the walk has room for.
    Kept,
    /// In an element whose content flows past.
    Passed,
    Rest,
}

impl Position {
    /// An element of a list, which has at least one: there is no list before the key.
    #[inline(always)]
    pub(super) fn is_listed(self) -> bool {
        false
    }
}

/// The rules. The first one that fits holds.
#[rustfmt::skip]
pub(super) const GRAMMAR: &[Rule<Position>] = &[
    Rule(Certificate, SEQUENCE, Tbs, End),
    Rule(Tbs, SEQUENCE, Version, Rest),
    Rule(Version, CONTEXT_0, VersionNumber, Serial),
    Rule(VersionNumber, INTEGER, Kept, End),
    Rule(Version, INTEGER, Kept, SignatureAlgorithm), // version 1: it is the serial number
    Rule(Serial, INTEGER, Kept, SignatureAlgorithm),
    Rule(SignatureAlgorithm, SEQUENCE, Kept, Issuer),
    Rule(Issuer, SEQUENCE, Passed, Validity),
    Rule(Validity, SEQUENCE, NotBefore, Subject),
    Rule(NotBefore, ANY, Kept, NotAfter),
    Rule(NotAfter, ANY, Kept, End),
    Rule(Subject, SEQUENCE, Passed, KeyInfo),
    Rule(KeyInfo, SEQUENCE, KeyAlgorithm, Rest),
    Rule(KeyAlgorithm, SEQUENCE, Kept, KeyUnknown),
    Rule(KeyUnknown, BIT_STRING, Passed, End),
    Rule(KeyPoint, BIT_STRING, Passed, End),
    Rule(KeyRsa, BIT_STRING, RsaKey, End),
    Rule(RsaKey, SEQUENCE, Modulus, End),
    Rule(Modulus, INTEGER, Passed, Exponent),
    Rule(Exponent, INTEGER, Kept, End),
    Rule(Rest, ANY, Passed, Rest),
];
