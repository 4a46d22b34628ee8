//! What the path check needs of a walk: the TBSCertificate's digest, the signature, the key of an issuer, the leaf's
//! names.

use super::facts::Target;
use super::grammar::Position;
use super::name_constraints::NAME_HEADER;
use super::state::{DIGEST, GAP, Role, Sink, Store};
use super::walk::CertificateWalk;
use crate::crypto::{Hash, HashAlgorithm};
use core::mem::replace;

/// What the walk asks for. A build with pins only has the same functions in `key_only`.
impl CertificateWalk {
    /// An element begins; whether it is hashed by itself.
    #[inline(always)]
    pub(super) fn begin_element(&mut self, position: Position) -> bool {
        self.profile.remembered = false;
        match position {
            Position::KeyInfo => true,
            Position::Issuer | Position::Subject => self.profile.role != Role::Key,
            Position::Tbs => {
                self.profile.is_holding = matches!(self.profile.role, Role::Leaf | Role::Issuer);
                false
            }
            _ => false,
        }
    }

    /// All bytes of the TBSCertificate are kept until its hash function is known.
    #[inline(always)]
    pub(super) fn is_holding(&self) -> bool {
        self.profile.is_holding
    }

    #[inline(always)]
    pub(super) fn hash_tbs(&mut self, bytes: &[u8]) {
        if let Some(hash) = &mut self.tbs_hash {
            hash.update(bytes);
        }
    }

    /// `None` if the certificate is malformed.
    #[inline(always)]
    pub(super) fn open_profile(&mut self, position: Position, target: &Target) -> Option<()> {
        if self.profile.role != Role::Key {
            self.facts.flags |= self.opened(position, target)?;
        }
        Some(())
    }

    /// As [`Self::open_profile`].
    #[inline(always)]
    pub(super) fn close_profile(&mut self, position: Position, target: &Target, workspace: &mut [u8]) -> Option<()> {
        if self.profile.role != Role::Key {
            self.facts.flags |= self.closed(position, target, workspace)?;
        }
        Some(())
    }

    /// Nothing matters after the key if only the key does.
    #[inline(always)]
    pub(super) fn skip_rest(&mut self, closed: Position) {
        if self.profile.role == Role::Key && matches!(closed, Position::KeyInfo | Position::Tbs) {
            self.position = Position::Rest;
        }
    }

    /// Where in the workspace the content of the current element goes.
    #[inline(always)]
    pub(super) fn place(&mut self, data: &[u8], begins: bool, target: &Target, workspace: &mut [u8]) -> Option<usize> {
        match self.sink {
            Sink::Key => {
                let gap = if self.is_spare() { GAP } else { 0 };
                (self.profile.store != Store::Nowhere).then_some(target.key_at + gap)
            }
            Sink::Signature => Some(usize::from(self.path.signature_at)).filter(|&at| at != 0),
            Sink::AltName | Sink::Address => {
                target.name.compare(&mut self.path.comparison, data);
                if begins {
                    self.remember_name(workspace);
                }
                let room = workspace.len().saturating_sub(usize::from(self.profile.names));
                self.profile.remembered.then_some(room + NAME_HEADER)
            }
            _ => None,
        }
    }

    /// A name of the leaf goes to the others, if there is room between them and the key.
    #[inline(always)]
    fn remember_name(&mut self, workspace: &mut [u8]) {
        let length = self.der.length();
        let names = usize::from(self.profile.names) + usize::from(length) + NAME_HEADER;
        if self.profile.role == Role::Leaf
            && let Some(start) = workspace.len().checked_sub(names)
            && start > self.facts.key.len()
            && length < 0x100
            && let Some([size, form, ..]) = workspace.get_mut(start..)
        {
            (*size, *form) = (length as u8, self.der.tag());
            self.profile.remembered = true;
            self.profile.names = names as u16;
        }
    }

    /// What this certificate may be written to: the leaf's names give way to the path's keys and signatures, but not to
    /// the spare certificate's.
    #[inline(never)]
    pub(crate) fn room<'w>(&self, workspace: &'w mut [u8]) -> &'w mut [u8] {
        let names = if self.is_spare() { usize::from(self.profile.names) } else { 0 };
        let len = workspace.len().saturating_sub(names);
        workspace.get_mut(..len).unwrap_or_default()
    }

    /// The workspace of this length is written to up to `end`: what lay there is lost.
    #[inline(always)]
    pub(super) fn write_over(&mut self, end: usize, len: usize) {
        if !self.profile.remembered {
            if end + usize::from(self.profile.names) > len {
                self.profile.names = 0;
            }
            if end > self.path.spare_from {
                self.path.spare_from = 0;
            }
        }
    }

    /// There is no room; false if the certificate is needed.
    #[inline(always)]
    pub(super) fn give_up(&mut self) -> bool {
        replace(&mut self.profile.store, Store::Nowhere) == Store::Behind
    }

    /// The certificates of another path come: their name constraints are counted anew.
    pub(crate) fn forget_subtrees(&mut self) {
        self.profile.subtrees = 0;
    }

    /// The certificate is kept for later.
    pub(crate) fn is_spare(&self) -> bool {
        self.profile.store == Store::Behind
    }

    /// The signature of the current certificate goes there in the workspace.
    pub(crate) fn store_signature(&mut self, at: usize) {
        self.path.signature_at = at as u16;
    }

    /// The digest of the TBSCertificate, once.
    pub(crate) fn take_digest(&mut self, room: &mut [u8; DIGEST]) {
        if let Some(hash) = &mut self.tbs_hash {
            hash.result_to(room);
        }
        self.tbs_hash = None;
    }

    /// From here on the TBSCertificate is hashed, beginning with what was kept of it.
    #[inline(never)]
    pub(super) fn begin_hash(&mut self, algorithm: HashAlgorithm) {
        let held = self.kept.get(..usize::from(self.kept_len)).unwrap_or(&[]);
        self.tbs_hash.insert(Hash::new(algorithm)).update(held);
    }
}
