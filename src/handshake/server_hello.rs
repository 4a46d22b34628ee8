//! ServerHello (RFC 5246 §7.4.1.3).

use super::Negotiated;
use super::cipher_suite::CipherSuite;
use super::extension::*;
use crate::codec::{Cursor, copy};
use crate::config::{Config, TLS12};
use crate::error::{Detail, Error};

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

/// The extensions that may come; all of them are in every ClientHello but the first and the last.
const KNOWN: [u16; 7] = [
    SERVER_NAME,
    MAX_FRAGMENT_LENGTH,
    EC_POINT_FORMATS,
    EXTENDED_MASTER_SECRET,
    RECORD_SIZE_LIMIT,
    RENEGOTIATION_INFO,
    APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
];

/// Parses the body of the message and writes down what the server chose, checked against what was offered.
/// `offered`: the highest version in the ClientHello. The results are written in place rather than returned because
/// that takes half the code on the chip.
pub fn parse(
    body: &[u8],
    config: &Config,
    offered: u16,
    random: &mut [u8; 32],
    chosen: &mut Negotiated,
    detail: &mut Detail,
) -> Result<(), Error> {
    let mut c = Cursor(body);
    let version = c.u16()?;
    copy(random, c.take(32)?);
    if version != TLS12 {
        detail.a = version.into();
        return Err(Error::UnsupportedProtocol);
    }
    if is_downgrade(random, version, offered) {
        return Err(Error::Downgrade);
    }
    if c.vec8()?.len() > 32 {
        return Err(Error::DecodeError);
    }
    chosen.version = version;
    chosen.suite = c.u16()?;
    if CipherSuite::find(chosen.suite).is_none() {
        detail.a = chosen.suite.into();
        return Err(Error::WrongCipherReturned);
    }
    if c.u8()? != 0 {
        return Err(Error::IllegalParameter); // compression
    }
    chosen.send_limit = config.max_send;
    if c.is_empty() {
        return Ok(()); // a server may leave all extensions out
    }
    let mut extensions = Cursor(c.vec16()?);
    c.end()?;
    let mut seen = 0;
    while !extensions.is_empty() {
        let number = extensions.u16()?;
        let mut data = Cursor(extensions.vec16()?);
        let place = KNOWN.iter().position(|known| *known == number);
        let asked = match number {
            SERVER_NAME => config.sni().is_some(),
            APPLICATION_LAYER_PROTOCOL_NEGOTIATION => !config.alpn.is_empty(),
            _ => true,
        };
        let (Some(place), true) = (place, asked) else {
            detail.a = number.into();
            return Err(Error::UnsolicitedExtension);
        };
        if seen & 1 << place != 0 {
            return Err(Error::IllegalParameter);
        }
        seen |= 1 << place;
        match number {
            MAX_FRAGMENT_LENGTH => {
                // RFC 8449 §5: not together with record_size_limit
                if data.u8()? != max_fragment_code(config.max_fragment) || chosen.fragment != 0 {
                    return Err(Error::IllegalParameter);
                }
                // it binds both sides
                chosen.fragment = config.max_fragment;
                chosen.send_limit = chosen.send_limit.min(config.max_fragment);
            }
            RECORD_SIZE_LIMIT => {
                // each side has its own; below 64 is forbidden (RFC 8449 §4)
                let limit = data.u16()?;
                if limit < 64 || chosen.fragment != 0 {
                    return Err(Error::IllegalParameter);
                }
                chosen.fragment = config.max_fragment;
                chosen.send_limit = chosen.send_limit.min(limit);
            }
            EC_POINT_FORMATS => {
                let formats = data.vec8()?;
                if formats.iter().all(|format| *format != 0) {
                    return Err(Error::IllegalParameter); // RFC 8422 §5.2: uncompressed must be there
                }
            }
            APPLICATION_LAYER_PROTOCOL_NEGOTIATION => {
                let mut list = Cursor(data.vec16()?);
                let name = list.vec8()?;
                list.end()?;
                let index = config.protocols().position(|p| p == name).ok_or(Error::WrongAlpn)?;
                chosen.alpn = Some(index as u8); // at most 127 names fit into config.alpn
            }
            RENEGOTIATION_INFO => {
                let connection = data.vec8()?;
                if !connection.is_empty() {
                    return Err(Error::RenegotiationMismatch); // RFC 5746 §3.4: empty in an initial handshake
                }
            }
            EXTENDED_MASTER_SECRET => chosen.extended_master_secret = true,
            _ => {} // SERVER_NAME is empty
        }
        data.end()?;
    }
    Ok(())
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

    fn parse12(body: &[u8]) -> Result<Negotiated, Error> {
        let config = Config { alpn: b"h2,http/1.1", servername: b"localhost", ..Config::default() };
        let mut chosen = Negotiated::default();
        parse(body, &config, TLS12, &mut [0; 32], &mut chosen, &mut Detail::default()).map(|()| chosen)
    }

    #[test]
    fn extensions_are_read() {
        let h = parse12(&hello(&[
            0, 1, 0, 1, 2, 0, 23, 0, 0, 0, 16, 0, 11, 0, 9, 8, b'h', b't', b't', b'p', b'/', b'1', b'.', b'1',
        ]));
        let h = h.ok().unwrap();
        assert!(h.extended_master_secret && h.alpn == Some(1) && h.suite == 0xc02b);
        assert_eq!((h.fragment, h.send_limit), (1024, 536));
        let h = parse12(&hello(&[0, 28, 0, 2, 0, 200])).ok().unwrap();
        assert_eq!((h.fragment, h.send_limit), (1024, 200));
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
