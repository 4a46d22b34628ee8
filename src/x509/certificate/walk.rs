//! The walk over a certificate while its bytes flow past. What is allowed where is a table, the [`GRAMMAR`]; what an
//! element means is in [`CertificateWalk::open`], [`CertificateWalk::data`] and [`CertificateWalk::close`], which know
//! the key, and in `extensions` and `profile`, which know the rest.
//!
//! Names (Issuer, Subject) are hashed, not kept. Two names are equal here if they begin with the same half of SHA-256,
//! that is if they have the same DER; a name only says whose key to try, and that key's signature has to be right. RFC
//! 5280 §7.1 would have a client fold case and spaces too, but §4.1.2.4 obliges a CA to copy its subject into what it
//! issues byte for byte, all do, and a client that compares less finely gains nothing but risk.
//!
//! A malformed certificate ends the walk. A broken rule does not: the certificate may turn out not to matter. It is
//! noted in the [`Facts`].

use super::facts::{Facts, Target};
use super::grammar::{GRAMMAR, Position};
use super::rule::Rule;
use super::state::{PathWalk, Profile, Role, Sink, TbsHash};
use super::tag::{ANY, BIT_STRING, INTEGER};
use crate::codec::{big_endian, copy, piece};
use crate::crypto::Sha256;
use crate::error::Error;
use crate::x509::der::{DEPTH, Der, Token};
use crate::x509::digest::{begin, finish, update};

/// Room for the start of a TBSCertificate up to its signature algorithm, which says with which hash to begin: header,
/// version, serial number and the AlgorithmIdentifier of RSASSA-PSS; later for any small value.
const MOST_KEPT: usize = 100;

/// RSA keys are read.
const RSA: bool = cfg!(feature = "rsa");

/// A certificate that flows past. Small and busy fields come first: on a Cortex-M they are reached with instructions
/// of half the size.
#[repr(C)]
pub(crate) struct CertificateWalk {
    // Zeros at first.
    pub(super) position: Position,
    pub(super) sink: Sink,
    pub(super) kept_len: u8,
    /// Where in `kept` the current element's value begins.
    pub(super) value_from: u8,
    /// How much of the current element's content has come.
    received: u16,
    pub(crate) profile: Profile,
    pub(super) der: Der,
    pub(crate) facts: Facts,
    /// What [`Error::CertTooLarge`] needed.
    pub(crate) needed: u32,
    pub(crate) path: PathWalk,
    /// The rules of the elements around.
    levels: [u8; DEPTH],
    /// The value being read, if it is small.
    pub(super) kept: [u8; MOST_KEPT],
    /// The hash of a name or of SubjectPublicKeyInfo.
    pub(super) element_hash: Option<Sha256>,
    pub(super) tbs_hash: TbsHash,
}

