//! Replaces `verifier_path` in builds without the feature `chain`: the same functions, without a path.

use crate::crypto::Work;
use crate::error::Error;
use crate::x509::certificate::Role;
use crate::x509::verifier::Verifier;
use core::task::Poll;

impl Verifier<'_> {
    #[inline(always)]
    pub(super) fn start_search(&mut self, _now: Option<i64>) {}

    #[inline(always)]
    pub(super) fn read_name(&mut self) {}

    #[inline(always)]
    pub(super) fn seeks_path(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(super) fn role(&self) -> Role {
        Role::Key
    }

    #[inline(always)]
    pub(super) fn begin_search(&mut self) -> Result<(), Error> {
        Ok(())
    }

    #[inline(always)]
    pub(super) fn tbs_is_complete(&mut self) {}

    #[inline(always)]
    pub(super) fn judge(&mut self, _workspace: &mut [u8], _work: &mut Work) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    #[inline(always)]
    pub(super) fn end_search(&mut self, _workspace: &mut [u8], _work: &mut Work) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    /// A path was asked for.
    pub(super) fn untrusted(&mut self) -> Error {
        Error::NoChainSupport
    }
}
