//! ServerHello (RFC 5246 §7.4.1.3, RFC 8446 §4.1.3) with HelloRetryRequest (§4.1.4), and the extensions that a server
//! answers there and in EncryptedExtensions (§4.3.1).

use crate::codec::{Cursor, big_endian, copy};
use crate::config::{Config, HAS_SESSIONS, HAS_TLS13, TLS12, TLS13};
use crate::crypto::{NamedGroup, equal};
use crate::error::{Detail, Error};
use crate::handshake::Negotiated;
use crate::handshake::cipher_suite::CipherSuite;
use crate::handshake::extension::*;
use crate::handshake::messages::server_key_exchange::find_group;
use core::ops::Range;

/// Last bytes of ServerHello.random when a server that knows TLS 1.3 negotiates 1.2 or 1.1 (RFC 8446 §4.1.3).
const DOWNGRADE: &[u8; 7] = b"DOWNGRD";

/// Whether the server's random says that a newer version than the chosen one was possible, which an honest server says
/// only to clients that did not offer it (RFC 8446 §4.1.3).
#[inline(always)] // without TLS 1.3 it is never one
pub fn is_downgrade(random: &[u8; 32], chosen: u16, offered: u16) -> bool {
    let Some([mark @ .., last]) = random.last_chunk::<8>() else { return false };
    let known = TLS12 + u16::from(*last);
    *last <= 1 && chosen < known && known <= offered && equal(mark, DOWNGRADE)
}

/// ServerHello.random of a HelloRetryRequest: SHA-256 of that name (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The messages in which a server answers extensions; bits of a set.
mod message {
    pub const SERVER_HELLO_12: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
    pub const HELLO_RETRY_REQUEST: u8 = 4;
    pub const ENCRYPTED_EXTENSIONS: u8 = 8;
}
use message::*;

/// What an extension begins with: the bytes of a number, or of a vector's length and [`VECTOR`].
const VECTOR: u8 = 4;

/// An extension that may come; a number of its own, so that what is done with it is found by a table.
#[derive(Clone, Copy)]
#[repr(u8)]
#[allow(dead_code)] // some builds lack some of them
enum Known {
    ServerName,
    Protocol,
    SessionTicket,
    PreSharedKey,
    MaxFragmentLength,
    RecordSizeLimit,
    PointFormats,
    ExtendedMasterSecret,
    RenegotiationInfo,
    KeyShare,
    Cookie,
    /// Looked at before, or of no use to a client. No message has two of them.
    Ignored,
}

/// The extensions that may come, what they begin with times 16, in which messages (RFC 8446 §4.2), and which they are.
const KNOWN: &[(u16, u8, Known)] = &[
    (SERVER_NAME, SERVER_HELLO_12 | ENCRYPTED_EXTENSIONS, Known::ServerName),
    (
        APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
        SERVER_HELLO_12 | ENCRYPTED_EXTENSIONS | (VECTOR + 2) << 4,
        Known::Protocol,
    ),
    #[cfg(feature = "resumption")]
    (SESSION_TICKET, SERVER_HELLO_12, Known::SessionTicket),
    #[cfg(all(feature = "resumption", feature = "tls13"))]
    (PRE_SHARED_KEY, SERVER_HELLO | 2 << 4, Known::PreSharedKey),
    (MAX_FRAGMENT_LENGTH, SERVER_HELLO_12 | ENCRYPTED_EXTENSIONS | 1 << 4, Known::MaxFragmentLength),
    (RECORD_SIZE_LIMIT, SERVER_HELLO_12 | ENCRYPTED_EXTENSIONS | 2 << 4, Known::RecordSizeLimit),
    (EC_POINT_FORMATS, SERVER_HELLO_12 | (VECTOR + 1) << 4, Known::PointFormats),
    (EXTENDED_MASTER_SECRET, SERVER_HELLO_12, Known::ExtendedMasterSecret),
    (RENEGOTIATION_INFO, SERVER_HELLO_12 | (VECTOR + 1) << 4, Known::RenegotiationInfo),
    // not in TLS 1.2, but there were servers that sent it
    (SUPPORTED_GROUPS, SERVER_HELLO_12 | ENCRYPTED_EXTENSIONS, Known::Ignored),
    #[cfg(feature = "tls13")]
    (SUPPORTED_VERSIONS, SERVER_HELLO | HELLO_RETRY_REQUEST, Known::Ignored),
    #[cfg(feature = "tls13")]
    (KEY_SHARE, SERVER_HELLO | HELLO_RETRY_REQUEST | 2 << 4, Known::KeyShare),
    #[cfg(feature = "tls13")]
    (COOKIE, HELLO_RETRY_REQUEST | (VECTOR + 2) << 4, Known::Cookie),
];

