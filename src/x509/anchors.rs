//! The trusted certificates, and how far they have been read.

use crate::config::Bytes;
use crate::x509::pem::Reader;

/// The anchors, one after the other.
pub(super) struct Anchors<'a> {
    pub(super) texts: core::slice::Iter<'a, Bytes<'a>>,
    pub(super) reader: Reader<'a>,
    pub(super) number: u32,
    /// The last one has been read.
    pub(super) are_over: bool,
}

impl<'a> Anchors<'a> {
    #[inline(always)] // it is made where it stays
    pub(super) fn new(ca: &'a [Bytes<'a>]) -> Self {
        Anchors { texts: ca.iter(), reader: Reader::none(), number: 0, are_over: false }
    }
}
