//! What a walk keeps of its own while a certificate flows past of which only the key matters.

use core::convert::Infallible;

/// What a certificate is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The server's: only its key matters, for pins and the insecure mode.
    Key,
}

/// Where the content of the element being read goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Sink {
    Nowhere,
    Key,
    /// Into what is kept.
    Kept,
}

/// Nothing: no profile is checked.
pub(crate) struct Profile;

impl Profile {
    pub(super) const NEW: Self = Profile;

    #[inline(always)]
    pub(super) fn restart(&mut self, _role: Role) {}
}

/// Nothing: no signature of a certificate is verified.
pub(super) type TbsHash = Option<Infallible>;

/// Nothing: there is no path.
pub(crate) struct PathWalk;

impl PathWalk {
    pub(super) const NEW: Self = PathWalk;

    #[inline(always)]
    pub(super) fn restart(&mut self) {}
}
