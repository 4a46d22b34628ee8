//! X.509 (RFC 5280) as a stream: no certificate is ever in memory.
//!
//! A server's Certificate message goes through a [`Verifier`] byte by byte. `certificate` is the walk over one
//! certificate, on top of `der`; `chain` decides whether the chain leads to an anchor and reads the anchors where the
//! caller's text lies, through the reader in `pem` and the same walk; `pin` compares fingerprints and key pins.
//!
//! The only bytes of certificates that are kept are keys and signatures. They live in a workspace that the caller lends
//! with every call: the server's key first (it stays), then the signature that waits for its issuer, after the digest
//! that it signs, then the key that may verify it.

mod certificate;
#[cfg(feature = "chain")]
mod chain;
#[cfg(feature = "client-auth")]
pub mod client_identity;
mod der;
mod name;
#[cfg(any(feature = "chain", feature = "client-auth"))]
mod pem;
mod pin;
#[cfg(feature = "client-rsa")]
pub mod rsa_key;
#[cfg(feature = "chain")]
mod validity;

pub use name::is_address;
pub(crate) use name::is_host_name;
#[cfg(feature = "chain")]
pub use name::{IpAddress, parse_ip};

use crate::codec::{copy, take};
use crate::config::Trust;
use crate::crypto::{HashAlgorithm, PublicKey, Sha256, Work, equal};
use crate::error::{Detail, Error};
use certificate::{Role, Sought, Walk};
#[cfg(feature = "chain")]
use core::num::NonZeroI64;
use core::task::{Poll, ready};

#[inline(never)]
fn begin(hash: &mut Option<Sha256>) {
    *hash = Some(Sha256::new());
}

/// The digest of a hash that has been begun, or as much of it as there is room for.
#[inline(never)]
fn finish(hash: &mut Option<Sha256>, out: &mut [u8]) {
    if let Some(hash) = hash.take() {
        copy(out, &hash.finish());
    }
}

/// A public key whose bytes lie in the workspace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StoredKey {
    kind: Kind,
    len: u16,
    exponent: u32,
    /// The parameters of an RSASSA-PSS key, if it has any.
    #[cfg(all(feature = "chain", feature = "rsa-pss"))]
    pss: certificate::SignatureKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Kind {
    #[default]
    None,
    P256,
    #[cfg(feature = "p384")]
    P384,
    #[cfg(feature = "rsa")]
    Rsa,
    #[cfg(feature = "rsa-pss")]
    RsaPss,
}

/// Kinds of keys, the bytes they have if that is always the same, and their AlgorithmIdentifiers (RFC 5480 §2.1.1, named
/// curves only; RFC 3279 §2.3.1; RFC 4055 §1.2, without parameters).
const KINDS: &[(Kind, u8, &[u8])] = &[
    (Kind::P256, 65, &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
    #[cfg(feature = "p384")]
    (Kind::P384, 97, &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22]),
    #[cfg(feature = "rsa")]
    (Kind::Rsa, 0, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0]),
    #[cfg(feature = "rsa-pss")]
    (Kind::RsaPss, 0, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10]),
];

impl StoredKey {
    /// There is none.
    pub const NONE: Self = StoredKey {
        kind: Kind::None,
        len: 0,
        exponent: 0,
        #[cfg(all(feature = "chain", feature = "rsa-pss"))]
        pss: certificate::SignatureKind::NONE,
    };

    /// The kind of key of an AlgorithmIdentifier's content.
    #[inline(never)]
    fn set_algorithm(&mut self, algorithm: &[u8]) {
        for &(kind, len, form) in KINDS {
            if equal(form, algorithm) {
                self.kind = kind;
                self.len = len.into();
            }
        }
        #[cfg(all(feature = "chain", feature = "rsa-pss"))]
        {
            let parameters = certificate::SignatureKind::of(algorithm);
            if parameters.is_pss() {
                self.kind = Kind::RsaPss;
                self.pss = parameters;
            }
        }
    }

    /// Whether its kind is known.
    fn is_known(&self) -> bool {
        self.kind != Kind::None
    }

    /// Whether it is an RSA key.
    pub fn is_rsa(&self) -> bool {
        #[cfg(feature = "rsa")]
        return self.kind == Kind::Rsa || self.is_pss_only();
        #[cfg(not(feature = "rsa"))]
        false
    }

    /// Whether it is a key of P-256.
    pub fn is_p256(&self) -> bool {
        self.kind == Kind::P256
    }

