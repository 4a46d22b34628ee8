//! NewSessionTicket (RFC 5077 §3.3, RFC 8446 §4.6.1).

use crate::codec::Cursor;
use crate::error::Error;

/// Bytes that the message of TLS 1.3 may have besides the ticket: numbers, a nonce, extensions.
pub const MAX_BESIDES: usize = 120;

/// What the message says.
pub struct NewSessionTicket<'b> {
    /// Seconds for which the ticket can be used; in TLS 1.2 0 leaves that to the client.
    pub lifetime: u32,
    /// TLS 1.3: ticket_age_add
    pub age_add: u32,
    /// TLS 1.3: ticket_nonce
    pub nonce: &'b [u8],
    /// Bytes of the ticket. Empty in TLS 1.2: the server changed its mind.
    pub len: usize,
    /// Bytes of the body after the ticket.
    pub after: usize,
}

impl<'b> NewSessionTicket<'b> {
    /// Parses the body. [`crate::handshake::vectors`] has seen to it that extensions are well-formed: only early data's
    /// is known, and that is not for this client.
    #[inline(always)] // its results come through registers
    pub fn parse(body: &'b [u8], tls13: bool) -> Result<Self, Error> {
        let mut c = Cursor(body);
        let lifetime = c.u32()?;
        let (mut age_add, mut nonce) = (0, &[][..]);
        if tls13 {
            age_add = c.u32()?;
            nonce = c.vec8()?;
        }
        let len = c.vec16()?.len();
        let after = c.0.len();
        if tls13 {
            if len == 0 {
                return Err(Error::DecodeError); // RFC 8446 §4.6.1: never empty
            }
            c.vec16()?; // extensions
        }
        c.end()?;
        Ok(NewSessionTicket { lifetime, age_add, nonce, len, after })
    }
}
