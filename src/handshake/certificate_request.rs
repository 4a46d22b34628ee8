//! CertificateRequest (RFC 5246 §7.4.4, RFC 8446 §4.3.2): read as a stream because a server may list hundreds of CAs.

#[cfg(feature = "tls13")]
use super::extension::SIGNATURE_ALGORITHMS;
use crate::error::Error;

/// The schemes of ours in a list of SignatureSchemes that flows past.
#[cfg(feature = "client-auth")]
#[derive(Default, Clone, Copy)]
pub struct Schemes {
    high: Option<u8>,
    /// ecdsa_secp256r1_sha256, in TLS 1.2 ECDSA with SHA-256
    pub ecdsa_sha256: bool,
    /// in TLS 1.2 ECDSA with SHA-384
    pub ecdsa_sha384: bool,
    /// rsa_pkcs1_sha256
    #[cfg(feature = "client-rsa")]
    pub pkcs1_sha256: bool,
    /// rsa_pkcs1_sha384
    #[cfg(feature = "client-rsa")]
    pub pkcs1_sha384: bool,
    /// rsa_pss_rsae_sha256
    #[cfg(feature = "client-rsa")]
    pub pss_sha256: bool,
}

#[cfg(feature = "client-auth")]
impl Schemes {
    fn byte(&mut self, byte: u8) {
        match self.high.take() {
            None => self.high = Some(byte),
            Some(high) => {
                self.ecdsa_sha256 |= (high, byte) == (4, 3);
                self.ecdsa_sha384 |= (high, byte) == (5, 3);
                #[cfg(feature = "client-rsa")]
                {
                    self.pkcs1_sha256 |= (high, byte) == (4, 1);
                    self.pkcs1_sha384 |= (high, byte) == (5, 1);
                    self.pss_sha256 |= (high, byte) == (8, 4);
                }
            }
        }
    }
}

/// What comes next in the message.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
enum Part {
    /// TLS 1.2: certificate_types
    #[default]
    Types,
    /// supported_signature_algorithms
    Algorithms,
    /// certificate_authorities
    Authorities,
    /// nothing
    End,
    /// TLS 1.3: certificate_request_context, which is empty in a handshake
    #[cfg(feature = "tls13")]
    Context,
    /// the length of the list of extensions
    #[cfg(feature = "tls13")]
    List,
    /// an extension's number, and its length
    #[cfg(feature = "tls13")]
    Number,
    #[cfg(feature = "tls13")]
    Length,
}

/// No list of schemes: longer than any vector.
const NO_SCHEMES: u16 = u16::MAX;

/// Checks a message's vectors as they pass: in TLS 1.2 there are three; in TLS 1.3 extensions, of which
/// signature_algorithms must be one.
#[derive(Default)]
pub struct CertificateRequestReader {
    /// What the server takes.
    #[cfg(feature = "client-auth")]
    pub schemes: Schemes,
    part: Part,
    /// The number that is being read, and how many bytes of it have come.
    number: u16,
    have: u8,
    /// Bytes of the current vector or extension that are still to come.
    left: u16,
    /// How many of them come before a list of schemes.
    skip: u16,
    /// Bytes of the list of extensions that have not been accounted for.
    #[cfg(feature = "tls13")]
    list: u16,
    #[cfg(feature = "tls13")]
    has_algorithms: bool,
}

impl CertificateRequestReader {
    /// Waits for the message's first byte.
    pub fn new(tls13: bool) -> Self {
        #[cfg(feature = "tls13")]
        if tls13 {
            return CertificateRequestReader { part: Part::Context, ..Self::default() };
        }
        let _ = tls13;
        Self::default()
    }

