//! Stands for `sessions.rs` in builds without sessions.

use crate::config::Config;
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
