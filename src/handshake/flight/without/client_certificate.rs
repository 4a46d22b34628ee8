//! Stands for `client_certificate.rs` in builds without client certificates. What returns [`Error::Internal`] is not
//! called.

use super::state::Handshake;
use crate::error::Error;
use crate::handshake::StepContext;
use core::task::Poll;

impl Handshake<'_> {
    pub(super) fn check_identity(&self, _: &mut StepContext) -> Result<(), Error> {
        Ok(())
    }

    /// Nothing is sent in part.
    pub fn is_sending(&self) -> bool {
        false
    }

    /// Goes on with what is written without a message before it: ClientHello.
    #[inline(always)]
    pub fn go_on(&mut self, context: &mut StepContext) -> Poll<Result<(), Error>> {
        self.start(context)
    }

    pub(super) fn send_certificate(&mut self, _: &mut StepContext) -> Option<Poll<Result<(), Error>>> {
        None
    }

    pub(super) fn send_certificate_verify(&mut self, _: &mut StepContext) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::Internal))
    }

    pub(super) fn start_other_hashes(&mut self, _: &[&[u8]]) {}
}
