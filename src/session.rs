//! A session to be resumed (RFC 5077, RFC 5246 §7.3, RFC 8446 §2.2), as a byte string that the caller keeps where he
//! likes.
//!
//! The string is bound to the name and to whom the caller trusted when it was made: under any other setting, and when it
//! was damaged or is too old, it is not used, and the handshake is a full one. It holds a secret: who reads it can
//! decrypt what is sent in connections that resume it by TLS 1.2.
//!
//! | at | bytes | |
//! |---|---|---|
//! | 0 | 1 | format: 1 |
//! | 1 | 1 | 1: extended_master_secret, 2: `ticket` is a session id |
//! | 2 | 2 | version |
//! | 4 | 2 | cipher suite |
//! | 6 | 1 | [`TrustedBy`] |
//! | 7 | 1 | bytes of secret |
//! | 8 | 8 | seconds since 1970 when it was made; 0 if unknown |
//! | 16 | 4 | seconds for which it can be used |
//! | 20 | 4 | ticket_age_add |
//! | 24 | 16 | binding |
//! | 40 | 32 | fingerprint of the server's certificate |
//! | 72 | 48 | secret, then zeros |
//! | 120 | | ticket |
//! | end - 8 | 8 | checksum: the start of SHA-256 of everything before |

use crate::codec::{Cursor, copy};
use crate::config::{Config, TLS12, TLS13};
use crate::crypto::Sha256;
use crate::error::Error;
use crate::handshake::Negotiated;
use crate::handshake::cipher_suite::CipherSuite;
use crate::x509::TrustedBy;

const FORMAT: u8 = 1;
const EXTENDED_MASTER_SECRET: u8 = 1;
const BY_ID: u8 = 2;
const SECRET_LEN: usize = 48;
const CHECKSUM_LEN: usize = 8;
/// Bytes before the ticket.
pub const HEADER_LEN: usize = 120;
/// Bytes that a session has besides its ticket.
pub const OVERHEAD: usize = HEADER_LEN + CHECKSUM_LEN;
/// Longest ticket that is kept; with a long name beside it, it must fit into a ClientHello in the arena.
pub const MAX_TICKET: usize = 512;
/// RFC 8446 §4.6.1: seven days
const MAX_LIFETIME: u32 = 604_800;

/// A session, read.
pub struct Session<'s> {
    /// On the wire.
    pub version: u16,
    /// On the wire.
    pub suite: u16,
    /// TLS 1.2: extended_master_secret was agreed on.
    pub extended_master_secret: bool,
    /// TLS 1.2: `ticket` is a session id.
    pub by_id: bool,
    /// The master secret of TLS 1.2, or the PSK of TLS 1.3.
    pub secret: &'s [u8],
    /// What the server recognises it by.
    pub ticket: &'s [u8],
    /// How the server was trusted when it showed its certificate.
    pub trusted_by: TrustedBy,
    /// SHA-256 of that certificate.
    pub fingerprint: [u8; 32],
    issued: u64,
    lifetime: u32,
    age_add: u32,
}

