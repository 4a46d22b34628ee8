//! What a certificate may consist of (RFC 5280 §4.1 and §4.2), as a table: [`GRAMMAR`].

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
    Extensions,
    ExtensionValue,
    AnyValue,
    BasicConstraints,
    Purposes,
    AltNames,
    NameConstraints,
    FirstSubtrees,
    Signature,
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
    ExtensionId,
    Critical,
    KeyUsage,
    Base,
    PolicyConstraints,
    OuterAlgorithm,
    /// From here on the element around may end.
    End,
    Ca,
    PathLength,
    /// In an element whose content is kept, as much of it as the walk has room for.
    Kept,
    /// In an element whose content flows past.
    Passed,
    Rest,
    AfterKey,
    AfterIssuerId,
    AfterSubjectId,
    Excluded,
    /// From here on: an element of a list; see [`Position::is_listed`].
    Purpose,
    AltName,
    Extension,
    Subtree,
}

impl Position {
    /// An element of a list, which has at least one.
    #[inline(always)]
    pub(super) fn is_listed(self) -> bool {
        self >= LISTED
    }
}

/// The first of the elements of lists.
const LISTED: Position = Purpose;

/// The rules of the profile. The first one that fits holds.
#[rustfmt::skip]
pub(super) const GRAMMAR: &[Rule<Position>] = &[
    Rule(Certificate, SEQUENCE, Tbs, End),
    Rule(Tbs, SEQUENCE, Version, OuterAlgorithm),
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
    Rule(KeyInfo, SEQUENCE, KeyAlgorithm, AfterKey),
    Rule(KeyAlgorithm, SEQUENCE, Kept, KeyUnknown),
    Rule(KeyUnknown, BIT_STRING, Passed, End),
    Rule(KeyPoint, BIT_STRING, Passed, End),
    Rule(KeyRsa, BIT_STRING, RsaKey, End),
    Rule(RsaKey, SEQUENCE, Modulus, End),
    Rule(Modulus, INTEGER, Passed, Exponent),
    Rule(Exponent, INTEGER, Kept, End),
    Rule(Rest, ANY, Passed, Rest),
    Rule(AfterKey, CONTEXT_3, Extensions, End),
    Rule(AfterKey, ISSUER_ID, Passed, AfterIssuerId),
    Rule(AfterKey, SUBJECT_ID, Passed, AfterSubjectId),
    Rule(AfterIssuerId, SUBJECT_ID, Passed, AfterSubjectId),
    Rule(AfterIssuerId, CONTEXT_3, Extensions, End),
    Rule(AfterSubjectId, CONTEXT_3, Extensions, End),
    Rule(Extensions, SEQUENCE, Extension, End),
    Rule(Extension, SEQUENCE, ExtensionId, Extension),
    Rule(ExtensionId, OID, Kept, Critical),
    Rule(Critical, BOOLEAN, Kept, ExtensionValue),
    Rule(Critical, OCTET_STRING, AnyValue, End),
    Rule(ExtensionValue, OCTET_STRING, AnyValue, End),
    Rule(AnyValue, ANY, Passed, End),
    Rule(BasicConstraints, SEQUENCE, Ca, End),
    Rule(Ca, BOOLEAN, Kept, PathLength),
    Rule(Ca, INTEGER, Kept, End),
    Rule(PathLength, INTEGER, Kept, End),
    Rule(KeyUsage, BIT_STRING, Kept, End),
    Rule(Purposes, SEQUENCE, Purpose, End),
    Rule(Purpose, OID, Kept, Purpose),
    Rule(AltNames, SEQUENCE, AltName, End),
    Rule(AltName, IP_ADDRESS, Kept, AltName),
    Rule(AltName, ANY, Passed, AltName),
    Rule(NameConstraints, SEQUENCE, FirstSubtrees, End),
    Rule(FirstSubtrees, CONTEXT_0, Subtree, Excluded),
    Rule(FirstSubtrees, CONTEXT_1, Subtree, End),
    Rule(Excluded, CONTEXT_1, Subtree, End),
    Rule(Subtree, SEQUENCE, Base, Subtree),
    Rule(Base, ANY, Kept, End), // minimum and maximum are never there (§4.2.1.10)
    Rule(PolicyConstraints, SEQUENCE, Kept, End),
    Rule(OuterAlgorithm, SEQUENCE, Kept, Signature),
    Rule(Signature, BIT_STRING, Passed, End),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_lists_are_followed_by_their_like() {
        for &Rule(position, _, _, next) in GRAMMAR {
            assert_eq!(position.is_listed(), position == next && position != Rest, "{}", position as u8);
            // ... and lie in something that is nothing but the list.
            let around = GRAMMAR.iter().filter(|rule| rule.2 == position);
            assert!(
                !position.is_listed() || around.clone().count() > 0 && around.clone().all(|rule| rule.1 & 0x20 != 0)
            );
        }
    }
}
