//! Host names: RFC 6125 §6.4 (matching), RFC 5280 §4.2.1.6 (subjectAltName) and §4.2.1.10 (name constraints).

/// An IPv4 or IPv6 address as in an iPAddress name: 4 or 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IpAddress {
    bytes: [u8; 16],
    len: u8,
}

impl IpAddress {
    /// The address in network byte order.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

/// Reads an IPv4 address in dotted form or an IPv6 address (RFC 4291 §2.2), the latter also in brackets as in a URL.
/// No leading zeros, no zones.
pub fn parse_ip(text: &[u8]) -> Option<IpAddress> {
    let mut bytes = [0; 16];
    let bare = text.strip_prefix(b"[").and_then(|t| t.strip_suffix(b"]"));
    if bare.is_none() && parse_v4(text, &mut bytes).is_some() {
        return Some(IpAddress { bytes, len: 4 });
    }
    parse_v6(bare.unwrap_or(text)).map(|bytes| IpAddress { bytes, len: 16 })
}

fn parse_v4(text: &[u8], out: &mut [u8]) -> Option<()> {
    let mut parts = text.split(|&b| b == b'.');
    for byte in out.get_mut(..4)? {
        let part = parts.next()?;
        if part.is_empty() || part.len() > 3 || (part.len() > 1 && part.first() == Some(&b'0')) {
            return None;
        }
        let mut value = 0u16;
        for &digit in part {
            if !digit.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u16::from(digit - b'0');
        }
        *byte = u8::try_from(value).ok()?;
    }
    if parts.next().is_some() { None } else { Some(()) }
}

fn parse_v6(text: &[u8]) -> Option<[u8; 16]> {
    let mut out = [0; 16];
    let mut len = 0;
    let mut gap = None;
    let mut rest = text;
    if let Some(after) = rest.strip_prefix(b"::") {
        gap = Some(0);
        rest = after;
    }
    while !rest.is_empty() {
        let group = rest.split(|&b| b == b':').next()?;
        if group.len() > 4 {
            // The last four bytes in the form of IPv4, then.
            if group.len() != rest.len() {
                return None;
            }
            parse_v4(group, out.get_mut(len..)?)?;
            len += 4;
            break;
        }
        if group.is_empty() {
            return None;
        }
        let mut value = 0;
        for &digit in group {
            value = value << 4 | char::from(digit).to_digit(16)? as u16;
        }
        out.get_mut(len..len + 2)?.copy_from_slice(&value.to_be_bytes());
        len += 2;
        rest = rest.get(group.len()..)?;
        if let Some(after) = rest.strip_prefix(b"::") {
            if gap.replace(len).is_some() {
                return None;
            }
            rest = after;
        } else if let Some(after) = rest.strip_prefix(b":") {
            if after.is_empty() {
                return None;
            }
            rest = after;
        }
    }
    match gap {
        None if len == 16 => Some(out),
        // "::" stands for at least one group of zeros: what follows it belongs at the end.
        Some(gap) if len <= 14 => {
            let mut whole = [0; 16];
            whole.get_mut(..gap)?.copy_from_slice(out.get(..gap)?);
            whole.get_mut(16 - (len - gap)..)?.copy_from_slice(out.get(gap..len)?);
            Some(whole)
        }
        _ => None,
    }
}

/// A host name in the syntax of RFC 1034 §3.5 and RFC 1123 §2.1, without its trailing dot. A last label of digits only
/// would be a misspelt IPv4 address.
#[cfg(feature = "chain")]
fn is_host_name(name: &[u8]) -> bool {
    let mut numeric = true;
    for label in name.split(|&b| b == b'.') {
        if label.is_empty() || label.len() > 63 || !label.iter().all(|&b| is_name_byte(b)) {
            return false;
        }
        numeric = label.iter().all(u8::is_ascii_digit);
    }
    !numeric && name.len() <= 253
}

#[cfg(feature = "chain")]
pub(crate) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

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
    at: u16,
    /// Dots that have to come yet.
    dots: u8,
    state: State,
}

#[cfg(feature = "chain")]
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Star,
    Equal,
    Different,
}

#[cfg(feature = "chain")]
impl<'a> Name<'a> {
    /// `None` if it is neither a host name nor an IP address.
    pub(crate) fn new(text: &'a [u8]) -> Option<Self> {
        if let Some(ip) = parse_ip(text) {
            return Some(Name { dns: &[], ip });
        }
        let dns = text.strip_suffix(b".").unwrap_or(text);
        if is_host_name(dns) { Some(Name { dns, ip: IpAddress::default() }) } else { None }
    }

    /// A name that no certificate has.
    pub(crate) const fn none() -> Self {
        Name { dns: &[], ip: IpAddress { bytes: [0; 16], len: 0 } }
    }

