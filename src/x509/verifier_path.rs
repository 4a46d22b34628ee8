//! The path check (RFC 5280 §6.1) in the order in which a server sends its chain: from its own certificate upwards,
//! with the anchors read anew after every step.
//!
//! A certificate that does not fit, or fits and breaks a rule, is passed over: servers send certificates that are not
//! needed, and what comes later may fit. A certificate that has the top's subject and key but another issuer (a
//! cross-certificate) takes the top's place. Servers should send each certificate's issuer after it, and some do not
//! (RFC 8446 §4.4.2): the last one that was passed over is the spare certificate. Its key, digest and signature are
//! kept in what is left of the workspace, and it is tried again when no anchor is the issuer of a new top.

use crate::codec::piece;
use crate::config::Trust;
use crate::crypto::{Work, equal};
use crate::error::{Detail, Error};
use crate::x509::anchors::Anchors;
use crate::x509::certificate::{DIGEST, DIRECTORY_NAME, GAP, HOST_FORMS, Role, Store, flag};
use crate::x509::leaf::TrustedBy;
use crate::x509::path::{MAX_STEPS, Relation};
use crate::x509::rules::{check_issuer, check_leaf};
use crate::x509::verifier::Verifier;
use core::num::NonZeroI64;
use core::task::{Poll, ready};

/// A clock that says less than this has not been set: 2026-01-01, before this was written.
const BUILT: i64 = 1_767_225_600;

/// What the verifier asks for. A build with pins only has the same functions in `pins_only`.
impl Verifier<'_> {
    /// Reads the clock.
    #[inline(always)]
    pub(super) fn start_search(&mut self, now: Option<i64>) {
        let Trust { ca, insecure, ignore_validity, .. } = self.trust;
        self.path.is_sought = !insecure && !ca.is_empty();
        if ignore_validity || now.is_some_and(|now| now >= BUILT) {
            self.path.believe_clock();
        }
        self.target.now = now.filter(|_| !ignore_validity).and_then(NonZeroI64::new);
    }

    /// What [`Self::check`] does of what the verifier needs.
    pub(super) fn read_name(&mut self) {
        self.target.name.read();
    }

    /// Whether a path to an anchor is looked for.
    #[inline(always)]
    pub(super) fn seeks_path(&self) -> bool {
        self.path.is_sought
    }

    /// What the current certificate is read for.
    #[inline(always)]
    pub(super) fn role(&self) -> Role {
        if !self.seeks_path() {
            Role::Key
        } else if self.count == 1 {
            Role::Leaf
        } else {
            Role::Issuer
        }
    }

    /// A certificate begins.
    #[inline(always)]
    pub(super) fn begin_search(&mut self) -> Result<(), Error> {
        if self.seeks_path() {
            self.check_clock()?;
            self.path.accepted = false;
        }
        Ok(())
    }

    /// The current certificate's TBSCertificate is complete.
    #[inline(always)]
    pub(super) fn tbs_is_complete(&mut self) {
        self.path.is_judging = self.seeks_path();
    }

    /// Decides whether the current certificate takes the path further, if that is not known yet. Called again for each
    /// slice of a verification.
    #[inline(always)]
    pub(super) fn judge(&mut self, workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        if self.path.is_judging {
            ready!(self.judge_certificate(workspace, work))?;
            self.path.is_judging = false;
        }
        Poll::Ready(Ok(()))
    }

    /// The current certificate is complete. Called again for each slice of a verification.
    #[inline(always)]
    pub(super) fn end_search(&mut self, workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        if self.seeks_path() { self.end_chain(workspace, work) } else { Poll::Ready(Ok(())) }
    }
}

impl<'a> Verifier<'a> {
    /// As [`Self::new`], believing the clock even if it says that this was never written. For tests with old chains.
    #[doc(hidden)]
    pub fn at(trust: Trust<'a>, name: &'a [u8], now: i64) -> Self {
        let mut verifier = Self::new(trust, name, Some(now));
        verifier.path.believe_clock();
        verifier
    }
}