impl<'s> Session<'s> {
    /// Reads the string; `None` if it is damaged, of another format, or not for this configuration and time.
    #[inline(never)]
    pub fn read(bytes: &'s [u8], config: &Config, now: Option<i64>) -> Option<Self> {
        let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_LEN)?)?;
        if self::checksum(content) != checksum {
            return None;
        }
        let (session, bound_to) = Self::parse(content).ok()?;
        let offered = session.version == TLS13 || session.version == TLS12;
        let now = u64::try_from(now.unwrap_or_default()).unwrap_or_default();
        let age = now.wrapping_sub(session.issued);
        let dated = now != 0 && session.issued != 0;
        let usable = offered
            && config.offers(session.version)
            && session.ticket.len() <= MAX_TICKET
            && CipherSuite::find(session.suite, session.version).is_some()
            && bound_to == binding(config)
            && (!dated || age < session.lifetime.min(MAX_LIFETIME).into());
        usable.then_some(session)
    }

    /// Reads a string that [`Self::read`] has found good before.
    pub fn read_again(bytes: &'s [u8]) -> Option<Self> {
        let content = bytes.get(..bytes.len().checked_sub(CHECKSUM_LEN)?)?;
        Self::parse(content).ok().map(|(session, _)| session)
    }

    fn parse(content: &'s [u8]) -> Result<(Self, &'s [u8]), Error> {
        let mut c = Cursor(content);
        let [format, flags] = c.array()?;
        let (version, suite) = (c.u16()?, c.u16()?);
        let [trusted_by, secret_len] = c.array()?;
        let issued = u64::from_be_bytes(c.array()?);
        let lifetime = u32::from_be_bytes(c.array()?);
        let age_add = u32::from_be_bytes(c.array()?);
        let bound_to = c.take(16)?;
        let fingerprint = c.array()?;
        let secret = c.take(SECRET_LEN)?.get(..secret_len.into()).ok_or(Error::DecodeError)?;
        if format != FORMAT || c.is_empty() {
            return Err(Error::DecodeError);
        }
        let session = Session {
            version,
            suite,
            extended_master_secret: flags & EXTENDED_MASTER_SECRET != 0,
            by_id: flags & BY_ID != 0,
            secret,
            ticket: c.0,
            trusted_by: TrustedBy::from_bits(trusted_by),
            fingerprint,
            issued,
            lifetime,
            age_add,
        };
        Ok((session, bound_to))
    }

    /// obfuscated_ticket_age (RFC 8446 §4.2.11): milliseconds since it was made, veiled.
    pub fn obfuscated_age(&self, now: Option<i64>) -> u32 {
        let age = match now {
            Some(now) if self.issued != 0 => now.wrapping_sub(self.issued as i64),
            _ => 0,
        };
        (age as u32).wrapping_mul(1000).wrapping_add(self.age_add)
    }
}

/// What is written besides the ticket.
pub struct Properties<'p> {
    /// What the handshake agreed on.
    pub negotiated: &'p Negotiated,
    /// The master secret of TLS 1.2, or the PSK of TLS 1.3.
    pub secret: &'p [u8],
    /// The ticket is a session id.
    pub by_id: bool,
    /// Seconds for which it can be used.
    pub lifetime: u32,
    /// ticket_age_add
    pub age_add: u32,
}

/// Writes a session around a ticket that lies at [`HEADER_LEN`] and has so many bytes; returns the session's length, 0 if
/// it does not fit.
#[inline(never)]
pub fn write(
    buffer: &mut [u8],
    ticket_len: usize,
    properties: &Properties,
    config: &Config,
    now: Option<i64>,
) -> usize {
    let Properties { negotiated, secret, .. } = properties;
    let mut header = [0; HEADER_LEN];
    let issued = u64::try_from(now.unwrap_or_default()).unwrap_or_default();
    let flags = if negotiated.extended_master_secret { EXTENDED_MASTER_SECRET } else { 0 }
        | if properties.by_id { BY_ID } else { 0 };
    let trusted_by = negotiated.trusted_by.map_or(0, TrustedBy::bits);
    let mut at = 0;
    for part in [
        &[FORMAT, flags][..],
        &negotiated.version.to_be_bytes(),
        &negotiated.suite.to_be_bytes(),
        &[trusted_by, secret.len() as u8],
        &issued.to_be_bytes(),
        &properties.lifetime.to_be_bytes(),
        &properties.age_add.to_be_bytes(),
        &binding(config),
        &negotiated.fingerprint,
        secret,
    ] {
        at += copy(header.get_mut(at..).unwrap_or_default(), part);
    }
    copy(buffer, &header);
    let end = HEADER_LEN + ticket_len;
    let Some((content, rest)) = buffer.split_at_mut_checked(end) else { return 0 };
    let sum = checksum(content);
    zeroize::Zeroize::zeroize(&mut header);
    if copy(rest, &sum) == CHECKSUM_LEN { end + CHECKSUM_LEN } else { 0 }
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut hash = Sha256::new();
    hash.update(content);
    hash.finish().first_chunk().copied().unwrap_or_default()
}