/// What a ServerHello of TLS 1.3, or a HelloRetryRequest, says besides what goes into [`Negotiated`].
pub struct Tls13Answer {
    /// The suite.
    pub suite: &'static CipherSuite,
    /// A PSK was offered (before parsing).
    pub psk_offered: bool,
    /// TLS 1.2: the session that was offered is resumed.
    pub echoed: bool,
    /// It is a HelloRetryRequest.
    pub retry: bool,
    /// The group of the server's share of the key agreement, or the one in which it wants a share.
    pub group: Option<NamedGroup>,
    /// Where in the body that share lies, or the cookie of a HelloRetryRequest; empty if there was none.
    pub place: Range<usize>,
}

impl Default for Tls13Answer {
    /// Before parsing.
    fn default() -> Self {
        Tls13Answer {
            suite: CipherSuite::ANY,
            psk_offered: false,
            echoed: false,
            retry: false,
            group: None,
            place: 0..0,
        }
    }
}

/// Where session_id, its length first, lies in the body: after the version and the random.
pub const SESSION_ID_AT: usize = 2 + 32;

/// Parses the body of the message and writes down what the server chose, checked against what was offered.
/// `session_id`: what was sent. The results are written in place rather than returned because that takes half the code
/// on the chip.
pub fn parse(
    body: &[u8],
    config: &Config,
    session_id: &[u8],
    random: &mut [u8; 32],
    chosen: &mut Negotiated,
    answer: &mut Tls13Answer,
    detail: &mut Detail,
) -> Result<(), Error> {
    let mut c = Cursor(body);
    let mut version = c.u16()? as u16;
    copy(random, c.take(32)?);
    let echo = c.vec8()?;
    if echo.len() > 32 {
        return Err(Error::DecodeError);
    }
    let suite = c.u16()? as u16;
    let compression = c.u8()?;
    // a server of TLS 1.2 may leave all extensions out
    let extensions = if c.is_empty() { &[] } else { c.vec16()? };
    c.end()?;

    let echoes = equal(echo, session_id);
    let mut kind = SERVER_HELLO_12;
    if HAS_TLS13 && version == TLS12 && config.offers(TLS13) && selects_tls13(extensions)? {
        version = TLS13;
        answer.retry = equal(random, &RETRY);
        kind = if answer.retry { HELLO_RETRY_REQUEST } else { SERVER_HELLO };
        if !echoes {
            return Err(Error::IllegalParameter);
        }
    }
    detail.a = version.into();
    if !config.offers(version) {
        return Err(Error::UnsupportedProtocol);
    }
    if is_downgrade(random, version, if config.offers(TLS13) { TLS13 } else { TLS12 }) {
        return Err(Error::Downgrade);
    }
    // RFC 8446 §4.1.4: the suite stays the same after a HelloRetryRequest
    let changed = chosen.suite != 0 && (chosen.suite, chosen.version) != (suite, version);
    detail.a = suite.into();
    answer.suite = CipherSuite::find(suite, version).filter(|_| !changed).ok_or(Error::WrongCipherReturned)?;
    (chosen.version, chosen.suite) = (version, suite);
    if compression != 0 {
        return Err(Error::IllegalParameter);
    }
    chosen.send_limit = config.max_send;
    answer.echoed = kind == SERVER_HELLO_12 && !session_id.is_empty() && echoes;
    read_extensions(extensions, kind, config, chosen, answer, detail)?;
    if HAS_TLS13 {
        // the list of extensions is the last thing in the message
        answer.place = body.len() - answer.place.end..body.len() - answer.place.start;
    }
    if kind == SERVER_HELLO && answer.group.is_none() {
        return Err(Error::MissingExtension);
    }
    Ok(())
}

/// EncryptedExtensions (RFC 8446 §4.3.1).
pub fn parse_encrypted_extensions(
    body: &[u8],
    config: &Config,
    chosen: &mut Negotiated,
    detail: &mut Detail,
) -> Result<(), Error> {
    let mut c = Cursor(body);
    let extensions = c.vec16()?;
    c.end()?;
    read_extensions(extensions, ENCRYPTED_EXTENSIONS, config, chosen, &mut Tls13Answer::default(), detail)
}

/// Whether supported_versions is there (RFC 8446 §4.2.1).
fn selects_tls13(extensions: &[u8]) -> Result<bool, Error> {
    let mut extensions = Cursor(extensions);
    while !extensions.is_empty() {
        let number = extensions.u16()? as u16;
        let data = extensions.vec16()?;
        if number == SUPPORTED_VERSIONS {
            return if data == TLS13.to_be_bytes() { Ok(true) } else { Err(Error::IllegalParameter) };
        }
    }
    Ok(false)
}

