//! A session to be resumed (RFC 5077, RFC 5246 §7.3, RFC 8446 §2.2), as a byte string that the caller keeps
//! anywhere.
//!
//! The string is bound to the name and to whom the caller trusted when it was made: under any other setting, and when
//! it was damaged or is too old, it is not used, and the handshake is a full one.
//!
//! The place where it is kept needs secrecy and integrity. Secrecy, because whoever reads it can decrypt what is sent
//! in connections that resume it by TLS 1.2. Integrity, because it says that the server was trusted: the checksum finds
//! damage, not forgery, and whoever writes there can replace it by a session with another server.
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

use crate::codec::{Writer, copy, piece};
use crate::config::Config;
use crate::crypto::{Sha256, equal};
use crate::fuzzing::unchecked;
use crate::handshake::Negotiated;
use crate::handshake::cipher_suite::CipherSuite;
use crate::host::Host;
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

/// Where in the header things lie; the table above has the lengths.
mod at {
    pub const FORMAT: usize = 0;
    pub const FLAGS: usize = 1;
    pub const VERSION: usize = 2;
    pub const SUITE: usize = 4;
    pub const TRUSTED_BY: usize = 6;
    pub const SECRET_LEN: usize = 7;
    pub const ISSUED: usize = 8;
    pub const LIFETIME: usize = 16;
    pub const AGE_ADD: usize = 20;
    pub const BINDING: usize = 24;
    pub const FINGERPRINT: usize = 40;
    pub const SECRET: usize = 72;
}

/// Seconds since 1970; 0 if unknown.
pub type Seconds = u32;

/// What the host's clock says.
#[inline(never)]
pub fn now(host: &mut dyn Host) -> Seconds {
    host.now().and_then(|now| now.try_into().ok()).unwrap_or_default()
}

/// A session, read where it lies.
#[derive(Clone, Copy)]
pub struct Session<'s> {
    header: &'s [u8; HEADER_LEN],
    /// What the server recognises it by.
    pub ticket: &'s [u8],
}

impl<'s> Session<'s> {
    /// Reads the string; `None` if it is damaged, of another format, or not for this configuration and time.
    #[inline(never)]
    pub fn read(bytes: &'s [u8], config: &Config, now: Seconds) -> Option<Self> {
        let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_LEN)?)?;
        if self::checksum(content) != checksum && !unchecked() {
            return None;
        }
        let (header, ticket) = content.split_first_chunk()?;
        let session = Session { header, ticket };
        let version = session.version();
        let issued = session.issued();
        let dated = now != 0 && issued != 0;
        let usable = header[at::FORMAT] == FORMAT
            && usize::from(header[at::SECRET_LEN]) <= SECRET_LEN
            && (1..=MAX_TICKET).contains(&ticket.len())
            && config.offers(version)
            && CipherSuite::find(session.suite(), version).is_some()
            && (equal(piece(header, at::BINDING, 16), &binding(config)) || unchecked())
            && (!dated || now.wrapping_sub(issued) < session.lifetime().min(MAX_LIFETIME));
        usable.then_some(session)
    }

    fn field<const AT: usize, const N: usize>(&self) -> [u8; N] {
        self.header.get(AT..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }

    /// On the wire.
    pub fn version(&self) -> u16 {
        u16::from_be_bytes(self.field::<{ at::VERSION }, _>())
    }

    /// On the wire.
    pub fn suite(&self) -> u16 {
        u16::from_be_bytes(self.field::<{ at::SUITE }, _>())
    }

    /// TLS 1.2: extended_master_secret was agreed on.
    pub fn extended_master_secret(&self) -> bool {
        self.header[at::FLAGS] & EXTENDED_MASTER_SECRET != 0
    }

    /// TLS 1.2: `ticket` is a session id.
    pub fn by_id(&self) -> bool {
        self.header[at::FLAGS] & BY_ID != 0
    }

    /// The master secret of TLS 1.2, or the PSK of TLS 1.3.
    #[inline(never)]
    pub fn secret(&self) -> &'s [u8] {
        let len = usize::from(self.header[at::SECRET_LEN]);
        self.header.get(at::SECRET..at::SECRET + len).unwrap_or_default()
    }

    /// How the server was trusted when it showed its certificate.
    pub fn trusted_by(&self) -> TrustedBy {
        TrustedBy::from_bits(self.header[at::TRUSTED_BY])
    }

    /// SHA-256 of that certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.field::<{ at::FINGERPRINT }, _>()
    }

    fn issued(&self) -> Seconds {
        u32::from_be_bytes(self.field::<{ at::ISSUED + 4 }, _>())
    }

    fn lifetime(&self) -> u32 {
        u32::from_be_bytes(self.field::<{ at::LIFETIME }, _>())
    }

    /// obfuscated_ticket_age (RFC 8446 §4.2.11): milliseconds since it was made, veiled.
    pub fn obfuscated_age(&self, now: Seconds) -> u32 {
        let issued = self.issued();
        let age = if now != 0 && issued != 0 { now.wrapping_sub(issued) } else { 0 };
        let age_add = u32::from_be_bytes(self.field::<{ at::AGE_ADD }, _>());
        age.wrapping_mul(1000).wrapping_add(age_add)
    }
}

