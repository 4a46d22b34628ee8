//! The walk: what a certificate (RFC 5280 §4.1) tells while its bytes flow past. What is allowed where is a table,
//! [`GRAMMAR`]; what an element means is in [`Walk::open`], [`Walk::data`] and [`Walk::close`].
//!
//! Names (Issuer, Subject) are hashed, not kept. Two names are equal here if they begin with the same half of SHA-256,
//! that is if they have the same DER; a name only says whose key to try, and that key's signature has to be right. RFC 5280 §7.1 would have a client fold case and spaces too, but §4.1.2.4 obliges a CA to copy its subject
//! into what it issues byte for byte, all do, and a client that compares less finely gains nothing but risk.
//!
//! A broken rule does not end the walk: the certificate may turn out not to matter. It is kept as a [`Facts::fault`].

use super::der::{DEPTH, Der, Token};
#[cfg(feature = "chain")]
use super::name::{Name, Progress, is_name_byte};
#[cfg(feature = "chain")]
use super::validity;
use super::{StoredKey, begin, finish};
use crate::crypto::Sha256;
#[cfg(feature = "chain")]
use crate::crypto::{Digest, Hash, HashAlgorithm, SignatureAlgorithm};
use crate::error::Error;

/// What is awaited next. From `End` on the element around may end here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
enum At {
    Certificate,
    Tbs,
    Version,
    VersionNumber,
    Serial,
    SignatureAlgorithm,
    Issuer,
    Validity,
    NotBefore,
    NotAfter,
    Subject,
    KeyInfo,
    KeyAlgorithm,
    KeyPoint,
    KeyUnknown,
    #[cfg(feature = "rsa")]
    KeyRsa,
    #[cfg(feature = "rsa")]
    RsaKey,
    #[cfg(feature = "rsa")]
    Modulus,
    #[cfg(feature = "rsa")]
    Exponent,
    #[cfg(feature = "chain")]
    Extensions,
    #[cfg(feature = "chain")]
    FirstExtension,
    #[cfg(feature = "chain")]
    ExtensionId,
    #[cfg(feature = "chain")]
    Critical,
    #[cfg(feature = "chain")]
    ExtensionValue,
    #[cfg(feature = "chain")]
    AnyValue,
    #[cfg(feature = "chain")]
    BasicConstraints,
    #[cfg(feature = "chain")]
    KeyUsage,
    #[cfg(feature = "chain")]
    Purposes,
    #[cfg(feature = "chain")]
    FirstPurpose,
    #[cfg(feature = "chain")]
    AltNames,
    #[cfg(feature = "chain")]
    FirstAltName,
    #[cfg(feature = "chain")]
    NameConstraints,
    #[cfg(feature = "chain")]
    FirstSubtrees,
    #[cfg(feature = "chain")]
    FirstSubtree,
    #[cfg(feature = "chain")]
    Base,
    #[cfg(feature = "chain")]
    OuterAlgorithm,
    #[cfg(feature = "chain")]
    Signature,
    End,
    Rest,
    #[cfg(feature = "chain")]
    AfterKey,
    #[cfg(feature = "chain")]
    Extension,
    #[cfg(feature = "chain")]
    Ca,
    #[cfg(feature = "chain")]
    PathLength,
    #[cfg(feature = "chain")]
    Purpose,
    #[cfg(feature = "chain")]
    AltName,
    #[cfg(feature = "chain")]
    Excluded,
    #[cfg(feature = "chain")]
    Subtree,
}

/// How an element is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Look into it: this comes first there.
    Enter(At),
    /// Keep its content, at most [`SMALL`] bytes of it.
    Keep,
    /// See its content flow past.
    Pass,
}

struct Row(At, u8, How, At);

const ANY: u8 = 0;
#[cfg(feature = "chain")]
const BOOLEAN: u8 = 1;
const INTEGER: u8 = 2;
const BITS: u8 = 3;
#[cfg(feature = "chain")]
const OCTETS: u8 = 4;
#[cfg(feature = "chain")]
const OID: u8 = 6;
const SEQUENCE: u8 = 0x30;
/// GeneralName (RFC 5280 §4.2.1.6): dNSName \[2\], iPAddress \[7\].
#[cfg(feature = "chain")]
const DNS: u8 = 0x82;
#[cfg(feature = "chain")]
const IP: u8 = 0x87;
/// Also \[0\] permittedSubtrees, \[1\] excludedSubtrees.
const CONTEXT_0: u8 = 0xa0;
#[cfg(feature = "chain")]
const CONTEXT_1: u8 = 0xa1;
#[cfg(feature = "chain")]
const CONTEXT_3: u8 = 0xa3;

use How::{Enter, Keep, Pass};

