//! The parameters of an RSASSA-PSS key (RFC 4055 §1.2): they name the hash and the shortest salt that it signs with.

use super::signature_kind::SignatureKind;
use crate::crypto::HashAlgorithm;

/// The parameters, which may be missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct PssParameters(SignatureKind);

impl PssParameters {
    pub(crate) const NONE: Self = PssParameters(SignatureKind::NONE);

    /// Those of a key's AlgorithmIdentifier, if it has any.
    pub(crate) fn read(algorithm: &[u8]) -> Option<Self> {
        let parameters = SignatureKind::of(algorithm);
        is_pss(parameters).then_some(PssParameters(parameters))
    }

    /// Whether the key may sign a handshake with this hash: the salt is as long as the hash (RFC 8446 §4.2.3).
    pub(crate) fn allow_hash(self, hash: HashAlgorithm) -> bool {
        self.0.is_weak() || self.0.hash() == hash && usize::from(self.0.salt.0) <= hash.output_len()
    }

    /// Whether the key may have made such a signature of a certificate.
    pub(crate) fn cover(self, signature: SignatureKind) -> bool {
        is_pss(signature) && (self.0.is_weak() || self.0.number == signature.number && self.0.salt <= signature.salt)
    }
}

fn is_pss(kind: SignatureKind) -> bool {
    kind.number > 8
}
