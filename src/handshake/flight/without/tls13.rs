//! Stands for `tls13.rs` in builds without TLS 1.3, in which nothing here is called.

use super::state::Handshake;
use crate::error::Error;
use crate::handshake::StepContext;
use crate::handshake::messages::server_hello::Tls13Answer;
use core::task::Poll;

impl Handshake<'_> {
    pub(super) fn hash_client_hello(&mut self, _: &mut [u8], _: bool) -> Result<(), Error> {
        Ok(())
    }

    pub(super) fn restart_transcript(&mut self) -> Result<(), Error> {
        Err(Error::Internal)
    }

    pub(super) fn hello_retry_request(
        &mut self,
        _: &Tls13Answer,
        _: &[u8],
        _: &mut StepContext,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::Internal))
    }

    pub(super) fn server_hello13(&mut self, _: &Tls13Answer, _: &mut StepContext) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::Internal))
    }

    pub(super) fn after_certificate13(&mut self, _: bool, _: &mut StepContext) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::Internal))
    }

    #[inline(always)]
    pub(super) fn forget_secrets13(&mut self) {}

    pub(super) fn key_update_byte(&mut self, _: &[u8]) {}

    /// There is no KeyUpdate to answer.
    pub(crate) fn answer_key_update(&mut self, _: &mut StepContext) -> Result<bool, Error> {
        Ok(true)
    }
}