/// Name and trust, in 16 bytes of a hash.
#[inline(never)]
fn binding(config: &Config) -> [u8; 16] {
    let trust = &config.trust;
    let mut hash = Sha256::new();
    let texts = [config.servername, trust.fingerprint256, trust.pinned_pub_key];
    for text in texts.iter().chain(trust.ca) {
        hash.update(&(text.len() as u32).to_be_bytes());
        hash.update(text);
    }
    hash.update(&[trust.insecure.into(), trust.ignore_validity.into()]);
    hash.finish().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Trust;
    extern crate std;
    use std::vec::Vec;

    const NOW: i64 = 1_800_000_000;

    fn config() -> Config<'static> {
        let trust = Trust { fingerprint256: b"AB", ca: &[b"one", b"two"], ..Trust::default() };
        Config { trust, servername: b"example.com", ..Config::default() }
    }

    fn session(config: &Config, now: Option<i64>) -> Vec<u8> {
        let mut buffer = std::vec![0; 300];
        buffer[HEADER_LEN..][..6].copy_from_slice(b"ticket");
        let negotiated = Negotiated {
            version: 0x0303,
            suite: 0xc02b,
            extended_master_secret: true,
            fingerprint: [5; 32],
            trusted_by: Some(TrustedBy::CA),
            ..Negotiated::default()
        };
        let properties =
            Properties { negotiated: &negotiated, secret: &[7; 48], by_id: false, lifetime: 3600, age_add: 9 };
        let n = write(&mut buffer, 6, &properties, config, now);
        buffer.truncate(n);
        buffer
    }

    #[test]
    fn what_is_written_is_read() {
        let config = config();
        let bytes = session(&config, Some(NOW));
        assert_eq!(bytes.len(), OVERHEAD + 6);
        let s = Session::read(&bytes, &config, Some(NOW + 5)).unwrap();
        assert_eq!((s.version, s.suite, s.secret, s.ticket), (0x0303, 0xc02b, &[7; 48][..], &b"ticket"[..]));
        assert!(s.extended_master_secret && !s.by_id && s.trusted_by == TrustedBy::CA && s.fingerprint == [5; 32]);
        assert_eq!(s.obfuscated_age(Some(NOW + 5)), 5009);
        assert_eq!(s.obfuscated_age(None), 9);
    }

    #[test]
    fn damage_and_age_are_noticed() {
        let config = config();
        let bytes = session(&config, Some(NOW));
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[position] ^= 1 << bit;
                assert!(Session::read(&damaged, &config, Some(NOW)).is_none(), "{position}.{bit}");
            }
            assert!(Session::read(&bytes[..position], &config, Some(NOW)).is_none());
        }
        let usable = |at: Option<i64>| Session::read(&bytes, &config, at).is_some();
        assert!(usable(Some(NOW)) && usable(Some(NOW + 3599)) && usable(None));
        // too old, or made in what is now the future: the clock was set back, or never set
        assert!(!usable(Some(NOW + 3600)) && !usable(Some(NOW - 1)) && !usable(Some(1)));
        assert!(Session::read(&session(&config, None), &config, Some(NOW)).is_some());
    }

    #[test]
    fn another_name_or_another_trust_is_another_session() {
        let config = config();
        let bytes = session(&config, Some(NOW));
        let trust = config.trust;
        for other in [
            Config { servername: b"example.org", ..config },
            Config { trust: Trust { fingerprint256: b"AC", ..trust }, ..config },
            Config { trust: Trust { fingerprint256: b"", pinned_pub_key: b"AB", ..trust }, ..config },
            Config { trust: Trust { ca: &[b"one"], ..trust }, ..config },
            Config { trust: Trust { ca: &[b"onet", b"wo"], ..trust }, ..config },
            Config { trust: Trust { insecure: true, ..trust }, ..config },
            Config { trust: Trust { ignore_validity: true, ..trust }, ..config },
            Config { min_version: TLS13, ..config },
        ] {
            assert!(Session::read(&bytes, &other, Some(NOW)).is_none());
        }
        // what does not decide whom to trust does not matter
        let other = Config { alpn: b"http/1.1", max_fragment: 512, ..config };
        assert!(Session::read(&bytes, &other, Some(NOW)).is_some());
    }
}
