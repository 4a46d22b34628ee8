//! Certificate: the server's as a stream into the verifier, the client's empty one (RFC 5246 §7.4.2, §7.4.6, RFC 8446
//! §4.4.2).

use crate::config::{Config, HAS_TLS13};
use crate::crypto::Work;
use crate::error::{Detail, Error};
#[cfg(feature = "client-auth")]
use crate::x509::client_identity::{Window, write_certificates};
use crate::x509::{Leaf, Verifier};
use core::task::{Poll, ready};

/// The client's answer to a CertificateRequest when it has none: an empty certificate_list (RFC 5246 §7.4.6), in TLS
/// 1.3 with an empty certificate_request_context before it.
pub fn empty(tls13: bool) -> &'static [u8] {
    if tls13 {
        &[crate::handshake::CERTIFICATE, 0, 0, 4, 0, 0, 0, 0]
    } else {
        &[crate::handshake::CERTIFICATE, 0, 0, 3, 0, 0, 0]
    }
}

/// Writes the client's Certificate message from its byte `from` on, as much as there is room for; returns how many
/// bytes that is, and how many the message has. So it can be sent in pieces and is never in RAM as a whole.
#[cfg(feature = "client-auth")]
pub fn write(text: &[u8], tls13: bool, from: usize, out: &mut [u8]) -> Result<(usize, usize), Error> {
    let mut count = Window::new(0, &mut []);
    write_certificates(text, tls13, &mut count)?;
    let list = count.len() as u32; // config.check() has counted it
    let context_len = usize::from(tls13);
    let [_, message_length @ ..] = (list + 3 + u32::from(tls13)).to_be_bytes();
    let [_, list_length @ ..] = list.to_be_bytes();
    let room = out.len();
    let mut window = Window::new(from, out);
    window.bytes(&[crate::handshake::CERTIFICATE]);
    window.bytes(&message_length);
    window.bytes([0].get(..context_len).unwrap_or_default());
    window.bytes(&list_length);
    write_certificates(text, tls13, &mut window)?;
    let total = window.len();
    Ok((total.saturating_sub(from).min(room), total))
}

/// What comes next in a Certificate message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Field {
    /// the list's length, 3 bytes
    List,
    /// in TLS 1.3 before it: certificate_request_context's length; it is 0
    Context,
    /// a certificate's length, 3 bytes
    Length,
    /// a certificate
    Certificate,
    /// the length of a certificate's extensions, TLS 1.3 only; it is 0, for none were asked for
    Extensions,
    /// the number of the first one, although none was
    Extension,
}

/// Takes a Certificate message apart as it flows. Small and busy fields come first, as in the verifier.
#[repr(C)]
pub struct CertificateReader<'a> {
    tls13: bool,
    field: Field,
    have: u8,
    length: u32,
    /// Bytes of the list that have not been accounted for.
    list: u32,
    verifier: Verifier<'a>,
}

impl<'a> CertificateReader<'a> {
    /// Waits for [`Self::start`].
    #[inline(always)]
    pub fn new(config: &Config<'a>) -> Self {
        let verifier = Verifier::blank(config.trust, config.servername);
        CertificateReader { tls13: false, field: Field::List, have: 0, length: 0, list: 0, verifier }
    }

    /// Refuses what can be refused about whom to trust; see `Verifier::check`.
    #[inline(always)]
    pub fn check(&mut self, known: bool, detail: &mut Detail) -> Result<(), Error> {
        self.verifier.check(known, detail)
    }

    /// Waits for the message's first byte. `now`: the time in seconds since 1970, if the device knows it.
    #[inline(always)]
    pub fn start(&mut self, now: Option<i64>, tls13: bool) {
        self.verifier.start(now);
        if HAS_TLS13 && tls13 {
            self.tls13 = true;
            self.field = Field::Context;
        }
    }

    /// Numbers that belong to the last error.
    pub fn detail(&self) -> Detail {
        self.verifier.detail()
    }

    /// SHA-256 of the server's certificate, also when it was refused; zeros before it has come.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.verifier.fingerprint()
    }

    /// A piece of the message's body. Pending: a slice of a verification is due, and what is left of the piece comes
    /// again with the next call.
    pub fn push(&mut self, bytes: &mut &[u8], workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        loop {
            if self.field == Field::Certificate {
                ready!(self.verifier.push(bytes, workspace, work))?;
                if self.verifier.left() != 0 {
                    return Poll::Ready(Ok(())); // the bytes are used up
                }
                ready!(self.verifier.end(workspace, work))?;
                self.field = if HAS_TLS13 && self.tls13 { Field::Extensions } else { Field::Length };
            }
            // a number, one byte at a time
            let Some((&first, tail)) = bytes.split_first() else { return Poll::Ready(Ok(())) };
            *bytes = tail;
            self.length = self.length << 8 | u32::from(first);
            self.have += 1;
            self.number()?;
        }
    }

    fn number(&mut self) -> Result<(), Error> {
        let width = match self.field {
            Field::Context if HAS_TLS13 => 1,
            Field::Extensions | Field::Extension if HAS_TLS13 => 2,
            _ => 3,
        };
        if self.field >= Field::Length {
            self.list = self.list.checked_sub(1).ok_or(Error::DecodeError)?;
        }
        if self.have != width {
            return Ok(());
        }
        self.have = 0;
        let length = core::mem::take(&mut self.length);
        self.field = match self.field {
            Field::Context if HAS_TLS13 && length == 0 => Field::List,
            Field::Context if HAS_TLS13 => return Err(Error::DecodeError),
            Field::List => {
                self.list = length;
                Field::Length
            }
            Field::Extensions if HAS_TLS13 && length == 0 => Field::Length,
            Field::Extensions if HAS_TLS13 => Field::Extension,
            Field::Extension if HAS_TLS13 => {
                self.verifier.blame(length);
                return Err(Error::UnsolicitedExtension);
            }
            _ => {
                self.list = self.list.checked_sub(length).ok_or(Error::DecodeError)?;
                self.verifier.begin(length as usize)?;
                Field::Certificate
            }
        };
        Ok(())
    }

    /// The message has ended; whom it shows, if he can be trusted. The key lies at the workspace's start.
    pub fn finish(&mut self) -> Result<Leaf, Error> {
        if self.list != 0 || self.field != Field::Length || self.have != 0 {
            return Err(Error::DecodeError);
        }
        self.verifier.finish()
    }
}