/// Where `part` lies when `rest` is all that follows it; counted from the end.
fn place_of(part: &[u8], rest: &[u8]) -> Range<usize> {
    rest.len()..rest.len() + part.len()
}

fn read_extensions(
    extensions: &[u8],
    kind: u8,
    config: &Config,
    chosen: &mut Negotiated,
    answer: &mut Tls13Answer,
    detail: &mut Detail,
) -> Result<(), Error> {
    let mut extensions = Cursor(extensions);
    let mut seen = 0;
    while !extensions.is_empty() {
        let number = extensions.u16()? as u16;
        let mut data = Cursor(extensions.vec16()?);
        detail.a = number.into();
        let Some(&(_, form, known)) = KNOWN.iter().find(|known| known.0 == number) else {
            return Err(Error::UnsolicitedExtension);
        };
        if form & kind == 0 {
            // RFC 8446 §4.2: known, but not in this message
            return Err(if kind == SERVER_HELLO_12 { Error::UnsolicitedExtension } else { Error::IllegalParameter });
        }
        let bit = 1u16 << known as u8;
        if seen & bit != 0 {
            return Err(Error::IllegalParameter);
        }
        seen |= bit;
        let vector = data.number_or_vector(usize::from(form >> 4))?;
        let value = big_endian(vector);
        // The compiler would look at the configuration before it knows what for: 32 bytes more.
        let config = core::hint::black_box(config);
        match known {
            // they answer what was not asked
            Known::ServerName if config.sni().is_none() => return Err(Error::UnsolicitedExtension),
            Known::Protocol if config.alpn.is_empty() => return Err(Error::UnsolicitedExtension),
            Known::SessionTicket if HAS_SESSIONS && !config.keep_session && config.session.is_empty() => {
                return Err(Error::UnsolicitedExtension);
            }
            Known::PreSharedKey if HAS_SESSIONS && HAS_TLS13 && !answer.psk_offered => {
                return Err(Error::UnsolicitedExtension);
            }
            Known::MaxFragmentLength | Known::RecordSizeLimit => {
                let (valid, limit) = if matches!(known, Known::MaxFragmentLength) {
                    // it binds both sides
                    (value as u8 == max_fragment_code(config.max_fragment), config.max_fragment)
                } else {
                    // each side has its own; below 64 is forbidden (RFC 8449 §4); TLS 1.3 counts the content type
                    (value >= 64, (value as u16).wrapping_sub(u16::from(kind == ENCRYPTED_EXTENSIONS)))
                };
                // RFC 8449 §5: not both
                if !valid || chosen.fragment != 0 {
                    return Err(Error::IllegalParameter);
                }
                chosen.fragment = config.max_fragment;
                chosen.send_limit = chosen.send_limit.min(limit);
            }
            // RFC 8422 §5.2: uncompressed must be there
            Known::PointFormats if vector.iter().all(|format| *format != 0) => return Err(Error::IllegalParameter),
            Known::Protocol => {
                let mut list = Cursor(vector);
                let name = list.vec8()?;
                list.end()?;
                let index = config.protocols().position(|p| equal(p, name)).ok_or(Error::WrongAlpn)?;
                chosen.alpn = Some(index as u8); // at most 127 names fit into config.alpn
            }
            // RFC 5746 §3.4: empty in an initial handshake
            Known::RenegotiationInfo if !vector.is_empty() => return Err(Error::RenegotiationMismatch),
            Known::ExtendedMasterSecret => chosen.extended_master_secret = true,
            Known::SessionTicket if HAS_SESSIONS => chosen.ticket_promised = true,
            Known::PreSharedKey if HAS_SESSIONS && HAS_TLS13 => {
                if value != 0 {
                    return Err(Error::IllegalParameter); // only one was offered
                }
                chosen.resumed = true;
            }
            Known::KeyShare if HAS_TLS13 => {
                detail.a = value as u32;
                answer.group = Some(find_group(value).ok_or(Error::WrongCurve)?);
                if kind == SERVER_HELLO {
                    answer.place = place_of(data.vec16()?, extensions.0);
                }
            }
            Known::Cookie if HAS_TLS13 => {
                answer.place = place_of(vector, extensions.0);
                if answer.place.is_empty() {
                    return Err(Error::DecodeError);
                }
            }
            Known::Ignored => data = Cursor(&[]),
            _ => {} // empty, or right, or in no table of this build
        }
        data.end()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
