//! What a walk finds out about a certificate, and what it is told to look for.

use super::signature_kind::SignatureKind;
use super::tag::{DNS_NAME, IP_ADDRESS};
use crate::crypto::equal;
use crate::x509::name::Name;
use crate::x509::stored_key::StoredKey;
use core::num::NonZeroI64;

/// What [`Facts::flags`] says.
pub(crate) mod flag {
    /// basicConstraints: CA:TRUE
    pub(crate) const CA: u32 = 1;
    /// keyUsage is there
    pub(crate) const KEY_USAGE: u32 = 1 << 1;
    /// extKeyUsage is there
    pub(crate) const PURPOSES: u32 = 1 << 2;
    /// extKeyUsage has serverAuth, or anyExtendedKeyUsage in an issuer
    pub(crate) const SERVER_AUTH: u32 = 1 << 3;
    /// subjectAltName has the name looked for
    pub(crate) const NAMED: u32 = 1 << 4;
    /// nameConstraints is there
    pub(crate) const CONSTRAINTS: u32 = 1 << 5;
    /// a subtree of the name constraints can't be understood
    pub(crate) const UNCLEAR: u32 = 1 << 6;
    /// policyConstraints: requireExplicitPolicy
    pub(crate) const EXPLICIT_POLICY: u32 = 1 << 7;
    /// the name looked for, or another one of the leaf, lies in an excluded subtree or in no permitted one
    pub(crate) const FORBIDDEN: u32 = 1 << 8;
    /// notAfter has passed
    pub(crate) const EXPIRED: u32 = 1 << 9;
    /// notBefore has not come
    pub(crate) const NOT_YET: u32 = 1 << 10;
    /// a critical extension that is not known here
    pub(crate) const UNKNOWN_CRITICAL: u32 = 1 << 11;
    /// the subject is not empty
    pub(crate) const SUBJECT: u32 = 1 << 12;
    /// issuer and subject are the same
    pub(crate) const SELF_ISSUED: u32 = 1 << 13;
    /// the extension being read is critical
    pub(crate) const CRITICAL: u32 = 1 << 14;
    /// in excludedSubtrees
    pub(crate) const EXCLUDING: u32 = 1 << 15;
}

/// keyUsage bits as they lie in the first byte (RFC 5280 §4.2.1.3).
pub(crate) const DIGITAL_SIGNATURE: u8 = 0x80;
pub(crate) const KEY_CERT_SIGN: u8 = 0x04;

/// The bit of a GeneralName's form: its tag number.
pub(crate) const fn form(tag: u8) -> u16 {
    1 << (tag & 0xf)
}

/// directoryName
pub(crate) const DIRECTORY_NAME: u16 = form(0xa4);
/// The forms that the name looked for may have.
pub(crate) const HOST_FORMS: u16 = form(DNS_NAME) | form(IP_ADDRESS);

/// The first half of a name's SHA-256.
pub(crate) type NameHash = [u8; 16];
/// What a walk has found out.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Facts {
    pub(crate) flags: u32,
    /// The forms of the names that the certificate has, and that its name constraints speak of.
    pub(crate) forms: u16,
    pub(crate) constrained: u16,
    pub(crate) signature_len: u16,
    /// How the issuer signed.
    pub(crate) signature: SignatureKind,
    pub(crate) key_usage: u8,
    /// pathLenConstraint with all bits inverted, so that zero means that there is none.
    pub(crate) inverted_path_len: u8,
    pub(crate) key: StoredKey,
    pub(crate) id: Identity,
}

/// Who is who: hashes of issuer and subject, and the SHA-256 of SubjectPublicKeyInfo.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Identity {
    pub(crate) issuer: NameHash,
    pub(crate) subject: NameHash,
    pub(crate) key: [u8; 32],
}

impl Identity {
    /// Nobody's.
    pub(crate) const NONE: Self = Identity { issuer: [0; 16], subject: [0; 16], key: [0; 32] };
}

impl Facts {
    /// Nothing yet. As all that a walk begins with it is a constant of zeros: the chip then gets it by one memset, and
    /// not by way of the stack.
    pub(crate) const NONE: Self = Facts {
        flags: 0,
        forms: 0,
        constrained: 0,
        signature_len: 0,
        signature: SignatureKind::NONE,
        key_usage: 0,
        inverted_path_len: 0,
        key: StoredKey::NONE,
        id: Identity::NONE,
    };

    /// The same subject and key.
    pub(crate) fn is_twin_of(&self, other: &Identity) -> bool {
        equal(&self.id.subject, &other.subject) && equal(&self.id.key, &other.key)
    }

    pub(crate) fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }
}

/// What the walk has to know from outside. There is no gap before `top`, as in the handshake.
#[repr(C)]
pub(crate) struct Target<'a> {
    /// The time, which is not 1970's beginning; `None`: dates are not looked at.
    pub(crate) now: Option<NonZeroI64>,
    /// The certificate whose issuer is sought: only that one's key is stored, and the leaf's.
    pub(crate) top: Identity,
    /// Where in the workspace the key goes.
    pub(crate) key_at: usize,
    /// The name that the server's certificate has to have.
    pub(crate) name: Name<'a>,
}

impl<'a> Target<'a> {
    /// The server's certificate is the first one; its name is yet to be read.
    #[inline(always)]
    pub(crate) const fn new(name: &'a [u8]) -> Self {
        Target { now: None, top: Identity::NONE, key_at: 0, name: Name::unread(name) }
    }
}
