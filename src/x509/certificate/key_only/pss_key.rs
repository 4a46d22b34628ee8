//! The parameters of an RSASSA-PSS key where such keys are not known, or only their handshake signatures are checked.

use crate::crypto::HashAlgorithm;

/// None.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct PssParameters;

impl PssParameters {
    pub(crate) const NONE: Self = PssParameters;

    #[inline(always)]
    pub(crate) fn read(_algorithm: &[u8]) -> Option<Self> {
        None
    }

    #[inline(always)]
    pub(crate) fn allow_hash(self, _hash: HashAlgorithm) -> bool {
        true
    }

    #[cfg(feature = "chain")]
    #[inline(always)]
    pub(crate) fn cover(self, _signature: super::signature_kind::SignatureKind) -> bool {
        true
    }
}
