//! The walk: what a certificate (RFC 5280 §4.1) tells while its bytes flow past. What is allowed where is a table,
//! [`GRAMMAR`]; what an element means is in [`Walk::open`], [`Walk::data`] and [`Walk::close`].
//!
//! Names (Issuer, Subject) are hashed, not kept. Two names are equal here if they begin with the same half of SHA-256,
//! that is if they have the same DER; a name only says whose key to try, and that key's signature has to be right. RFC 5280 §7.1 would have a client fold case and spaces too, but §4.1.2.4 obliges a CA to copy its subject
//! into what it issues byte for byte, all do, and a client that compares less finely gains nothing but risk.
//!
//! What is malformed ends the walk. A broken rule does not: the certificate may turn out not to matter. It is kept among
//! [`Facts::flags`].

use super::der::{DEPTH, Der, Token};
#[cfg(feature = "chain")]
use super::name::{Name, Progress, is_inside, is_subtree};
#[cfg(feature = "chain")]
use super::validity;
use super::{StoredKey, begin, copy, finish};
use crate::codec::{big_endian, piece};
use crate::crypto::Sha256;
#[cfg(feature = "chain")]
use crate::crypto::{Hash, HashAlgorithm, SignatureAlgorithm, equal};
use crate::error::Error;

/// What is awaited next. Those that mean something when they end lie together: the chip's jump tables are shorter then.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
enum At {
    Certificate,
    Tbs,
    Validity,
    KeyPoint,
    #[cfg(feature = "rsa")]
    KeyRsa,
    #[cfg(feature = "rsa")]
    RsaKey,
    #[cfg(feature = "rsa")]
    Modulus,
    #[cfg(feature = "chain")]
    Extensions,
    #[cfg(feature = "chain")]
    ExtensionValue,
    #[cfg(feature = "chain")]
    AnyValue,
    #[cfg(feature = "chain")]
    BasicConstraints,
    #[cfg(feature = "chain")]
    Purposes,
    #[cfg(feature = "chain")]
    AltNames,
    #[cfg(feature = "chain")]
    NameConstraints,
    #[cfg(feature = "chain")]
    FirstSubtrees,
    #[cfg(feature = "chain")]
    Signature,
    KeyInfo,
    KeyAlgorithm,
    KeyUnknown,
    #[cfg(feature = "rsa")]
    Exponent,
    Version,
    VersionNumber,
    Serial,
    SignatureAlgorithm,
    Issuer,
    NotBefore,
    NotAfter,
    Subject,
    #[cfg(feature = "chain")]
    ExtensionId,
    #[cfg(feature = "chain")]
    Critical,
    #[cfg(feature = "chain")]
    KeyUsage,
    #[cfg(feature = "chain")]
    Base,
    #[cfg(feature = "chain")]
    PolicyConstraints,
    #[cfg(feature = "chain")]
    OuterAlgorithm,
    /// From here on the element around may end.
    End,
    #[cfg(feature = "chain")]
    Ca,
    #[cfg(feature = "chain")]
    PathLength,
    /// In an element whose content is kept, at most [`SMALL`] bytes of it.
    Kept,
    /// In an element whose content flows past.
    Passed,
    Rest,
    #[cfg(feature = "chain")]
    AfterKey,
    #[cfg(feature = "chain")]
    AfterIssuerId,
    #[cfg(feature = "chain")]
    AfterSubjectId,
    #[cfg(feature = "chain")]
    Excluded,
    /// From here on: an element of a list, which has at least one; see [`LISTED`].
    #[cfg(feature = "chain")]
    Purpose,
    #[cfg(feature = "chain")]
    AltName,
    #[cfg(feature = "chain")]
    Extension,
    #[cfg(feature = "chain")]
    Subtree,
}

/// The first of the elements of lists.
#[cfg(feature = "chain")]
const LISTED: At = At::Purpose;

/// One line of the [`GRAMMAR`].
struct Row(At, u8, At, At);

const ANY: u8 = 0;
#[cfg(feature = "chain")]
const BOOLEAN: u8 = 1;
const INTEGER: u8 = 2;
const BITS: u8 = 3;
#[cfg(feature = "chain")]
const OCTETS: u8 = 4;
#[cfg(feature = "chain")]
const OID: u8 = 6;
const SEQUENCE: u8 = 0x30;
/// GeneralName (RFC 5280 §4.2.1.6): dNSName \[2\], iPAddress \[7\].
#[cfg(feature = "chain")]
const DNS: u8 = 0x82;
#[cfg(feature = "chain")]
const IP: u8 = 0x87;
/// Also \[0\] permittedSubtrees, \[1\] excludedSubtrees.
const CONTEXT_0: u8 = 0xa0;
#[cfg(feature = "chain")]
const CONTEXT_1: u8 = 0xa1;
#[cfg(feature = "chain")]
const CONTEXT_3: u8 = 0xa3;
/// issuerUniqueID \[1\], subjectUniqueID \[2\].
#[cfg(feature = "chain")]
const ISSUER_ID: u8 = 0x81;
#[cfg(feature = "chain")]
const SUBJECT_ID: u8 = 0x82;

