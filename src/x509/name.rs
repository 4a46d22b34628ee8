//! Host names: RFC 6125 §6.4 (matching), RFC 5280 §4.2.1.6 (subjectAltName) and §4.2.1.10 (name constraints).

use super::pin::hex;
#[cfg(any(feature = "chain", test))]
use crate::config::Parts;
#[cfg(feature = "chain")]
use crate::crypto::equal;

/// An IPv4 or IPv6 address as in an iPAddress name: 4 or 16 bytes.
#[cfg(any(feature = "chain", test))]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IpAddress {
    bytes: [u8; 16],
    len: u8,
}

#[cfg(any(feature = "chain", test))]
impl IpAddress {
    const NONE: Self = IpAddress { bytes: [0; 16], len: 0 };

    /// The address in network byte order.
    #[inline(never)]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// One more byte, if it fits.
    #[inline(never)]
    fn push(&mut self, byte: u16) -> Option<()> {
        *self.bytes.get_mut(usize::from(self.len))? = u8::try_from(byte).ok()?;
        self.len += 1;
        Some(())
    }

    /// Four bytes in dotted form, without leading zeros.
    fn push_v4(&mut self, text: &[u8]) -> Option<()> {
        let mut parts = 0;
        for part in Parts::new(text, b'.') {
            if let [b'0', _, ..] = part {
                return None;
            }
            self.push(number(part, 10, 3)?)?;
            parts += 1;
        }
        if parts == 4 { Some(()) } else { None }
    }

    /// See [`parse_ip`]. It has been [`Self::NONE`], and what it is if this is no address does not matter.
    #[inline(never)]
    fn read(&mut self, text: &[u8]) -> Option<()> {
        // A single group in the form of IPv4 is IPv4.
        let (mut text, mut is_v4) = if let [b'[', inside @ .., b']'] = text { (inside, false) } else { (text, true) };
        // The gap is an empty group; where it comes first or last, there is one more.
        if let [b':', rest @ ..] = text {
            text = rest;
            if text.first() != Some(&b':') {
                return None;
            }
        }
        let mut gap = NO_GAP;
        let mut groups = Parts::new(text, b':');
        while let Some(group) = groups.next() {
            let is_last = groups.are_over();
            is_v4 &= is_last;
            if let Some(value) = number(group, 16, 4) {
                self.push(value >> 8)?;
                self.push(value & 0xff)?;
            } else if group.is_empty() {
                let again = gap == self.len;
                if is_last != again || !again && gap != NO_GAP {
                    return None;
                }
                gap = self.len;
            } else if is_last {
                // The last four bytes may be in the form of IPv4.
                self.push_v4(group)?;
            } else {
                return None;
            }
        }
        if gap != NO_GAP {
            // It stands for at least one group of zeros; what comes after it moves to the end.
            if self.len > 14 {
                return None;
            }
            for to in (gap..16).rev() {
                let mut byte = 0;
                if self.len > gap {
                    self.len -= 1;
                    byte = *self.bytes.get(usize::from(self.len))?;
                }
                *self.bytes.get_mut(usize::from(to))? = byte;
            }
            self.len = 16;
        }
        (self.len == if is_v4 { 4 } else { 16 }).then_some(())
    }
}

/// No address has it there.
#[cfg(any(feature = "chain", test))]
const NO_GAP: u8 = 0xff;

#[cfg(any(feature = "chain", test))]
/// The value of one to `most` digits.
#[inline(never)]
pub(crate) fn number(digits: &[u8], radix: u16, most: usize) -> Option<u16> {
    if digits.is_empty() || digits.len() > most {
        return None;
    }
    let mut value = 0;
    for &c in digits {
        let digit = u16::from(hex(c)?);
        if digit >= radix {
            return None;
        }
        value = value * radix + digit;
    }
    Some(value)
}

#[cfg(any(feature = "chain", test))]
/// Reads an IPv4 address in dotted form or an IPv6 address (RFC 4291 §2.2), the latter also in brackets as in a URL.
/// No leading zeros, no zones.
pub fn parse_ip(text: &[u8]) -> Option<IpAddress> {
    let mut ip = IpAddress::NONE;
    ip.read(text)?;
    Some(ip)
}

/// Whether this is an IP address, as [`parse_ip`] reads it.
#[cfg(feature = "chain")]
pub fn is_address(text: &[u8]) -> bool {
    parse_ip(text).is_some()
}

