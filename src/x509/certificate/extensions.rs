//! Reads what only the path check needs (RFC 5280 §4.1 and §4.2): the extensions above all.

use super::facts::{Target, flag, form};
use super::grammar::Position;
use super::signature_kind::SignatureKind;
use super::state::{Role, Sink, Store};
use super::tag::{BOOLEAN, CONTEXT_1, DNS_NAME, IP_ADDRESS, OCTET_STRING};
use super::walk::{CertificateWalk, value};
use crate::crypto::equal;
use crate::x509::digest::finish;
use crate::x509::name::Comparison;
use crate::x509::validity;
use core::mem::take;
use core::num::NonZeroI64;

/// More name constraints than this, in all certificates together, are somebody's attempt to waste time.
const MOST_SUBTREES: u16 = 1024;

/// What each element says.
impl CertificateWalk {
    /// An element begins: the flags to set, or `None` if the certificate is malformed.
    pub(super) fn opened(&mut self, position: Position, target: &Target) -> Option<u32> {
        let length = self.der.length();
        let tag = self.der.tag();
        if matches!(position, Position::AltName | Position::Base) && !is_general_name(tag) {
            return None;
        }
        Some(match position {
            // The issuer is never empty (§4.1.2.4).
            Position::Issuer if length == 0 => return None,
            Position::Subject if length != 0 => flag::SUBJECT,
            Position::Critical | Position::ExtensionValue if tag == OCTET_STRING => self.open_extension()?,
            Position::NameConstraints => {
                self.profile.form = if target.name.is_ip() { IP_ADDRESS } else { DNS_NAME };
                flag::CONSTRAINTS
            }
            Position::AltName => {
                self.facts.forms |= form(tag);
                self.path.comparison = Comparison::NEW;
                match tag {
                    DNS_NAME => self.sink = Sink::AltName,
                    IP_ADDRESS => self.sink = Sink::Address,
                    _ => {}
                }
                0
            }
            Position::Base => {
                self.facts.constrained |= form(tag);
                self.profile.subtrees = self.profile.subtrees.saturating_add(1);
                if self.profile.subtrees > MOST_SUBTREES { flag::UNCLEAR } else { 0 }
            }
            Position::FirstSubtrees | Position::Excluded if tag == CONTEXT_1 => flag::EXCLUDING,
            Position::Signature => {
                self.der.prefix();
                self.sink = Sink::Signature;
                self.facts.signature_len = length.saturating_sub(1);
                0
            }
            _ => 0,
        })
    }

    /// An extension's value begins (§4.2).
    fn open_extension(&mut self) -> Option<u32> {
        // Only version 3 has extensions (§4.1.2.9), each of them once (§4.2). Those that are not looked at are not
        // remembered either.
        let mut flags = if self.facts.has(flag::CRITICAL) { flag::UNKNOWN_CRITICAL } else { 0 };
        self.position = Position::AnyValue;
        for &(number, value) in EXTENSIONS {
            if number == self.path.extension {
                self.position = value;
                flags = 0;
            }
        }
        let seen = 1u32.wrapping_shl(self.position as u32);
        if self.profile.version != 2 || self.position != Position::AnyValue && self.path.seen & seen != 0 {
            return None;
        }
        self.path.seen |= seen;
        Some(flags)
    }