/// RFC 5280 §4.1 and §4.2: here, with this tag, an element that has this inside, and then comes that. The first row
/// that fits.
#[rustfmt::skip]
const GRAMMAR: &[Row] = &[
    Row(At::Certificate, SEQUENCE, At::Tbs, At::End),
    #[cfg(feature = "chain")]
    Row(At::Tbs, SEQUENCE, At::Version, At::OuterAlgorithm),
    #[cfg(not(feature = "chain"))]
    Row(At::Tbs, SEQUENCE, At::Version, At::Rest),
    Row(At::Version, CONTEXT_0, At::VersionNumber, At::Serial),
    Row(At::VersionNumber, INTEGER, At::Kept, At::End),
    Row(At::Version, INTEGER, At::Kept, At::SignatureAlgorithm), // version 1: it is the serial number
    Row(At::Serial, INTEGER, At::Kept, At::SignatureAlgorithm),
    Row(At::SignatureAlgorithm, SEQUENCE, At::Kept, At::Issuer),
    Row(At::Issuer, SEQUENCE, At::Passed, At::Validity),
    Row(At::Validity, SEQUENCE, At::NotBefore, At::Subject),
    Row(At::NotBefore, ANY, At::Kept, At::NotAfter),
    Row(At::NotAfter, ANY, At::Kept, At::End),
    Row(At::Subject, SEQUENCE, At::Passed, At::KeyInfo),
    #[cfg(feature = "chain")]
    Row(At::KeyInfo, SEQUENCE, At::KeyAlgorithm, At::AfterKey),
    #[cfg(not(feature = "chain"))]
    Row(At::KeyInfo, SEQUENCE, At::KeyAlgorithm, At::Rest),
    Row(At::KeyAlgorithm, SEQUENCE, At::Kept, At::KeyUnknown),
    Row(At::KeyUnknown, BITS, At::Passed, At::End),
    Row(At::KeyPoint, BITS, At::Passed, At::End),
    #[cfg(feature = "rsa")]
    Row(At::KeyRsa, BITS, At::RsaKey, At::End),
    #[cfg(feature = "rsa")]
    Row(At::RsaKey, SEQUENCE, At::Modulus, At::End),
    #[cfg(feature = "rsa")]
    Row(At::Modulus, INTEGER, At::Passed, At::Exponent),
    #[cfg(feature = "rsa")]
    Row(At::Exponent, INTEGER, At::Kept, At::End),
    Row(At::Rest, ANY, At::Passed, At::Rest),
    #[cfg(feature = "chain")]
    Row(At::AfterKey, CONTEXT_3, At::Extensions, At::End),
    #[cfg(feature = "chain")]
    Row(At::AfterKey, ISSUER_ID, At::Passed, At::AfterIssuerId),
    #[cfg(feature = "chain")]
    Row(At::AfterKey, SUBJECT_ID, At::Passed, At::AfterSubjectId),
    #[cfg(feature = "chain")]
    Row(At::AfterIssuerId, SUBJECT_ID, At::Passed, At::AfterSubjectId),
    #[cfg(feature = "chain")]
    Row(At::AfterIssuerId, CONTEXT_3, At::Extensions, At::End),
    #[cfg(feature = "chain")]
    Row(At::AfterSubjectId, CONTEXT_3, At::Extensions, At::End),
    #[cfg(feature = "chain")]
    Row(At::Extensions, SEQUENCE, At::Extension, At::End),
    #[cfg(feature = "chain")]
    Row(At::Extension, SEQUENCE, At::ExtensionId, At::Extension),
    #[cfg(feature = "chain")]
    Row(At::ExtensionId, OID, At::Kept, At::Critical),
    #[cfg(feature = "chain")]
    Row(At::Critical, BOOLEAN, At::Kept, At::ExtensionValue),
    #[cfg(feature = "chain")]
    Row(At::Critical, OCTETS, At::AnyValue, At::End),
    #[cfg(feature = "chain")]
    Row(At::ExtensionValue, OCTETS, At::AnyValue, At::End),
    #[cfg(feature = "chain")]
    Row(At::AnyValue, ANY, At::Passed, At::End),
    #[cfg(feature = "chain")]
    Row(At::BasicConstraints, SEQUENCE, At::Ca, At::End),
    #[cfg(feature = "chain")]
    Row(At::Ca, BOOLEAN, At::Kept, At::PathLength),
    #[cfg(feature = "chain")]
    Row(At::Ca, INTEGER, At::Kept, At::End),
    #[cfg(feature = "chain")]
    Row(At::PathLength, INTEGER, At::Kept, At::End),
    #[cfg(feature = "chain")]
    Row(At::KeyUsage, BITS, At::Kept, At::End),
    #[cfg(feature = "chain")]
    Row(At::Purposes, SEQUENCE, At::Purpose, At::End),
    #[cfg(feature = "chain")]
    Row(At::Purpose, OID, At::Kept, At::Purpose),
    #[cfg(feature = "chain")]
    Row(At::AltNames, SEQUENCE, At::AltName, At::End),
    #[cfg(feature = "chain")]
    Row(At::AltName, IP, At::Kept, At::AltName),
    #[cfg(feature = "chain")]
    Row(At::AltName, ANY, At::Passed, At::AltName),
    #[cfg(feature = "chain")]
    Row(At::NameConstraints, SEQUENCE, At::FirstSubtrees, At::End),
    #[cfg(feature = "chain")]
    Row(At::FirstSubtrees, CONTEXT_0, At::Subtree, At::Excluded),
    #[cfg(feature = "chain")]
    Row(At::FirstSubtrees, CONTEXT_1, At::Subtree, At::End),
    #[cfg(feature = "chain")]
    Row(At::Excluded, CONTEXT_1, At::Subtree, At::End),
    #[cfg(feature = "chain")]
    Row(At::Subtree, SEQUENCE, At::Base, At::Subtree),
    #[cfg(feature = "chain")]
    Row(At::Base, ANY, At::Kept, At::End), // minimum and maximum are never there (§4.2.1.10)
    #[cfg(feature = "chain")]
    Row(At::PolicyConstraints, SEQUENCE, At::Kept, At::End),
    #[cfg(feature = "chain")]
    Row(At::OuterAlgorithm, SEQUENCE, At::Kept, At::Signature),
    #[cfg(feature = "chain")]
    Row(At::Signature, BITS, At::Passed, At::End),
];

/// Room for the start of a TBSCertificate up to its signature algorithm, which says with which hash to begin: header,
/// version, serial number and the AlgorithmIdentifier of RSASSA-PSS; later for any small value.
const SMALL: usize = 100;

/// More name constraints than this, in all certificates together, are somebody's attempt to waste time.
#[cfg(feature = "chain")]
const MOST_SUBTREES: u16 = 1024;

/// Before a name that is remembered: its length and its form.
#[cfg(feature = "chain")]
const NAME_HEADER: usize = 2;

/// A name's form is its tag and what the permitted subtrees so far have said of it.
#[cfg(feature = "chain")]
const OUTSIDE: u8 = 0x20;
#[cfg(feature = "chain")]
const INSIDE: u8 = 0x40;

