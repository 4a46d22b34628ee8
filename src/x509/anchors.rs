//! The trusted certificates, read where the caller's texts lie.

use crate::config::Bytes;
use crate::crypto::Sha256;
use crate::error::{Detail, Error};
use crate::x509::certificate::{CertificateWalk, Role, Target};
use crate::x509::pem::Reader;
use crate::x509::rules::check_any;

/// The anchors, one after the other, each read through a walk.
pub(super) struct Anchors<'a> {
    texts: core::slice::Iter<'a, Bytes<'a>>,
    reader: Reader<'a>,
    pub(super) number: u32,
    /// The last one has been read.
    pub(super) are_over: bool,
}

impl<'a> Anchors<'a> {
    #[inline(always)] // it is made where it stays
    pub(super) fn new(ca: &'a [Bytes<'a>]) -> Self {
        Anchors { texts: ca.iter(), reader: Reader::none(), number: 0, are_over: false }
    }

    /// Reads the next anchor, which also goes into the hash if there is one; false if there is none.
    #[inline(never)]
    pub(super) fn next(
        &mut self,
        walk: &mut CertificateWalk,
        whole: Option<&mut Sha256>,
        target: &Target,
        workspace: &mut [u8],
        detail: &mut Detail,
    ) -> Result<bool, Error> {
        walk.restart(Role::Anchor);
        let result = self.read(walk, whole, target, workspace);
        *detail = match result {
            Ok(_) => return result,
            Err(Error::CertTooLarge) => Detail { a: walk.needed, b: 0 },
            Err(Error::CertUnreadable) => {
                *detail = Detail { a: self.number, b: walk.offset() };
                return Err(Error::CaUnreadable);
            }
            Err(_) => self.reader.place(),
        };
        result
    }

    fn read(
        &mut self,
        walk: &mut CertificateWalk,
        mut whole: Option<&mut Sha256>,
        target: &Target,
        workspace: &mut [u8],
    ) -> Result<bool, Error> {
        while !self.reader.next()? {
            let Some(text) = self.texts.next() else {
                self.are_over = true;
                return Ok(false);
            };
            self.reader.open(text);
        }
        self.number += 1;
        while let Some(byte) = self.reader.byte()? {
            let mut input = core::slice::from_ref(&byte);
            if let Some(hash) = &mut whole {
                hash.update(input);
            }
            let result = loop {
                match walk.step(&mut input, target, workspace) {
                    Ok(true) => {}
                    other => break other,
                }
            };
            if result.is_err() || !input.is_empty() {
                // A character that is not base64 explains more than what it made of the certificate.
                while self.reader.byte()?.is_some() {}
                return result.and(Err(Error::CertUnreadable));
            }
            if walk.is_complete() && self.reader.knows_no_end() {
                return Ok(true);
            }
        }
        if walk.is_complete() { Ok(true) } else { Err(Error::CertUnreadable) }
    }
}

/// Reads every anchor. What can't be used does not matter as long as there is another one; what is damaged is refused.
/// The detail is that of the error. `known`: they have been read before.
pub(super) fn check_anchors(ca: &[Bytes], name: &[u8], known: bool, detail: &mut Detail) -> Result<(), Error> {
    if known {
        return Ok(());
    }
    // No subject has the hash of zeros, so no key is stored.
    let mut target = Target::new(name);
    target.name.read();
    if target.name.is_none() {
        return Err(Error::InvalidServername);
    }
    let mut anchors = Anchors::new(ca);
    let mut walk = CertificateWalk::new();
    // The first one that can be used decides, or the first one.
    let (mut result, mut number) = (Ok(()), 0);
    while anchors.next(&mut walk, None, &target, &mut [], detail)? {
        let this = check_any(&walk.facts);
        if number == 0 || this.is_ok() {
            (result, number) = (this, anchors.number);
        }
    }
    if result.is_err() {
        detail.a = number << 8;
    }
    result
}