    /// Whether it is an RSASSA-PSS key, which signs in no other way. In TLS it goes with the schemes rsa_pss_pss_* only,
    /// and those with it only (RFC 8446 §4.2.3).
    pub fn is_pss_only(&self) -> bool {
        #[cfg(feature = "rsa-pss")]
        return self.kind == Kind::RsaPss;
        #[cfg(not(feature = "rsa-pss"))]
        false
    }

    /// Whether an RSASSA-PSS key may sign a handshake with this hash: its parameters, if it has any, name the hash and
    /// the shortest salt (RFC 4055 §1.2), and the salt is as long as the hash (RFC 8446 §4.2.3). True for all other keys.
    pub fn may_sign_with(&self, hash: HashAlgorithm) -> bool {
        let _ = hash;
        #[cfg(all(feature = "chain", feature = "rsa-pss"))]
        return self.pss.is_weak() || self.pss.hash() == hash && usize::from(self.pss.salt()) <= hash.output_len();
        #[cfg(not(all(feature = "chain", feature = "rsa-pss")))]
        true
    }

    /// Whether an RSASSA-PSS key may have made such a signature of a certificate. True for all other keys: what does not
    /// go with them does not verify.
    #[cfg(feature = "chain")]
    fn may_make(&self, signature: certificate::SignatureKind) -> bool {
        let _ = signature;
        #[cfg(feature = "rsa-pss")]
        return !self.is_pss_only() || self.pss.covers(signature);
        #[cfg(not(feature = "rsa-pss"))]
        true
    }

    /// A point begins with 4, a modulus with its top bit.
    fn may_begin_with(&self, first: u8) -> bool {
        match self.kind {
            #[cfg(feature = "rsa")]
            Kind::Rsa => first >= 0x80,
            #[cfg(feature = "rsa-pss")]
            Kind::RsaPss => first >= 0x80,
            _ => first == 4,
        }
    }

    /// 2048 to 4096 bits.
    #[cfg(feature = "rsa")]
    fn set_modulus(&mut self, bytes: u16) {
        self.len = if (256..=512).contains(&bytes) { bytes } else { 0 };
    }

    #[cfg(feature = "rsa")]
    fn set_exponent(&mut self, exponent: u32) {
        self.exponent = exponent;
    }

    /// How many bytes it takes at the start of the workspace.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// There is no key.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The key, if the workspace holds it.
    pub fn public_key<'w>(&self, workspace: &'w [u8]) -> Option<PublicKey<'w>> {
        let bytes = workspace.get(..self.len())?;
        Some(match self.kind {
            Kind::None => return None,
            Kind::P256 => PublicKey::P256(bytes),
            #[cfg(feature = "p384")]
            Kind::P384 => PublicKey::P384(bytes),
            #[cfg(feature = "rsa")]
            Kind::Rsa => PublicKey::Rsa { n: bytes, e: self.exponent },
            #[cfg(feature = "rsa-pss")]
            Kind::RsaPss => PublicKey::Rsa { n: bytes, e: self.exponent },
        })
    }
}

/// Why the server is trusted: any of the reasons together, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TrustedBy(u8);

impl TrustedBy {
    /// By nobody: the insecure mode.
    pub const NOBODY: Self = TrustedBy(0);
    /// The certificate is one of `fingerprint256`.
    pub const FINGERPRINT: Self = TrustedBy(1);
    /// The key is one of `pinnedPubKey`.
    pub const PUBLIC_KEY: Self = TrustedBy(2);
    /// The chain leads to one of `ca`.
    pub const CA: Self = TrustedBy(4);

    /// Whether all of these reasons are among them.
    pub const fn contains(self, reasons: TrustedBy) -> bool {
        self.0 & reasons.0 == reasons.0
    }

    /// The inverse of [`Self::bits`].
    pub const fn from_bits(bits: u8) -> Self {
        TrustedBy(bits)
    }

    /// As a number: the sum of 1 fingerprint, 2 public key, 4 CA.
    pub const fn bits(self) -> u8 {
        self.0
    }

    fn add(&mut self, reason: TrustedBy) {
        self.0 |= reason.0;
    }
}

/// The server's own certificate, checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leaf {
    /// Its key; the bytes are at the start of the workspace.
    pub key: StoredKey,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
    /// Why it is trusted.
    pub trusted_by: TrustedBy,
}

impl Leaf {
    /// Nothing is known yet.
    const NONE: Self = Leaf { key: StoredKey::NONE, fingerprint: [0; 32], trusted_by: TrustedBy::NOBODY };
}