/// What [`Facts::flags`] says.
pub(crate) mod flag {
    /// the key is too small, or of a kind that is not known here
    pub(crate) const WEAK_KEY: u32 = 1 << 16;
    #[cfg(feature = "chain")]
    /// basicConstraints: CA:TRUE
    pub(crate) const CA: u32 = 1;
    #[cfg(feature = "chain")]
    /// keyUsage is there
    pub(crate) const KEY_USAGE: u32 = 1 << 1;
    #[cfg(feature = "chain")]
    /// extKeyUsage is there
    pub(crate) const PURPOSES: u32 = 1 << 2;
    #[cfg(feature = "chain")]
    /// extKeyUsage has serverAuth, or anyExtendedKeyUsage in an issuer
    pub(crate) const SERVER_AUTH: u32 = 1 << 3;
    #[cfg(feature = "chain")]
    /// subjectAltName has the name looked for
    pub(crate) const NAMED: u32 = 1 << 4;
    #[cfg(feature = "chain")]
    /// nameConstraints is there
    pub(crate) const CONSTRAINTS: u32 = 1 << 5;
    #[cfg(feature = "chain")]
    /// a subtree of the name constraints can't be understood
    pub(crate) const UNCLEAR: u32 = 1 << 6;
    #[cfg(feature = "chain")]
    /// policyConstraints: requireExplicitPolicy
    pub(crate) const EXPLICIT_POLICY: u32 = 1 << 7;
    #[cfg(feature = "chain")]
    /// the name looked for, or another one of the leaf, lies in an excluded subtree or in no permitted one
    pub(crate) const FORBIDDEN: u32 = 1 << 8;
    #[cfg(feature = "chain")]
    /// notAfter has passed
    pub(crate) const EXPIRED: u32 = 1 << 9;
    #[cfg(feature = "chain")]
    /// notBefore has not come
    pub(crate) const NOT_YET: u32 = 1 << 10;
    #[cfg(feature = "chain")]
    /// a critical extension that is not known here
    pub(crate) const UNKNOWN_CRITICAL: u32 = 1 << 11;
    #[cfg(feature = "chain")]
    /// the subject is not empty
    pub(crate) const SUBJECT: u32 = 1 << 12;
    #[cfg(feature = "chain")]
    /// issuer and subject are the same
    pub(crate) const SELF_ISSUED: u32 = 1 << 13;
    #[cfg(feature = "chain")]
    /// the extension being read is critical
    pub(crate) const CRITICAL: u32 = 1 << 14;
    #[cfg(feature = "chain")]
    /// in excludedSubtrees
    pub(crate) const EXCLUDING: u32 = 1 << 15;
}

/// keyUsage bits as they lie in the first byte (RFC 5280 §4.2.1.3).
#[cfg(feature = "chain")]
pub(crate) const DIGITAL_SIGNATURE: u8 = 0x80;
#[cfg(feature = "chain")]
pub(crate) const KEY_CERT_SIGN: u8 = 0x04;

/// The bit of a GeneralName's form: its tag number.
#[cfg(feature = "chain")]
pub(crate) const fn form(tag: u8) -> u16 {
    1 << (tag & 0xf)
}
/// directoryName
#[cfg(feature = "chain")]
pub(crate) const DIRECTORY_NAME: u16 = form(0xa4);
/// The forms that the name looked for may have.
#[cfg(feature = "chain")]
pub(crate) const HOST_FORMS: u16 = form(DNS) | form(IP);

/// The first half of a name's SHA-256.
#[cfg(feature = "chain")]
pub(crate) type NameHash = [u8; 16];

/// How a signature is made.
#[cfg(feature = "chain")]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct SignatureKind {
    /// Four times its place in [`SIGNATURE_ALGORITHMS`] and the hash's number, 1 to 3; 0 if it is weak or not known.
    number: u8,
    /// Bytes of salt, if it is RSASSA-PSS.
    #[cfg(feature = "rsa-pss")]
    salt: u16,
}

#[cfg(feature = "chain")]
impl SignatureKind {
    pub(crate) const NONE: Self = SignatureKind {
        number: 0,
        #[cfg(feature = "rsa-pss")]
        salt: 0,
    };

    pub(crate) fn is_weak(self) -> bool {
        self.number == 0
    }

    pub(crate) fn hash(self) -> HashAlgorithm {
        match self.number & 3 {
            1 => HashAlgorithm::Sha256,
            2 => HashAlgorithm::Sha384,
            _ => HashAlgorithm::Sha512,
        }
    }

    /// `None` if it is weak.
    pub(crate) fn algorithm(self) -> Option<SignatureAlgorithm> {
        Some(match self.number {
            0 => return None,
            1..4 => SignatureAlgorithm::Ecdsa,
            4..8 => SignatureAlgorithm::RsaPkcs1,
            #[cfg(feature = "rsa-pss")]
            _ => SignatureAlgorithm::RsaPssSalt(self.salt),
            #[cfg(not(feature = "rsa-pss"))]
            _ => SignatureAlgorithm::RsaPss,
        })
    }

    #[cfg(feature = "rsa-pss")]
    pub(super) fn salt(self) -> u16 {
        self.salt
    }

    /// It is RSASSA-PSS.
    #[cfg(feature = "rsa-pss")]
    pub(super) fn is_pss(self) -> bool {
        self.number > 8
    }

    /// As parameters of an RSASSA-PSS key: they name the hash and the shortest salt (RFC 4055 §1.2).
    #[cfg(feature = "rsa-pss")]
    pub(super) fn covers(self, signature: Self) -> bool {
        signature.is_pss() && (self.is_weak() || self.number == signature.number && self.salt <= signature.salt)
    }

    /// Finds an AlgorithmIdentifier's content in [`SIGNATURE_ALGORITHMS`].
    #[inline(never)]
    pub(super) fn of(value: &[u8]) -> Self {
        let mut kind = 0;
        for &(base, form) in SIGNATURE_ALGORITHMS {
            // Bytes of saltLength, of which two are enough; without it they are negative.
            let left = (value.len() as u8).wrapping_sub(form.len() as u8);
            for number in 1..4 {
                let mut same = left == 0;
                #[cfg(feature = "rsa-pss")]
                if base == 0 {
                    same = matches!(left, 1 | 2 | NO_SALT);
                }
                for (&byte, &expected) in value.iter().zip(form) {
                    let expected = match expected {
                        HASH => base + number,
                        #[cfg(not(feature = "rsa-pss"))]
                        SALT => (number + 1) << 4,
                        #[cfg(feature = "rsa-pss")]
                        PLUS_0 | PLUS_2 | PLUS_51 => left.wrapping_add(expected - PLUS_0),
                        _ => expected,
                    };
                    same &= byte == expected;
                }
                if same {
                    return SignatureKind {
                        number: kind + number,
                        #[cfg(feature = "rsa-pss")]
                        salt: match value.get(form.len()..) {
                            Some(salt) => salt.iter().fold(0, |salt, &byte| salt << 8 | u16::from(byte)),
                            None => 20,
                        },
                    };
                }
            }
            kind += 4;
        }
        Self::NONE
    }
}

