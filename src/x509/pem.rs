//! Certificates and keys as people have them: PEM (RFC 7468), bare base64 or DER, as a stream of DER bytes. A PEM text
//! may hold both: each reader takes its own blocks. Nothing is copied but the few bytes that the reader asks for.

use crate::codec::piece;
use crate::crypto::equal;
use crate::error::{Detail, Error};
use crate::text::base64;

/// Reads one string that holds one certificate or several, or a private key.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    /// A private key is looked for, not certificates.
    #[cfg(feature = "client-auth")]
    key: bool,
    text: &'a [u8],
    at: usize,
    format: Format,
    /// A certificate has begun; PEM: and not ended.
    begun: bool,
    inside: bool,
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
    #[cfg(any(feature = "client-auth", test))]
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let mut reader = Self::none();
        reader.open(text);
        reader
    }

    /// Begins with another text.
    #[inline(never)]
    pub(crate) fn open(&mut self, text: &'a [u8]) {
        self.text = text;
        self.at = 0;
        self.begun = false;
        self.format = Format::Der;
        // DER begins with a SEQUENCE, base64 of it with M; and base64 has no dashes.
        if text.first() != Some(&0x30) {
            self.skip(false);
            self.format = if self.at < text.len() { Format::Pem } else { Format::Base64 };
            self.at = 0;
        }
    }

    /// For a private key.
    #[cfg(feature = "client-auth")]
    pub(crate) fn for_key(text: &'a [u8]) -> Self {
        Reader { key: true, ..Self::new(text) }
    }

    /// A text with nothing in it.
    pub(crate) const fn none() -> Self {
        Reader {
            #[cfg(feature = "client-auth")]
            key: false,
            text: &[],
            at: 0,
            format: Format::Der,
            begun: true,
            inside: false,
            bits: 0,
            bit_count: 0,
            padding: 0,
        }
    }

    /// Goes to the next certificate; false if there is none.
    pub(crate) fn next(&mut self) -> Result<bool, Error> {
        let first = !self.begun;
        self.bit_count = 0;
        self.padding = 0;
        self.inside = if self.format == Format::Pem {
            self.begin_line()?
        } else {
            // Bare base64 is one certificate: it has been read to the text's end.
            if self.format == Format::Base64 {
                self.skip_space();
            }
            self.at < self.text.len()
        };
        self.begun = true;
        if first && !self.inside {
            return Err(Error::PemNoStartLine);
        }
        Ok(self.inside)
    }

    /// The certificate's next byte, if there is one.
    pub(crate) fn byte(&mut self) -> Result<Option<u8>, Error> {
        if self.knows_no_end() { Ok(self.take()) } else { self.base64_byte() }
    }

    /// As many of the certificate's next bytes as there are and as there is room for.
    pub(crate) fn read(&mut self, room: &mut [u8]) -> Result<usize, Error> {
        let mut read = 0;
        for place in room {
            let Some(byte) = self.byte()? else { break };
            *place = byte;
            read += 1;
        }
        Ok(read)
    }

    /// It is up to the caller to notice where a certificate ends.
    pub(crate) fn knows_no_end(&self) -> bool {
        self.format == Format::Der
    }

    /// Takes back what was read behind the end of a certificate, if it did not know where that is.
    pub(crate) fn gives_back(&mut self, len: usize) -> bool {
        if self.knows_no_end() {
            self.at -= len;
        }
        self.knows_no_end()
    }

    /// Line and column, from 1. CR, LF and CRLF end lines.
    pub(crate) fn place(&self) -> Detail {
        let mut place = Detail { a: 1, b: 1 };
        let mut last = 0;
        for &byte in self.text.iter().take(self.at) {
            place.b += 1;
            if byte == b'\r' || byte == b'\n' {
                place.a += u32::from(byte == b'\r' || last != b'\r');
                place.b = 1;
            }
            last = byte;
        }
        place
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.text.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    /// Skips dashes, or what is none; returns how many characters.
    #[inline(never)]
    fn skip(&mut self, dashes: bool) -> usize {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|&c| (c == b'-') == dashes) {
            self.at += 1;
        }
        self.at - start
    }

    #[inline(never)]
    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// Takes these words, if they come next.
    #[inline(never)]
    fn skip_words(&mut self, words: &[u8]) -> bool {
        let here = equal(piece(self.text, self.at, words.len()), words);
        if here {
            self.at += words.len();
        }
        here
    }

    /// What stands in both lines: CERTIFICATE, or X509 CERTIFICATE in old files. Of keys: PRIVATE KEY, EC PRIVATE KEY
    /// and RSA.
    #[inline(never)]
    fn skip_label(&mut self) -> bool {
        #[cfg(feature = "client-auth")]
        if self.key {
            if !self.skip_words(b"EC ") {
                self.skip_words(b"RSA ");
            }
            return self.skip_words(b"PRIVATE KEY");
        }
        self.skip_words(b"X509 ");
        self.skip_words(b"CERTIFICATE")
    }

    /// Finds `-----BEGIN CERTIFICATE-----` and goes behind it. Text around is skipped, and so are other blocks: people
    /// keep a key and its certificates in one file. What looks like a line that was meant and is misspelt is an error.
    fn begin_line(&mut self) -> Result<bool, Error> {
        // Where the label of another block is; it has begun and not ended.
        let (mut other, mut inside) = (0, false);
        let error = loop {
            self.skip(false);
            let start = self.at;
            let dashes = self.skip(true);
            if dashes == 0 {
                if self.begun {
                    return Ok(false);
                }
                // The place to look at is that label, or the first dash.
                self.at = other;
                if other != 0 {
                    break Error::PemNotCertificate;
                }
                self.skip(false);
                break Error::PemNoStartLine;
            }
            let begin = self.skip_words(b"BEGIN ");
            if !begin && !self.skip_words(b"END ") {
                continue;
            }
            if dashes != 5 || !begin & !inside {
                self.at = start;
                break Error::PemNoStartLine;
            }
            if begin {
                if other == 0 {
                    other = self.at;
                }
                if self.skip_label() {
                    match self.skip(true) {
                        5 => return Ok(true),
                        0 => {} // CERTIFICATE REQUEST
                        _ => break Error::PemNoStartLine,
                    }
                }
            }
            inside = begin;
            // The next line may follow without a line end.
            self.skip(false);
            self.at += 5;
        };
        Err(error)
    }

    /// `-----END CERTIFICATE-----`, which may be followed by a BEGIN line without a line end between them.
    fn end_line(&mut self) -> Result<(), Error> {
        let start = self.at;
        if self.skip(true) == 5 && self.skip_words(b"END ") && self.skip_label() {
            let end = self.at + 5;
            match self.skip(true) {
                5 => return Ok(()),
                10 if self.skip_words(b"BEGIN ") => {
                    self.at = end;
                    return Ok(());
                }
                _ => {}
            }
        }
        self.at = start;
        Err(Error::PemBadEndLine)
    }

    fn base64_byte(&mut self) -> Result<Option<u8>, Error> {
        while self.inside {
            let here = self.at;
            let c = self.take().unwrap_or(b'-');
            if let Some(value) = base64(c)
                && self.padding == 0
            {
                self.bits = self.bits << 6 | u32::from(value);
                self.bit_count += 6;
                if self.bit_count >= 8 {
                    self.bit_count -= 8;
                    return Ok(Some((self.bits >> self.bit_count) as u8));
                }
            } else if c == b'=' && self.padding < 2 {
                self.padding += 1;
            } else {
                self.at = here;
                self.skip_space();
                if self.at != here {
                    continue;
                }
                // Four characters make three bytes; what is missing is filled up with `=`, the bits left over are zero.
                let whole = (self.bit_count == self.padding * 2) & (self.bits & ((1 << self.bit_count) - 1) == 0);
                let good = (c == b'-') & whole;
                // A text that just ends was cut off, wherever that was.
                if self.format != Format::Pem {
                    if !good {
                        return Err(Error::PemNoStartLine);
                    }
                } else if good || here >= self.text.len() {
                    self.end_line()?;
                } else {
                    return Err(Error::PemBadBase64);
                }
                self.inside = false;
            }
        }
        Ok(None)
    }
}
