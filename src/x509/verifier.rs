//! Checks a server's Certificate message as it flows past.

use crate::codec::take;
use crate::config::Trust;
use crate::crypto::{Sha256, Work};
use crate::error::{Detail, Error};
use crate::x509::anchors::Anchors;
use crate::x509::certificate::{CertificateWalk, Target};
use crate::x509::digest::{begin, finish};
use crate::x509::leaf::{Leaf, TrustedBy};
use crate::x509::path::{Path, Spare};
use crate::x509::pin;
use core::task::{Poll, ready};

/// Checks a server's Certificate message (RFC 5246 §7.4.2, RFC 8446 §4.4.2) as it flows past. All calls of one
/// verifier are to be given the same workspace, and none after an error.
///
/// Small and busy fields come first, as in the walk; and there is no gap before zeros, as in the flight.
#[repr(C)]
pub struct Verifier<'a> {
    /// Certificates begun so far.
    pub(super) count: u8,
    /// Bytes of the current certificate that are still to come.
    left: usize,
    pub(super) path: Path,
    /// Where the search among the anchors is.
    pub(super) anchors: Anchors<'a>,
    pub(super) detail: Detail,
    pub(super) trust: Trust<'a>,
    pub(super) leaf: Leaf,
    pub(super) spare: Spare,
    pub(super) target: Target<'a>,
    pub(super) walk: CertificateWalk,
    /// The hash of the server's certificate.
    pub(super) whole: Option<Sha256>,
}

impl<'a> Verifier<'a> {
    /// A verifier for one connection. `name` is the DNS name or IP address to look for, `now` the time in seconds since
    /// 1970, if the device knows it.
    pub fn new(trust: Trust<'a>, name: &'a [u8], now: Option<i64>) -> Self {
        let mut verifier = Self::blank(trust, name);
        verifier.read_name();
        verifier.start(now);
        verifier
    }

    /// A verifier that has to be started where it stays: it is large to be moved.
    #[inline(always)]
    pub(crate) fn blank(trust: Trust<'a>, name: &'a [u8]) -> Self {
        Verifier {
            count: 0,
            left: 0,
            path: Path::NEW,
            anchors: Anchors::new(&[]),
            detail: Detail { a: 0, b: 0 },
            trust,
            leaf: Leaf::NONE,
            spare: Spare::NONE,
            target: Target::new(name),
            walk: CertificateWalk::new(),
            whole: None,
        }
    }

    /// Reads the clock. [`Self::check`] has been called.
    #[inline(always)]
    pub(crate) fn start(&mut self, now: Option<i64>) {
        self.start_search(now);
    }