/// RFC 5280 §4.1 and §4.2: here, an element with this tag, is read so, and then comes that. The first row that fits.
#[rustfmt::skip]
const GRAMMAR: &[Row] = &[
    Row(At::Certificate, SEQUENCE, Enter(At::Tbs), At::End),
    #[cfg(feature = "chain")]
    Row(At::Tbs, SEQUENCE, Enter(At::Version), At::OuterAlgorithm),
    #[cfg(not(feature = "chain"))]
    Row(At::Tbs, SEQUENCE, Enter(At::Version), At::Rest),
    Row(At::Version, CONTEXT_0, Enter(At::VersionNumber), At::Serial),
    Row(At::VersionNumber, INTEGER, Keep, At::End),
    Row(At::Version, INTEGER, Keep, At::SignatureAlgorithm), // version 1: it is the serial number
    Row(At::Serial, INTEGER, Keep, At::SignatureAlgorithm),
    Row(At::SignatureAlgorithm, SEQUENCE, Keep, At::Issuer),
    Row(At::Issuer, SEQUENCE, Pass, At::Validity),
    Row(At::Validity, SEQUENCE, Enter(At::NotBefore), At::Subject),
    Row(At::NotBefore, ANY, Keep, At::NotAfter),
    Row(At::NotAfter, ANY, Keep, At::End),
    Row(At::Subject, SEQUENCE, Pass, At::KeyInfo),
    #[cfg(feature = "chain")]
    Row(At::KeyInfo, SEQUENCE, Enter(At::KeyAlgorithm), At::AfterKey),
    #[cfg(not(feature = "chain"))]
    Row(At::KeyInfo, SEQUENCE, Enter(At::KeyAlgorithm), At::Rest),
    Row(At::KeyAlgorithm, SEQUENCE, Keep, At::KeyUnknown),
    Row(At::KeyUnknown, BITS, Pass, At::End),
    Row(At::KeyPoint, BITS, Pass, At::End),
    #[cfg(feature = "rsa")]
    Row(At::KeyRsa, BITS, Enter(At::RsaKey), At::End),
    #[cfg(feature = "rsa")]
    Row(At::RsaKey, SEQUENCE, Enter(At::Modulus), At::End),
    #[cfg(feature = "rsa")]
    Row(At::Modulus, INTEGER, Pass, At::Exponent),
    #[cfg(feature = "rsa")]
    Row(At::Exponent, INTEGER, Keep, At::End),
    Row(At::Rest, ANY, Pass, At::Rest),
    #[cfg(feature = "chain")]
    Row(At::AfterKey, CONTEXT_3, Enter(At::Extensions), At::End),
    #[cfg(feature = "chain")]
    Row(At::AfterKey, ANY, Pass, At::AfterKey), // unique identifiers
    #[cfg(feature = "chain")]
    Row(At::Extensions, SEQUENCE, Enter(At::FirstExtension), At::End),
    #[cfg(feature = "chain")]
    Row(At::FirstExtension, SEQUENCE, Enter(At::ExtensionId), At::Extension),
    #[cfg(feature = "chain")]
    Row(At::Extension, SEQUENCE, Enter(At::ExtensionId), At::Extension),
    #[cfg(feature = "chain")]
    Row(At::ExtensionId, OID, Keep, At::Critical),
    #[cfg(feature = "chain")]
    Row(At::Critical, BOOLEAN, Keep, At::ExtensionValue),
    #[cfg(feature = "chain")]
    Row(At::Critical, OCTETS, Enter(At::AnyValue), At::End),
    #[cfg(feature = "chain")]
    Row(At::ExtensionValue, OCTETS, Enter(At::AnyValue), At::End),
    #[cfg(feature = "chain")]
    Row(At::AnyValue, ANY, Pass, At::End),
    #[cfg(feature = "chain")]
    Row(At::BasicConstraints, SEQUENCE, Enter(At::Ca), At::End),
    #[cfg(feature = "chain")]
    Row(At::Ca, BOOLEAN, Keep, At::PathLength),
    #[cfg(feature = "chain")]
    Row(At::Ca, INTEGER, Keep, At::End),
    #[cfg(feature = "chain")]
    Row(At::PathLength, INTEGER, Keep, At::End),
    #[cfg(feature = "chain")]
    Row(At::KeyUsage, BITS, Keep, At::End),
    #[cfg(feature = "chain")]
    Row(At::Purposes, SEQUENCE, Enter(At::FirstPurpose), At::End),
    #[cfg(feature = "chain")]
    Row(At::FirstPurpose, OID, Keep, At::Purpose),
    #[cfg(feature = "chain")]
    Row(At::Purpose, OID, Keep, At::Purpose),
    #[cfg(feature = "chain")]
    Row(At::AltNames, SEQUENCE, Enter(At::FirstAltName), At::End),
    #[cfg(feature = "chain")]
    Row(At::FirstAltName, IP, Keep, At::AltName),
    #[cfg(feature = "chain")]
    Row(At::FirstAltName, ANY, Pass, At::AltName),
    #[cfg(feature = "chain")]
    Row(At::AltName, IP, Keep, At::AltName),
    #[cfg(feature = "chain")]
    Row(At::AltName, ANY, Pass, At::AltName),
    #[cfg(feature = "chain")]
    Row(At::NameConstraints, SEQUENCE, Enter(At::FirstSubtrees), At::End),
    #[cfg(feature = "chain")]
    Row(At::FirstSubtrees, CONTEXT_0, Enter(At::FirstSubtree), At::Excluded),
    #[cfg(feature = "chain")]
    Row(At::FirstSubtrees, CONTEXT_1, Enter(At::FirstSubtree), At::End),
    #[cfg(feature = "chain")]
    Row(At::Excluded, CONTEXT_1, Enter(At::FirstSubtree), At::End),
    #[cfg(feature = "chain")]
    Row(At::FirstSubtree, SEQUENCE, Enter(At::Base), At::Subtree),
    #[cfg(feature = "chain")]
    Row(At::Subtree, SEQUENCE, Enter(At::Base), At::Subtree),
    #[cfg(feature = "chain")]
    Row(At::Base, IP, Keep, At::End), // minimum and maximum are never there (§4.2.1.10)
    #[cfg(feature = "chain")]
    Row(At::Base, ANY, Pass, At::End),
    #[cfg(feature = "chain")]
    Row(At::OuterAlgorithm, SEQUENCE, Keep, At::Signature),
    #[cfg(feature = "chain")]
    Row(At::Signature, BITS, Pass, At::End),
];

