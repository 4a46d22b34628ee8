//! The path check (RFC 5280 §6.1) in the order in which a server sends its chain: from its own certificate upwards,
//! with the anchors read anew after every step. One function a rule; [`check_leaf`] and [`check_issuer`] are the lists.
//!
//! A certificate that does not fit, or fits and breaks a rule, is passed over: servers send certificates that are not
//! needed, and what comes later may fit. A certificate that has the top's subject and key but another issuer (a
//! cross-certificate) takes the top's place. Servers should send each certificate's issuer after it, and some do not
//! (RFC 8446 §4.4.2): the last one that was passed over is kept in what is left of the workspace, and tried again when no
//! anchor is the issuer of a new top.

use super::certificate::{
    DIGITAL_SIGNATURE, DIRECTORY_NAME, Facts, GAP, HOST_FORMS, Identity, KEY_CERT_SIGN, Role, SignatureKind, Sought,
    Store, Walk, flag,
};
use super::name::Name;
use super::pem::Reader;
use super::{TrustedBy, Verifier, begin, finish};
use crate::codec::piece;
use crate::config::Bytes;
use crate::crypto::{self, PublicKey, Sha256, Work, equal};
use crate::error::{Detail, Error};
use core::num::NonZeroI64;
use core::task::{Poll, ready};

/// A clock that says less than this has not been set: 2026-01-01, before this was written.
pub(super) const BUILT: i64 = 1_767_225_600;

/// How many signatures and cross-certificates are looked at. Honest chains need no more than five, and one for each anchor
/// that has the issuer's name, as CAs have several that change their key. A P-384 signature takes a third of a second on
/// the device.
const MAX_STEPS: u8 = 24;

/// Room for a digest in the workspace: between the leaf's key and the top's signature.
const DIGEST: usize = 64;

/// How far the path has come. Its top is the certificate whose issuer is sought.
pub(super) struct Path {
    /// The clock has been set, or dates are not looked at.
    clock_is_set: bool,
    /// The current certificate became the top; its signature is being stored.
    pub(super) accepted: bool,
    /// No more than [`MAX_STEPS`]: what is counted below does not overflow.
    steps: u8,
    /// The top's depth ...
    depth: u8,
    self_issued: bool,
    /// ... how its issuer signed it; the digest that was signed and the signature are in the workspace ...
    signature: SignatureKind,
    /// ... the names it has that constraints of its issuers may speak of and that are not looked at one by one ...
    forms: u16,
    /// ... and below it: CA certificates that count for pathLenConstraint, and names as above.
    forms_below: u16,
    below: u8,
    /// The leaf has the name.
    named: bool,
    /// It has no names.
    nameless: bool,
    /// Why the first certificate or anchor that might have been the top's issuer is not, and which it is: its depth, and
    /// 256 times the anchor's number (from 1).
    error: Option<Error>,
    error_at: u32,
}

/// What a certificate may be to the top: its issuer, a twin with the same subject and key, or an anchor that is its issuer;
/// then it is the anchor's number (from 1) and 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
struct Kin(u32);

impl Kin {
    const ISSUER: Self = Kin(0);
    const TWIN: Self = Kin(1);
}