/// What a walk has found out.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Facts {
    pub(crate) flags: u32,
    /// The forms of the names that the certificate has, and that its name constraints speak of.
    #[cfg(feature = "chain")]
    pub(crate) forms: u16,
    #[cfg(feature = "chain")]
    pub(crate) constrained: u16,
    #[cfg(feature = "chain")]
    pub(crate) signature_len: u16,
    /// How the issuer signed.
    #[cfg(feature = "chain")]
    pub(crate) signature: SignatureKind,
    #[cfg(feature = "chain")]
    pub(crate) key_usage: u8,
    /// pathLenConstraint with all bits inverted, so that zero means that there is none.
    #[cfg(feature = "chain")]
    pub(crate) inverted_path_len: u8,
    pub(crate) key: StoredKey,
    pub(crate) id: Identity,
}

/// Who is who: hashes of issuer and subject, and the SHA-256 of SubjectPublicKeyInfo.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Identity {
    #[cfg(feature = "chain")]
    pub(crate) issuer: NameHash,
    #[cfg(feature = "chain")]
    pub(crate) subject: NameHash,
    pub(crate) key: [u8; 32],
}

impl Identity {
    /// Nobody's.
    pub(crate) const NONE: Self = Identity {
        #[cfg(feature = "chain")]
        issuer: [0; 16],
        #[cfg(feature = "chain")]
        subject: [0; 16],
        key: [0; 32],
    };
}

impl Facts {
    /// Nothing yet. As all that a walk begins with it is a constant of zeros: the chip then gets it by one memset, and
    /// not by way of the stack.
    pub(crate) const NONE: Self = Facts {
        flags: 0,
        #[cfg(feature = "chain")]
        forms: 0,
        #[cfg(feature = "chain")]
        constrained: 0,
        #[cfg(feature = "chain")]
        signature_len: 0,
        #[cfg(feature = "chain")]
        signature: SignatureKind::NONE,
        #[cfg(feature = "chain")]
        key_usage: 0,
        #[cfg(feature = "chain")]
        inverted_path_len: 0,
        key: StoredKey::NONE,
        id: Identity::NONE,
    };

    /// The same subject and key.
    #[cfg(feature = "chain")]
    pub(crate) fn is_twin_of(&self, other: &Identity) -> bool {
        equal(&self.id.subject, &other.subject) && equal(&self.id.key, &other.key)
    }

    pub(crate) fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }

    /// A key that is known here and good enough.
    #[inline(never)]
    pub(crate) fn check_key(&self) -> Result<(), Error> {
        if !self.has(flag::WEAK_KEY) {
            Ok(())
        } else if self.key.is_known() {
            Err(Error::WeakKey)
        } else {
            Err(Error::UnknownKey)
        }
    }
}

/// What the walk has to know from outside. There is no gap before `top`, as in the flight.
#[repr(C)]
pub(crate) struct Sought<'a> {
    /// The time, which is not 1970's beginning; `None`: dates are not looked at.
    #[cfg(feature = "chain")]
    pub(crate) now: Option<core::num::NonZeroI64>,
    /// The certificate whose issuer is sought: only that one's key is stored, and the leaf's.
    #[cfg(feature = "chain")]
    pub(crate) top: Identity,
    /// Where in the workspace the key goes.
    pub(crate) key_at: usize,
    #[cfg(feature = "chain")]
    pub(crate) name: Name<'a>,
    #[cfg(not(feature = "chain"))]
    pub(crate) lifetime: core::marker::PhantomData<&'a ()>,
}

#[cfg(feature = "client-auth")]
impl Sought<'_> {
    /// For a certificate of which only the key is wanted.
    pub(crate) fn for_key() -> Self {
        Sought {
            #[cfg(feature = "chain")]
            name: Name::unread(b""),
            #[cfg(feature = "chain")]
            now: None,
            #[cfg(feature = "chain")]
            top: Identity::NONE,
            key_at: 0,
            #[cfg(not(feature = "chain"))]
            lifetime: core::marker::PhantomData,
        }
    }
}

/// What a certificate is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The server's: only its key matters, for pins and the insecure mode.
    Key,
    /// The server's: everything matters.
    #[cfg(feature = "chain")]
    Leaf,
    /// It may be the issuer that is sought: everything matters.
    #[cfg(feature = "chain")]
    Issuer,
    /// A trusted one, which may be the issuer that is sought: everything but its signature.
    #[cfg(feature = "chain")]
    Anchor,
}

/// Room for an issuer's key before what is kept; a larger one lies where that was.
#[cfg(feature = "chain")]
pub(crate) const GAP: usize = 256;

/// Where in the workspace the key goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// Where the issuer's is awaited.
    Here,
    /// It is not the issuer that is sought, but may be one that is sought later: [`GAP`] bytes behind, and digest and
    /// signature behind the key. Not if there is no room.
    #[cfg(feature = "chain")]
    Behind,
    #[cfg(feature = "chain")]
    Nowhere,
}

/// Where the content of the element being read goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Sink {
    Nowhere,
    Key,
    #[cfg(feature = "chain")]
    Signature,
    #[cfg(feature = "chain")]
    AltName,
    /// From here on: into `small`.
    Small,
    /// Of subjectAltName.
    #[cfg(feature = "chain")]
    Address,
}

/// A certificate that flows past. Small and busy fields come first: on a Cortex-M they are reached with instructions
/// of half the size.
#[repr(C)]
pub(crate) struct Walk {
    // Zeros at first.
    at: At,
    sink: Sink,
    small_len: u8,
    /// Where in `small` the value being kept begins.
    keep_from: u8,
    /// How much of the key, signature or name has come.
    taken: u16,
    /// As it is written: one less than it means.
    #[cfg(feature = "chain")]
    version: u8,
    /// The TBSCertificate is collected in `small` until its hash function is known.
    #[cfg(feature = "chain")]
    holding: bool,
    role: Role,
    pub(crate) store: Store,
    #[cfg(feature = "chain")]
    subtrees: u16,
    /// Bytes at the workspace's end that the leaf's names take, which the constraints of its issuers are held against:
    /// as many as there is room for. The others are not used; the name looked for is compared by itself.
    #[cfg(feature = "chain")]
    names: u16,
    /// The name being read is among them.
    #[cfg(feature = "chain")]
    remembered: bool,
    /// The form of the name looked for.
    #[cfg(feature = "chain")]
    form: u8,
    der: Der,
    pub(crate) facts: Facts,
    /// What `CertTooLarge` needed.
    pub(crate) needed: u32,
    /// Where in the workspace lies what was kept of another certificate; 0 if it has been written over.
    #[cfg(feature = "chain")]
    pub(crate) kept_from: usize,
    #[cfg(feature = "chain")]
    chain: ChainWalk,
    #[cfg(feature = "chain")]
    progress: Progress,
    /// Of the elements around: their rows in the grammar.
    levels: [u8; DEPTH],
    small: [u8; SMALL],
    /// The hash of a name or of SubjectPublicKeyInfo.
    part: Option<Sha256>,
    /// The hash of the TBSCertificate.
    #[cfg(feature = "chain")]
    hash: Option<Hash>,
}

