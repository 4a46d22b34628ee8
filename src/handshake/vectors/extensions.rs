//! The fields of TLS 1.3, which end in a list of extensions: CertificateRequest (RFC 8446 §4.3.2), NewSessionTicket
//! (§4.6.1).

use crate::error::Error;
use crate::handshake::extension::{CERTIFICATE_AUTHORITIES, SIGNATURE_ALGORITHMS};
use crate::handshake::messages::certificate_request::Schemes;

/// What comes next in the message. The numbers below are left to the fields of TLS 1.2, so that their first is zero.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
#[repr(u8)]
pub(super) enum Field13 {
    /// CertificateRequest: certificate_request_context, which is empty in a handshake
    Context = 5,
    /// NewSessionTicket: ticket_nonce
    Nonce,
    /// ticket
    Ticket,
    /// the length of the list of extensions
    List,
    /// an extension's number
    Number,
    /// its length
    Length,
    /// its length if it is a list of known form, and that of the list
    LengthAround,
    Inner,
}

impl Field13 {
    /// Whether the number that it begins with has one byte, not two.
    #[inline(always)]
    pub fn is_short(self) -> bool {
        matches!(self, Field13::Context | Field13::Nonce)
    }
}

/// Extensions in a list. There are fewer, known or not, in all that servers send.
pub(super) const MAX_EXTENSIONS: usize = 16;

/// What is known of the list: that its extensions fill it, and that none of them comes twice.
#[repr(C)]
pub(super) struct Extensions {
    /// Extensions that have come.
    count: u8,
    /// signature_algorithms has come, or need not.
    has_algorithms: bool,
    /// Bytes of a list that fills its extension.
    inner: u16,
    /// Bytes of the list of extensions that have not been accounted for.
    left: u16,
    /// Which extensions have come.
    seen: [u16; MAX_EXTENSIONS],
}

impl Extensions {
    /// Nothing is read yet.
    pub const NONE: Self = Extensions { count: 0, has_algorithms: false, inner: 0, left: 0, seen: [0; MAX_EXTENSIONS] };

    /// What a message of TLS 1.3 begins with, and how many bytes come before it; `None` for one of TLS 1.2.
    #[inline(always)]
    pub fn start(&mut self, is_ticket: bool, tls13: bool) -> Option<(Field13, u16)> {
        self.has_algorithms = is_ticket;
        // ticket_lifetime and ticket_age_add
        tls13.then_some(if is_ticket { (Field13::Nonce, 8) } else { (Field13::Context, 0) })
    }

    /// A byte has come where this field is next.
    #[inline(always)]
    pub fn count_byte(&mut self, field: Field13) -> Result<(), Error> {
        if field > Field13::List {
            self.left = self.left.checked_sub(1).ok_or(Error::DecodeError)?;
        }
        Ok(())
    }

    /// The number of this field has come: what is next, after how many bytes, and whether they are the list of schemes.
    #[inline(always)]
    pub fn next(
        &mut self,
        field: &mut Field13,
        number: u16,
        left: &mut u16,
        schemes: &mut Schemes,
    ) -> Result<(), Error> {
        *field = match *field {
            Field13::Context if number == 0 => Field13::List,
            Field13::Nonce => {
                *left = number;
                Field13::Ticket
            }
            Field13::Ticket if number != 0 => {
                *left = number;
                Field13::List
            }
            Field13::List => {
                self.left = number;
                Field13::Number
            }
            Field13::Number => {
                self.see(number)?;
                let is_schemes = number == SIGNATURE_ALGORITHMS && !self.has_algorithms;
                schemes.pass(is_schemes);
                self.has_algorithms |= is_schemes;
                let is_list = is_schemes || number == CERTIFICATE_AUTHORITIES;
                if is_list { Field13::LengthAround } else { Field13::Length }
            }
            Field13::Length => {
                *left = number;
                Field13::Number
            }
            // a list fills its extension and is not empty
            Field13::LengthAround if number > 2 => {
                self.inner = number - 2;
                Field13::Inner
            }
            Field13::Inner if number == self.inner => {
                *left = number;
                Field13::Number
            }
            _ => return Err(Error::DecodeError),
        };
        Ok(())
    }

    /// RFC 8446 §4.2: no extension comes twice.
    fn see(&mut self, number: u16) -> Result<(), Error> {
        let (seen, rest) = self.seen.split_at_mut_checked(self.count.into()).ok_or(Error::DecodeError)?;
        if seen.contains(&number) {
            return Err(Error::IllegalParameter);
        }
        *rest.first_mut().ok_or(Error::DecodeError)? = number;
        self.count += 1;
        Ok(())
    }

    /// The message has ended where this field would be next.
    #[inline(always)]
    pub fn finish(&self, field: Field13) -> Result<(), Error> {
        if field != Field13::Number || self.left != 0 {
            return Err(Error::DecodeError);
        }
        // RFC 8446 §4.3.2: a CertificateRequest must have signature_algorithms
        if self.has_algorithms { Ok(()) } else { Err(Error::MissingExtension) }
    }
}