    pub(crate) fn is_ip(&self) -> bool {
        self.ip.len != 0
    }

    /// A dNSName of subjectAltName begins.
    pub(crate) fn san(&self) -> Progress {
        // IP addresses are never looked for in dNSName (RFC 6125 §1.7.2).
        Progress { at: 0, dots: 0, state: if self.dns.is_empty() { State::Different } else { State::Start } }
    }

    /// A dNSName of a name constraint begins: it has to be the end of the name, from a label's start.
    pub(crate) fn constraint(&self, length: usize) -> Progress {
        let start = self.dns.len().checked_sub(length);
        let state = match start {
            Some(0) => State::Equal,
            Some(start) if length == 0 || self.dns.get(start - 1) == Some(&b'.') => State::Equal,
            _ => State::Different,
        };
        Progress { at: start.unwrap_or(0) as u16, dots: 0, state }
    }

    /// More of the dNSName. ASCII case does not matter (RFC 5280 §7.2); a wildcard is the whole left-most label and
    /// stands for exactly one label (RFC 6125 §6.4.3), with at least two more after it: nobody owns a whole
    /// top-level domain.
    pub(crate) fn compare(&self, progress: &mut Progress, bytes: &[u8]) {
        for &byte in bytes {
            match progress.state {
                State::Different => return,
                State::Start if byte == b'*' => {
                    progress.state = State::Star;
                    progress.dots = 2;
                    progress.at = self.dns.iter().position(|&b| b == b'.').unwrap_or(self.dns.len()) as u16;
                    continue;
                }
                State::Star if byte != b'.' => progress.state = State::Different,
                State::Start | State::Star => progress.state = State::Equal,
                State::Equal => {}
            }
            if !self.dns.get(usize::from(progress.at)).is_some_and(|b| b.eq_ignore_ascii_case(&byte)) {
                progress.state = State::Different;
            }
            progress.at = progress.at.saturating_add(1);
            progress.dots = progress.dots.saturating_sub(u8::from(byte == b'.'));
        }
    }

    /// The dNSName ends here: is it the name?
    pub(crate) fn matched(&self, progress: Progress) -> bool {
        progress.state == State::Equal && progress.dots == 0 && usize::from(progress.at) == self.dns.len()
    }

    /// An iPAddress of subjectAltName (RFC 6125 §B.2: octet by octet).
    pub(crate) fn is_address(&self, bytes: &[u8]) -> bool {
        self.is_ip() && self.ip.as_bytes() == bytes
    }

    /// An iPAddress of a name constraint: address and mask (RFC 5280 §4.2.1.10).
    pub(crate) fn is_in_network(&self, bytes: &[u8]) -> bool {
        let address = self.ip.as_bytes();
        let Some((network, mask)) = bytes.split_at_checked(address.len()) else {
            return false;
        };
        mask.len() == address.len()
            && !address.is_empty()
            && address.iter().zip(network).zip(mask).all(|((a, n), m)| (a ^ n) & m == 0)
    }
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

    #[cfg(feature = "chain")]
    fn matches(name: &str, san: &str) -> bool {
        let name = Name::new(name.as_bytes()).unwrap();
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
        for name in ["", ".", "a..b", ".a", "a b", "a_b.c", "1.2.3", "ä.de", "*.example.com", "a.."] {
            assert!(Name::new(name.as_bytes()).is_none(), "{name}");
        }
        assert!(Name::new(&[b'a'; 64]).is_none());
        assert!(Name::new([&[b'a'; 63][..]; 4].join(&b'.').as_slice()).is_none());
    }

    #[test]
    #[cfg(feature = "chain")]
    fn constraints() {
        for (name, constraint, inside) in [
            ("a.example.com", "example.com", true),
            ("example.com", "EXAMPLE.com", true),
            ("example.com", "", true),
            ("notexample.com", "example.com", false),
            ("example.com", "a.example.com", false),
            ("example.com", "com", true),
            ("example.com", "example.org", false),
        ] {
            let name = Name::new(name.as_bytes()).unwrap();
            let mut progress = name.constraint(constraint.len());
            name.compare(&mut progress, constraint.as_bytes());
            assert_eq!(name.matched(progress), inside, "{constraint}");
        }
        let address = Name::new(b"192.0.2.77").unwrap();
        assert!(address.is_in_network(&[192, 0, 2, 0, 255, 255, 255, 0]));
        assert!(!address.is_in_network(&[192, 0, 3, 0, 255, 255, 255, 0]));
        assert!(!address.is_in_network(&[192, 0, 2, 77]) && !address.is_in_network(&[0; 32]));
        assert!(address.is_address(&[192, 0, 2, 77]) && !address.is_address(&[]));
        assert!(!Name::none().is_address(&[]) && !Name::none().is_in_network(&[]));
    }
}
