//! Stands for `content13.rs` in builds without TLS 1.3, in which nothing but the first function is called.

use super::Connection;
use crate::error::Error;
use core::task::Poll;

impl Connection<'_> {
    pub(super) fn begin_content13(&mut self) {}

    pub(super) fn deliver13(&mut self) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::Internal))
    }

    pub(super) fn end_passed(&mut self) -> Result<(u8, usize), Error> {
        Err(Error::Internal)
    }

    pub(super) fn end_collected(&mut self) -> Result<(u8, usize), Error> {
        Err(Error::Internal)
    }
}