    /// An element ends: as [`Self::opened`].
    pub(super) fn closed(&mut self, position: Position, target: &Target, workspace: &mut [u8]) -> Option<u32> {
        let value = value(&self.kept, self.value_from, self.kept_len);
        let tag = self.der.tag();
        Some(match position {
            Position::VersionNumber => match *value {
                [version @ 1..=2] => {
                    self.profile.version = version;
                    0
                }
                _ => return None,
            },
            // Of an anchor, name and key are what counts (§6.1.1 (d)); in version 1 nothing could say that it is a CA.
            Position::Version if self.profile.version == 0 && self.profile.role == Role::Anchor => flag::CA,
            Position::SignatureAlgorithm => {
                self.facts.signature = SignatureKind::of(value);
                if take(&mut self.profile.is_holding) && !self.facts.signature.is_weak() {
                    self.begin_hash(self.facts.signature.hash());
                }
                0
            }
            // Both have to be the same (§4.1.1.2).
            Position::OuterAlgorithm if SignatureKind::of(value) != self.facts.signature => return None,
            Position::Issuer => {
                finish(&mut self.element_hash, &mut self.facts.id.issuer);
                0
            }
            Position::Subject => {
                let id = &mut self.facts.id;
                finish(&mut self.element_hash, &mut id.subject);
                let self_issued = equal(&id.subject, &id.issuer);
                if self.profile.role != Role::Leaf && !equal(&id.subject, &target.top.issuer) {
                    // A root that is not wanted now never is, and a twin of the top is not wanted for its key.
                    let never = self_issued || equal(&id.subject, &target.top.subject);
                    self.profile.store =
                        if never || self.profile.role == Role::Anchor { Store::Nowhere } else { Store::Behind };
                }
                if self_issued { flag::SELF_ISSUED } else { 0 }
            }
            Position::NotBefore | Position::NotAfter => {
                let time = validity::seconds(tag, value)?;
                // Both ends are inclusive (§4.1.2.5).
                let now = target.now.map(NonZeroI64::get);
                let Some(now) = now else { return Some(0) };
                if position == Position::NotBefore {
                    if time > now { flag::NOT_YET } else { 0 }
                } else if time < now {
                    flag::EXPIRED
                } else {
                    0
                }
            }
            Position::ExtensionId => {
                self.path.extension = if let [0x55, 0x1d, number] = *value { number } else { 0 };
                self.facts.flags &= !flag::CRITICAL;
                0
            }
            // DER has one way to say true. FALSE should have been left out, but that is often forgotten.
            Position::Critical | Position::Ca if tag == BOOLEAN => match *value {
                [0xff] if position == Position::Ca => flag::CA,
                [0xff] => flag::CRITICAL,
                [0] => 0,
                _ => return None,
            },
            Position::PathLength => {
                let &first = value.first().filter(|&&first| first < 0x80)?;
                self.facts.inverted_path_len = if value.len() == 1 { !first } else { 0 };
                0
            }
            Position::KeyUsage => {
                // Bits that are said to be unused are zero (X.690 §11.2.1). Without any, the last byte is their number.
                let (&first, &last) = (value.first()?, value.last()?);
                if first > 7 || last.trailing_zeros() < u32::from(first) {
                    return None;
                }
                self.facts.key_usage = value.get(1).copied().unwrap_or(0);
                flag::KEY_USAGE
            }
            // Any purpose is enough for an issuer only.
            Position::Purpose
                if equal(value, SERVER_AUTH) || value == ANY_PURPOSE && self.profile.role != Role::Leaf =>
            {
                flag::PURPOSES | flag::SERVER_AUTH
            }
            Position::Purpose => flag::PURPOSES,
            Position::AltName => {
                let named = if tag == IP_ADDRESS {
                    target.name.is_address(value)
                } else {
                    target.name.matched(self.path.comparison)
                };
                if named && matches!(tag, IP_ADDRESS | DNS_NAME) { flag::NAMED } else { 0 }
            }
            Position::Base | Position::NameConstraints => self.constrain(position, target, workspace),
            // What there is besides it, inhibitPolicyMapping \[1\], changes nothing without policies.
            Position::PolicyConstraints if value.first() != Some(&0x81) => flag::EXPLICIT_POLICY,
            _ => 0,
        })
    }
}

/// GeneralName is a choice of context-specific tags: otherName, x400Address, directoryName and ediPartyName have
/// elements inside.
fn is_general_name(tag: u8) -> bool {
    let number = tag & 0x1f;
    // Those four have bit 6 set.
    number <= 8 && tag == 0x80 | number | ((0b11_1001u32 >> number & 1) as u8) << 5
}

/// The extensions that are looked at or known not to matter (RFC 5280 §4.2.1): the last byte of 2.5.29.x, and what
/// their values are. No policy is asked for (§6.1.1 (c)), so certificatePolicies, policyMappings and inhibitAnyPolicy
/// change nothing.
#[rustfmt::skip]
const EXTENSIONS: &[(u8, Position)] = &[
    (15, Position::KeyUsage),
    (17, Position::AltNames),
    (19, Position::BasicConstraints),
    (30, Position::NameConstraints),
    (32, Position::AnyValue),
    (33, Position::AnyValue),
    (36, Position::PolicyConstraints),
    (37, Position::Purposes),
    (54, Position::AnyValue),
];

/// id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 0x25, 0];