impl Verifier<'_> {
    /// Dates can't be checked by a clock that is not set.
    fn check_clock(&mut self) -> Result<(), Error> {
        if self.path.clock_is_set {
            return Ok(());
        }
        self.detail = Detail { a: self.target.now.map_or(0, NonZeroI64::get) as u32, b: 0 }; // it is less than BUILT
        Err(Error::ClockNotSet)
    }

    /// What the walk has read takes the path further: it may issue, and it did. Then it is the new top; if not, why is
    /// remembered. Its key begins at `key_from` in the workspace. Called again for each slice of the verification.
    #[inline(never)]
    fn extend(&mut self, relation: Relation, key_from: usize, workspace: &[u8], work: &mut Work) -> Poll<bool> {
        let (path, facts) = (&mut self.path, &self.walk.facts);
        let (is_twin, is_sent) = (relation == Relation::TWIN, relation <= Relation::TWIN);
        let number = relation.0.saturating_sub(1);
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
                ready!(path.check_signature(key, piece(workspace, digest_at, self.target.key_at - digest_at), work))?;
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
        self.target.top = facts.id;
    }

    /// The current certificate's TBSCertificate is complete: does it take the path further? Its signature has not come
    /// yet, so that it can take the place of the one that is verified here.
    fn judge_certificate(&mut self, workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        let (path, facts) = (&mut self.path, &self.walk.facts);
        self.detail = Detail::default();
        let key_at = self.target.key_at;
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
            let is_issuer = equal(&facts.id.subject, &self.target.top.issuer);
            if is_issuer || path.depth > 0 && facts.is_twin_of(&self.target.top) {
                self.walk.profile.store = Store::Nowhere;
                let relation = if is_issuer { Relation::ISSUER } else { Relation::TWIN };
                if !ready!(self.extend(relation, key_at, workspace, work)) {
                    return Poll::Ready(Ok(()));
                }
                self.path.accepted = true;
            } else if self.walk.is_spare() {
                self.walk.path.spare_from = 0;
                digest_at = key_at + GAP + facts.key.len();
            } else {
                return Poll::Ready(Ok(()));
            }
        }
        let signature_at = digest_at + DIGEST;
        self.walk.store_signature(signature_at);
        let room = self.walk.room(workspace).get_mut(digest_at..);
        let Some(room) = room.and_then(|room| room.first_chunk_mut()) else {
            self.walk.needed = signature_at as u32;
            // What is kept is given up when the signature comes.
            return Poll::Ready(if self.walk.is_spare() { Ok(()) } else { Err(self.place(Error::CertTooLarge)) });
        };
        self.walk.take_digest(room);
        Poll::Ready(Ok(()))
    }

    /// The current certificate is complete. If it is the new top, an anchor may be its issuer, or one that came too
    /// early. Called again for each slice of a verification.
    fn end_chain(&mut self, workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        if !self.path.accepted {
            if self.walk.is_spare() {
                self.spare = self.walk.facts;
                self.walk.path.spare_from = self.target.key_at + GAP;
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
            let (mut relation, mut from) = (Relation(self.anchors.number + 1), self.target.key_at);
            if !more {
                // Then the spare certificate may be.
                (relation, from) = (Relation::ISSUER, self.walk.path.spare_from);
                if from == 0 {
                    return Poll::Ready(Ok(()));
                }
                self.walk.facts = self.spare;
            }
            if is_leaf && !self.path.self_issued {
                self.path.error = Some(Error::CaIsTheLeaf);
                continue;
            }
            let facts = &self.walk.facts;
            let fits = is_leaf
                || equal(&facts.id.subject, &self.target.top.issuer)
                    && ready!(self.extend(relation, from, workspace, work));
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
                    } else if self.target.name.is_ip() {
                        Error::IpAltnameInvalid
                    } else {
                        Error::AltnameInvalid
                    }));
                }
                self.leaf.trusted_by.add(TrustedBy::CA);
                self.path.is_sought = false;
                return Poll::Ready(Ok(()));
            }
            // Digest and signature take the place of the old top's, which lies before them.
            from += self.walk.facts.key.len();
            self.begin_anchors();
            for to in self.leaf.key.len()..self.target.key_at {
                let byte = workspace.get(from).copied().unwrap_or(0);
                if let Some(place) = workspace.get_mut(to) {
                    *place = byte;
                }
                from += 1;
            }
            self.walk.path.spare_from = 0;
        }
    }

    /// There is a new top: its issuer is sought among the anchors, the first one first, and keys lie behind its
    /// signature.
    #[inline(never)]
    fn begin_anchors(&mut self) {
        self.anchors = Anchors::new(self.trust.ca);
        self.target.key_at = self.leaf.key.len() + DIGEST + usize::from(self.walk.facts.signature_len);
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