/// Room for the start of a TBSCertificate up to its signature algorithm, which says with which hash to begin: header,
/// version, serial number and the AlgorithmIdentifier of RSASSA-PSS; later for any small value.
const SMALL: usize = 100;

/// More name constraints than this are somebody's attempt to waste time.
#[cfg(feature = "chain")]
const MOST_SUBTREES: u16 = 1024;

/// What [`Facts::flags`] says.
#[cfg(feature = "chain")]
pub(crate) mod flag {
    /// basicConstraints: CA:TRUE
    pub(crate) const CA: u16 = 1;
    /// keyUsage is there
    pub(crate) const KEY_USAGE: u16 = 1 << 1;
    /// extKeyUsage is there
    pub(crate) const PURPOSES: u16 = 1 << 2;
    /// extKeyUsage has serverAuth or anyExtendedKeyUsage
    pub(crate) const SERVER_AUTH: u16 = 1 << 3;
    /// subjectAltName has the name looked for
    pub(crate) const NAMED: u16 = 1 << 4;
    /// nameConstraints is there
    pub(crate) const CONSTRAINTS: u16 = 1 << 5;
    /// a permitted subtree has the form of the name looked for
    pub(crate) const PERMITS: u16 = 1 << 6;
    /// the name lies in a permitted subtree
    pub(crate) const PERMITTED: u16 = 1 << 7;
    /// the name lies in an excluded subtree, or a subtree can't be understood
    pub(crate) const FORBIDDEN: u16 = 1 << 8;
    /// notAfter has passed
    pub(crate) const EXPIRED: u16 = 1 << 9;
    /// notBefore has not come
    pub(crate) const NOT_YET: u16 = 1 << 10;
    /// a critical extension that is not known here
    pub(crate) const UNKNOWN_CRITICAL: u16 = 1 << 11;
    /// the subject is not empty
    pub(crate) const SUBJECT: u16 = 1 << 12;
    /// issuer and subject are the same
    pub(crate) const SELF_ISSUED: u16 = 1 << 13;
    /// the extension being read is critical
    pub(crate) const CRITICAL: u16 = 1 << 14;
    /// in excludedSubtrees
    pub(crate) const EXCLUDING: u16 = 1 << 15;
}

/// keyUsage bits as they lie in the first byte (RFC 5280 §4.2.1.3).
#[cfg(feature = "chain")]
pub(crate) const DIGITAL_SIGNATURE: u8 = 0x80;
#[cfg(feature = "chain")]
pub(crate) const KEY_CERT_SIGN: u8 = 0x04;

/// The bit of a GeneralName's form: its tag number.
#[cfg(feature = "chain")]
pub(crate) const fn form(tag: u8) -> u16 {
    1 << (tag & 0xf)
}
/// directoryName
#[cfg(feature = "chain")]
pub(crate) const DIRECTORY_NAME: u16 = form(0xa4);
/// The forms that the name looked for may have.
#[cfg(feature = "chain")]
pub(crate) const HOST_FORMS: u16 = form(DNS) | form(IP);

/// The first half of a name's SHA-256.
#[cfg(feature = "chain")]
pub(crate) type NameHash = [u8; 16];

#[cfg(feature = "chain")]
fn name_hash(part: &mut Option<Sha256>) -> NameHash {
    finish(part).first_chunk().copied().unwrap_or([0; 16])
}

