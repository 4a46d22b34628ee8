//! Stands for `certificate_request.rs` in builds without client certificates: the list is of no use.

/// Nothing is kept.
pub struct Schemes;

impl Schemes {
    /// None has come yet.
    pub const NONE: Self = Schemes;

    #[inline(always)]
    pub(in crate::handshake) fn pass(&mut self, _: bool) {}

    #[inline(always)]
    pub(in crate::handshake) fn byte(&mut self, _: u8) {}
}
