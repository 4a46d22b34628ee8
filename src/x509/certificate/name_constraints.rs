//! Name constraints (RFC 5280 §4.2.1.10), compared with the name looked for and the leaf's names as they flow past.

use super::facts::{Target, flag};
use super::grammar::Position;
use super::tag::{DNS_NAME, IP_ADDRESS};
use super::walk::{CertificateWalk, value};
use crate::x509::name::{is_inside, is_subtree};

/// Before a name that is remembered: its length and its form.
pub(super) const NAME_HEADER: usize = 2;

/// A name's form is its tag and what the permitted subtrees so far have said of it.
const OUTSIDE: u8 = 0x20;
const INSIDE: u8 = 0x40;

impl CertificateWalk {
    /// Name constraints (§4.2.1.10): a subtree ends, or all of them. Holds the name looked for and the leaf's names, if
    /// of its form, against it.
    #[inline(never)]
    pub(super) fn constrain(&mut self, position: Position, target: &Target, workspace: &mut [u8]) -> u32 {
        const SAID: u8 = OUTSIDE | INSIDE;
        let tag = self.der.tag();
        let value = value(&self.kept, self.value_from, self.kept_len);
        let all = position == Position::NameConstraints;
        let excluding = self.facts.has(flag::EXCLUDING);
        if !all {
            if !matches!(tag, DNS_NAME | IP_ADDRESS) || self.facts.has(flag::UNCLEAR) {
                return 0;
            }
            // Of what was too long nothing was kept.
            if value.len() != usize::from(self.der.length()) || !is_subtree(tag == IP_ADDRESS, excluding, value) {
                return flag::UNCLEAR;
            }
        }
        let mut flags = 0;
        let (mut form, mut name) = (&mut self.profile.form, target.name.bytes());
        let mut rest =
            workspace.get_mut(workspace.len().saturating_sub(self.profile.names.into())..).unwrap_or_default();
        loop {
            if all {
                if *form & SAID == OUTSIDE {
                    flags = flag::FORBIDDEN;
                }
                *form &= !SAID;
            } else if *form & !SAID == tag {
                let inside = is_inside(tag == IP_ADDRESS, name, value);
                if !excluding {
                    *form |= if inside { INSIDE } else { OUTSIDE };
                } else if inside {
                    flags = flag::FORBIDDEN;
                }
            }
            let [length, next, tail @ ..] = rest else { return flags };
            let Some((bytes, tail)) = tail.split_at_mut_checked(usize::from(*length)) else { return flags };
            (form, name, rest) = (next, bytes, tail);
        }
    }
}
