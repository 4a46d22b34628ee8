//! Nothing: a build with pins only has no anchors.

use crate::config::Bytes;
use crate::error::{Detail, Error};
use core::marker::PhantomData;

/// No anchors.
pub(super) struct Anchors<'a>(PhantomData<&'a ()>);

impl<'a> Anchors<'a> {
    #[inline(always)]
    pub(super) fn new(_ca: &'a [Bytes<'a>]) -> Self {
        Anchors(PhantomData)
    }
}

/// Refuses to look at any.
pub(super) fn check_anchors(_ca: &[Bytes], _name: &[u8], _known: bool, _detail: &mut Detail) -> Result<(), Error> {
    Err(Error::NoChainSupport)
}
