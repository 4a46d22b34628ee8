//! What is known of the server when its certificate has been checked.

use crate::x509::stored_key::StoredKey;

/// Why the server is trusted: any of the reasons together, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TrustedBy(u8);

impl TrustedBy {
    /// By nobody: the insecure mode.
    pub const NOBODY: Self = TrustedBy(0);
    /// The certificate is one of `fingerprint256`.
    pub const FINGERPRINT: Self = TrustedBy(1);
    /// The key is one of `pinnedPubKey`.
    pub const PUBLIC_KEY: Self = TrustedBy(2);
    /// The chain leads to one of `ca`.
    pub const CA: Self = TrustedBy(4);

    /// Whether all of these reasons are among them.
    pub const fn contains(self, reasons: TrustedBy) -> bool {
        self.0 & reasons.0 == reasons.0
    }

    /// The inverse of [`Self::bits`].
    pub const fn from_bits(bits: u8) -> Self {
        TrustedBy(bits)
    }

    /// As a number: the sum of 1 fingerprint, 2 public key, 4 CA.
    pub const fn bits(self) -> u8 {
        self.0
    }

    pub(super) fn add(&mut self, reason: TrustedBy) {
        self.0 |= reason.0;
    }
}

/// The server's own certificate, checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leaf {
    /// Its key; the bytes are at the start of the workspace.
    pub key: StoredKey,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
    /// Why it is trusted.
    pub trusted_by: TrustedBy,
}

impl Leaf {
    /// Nothing is known yet.
    pub(super) const NONE: Self = Leaf { key: StoredKey::NONE, fingerprint: [0; 32], trusted_by: TrustedBy::NOBODY };
}
