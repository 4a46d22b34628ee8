//! Stands for `extensions.rs` in builds without TLS 1.3: no message has these fields.

use crate::error::Error;
use crate::handshake::messages::certificate_request::Schemes;

/// There is none.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Field13 {}

impl Field13 {
    pub fn is_short(self) -> bool {
        match self {}
    }
}

pub(super) struct Extensions;

impl Extensions {
    pub const NONE: Self = Extensions;

    pub fn start(&mut self, _: bool, _: bool) -> Option<(Field13, u16)> {
        None
    }

    pub fn count_byte(&mut self, field: Field13) -> Result<(), Error> {
        match field {}
    }

    pub fn next(&mut self, field: &mut Field13, _: u16, _: &mut u16, _: &mut Schemes) -> Result<(), Error> {
        match *field {}
    }

    pub fn finish(&self, field: Field13) -> Result<(), Error> {
        match field {}
    }
}