    /// SHA-256 of the server's certificate, also when it was refused; zeros before it has come.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.leaf.fingerprint
    }

    /// The numbers that belong to the last error.
    pub fn detail(&self) -> Detail {
        self.detail
    }

    /// Bytes of the current certificate that are still to come.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The number that belongs to an error of the message around.
    pub(crate) fn blame(&mut self, number: u32) {
        self.detail = Detail { a: number, b: 0 };
    }

    /// A certificate of that many bytes begins.
    pub fn begin(&mut self, length: usize) -> Result<(), Error> {
        self.left = length;
        self.count = self.count.saturating_add(1);
        self.begin_search()?;
        if self.is_read() {
            self.walk.restart(self.role());
        }
        if self.count == 1 {
            begin(&mut self.whole);
        }
        if length == 0 { self.malformed() } else { Ok(()) }
    }

    /// More of it, in any pieces; takes no more bytes than the certificate has. Pending: a slice of a verification is
    /// due, and what is left of the bytes comes again with the next call.
    pub fn push(&mut self, bytes: &mut &[u8], workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        let mut piece = bytes.get(..self.left).unwrap_or(bytes);
        let given = piece.len();
        let mut result = Poll::Ready(Ok(()));
        if self.is_read() {
            result = self.walk_on(&mut piece, workspace, work);
        } else {
            piece = &[];
        }
        let taken = take(bytes, given - piece.len());
        self.left -= taken.len();
        if let Some(hash) = &mut self.whole {
            hash.update(taken);
        }
        ready!(result)?;
        // Bytes after the certificate's end.
        Poll::Ready(if piece.is_empty() { Ok(()) } else { self.malformed() })
    }

    fn walk_on(&mut self, input: &mut &[u8], workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        loop {
            ready!(self.judge(workspace, work))?;
            match self.walk.step(input, &self.target, workspace) {
                Ok(false) => return Poll::Ready(Ok(())),
                Ok(true) => self.tbs_is_complete(),
                Err(error) => return Poll::Ready(Err(self.place(error))),
            }
        }
    }

    /// The certificate is complete. Called again for each slice of a verification.
    pub fn end(&mut self, workspace: &mut [u8], work: &mut Work) -> Poll<Result<(), Error>> {
        if self.left != 0 {
            return Poll::Ready(self.malformed());
        }
        if !self.is_read() {
            return Poll::Ready(Ok(()));
        }
        if !work.is_pending() {
            if !self.walk.is_complete() {
                return Poll::Ready(self.malformed());
            }
            if self.count == 1 {
                self.end_leaf()?;
            }
        }
        self.end_search(workspace, work)
    }

    /// No more certificates follow: is the server to be trusted?
    pub fn finish(&mut self) -> Result<Leaf, Error> {
        if self.count == 0 {
            return Err(Error::NoCertificate);
        }
        if !self.trust.insecure {
            if !self.trust.ca.is_empty() && !self.leaf.trusted_by.contains(TrustedBy::CA) {
                return Err(self.untrusted());
            }
            if self.leaf.trusted_by == TrustedBy::NOBODY {
                return Err(Error::NoTrust);
            }
        }
        Ok(self.leaf)
    }

    /// Whether the current certificate matters: the first one does, the others only while a path is looked for.
    fn is_read(&self) -> bool {
        self.count == 1 || self.seeks_path()
    }

    fn end_leaf(&mut self) -> Result<(), Error> {
        self.leaf.key = self.walk.facts.key;
        finish(&mut self.whole, &mut self.leaf.fingerprint);
        self.detail = Detail::default();
        self.walk.facts.key.check()?;
        self.match_pins()
    }

    /// Compares the pins with the server's certificate and key; before there is one, only reads them.
    pub(super) fn match_pins(&mut self) -> Result<(), Error> {
        self.match_pins_of(TrustedBy::FINGERPRINT)?;
        self.match_pins_of(TrustedBy::PUBLIC_KEY)
    }

    #[inline(never)]
    fn match_pins_of(&mut self, reason: TrustedBy) -> Result<(), Error> {
        let is_key = reason == TrustedBy::PUBLIC_KEY;
        let (mut pins, mut digest) = (self.trust.fingerprint256, &self.leaf.fingerprint);
        if is_key {
            (pins, digest) = (self.trust.pinned_pub_key, &self.walk.facts.id.key);
        }
        if pins.is_empty() {
            return Ok(());
        }
        match pin::count(pins, digest, is_key) {
            Err(place) => {
                self.detail.a = place as u32;
                return Err(if is_key { Error::InvalidPin } else { Error::InvalidFingerprint });
            }
            Ok(_) if self.count == 0 => {}
            Ok(0) => return Err(if is_key { Error::PinMismatch } else { Error::FingerprintMismatch }),
            Ok(_) => self.leaf.trusted_by.add(reason),
        }
        Ok(())
    }

    fn malformed(&mut self) -> Result<(), Error> {
        Err(self.place(Error::CertUnreadable))
    }

    /// Fills in the numbers of an error of the walk.
    #[inline(never)]
    pub(super) fn place(&mut self, error: Error) -> Error {
        self.detail = match error {
            Error::CertTooLarge => Detail { a: self.walk.needed, b: 0 },
            _ => Detail { a: u32::from(self.count.saturating_sub(1)), b: self.walk.offset() },
        };
        error
    }
}