impl Path {
    /// All zeros, which the chip writes with no constant to copy.
    pub(super) const NEW: Self = Path {
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
    fn above(&self) -> (u8, u16) {
        // Self-issued CA certificates do not count for pathLenConstraint (§4.2.1.9) and are not constrained (§4.2.1.10).
        if self.depth > 0 && self.self_issued {
            return (self.below, self.forms_below);
        }
        (self.below + u8::from(self.depth > 0), self.forms_below | self.forms)
    }

    /// The error of what may be the next certificate of the path, or the anchor of this number.
    fn blame(&mut self, error: Error, number: u32) {
        self.error = Some(error);
        self.error_at = (number << 8) + u32::from(self.depth) + 1;
    }

    /// The key verifies the top's signature (§6.1.3 (a)(1)). `signed`: its digest, and the signature.
    fn check_signature(&self, key: Option<PublicKey>, signed: &[u8], work: &mut Work) -> Poll<Result<(), Error>> {
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

/// What holds for every certificate of the path, whatever its place.
fn check_any(facts: &Facts) -> Result<(), Error> {
    facts.check_key()?;
    check_extensions(facts)?;
    check_validity(facts)?;
    check_purpose(facts)
}

/// RFC 5280 §6.1.3 and what a TLS server's certificate needs. Its name is checked when the path is complete: Node
/// reports a certificate that nobody vouches for as such, whatever its name.
fn check_leaf(facts: &Facts) -> Result<(), Error> {
    check_any(facts)?;
    check_leaf_usage(facts)?;
    check_leaf_constraints(facts)
}

/// RFC 5280 §6.1.4: the certificate may issue others.
fn check_issuer(facts: &Facts, below: u8, forms: u16) -> Result<(), Error> {
    check_any(facts)?;
    check_basic_constraints(facts)?;
    check_path_length(facts, below)?;
    check_key_cert_sign(facts)?;
    check_name_constraints(facts, forms)
}

/// §4.2: a critical extension that is not known. §6.1.5 (g): policies are not looked at, so none may be demanded.
fn check_extensions(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::UNKNOWN_CRITICAL) {
        Err(Error::UnhandledCriticalExtension)
    } else if facts.has(flag::EXPLICIT_POLICY) {
        Err(Error::NoExplicitPolicy)
    } else {
        Ok(())
    }
}

/// §6.1.3 (a)(2)
fn check_validity(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::EXPIRED) {
        Err(Error::CertHasExpired)
    } else if facts.has(flag::NOT_YET) {
        Err(Error::CertNotYetValid)
    } else {
        Ok(())
    }
}

/// §4.2.1.12: with an extKeyUsage, serverAuth is among it. In CA certificates it restricts what they issue, as all
/// clients read it.
fn check_purpose(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::PURPOSES) && !facts.has(flag::SERVER_AUTH) { Err(Error::InvalidPurpose) } else { Ok(()) }
}

/// The key signs the handshake (RFC 5246 §7.4.2, RFC 8446 §4.4.2.2), and certificates only if it is a CA's (§4.2.1.3).
fn check_leaf_usage(facts: &Facts) -> Result<(), Error> {
    let usage = facts.key_usage;
    let fine = usage & DIGITAL_SIGNATURE != 0 && (usage & KEY_CERT_SIGN == 0 || facts.has(flag::CA));
    if facts.has(flag::KEY_USAGE) && !fine { Err(Error::InvalidPurpose) } else { Ok(()) }
}

/// §4.2.1.10: name constraints are for CA certificates.
fn check_leaf_constraints(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::CONSTRAINTS) && !facts.has(flag::CA) { Err(Error::UnsupportedConstraint) } else { Ok(()) }
}

/// §6.1.4 (k). Version 1 certificates have no extensions and so are no CA's.
fn check_basic_constraints(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::CA) { Ok(()) } else { Err(Error::InvalidCa) }
}

/// §6.1.4 (l), (m)
fn check_path_length(facts: &Facts, below: u8) -> Result<(), Error> {
    if below > !facts.inverted_path_len { Err(Error::PathLengthExceeded) } else { Ok(()) }
}

/// §6.1.4 (n)
fn check_key_cert_sign(facts: &Facts) -> Result<(), Error> {
    if facts.has(flag::KEY_USAGE) && facts.key_usage & KEY_CERT_SIGN == 0 { Err(Error::InvalidPurpose) } else { Ok(()) }
}

/// §6.1.3 (b), (c), for the name that was asked for and the leaf's names that there is room for. A constraint that can't be
/// understood, or on other names below that can't be compared with it any more, is taken as broken.
fn check_name_constraints(facts: &Facts, forms: u16) -> Result<(), Error> {
    if facts.has(flag::FORBIDDEN) {
        Err(Error::PermittedViolation)
    } else if facts.has(flag::UNCLEAR) || facts.constrained & forms != 0 {
        Err(Error::UnsupportedConstraint)
    } else {
        Ok(())
    }
}