/// Whether this is an IP address. Without certificate chains nothing is compared with it, it is only not sent as a name:
/// what looks like an address will do, and that takes a quarter of the code.
#[cfg(not(feature = "chain"))]
pub fn is_address(text: &[u8]) -> bool {
    looks_like_address(text)
}

/// Whether all characters fit an address: digits and three dots, or hexadecimal digits and at least two colons.
#[cfg(any(not(feature = "chain"), test))]
fn looks_like_address(text: &[u8]) -> bool {
    let (mut dots, mut colons, mut highest) = (0, 0, 0);
    for &byte in text {
        match byte {
            b'.' => dots += 1,
            b':' => colons += 1,
            _ => {
                let value = if byte == b'[' || byte == b']' { 10 } else { hex(byte).unwrap_or(16) };
                highest = value.max(highest);
            }
        }
    }
    if colons == 0 { dots == 3 && highest < 10 } else { colons > 1 && highest < 16 }
}

/// Whether this, without its trailing dot, is a host name in the syntax of RFC 1034 §3.5 and RFC 1123 §2.1. `Some(false)`:
/// no, but it can be asked for: its last label is a number, as in a misspelt IPv4 address. An underscore is taken for a
/// letter, as browsers do: names of devices have it.
#[cfg_attr(feature = "chain", inline(never))]
pub(crate) fn is_host_name(name: &[u8]) -> Option<bool> {
    let mut length = 0;
    let mut numeric = true;
    for &byte in name {
        if byte == b'.' && length != 0 {
            length = 0;
            numeric = true;
            continue;
        }
        length += 1;
        if length > 63 || !(byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return None;
        }
        numeric &= byte.is_ascii_digit();
    }
    if length == 0 || name.len() > MAX_NAME { None } else { Some(!numeric) }
}

/// Longest DNS name (RFC 1035 §2.3.4).
const MAX_NAME: usize = 253;

/// The name that the server's certificate has to have.
#[cfg(feature = "chain")]
pub(crate) struct Name<'a> {
    dns: &'a [u8],
    ip: IpAddress,
}

/// How far a dNSName that flows past has been compared with the name.
#[cfg(feature = "chain")]
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    /// So many bytes of the name are the same; [`DIFFERENT`] if the others are not.
    at: u16,
    /// Dots that have to come yet.
    dots: u16,
}

/// More than a name has.
#[cfg(feature = "chain")]
const DIFFERENT: u16 = u16::MAX;

#[cfg(feature = "chain")]
impl Progress {
    pub(crate) const NEW: Self = Progress { at: 0, dots: 0 };
}