/// Checks a server's Certificate message (RFC 5246 §7.4.2, RFC 8446 §4.4.2) as it flows past. All calls of one
/// verifier are to be given the same workspace, and none after an error.
///
/// Small and busy fields come first, as in the walk; and there is no gap before zeros, as in the flight.
#[repr(C)]
pub struct Verifier<'a> {
    /// Certificates begun so far.
    count: u8,
    /// A path to an anchor is looked for.
    #[cfg(feature = "chain")]
    seeks_path: bool,
    /// The current certificate's TBSCertificate is complete, and whether it takes the path further is not known yet.
    #[cfg(feature = "chain")]
    is_judging: bool,
    /// Bytes of the current certificate that are still to come.
    left: usize,
    #[cfg(feature = "chain")]
    path: chain::Path,
    /// Where the search among the anchors is.
    #[cfg(feature = "chain")]
    anchors: chain::Anchors<'a>,
    detail: Detail,
    trust: Trust<'a>,
    leaf: Leaf,
    /// The certificate that was passed over and is kept.
    #[cfg(feature = "chain")]
    kept: certificate::Facts,
    sought: Sought<'a>,
    walk: Walk,
    /// The hash of the server's certificate.
    whole: Option<Sha256>,
}

impl<'a> Verifier<'a> {
    /// A verifier for one connection. `name` is the DNS name or IP address to look for, `now` the time in seconds since
    /// 1970, if the device knows it.
    pub fn new(trust: Trust<'a>, name: &'a [u8], now: Option<i64>) -> Self {
        let mut verifier = Self::blank(trust, name);
        verifier.start(now);
        verifier
    }

    /// A verifier that has to be started where it stays: it is large to be moved.
    #[inline(always)]
    pub(crate) fn blank(trust: Trust<'a>, name: &'a [u8]) -> Self {
        #[cfg(not(feature = "chain"))]
        let _ = name;
        Verifier {
            trust,
            #[cfg(feature = "chain")]
            sought: Sought { name: name::Name::unread(name), now: None, top: certificate::Identity::NONE, key_at: 0 },
            #[cfg(not(feature = "chain"))]
            sought: Sought { key_at: 0, lifetime: core::marker::PhantomData },
            walk: Walk::new(),
            #[cfg(feature = "chain")]
            kept: certificate::Facts::NONE,
            leaf: Leaf::NONE,
            whole: None,
            detail: Detail { a: 0, b: 0 },
            left: 0,
            count: 0,
            #[cfg(feature = "chain")]
            seeks_path: false,
            #[cfg(feature = "chain")]
            is_judging: false,
            #[cfg(feature = "chain")]
            anchors: chain::Anchors::new(&[]),
            #[cfg(feature = "chain")]
            path: chain::Path::NEW,
        }
    }

    /// Reads the name and the clock.
    #[inline(always)]
    pub(crate) fn start(&mut self, now: Option<i64>) {
        #[cfg(feature = "chain")]
        {
            let Trust { ca, insecure, ignore_validity, .. } = self.trust;
            self.seeks_path = !insecure && !ca.is_empty();
            if ignore_validity || now.is_some_and(|now| now >= chain::BUILT) {
                self.path.believe_clock();
            }
            self.sought.now = now.filter(|_| !ignore_validity).and_then(NonZeroI64::new);
            self.sought.name.read();
        }
        let _ = now;
    }

