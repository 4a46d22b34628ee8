//! Stands for `sessions.rs` in builds without sessions. What returns [`Error::Internal`] is not called.

use super::Handshake;
use crate::config::Config;
use crate::error::Error;
use crate::handshake::StepContext;
use crate::handshake::messages::client_hello::Fresh;
use crate::host::Host;
#[cfg(feature = "tls13")]
use crate::schedule::suite_hash::SuiteHash;
use core::marker::PhantomData;

/// There are none.
pub(super) struct Sessions<'a>(PhantomData<&'a [u8]>);

impl<'a> Sessions<'a> {
    pub const NONE: Self = Sessions(PhantomData);

    pub fn read(&mut self, _: &Config, _: &mut dyn Host) {}

    pub fn has_offered(&self) -> bool {
        false
    }

    pub fn has_offered13(&self) -> bool {
        false
    }

    pub fn offered12(&self) -> Option<(&'a [u8], bool)> {
        None
    }

    pub fn offer(&self, _: &mut Fresh, _: &Config, _: &mut dyn Host) {}

    #[cfg(feature = "tls13")]
    pub fn keep_offer_for(&mut self, _: SuiteHash) {}

    pub fn given(&self) -> &[u8] {
        &[]
    }

    pub fn memory_len(&self) -> usize {
        0
    }

    pub fn forget(&mut self, _: &mut dyn Host) {}
}

impl Handshake<'_> {
    /// The server says that it resumes a session, but none was offered.
    pub(super) fn resume12(&mut self) -> Result<(), Error> {
        Err(Error::IllegalParameter)
    }

    pub(super) fn full_handshake12(&mut self, _: &[u8], _: &mut dyn Host) -> Result<(), Error> {
        Ok(())
    }

    pub(super) fn complete_session12(&mut self, _: &mut dyn Host) {}

    #[cfg(feature = "tls13")]
    pub(super) fn resume13(&mut self) -> Result<(), Error> {
        Ok(())
    }

    #[cfg(feature = "tls13")]
    pub(super) fn bind(&mut self, _: &mut [u8]) -> Result<(), Error> {
        Err(Error::Internal)
    }

    #[cfg(feature = "tls13")]
    pub(super) fn keep_resumption_secret(&mut self) {}

    pub(super) fn start_ticket(&mut self, _: u32, _: &mut StepContext) {}

    pub(super) fn ticket_piece(&mut self, _: &[u8]) {}

    #[cfg(feature = "tls13")]
    pub(super) fn new_session_ticket(&mut self, _: &mut StepContext) -> Result<(), Error> {
        Ok(())
    }
}
