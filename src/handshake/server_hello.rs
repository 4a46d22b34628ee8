//! ServerHello (RFC 5246 §7.4.1.3).

use super::cipher_suite::CipherSuite;
use super::extension::*;
use crate::codec::Cursor;
use crate::config::{Config, TLS12};
use crate::error::{Detail, Error};

/// What the server chose, checked against what was offered.
pub struct ServerHello {
    /// Its random.
    pub random: [u8; 32],
    /// The cipher suite.
    pub suite: CipherSuite,
    /// max_fragment_length was accepted (RFC 6066 §4).
    pub max_fragment: bool,
    /// Largest plaintext the server takes (RFC 8449), if it said so.
    pub record_size_limit: Option<u16>,
    /// extended_master_secret (RFC 7627).
    pub extended_master_secret: bool,
    /// Which of the protocols in `config.alpn` the server chose, counted from 0.
    pub alpn: Option<u8>,
}

/// Last bytes of ServerHello.random when a server that knows TLS 1.3 negotiates 1.2 or 1.1 (RFC 8446 §4.1.3).
const DOWNGRADE: &[u8; 7] = b"DOWNGRD";

/// Whether the server's random says that a newer version than the chosen one was possible, which an honest server says
/// only to clients that did not offer it (RFC 8446 §4.1.3).
pub fn is_downgrade(random: &[u8; 32], chosen: u16, offered: u16) -> bool {
    let [.., d0, d1, d2, d3, d4, d5, d6, last] = random;
    *DOWNGRADE == [*d0, *d1, *d2, *d3, *d4, *d5, *d6]
        && match last {
            1 => chosen <= TLS12 && offered > TLS12,
            0 => chosen < TLS12 && offered >= TLS12,
            _ => false,
        }
}

/// Bits for the extensions seen, to find duplicates.
fn bit(extension: u16) -> Option<u16> {
    Some(match extension {
        SERVER_NAME => 1,
        MAX_FRAGMENT_LENGTH => 2,
        EC_POINT_FORMATS => 4,
        APPLICATION_LAYER_PROTOCOL_NEGOTIATION => 8,
        EXTENDED_MASTER_SECRET => 16,
        RECORD_SIZE_LIMIT => 32,
        RENEGOTIATION_INFO => 64,
        _ => return None,
    })
}

