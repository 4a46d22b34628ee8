//! What a walk keeps of its own while a certificate flows past, where the path matters.

use crate::crypto::Hash;
use crate::x509::name::Comparison;

/// What a certificate is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The server's: only its key matters, for pins and the insecure mode.
    Key,
    /// The server's: everything matters.
    Leaf,
    /// It may be the issuer that is sought: everything matters.
    Issuer,
    /// A trusted one, which may be the issuer that is sought: everything but its signature.
    Anchor,
}

/// Room for a digest in the workspace: between the leaf's key and the top's signature.
pub(crate) const DIGEST: usize = 64;

/// Room for an issuer's key before the spare certificate's; a larger one lies where that was.
pub(crate) const GAP: usize = 256;

/// Where in the workspace the key goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// Where the issuer's is awaited.
    Here,
    /// It is spare: not the issuer that is sought, but it may be one that is sought later. [`GAP`] bytes behind, and
    /// digest and signature behind the key. Not if there is no room.
    Behind,
    Nowhere,
}

/// Where the content of the element being read goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Sink {
    Nowhere,
    Key,
    Signature,
    AltName,
    /// From here on: into what is kept.
    Kept,
    /// Of subjectAltName.
    Address,
}

/// What the profile needs at hand. Small and busy: it lies where the chip reaches it with instructions of half the
/// size.
#[repr(C)]
pub(crate) struct Profile {
    pub(super) role: Role,
    pub(crate) store: Store,
    /// As it is written: one less than it means.
    pub(super) version: u8,
    /// The TBSCertificate is kept until its hash function is known.
    pub(super) is_holding: bool,
    /// The name being read is among the leaf's names that are remembered.
    pub(super) remembered: bool,
    /// The form of the name looked for.
    pub(super) form: u8,
    /// Subtrees of name constraints, in all certificates together.
    pub(super) subtrees: u16,
    /// Bytes at the workspace's end that the leaf's names take, which the constraints of its issuers are held against:
    /// as many as there is room for. The others are not used; the name looked for is compared by itself.
    pub(super) names: u16,
}

impl Profile {
    pub(super) const NEW: Self = Profile {
        role: Role::Key,
        store: Store::Here,
        version: 0,
        is_holding: false,
        remembered: false,
        form: 0,
        subtrees: 0,
        names: 0,
    };

    /// For another certificate of the same path.
    #[inline(always)]
    pub(super) fn restart(&mut self, role: Role) {
        self.role = role;
        self.store = Store::Here;
        self.version = 0;
        self.is_holding = false;
    }
}

/// What else the profile needs.
#[repr(C)]
pub(crate) struct PathWalk {
    /// Where in the workspace the spare certificate's key, digest and signature lie; 0 if they have been written over.
    pub(crate) spare_from: usize,
    /// Extensions that have been there.
    pub(super) seen: u32,
    /// Where in the workspace the signature is to be stored; 0: it is not.
    pub(super) signature_at: u16,
    /// The last byte of the extension being read, 2.5.29.x; 0 for any other.
    pub(super) extension: u8,
    pub(super) comparison: Comparison,
}

/// The hash of the TBSCertificate.
pub(super) type TbsHash = Option<Hash>;

impl PathWalk {
    pub(super) const NEW: Self =
        PathWalk { spare_from: 0, seen: 0, signature_at: 0, extension: 0, comparison: Comparison::NEW };

    /// For another certificate of the same path.
    #[inline(always)]
    pub(super) fn restart(&mut self) {
        self.seen = 0;
        self.signature_at = 0;
    }
}
