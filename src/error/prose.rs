//! Errors' sentences: what happened, and what to do.

use super::{Detail, Error, Report};
use core::fmt;

/// For whom an error is put into words: the core's texts hold for all, and what options and functions are called is added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Language {
    /// Espruino's
    JavaScript = 0,
    /// The C ABI
    C = 1,
    /// This crate
    Rust = 2,
}

/// What the peer most likely means by an alert, and what to do.
pub const fn alert_hint(description: u32) -> &'static str {
    match description {
        40 => "the server found no version, cipher suite, curve or signature in common, or wants a client certificate",
        70 => "the server does not speak the TLS versions of this build",
        42..=46 | 48 | 116 => "the server did not accept the client's certificate, or wants one",
        112 => "the server does not know this `servername`",
        120 => "the server has none of the application protocols that were offered",
        _ => "the server's log says why",
    }
}

/// Where the code is the same, but what happened and what to do depends on the numbers.
const fn variant(error: Error, detail: Detail) -> (&'static str, &'static str) {
    match error {
        Error::AlertReceived => (error.text(), alert_hint(detail.a)),
        Error::UnableToGetIssuer if detail.a != 0 => (
            "the chain does not lead to any certificate in `ca`; {a} of the certificates that the server sent fitted nowhere",
            "the server sends its chain in the wrong order, or something else with it: give the intermediate certificate \
             that is missing, or the root, as `ca`",
        ),
        // The first bytes say what it is and how long.
        Error::CertUnreadable if detail.b <= 4 => (
            "certificate {a} of the chain does not begin as certificates do, or has 64 KB or more (byte {b})",
            "give the server another certificate",
        ),
        Error::CaUnreadable if detail.b <= 4 => {
            ("`ca` certificate {a} does not begin as certificates do, or has 64 KB or more (byte {b})", error.hint())
        }
        Error::MessageTooLong if detail.a == 11 => (
            "the server's certificates take {b} bytes, more than this client reads",
            "64 KB are the limit: give the server a certificate with fewer names, and no others but those that lead to `ca`",
        ),
        Error::ChainTooLong if detail.a >= 256 => (
            "too many certificates in `ca` have the name of an issuer and not its key",
            "give only the one that issued the server's certificate, or the next one above it",
        ),
        _ => (error.text(), error.hint()),
    }
}

impl Report {
    /// What the things in the sentences are called in that language; empty where they say all.
    pub fn names(&self, language: Language) -> &'static str {
        match (self.error, self.detail.a, language) {
            (Error::AlertReceived, 120, Language::JavaScript) => "`ALPNProtocols`",
            (Error::AlertReceived, 120, _) => "`alpn`",
            _ => self.error.names(language),
        }
    }

    /// What happened and what to do, with `{a}`, `{b}` and `{c}` where the numbers and the certificate belong.
    pub const fn sentences(&self) -> (&'static str, &'static str) {
        variant(self.error, self.detail)
    }

    /// Gives the text piece by piece: `CODE: what happened. What to do (what it is called in this language).` Not through
    /// `core::fmt`, which would cost two kilobytes on the chip.
    pub fn pieces(&self, language: Language, put: &mut dyn FnMut(&[u8])) {
        put(self.code().as_bytes());
        put(b": ");
        let (text, hint) = self.sentences();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            put(before.as_bytes());
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            match name {
                "a" => put_decimal(self.detail.a, put),
                "b" => put_decimal(self.detail.b, put),
                _ => put_certificate(self.detail.a, put),
            }
            rest = tail;
        }
        put(rest.as_bytes());
        put(b". ");
        put(hint.as_bytes());
        let names = self.names(language);
        if !names.is_empty() {
            put(b" (");
            put(names.as_bytes());
            put(b")");
        }
    }
}

/// Which certificate it is; see [`Error::CertHasExpired`].
fn put_certificate(which: u32, put: &mut dyn FnMut(&[u8])) {
    put(b"certificate ");
    match (which >> 8, which) {
        (0, 0) => put(b"0 of the chain, the server's own,"),
        (0, depth) => {
            put_decimal(depth, put);
            put(b" of the chain");
        }
        (number, _) => {
            put_decimal(number, put);
            put(b" in `ca`");
        }
    }
}

fn put_decimal(value: u32, put: &mut dyn FnMut(&[u8])) {
    let mut digits = [b'0'; 10];
    let mut left = value;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit += (left % 10) as u8;
        left /= 10;
        used += 1;
        if left == 0 {
            break;
        }
    }
    put(digits.get(10 - used..).unwrap_or_default());
}

impl fmt::Display for Report {
    /// See [`Report::pieces`]: with Rust's names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.pieces(Language::Rust, &mut |piece| {
            // every piece is cut from a str at a character's boundary
            result = result.and_then(|()| f.write_str(core::str::from_utf8(piece).unwrap_or_default()));
        });
        result
    }
}