/// What only the path check needs anew for every certificate.
#[cfg(feature = "chain")]
struct ChainWalk {
    /// The signature is to be stored, here in the workspace.
    signature_at: Option<u16>,
    /// Extensions that have been there.
    seen: u32,
    extension: u8,
}

#[cfg(feature = "chain")]
impl ChainWalk {
    const NEW: Self = ChainWalk { signature_at: None, seen: 0, extension: 0 };
}

impl Walk {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Walk {
            at: At::Certificate,
            sink: Sink::Nowhere,
            small_len: 0,
            keep_from: 0,
            taken: 0,
            #[cfg(feature = "chain")]
            version: 0,
            #[cfg(feature = "chain")]
            holding: false,
            role: Role::Key,
            store: Store::Here,
            #[cfg(feature = "chain")]
            subtrees: 0,
            #[cfg(feature = "chain")]
            names: 0,
            #[cfg(feature = "chain")]
            remembered: false,
            #[cfg(feature = "chain")]
            form: 0,
            der: Der::NEW,
            facts: Facts::NONE,
            needed: 0,
            #[cfg(feature = "chain")]
            kept_from: 0,
            #[cfg(feature = "chain")]
            chain: ChainWalk::NEW,
            #[cfg(feature = "chain")]
            progress: Progress::NEW,
            levels: const { [0; DEPTH] },
            small: const { [0; SMALL] },
            part: None,
            #[cfg(feature = "chain")]
            hash: None,
        }
    }

    /// Begins another certificate.
    #[inline(never)]
    pub(crate) fn restart(&mut self, role: Role) {
        // Field by field: a whole new walk would lie on the stack first.
        self.at = At::Certificate;
        self.sink = Sink::Nowhere;
        self.small_len = 0;
        self.keep_from = 0;
        self.role = role;
        self.store = Store::Here;
        self.der = Der::NEW;
        self.facts = Facts::NONE;
        self.needed = 0;
        #[cfg(feature = "chain")]
        {
            self.chain = ChainWalk::NEW;
        }
        self.part = None;
        #[cfg(feature = "chain")]
        {
            self.version = 0;
            self.holding = false;
            self.hash = None;
        }
    }

    /// The signature of the current certificate goes there in the workspace.
    #[cfg(feature = "chain")]
    pub(crate) fn store_signature(&mut self, at: usize) {
        self.chain.signature_at = Some(at as u16);
    }

    /// It is kept for later.
    #[cfg(feature = "chain")]
    pub(crate) fn is_kept(&self) -> bool {
        self.store == Store::Behind
    }

    /// There is no room to keep it; false if it is needed.
    #[cfg(feature = "chain")]
    pub(crate) fn give_up(&mut self) -> bool {
        core::mem::replace(&mut self.store, Store::Nowhere) == Store::Behind
    }

    /// How many bytes have been read.
    pub(crate) fn offset(&self) -> u32 {
        self.der.offset()
    }

    /// The certificate is complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.der.is_complete()
    }

    /// From here on everything is hashed, beginning with what was held.
    #[cfg(feature = "chain")]
    #[inline(never)]
    pub(crate) fn begin_hash(&mut self, algorithm: HashAlgorithm) {
        let held = self.small.get(..usize::from(self.small_len)).unwrap_or(&[]);
        self.hash.insert(Hash::new(algorithm)).update(held);
    }

    /// The digest of what was hashed, once.
    #[cfg(feature = "chain")]
    pub(crate) fn take_digest(&mut self, room: &mut [u8]) {
        if let Some(hash) = &mut self.hash {
            copy(room, &hash.result()); // where it lies: moving a state costs stack
        }
        self.hash = None;
    }

    /// Reads on until the input is used up (false) or the TBSCertificate is complete (true): then there may be more
    /// input, and it is time to say with [`Self::store_signature`] whether the signature is wanted.
    pub(crate) fn step(&mut self, input: &mut &[u8], sought: &Sought, workspace: &mut [u8]) -> Result<bool, Error> {
        loop {
            let good = match self.der.next(input) {
                Token::Open => self.open(sought).is_some(),
                token @ (Token::Prefix | Token::Data) => {
                    let data = self.der.take(input);
                    self.absorb(data);
                    if token == Token::Data {
                        if !self.data(data, sought, workspace) {
                            return Err(Error::CertTooLarge);
                        }
                        true
                    } else if data == [0] {
                        true
                    } else {
                        // A modulus that does not fill its bytes. Keys and signatures have no unused bits.
                        self.facts.flags |= flag::WEAK_KEY;
                        self.der.tag() == INTEGER
                    }
                }
                Token::Close => {
                    let row = self.levels.get(self.der.depth()).and_then(|&row| GRAMMAR.get(usize::from(row)));
                    let good = self.at >= At::End;
                    let Some(&Row(at, _, _, then)) = row else { return Err(Error::CertUnreadable) }; // there always is one
                    self.at = then;
                    let good = good && self.close(at, sought, workspace).is_some();
                    self.sink = Sink::Nowhere;
                    if good && at == At::Tbs {
                        return Ok(true);
                    }
                    good
                }
                Token::Wait => return Ok(false),
                Token::Malformed => false,
            };
            if !good {
                return Err(Error::CertUnreadable);
            }
        }
    }

    /// What is hashed or kept as it is.
    #[inline(never)]
    fn absorb(&mut self, bytes: &[u8]) {
        if let Some(hash) = &mut self.part {
            hash.update(bytes);
        }
        #[cfg(feature = "chain")]
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        #[cfg(feature = "chain")]
        let holding = self.holding;
        #[cfg(not(feature = "chain"))]
        let holding = false;
        if holding || self.sink >= Sink::Small {
            for &byte in bytes {
                if let Some(slot) = self.small.get_mut(usize::from(self.small_len)) {
                    *slot = byte;
                    self.small_len += 1;
                } else {
                    // Too long: nothing that matters is.
                    self.keep_from = SMALL as u8;
                }
            }
        }
    }

    /// An element begins; `None` if it may not come here.
    #[inline(never)]
    fn open(&mut self, sought: &Sought) -> Option<()> {
        let tag = self.der.tag();
        let fits = |&(_, row): &(usize, &Row)| row.0 == self.at && (row.1 == tag || row.1 == ANY);
        let (row, &Row(at, _, inside, _)) = GRAMMAR.iter().enumerate().find(fits)?;
        *self.levels.get_mut(self.der.depth().wrapping_sub(1))? = row as u8;
        self.at = inside;
        self.taken = 0;
        #[cfg(feature = "chain")]
        {
            self.remembered = false;
        }
        match at {
            At::KeyInfo => begin(&mut self.part),
            #[cfg(feature = "chain")]
            At::Issuer | At::Subject if self.role != Role::Key => begin(&mut self.part),
            #[cfg(feature = "chain")]
            At::Tbs => self.holding = matches!(self.role, Role::Leaf | Role::Issuer),
            _ => {}
        }
        #[cfg(feature = "chain")]
        if inside >= LISTED && self.der.length() == 0 {
            return None;
        }
        let (header, header_len) = self.der.header();
        self.absorb(header.get(..header_len)?);
        if inside == At::Kept {
            #[cfg(feature = "chain")]
            if !self.holding {
                self.small_len = 0;
            }
            #[cfg(not(feature = "chain"))]
            {
                self.small_len = 0;
            }
            self.keep_from = self.small_len;
            self.sink = Sink::Small;
        }
        if matches!(inside, At::Kept | At::Passed) {
            self.der.content();
        } else if tag == BITS {
            self.der.prefix();
        }
        match at {
            At::KeyPoint => self.expect_key(),
            #[cfg(feature = "rsa")]
            At::Modulus => {
                self.facts.key.set_modulus(self.der.length().saturating_sub(1));
                self.expect_key();
            }
            #[cfg(feature = "chain")]
            _ if self.role != Role::Key => self.facts.flags |= self.open_profile(at, sought)?,
            _ => {}
        }
        let _ = sought;
        Some(())
    }

    /// The key's length, with the zero before it, has to be that of its kind.
    #[inline(never)]
    fn expect_key(&mut self) {
        let length = self.der.length();
        self.der.prefix();
        if self.facts.key.is_empty() || usize::from(length) != self.facts.key.len() + 1 {
            self.facts.flags |= flag::WEAK_KEY;
            self.facts.key.len = 0; // of which kind it is, is worth knowing
        } else {
            self.sink = Sink::Key;
        }
    }

    /// What this certificate may be written to: the leaf's names give way to the path's keys and signatures, but not to what
    /// is only kept.
    #[cfg(feature = "chain")]
    #[inline(never)]
    pub(crate) fn room<'w>(&self, workspace: &'w mut [u8]) -> &'w mut [u8] {
        let names = if self.is_kept() { usize::from(self.names) } else { 0 };
        let len = workspace.len().saturating_sub(names);
        workspace.get_mut(..len).unwrap_or_default()
    }

    /// Content of an element comes; false if the workspace is too small for it.
    #[inline(never)]
    fn data(&mut self, data: &[u8], sought: &Sought, workspace: &mut [u8]) -> bool {
        let begins = self.taken == 0;
        let to = match self.sink {
            Sink::Key => {
                // Points are uncompressed (RFC 5480 §2.2); a modulus fills its bytes (CA/Browser Forum BR 6.1.6).
                if begins && data.first().is_some_and(|&first| !self.facts.key.may_begin_with(first)) {
                    self.facts.flags |= flag::WEAK_KEY;
                }
                #[cfg(feature = "chain")]
                let at = (self.store != Store::Nowhere).then(|| sought.key_at + if self.is_kept() { GAP } else { 0 });
                #[cfg(not(feature = "chain"))]
                let at = Some(sought.key_at);
                at
            }
            #[cfg(feature = "chain")]
            Sink::Signature => self.chain.signature_at.map(usize::from),
            #[cfg(feature = "chain")]
            Sink::AltName | Sink::Address => {
                sought.name.compare(&mut self.progress, data);
                // It goes to the others, if there is room between them and the key.
                let length = self.der.length();
                let names = usize::from(self.names) + usize::from(length) + NAME_HEADER;
                if begins
                    && self.role == Role::Leaf
                    && let Some(start) = workspace.len().checked_sub(names)
                    && start > self.facts.key.len()
                    && length < 0x100
                    && let Some([size, form, ..]) = workspace.get_mut(start..)
                {
                    (*size, *form) = (length as u8, self.der.tag());
                    self.remembered = true;
                    self.names = names as u16;
                }
                let room = workspace.len().saturating_sub(usize::from(self.names));
                self.remembered.then_some(room + NAME_HEADER)
            }
            _ => None,
        };
        let start = to.map_or(0, |to| to + usize::from(self.taken));
        // No element has 64 KB.
        self.taken = self.taken.wrapping_add(data.len() as u16);
        if to.is_some() {
            let end = start + data.len();
            #[cfg(feature = "chain")]
            let len = workspace.len();
            #[cfg(feature = "chain")]
            let workspace = self.room(workspace);
            let Some(room) = workspace.get_mut(start..end) else {
                self.needed = end as u32;
                self.sink = Sink::Nowhere;
                #[cfg(feature = "chain")]
                return self.give_up();
                #[cfg(not(feature = "chain"))]
                return false;
            };
            #[cfg(feature = "chain")]
            if !self.remembered {
                if end + usize::from(self.names) > len {
                    self.names = 0;
                }
                if end > self.kept_from {
                    self.kept_from = 0;
                }
            }
            copy(room, data);
        }
        true
    }

    /// An element ends; `None` if it is malformed.
    #[inline(never)]
    fn close(&mut self, at: At, sought: &Sought, workspace: &mut [u8]) -> Option<()> {
        let value = kept(&self.small, self.keep_from, self.small_len);
        // An INTEGER has no more bytes than it needs (X.690 §8.3.2): the first nine bits are not all the same.
        if self.der.tag() == INTEGER
            && self.sink == Sink::Small
            && match *value {
                [first, second, ..] => matches!(i16::from_be_bytes([first, second]) >> 7, 0 | -1),
                _ => value.is_empty(),
            }
        {
            return None;
        }
        match at {
            At::KeyInfo => finish(&mut self.part, &mut self.facts.id.key),
            At::KeyAlgorithm => {
                self.facts.key.set_algorithm(value);
                if !self.facts.key.is_empty() {
                    self.at = At::KeyPoint;
                }
                #[cfg(feature = "rsa")]
                if self.facts.key.is_rsa() {
                    self.at = At::KeyRsa;
                }
            }
            At::KeyUnknown => self.facts.flags |= flag::WEAK_KEY,
            #[cfg(feature = "rsa")]
            At::Exponent => {
                let exponent = big_endian(value) as u32;
                if value.len() > 4 || exponent < 3 || exponent & 1 == 0 {
                    self.facts.flags |= flag::WEAK_KEY;
                }
                self.facts.key.set_exponent(exponent);
            }
            #[cfg(feature = "chain")]
            _ if self.role != Role::Key => self.facts.flags |= self.close_profile(at, sought, workspace)?,
            _ => {}
        }
        if self.role == Role::Key && matches!(at, At::KeyInfo | At::Tbs) {
            self.at = At::Rest;
        }
        let _ = (sought, workspace);
        Some(())
    }
}

