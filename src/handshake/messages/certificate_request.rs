//! CertificateRequest (RFC 5246 §7.4.4, RFC 8446 §4.3.2): the fields that this client uses.
//! [`crate::handshake::vectors`] reads it as a stream, because a server may list hundreds of CAs.

use crate::handshake::signature_scheme::{SCHEMES, SignatureScheme};

/// The schemes of ours in a list of SignatureSchemes that flows past.
#[derive(Clone, Copy)]
pub struct Schemes {
    /// The vector that passes is the list.
    is_passing: bool,
    high: Option<u8>,
    /// A bit each, in the order of [`SCHEMES`].
    set: u16,
}

impl Schemes {
    /// None has come yet.
    pub const NONE: Self = Schemes { is_passing: false, high: None, set: 0 };

    /// Whether the vector that comes next is the list.
    #[inline(always)]
    pub(in crate::handshake) fn pass(&mut self, is_list: bool) {
        self.is_passing = is_list;
    }

    /// The next byte of a vector.
    pub(in crate::handshake) fn byte(&mut self, byte: u8) {
        if !self.is_passing {
            return;
        }
        match self.high.take() {
            None => self.high = Some(byte),
            Some(high) => {
                let number = u16::from_be_bytes([high, byte]);
                for (place, _) in SCHEMES.iter().enumerate().filter(|(_, scheme)| scheme.number == number) {
                    self.set |= 1 << place;
                }
            }
        }
    }

    /// Those that were in the list, best first.
    pub fn listed(&self) -> impl Iterator<Item = &'static SignatureScheme> {
        let set = self.set;
        SCHEMES.iter().enumerate().filter(move |(place, _)| set >> place & 1 != 0).map(|(_, scheme)| scheme)
    }
}
