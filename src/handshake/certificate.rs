//! Certificate: the server's as a stream into the verifier, the client's empty one (RFC 5246 §7.4.2, §7.4.6).

use crate::error::{Detail, Error};
use crate::x509::{Leaf, Verifier};

/// The client's answer to a CertificateRequest when it has none: an empty certificate_list (RFC 5246 §7.4.6).
pub const EMPTY: [u8; 7] = [super::CERTIFICATE, 0, 0, 3, 0, 0, 0];

/// Takes a Certificate message apart as it flows: the list's length, then for each certificate its length and bytes.
pub struct CertificateReader<'a> {
    verifier: Verifier<'a>,
    list: Option<u32>,
    certificate: u32,
    length: u32,
    have: u8,
}

impl<'a> CertificateReader<'a> {
    /// Waits for the list's length.
    pub fn new(verifier: Verifier<'a>) -> Self {
        CertificateReader { verifier, list: None, certificate: 0, length: 0, have: 0 }
    }

    /// Numbers that belong to the last error.
    pub fn detail(&self) -> Detail {
        self.verifier.detail()
    }

    /// SHA-256 of the server's certificate, also when it was refused; zeros before it has come.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.verifier.fingerprint()
    }

    /// A piece of the message's body.
    pub fn push(&mut self, mut bytes: &[u8], workspace: &mut [u8]) -> Result<(), Error> {
        while let Some((&first, tail)) = bytes.split_first() {
            if self.certificate == 0 {
                // a length of three bytes, one at a time
                bytes = tail;
                self.length = self.length << 8 | u32::from(first);
                self.have += 1;
                if self.have == 3 {
                    let length = core::mem::take(&mut self.length);
                    self.have = 0;
                    match self.list {
                        None => self.list = Some(length),
                        Some(left) => {
                            let left = left.checked_sub(3).and_then(|l| l.checked_sub(length));
                            self.list = Some(left.ok_or(Error::DecodeError)?);
                            self.certificate = length;
                            self.verifier.begin(length as usize)?;
                        }
                    }
                } else if self.list == Some(0) {
                    return Err(Error::DecodeError);
                }
            } else {
                let n = bytes.len().min(self.certificate as usize);
                let (piece, rest) = bytes.split_at_checked(n).ok_or(Error::Internal)?;
                bytes = rest;
                self.verifier.push(piece, workspace)?;
                self.certificate -= n as u32;
                if self.certificate == 0 {
                    self.verifier.end(workspace)?;
                }
            }
        }
        Ok(())
    }

    /// The message has ended; whom it shows, if he can be trusted. The key lies at the workspace's start.
    pub fn finish(&mut self, workspace: &mut [u8]) -> Result<Leaf, Error> {
        if self.list != Some(0) || self.certificate != 0 || self.have != 0 {
            return Err(Error::DecodeError);
        }
        self.verifier.finish(workspace)
    }
}
