//! Host names as RFC 1034 and RFC 1123 want them, and what is an address instead.

#[cfg(any(not(feature = "chain"), test))]
use crate::text::hex;

/// Whether this is an IP address, as `parse_ip` reads it.
#[cfg(feature = "chain")]
pub(crate) fn is_address(text: &[u8]) -> bool {
    crate::ip_address::parse_ip(text).is_some()
}

/// Whether this is an IP address. Without certificate chains nothing is compared with it, it is only not sent as a
/// name: what looks like an address will do, and that takes a quarter of the code.
#[cfg(not(feature = "chain"))]
pub(crate) fn is_address(text: &[u8]) -> bool {
    looks_like_address(text)
}

/// Whether all characters fit an address: digits and three dots, or hexadecimal digits and at least two colons.
#[cfg(any(not(feature = "chain"), test))]
pub(crate) fn looks_like_address(text: &[u8]) -> bool {
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

/// Whether this, without its trailing dot, is a host name in the syntax of RFC 1034 §3.5 and RFC 1123 §2.1.
/// `Some(false)`: no, but it can be asked for: its last label is a number, as in a misspelt IPv4 address. An underscore
/// is taken for a letter, as browsers do: names of devices have it.
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