/// What a walk has found out.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Facts {
    #[cfg(feature = "chain")]
    pub(crate) flags: u16,
    /// The forms of the names that the certificate has, and that its name constraints speak of.
    #[cfg(feature = "chain")]
    pub(crate) forms: u16,
    #[cfg(feature = "chain")]
    pub(crate) constrained: u16,
    #[cfg(feature = "chain")]
    pub(crate) signature_len: u16,
    /// How the issuer signed; `None` if the algorithm is weak or not known.
    #[cfg(feature = "chain")]
    pub(crate) signature: Option<(SignatureAlgorithm, HashAlgorithm)>,
    #[cfg(feature = "chain")]
    pub(crate) key_usage: u8,
    /// pathLenConstraint; 255 if there is none.
    #[cfg(feature = "chain")]
    pub(crate) path_len: u8,
    /// The first rule that is broken whatever the certificate is used for.
    pub(crate) fault: Option<Error>,
    pub(crate) key: StoredKey,
    /// Hashes of issuer and subject, and the SHA-256 of SubjectPublicKeyInfo.
    #[cfg(feature = "chain")]
    pub(crate) issuer: NameHash,
    #[cfg(feature = "chain")]
    pub(crate) subject: NameHash,
    pub(crate) key_hash: [u8; 32],
}

impl Facts {
    const fn new() -> Self {
        Facts {
            #[cfg(feature = "chain")]
            issuer: [0; 16],
            #[cfg(feature = "chain")]
            subject: [0; 16],
            key_hash: [0; 32],
            key: StoredKey::none(),
            #[cfg(feature = "chain")]
            signature: None,
            #[cfg(feature = "chain")]
            signature_len: 0,
            #[cfg(feature = "chain")]
            flags: 0,
            #[cfg(feature = "chain")]
            key_usage: 0,
            #[cfg(feature = "chain")]
            path_len: 255,
            #[cfg(feature = "chain")]
            forms: 0,
            #[cfg(feature = "chain")]
            constrained: 0,
            fault: None,
        }
    }

    #[cfg(feature = "chain")]
    pub(crate) fn has(&self, flags: u16) -> bool {
        self.flags & flags != 0
    }

    fn fault(&mut self, error: Error) {
        if self.fault.is_none() {
            self.fault = Some(error);
        }
    }
}

/// What the walk has to know from outside.
pub(crate) struct Context<'c> {
    #[cfg(feature = "chain")]
    pub(crate) name: &'c Name<'c>,
    /// The time; `None`: dates are not looked at.
    #[cfg(feature = "chain")]
    pub(crate) now: Option<i64>,
    /// The key is stored only if the subject has this hash.
    #[cfg(feature = "chain")]
    pub(crate) wanted: Option<&'c NameHash>,
    /// Where in the workspace the key goes.
    pub(crate) key_at: usize,
    #[cfg(not(feature = "chain"))]
    pub(crate) lifetime: core::marker::PhantomData<&'c ()>,
}

/// How much of a certificate matters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The key: for pins and the insecure mode.
    Key,
    /// Everything but the signature: for anchors.
    #[cfg(feature = "chain")]
    Anchor,
    /// Everything.
    #[cfg(feature = "chain")]
    Signed,
}

/// Where the content of the element being read goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sink {
    Nowhere,
    Small,
    Key,
    #[cfg(feature = "chain")]
    Signature,
    #[cfg(feature = "chain")]
    AltName,
    #[cfg(feature = "chain")]
    Subtree,
}

/// A certificate that flows past. Small and busy fields come first: on a Cortex-M they are reached with instructions
/// of half the size.
#[repr(C)]
pub(crate) struct Walk {
    at: At,
    depth: Depth,
    sink: Sink,
    /// Tag of the element opened last.
    tag: u8,
    small_len: u8,
    /// Where in `small` the value being kept begins.
    keep_from: u8,
    /// The TBSCertificate is collected in `small` until its hash function is known.
    holding: bool,
    /// The key is to be stored.
    store: bool,
    #[cfg(feature = "chain")]
    version: u8,
    #[cfg(feature = "chain")]
    extension: u8,
    #[cfg(feature = "chain")]
    subtrees: u16,
    der: Der,
    pub(crate) facts: Facts,
    /// How much of the key, signature or name has come.
    taken: usize,
    /// The signature is to be stored, here in the workspace.
    #[cfg(feature = "chain")]
    pub(crate) signature_at: Option<usize>,
    /// What `CertTooLarge` needed.
    pub(crate) needed: usize,
    #[cfg(feature = "chain")]
    progress: Progress,
    /// Extensions 2.5.29.n that have been there.
    #[cfg(feature = "chain")]
    seen: [u8; 8],
    /// Of the elements around: what each one is, and what follows it.
    levels: [(At, At); DEPTH],
    small: [u8; SMALL],
    part: Option<Sha256>,
    whole: Option<Sha256>,
    #[cfg(feature = "chain")]
    tbs: Option<Hash>,
}

