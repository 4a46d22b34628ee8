//! Replaces `profile` in builds without the path check: the same functions, which do nothing.

use super::facts::Target;
use super::grammar::Position;
use super::state::Sink;
use super::walk::CertificateWalk;

impl CertificateWalk {
    #[inline(always)]
    pub(super) fn begin_element(&mut self, position: Position) -> bool {
        position == Position::KeyInfo
    }

    #[inline(always)]
    pub(super) fn is_holding(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(super) fn hash_tbs(&mut self, _bytes: &[u8]) {}

    #[inline(always)]
    pub(super) fn open_profile(&mut self, _position: Position, _target: &Target) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    pub(super) fn close_profile(&mut self, _: Position, _: &Target, _workspace: &mut [u8]) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    pub(super) fn skip_rest(&mut self, _closed: Position) {}

    /// The key lies at the workspace's start.
    #[inline(always)]
    pub(super) fn place(&mut self, _data: &[u8], _begins: bool, _: &Target, _workspace: &mut [u8]) -> Option<usize> {
        (self.sink == Sink::Key).then_some(0)
    }

    #[inline(always)]
    pub(super) fn room<'w>(&self, workspace: &'w mut [u8]) -> &'w mut [u8] {
        workspace
    }

    #[inline(always)]
    pub(super) fn write_over(&mut self, _end: usize, _len: usize) {}

    #[inline(always)]
    pub(super) fn give_up(&mut self) -> bool {
        false
    }
}