/// What is known of a ticket besides its bytes.
pub struct Ticket {
    /// Bytes of the ticket or id that lies at [`HEADER_LEN`].
    pub len: usize,
    /// Seconds for which it can be used.
    pub lifetime: u32,
    /// ticket_age_add
    pub age_add: u32,
    /// It is a session id.
    pub by_id: bool,
}

impl Ticket {
    /// There is none.
    pub const NONE: Self = Ticket { len: 0, lifetime: 0, age_add: 0, by_id: false };
}

/// Writes a session around a ticket; returns the session's length, 0 if it does not fit. `secret`: the master secret of
/// TLS 1.2, or the PSK of TLS 1.3.
#[inline(never)]
pub fn write(
    buffer: &mut [u8],
    ticket: &Ticket,
    secret: &[u8],
    negotiated: &Negotiated,
    config: &Config,
    now: Seconds,
) -> usize {
    let end = HEADER_LEN + ticket.len;
    let Some((content, rest)) = buffer.split_at_mut_checked(end) else { return 0 };
    let Some(header) = content.first_chunk_mut::<HEADER_LEN>() else { return 0 };
    header.fill(0);
    let mut w = Writer::new(header);
    w.u8(FORMAT);
    w.u8(if negotiated.extended_master_secret { EXTENDED_MASTER_SECRET } else { 0 }
        | if ticket.by_id { BY_ID } else { 0 });
    w.u16(negotiated.version);
    w.u16(negotiated.suite);
    w.u8(negotiated.trusted_by.map_or(0, TrustedBy::bits));
    w.u8(secret.len() as u8);
    w.u32(0); // seconds have 8 bytes
    w.u32(now);
    w.u32(ticket.lifetime);
    w.u32(ticket.age_add);
    w.bytes(&binding(config));
    w.bytes(&negotiated.fingerprint);
    w.bytes(secret);
    if copy(rest, &checksum(content)) == CHECKSUM_LEN { end + CHECKSUM_LEN } else { 0 }
}

#[inline(never)]
fn checksum(content: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut hash = Sha256::new();
    hash.update(content);
    hash.finish().first_chunk().copied().unwrap_or_default()
}

/// Name, trust, our own certificate and what the server was asked for, in 16 bytes of a hash.
#[inline(never)]
fn binding(config: &Config) -> [u8; 16] {
    let trust = &config.trust;
    let mut hash = Sha256::new();
    let mut add = |texts: &[&[u8]]| {
        for text in texts {
            hash.update(&(text.len() as u32).to_be_bytes());
            hash.update(text);
        }
    };
    add(&[config.servername, trust.fingerprint256, trust.pinned_pub_key, config.cert]);
    add(trust.ca);
    // RFC 6066 §4: what was agreed on about the fragments' length holds for the session
    let [high, low] = config.max_fragment.to_be_bytes();
    hash.update(&[trust.insecure.into(), trust.ignore_validity.into(), high, low]);
    hash.finish().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
