//! ClientHello (RFC 5246 §7.4.1.2).

use super::cipher_suite::SUITES;
use super::extension::*;
use super::signature_scheme::SCHEMES;
use super::{CLIENT_HELLO, GROUPS};
use crate::codec::Writer;
use crate::config::{Config, TLS12};
use crate::error::Error;

/// Writes the whole message, header and all; returns its length in bytes. [`Error::OutOfMemory`] if it does not fit.
pub fn write(out: &mut [u8], config: &Config, random: &[u8; 32]) -> Result<usize, Error> {
    let mut w = Writer::new(out);
    w.u8(CLIENT_HELLO);
    let message = w.begin(3);
    w.u16(TLS12);
    w.bytes(random);
    w.u8(0); // session_id
    let suites = w.begin(2);
    for suite in SUITES {
        w.u16(suite.number);
    }
    w.end(suites);
    w.bytes(&[1, 0]); // compression_methods: null
    let extensions = w.begin(2);

    if let Some(name) = config.sni() {
        w.u16(SERVER_NAME);
        let extension = w.begin(2);
        let list = w.begin(2);
        w.u8(0); // host_name
        let host_name = w.begin(2);
        w.bytes(name);
        w.end(host_name);
        w.end(list);
        w.end(extension);
    }

    // Both ways of asking for small records: OpenSSL, wolfSSL, Mbed TLS and JSSE know only the first, NSS only the
    // second; a server that knows both must ignore the first (RFC 8449 §5).
    w.u16(MAX_FRAGMENT_LENGTH);
    w.u16(1);
    w.u8(max_fragment_code(config.max_fragment));
    w.u16(RECORD_SIZE_LIMIT);
    w.u16(2);
    w.u16(config.max_fragment);

    w.u16(SUPPORTED_GROUPS);
    let extension = w.begin(2);
    let list = w.begin(2);
    for group in GROUPS {
        w.u16(*group as u16);
    }
    w.end(list);
    w.end(extension);

    w.u16(EC_POINT_FORMATS);
    w.bytes(&[0, 2, 1, 0]); // uncompressed

    w.u16(SIGNATURE_ALGORITHMS);
    let extension = w.begin(2);
    let list = w.begin(2);
    for scheme in SCHEMES {
        w.u16(scheme.number);
    }
    w.end(list);
    w.end(extension);

    if !config.alpn.is_empty() {
        w.u16(APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
        let extension = w.begin(2);
        let list = w.begin(2);
        for protocol in config.protocols() {
            let name = w.begin(1);
            w.bytes(protocol);
            w.end(name);
        }
        w.end(list);
        w.end(extension);
    }

    w.u16(EXTENDED_MASTER_SECRET);
    w.u16(0);
    w.u16(RENEGOTIATION_INFO);
    w.bytes(&[0, 1, 0]); // empty renegotiated_connection

    w.end(extensions);
    w.end(message);
    w.finish()
}