impl Verifier<'_> {
    /// Dates can't be checked by a clock that is not set.
    pub(super) fn check_clock(&mut self) -> Result<(), Error> {
        if self.path.clock_is_set {
            return Ok(());
        }
        self.detail = Detail { a: self.sought.now.map_or(0, NonZeroI64::get) as u32, b: 0 }; // it is less than BUILT
        Err(Error::ClockNotSet)
    }

    /// What the walk has read takes the path further: it may issue, and it did. Then it is the new top; if not, why is
    /// remembered. Its key begins at `key_from` in the workspace. Called again for each slice of the verification.
    #[inline(never)]
    fn extend(&mut self, kin: Kin, key_from: usize, workspace: &[u8], work: &mut Work) -> Poll<bool> {
        let (path, facts) = (&mut self.path, &self.walk.facts);
        let (is_twin, is_sent) = (kin == Kin::TWIN, kin <= Kin::TWIN);
        let number = kin.0.saturating_sub(1);
        if !work.is_pending() {
            if path.steps == MAX_STEPS {
                path.blame(Error::ChainTooLong, number);
                return Poll::Ready(false);
            }
            path.steps += 1;
        }
        let (below, forms) = if is_twin { (path.below, path.forms_below) } else { path.above() };
        let mut check = || -> Poll<Result<(), Error>> {
            check_issuer(facts, below, forms)?;
            if !is_twin {
                let key = facts.key.public_key(piece(workspace, key_from, facts.key.len()));
                let key = key.filter(|_| facts.key.may_make(path.signature));
                let digest_at = self.leaf.key.len();
                ready!(path.check_signature(key, piece(workspace, digest_at, self.sought.key_at - digest_at), work))?;
            }
            Poll::Ready(if !is_sent || !facts.signature.is_weak() {
                Ok(())
            } else if facts.has(flag::SELF_ISSUED) {
                // A root in an old dress is just a root that is not among the anchors.
                Err(Error::SelfSignedInChain)
            } else {
                Err(Error::WeakSignature)
            })
        };
        match ready!(check()) {
            Ok(()) => {
                (path.below, path.forms_below) = (below, forms);
                if !is_twin {
                    path.depth += 1;
                    if path.error != Some(Error::CaIsTheLeaf) {
                        path.error = None;
                    }
                }
                self.raise();
                return Poll::Ready(true);
            }
            Err(error) if !is_twin && path.error.is_none() => {
                path.blame(error, number);
            }
            Err(_) => {}
        }
        Poll::Ready(false)
    }

    /// What the walk has read becomes the top.
    #[inline(never)]
    fn raise(&mut self) {
        let (path, facts) = (&mut self.path, &self.walk.facts);
        path.self_issued = facts.has(flag::SELF_ISSUED);
        let subject = if facts.has(flag::SUBJECT) { DIRECTORY_NAME } else { 0 };
        path.forms = facts.forms | subject;
        path.signature = facts.signature;
        self.sought.top = facts.id;
    }

    /// The current certificate's TBSCertificate is complete: does it take the path further? Its signature has not come
    /// yet, so that it can take the place of the one that is verified here.
    pub(super) fn judge(&mut self, workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        let (path, facts) = (&mut self.path, &self.walk.facts);
        self.detail = Detail::default();
        let key_at = self.sought.key_at;
        let mut digest_at = self.leaf.key.len();
        if self.count == 1 {
            check_leaf(facts)?;
            // Nobody signed a self-signed certificate: if it is an anchor, how does not matter.
            if facts.signature.is_weak() && !facts.has(flag::SELF_ISSUED) {
                return Poll::Ready(Err(Error::WeakSignature));
            }
            path.named = facts.has(flag::NAMED);
            path.nameless = facts.forms == 0;
            digest_at = facts.key.len();
            self.raise();
            // These are looked at one by one.
            self.path.forms &= !HOST_FORMS;
            self.path.accepted = true;
        } else {
            let is_issuer = equal(&facts.id.subject, &self.sought.top.issuer);
            if is_issuer || path.depth > 0 && facts.is_twin_of(&self.sought.top) {
                self.walk.store = Store::Nowhere;
                let kin = if is_issuer { Kin::ISSUER } else { Kin::TWIN };
                if !ready!(self.extend(kin, key_at, workspace, work)) {
                    return Poll::Ready(Ok(()));
                }
                self.path.accepted = true;
            } else if self.walk.is_kept() {
                self.walk.kept_from = 0;
                digest_at = key_at + GAP + facts.key.len();
            } else {
                return Poll::Ready(Ok(()));
            }
        }
        let signature_at = digest_at + DIGEST;
        self.walk.store_signature(signature_at);
        let Some(room) = self.walk.room(workspace).get_mut(digest_at..signature_at) else {
            self.walk.needed = signature_at as u32;
            // What is kept is given up when the signature comes.
            return Poll::Ready(if self.walk.is_kept() { Ok(()) } else { Err(self.place(Error::CertTooLarge)) });
        };
        self.walk.take_digest(room);
        Poll::Ready(Ok(()))
    }

    /// The current certificate is complete. If it is the new top, an anchor may be its issuer, or one that came too early.
    /// Called again for each slice of a verification.
    pub(super) fn end_chain(&mut self, workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        if !self.path.accepted {
            if self.walk.is_kept() {
                self.kept = self.walk.facts;
                self.walk.kept_from = self.sought.key_at + GAP;
            }
            return Poll::Ready(Ok(()));
        }
        if !work.is_pending() {
            self.begin_anchors();
        }
        loop {
            let mut is_leaf = false;
            if !work.is_pending() {
                is_leaf = self.next_anchor(workspace)?;
            }
            let more = !self.anchors.are_over;
            let (mut kin, mut from) = (Kin(self.anchors.number + 1), self.sought.key_at);
            if !more {
                // Then what was kept may be.
                (kin, from) = (Kin::ISSUER, self.walk.kept_from);
                if from == 0 {
                    return Poll::Ready(Ok(()));
                }
                self.walk.facts = self.kept;
            }
            if is_leaf && !self.path.self_issued {
                self.path.error = Some(Error::CaIsTheLeaf);
                continue;
            }
            let facts = &self.walk.facts;
            let fits = is_leaf
                || equal(&facts.id.subject, &self.sought.top.issuer) && ready!(self.extend(kin, from, workspace, work));
            if !fits {
                if more {
                    continue;
                }
                return Poll::Ready(Ok(()));
            }
            if more {
                if !self.path.named {
                    return Poll::Ready(Err(if self.path.nameless {
                        Error::NoAltname
                    } else if self.sought.name.is_ip() {
                        Error::IpAltnameInvalid
                    } else {
                        Error::AltnameInvalid
                    }));
                }
                self.leaf.trusted_by.add(TrustedBy::CA);
                self.seeks_path = false;
                return Poll::Ready(Ok(()));
            }
            // Digest and signature take the place of the old top's, which lies before them.
            from += self.walk.facts.key.len();
            self.begin_anchors();
            for to in self.leaf.key.len()..self.sought.key_at {
                let byte = workspace.get(from).copied().unwrap_or(0);
                if let Some(place) = workspace.get_mut(to) {
                    *place = byte;
                }
                from += 1;
            }
            self.walk.kept_from = 0;
        }
    }

    /// There is a new top: its issuer is sought among the anchors, the first one first, and keys lie behind its signature.
    #[inline(never)]
    fn begin_anchors(&mut self) {
        self.anchors = Anchors::new(self.trust.ca);
        self.sought.key_at = self.leaf.key.len() + DIGEST + usize::from(self.walk.facts.signature_len);
    }

    /// Reads the next anchor; whether it is the server's own certificate.
    fn next_anchor(&mut self, workspace: &mut [u8]) -> Result<bool, Error> {
        let first = self.count == 1;
        if first {
            begin(&mut self.whole);
        }
        self.anchors.next(&mut self.walk, self.whole.as_mut(), &self.sought, workspace, &mut self.detail)?;
        let mut fingerprint = [0; 32];
        finish(&mut self.whole, &mut fingerprint);
        Ok(first && equal(&fingerprint, &self.leaf.fingerprint))
    }

    /// All certificates have come and none led to an anchor.
    pub(super) fn untrusted(&mut self) -> Error {
        let path = &self.path;
        self.detail = Detail { a: path.error_at, b: 0 };
        if let Some(error) = path.error {
            return error;
        }
        // Certificates that fitted nowhere.
        self.detail.a = u32::from(self.count - 1 - path.depth);
        match (path.self_issued, path.depth) {
            (true, 0) => Error::DepthZeroSelfSigned,
            (true, _) => Error::SelfSignedInChain,
            (false, 0) if self.count == 1 => Error::UnableToVerifyLeaf,
            _ => Error::UnableToGetIssuer,
        }
    }
}

