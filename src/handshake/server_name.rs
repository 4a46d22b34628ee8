//! server_name (RFC 6066 §3).

use crate::config::Config;
use crate::error::Error;
use crate::x509::{is_address, is_host_name};

/// The name that ClientHello tells: none for IP addresses and when there is no name. A trailing dot is not sent.
pub fn sni<'a>(config: &Config<'a>) -> Option<&'a [u8]> {
    let name = if let [name @ .., b'.'] = config.servername { name } else { config.servername };
    if name.is_empty() || is_address(name) { None } else { Some(name) }
}

/// Refuses a name that is none.
#[inline(always)] // there is but one caller
pub fn check(config: &Config) -> Result<(), Error> {
    match sni(config) {
        Some(name) if is_host_name(name).is_none() => Err(Error::InvalidServername),
        _ => Ok(()),
    }
}
