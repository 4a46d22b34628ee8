//! The verifier reads the anchors where the caller's texts lie, through the same walk as the certificates.

use crate::codec::piece;
use crate::crypto::equal;
use crate::error::{Detail, Error};
use crate::x509::anchors::Anchors;
use crate::x509::certificate::Role;
use crate::x509::digest::{begin, finish, update};
use crate::x509::rules::check_any;
use crate::x509::verifier::Verifier;

impl Verifier<'_> {
    /// Reads every anchor. What can't be used does not matter as long as there is another one; what is damaged is
    /// refused. `known`: they have been read before.
    #[inline(always)]
    pub(super) fn check_anchors(&mut self, known: bool) -> Result<(), Error> {
        if self.target.name.is_empty() {
            return Err(Error::NoServername);
        }
        self.target.name.read();
        if known {
            return Ok(());
        }
        if self.target.name.is_none() {
            return Err(Error::InvalidServername);
        }
        self.anchors = Anchors::new(self.trust.ca);
        // The first one that can be used decides, or the first one.
        let (mut result, mut number) = (Ok(()), 0);
        loop {
            // No subject has the hash of zeros that is sought, so no key is stored.
            self.next_anchor(&mut [])?;
            if self.anchors.are_over {
                break;
            }
            let this = check_any(&self.walk.facts);
            if number == 0 || this.is_ok() {
                (result, number) = (this, self.anchors.number);
            }
        }
        self.walk.forget_subtrees();
        if result.is_err() {
            self.detail.a = number << 8;
        }
        result
    }

    /// Reads the next anchor, if there is one; whether it is the server's own certificate.
    #[inline(never)]
    pub(super) fn next_anchor(&mut self, workspace: &mut [u8]) -> Result<bool, Error> {
        let first = self.count == 1;
        if first {
            begin(&mut self.whole);
        }
        self.walk.restart(Role::Anchor);
        if let Err(error) = self.read_anchor(workspace) {
            self.detail = match error {
                Error::CertTooLarge => Detail { a: self.walk.needed, b: 0 },
                Error::CertUnreadable => {
                    self.detail = Detail { a: self.anchors.number, b: self.walk.offset() };
                    return Err(Error::CaUnreadable);
                }
                _ => self.anchors.reader.place(),
            };
            return Err(error);
        }
        let mut fingerprint = [0; 32];
        finish(&mut self.whole, &mut fingerprint);
        Ok(first && equal(&fingerprint, &self.leaf.fingerprint))
    }

    fn read_anchor(&mut self, workspace: &mut [u8]) -> Result<(), Error> {
        let Anchors { texts, reader, number, are_over } = &mut self.anchors;
        while !reader.next()? {
            let Some(text) = texts.next() else {
                *are_over = true;
                return Ok(());
            };
            reader.open(text);
        }
        *number += 1;
        loop {
            let mut bytes = [0; 32];
            let read = reader.read(&mut bytes)?;
            let mut input = piece(&bytes, 0, read);
            // Where the TBSCertificate ends does not matter.
            let mut result = Ok(true);
            while let Ok(true) = result {
                result = self.walk.step(&mut input, &self.target, workspace);
            }
            let is_complete = self.walk.is_complete();
            update(&mut self.whole, piece(&bytes, 0, read - input.len()));
            if is_complete && reader.gives_back(input.len()) {
                return Ok(());
            }
            let good = result.is_ok() && input.is_empty();
            if good && read == bytes.len() {
                continue;
            }
            // A character that is not base64 explains more than what it made of the certificate.
            while reader.byte()?.is_some() {}
            return if good && is_complete { Ok(()) } else { result.and(Err(Error::CertUnreadable)) };
        }
    }
}