/// Parses the body of the message. `offered`: the highest version in the ClientHello.
pub fn parse(body: &[u8], config: &Config, offered: u16, detail: &mut Detail) -> Result<ServerHello, Error> {
    let mut c = Cursor(body);
    let version = c.u16()?;
    let random: [u8; 32] = c.array()?;
    if version != TLS12 {
        detail.a = version.into();
        return Err(Error::UnsupportedProtocol);
    }
    if is_downgrade(&random, version, offered) {
        return Err(Error::Downgrade);
    }
    if c.vec8()?.len() > 32 {
        return Err(Error::DecodeError);
    }
    let number = c.u16()?;
    let Some(suite) = CipherSuite::find(number) else {
        detail.a = number.into();
        return Err(Error::WrongCipherReturned);
    };
    if c.u8()? != 0 {
        return Err(Error::IllegalParameter); // compression
    }
    let mut hello = ServerHello {
        random,
        suite,
        max_fragment: false,
        record_size_limit: None,
        extended_master_secret: false,
        alpn: None,
    };
    if c.is_empty() {
        return Ok(hello); // a server may leave all extensions out
    }
    let mut extensions = Cursor(c.vec16()?);
    c.end()?;
    let mut seen = 0;
    while !extensions.is_empty() {
        let number = extensions.u16()?;
        let mut data = Cursor(extensions.vec16()?);
        let Some(bit) = bit(number) else {
            detail.a = number.into();
            return Err(Error::UnsolicitedExtension);
        };
        if seen & bit != 0 {
            return Err(Error::IllegalParameter);
        }
        seen |= bit;
        match number {
            SERVER_NAME => {
                if config.sni().is_none() {
                    detail.a = number.into();
                    return Err(Error::UnsolicitedExtension);
                }
            }
            MAX_FRAGMENT_LENGTH => {
                if data.u8()? != max_fragment_code(config.max_fragment) {
                    return Err(Error::IllegalParameter);
                }
                hello.max_fragment = true;
            }
            RECORD_SIZE_LIMIT => {
                let limit = data.u16()?;
                if limit < 64 {
                    return Err(Error::IllegalParameter); // RFC 8449 §4
                }
                hello.record_size_limit = Some(limit);
            }
            EC_POINT_FORMATS => {
                if !data.vec8()?.contains(&0) {
                    return Err(Error::IllegalParameter); // RFC 8422 §5.2: uncompressed must be there
                }
            }
            APPLICATION_LAYER_PROTOCOL_NEGOTIATION => {
                if config.alpn.is_empty() {
                    detail.a = number.into();
                    return Err(Error::UnsolicitedExtension);
                }
                let mut list = Cursor(data.vec16()?);
                let chosen = list.vec8()?;
                list.end()?;
                let index = config.protocols().position(|p| p == chosen).ok_or(Error::WrongAlpn)?;
                hello.alpn = Some(index as u8); // at most 127 names fit into config.alpn
            }
            EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
            // RENEGOTIATION_INFO; RFC 5746 §3.4: must be empty in an initial handshake
            _ => {
                if !data.vec8()?.is_empty() {
                    return Err(Error::RenegotiationMismatch);
                }
            }
        }
        data.end()?;
    }
    if hello.max_fragment && hello.record_size_limit.is_some() {
        return Err(Error::IllegalParameter); // RFC 8449 §5
    }
    Ok(hello)
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    fn hello(extensions: &[u8]) -> Vec<u8> {
        let mut m = std::vec![3, 3];
        m.extend([7; 32]);
        m.extend([0, 0xc0, 0x2b, 0]);
        m.extend((extensions.len() as u16).to_be_bytes());
        m.extend(extensions);
        m
    }

    fn parse12(body: &[u8]) -> Result<ServerHello, Error> {
        let config = Config { alpn: b"h2,http/1.1", servername: b"localhost", ..Config::default() };
        parse(body, &config, TLS12, &mut Detail::default())
    }

    #[test]
    fn extensions_are_read() {
        let h = parse12(&hello(&[
            0, 1, 0, 1, 2, 0, 23, 0, 0, 0, 16, 0, 11, 0, 9, 8, b'h', b't', b't', b'p', b'/', b'1', b'.', b'1',
        ]));
        let h = h.ok().unwrap();
        assert!(h.max_fragment && h.extended_master_secret && h.alpn == Some(1) && h.suite.number == 0xc02b);
        assert!(parse12(&hello(&[])).is_ok());
    }

    #[test]
    fn wrong_answers_are_refused() {
        let cases: &[(&[u8], Error)] = &[
            (&[0, 1, 0, 1, 3], Error::IllegalParameter), // another fragment length
            (&[0, 1, 0, 1, 2, 0, 1, 0, 1, 2], Error::IllegalParameter), // twice
            (&[0, 1, 0, 1, 2, 0, 28, 0, 2, 4, 0], Error::IllegalParameter), // both limits
            (&[0, 28, 0, 2, 0, 63], Error::IllegalParameter), // limit below 64
            (&[0, 35, 0, 0], Error::UnsolicitedExtension), // session ticket
            (&[0, 16, 0, 5, 0, 3, 2, b'h', b'3'], Error::WrongAlpn), // not offered
            (&[0, 16, 0, 8, 0, 6, 2, b'h', b'2', 2, b'h', b'2'], Error::DecodeError), // two names
            (&[0xff, 1, 0, 2, 1, 0], Error::RenegotiationMismatch), // not empty
            (&[0, 23, 0, 1, 0], Error::DecodeError),     // trailing byte
            (&[0, 11, 0, 2, 1, 1], Error::IllegalParameter), // no uncompressed points
            (&[0, 1, 0, 1], Error::DecodeError),         // cut off
        ];
        for (extensions, error) in cases {
            assert_eq!(parse12(&hello(extensions)).err(), Some(*error), "{extensions:?}");
        }
        let whole = hello(&[0, 23, 0, 0]);
        for n in 0..whole.len() {
            // a ServerHello without extensions is complete after 38 bytes
            assert_eq!(parse12(&whole[..n]).is_ok(), n == 38, "{n}");
        }
    }

    #[test]
    fn the_downgrade_sentinel_counts_as_soon_as_a_newer_version_was_offered() {
        let mut random = [9; 32];
        random[24..].copy_from_slice(b"DOWNGRD\x01");
        assert!(is_downgrade(&random, TLS12, 0x0304));
        assert!(!is_downgrade(&random, TLS12, TLS12));
        random[31] = 0;
        assert!(is_downgrade(&random, 0x0302, TLS12));
        assert!(!is_downgrade(&random, TLS12, 0x0304));
        random[30] = 0;
        assert!(!is_downgrade(&random, 0x0302, TLS12));
    }
}