/// What was kept of the element that ends; nothing of what was too long.
#[inline(always)]
fn kept(small: &[u8; SMALL], from: u8, to: u8) -> &[u8] {
    piece(small, from.into(), to.wrapping_sub(from).into())
}

/// What only the path check looks at. Both say which flags to set, or `None` if the certificate is malformed.
#[cfg(feature = "chain")]
impl Walk {
    fn open_profile(&mut self, at: At, sought: &Sought) -> Option<u32> {
        let length = self.der.length();
        let tag = self.der.tag();
        if matches!(at, At::AltName | At::Base) && !is_general_name(tag) {
            return None;
        }
        Some(match at {
            // The issuer is never empty (§4.1.2.4).
            At::Issuer if length == 0 => return None,
            At::Subject if length != 0 => flag::SUBJECT,
            At::Critical | At::ExtensionValue if tag == OCTETS => self.open_extension()?,
            At::NameConstraints => {
                self.form = if sought.name.is_ip() { IP } else { DNS };
                flag::CONSTRAINTS
            }
            At::AltName => {
                self.facts.forms |= form(tag);
                self.progress = sought.name.san();
                match tag {
                    DNS => self.sink = Sink::AltName,
                    IP => self.sink = Sink::Address,
                    _ => {}
                }
                0
            }
            At::Base => {
                self.facts.constrained |= form(tag);
                self.subtrees = self.subtrees.saturating_add(1);
                if self.subtrees > MOST_SUBTREES { flag::UNCLEAR } else { 0 }
            }
            At::FirstSubtrees | At::Excluded if tag == CONTEXT_1 => flag::EXCLUDING,
            At::Signature => {
                self.der.prefix();
                self.sink = Sink::Signature;
                self.facts.signature_len = length.saturating_sub(1);
                0
            }
            _ => 0,
        })
    }

