//! Checks messages while they flow past, without keeping them: CertificateRequest (RFC 5246 §7.4.4, RFC 8446 §4.3.2)
//! and NewSessionTicket (RFC 5077 §3.3, RFC 8446 §4.6.1). They may be longer than the memory, or of no use.

use crate::error::Error;
#[cfg(feature = "tls13")]
use crate::handshake::extension::{CERTIFICATE_AUTHORITIES, SIGNATURE_ALGORITHMS};
#[cfg(feature = "client-auth")]
use crate::handshake::messages::certificate_request::Schemes;

/// What comes next in the message.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
enum Field {
    /// CertificateRequest of TLS 1.2: certificate_types
    #[default]
    Types,
    /// supported_signature_algorithms
    Algorithms,
    /// certificate_authorities
    Authorities,
    /// NewSessionTicket of TLS 1.2: ticket
    OldTicket,
    /// nothing
    End,
    /// CertificateRequest of TLS 1.3: certificate_request_context, which is empty in a handshake
    #[cfg(feature = "tls13")]
    Context,
    /// NewSessionTicket of TLS 1.3: ticket_nonce
    #[cfg(feature = "tls13")]
    Nonce,
    /// ticket
    #[cfg(feature = "tls13")]
    Ticket,
    /// the length of the list of extensions
    #[cfg(feature = "tls13")]
    List,
    /// an extension's number
    #[cfg(feature = "tls13")]
    Number,
    /// its length
    #[cfg(feature = "tls13")]
    Length,
    /// its length if it is a list of known form, and that of the list
    #[cfg(feature = "tls13")]
    LengthAround,
    #[cfg(feature = "tls13")]
    Inner,
}

/// No list of schemes: longer than any vector.
const NO_SCHEMES: u16 = u16::MAX;

/// Extensions in a list. There are fewer, known or not, in all that servers send.
#[cfg(feature = "tls13")]
const MAX_EXTENSIONS: usize = 16;

/// Checks a message's vectors as they pass: that they fill it, and that none of its extensions comes twice.
///
/// Small and busy fields come first: on a Cortex-M they are reached with instructions of half the size.
#[repr(C)]
pub struct VectorsReader {
    field: Field,
    /// How many bytes of the number that is being read have come ...
    have: u8,
    /// Extensions that have come.
    #[cfg(feature = "tls13")]
    count: u8,
    /// signature_algorithms has come, or need not.
    #[cfg(feature = "tls13")]
    has_algorithms: bool,
    /// ... and what they are.
    number: u16,
    /// Bytes of the current vector, extension or number that are still to come.
    left: u16,
    /// How many of them come before a list of schemes.
    skip: u16,
    /// Bytes of a list that fills its extension.
    #[cfg(feature = "tls13")]
    inner: u16,
    /// Bytes of the list of extensions that have not been accounted for.
    #[cfg(feature = "tls13")]
    list: u16,
    /// Which extensions have come.
    #[cfg(feature = "tls13")]
    seen: [u16; MAX_EXTENSIONS],
    /// What the server takes.
    #[cfg(feature = "client-auth")]
    pub schemes: Schemes,
}

impl VectorsReader {
    /// Nothing is read yet. A constant of zeros: the chip gets it by one memset.
    pub const NONE: Self = VectorsReader {
        field: Field::Types,
        have: 0,
        #[cfg(feature = "tls13")]
        count: 0,
        #[cfg(feature = "tls13")]
        has_algorithms: false,
        number: 0,
        left: 0,
        skip: 0,
        #[cfg(feature = "tls13")]
        inner: 0,
        #[cfg(feature = "tls13")]
        list: 0,
        #[cfg(feature = "tls13")]
        seen: [0; MAX_EXTENSIONS],
        #[cfg(feature = "client-auth")]
        schemes: Schemes::NONE,
    };

    /// Waits for the first byte of a NewSessionTicket or a CertificateRequest. The latter has three vectors in TLS 1.2;
    /// in TLS 1.3 extensions, of which signature_algorithms must be one.
    #[inline(never)] // the fields stay where they are
    pub fn start(&mut self, is_ticket: bool, tls13: bool) {
        *self = Self::NONE;
        self.skip = NO_SCHEMES;
        #[cfg(feature = "tls13")]
        if tls13 {
            self.has_algorithms = is_ticket;
            self.field = Field::Context;
        }
        if is_ticket {
            // ticket_lifetime, and in TLS 1.3 ticket_age_add
            (self.field, self.left) = (Field::OldTicket, 4);
            #[cfg(feature = "tls13")]
            if tls13 {
                (self.field, self.left) = (Field::Nonce, 8);
            }
        }
        let _ = tls13;
    }

