//! Checks messages while they flow past, without keeping them: CertificateRequest (RFC 5246 §7.4.4, RFC 8446 §4.3.2)
//! and NewSessionTicket (RFC 5077 §3.3, RFC 8446 §4.6.1). They may be longer than the memory, or of no use.

#[cfg_attr(not(feature = "tls13"), path = "without/extensions.rs")]
mod extensions;

use crate::error::Error;
use crate::handshake::messages::certificate_request::Schemes;
use extensions::{Extensions, Field13};

/// What comes next in the message.
#[derive(Clone, Copy, PartialEq)]
enum Field {
    /// CertificateRequest of TLS 1.2: certificate_types
    Types,
    /// supported_signature_algorithms
    Algorithms,
    /// certificate_authorities
    Authorities,
    /// NewSessionTicket of TLS 1.2: ticket
    Ticket,
    /// nothing
    End,
    /// a field of TLS 1.3
    Tls13(Field13),
}

/// Checks a message's vectors as they pass: that they fill it, and that none of its extensions comes twice.
///
/// Small and busy fields come first: on a Cortex-M they are reached with instructions of half the size.
#[repr(C)]
pub struct VectorsReader {
    field: Field,
    /// How many bytes of the number that is being read have come ...
    have: u8,
    /// ... and what they are.
    number: u16,
    /// Bytes of the current vector or extension that are still to come.
    left: u16,
    extensions: Extensions,
    /// What the server takes.
    pub schemes: Schemes,
}

impl VectorsReader {
    /// Nothing is read yet. A constant of zeros: the chip gets it by one memset.
    pub const NONE: Self = VectorsReader {
        field: Field::Types,
        have: 0,
        number: 0,
        left: 0,
        extensions: Extensions::NONE,
        schemes: Schemes::NONE,
    };

    /// Waits for the first byte of a NewSessionTicket or a CertificateRequest. The latter has three vectors in TLS 1.2;
    /// in TLS 1.3 extensions, of which signature_algorithms must be one.
    #[inline(never)] // the fields stay where they are
    pub fn start(&mut self, is_ticket: bool, tls13: bool) {
        *self = Self::NONE;
        (self.field, self.left) = match self.extensions.start(is_ticket, tls13) {
            Some((field, left)) => (Field::Tls13(field), left),
            None if is_ticket => (Field::Ticket, 4), // behind ticket_lifetime_hint
            None => (Field::Types, 0),
        };
    }

    /// A piece of the message's body.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        bytes.iter().try_for_each(|byte| self.byte(*byte))
    }

    #[inline(never)] // the fields stay where they are
    fn byte(&mut self, byte: u8) -> Result<(), Error> {
        if let Field::Tls13(field) = self.field {
            self.extensions.count_byte(field)?;
        }
        if self.left != 0 {
            self.left -= 1;
            self.schemes.byte(byte);
            return Ok(());
        }
        self.number = self.number << 8 | u16::from(byte);
        self.have += 1;
        let is_short = match self.field {
            Field::Tls13(field) => field.is_short(),
            field => field == Field::Types,
        };
        if !is_short && self.have != 2 {
            return Ok(());
        }
        let number = core::mem::take(&mut self.number);
        self.have = 0;
        (self.field, self.left) = match self.field {
            // types and algorithms may not be empty, and algorithms have two bytes each
            Field::Types if number != 0 => (Field::Algorithms, number),
            Field::Algorithms if number != 0 && number.is_multiple_of(2) => {
                self.schemes.pass(true);
                (Field::Authorities, number)
            }
            // an empty ticket: the server changed its mind
            Field::Authorities | Field::Ticket => {
                self.schemes.pass(false);
                (Field::End, number)
            }
            Field::Tls13(ref mut field) => {
                return self.extensions.next(field, number, &mut self.left, &mut self.schemes);
            }
            _ => return Err(Error::DecodeError),
        };
        Ok(())
    }

    /// The message has ended.
    pub fn finish(&self) -> Result<(), Error> {
        match self.field {
            _ if self.left != 0 || self.have != 0 => Err(Error::DecodeError),
            Field::End => Ok(()),
            Field::Tls13(field) => self.extensions.finish(field),
            _ => Err(Error::DecodeError),
        }
    }
}

#[cfg(test)]
mod tests;
