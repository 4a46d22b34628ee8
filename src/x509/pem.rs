//! Certificates as people have them: PEM (RFC 7468), bare base64 or DER, as a stream of DER bytes. Nothing is copied
//! but the few bytes that the reader asks for.

use super::pin::base64;
use crate::error::{Detail, Error};

/// Reads one string that holds one certificate or several.
pub(crate) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    format: Format,
    /// The label of the PEM block that `at` is in.
    label: &'a [u8],
    /// Base64: bits that make no byte yet, how many, and how many `=` came.
    bits: u32,
    bit_count: u8,
    padding: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Der,
    Pem,
    Base64,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        // Base64 of DER begins with M, and base64 has no dashes.
        let format = match text {
            [0x30, ..] => Format::Der,
            _ if text.contains(&b'-') => Format::Pem,
            _ => Format::Base64,
        };
        Reader { text, at: 0, format, label: &[], bits: 0, bit_count: 0, padding: 0 }
    }

    /// Goes to the next certificate; false if there is none.
    pub(crate) fn next(&mut self) -> Result<bool, Error> {
        self.bits = 0;
        self.bit_count = 0;
        self.padding = 0;
        match self.format {
            Format::Der => Ok(self.at < self.text.len()),
            Format::Base64 => {
                let first = self.at == 0;
                self.skip_white();
                if first && self.at >= self.text.len() { Err(Error::PemNoStartLine) } else { Ok(first) }
            }
            Format::Pem => self.begin_line(),
        }
    }

    /// Reads some of the certificate's bytes; 0 at its end. DER does not know where that is; see [`Self::unread`].
    pub(crate) fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let mut count = 0;
        for slot in out {
            let byte = if self.format == Format::Der { self.take() } else { self.base64_byte()? };
            let Some(byte) = byte else { break };
            *slot = byte;
            count += 1;
        }
        Ok(count)
    }

    /// Gives back bytes after the certificate's end: they are the next one's. Only DER can be followed so.
    pub(crate) fn unread(&mut self, count: usize) -> bool {
        self.at = self.at.saturating_sub(count);
        count == 0 || self.format == Format::Der
    }

    /// Line and column, from 1. CR, LF and CRLF end lines.
    pub(crate) fn place(&self) -> Detail {
        let mut place = Detail { a: 1, b: 1 };
        let mut last = 0;
        for &byte in self.text.get(..self.at).unwrap_or(self.text) {
            if byte == b'\r' || byte == b'\n' {
                place.a += u32::from(byte == b'\r' || last != b'\r');
                place.b = 1;
            } else {
                place.b += 1;
            }
            last = byte;
        }
        place
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn skip_white(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or(&[])
    }

    /// Takes a run of dashes.
    fn dashes(&mut self) -> usize {
        let start = self.at;
        while self.peek() == Some(b'-') {
            self.at += 1;
        }
        self.at - start
    }

    /// Finds `-----BEGIN CERTIFICATE-----` and goes behind it. Text around is skipped, unless it looks like a line that
    /// was meant.
    fn begin_line(&mut self) -> Result<bool, Error> {
        while self.peek().is_some() {
            let start = self.at;
            let dashes = self.dashes();
            let rest = self.rest();
            if dashes > 0 && rest.starts_with(b"END ") || dashes != 5 && dashes > 0 && rest.starts_with(b"BEGIN ") {
                self.at = start;
                return Err(Error::PemNoStartLine);
            }
            if let Some(line) = rest.strip_prefix(b"BEGIN ").filter(|_| dashes > 0) {
                self.label = line.split(|&c| c == b'-').next().unwrap_or(&[]);
                if self.label != b"CERTIFICATE" && self.label != b"X509 CERTIFICATE" {
                    return Err(Error::PemNotCertificate);
                }
                self.at += b"BEGIN ".len() + self.label.len();
                let end = self.at;
                if self.dashes() != 5 {
                    self.at = end;
                    return Err(Error::PemNoStartLine);
                }
                return Ok(true);
            }
            if dashes == 0 {
                self.at += 1;
            }
        }
        if self.label.is_empty() {
            // The place to look at is the first dash.
            self.at = self.text.iter().position(|&c| c == b'-').unwrap_or(0);
            return Err(Error::PemNoStartLine);
        }
        Ok(false)
    }

    /// `-----END CERTIFICATE-----`, which may be followed by a BEGIN line without a line end between them.
    fn end_line(&mut self) -> Result<(), Error> {
        let start = self.at;
        let whole = self.dashes() == 5
            && self.rest().strip_prefix(b"END ").and_then(|r| r.strip_prefix(self.label)).is_some_and(|tail| {
                self.at += b"END ".len() + self.label.len();
                let dashes = tail.iter().take_while(|&&c| c == b'-').count();
                dashes == 5 || dashes == 10 && tail.get(10..).is_some_and(|t| t.starts_with(b"BEGIN "))
            });
        if !whole {
            self.at = start;
            return Err(Error::PemBadEndLine);
        }
        self.at += 5;
        Ok(())
    }

    fn base64_byte(&mut self) -> Result<Option<u8>, Error> {
        loop {
            self.skip_white();
            let c = match self.peek() {
                Some(b'-') | None => {
                    if self.format == Format::Pem {
                        // Once the block has ended there is nothing to read until the next one begins.
                        if self.padding == 0xff {
                            return Ok(None);
                        }
                        self.check_padding()?;
                        self.end_line()?;
                        self.padding = 0xff;
                    } else {
                        self.check_padding()?;
                    }
                    return Ok(None);
                }
                Some(b'=') if self.bit_count > 0 && self.padding < 2 => {
                    self.padding += 1;
                    self.at += 1;
                    continue;
                }
                Some(c) => c,
            };
            if self.padding == 0xff {
                return Ok(None);
            }
            let Some(value) = base64(c).filter(|_| self.padding == 0) else {
                return Err(if self.format == Format::Pem { Error::PemBadBase64 } else { Error::PemNoStartLine });
            };
            self.at += 1;
            self.bits = self.bits << 6 | u32::from(value);
            self.bit_count += 6;
            if self.bit_count >= 8 {
                self.bit_count -= 8;
                return Ok(Some((self.bits >> self.bit_count) as u8));
            }
        }
    }

    /// Four characters make three bytes; what is missing is filled up with `=` and the bits left over are zero.
    fn check_padding(&self) -> Result<(), Error> {
        let left = self.bits & ((1 << self.bit_count) - 1);
        if self.bit_count == self.padding * 2 && left == 0 { Ok(()) } else { Err(Error::PemBadBase64) }
    }
}
