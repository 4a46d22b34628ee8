//! How far a path to an anchor has come (RFC 5280 §6.1).

use crate::crypto::{self, PublicKey, Work};
use crate::error::Error;
use crate::x509::certificate::{DIGEST, Facts, SignatureKind};
use core::task::{Poll, ready};

/// How many signatures and cross-certificates are looked at. Honest chains need no more than five, and one for each
/// anchor that has the issuer's name, as CAs have several that change their key. A P-384 signature takes a third of a
/// second on the device.
pub(super) const MAX_STEPS: u8 = 24;

/// What is known of the certificate that was passed over last.
pub(super) type Spare = Facts;

/// How far the path has come. Its top is the certificate whose issuer is sought.
#[repr(C)]
pub(super) struct Path {
    /// A path to an anchor is looked for.
    pub(super) is_sought: bool,
    /// The current certificate's TBSCertificate is complete, and whether it takes the path further is not known yet.
    pub(super) is_judging: bool,
    /// The clock has been set, or dates are not looked at.
    pub(super) clock_is_set: bool,
    /// The current certificate became the top; its signature is being stored.
    pub(super) accepted: bool,
    /// No more than [`MAX_STEPS`]: what is counted below does not overflow.
    pub(super) steps: u8,
    /// The top's depth ...
    pub(super) depth: u8,
    pub(super) self_issued: bool,
    /// ... how its issuer signed it; the digest that was signed and the signature are in the workspace ...
    pub(super) signature: SignatureKind,
    /// ... the names it has that constraints of its issuers may speak of and that are not looked at one by one ...
    pub(super) forms: u16,
    /// ... and below it: CA certificates that count for pathLenConstraint, and names as above.
    pub(super) forms_below: u16,
    pub(super) below: u8,
    /// The leaf has the name.
    pub(super) named: bool,
    /// It has no names.
    pub(super) nameless: bool,
    /// Why the first certificate or anchor that might have been the top's issuer is not, and which it is: its depth,
    /// and 256 times the anchor's number (from 1).
    pub(super) error: Option<Error>,
    pub(super) error_at: u32,
}

/// What a certificate may be to the top: its issuer, a twin with the same subject and key, or an anchor that is its
/// issuer; then it is the anchor's number (from 1) and 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) struct Relation(pub(super) u32);

impl Relation {
    pub(super) const ISSUER: Self = Relation(0);
    pub(super) const TWIN: Self = Relation(1);
}

impl Path {
    /// All zeros, which the chip writes with no constant to copy.
    pub(super) const NEW: Self = Path {
        is_sought: false,
        is_judging: false,
        clock_is_set: false,
        accepted: false,
        steps: 0,
        depth: 0,
        self_issued: false,
        signature: SignatureKind::NONE,
        forms: 0,
        forms_below: 0,
        below: 0,
        named: false,
        nameless: false,
        error: None,
        error_at: 0,
    };

    pub(super) fn believe_clock(&mut self) {
        self.clock_is_set = true;
    }

    /// What `below` and `forms_below` are for the top's issuer.
    pub(super) fn above(&self) -> (u8, u16) {
        // Self-issued CA certificates do not count for pathLenConstraint (§4.2.1.9) and are not constrained
        // (§4.2.1.10).
        if self.depth > 0 && self.self_issued {
            return (self.below, self.forms_below);
        }
        (self.below + u8::from(self.depth > 0), self.forms_below | self.forms)
    }

    /// The error of what may be the next certificate of the path, or the anchor of this number.
    pub(super) fn blame(&mut self, error: Error, number: u32) {
        self.error = Some(error);
        self.error_at = (number << 8) + u32::from(self.depth) + 1;
    }

    /// The key verifies the top's signature (§6.1.3 (a)(1)). `signed`: its digest, and the signature.
    pub(super) fn check_signature(
        &self,
        key: Option<PublicKey>,
        signed: &[u8],
        work: &mut Work,
    ) -> Poll<Result<(), Error>> {
        let hash = self.signature.hash();
        if let Some(key) = key
            && let Some(algorithm) = self.signature.algorithm()
            && let Some((digest, signature)) = signed.split_at_checked(DIGEST)
            && let Some(digest) = digest.get(..hash.output_len())
            && ready!(crypto::verify(&key, algorithm, hash, digest, signature, work))
        {
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(Err(Error::CertSignatureFailure))
    }
}
