//! CertificateRequest (RFC 5246 §7.4.4, RFC 8446 §4.3.2): read as a stream because a server may list hundreds of CAs.

#[cfg(feature = "tls13")]
use super::extension::SIGNATURE_ALGORITHMS;
use crate::error::Error;

/// The schemes of ours in a list of SignatureSchemes that flows past.
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

/// Checks a TLS 1.2 message's three vectors as they pass: certificate_types, supported_signature_algorithms,
/// certificate_authorities.
#[derive(Default)]
pub struct CertificateRequestReader {
    /// What the server takes.
    pub schemes: Schemes,
    vector: u8,
    length: u16,
    have: u8,
    left: u16,
}

impl CertificateRequestReader {
    /// A piece of the message's body.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        for &byte in bytes {
            if self.left != 0 {
                self.left -= 1;
                if self.vector == 2 {
                    self.schemes.byte(byte);
                }
                continue;
            }
            let width = match self.vector {
                0 => 1,
                1 | 2 => 2,
                _ => return Err(Error::DecodeError),
            };
            self.length = self.length << 8 | u16::from(byte);
            self.have += 1;
            if self.have == width {
                // types and algorithms may not be empty, and algorithms have two bytes each
                let odd = self.vector == 1 && !self.length.is_multiple_of(2);
                if self.vector < 2 && self.length == 0 || odd {
                    return Err(Error::DecodeError);
                }
                self.left = core::mem::take(&mut self.length);
                self.have = 0;
                self.vector += 1;
            }
        }
        Ok(())
    }

    /// The message has ended.
    pub fn finish(&self) -> Result<(), Error> {
        if self.vector == 3 && self.left == 0 && self.have == 0 { Ok(()) } else { Err(Error::DecodeError) }
    }
}

/// Checks a TLS 1.3 message as it passes: certificate_request_context, which is empty in a handshake, and extensions,
/// of which signature_algorithms must be one.
#[cfg(feature = "tls13")]
#[derive(Default)]
pub struct CertificateRequestReader13 {
    /// What the server takes.
    pub schemes: Schemes,
    /// signature_algorithms is the current extension; its list begins after so many bytes.
    skip: Option<u8>,
    part: u8,
    number: u16,
    have: u8,
    /// Bytes of the list of extensions that have not been accounted for.
    list: u16,
    /// Bytes of the current extension that are still to come.
    left: u16,
    has_algorithms: bool,
}

#[cfg(feature = "tls13")]
impl CertificateRequestReader13 {
    /// A piece of the message's body.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        for &byte in bytes {
            if self.part > 1 {
                self.list = self.list.checked_sub(1).ok_or(Error::DecodeError)?;
            }
            if self.left != 0 {
                self.left -= 1;
                match &mut self.skip {
                    Some(0) => self.schemes.byte(byte),
                    Some(skip) => *skip -= 1,
                    None => {}
                }
                continue;
            }
            self.number = self.number << 8 | u16::from(byte);
            self.have += 1;
            if self.part != 0 && self.have != 2 {
                continue;
            }
            let number = core::mem::take(&mut self.number);
            self.have = 0;
            self.part = match self.part {
                // the context's length; the list's; then, in turns, an extension's number and length
                0 if number == 0 => 1,
                0 => return Err(Error::DecodeError),
                1 => {
                    self.list = number;
                    2
                }
                2 => {
                    let algorithms = number == SIGNATURE_ALGORITHMS;
                    self.has_algorithms |= algorithms;
                    self.skip = algorithms.then_some(2);
                    3
                }
                _ => {
                    self.left = number;
                    2
                }
            };
        }
        Ok(())
    }

    /// The message has ended.
    pub fn finish(&self) -> Result<(), Error> {
        if self.part != 2 || self.list != 0 || self.left != 0 || self.have != 0 {
            return Err(Error::DecodeError);
        }
        if self.has_algorithms { Ok(()) } else { Err(Error::MissingExtension) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(), Error> {
        let mut r = CertificateRequestReader::default();
        for b in bytes {
            r.push(&[*b])?;
        }
        r.finish()
    }

    #[test]
    fn vectors_must_fill_the_message() {
        let good = [2, 1, 64, 0, 4, 4, 3, 8, 4, 0, 5, 0, 3, 0x30, 1, 0];
        assert_eq!(read(&good), Ok(()));
        let mut whole = CertificateRequestReader::default();
        assert_eq!(whole.push(&good), Ok(()));
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
            let mut r = CertificateRequestReader13::default();
            bytes.iter().try_for_each(|b| r.push(&[*b])).and_then(|()| r.finish())
        };
        // an unknown extension without content, signature_algorithms, certificate_authorities
        let good = [0, 0, 19, 0x12, 0x34, 0, 0, 0, 13, 0, 4, 0, 2, 4, 3, 0, 47, 0, 3, 0, 1, 9];
        assert_eq!(read(&good), Ok(()));
        let mut whole = CertificateRequestReader13::default();
        assert_eq!(whole.push(&good), Ok(()));
        assert!(whole.schemes.ecdsa_sha256 && !whole.schemes.ecdsa_sha384);
        for n in 0..good.len() {
            assert!(read(&good[..n]).is_err(), "{n}");
        }
        let mut long = [0; 23];
        long[..22].copy_from_slice(&good);
        assert_eq!(read(&long), Err(Error::DecodeError));
        assert_eq!(read(&[1, 7, 0, 0]), Err(Error::DecodeError));
        assert_eq!(read(&[0, 0, 0]), Err(Error::MissingExtension));
    }
}
