//! The server's name: RFC 6125 §6.4 (matching), RFC 5280 §4.2.1.6 (subjectAltName) and §4.2.1.10 (name constraints).

use crate::crypto::equal;
use crate::host_name::is_host_name;
use crate::ip_address::IpAddress;

/// The name that the server's certificate has to have.
pub(crate) struct Name<'a> {
    dns: &'a [u8],
    ip: IpAddress,
}

/// How far a dNSName that flows past has been compared with the name.
#[derive(Clone, Copy)]
pub(crate) struct Comparison {
    /// So many bytes of the name are the same; [`DIFFERENT`] if the others are not.
    at: u16,
    /// Dots that have to come yet.
    dots: u16,
}

/// More than a name has.
const DIFFERENT: u16 = u16::MAX;

impl Comparison {
    pub(crate) const NEW: Self = Comparison { at: 0, dots: 0 };
}

impl<'a> Name<'a> {
    /// To be read where it stays.
    pub(crate) const fn unread(text: &'a [u8]) -> Self {
        Name { dns: text, ip: IpAddress::NONE }
    }

    /// Reads it. What is no host name and no IP address is a name that no certificate has.
    #[inline(never)]
    pub(crate) fn read(&mut self) {
        let text = core::mem::take(&mut self.dns);
        let dns = if let [dns @ .., b'.'] = text { dns } else { text };
        if self.ip.read(text).is_none() {
            self.ip = IpAddress::NONE;
            if is_host_name(dns) == Some(true) {
                self.dns = dns;
            }
        }
    }

    #[cfg(test)]
    fn new(text: &'a [u8]) -> Self {
        let mut name = Self::unread(text);
        name.read();
        name
    }

    /// No text was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.dns.is_empty()
    }

    /// It is neither a host name nor an IP address.
    pub(crate) fn is_none(&self) -> bool {
        self.dns.is_empty() && !self.is_ip()
    }

    pub(crate) fn is_ip(&self) -> bool {
        !self.ip.is_none()
    }

    /// More of the dNSName. ASCII case does not matter (RFC 5280 §7.2); a wildcard is the whole left-most label and
    /// stands for exactly one label (RFC 6125 §6.4.3), with at least two more after it: nobody owns a whole
    /// top-level domain.
    #[inline(never)]
    pub(crate) fn compare(&self, comparison: &mut Comparison, bytes: &[u8]) {
        let Comparison { mut at, mut dots } = *comparison;
        for &byte in bytes {
            let same = self.dns.get(usize::from(at)).is_some_and(|b| match b ^ byte {
                0 => true,
                0x20 => byte.is_ascii_alphabetic(), // large and small letters differ in that bit
                _ => false,
            });
            at = if at == 0 && byte == b'*' {
                dots = 2;
                // A dot is there, so a dot has to come next.
                self.dns.iter().position(|&b| b == b'.').unwrap_or(self.dns.len()) as u16
            } else if same {
                at + 1
            } else {
                DIFFERENT
            };
            dots = dots.saturating_sub(u16::from(byte == b'.'));
        }
        *comparison = Comparison { at, dots };
    }

    /// The dNSName ends here: is it the name? IP addresses are never looked for in it (RFC 6125 §1.7.2).
    pub(crate) fn matched(&self, comparison: Comparison) -> bool {
        comparison.dots == 0 && comparison.at != 0 && usize::from(comparison.at) == self.dns.len()
    }

    /// An iPAddress of subjectAltName (RFC 6125 §B.2: octet by octet).
    pub(crate) fn is_address(&self, bytes: &[u8]) -> bool {
        self.is_ip() && equal(self.ip.as_bytes(), bytes)
    }

    /// The name without a trailing dot, or the address.
    pub(crate) fn bytes(&self) -> &[u8] {
        if self.is_ip() { self.ip.as_bytes() } else { self.dns }
    }
}

/// Whether a subtree of name constraints (RFC 5280 §4.2.1.10) can be understood: an address with its mask, or a name,
/// with a dot before it if it stands only for what is below, as OpenSSL, NSS and Go read it. Nothing stands for every
/// name: that excludes them all, but nobody means to permit them all.
pub(crate) fn is_subtree(is_ip: bool, excluded: bool, value: &[u8]) -> bool {
    if is_ip {
        return matches!(value.len(), 8 | 32);
    }
    let name = if let [b'.', name @ ..] = value { name } else { value };
    value.is_empty() && excluded || is_host_name(name).is_some()
}

/// Whether the name, of the same form, lies in the subtree, which is one; a wildcard, whether all of it does.
#[inline(never)]
pub(crate) fn is_inside(is_ip: bool, name: &[u8], subtree: &[u8]) -> bool {
    // Bytes of the name that are compared are its end, or all of the address.
    let length = if is_ip { subtree.len() / 2 } else { subtree.len() };
    let Some((before, end)) = name.len().checked_sub(length).and_then(|at| name.split_at_checked(at)) else {
        return false;
    };
    let mut same = matches!(before, [] | [.., b'.']) || matches!(subtree, [] | [b'.', ..]);
    if is_ip {
        same = before.is_empty();
    }
    let (base, masks) = subtree.split_at_checked(length).unwrap_or_default();
    for (i, (byte, other)) in end.iter().zip(base).enumerate() {
        // Letters may be large or small. Bytes that only look like others then are in no subtree.
        let mask = masks.get(i).copied().unwrap_or(0xdf);
        same &= (byte ^ other) & mask == 0;
    }
    same
}

#[cfg(test)]
mod tests;