/// The anchors, one after the other, each read through a walk.
pub(super) struct Anchors<'a> {
    texts: core::slice::Iter<'a, Bytes<'a>>,
    reader: Reader<'a>,
    number: u32,
    /// The last one has been read.
    are_over: bool,
}

impl<'a> Anchors<'a> {
    #[inline(always)] // it is made where it stays
    pub(super) fn new(ca: &'a [Bytes<'a>]) -> Self {
        Anchors { texts: ca.iter(), reader: Reader::none(), number: 0, are_over: false }
    }

    /// Reads the next anchor, which also goes into the hash if there is one; false if there is none.
    #[inline(never)]
    fn next(
        &mut self,
        walk: &mut Walk,
        whole: Option<&mut Sha256>,
        sought: &Sought,
        workspace: &mut [u8],
        detail: &mut Detail,
    ) -> Result<bool, Error> {
        walk.restart(Role::Anchor);
        let result = self.read(walk, whole, sought, workspace);
        *detail = match result {
            Ok(_) => return result,
            Err(Error::CertTooLarge) => Detail { a: walk.needed, b: 0 },
            Err(Error::CertUnreadable) => {
                *detail = Detail { a: self.number, b: walk.offset() };
                return Err(Error::CaUnreadable);
            }
            Err(_) => self.reader.place(),
        };
        result
    }

    fn read(
        &mut self,
        walk: &mut Walk,
        mut whole: Option<&mut Sha256>,
        sought: &Sought,
        workspace: &mut [u8],
    ) -> Result<bool, Error> {
        while !self.reader.next()? {
            let Some(text) = self.texts.next() else {
                self.are_over = true;
                return Ok(false);
            };
            self.reader.open(text);
        }
        self.number += 1;
        while let Some(byte) = self.reader.byte()? {
            let mut input = core::slice::from_ref(&byte);
            if let Some(hash) = &mut whole {
                hash.update(input);
            }
            let result = loop {
                match walk.step(&mut input, sought, workspace) {
                    Ok(true) => {}
                    other => break other,
                }
            };
            if result.is_err() || !input.is_empty() {
                // A character that is not base64 explains more than what it made of the certificate.
                while self.reader.byte()?.is_some() {}
                return result.and(Err(Error::CertUnreadable));
            }
            if walk.is_complete() && self.reader.knows_no_end() {
                return Ok(true);
            }
        }
        if walk.is_complete() { Ok(true) } else { Err(Error::CertUnreadable) }
    }
}

/// Reads every anchor. What can't be used does not matter as long as there is another one; what is damaged is refused. The
/// detail is that of the error.
pub(super) fn check_anchors(ca: &[Bytes], name: &[u8], detail: &mut Detail) -> Result<(), Error> {
    // No subject has this hash, so no key is stored.
    let mut sought = Sought { name: Name::unread(name), now: None, top: Identity::NONE, key_at: 0 };
    sought.name.read();
    if sought.name.is_none() {
        return Err(Error::InvalidServername);
    }
    let mut anchors = Anchors::new(ca);
    let mut walk = Walk::new();
    // The first one that can be used decides, or the first one.
    let (mut result, mut number) = (Ok(()), 0);
    while anchors.next(&mut walk, None, &sought, &mut [], detail)? {
        let this = check_any(&walk.facts);
        if number == 0 || this.is_ok() {
            (result, number) = (this, anchors.number);
        }
    }
    if result.is_err() {
        detail.a = number << 8;
    }
    result
}
