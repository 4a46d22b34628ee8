//! ClientHello (RFC 5246 §7.4.1.2, RFC 8446 §4.1.2).
#![allow(clippy::indexing_slicing)] // only what the compiler itself computes

use crate::codec::Writer;
use crate::config::{Config, TLS12, TLS13};
use crate::crypto::NamedGroup;
use crate::handshake::cipher_suite::SUITES;
use crate::handshake::extension::*;
use crate::handshake::signature_scheme::SCHEMES;
use crate::handshake::{CLIENT_HELLO, GROUPS};
#[cfg(feature = "resumption")]
use crate::schedule::suite_hash::MAX_LEN;

/// Where session_id, its length first, lies in a ClientHello: after the message's header, version and random.
pub const SESSION_ID_AT: usize = 4 + 2 + 32;
/// Bytes of a session_id that is made up.
pub const SESSION_ID_LEN: usize = 32;

/// What a ClientHello has besides what follows from the configuration.
#[derive(Clone, Copy)]
pub struct Fresh<'h> {
    /// session_id, at most 32 bytes. In TLS 1.3 it is not empty, so that a server plays TLS 1.2 for what is on the way
    /// (RFC 8446 §D.4); with a ticket of TLS 1.2 its echo shows that the session is resumed (RFC 5077 §3.4).
    pub session_id: &'h [u8],
    /// The group of TLS 1.3's key share.
    pub group: NamedGroup,
    /// The key share; empty: none, the server has to ask for one.
    pub public: &'h [u8],
    /// From a HelloRetryRequest; empty if there was none.
    pub cookie: &'h [u8],
    /// session_ticket: of TLS 1.2; empty to ask for one.
    pub ticket: Option<&'h [u8]>,
    /// pre_shared_key: a ticket of TLS 1.3; empty: none.
    pub identity: &'h [u8],
    /// RFC 8446 §4.2.11
    pub obfuscated_age: u32,
    /// As long as the session's hash: the last bytes of the message, to be filled in.
    pub binder_len: u8,
}

impl Fresh<'_> {
    /// Nothing.
    pub const NONE: Fresh<'static> = Fresh {
        session_id: &[],
        group: NamedGroup::Secp256r1,
        public: &[],
        cookie: &[],
        ticket: None,
        identity: &[],
        obfuscated_age: 0,
        binder_len: 0,
    };
}

const FIXED_LEN: usize = 6 + 2 * GROUPS.len() + 6 + 6 + 2 * SCHEMES.len() + 4 + 5 + 4;

/// The extensions that do not depend on the configuration, and the beginning of record_size_limit, made by the
/// compiler: a copy is smaller than the code that would write them.
const FIXED_EXTENSIONS: [u8; FIXED_LEN] = {
    let mut out = [0; FIXED_LEN];
    let mut at = put16(&mut out, 0, SUPPORTED_GROUPS);
    at = put16(&mut out, at, 2 + 2 * GROUPS.len() as u16);
    at = put16(&mut out, at, 2 * GROUPS.len() as u16);
    let mut i = 0;
    while i < GROUPS.len() {
        at = put16(&mut out, at, GROUPS[i] as u16);
        i += 1;
    }
    at = put16(&mut out, at, EC_POINT_FORMATS);
    at = put16(&mut out, at, 2);
    at = put16(&mut out, at, 0x0100); // one: uncompressed
    at = put16(&mut out, at, SIGNATURE_ALGORITHMS);
    at = put16(&mut out, at, 2 + 2 * SCHEMES.len() as u16);
    at = put16(&mut out, at, 2 * SCHEMES.len() as u16);
    i = 0;
    while i < SCHEMES.len() {
        at = put16(&mut out, at, SCHEMES[i].number);
        i += 1;
    }
    at = put16(&mut out, at, EXTENDED_MASTER_SECRET);
    at = put16(&mut out, at, 0);
    at = put16(&mut out, at, RENEGOTIATION_INFO);
    at = put16(&mut out, at, 1);
    at += 1; // renegotiated_connection is empty: its length is zero
    at = put16(&mut out, at, RECORD_SIZE_LIMIT);
    at = put16(&mut out, at, 2);
    assert!(at == FIXED_LEN); // the limit follows
    out
};

const fn put16<const N: usize>(out: &mut [u8; N], at: usize, value: u16) -> usize {
    let [high, low] = value.to_be_bytes();
    out[at] = high;
    out[at + 1] = low;
    at + 2
}

/// Writes the whole message, header and all; returns its length in bytes. `None` if it does not fit.
pub fn write(out: &mut [u8], config: &Config, random: &[u8; 32], fresh: &Fresh) -> Option<usize> {
    let mut w = Writer::new(out);
    w.message(CLIENT_HELLO);
    w.u16(TLS12);
    w.bytes(random);
    w.vector(1, fresh.session_id);
    w.begin(2);
    for suite in SUITES.iter().filter(|suite| config.offers(suite.version())) {
        w.u16(suite.number);
    }
    w.end(1);
    w.u16(0x0100); // compression_methods: null
    w.begin(2); // extensions

    if let Some(name) = config.sni() {
        w.extension(SERVER_NAME);
        w.begin(2);
        w.u8(0); // host_name
        w.vector(2, name);
        w.end(2);
    }

    // Both ways of asking for small records: OpenSSL, wolfSSL, Mbed TLS and JSSE know only the first, NSS only the
    // second; a server that knows both must ignore the first (RFC 8449 §5).
    w.bytes(&FIXED_EXTENSIONS);
    w.u16(config.max_fragment);
    w.u32(u32::from(MAX_FRAGMENT_LENGTH) << 16 | 1);
    w.u8(max_fragment_code(config.max_fragment));

    if !config.alpn.is_empty() {
        w.extension(APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
        w.begin(2);
        for protocol in config.protocols() {
            w.vector(1, protocol);
        }
        w.end(2);
    }

    if let Some(ticket) = fresh.ticket {
        w.u16(SESSION_TICKET);
        w.vector(2, ticket);
    }

    if config.offers(TLS13) {
        w.extension(SUPPORTED_VERSIONS);
        w.begin(1);
        w.u16(TLS13);
        if config.offers(TLS12) {
            w.u16(TLS12);
        }
        w.end(2);

        w.extension(KEY_SHARE);
        w.begin(2);
        if !fresh.public.is_empty() {
            w.u16(fresh.group as u16);
            w.vector(2, fresh.public);
        }
        w.end(2);

        if !fresh.cookie.is_empty() {
            w.extension(COOKIE);
            w.vector(2, fresh.cookie);
            w.end(1);
        }

        #[cfg(feature = "resumption")]
        if config.keep_session || !fresh.identity.is_empty() {
            // psk_dhe_ke alone: a session that is stolen later does not give away what was sent
            w.bytes(&[0, PSK_KEY_EXCHANGE_MODES as u8, 0, 2, 1, 1]);
        }
        #[cfg(feature = "resumption")]
        if !fresh.identity.is_empty() {
            // RFC 8446 §4.2.11: always the last one
            w.extension(PRE_SHARED_KEY);
            w.begin(2); // identities
            w.vector(2, fresh.identity);
            w.u32(fresh.obfuscated_age);
            w.end(1);
            w.begin(2); // binders
            w.vector(1, [0; MAX_LEN].get(..fresh.binder_len.into()).unwrap_or_default());
        }
    }

    w.finish()
}

#[cfg(test)]
mod tests;
