//! A server's or an issuer's public key: what kind it is, and where its bytes lie.

use crate::crypto::{HashAlgorithm, PublicKey, equal};
use crate::error::Error;
use crate::x509::certificate::PssParameters;
#[cfg(feature = "chain")]
use crate::x509::certificate::SignatureKind;

/// RSA keys are read ...
const RSA: bool = cfg!(feature = "rsa");
/// ... and those that sign with RSASSA-PSS only.
const RSA_PSS: bool = cfg!(feature = "rsa-pss");

/// A public key whose bytes lie in the workspace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StoredKey {
    kind: KeyKind,
    len: u16,
    exponent: u32,
    /// Of an RSASSA-PSS key.
    pss: PssParameters,
}

/// Those that this build verifies with have a row in [`KINDS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(dead_code)]
enum KeyKind {
    #[default]
    Unknown,
    P256,
    P384,
    Rsa,
    RsaPss,
}

/// Kinds of keys, the bytes they have if that is always the same, and their AlgorithmIdentifiers (RFC 5480 §2.1.1,
/// named curves only; RFC 3279 §2.3.1; RFC 4055 §1.2, without parameters).
const KINDS: &[(KeyKind, u8, &[u8])] = &[
    (KeyKind::P256, 65, &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
    #[cfg(feature = "p384")]
    (KeyKind::P384, 97, &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22]),
    #[cfg(feature = "rsa")]
    (KeyKind::Rsa, 0, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0]),
    #[cfg(feature = "rsa-pss")]
    (KeyKind::RsaPss, 0, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10]),
];

impl StoredKey {
    /// There is none.
    pub const NONE: Self = StoredKey { kind: KeyKind::Unknown, len: 0, exponent: 0, pss: PssParameters::NONE };

    /// The kind of key of an AlgorithmIdentifier's content.
    #[inline(never)]
    pub(super) fn set_algorithm(&mut self, algorithm: &[u8]) {
        for &(kind, len, form) in KINDS {
            if equal(form, algorithm) {
                self.kind = kind;
                self.len = len.into();
            }
        }
        if let Some(parameters) = PssParameters::read(algorithm) {
            self.kind = KeyKind::RsaPss;
            self.pss = parameters;
        }
    }

    /// Whether the key is of a kind that is known here and good enough.
    #[inline(never)]
    pub(super) fn check(&self) -> Result<(), Error> {
        if !self.is_empty() {
            Ok(())
        } else if self.kind != KeyKind::Unknown {
            Err(Error::WeakKey)
        } else {
            Err(Error::UnknownKey)
        }
    }

    /// The key is not good enough. Its kind stays known.
    pub(super) fn refuse(&mut self) {
        self.len = 0;
    }

    /// Whether it is an RSA key.
    pub fn is_rsa(&self) -> bool {
        RSA && matches!(self.kind, KeyKind::Rsa) || self.is_pss_only()
    }

    /// Whether it is a key of P-256.
    pub fn is_p256(&self) -> bool {
        self.kind == KeyKind::P256
    }

    /// Whether it is an RSASSA-PSS key, which signs in no other way. In TLS it goes with the schemes rsa_pss_pss_*
    /// only, and those with it only (RFC 8446 §4.2.3).
    pub fn is_pss_only(&self) -> bool {
        RSA_PSS && self.kind == KeyKind::RsaPss
    }

    /// Whether an RSASSA-PSS key may sign a handshake with this hash. True for all other keys.
    pub fn may_sign_with(&self, hash: HashAlgorithm) -> bool {
        self.pss.allow_hash(hash)
    }

    /// Whether an RSASSA-PSS key may have made such a signature of a certificate. True for all other keys: what does
    /// not go with them does not verify.
    #[cfg(feature = "chain")]
    pub(super) fn may_make(&self, signature: SignatureKind) -> bool {
        !self.is_pss_only() || self.pss.cover(signature)
    }

    /// A point begins with 4, a modulus with its top bit.
    pub(super) fn may_begin_with(&self, first: u8) -> bool {
        if self.is_rsa() { first >= 0x80 } else { first == 4 }
    }

    /// 2048 to 4096 bits.
    pub(super) fn set_modulus(&mut self, bytes: u16) {
        self.len = if (256..=512).contains(&bytes) { bytes } else { 0 };
    }

    pub(super) fn set_exponent(&mut self, exponent: u32) {
        self.exponent = exponent;
    }

    /// How many bytes it takes at the start of the workspace.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// There is no key, or none that is good enough.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The key, if the workspace holds it.
    pub fn public_key<'w>(&self, workspace: &'w [u8]) -> Option<PublicKey<'w>> {
        let bytes = workspace.get(..self.len())?;
        Some(match self.kind {
            KeyKind::Unknown => return None,
            KeyKind::P256 => PublicKey::P256(bytes),
            KeyKind::P384 => PublicKey::P384(bytes),
            _ => PublicKey::Rsa { n: bytes, e: self.exponent },
        })
    }
}