impl CertificateWalk {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        CertificateWalk {
            position: Position::Certificate,
            sink: Sink::Nowhere,
            kept_len: 0,
            value_from: 0,
            received: 0,
            profile: Profile::NEW,
            der: Der::NEW,
            facts: Facts::NONE,
            needed: 0,
            path: PathWalk::NEW,
            levels: const { [0; DEPTH] },
            kept: const { [0; MOST_KEPT] },
            element_hash: None,
            tbs_hash: None,
        }
    }

    /// Begins another certificate.
    #[inline(never)]
    pub(crate) fn restart(&mut self, role: Role) {
        // Field by field: a whole new walk would lie on the stack first.
        self.position = Position::Certificate;
        self.sink = Sink::Nowhere;
        self.kept_len = 0;
        self.value_from = 0;
        self.profile.restart(role);
        self.der = Der::NEW;
        self.facts = Facts::NONE;
        self.needed = 0;
        self.element_hash = None;
        self.path.restart();
        self.tbs_hash = None;
    }

    /// How many bytes have been read.
    pub(crate) fn offset(&self) -> u32 {
        self.der.offset()
    }

    /// The certificate is complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.der.is_complete()
    }

    /// Reads on until the input is used up (false) or the TBSCertificate is complete (true): then there may be more
    /// input, and it is time to say whether the signature is wanted.
    pub(crate) fn step(&mut self, input: &mut &[u8], target: &Target, workspace: &mut [u8]) -> Result<bool, Error> {
        loop {
            let good = match self.der.next(input) {
                Token::Open => self.open(target).is_some(),
                token @ (Token::Prefix | Token::Data) => {
                    let data = self.der.take(input);
                    self.absorb(data);
                    if token == Token::Data {
                        if !self.data(data, target, workspace) {
                            return Err(Error::CertTooLarge);
                        }
                        true
                    } else if data == [0] {
                        true
                    } else {
                        // A modulus that does not fill its bytes. Keys and signatures have no unused bits.
                        self.facts.key.refuse();
                        self.der.tag() == INTEGER
                    }
                }
                Token::Close => {
                    let rule = self.levels.get(self.der.depth()).and_then(|&rule| GRAMMAR.get(usize::from(rule)));
                    let good = self.position >= Position::End;
                    // There always is one.
                    let Some(&Rule(position, _, _, next)) = rule else { return Err(Error::CertUnreadable) };
                    self.position = next;
                    let good = good && self.close(position, target, workspace).is_some();
                    self.sink = Sink::Nowhere;
                    if good && position == Position::Tbs {
                        return Ok(true);
                    }
                    good
                }
                Token::Wait => return Ok(false),
                Token::Malformed => false,
            };
            if !good {
                return Err(Error::CertUnreadable);
            }
        }
    }

    /// Hashes bytes or keeps them as they are.
    #[inline(never)]
    fn absorb(&mut self, bytes: &[u8]) {
        update(&mut self.element_hash, bytes);
        self.hash_tbs(bytes);
        if self.is_holding() || self.sink >= Sink::Kept {
            for &byte in bytes {
                if let Some(slot) = self.kept.get_mut(usize::from(self.kept_len)) {
                    *slot = byte;
                    self.kept_len += 1;
                } else {
                    // Too long: nothing that matters is.
                    self.value_from = MOST_KEPT as u8;
                }
            }
        }
    }

    /// An element begins; `None` if it may not come here.
    #[inline(never)]
    fn open(&mut self, target: &Target) -> Option<()> {
        let tag = self.der.tag();
        let fits = |&(_, rule): &(usize, &Rule<Position>)| rule.0 == self.position && (rule.1 == tag || rule.1 == ANY);
        let (rule, &Rule(position, _, inside, _)) = GRAMMAR.iter().enumerate().find(fits)?;
        *self.levels.get_mut(self.der.depth().wrapping_sub(1))? = rule as u8;
        self.position = inside;
        self.received = 0;
        if self.begin_element(position) {
            begin(&mut self.element_hash);
        }
        if inside.is_listed() && self.der.length() == 0 {
            return None;
        }
        let (header, header_len) = self.der.header();
        self.absorb(header.get(..header_len)?);
        if inside == Position::Kept {
            if !self.is_holding() {
                self.kept_len = 0;
            }
            self.value_from = self.kept_len;
            self.sink = Sink::Kept;
        }
        if matches!(inside, Position::Kept | Position::Passed) {
            self.der.content();
        } else if tag == BIT_STRING {
            self.der.prefix();
        }
        match position {
            Position::KeyPoint => self.expect_key(),
            Position::Modulus if RSA => {
                self.facts.key.set_modulus(self.der.length().saturating_sub(1));
                self.expect_key();
            }
            _ => self.open_profile(position, target)?,
        }
        Some(())
    }

    /// The key's length, with the zero before it, has to be that of its kind.
    #[inline(never)]
    fn expect_key(&mut self) {
        let length = self.der.length();
        self.der.prefix();
        if self.facts.key.is_empty() || usize::from(length) != self.facts.key.len() + 1 {
            self.facts.key.refuse();
        } else {
            self.sink = Sink::Key;
        }
    }

    /// Content of an element comes; false if the workspace is too small for it.
    #[inline(never)]
    fn data(&mut self, data: &[u8], target: &Target, workspace: &mut [u8]) -> bool {
        let begins = self.received == 0;
        // Points are uncompressed (RFC 5480 §2.2); a modulus fills its bytes (CA/Browser Forum BR 6.1.6).
        if self.sink == Sink::Key && begins && data.first().is_some_and(|&first| !self.facts.key.may_begin_with(first))
        {
            self.facts.key.refuse();
        }
        let to = self.place(data, begins, target, workspace);
        let start = to.map_or(0, |to| to + usize::from(self.received));
        // No element has 64 KB.
        self.received = self.received.wrapping_add(data.len() as u16);
        if to.is_some() {
            let end = start + data.len();
            let len = workspace.len();
            let Some(room) = self.room(workspace).get_mut(start..end) else {
                self.needed = end as u32;
                self.sink = Sink::Nowhere;
                return self.give_up();
            };
            self.write_over(end, len);
            copy(room, data);
        }
        true
    }

    /// An element ends; `None` if it is malformed.
    #[inline(never)]
    fn close(&mut self, position: Position, target: &Target, workspace: &mut [u8]) -> Option<()> {
        let value = value(&self.kept, self.value_from, self.kept_len);
        // An INTEGER has no more bytes than it needs (X.690 §8.3.2): the first nine bits are not all the same.
        if self.der.tag() == INTEGER
            && self.sink == Sink::Kept
            && match *value {
                [first, second, ..] => matches!(i16::from_be_bytes([first, second]) >> 7, 0 | -1),
                _ => value.is_empty(),
            }
        {
            return None;
        }
        match position {
            Position::KeyInfo => finish(&mut self.element_hash, &mut self.facts.id.key),
            Position::KeyAlgorithm => {
                self.facts.key.set_algorithm(value);
                if !self.facts.key.is_empty() {
                    self.position = Position::KeyPoint;
                }
                if RSA && self.facts.key.is_rsa() {
                    self.position = Position::KeyRsa;
                }
            }
            Position::Exponent if RSA => {
                let exponent = big_endian(value) as u32;
                if value.len() > 4 || exponent < 3 || exponent & 1 == 0 {
                    self.facts.key.refuse();
                }
                self.facts.key.set_exponent(exponent);
            }
            _ => self.close_profile(position, target, workspace)?,
        }
        self.skip_rest(position);
        Some(())
    }
}

/// What was kept of the current element's content; nothing of what was too long.
#[inline(always)]
pub(super) fn value(kept: &[u8; MOST_KEPT], from: u8, to: u8) -> &[u8] {
    piece(kept, from.into(), to.wrapping_sub(from).into())
}