#[cfg(feature = "chain")]
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

    /// It is neither a host name nor an IP address.
    pub(crate) fn is_none(&self) -> bool {
        self.dns.is_empty() && !self.is_ip()
    }

    pub(crate) fn is_ip(&self) -> bool {
        self.ip.len != 0
    }

    /// A dNSName of subjectAltName begins.
    pub(crate) fn san(&self) -> Progress {
        // IP addresses are never looked for in dNSName (RFC 6125 §1.7.2).
        Progress { at: if self.dns.is_empty() { DIFFERENT } else { 0 }, dots: 0 }
    }

    /// More of the dNSName. ASCII case does not matter (RFC 5280 §7.2); a wildcard is the whole left-most label and
    /// stands for exactly one label (RFC 6125 §6.4.3), with at least two more after it: nobody owns a whole
    /// top-level domain.
    #[inline(never)]
    pub(crate) fn compare(&self, progress: &mut Progress, bytes: &[u8]) {
        let Progress { mut at, mut dots } = *progress;
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
        *progress = Progress { at, dots };
    }

    /// The dNSName ends here: is it the name?
    pub(crate) fn matched(&self, progress: Progress) -> bool {
        progress.dots == 0 && usize::from(progress.at) == self.dns.len()
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

/// Whether a subtree of name constraints (RFC 5280 §4.2.1.10) can be understood: an address with its mask, or a name, with
/// a dot before it if it stands only for what is below, as OpenSSL, NSS and Go read it. Nothing stands for every name:
/// that excludes them all, but nobody means to permit them all.
#[cfg(feature = "chain")]
pub(crate) fn is_subtree(is_ip: bool, excluded: bool, value: &[u8]) -> bool {
    if is_ip {
        return matches!(value.len(), 8 | 32);
    }
    let name = if let [b'.', name @ ..] = value { name } else { value };
    value.is_empty() && excluded || is_host_name(name).is_some()
}

/// Whether the name, of the same form, lies in the subtree, which is one; a wildcard, whether all of it does.
#[cfg(feature = "chain")]
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
mod tests {
    use super::*;
    extern crate std;

    #[test]
    fn addresses() {
        for (text, bytes) in [
            (&b"192.0.2.1"[..], &[192, 0, 2, 1][..]),
            (b"0.0.0.0", &[0; 4]),
            (b"::", &[0; 16]),
            (b"[::1]", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            (b"2001:db8::1:0:0:1", &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]),
            (b"1:2:3:4:5:6:7:8", &[0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            (b"1:2:3:4:5:6:7::", &[0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]),
            (b"::FFFF:192.0.2.1", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1]),
            (b"1:2:3:4:5:6:1.2.3.4", &[0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4]),
        ] {
            assert_eq!(parse_ip(text).unwrap().as_bytes(), bytes, "{text:?}");
            assert!(looks_like_address(text) && is_address(text), "{text:?}");
        }
        for text in [
            &b""[..],
            b"1.2.3",
            b"1.2.3.4.5",
            b"1.2.3.256",
            b"01.2.3.4",
            b"1.2.3.4 ",
            b"1..2.3",
            b":",
            b":::",
            b"1::2::3",
            b"1:2:3:4:5:6:7",
            b"1:2:3:4:5:6:7:8:9",
            b"1:2:3:4:5:6:7:8::",
            b"::1:2:3:4:5:6:7:8",
            b"12345::",
            b"::g",
            b"fe80::1%eth0",
            b"[::1",
            b"::1]",
            b"[1.2.3.4]",
            b"1:2:3:4:5:6:7:1.2.3.4",
            b"::1.2.3.4:5",
            b"1:",
            b"::1:",
        ] {
            assert_eq!(parse_ip(text), None, "{text:?}");
        }
    }

    #[test]
    fn addresses_are_what_the_standard_library_takes_for_them() {
        let parts = ["1", "ab", "f00d", ":", "::", "1.2.3.4", ".", "0"];
        let mut texts = std::vec![std::string::String::new()];
        let mut of_length = texts.clone();
        for _ in 0..6 {
            of_length = of_length.iter().flat_map(|text| parts.map(|part| std::format!("{text}{part}"))).collect();
            texts.extend(of_length.clone());
        }
        // Eight groups and what is nearly that.
        for before in 0..=9 {
            for after in 0..=9 - before {
                for middle in ["::", ":", ":1.2.3.4", "1.2.3.4:", ":::"] {
                    let groups = |n| std::vec!["1f"; n].join(":");
                    texts.push(std::format!("{}{middle}{}", groups(before), groups(after)));
                }
            }
        }
        for text in texts {
            let expected = text.parse().ok().map(|address| match address {
                std::net::IpAddr::V4(address) => address.octets().to_vec(),
                std::net::IpAddr::V6(address) => address.octets().to_vec(),
            });
            assert_eq!(parse_ip(text.as_bytes()).map(|ip| ip.as_bytes().to_vec()), expected, "{text}");
            let v6 = expected.filter(|address| address.len() == 16);
            let bracketed = parse_ip(std::format!("[{text}]").as_bytes());
            assert_eq!(bracketed.map(|ip| ip.as_bytes().to_vec()), v6, "[{text}]");
        }
    }

    #[test]
    fn what_looks_like_an_address() {
        for text in [
            "",
            "a",
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "a.2.3.4",
            "1.2.3.4a",
            "[1.2.3.4]",
            "beef.de:443",
            "example.com:443",
            "1.2.3.4:443",
            "::g",
            "fe80::1%eth0",
            "x::y",
            "dead.beef.cafe.de",
        ] {
            assert!(!looks_like_address(text.as_bytes()) && !is_address(text.as_bytes()), "{text}");
        }
        // Every form of every gap.
        for groups in 0..8 {
            for before in 0..=groups {
                let part = |n| std::vec!["fA0"; n].join(":");
                let text = std::format!("{}::{}", part(before), part(groups - before));
                assert_eq!(parse_ip(text.as_bytes()).is_some(), looks_like_address(text.as_bytes()), "{text}");
                let text = std::format!("[{text}]");
                assert_eq!(parse_ip(text.as_bytes()).is_some(), looks_like_address(text.as_bytes()), "{text}");
            }
        }
        for number in 0..256 {
            let text = std::format!("{number}.{}.{number}.0", 255 - number);
            assert!(parse_ip(text.as_bytes()).is_some() && looks_like_address(text.as_bytes()), "{text}");
        }
    }

    #[cfg(feature = "chain")]
    fn matches(name: &str, san: &str) -> bool {
        let name = Name::new(name.as_bytes());
        let mut whole = name.san();
        name.compare(&mut whole, san.as_bytes());
        let mut pieces = name.san();
        for byte in san.bytes() {
            name.compare(&mut pieces, &[byte]);
        }
        assert_eq!(name.matched(whole), name.matched(pieces));
        name.matched(whole)
    }

    #[test]
    #[cfg(feature = "chain")]
    fn names() {
        for (name, san) in [
            ("example.com", "example.com"),
            ("EXAMPLE.com.", "exAMPLE.COM"),
            ("localhost", "localhost"),
            ("a.example.com", "*.example.com"),
            ("xn--a.example.com", "*.example.com"),
            ("my_device.lan", "my_device.LAN"),
            ("_a.example.com", "*.example.com"),
        ] {
            assert!(matches(name, san), "{name} {san}");
        }
        for (name, san) in [
            ("example.com", ""),
            ("example.com", "example.co"),
            ("example.com", "example.comm"),
            ("example.com", "*.com"),
            ("example.com", "*"),
            ("com", "*"),
            ("com", "*."),
            ("example.com", "*.example.com"),
            ("a.b.example.com", "*.example.com"),
            ("a.example.com", "*a.example.com"),
            ("ab.example.com", "a*.example.com"),
            ("a.example.com", "**.example.com"),
            ("a.b.example.com", "a.*.example.com"),
            ("a.example.com", "*"),
            ("a.example.com", "*.*.com"),
            ("example.com", "example.com."),
            ("example.com", ".example.com"),
            ("192.0.2.1", "192.0.2.1"),
            ("example.com", "example.com\0"),
            ("example.com", "example.com\0.evil.com"),
            ("a.b", "*.b"),
        ] {
            assert!(!matches(name, san), "{name} {san}");
        }
        for name in ["", ".", "a..b", ".a", "a b", "1.2.3", "a_b.3", "ä.de", "*.example.com", "a.."] {
            assert!(Name::new(name.as_bytes()).is_none(), "{name}");
        }
        assert!(Name::new(&[b'a'; 64]).is_none());
        assert!(Name::new([&[b'a'; 63][..]; 4].join(&b'.').as_slice()).is_none());
    }

    #[test]
    #[cfg(feature = "chain")]
    fn constraints() {
        for (name, value, inside) in [
            ("a.example.com", "example.com", true),
            ("example.com", "EXAMPLE.com", true),
            ("example.com", "", true),
            ("notexample.com", "example.com", false),
            ("example.com", "a.example.com", false),
            ("example.com", "com", true),
            ("example.com", "example.org", false),
            ("a.example.com", ".example.com", true),
            ("b.a.example.com", ".example.COM", true),
            ("example.com", ".example.com", false),
            ("notexample.com", ".example.com", false),
            ("my_a.example.com", "my_a.example.com", true),
            ("*.example.com", "example.com", true),
            ("*.example.com", ".example.com", true),
            ("*.example.com", "a.example.com", false),
            ("", "example.com", false),
        ] {
            let (name, value) = (name.as_bytes(), value.as_bytes());
            assert!(is_subtree(false, true, value));
            assert_eq!(is_inside(false, name, value), inside, "{name:?} {value:?}");
        }
        for value in [".", "..", "example.com.", "a..b", "..a", "*.example.com", "a b", "\0"] {
            assert!(!is_subtree(false, true, value.as_bytes()), "{value}");
        }
        for (name, value, inside) in [
            (&[192, 0, 2, 77][..], &[192, 0, 2, 0, 255, 255, 255, 0][..], true),
            (&[192, 0, 2, 77], &[192, 0, 3, 0, 255, 255, 255, 0], false),
            (&[192, 0, 2, 77], &[0; 32], false),
            (&[1; 16], &[0; 32], true),
            (&[1; 16], &[0; 8], false),
            (&[0; 8], &[0; 8], false),
            (&[0; 12], &[0; 32], false),
            (&[], &[0; 8], false),
        ] {
            assert!(is_subtree(true, false, value));
            assert_eq!(is_inside(true, name, value), inside, "{name:?} {value:?}");
        }
        for length in [0, 4, 7, 9, 16, 31, 33] {
            assert!(!is_subtree(true, true, &[0; 33][..length]), "{length}");
        }
        assert!(!is_subtree(false, false, b""));
        let address = Name::new(b"192.0.2.77");
        assert!(address.is_address(&[192, 0, 2, 77]) && !address.is_address(&[]));
        assert!(!Name::new(b"").is_address(&[]));
    }
}
