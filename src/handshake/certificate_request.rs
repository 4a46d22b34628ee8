//! CertificateRequest (RFC 5246 §7.4.4): read as a stream because a server may list hundreds of CAs in it.

use crate::error::Error;

/// Checks the message's three vectors as they pass: certificate_types, supported_signature_algorithms,
/// certificate_authorities.
#[derive(Default)]
pub struct CertificateRequestReader {
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
        assert_eq!(CertificateRequestReader::default().push(&good), Ok(()));
        for n in 0..good.len() {
            assert!(read(&good[..n]).is_err(), "{n}");
        }
        assert!(read(&[1, 64, 0, 2, 4, 3, 0, 0, 9]).is_err());
        assert!(read(&[1, 64, 0, 3, 4, 3, 0, 0, 0]).is_err());
    }
}
