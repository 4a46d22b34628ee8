//! One error type for the whole crate: what went wrong, whose fault it is, the name Node gives it, the alert that
//! tells the peer (RFC 5246 §7.2, RFC 8446 §6), and what a person can do about it.
//!
//! An [`Error`] is one byte so that every `Result` in the engine stays in a register. The one or two numbers that make
//! a message useful (a record's size, an alert's number, a position in a PEM text) travel beside it as a [`Detail`]; a
//! [`Report`] is both.
//!
//! - `table`: all errors, a row each: number, fault, alert, code, sentences
//! - `code`: the codes, which the image holds in a packed form
//! - `prose`: the sentences, for builds with the feature `error-text`; `without_prose` in others

mod code;
#[cfg_attr(not(feature = "error-text"), path = "without_prose.rs")]
mod prose;
mod table;

pub use code::{CODE_LEN, Code};
#[allow(unused_imports)] // a build without sentences has nothing there
pub use prose::*;
pub use table::Error;

/// Whose fault an error is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The caller's configuration: nothing was sent.
    Caller,
    /// The peer broke the protocol.
    Peer,
    /// The peer is a good citizen, but the two sides have no protocol, suite or size in common.
    Incompatible,
    /// The peer could not be trusted.
    Trust,
    /// The device: no memory, no random numbers, no clock.
    Host,
    /// The transport or the peer ended the connection.
    Connection,
}

/// TLS alert descriptions that this client sends (RFC 5246 §7.2.2, RFC 8446 §6.2, RFC 6066 §9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)] // the names are the RFCs'
pub enum Alert {
    CloseNotify = 0,
    UnexpectedMessage = 10,
    BadRecordMac = 20,
    RecordOverflow = 22,
    HandshakeFailure = 40,
    BadCertificate = 42,
    UnsupportedCertificate = 43,
    CertificateExpired = 45,
    CertificateUnknown = 46,
    IllegalParameter = 47,
    UnknownCa = 48,
    DecodeError = 50,
    DecryptError = 51,
    ProtocolVersion = 70,
    InternalError = 80,
    UserCanceled = 90,
    NoRenegotiation = 100,
    MissingExtension = 109,
    UnsupportedExtension = 110,
    /// Not an alert: nothing is sent.
    None = 255,
}

/// Up to two numbers that make an error's text precise. What they mean is said at each [`Error`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Detail {
    /// First number, `{a}` in the texts.
    pub a: u32,
    /// Second number, `{b}` in the texts.
    pub b: u32,
}

/// An error together with its numbers: what a person gets to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// What went wrong.
    pub error: Error,
    /// The numbers that belong to it.
    pub detail: Detail,
}

impl core::error::Error for Report {}

/// A certificate that an error is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhichCertificate {
    /// In the chain that the server sent; 0 is its own.
    Chain(u8),
    /// Among those trusted, counted from 1.
    Ca(u32),
}

impl Report {
    /// The alert that the server sent (RFC 8446 §6.2), if that is the error.
    pub fn received_alert(&self) -> Option<u8> {
        (self.error == Error::AlertReceived).then_some(self.detail.a as u8)
    }

    /// The certificate that is not trusted, if the error is about one.
    pub fn certificate(&self) -> Option<WhichCertificate> {
        use Error::*;
        let detail = self.detail.a;
        match self.error {
            CertHasExpired
            | CertNotYetValid
            | CertSignatureFailure
            | WeakSignature
            | WeakKey
            | InvalidCa
            | PathLengthExceeded
            | InvalidPurpose
            | UnhandledCriticalExtension
            | PermittedViolation
            | UnknownKey
            | UnsupportedConstraint
            | NoExplicitPolicy => Some(match detail >> 8 {
                0 => WhichCertificate::Chain(detail as u8),
                number => WhichCertificate::Ca(number),
            }),
            CertUnreadable => Some(WhichCertificate::Chain(detail as u8)),
            CaUnreadable => Some(WhichCertificate::Ca(detail)),
            _ => None,
        }
    }

    /// Line and column, from 1, of what can't be read in a PEM text.
    pub fn line_and_column(&self) -> Option<(u32, u32)> {
        use Error::*;
        match self.error {
            PemNoStartLine | PemBadEndLine | PemBadBase64 | PemNotCertificate | OwnCertUnreadable => {
                Some((self.detail.a, self.detail.b))
            }
            _ => None,
        }
    }

    /// Bytes of memory that were needed and not there.
    pub fn memory_needed(&self) -> Option<usize> {
        match self.error {
            Error::MemoryTooSmall => Some(self.detail.b as usize),
            Error::OutOfMemory | Error::RecordNoMemory | Error::CertTooLarge => Some(self.detail.a as usize),
            _ => None,
        }
    }
}

impl core::fmt::Display for Error {
    /// The code; a [`Report`] has a sentence, too.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.code())
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests;