    /// An extension's value begins (§4.2).
    fn open_extension(&mut self) -> Option<u32> {
        // Only version 3 has extensions (§4.1.2.9), each of them once (§4.2). Those that are not looked at are not
        // remembered either.
        let mut flags = if self.facts.has(flag::CRITICAL) { flag::UNKNOWN_CRITICAL } else { 0 };
        self.at = At::AnyValue;
        for &(number, value) in EXTENSIONS {
            if number == self.chain.extension {
                self.at = value;
                flags = 0;
            }
        }
        let seen = 1u32.wrapping_shl(self.at as u32);
        if self.version != 2 || self.at != At::AnyValue && self.chain.seen & seen != 0 {
            return None;
        }
        self.chain.seen |= seen;
        Some(flags)
    }

    fn close_profile(&mut self, at: At, sought: &Sought, workspace: &mut [u8]) -> Option<u32> {
        let value = kept(&self.small, self.keep_from, self.small_len);
        let tag = self.der.tag();
        Some(match at {
            At::VersionNumber => match *value {
                [version @ 1..=2] => {
                    self.version = version;
                    0
                }
                _ => return None,
            },
            // Of an anchor, name and key are what counts (§6.1.1 (d)); in version 1 nothing could say that it is a CA.
            At::Version if self.version == 0 && self.role == Role::Anchor => flag::CA,
            At::SignatureAlgorithm => {
                self.facts.signature = SignatureKind::of(value);
                if core::mem::take(&mut self.holding) && !self.facts.signature.is_weak() {
                    self.begin_hash(self.facts.signature.hash());
                }
                0
            }
            // Both have to be the same (§4.1.1.2).
            At::OuterAlgorithm if SignatureKind::of(value) != self.facts.signature => return None,
            At::Issuer => {
                finish(&mut self.part, &mut self.facts.id.issuer);
                0
            }
            At::Subject => {
                let id = &mut self.facts.id;
                finish(&mut self.part, &mut id.subject);
                let self_issued = equal(&id.subject, &id.issuer);
                if self.role != Role::Leaf && !equal(&id.subject, &sought.top.issuer) {
                    // A root that is not wanted now never is, and a twin of the top is not wanted for its key.
                    let never = self_issued || equal(&id.subject, &sought.top.subject);
                    self.store = if never || self.role == Role::Anchor { Store::Nowhere } else { Store::Behind };
                }
                if self_issued { flag::SELF_ISSUED } else { 0 }
            }
            At::NotBefore | At::NotAfter => {
                let time = validity::seconds(tag, value)?;
                // Both ends are inclusive (§4.1.2.5).
                let now = sought.now.map(core::num::NonZeroI64::get);
                let Some(now) = now else { return Some(0) };
                let (first, second, wrong) =
                    if at == At::NotBefore { (time, now, flag::NOT_YET) } else { (now, time, flag::EXPIRED) };
                if first > second { wrong } else { 0 }
            }
            At::ExtensionId => {
                self.chain.extension = if let [0x55, 0x1d, number] = *value { number } else { 0 };
                self.facts.flags &= !flag::CRITICAL;
                0
            }
            // DER has one way to say true. FALSE should have been left out, but that is often forgotten.
            At::Critical | At::Ca if tag == BOOLEAN => match *value {
                [0xff] if at == At::Ca => flag::CA,
                [0xff] => flag::CRITICAL,
                [0] => 0,
                _ => return None,
            },
            At::PathLength => {
                let &first = value.first().filter(|&&first| first < 0x80)?;
                self.facts.inverted_path_len = if value.len() == 1 { !first } else { 0 };
                0
            }
            At::KeyUsage => {
                // Bits that are said to be unused are zero (X.690 §11.2.1). Without any, the last byte is their number.
                let (&first, &last) = (value.first()?, value.last()?);
                if first > 7 || last.trailing_zeros() < u32::from(first) {
                    return None;
                }
                self.facts.key_usage = value.get(1).copied().unwrap_or(0);
                flag::KEY_USAGE
            }
            // Any purpose is enough for an issuer only.
            At::Purpose if equal(value, SERVER_AUTH) || value == ANY_PURPOSE && self.role != Role::Leaf => {
                flag::PURPOSES | flag::SERVER_AUTH
            }
            At::Purpose => flag::PURPOSES,
            At::AltName => {
                let named = if tag == IP { sought.name.is_address(value) } else { sought.name.matched(self.progress) };
                if named && matches!(tag, IP | DNS) { flag::NAMED } else { 0 }
            }
            At::Base | At::NameConstraints => self.constrain(at, sought, workspace),
            // What there is besides it, inhibitPolicyMapping \[1\], changes nothing without policies.
            At::PolicyConstraints if value.first() != Some(&0x81) => flag::EXPLICIT_POLICY,
            _ => 0,
        })
    }