impl Walk {
    #[inline(never)]
    pub(crate) fn new() -> Self {
        Walk {
            der: Der::new(),
            at: At::Certificate,
            levels: [(At::End, At::End); DEPTH],
            depth: Depth::Key,
            sink: Sink::Nowhere,
            tag: 0,
            small: [0; SMALL],
            small_len: 0,
            keep_from: 0,
            holding: false,
            store: false,
            #[cfg(feature = "chain")]
            signature_at: None,
            taken: 0,
            needed: 0,
            whole: None,
            part: None,
            #[cfg(feature = "chain")]
            tbs: None,
            #[cfg(feature = "chain")]
            version: 1,
            #[cfg(feature = "chain")]
            extension: 0,
            #[cfg(feature = "chain")]
            seen: [0; 8],
            #[cfg(feature = "chain")]
            subtrees: 0,
            #[cfg(feature = "chain")]
            progress: Name::none().san(),
            facts: Facts::new(),
        }
    }

    /// Begins another certificate; with `fingerprint`, its SHA-256 is taken.
    #[inline(never)]
    pub(crate) fn restart(&mut self, depth: Depth, fingerprint: bool) {
        // Field by field: a whole new walk would lie on the stack first.
        self.at = At::Certificate;
        self.depth = depth;
        self.sink = Sink::Nowhere;
        self.small_len = 0;
        self.keep_from = 0;
        self.holding = false;
        self.store = true;
        self.der = Der::new();
        self.facts = Facts::new();
        self.part = None;
        self.whole = None;
        #[cfg(feature = "chain")]
        {
            self.version = 1;
            self.subtrees = 0;
            self.seen = [0; 8];
            self.signature_at = None;
            self.tbs = None;
        }
        if fingerprint {
            begin(&mut self.whole);
        }
    }

    /// How many bytes have been read.
    pub(crate) fn offset(&self) -> u32 {
        self.der.offset()
    }

