//! ClientHello (RFC 5246 §7.4.1.2).
#![allow(clippy::indexing_slicing)] // only what the compiler itself computes

use super::cipher_suite::SUITES;
use super::extension::*;
use super::signature_scheme::SCHEMES;
use super::{CLIENT_HELLO, GROUPS};
use crate::codec::Writer;
use crate::config::{Config, TLS12};
use crate::error::Error;

/// `cipher_suites` with its length, and `compression_methods`: null.
const SUITES_AND_COMPRESSION: [u8; 4 + 2 * SUITES.len()] = {
    let mut out = [0; 4 + 2 * SUITES.len()];
    let mut at = put16(&mut out, 0, 2 * SUITES.len() as u16);
    let mut i = 0;
    while i < SUITES.len() {
        at = put16(&mut out, at, SUITES[i].number);
        i += 1;
    }
    put16(&mut out, at, 0x0100);
    out
};

const FIXED_LEN: usize = 6 + 2 * GROUPS.len() + 6 + 6 + 2 * SCHEMES.len() + 4 + 5;

/// The extensions that do not depend on the configuration, made by the compiler: a copy is smaller than the code that
/// would write them.
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
    assert!(at == FIXED_LEN - 1); // renegotiated_connection: empty, its length is the last byte
    out
};

const fn put16<const N: usize>(out: &mut [u8; N], at: usize, value: u16) -> usize {
    let [high, low] = value.to_be_bytes();
    out[at] = high;
    out[at + 1] = low;
    at + 2
}

/// Writes the whole message, header and all; returns its length in bytes. [`Error::OutOfMemory`] if it does not fit.
pub fn write(out: &mut [u8], config: &Config, random: &[u8; 32]) -> Result<usize, Error> {
    let mut w = Writer::new(out);
    w.u8(CLIENT_HELLO);
    let message = w.begin(3);
    w.u16(TLS12);
    w.bytes(random);
    w.u8(0); // session_id
    w.bytes(&SUITES_AND_COMPRESSION);
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
    let [high, low] = config.max_fragment.to_be_bytes();
    w.bytes(&[0, MAX_FRAGMENT_LENGTH as u8, 0, 1, max_fragment_code(config.max_fragment)]);
    w.bytes(&[0, RECORD_SIZE_LIMIT as u8, 0, 2, high, low]);
    w.bytes(&FIXED_EXTENSIONS);

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

    w.end(extensions);
    w.end(message);
    w.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Cursor;

    /// The extensions' numbers, in order, from a ClientHello taken apart by its own rules (RFC 5246 §7.4.1.2).
    fn extensions(config: &Config) -> ([u16; 16], usize) {
        let mut out = [0; 1024];
        let n = write(&mut out, config, &[7; 32]).unwrap();
        let mut c = Cursor(&out[..n]);
        assert_eq!(c.array(), Ok([CLIENT_HELLO, 0]));
        let mut c = Cursor(c.vec16().unwrap());
        assert_eq!((c.u16(), c.array()), (Ok(TLS12), Ok([7; 32])));
        assert_eq!(c.vec8(), Ok(&[][..]));
        let suites = c.vec16().unwrap();
        assert_eq!((suites.len(), &suites[..2]), (2 * SUITES.len(), &[0xc0, 0x2b][..]));
        assert_eq!(c.vec8(), Ok(&[0][..]));
        let mut list = Cursor(c.vec16().unwrap());
        assert_eq!(c.end(), Ok(()));
        let (mut numbers, mut count) = ([0; 16], 0);
        while !list.is_empty() {
            numbers[count] = list.u16().unwrap();
            list.vec16().unwrap();
            count += 1;
        }
        (numbers, count)
    }

    #[test]
    fn extensions_follow_the_configuration() {
        let bare = Config { servername: b"192.168.1.50", ..Config::default() };
        let (numbers, n) = extensions(&bare);
        assert_eq!(numbers[..n], [1, 28, 10, 11, 13, 23, 0xff01]);
        let full = Config { servername: b"example.com.", alpn: b"a,http/1.1", ..Config::default() };
        let (numbers, n) = extensions(&full);
        assert_eq!(numbers[..n], [0, 1, 28, 10, 11, 13, 23, 0xff01, 16]);
    }

    #[test]
    fn too_little_room_is_an_error() {
        let mut out = [0; 1024];
        let n = write(&mut out, &Config::default(), &[7; 32]).unwrap();
        for room in 0..n {
            assert_eq!(write(&mut out[..room], &Config::default(), &[7; 32]), Err(Error::OutOfMemory));
        }
    }
}