    /// Name constraints (§4.2.1.10): a subtree ends, or all of them. Holds the name looked for and the leaf's names, if
    /// of its form, against it.
    #[inline(never)]
    fn constrain(&mut self, at: At, sought: &Sought, workspace: &mut [u8]) -> u32 {
        const SAID: u8 = OUTSIDE | INSIDE;
        let tag = self.der.tag();
        let value = kept(&self.small, self.keep_from, self.small_len);
        let all = at == At::NameConstraints;
        let excluding = self.facts.has(flag::EXCLUDING);
        if !all {
            if !matches!(tag, DNS | IP) || self.facts.has(flag::UNCLEAR) {
                return 0;
            }
            // Of what was too long nothing was kept.
            if value.len() != usize::from(self.der.length()) || !is_subtree(tag == IP, excluding, value) {
                return flag::UNCLEAR;
            }
        }
        let mut flags = 0;
        let (mut form, mut name) = (&mut self.form, sought.name.bytes());
        let mut rest = workspace.get_mut(workspace.len().saturating_sub(self.names.into())..).unwrap_or_default();
        loop {
            if all {
                if *form & SAID == OUTSIDE {
                    flags = flag::FORBIDDEN;
                }
                *form &= !SAID;
            } else if *form & !SAID == tag {
                let inside = is_inside(tag == IP, name, value);
                if !excluding {
                    *form |= if inside { INSIDE } else { OUTSIDE };
                } else if inside {
                    flags = flag::FORBIDDEN;
                }
            }
            let [length, next, tail @ ..] = rest else { return flags };
            let Some((bytes, tail)) = tail.split_at_mut_checked(usize::from(*length)) else { return flags };
            (form, name, rest) = (next, bytes, tail);
        }
    }
}

/// GeneralName is a choice of context-specific tags: otherName, x400Address, directoryName and ediPartyName have
/// elements inside.
#[cfg(feature = "chain")]
fn is_general_name(tag: u8) -> bool {
    let number = tag & 0x1f;
    // Those four have bit 6 set.
    number <= 8 && tag == 0x80 | number | ((0b11_1001u32 >> number & 1) as u8) << 5
}

/// The extensions that are looked at or known not to matter (RFC 5280 §4.2.1): the last byte of 2.5.29.x, and what their
/// values are. No policy is asked for (§6.1.1 (c)), so certificatePolicies, policyMappings and inhibitAnyPolicy change
/// nothing.
#[cfg(feature = "chain")]
#[rustfmt::skip]
const EXTENSIONS: &[(u8, At)] = &[
    (15, At::KeyUsage),
    (17, At::AltNames),
    (19, At::BasicConstraints),
    (30, At::NameConstraints),
    (32, At::AnyValue),
    (33, At::AnyValue),
    (36, At::PolicyConstraints),
    (37, At::Purposes),
    (54, At::AnyValue),
];

/// id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
#[cfg(feature = "chain")]
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
#[cfg(feature = "chain")]
const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 0x25, 0];

/// The AlgorithmIdentifiers of signatures that are good enough: ECDSA (RFC 5758 §3.2), RSASSA-PKCS1-v1_5 (RFC 4055 §5)
/// and RSASSA-PSS (RFC 4055 §3.1) with SHA-256, SHA-384 or SHA-512, the latter with the same hash in MGF1 and, unless the
/// feature rsa-pss is there, a salt as long as the hash. Compared as bytes: DER leaves no choice.
#[cfg(feature = "chain")]
#[rustfmt::skip]
const SIGNATURE_ALGORITHMS: &[(u8, &[u8])] = &[
    (1, &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, HASH]),
    #[cfg(feature = "rsa")]
    (10, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, HASH, 5, 0]),
    #[cfg(all(feature = "rsa", not(feature = "rsa-pss")))]
    (0, &[
        6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, 0x34,
        0xa0, 0x0f, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HASH, 5, 0,
        0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8,
        0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HASH, 5, 0,
        0xa2, 3, 2, 1, SALT,
    ]),
    #[cfg(feature = "rsa-pss")]
    (0, &[
        6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, PLUS_51,
        0xa0, 0x0f, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HASH, 5, 0,
        0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8,
        0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HASH, 5, 0,
        0xa2, PLUS_2, 2, PLUS_0,
    ]),
];

/// Stands for the hash's number (1 to 3, above the first column).
#[cfg(feature = "chain")]
const HASH: u8 = 0x11;
/// Stands for the hash's length.
#[cfg(all(feature = "chain", not(feature = "rsa-pss")))]
const SALT: u8 = 0xb0;
/// Stand for the bytes of saltLength and as many more. What has no saltLength, which is 20 then, ends four bytes earlier.
#[cfg(all(feature = "chain", feature = "rsa-pss"))]
const PLUS_0: u8 = 0xb0;
#[cfg(all(feature = "chain", feature = "rsa-pss"))]
const PLUS_2: u8 = PLUS_0 + 2;
#[cfg(all(feature = "chain", feature = "rsa-pss"))]
const PLUS_51: u8 = PLUS_0 + 51;
#[cfg(all(feature = "chain", feature = "rsa-pss"))]
const NO_SALT: u8 = 0u8.wrapping_sub(4);

#[cfg(all(test, feature = "chain"))]
mod tests {
    use super::*;

    #[test]
    fn elements_of_lists_are_followed_by_their_like() {
        for &Row(at, _, _, then) in GRAMMAR {
            assert_eq!(at >= LISTED, at == then && at != At::Rest, "{}", at as u8);
            // ... and lie in something that is nothing but the list.
            let around = GRAMMAR.iter().filter(|row| row.2 == at);
            assert!(at < LISTED || around.clone().count() > 0 && around.clone().all(|row| row.1 & 0x20 != 0));
        }
    }
}