    /// The certificate is complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.der.is_complete()
    }

    /// The certificate's fingerprint, once.
    pub(crate) fn take_fingerprint(&mut self) -> [u8; 32] {
        finish(&mut self.whole)
    }

    /// The digest that the issuer signed, once.
    #[cfg(feature = "chain")]
    pub(crate) fn take_tbs_digest(&mut self) -> Option<Digest> {
        self.tbs.take().map(Hash::finish)
    }

    /// Reads on until the input is used up (false) or the TBSCertificate is complete (true): then there may be more
    /// input, and it is time to say with [`Self::signature_at`] whether the signature is wanted.
    pub(crate) fn step(&mut self, input: &mut &[u8], context: &Context, workspace: &mut [u8]) -> Result<bool, Error> {
        while let Some(token) = self.der.next(input).map_err(|_| Error::CertUnreadable)? {
            match token {
                Token::Open(tag, length) => self.open(tag, length, context)?,
                Token::Prefix(byte) => {
                    self.absorb(&[byte]);
                    // Unused bits in a key or signature, or a modulus that does not fill its bytes.
                    if byte != 0 {
                        self.facts.fault(Error::WeakKey);
                    }
                }
                Token::Data(data) => {
                    self.absorb(data);
                    self.data(data, context, workspace)?;
                    self.taken = self.taken.saturating_add(data.len());
                }
                Token::Close(content) => {
                    if !content && self.at < At::End {
                        return Err(Error::CertUnreadable);
                    }
                    let Some(&(at, then)) = self.levels.get(self.der.depth()) else { return Err(Error::Internal) };
                    self.at = then;
                    self.close(at, context)?;
                    self.sink = Sink::Nowhere;
                    if at == At::Tbs {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    fn keep(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if let Some(slot) = self.small.get_mut(usize::from(self.small_len)) {
                *slot = byte;
                self.small_len += 1;
            } else {
                // Too long: nothing that matters is.
                self.keep_from = SMALL as u8;
            }
        }
    }

    #[inline(never)]
    fn absorb(&mut self, bytes: &[u8]) {
        if let Some(hash) = &mut self.whole {
            hash.update(bytes);
        }
        if let Some(hash) = &mut self.part {
            hash.update(bytes);
        }
        #[cfg(feature = "chain")]
        if let Some(hash) = &mut self.tbs {
            hash.update(bytes);
        }
        if self.holding || self.sink == Sink::Small {
            self.keep(bytes);
        }
    }

    /// An element begins.
    fn open(&mut self, tag: u8, length: u32, context: &Context) -> Result<(), Error> {
        let fits = |row: &&Row| row.0 == self.at && (row.1 == tag || row.1 == ANY);
        let Row(at, _, how, then) = GRAMMAR.iter().find(fits).ok_or(Error::CertUnreadable)?;
        *self.levels.get_mut(self.der.depth() - 1).ok_or(Error::Internal)? = (*at, *then);
        self.tag = tag;
        self.taken = 0;
        #[cfg(feature = "chain")]
        if self.depth != Depth::Key {
            self.holding |= *at == At::Tbs && self.depth == Depth::Signed;
            if matches!(at, At::Issuer | At::Subject) {
                begin(&mut self.part);
            }
        }
        if *at == At::KeyInfo {
            begin(&mut self.part);
        }
        let header = self.der.header();
        self.absorb(header.0.get(..header.1).unwrap_or(&[]));
        match how {
            Enter(inside) => {
                if tag == BITS {
                    self.der.prefix();
                }
                self.at = *inside;
            }
            Keep => {
                self.der.content();
                self.sink = Sink::Small;
                if !self.holding {
                    self.small_len = 0;
                }
                self.keep_from = self.small_len;
            }
            Pass => self.der.content(),
        }
        match at {
            At::KeyPoint => {
                self.der.prefix();
                self.expect_key(length);
            }
            #[cfg(feature = "rsa")]
            At::Modulus => {
                self.der.prefix();
                self.facts.key.set_modulus(length.saturating_sub(1));
                self.expect_key(length);
            }
            #[cfg(feature = "chain")]
            _ if self.depth != Depth::Key => return self.open_profile(*at, length, context),
            _ => {}
        }
        let _ = context;
        Ok(())
    }

    /// The key's length, with the zero before it, has to be that of its kind.
    fn expect_key(&mut self, length: u32) {
        if self.facts.key.is_empty() || length as usize != self.facts.key.len() + 1 {
            self.facts.fault(Error::WeakKey);
            self.facts.key = StoredKey::none();
        } else {
            self.sink = Sink::Key;
        }
    }

    fn data(&mut self, data: &[u8], context: &Context, workspace: &mut [u8]) -> Result<(), Error> {
        let first = data.first().copied().filter(|_| self.taken == 0);
        let to = match self.sink {
            Sink::Key => {
                // Points are uncompressed (RFC 5480 §2.2); a modulus fills its bytes (CA/Browser Forum BR 6.1.6).
                if first.is_some_and(|first| !self.facts.key.may_begin_with(first)) {
                    self.facts.fault(Error::WeakKey);
                }
                Some(context.key_at).filter(|_| self.store)
            }
            #[cfg(feature = "chain")]
            Sink::Signature => self.signature_at,
            #[cfg(feature = "chain")]
            Sink::AltName | Sink::Subtree => {
                // A constraint has no wildcard and no leading dot (RFC 5280 §4.2.1.10).
                if self.sink == Sink::Subtree
                    && (first == Some(b'.') || !data.iter().all(|&b| is_name_byte(b) || b == b'.'))
                {
                    self.facts.flags |= flag::FORBIDDEN;
                }
                context.name.compare(&mut self.progress, data);
                None
            }
            _ => None,
        };
        let Some(to) = to else { return Ok(()) };
        let start = to + self.taken;
        let Some(room) = workspace.get_mut(start..start + data.len()) else {
            self.needed = start + data.len();
            return Err(Error::CertTooLarge);
        };
        room.copy_from_slice(data);
        Ok(())
    }

    /// An element ends.
    fn close(&mut self, at: At, context: &Context) -> Result<(), Error> {
        let value = self.small.get(usize::from(self.keep_from)..usize::from(self.small_len)).unwrap_or(&[]);
        match at {
            At::KeyInfo => self.facts.key_hash = finish(&mut self.part),
            At::KeyAlgorithm => {
                self.facts.key = StoredKey::of(value);
                if !self.facts.key.is_empty() {
                    self.at = At::KeyPoint;
                }
                #[cfg(feature = "rsa")]
                if self.facts.key.is_rsa() {
                    self.at = At::KeyRsa;
                }
            }
            At::KeyUnknown => self.facts.fault(Error::WeakKey),
            #[cfg(feature = "rsa")]
            At::Exponent => {
                let exponent = value.iter().fold(0, |e: u64, &b| (e << 8 | u64::from(b)).min(1 << 32));
                if exponent < 3 || exponent & 1 == 0 {
                    self.facts.fault(Error::WeakKey);
                }
                self.facts.key.set_exponent(exponent as u32);
            }
            #[cfg(feature = "chain")]
            _ if self.depth != Depth::Key => return self.close_profile(at, context),
            _ => {}
        }
        if self.depth == Depth::Key && matches!(at, At::KeyInfo | At::Tbs) {
            self.at = At::Rest;
        }
        let _ = context;
        Ok(())
    }
}

/// What only the path check looks at.
#[cfg(feature = "chain")]
impl Walk {
    fn open_profile(&mut self, at: At, length: u32, context: &Context) -> Result<(), Error> {
        let facts = &mut self.facts;
        let tag = self.tag;
        match at {
            // The issuer is never empty (§4.1.2.4).
            At::Issuer if length == 0 => facts.fault(Error::CertUnreadable),
            At::Subject if length != 0 => facts.flags |= flag::SUBJECT,
            At::Critical | At::ExtensionValue if tag == OCTETS => self.open_extension(),
            At::FirstAltName | At::AltName | At::Base => {
                // GeneralName is a choice of context-specific tags.
                if tag & 0xc0 != 0x80 {
                    return Err(Error::CertUnreadable);
                }
                if at == At::Base {
                    facts.constrained |= form(tag);
                    self.subtrees = self.subtrees.saturating_add(1);
                    if self.subtrees > MOST_SUBTREES {
                        facts.flags |= flag::FORBIDDEN;
                    }
                    self.progress = context.name.constraint(length as usize);
                } else {
                    facts.forms |= form(tag);
                    self.progress = context.name.san();
                }
                if tag == DNS {
                    self.sink = if at == At::Base { Sink::Subtree } else { Sink::AltName };
                }
            }
            At::FirstSubtrees | At::Excluded if tag == CONTEXT_1 => facts.flags |= flag::EXCLUDING,
            At::Signature => {
                self.der.prefix();
                self.sink = Sink::Signature;
                facts.signature_len = u16::try_from(length.saturating_sub(1)).unwrap_or(u16::MAX);
            }
            _ => {}
        }
        Ok(())
    }

    /// The hash function of the TBSCertificate is known: what was held goes into it.
    #[inline(never)]
    fn begin_tbs(&mut self) {
        self.holding = false;
        self.tbs = self.facts.signature.map(|(_, hash)| Hash::new(hash));
        if let Some(tbs) = &mut self.tbs {
            tbs.update(self.small.get(..usize::from(self.small_len)).unwrap_or(&[]));
        }
    }

    /// An extension's value begins (§4.2).
    fn open_extension(&mut self) {
        let facts = &mut self.facts;
        // Only version 3 has extensions (§4.1.2.9), each of them once (§4.2). Those outside of 2.5.29 are not
        // remembered; they are not looked at either.
        let mut broken = self.version != 3;
        if let Some(seen) = self.seen.get_mut(usize::from(self.extension >> 3)).filter(|_| self.extension != 0) {
            let bit = 1 << (self.extension & 7);
            broken |= *seen & bit != 0;
            *seen |= bit;
        }
        let critical = facts.has(flag::CRITICAL);
        self.at = match self.extension {
            15 => At::KeyUsage,
            17 => {
                // The only name of the subject has to be critical (§4.2.1.6).
                broken |= !critical && !facts.has(flag::SUBJECT);
                At::AltNames
            }
            19 => At::BasicConstraints,
            30 => {
                facts.flags |= flag::CONSTRAINTS;
                At::NameConstraints
            }
            37 => At::Purposes,
            other => {
                // policyConstraints [36] is always critical (§4.2.1.11) and asks for what is not done here.
                if critical || other == 36 {
                    facts.flags |= flag::UNKNOWN_CRITICAL;
                }
                At::AnyValue
            }
        };
        if broken {
            facts.fault(Error::CertUnreadable);
        }
    }

    fn close_profile(&mut self, at: At, context: &Context) -> Result<(), Error> {
        let value = self.small.get(usize::from(self.keep_from)..usize::from(self.small_len)).unwrap_or(&[]);
        let facts = &mut self.facts;
        let tag = self.tag;
        let malformed = Err(Error::CertUnreadable);
        match at {
            At::VersionNumber => match *value {
                [version @ 1..=2] => self.version = version + 1,
                _ => return malformed,
            },
            At::Version | At::Serial => {
                // Positive, at most 20 octets (§4.1.2.2). Not asked of anchors: well-known roots have 0.
                let positive = value.first().is_some_and(|&b| b < 0x80) && value.iter().any(|&b| b != 0);
                if (!positive || value.len() > 20) && self.depth == Depth::Signed {
                    facts.fault(Error::CertUnreadable);
                }
            }
            At::SignatureAlgorithm => {
                facts.signature = signature_algorithm(value);
                if self.holding {
                    self.begin_tbs();
                }
            }
            // Both have to be the same (§4.1.1.2).
            At::OuterAlgorithm if signature_algorithm(value) != facts.signature => return malformed,
            At::Issuer => facts.issuer = name_hash(&mut self.part),
            At::Subject => {
                facts.subject = name_hash(&mut self.part);
                if facts.subject == facts.issuer {
                    facts.flags |= flag::SELF_ISSUED;
                }
                self.store = context.wanted.is_none_or(|wanted| *wanted == facts.subject);
            }
            At::NotBefore | At::NotAfter => {
                let Some(time) = validity::seconds(tag, value) else { return malformed };
                // Both ends are inclusive (§4.1.2.5).
                if let Some(now) = context.now {
                    if at == At::NotBefore && now < time {
                        facts.flags |= flag::NOT_YET;
                    }
                    if at == At::NotAfter && now > time {
                        facts.flags |= flag::EXPIRED;
                    }
                }
            }
            At::ExtensionId => {
                self.extension = if let [0x55, 0x1d, number] = *value { number } else { 0 };
                facts.flags &= !flag::CRITICAL;
            }
            // DER has one way to say true. FALSE should have been left out, but that is often forgotten.
            At::Critical | At::Ca if tag == BOOLEAN => match *value {
                [0xff] => facts.flags |= if at == At::Ca { flag::CA } else { flag::CRITICAL },
                [0] => {}
                _ => return malformed,
            },
            At::PathLength => {
                facts.path_len = match *value {
                    [length] if length < 0x80 => length,
                    [first, _, ..] if first < 0x80 => 254,
                    _ => return malformed,
                };
            }
            At::KeyUsage => {
                facts.flags |= flag::KEY_USAGE;
                facts.key_usage = value.get(1).copied().unwrap_or(0);
            }
            At::FirstPurpose | At::Purpose => {
                facts.flags |= flag::PURPOSES;
                if value == SERVER_AUTH || value == ANY_PURPOSE {
                    facts.flags |= flag::SERVER_AUTH;
                }
            }
            At::FirstAltName | At::AltName => {
                if tag == IP && value.len() != 4 && value.len() != 16 {
                    return malformed;
                }
                if tag == IP && context.name.is_address(value) || tag == DNS && context.name.matched(self.progress) {
                    facts.flags |= flag::NAMED;
                }
            }
            At::Base => {
                // A subtree of name constraints (§4.2.1.10): compare it with the name looked for, if of its form.
                let excluding = facts.has(flag::EXCLUDING);
                if tag == IP && value.len() != 8 && value.len() != 32 {
                    facts.flags |= flag::FORBIDDEN;
                }
                if tag == if context.name.is_ip() { IP } else { DNS } {
                    let inside =
                        if tag == IP { context.name.is_in_network(value) } else { context.name.matched(self.progress) };
                    facts.flags |= match (excluding, inside) {
                        (true, true) => flag::FORBIDDEN,
                        (true, false) => 0,
                        (false, true) => flag::PERMITS | flag::PERMITTED,
                        (false, false) => flag::PERMITS,
                    };
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Is the value of this form, but for the bytes in its holes?
#[cfg(feature = "chain")]
fn same(value: &[u8], form: &[u8], holes: &mut [u8; 3]) -> bool {
    let mut holes = holes.iter_mut();
    value.len() == form.len()
        && value.iter().zip(form).all(|(&v, &f)| {
            if f == HOLE
                && let Some(hole) = holes.next()
            {
                *hole = v;
                return true;
            }
            v == f
        })
}

/// Stands for a byte that differs in a form of [`same`].
#[cfg(feature = "chain")]
const HOLE: u8 = 0xee;

/// id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
#[cfg(feature = "chain")]
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
#[cfg(feature = "chain")]
const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 0x25, 0];

/// The AlgorithmIdentifiers of signatures that are good enough: ECDSA (RFC 5758 §3.2), RSASSA-PKCS1-v1_5 (RFC 4055 §5)
/// and RSASSA-PSS (RFC 4055 §3.1) with SHA-256, SHA-384 or SHA-512, the latter with the same hash in MGF1 and a salt as
/// long as the hash (RFC 8446 §4.2.3). Compared as bytes: DER leaves no choice.
#[cfg(feature = "chain")]
#[inline(never)]
fn signature_algorithm(value: &[u8]) -> Option<(SignatureAlgorithm, HashAlgorithm)> {
    const ECDSA: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, HOLE];
    #[cfg(feature = "rsa")]
    const PKCS1: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, HOLE, 5, 0];
    #[cfg(feature = "rsa")]
    #[rustfmt::skip]
    const PSS: &[u8] = &[
        6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, 0x34,
        0xa0, 0x0f, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HOLE, 5, 0,
        0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8,
        0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, HOLE, 5, 0,
        0xa2, 3, 2, 1, HOLE,
    ];
    let mut holes = [0; 3];
    let (algorithm, number) = if same(value, ECDSA, &mut holes) {
        (SignatureAlgorithm::Ecdsa, holes[0].wrapping_sub(1))
    } else {
        #[cfg(feature = "rsa")]
        if same(value, PKCS1, &mut holes) {
            (SignatureAlgorithm::RsaPkcs1, holes[0].wrapping_sub(10))
        } else if same(value, PSS, &mut holes) && holes[0] == holes[1] && holes[2] == holes[0].wrapping_add(1) << 4 {
            (SignatureAlgorithm::RsaPss, holes[0])
        } else {
            return None;
        }
        #[cfg(not(feature = "rsa"))]
        return None;
    };
    let hash = match number {
        1 => HashAlgorithm::Sha256,
        2 => HashAlgorithm::Sha384,
        3 => HashAlgorithm::Sha512,
        _ => return None,
    };
    Some((algorithm, hash))
}
