//! Tags of the elements that the grammar knows (X.690 §8.1.2, RFC 5280 appendix A).

/// Stands for every tag.
pub(super) const ANY: u8 = 0;
pub(super) const BOOLEAN: u8 = 1;
pub(super) const INTEGER: u8 = 2;
pub(super) const BIT_STRING: u8 = 3;
pub(super) const OCTET_STRING: u8 = 4;
pub(super) const OID: u8 = 6;
pub(super) const SEQUENCE: u8 = 0x30;
/// GeneralName (§4.2.1.6): dNSName \[2\].
pub(super) const DNS_NAME: u8 = 0x82;
/// GeneralName: iPAddress \[7\].
pub(super) const IP_ADDRESS: u8 = 0x87;
/// Version; permittedSubtrees.
pub(super) const CONTEXT_0: u8 = 0xa0;
/// excludedSubtrees.
pub(super) const CONTEXT_1: u8 = 0xa1;
/// Extensions.
pub(super) const CONTEXT_3: u8 = 0xa3;
/// issuerUniqueID \[1\].
pub(super) const ISSUER_ID: u8 = 0x81;
/// subjectUniqueID \[2\].
pub(super) const SUBJECT_ID: u8 = 0x82;

/// Stands for the hash's number in the forms of AlgorithmIdentifiers of signatures.
pub(super) const HASH: u8 = 0x11;