    /// A piece of the message's body.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        bytes.iter().try_for_each(|byte| self.byte(*byte))
    }

    #[inline(never)] // the fields stay where they are
    fn byte(&mut self, byte: u8) -> Result<(), Error> {
        #[cfg(feature = "tls13")]
        if self.field > Field::List {
            self.list = self.list.checked_sub(1).ok_or(Error::DecodeError)?;
        }
        if self.left != 0 {
            self.left -= 1;
            match self.skip.checked_sub(1) {
                Some(skip) => self.skip = skip,
                #[cfg(feature = "client-auth")]
                None => self.schemes.byte(byte),
                #[cfg(not(feature = "client-auth"))]
                None => {}
            }
            return Ok(());
        }
        self.number = self.number << 8 | u16::from(byte);
        self.have += 1;
        let is_short = match self.field {
            Field::Types => true,
            #[cfg(feature = "tls13")]
            Field::Context | Field::Nonce => true,
            _ => false,
        };
        if !is_short && self.have != 2 {
            return Ok(());
        }
        let number = core::mem::take(&mut self.number);
        self.have = 0;
        (self.field, self.left, self.skip) = match self.field {
            // types and algorithms may not be empty, and algorithms have two bytes each
            Field::Types if number != 0 => (Field::Algorithms, number, NO_SCHEMES),
            Field::Algorithms if number != 0 && number.is_multiple_of(2) => (Field::Authorities, number, 0),
            // an empty ticket: the server changed its mind
            Field::Authorities | Field::OldTicket => (Field::End, number, NO_SCHEMES),
            #[cfg(feature = "tls13")]
            Field::Context if number == 0 => (Field::List, 0, NO_SCHEMES),
            #[cfg(feature = "tls13")]
            Field::Nonce => (Field::Ticket, number, NO_SCHEMES),
            #[cfg(feature = "tls13")]
            Field::Ticket if number != 0 => (Field::List, number, NO_SCHEMES),
            #[cfg(feature = "tls13")]
            Field::List => {
                self.list = number;
                (Field::Number, 0, NO_SCHEMES)
            }
            #[cfg(feature = "tls13")]
            Field::Number => {
                self.see(number)?;
                let algorithms = number == SIGNATURE_ALGORITHMS && !self.has_algorithms;
                self.has_algorithms |= algorithms;
                let is_list = algorithms || number == CERTIFICATE_AUTHORITIES;
                let field = if is_list { Field::LengthAround } else { Field::Length };
                (field, 0, if algorithms { 0 } else { NO_SCHEMES })
            }
            #[cfg(feature = "tls13")]
            Field::Length => (Field::Number, number, NO_SCHEMES),
            // a list fills its extension and is not empty
            #[cfg(feature = "tls13")]
            Field::LengthAround if number > 2 => {
                self.inner = number - 2;
                (Field::Inner, 0, self.skip)
            }
            #[cfg(feature = "tls13")]
            Field::Inner if number == self.inner => (Field::Number, number, self.skip),
            _ => return Err(Error::DecodeError),
        };
        Ok(())
    }

    /// RFC 8446 §4.2: no extension comes twice.
    #[cfg(feature = "tls13")]
    fn see(&mut self, number: u16) -> Result<(), Error> {
        let (seen, rest) = self.seen.split_at_mut_checked(self.count.into()).ok_or(Error::DecodeError)?;
        if seen.contains(&number) {
            return Err(Error::IllegalParameter);
        }
        *rest.first_mut().ok_or(Error::DecodeError)? = number;
        self.count += 1;
        Ok(())
    }

    /// The message has ended.
    pub fn finish(&self) -> Result<(), Error> {
        if self.left != 0 || self.have != 0 {
            return Err(Error::DecodeError);
        }
        #[cfg(feature = "tls13")]
        if self.field == Field::Number && self.list == 0 {
            return if self.has_algorithms { Ok(()) } else { Err(Error::MissingExtension) };
        }
        if self.field == Field::End { Ok(()) } else { Err(Error::DecodeError) }
    }
}

#[cfg(test)]
mod tests;