    /// A piece of the message's body.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        bytes.iter().try_for_each(|byte| self.byte(*byte))
    }

    #[inline(never)] // the fields stay where they are
    fn byte(&mut self, byte: u8) -> Result<(), Error> {
        #[cfg(feature = "tls13")]
        if self.part > Part::List {
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
        let is_short = match self.part {
            Part::Types => true,
            #[cfg(feature = "tls13")]
            Part::Context => true,
            _ => false,
        };
        if !is_short && self.have != 2 {
            return Ok(());
        }
        let number = core::mem::take(&mut self.number);
        self.have = 0;
        (self.part, self.left, self.skip) = match self.part {
            // types and algorithms may not be empty, and algorithms have two bytes each
            Part::Types if number != 0 => (Part::Algorithms, number, NO_SCHEMES),
            Part::Algorithms if number != 0 && number.is_multiple_of(2) => (Part::Authorities, number, 0),
            Part::Authorities => (Part::End, number, NO_SCHEMES),
            #[cfg(feature = "tls13")]
            Part::Context if number == 0 => (Part::List, 0, NO_SCHEMES),
            #[cfg(feature = "tls13")]
            Part::List => {
                self.list = number;
                (Part::Number, 0, NO_SCHEMES)
            }
            #[cfg(feature = "tls13")]
            Part::Number => {
                let algorithms = number == SIGNATURE_ALGORITHMS;
                self.has_algorithms |= algorithms;
                (Part::Length, 0, if algorithms { 2 } else { NO_SCHEMES })
            }
            // a list of schemes is its length and not empty
            #[cfg(feature = "tls13")]
            Part::Length if self.skip == NO_SCHEMES || number > 2 => (Part::Number, number, self.skip),
            _ => return Err(Error::DecodeError),
        };
        Ok(())
    }

    /// The message has ended.
    pub fn finish(&self) -> Result<(), Error> {
        if self.left != 0 || self.have != 0 {
            return Err(Error::DecodeError);
        }
        #[cfg(feature = "tls13")]
        if self.part == Part::Number && self.list == 0 {
            return if self.has_algorithms { Ok(()) } else { Err(Error::MissingExtension) };
        }
        if self.part == Part::End { Ok(()) } else { Err(Error::DecodeError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(), Error> {
        let mut r = CertificateRequestReader::new(false);
        for b in bytes {
            r.push(&[*b])?;
        }
        r.finish()
    }

    #[test]
    fn vectors_must_fill_the_message() {
        let good = [2, 1, 64, 0, 4, 4, 3, 8, 4, 0, 5, 0, 3, 0x30, 1, 0];
        assert_eq!(read(&good), Ok(()));
        let mut whole = CertificateRequestReader::new(false);
        assert_eq!(whole.push(&good), Ok(()));
        #[cfg(feature = "client-auth")]
        assert!(whole.schemes.ecdsa_sha256 && !whole.schemes.ecdsa_sha384);
        for n in 0..good.len() {
            assert!(read(&good[..n]).is_err(), "{n}");
        }
        assert!(read(&[1, 64, 0, 2, 4, 3, 0, 0, 9]).is_err());
        assert!(read(&[1, 64, 0, 3, 4, 3, 0, 0, 0]).is_err());
    }

    #[cfg(feature = "tls13")]
    #[test]
    fn extensions_must_fill_the_message() {
        let read = |bytes: &[u8]| {
            let mut r = CertificateRequestReader::new(true);
            bytes.iter().try_for_each(|b| r.push(&[*b])).and_then(|()| r.finish())
        };
        // an unknown extension without content, signature_algorithms, certificate_authorities
        let good = [0, 0, 19, 0x12, 0x34, 0, 0, 0, 13, 0, 4, 0, 2, 4, 3, 0, 47, 0, 3, 0, 1, 9];
        assert_eq!(read(&good), Ok(()));
        let mut whole = CertificateRequestReader::new(true);
        assert_eq!(whole.push(&good), Ok(()));
        #[cfg(feature = "client-auth")]
        assert!(whole.schemes.ecdsa_sha256 && !whole.schemes.ecdsa_sha384);
        for n in 0..good.len() {
            assert!(read(&good[..n]).is_err(), "{n}");
        }
        let mut long = [0; 23];
        long[..22].copy_from_slice(&good);
        assert_eq!(read(&long), Err(Error::DecodeError));
        assert_eq!(read(&[1, 7, 0, 0]), Err(Error::DecodeError));
        assert_eq!(read(&[0, 0, 0]), Err(Error::MissingExtension));
        assert_eq!(read(&[0, 0, 6, 0, 13, 0, 2, 0, 0]), Err(Error::DecodeError)); // no schemes
    }
}