    /// As [`Self::new`], believing the clock even if it says that this was never written. For tests with old chains.
    #[doc(hidden)]
    #[cfg(feature = "chain")]
    pub fn at(trust: Trust<'a>, name: &'a [u8], now: i64) -> Self {
        let mut verifier = Self::new(trust, name, Some(now));
        verifier.path.believe_clock();
        verifier
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
    #[cfg(feature = "tls13")]
    pub(crate) fn blame(&mut self, number: u32) {
        self.detail = Detail { a: number, b: 0 };
    }

    /// A certificate of that many bytes begins.
    pub fn begin(&mut self, length: usize) -> Result<(), Error> {
        self.left = length;
        self.count = self.count.saturating_add(1);
        #[cfg(feature = "chain")]
        if self.seeks_path() {
            self.check_clock()?;
            self.path.accepted = false;
        }
        if self.is_read() {
            self.walk.restart(self.role());
        }
        if self.count == 1 {
            begin(&mut self.whole);
        }
        if length == 0 { self.malformed() } else { Ok(()) }
    }

    /// What the current certificate is read for.
    fn role(&self) -> Role {
        #[cfg(feature = "chain")]
        if self.seeks_path() {
            return if self.count == 1 { Role::Leaf } else { Role::Issuer };
        }
        Role::Key
    }

    /// More of it, in any pieces; takes no more bytes than the certificate has. Pending: a slice of a verification is due, and
    /// what is left of the bytes comes again with the next call.
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
            #[cfg(feature = "chain")]
            if self.is_judging {
                ready!(self.judge(workspace, work))?;
                self.is_judging = false;
            }
            let _ = &work;
            match self.walk.step(input, &self.sought, workspace) {
                Ok(false) => return Poll::Ready(Ok(())),
                #[cfg(feature = "chain")]
                Ok(true) => self.is_judging = self.seeks_path(),
                #[cfg(not(feature = "chain"))]
                Ok(true) => {}
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
        #[cfg(feature = "chain")]
        if self.seeks_path() {
            return self.end_chain(workspace, work);
        }
        #[cfg(not(feature = "chain"))]
        let _ = workspace;
        Poll::Ready(Ok(()))
    }

    /// No more certificates follow: is the server to be trusted?
    pub fn finish(&mut self) -> Result<Leaf, Error> {
        if self.count == 0 {
            return Err(Error::NoCertificate);
        }
        if !self.trust.insecure {
            if !self.trust.ca.is_empty() && !self.leaf.trusted_by.contains(TrustedBy::CA) {
                #[cfg(feature = "chain")]
                return Err(self.untrusted());
                #[cfg(not(feature = "chain"))]
                return Err(Error::NoChainSupport);
            }
            if self.leaf.trusted_by == TrustedBy::NOBODY {
                return Err(Error::NoTrust);
            }
        }
        Ok(self.leaf)
    }

    #[cfg(feature = "chain")]
    fn seeks_path(&self) -> bool {
        self.seeks_path
    }

    #[cfg(not(feature = "chain"))]
    fn seeks_path(&self) -> bool {
        false
    }

    /// Whether the current certificate matters: the first one does, the others only while a path is looked for.
    fn is_read(&self) -> bool {
        self.count == 1 || self.seeks_path()
    }

    fn end_leaf(&mut self) -> Result<(), Error> {
        self.leaf.key = self.walk.facts.key;
        finish(&mut self.whole, &mut self.leaf.fingerprint);
        self.detail = Detail::default();
        self.walk.facts.check_key()?;
        let Trust { fingerprint256, pinned_pub_key, .. } = self.trust;
        if !fingerprint256.is_empty() {
            if pin::match_fingerprint(fingerprint256, &self.leaf.fingerprint).unwrap_or(0) == 0 {
                return Err(Error::FingerprintMismatch);
            }
            self.leaf.trusted_by.add(TrustedBy::FINGERPRINT);
        }
        if !pinned_pub_key.is_empty() {
            if pin::match_pin(pinned_pub_key, &self.walk.facts.id.key).unwrap_or(0) == 0 {
                return Err(Error::PinMismatch);
            }
            self.leaf.trusted_by.add(TrustedBy::PUBLIC_KEY);
        }
        Ok(())
    }

    fn malformed(&mut self) -> Result<(), Error> {
        Err(self.place(Error::CertUnreadable))
    }

    /// Fills in the numbers of an error of the walk.
    #[inline(never)]
    fn place(&mut self, error: Error) -> Error {
        self.detail = match error {
            Error::CertTooLarge => Detail { a: self.walk.needed, b: 0 },
            _ => Detail { a: u32::from(self.count.saturating_sub(1)), b: self.walk.offset() },
        };
        error
    }
}

/// Everything about whom to trust that can be refused before a byte is sent. `known`: the anchors have been read before, as
/// a session shows that is bound to them; reading them costs as much as half of a resumed handshake.
pub fn check_config(trust: &Trust, name: &[u8], known: bool, detail: &mut Detail) -> Result<(), Error> {
    let Trust { ca, fingerprint256, pinned_pub_key, insecure, .. } = trust;
    if !insecure && ca.is_empty() && fingerprint256.is_empty() && pinned_pub_key.is_empty() {
        return Err(Error::NoTrust);
    }
    if !fingerprint256.is_empty()
        && let Err(place) = pin::match_fingerprint(fingerprint256, &[0; 32])
    {
        detail.a = place as u32;
        return Err(Error::InvalidFingerprint);
    }
    if !pinned_pub_key.is_empty()
        && let Err(place) = pin::match_pin(pinned_pub_key, &[0; 32])
    {
        detail.a = place as u32;
        return Err(Error::InvalidPin);
    }
    if *insecure || ca.is_empty() {
        return Ok(());
    }
    if name.is_empty() {
        return Err(Error::NoServername);
    }
    #[cfg(feature = "chain")]
    return if known { Ok(()) } else { chain::check_anchors(ca, name, detail) };
    #[cfg(not(feature = "chain"))]
    {
        let _ = known;
        Err(Error::NoChainSupport)
    }
}
