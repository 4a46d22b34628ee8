//! Stands for `resume.rs` in builds without sessions. What returns [`Error::Internal`] is not called.

#![allow(dead_code)] // without TLS 1.3 some of it is not called, either

use super::state::Handshake;
use crate::error::Error;
use crate::handshake::StepContext;
use crate::host::Host;

impl Handshake<'_> {
    /// The server says that it resumes a session, but none was offered.
    pub(super) fn resume12(&mut self) -> Result<(), Error> {
        Err(Error::IllegalParameter)
    }

    pub(super) fn full_handshake12(&mut self, _: &[u8], _: &mut dyn Host) -> Result<(), Error> {
        Ok(())
    }

    pub(super) fn complete_session12(&mut self, _: &mut dyn Host) {}

    pub(super) fn resume13(&mut self) -> Result<(), Error> {
        Ok(())
    }

    pub(super) fn bind(&mut self, _: &mut [u8]) -> Result<(), Error> {
        Err(Error::Internal)
    }

    pub(super) fn keep_resumption_secret(&mut self) {}

    pub(super) fn start_ticket(&mut self, _: u32, _: &mut StepContext) {}

    pub(super) fn ticket_piece(&mut self, _: &[u8]) {}

    pub(super) fn new_session_ticket(&mut self, _: &mut StepContext) -> Result<(), Error> {
        Ok(())
    }
}
