//! IP addresses as people write them.

use crate::text::{Parts, number};

/// An IPv4 or IPv6 address as in an iPAddress name: 4 or 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct IpAddress {
    bytes: [u8; 16],
    len: u8,
}

impl IpAddress {
    pub(crate) const NONE: Self = IpAddress { bytes: [0; 16], len: 0 };

    /// It is no address.
    pub(crate) fn is_none(&self) -> bool {
        self.len == 0
    }

    /// The address in network byte order.
    #[inline(never)]
    pub(crate) fn as_bytes(&self) -> &[u8] {
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
    pub(crate) fn read(&mut self, text: &[u8]) -> Option<()> {
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
const NO_GAP: u8 = 0xff;

/// Reads an IPv4 address in dotted form or an IPv6 address (RFC 4291 §2.2), the latter also in brackets as in a URL.
/// No leading zeros, no zones.
pub(crate) fn parse_ip(text: &[u8]) -> Option<IpAddress> {
    let mut ip = IpAddress::NONE;
    ip.read(text)?;
    Some(ip)
}

#[cfg(test)]
mod tests;
