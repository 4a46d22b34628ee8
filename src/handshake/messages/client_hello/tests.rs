use super::*;
use crate::codec::Cursor;
extern crate std;

const FRESH: Fresh = Fresh { session_id: &[9; 32], public: &[4; 65], ..Fresh::NONE };

fn write_for(out: &mut [u8], config: &Config) -> Option<usize> {
    write(out, config, &[7; 32], &if config.offers(TLS13) { FRESH } else { Fresh::NONE })
}

/// The extensions' numbers, in order, from a ClientHello taken apart by its own rules (RFC 5246 §7.4.1.2).
fn extensions(config: &Config) -> ([u16; 16], usize) {
    let mut out = [0; 1024];
    let n = write_for(&mut out, config).unwrap();
    let mut c = Cursor(&out[..n]);
    assert_eq!(c.array(), Ok([CLIENT_HELLO, 0]));
    let mut c = Cursor(c.vec16().unwrap());
    assert_eq!((c.u16(), c.array()), (Ok(TLS12.into()), Ok([7; 32])));
    let session_id = c.vec8().unwrap();
    if config.offers(TLS13) {
        assert_eq!(session_id, [9; 32]);
        assert_eq!(&out[SESSION_ID_AT + 1..][..SESSION_ID_LEN], session_id);
    } else {
        assert!(session_id.is_empty());
    }
    let suites = c.vec16().unwrap();
    let offered = |n: &[u8]| suites.chunks(2).any(|s| s == n);
    assert_eq!(offered(&[0x13, 1]), config.offers(TLS13));
    assert_eq!(offered(&[0xc0, 0x2b]), config.offers(TLS12));
    assert_eq!(c.vec8(), Ok(&[0][..]));
    let mut list = Cursor(c.vec16().unwrap());
    assert_eq!(c.end(), Ok(()));
    let (mut numbers, mut count) = ([0; 16], 0);
    while !list.is_empty() {
        numbers[count] = list.u16().unwrap() as u16;
        list.vec16().unwrap();
        count += 1;
    }
    (numbers, count)
}

#[test]
fn extensions_follow_the_configuration() {
    let bare = Config { servername: b"192.168.1.50", max_version: TLS12, ..Config::default() };
    let (numbers, n) = extensions(&bare);
    assert_eq!(numbers[..n], [10, 11, 13, 23, 0xff01, 28, 1]);
    let full = Config { servername: b"example.com.", alpn: b"a,http/1.1", ..bare };
    let (numbers, n) = extensions(&full);
    assert_eq!(numbers[..n], [0, 10, 11, 13, 23, 0xff01, 28, 1, 16]);
    #[cfg(feature = "tls13")]
    for (min_version, versions) in [(0, &[4, 3, 4, 3, 3][..]), (TLS13, &[2, 3, 4][..])] {
        let config = Config { max_version: 0, min_version, ..bare };
        let (numbers, n) = extensions(&config);
        assert_eq!(numbers[..n], [10, 11, 13, 23, 0xff01, 28, 1, 43, 51]);
        let mut out = [0; 1024];
        let n = write_for(&mut out, &config).unwrap();
        let at = out.windows(2).position(|w| w == [0, 43]).unwrap();
        assert_eq!(&out[at + 4..at + 4 + versions.len()], versions);
        let fresh = Fresh { cookie: b"crumbs", ..FRESH };
        let m = write(&mut out, &config, &[7; 32], &fresh).unwrap();
        assert_eq!((m, &out[n..m]), (n + 12, &b"\x00\x2c\x00\x08\x00\x06crumbs"[..]));
    }
}

#[cfg(feature = "resumption")]
#[test]
fn a_session_comes_last() {
    let mut out = [0; 1024];
    let config = Config { servername: b"192.168.1.50", keep_session: true, ..Config::default() };
    let fresh = Fresh { identity: b"ticket", obfuscated_age: 0x0102_0304, binder_len: 32, ..FRESH };
    let n = write(&mut out, &config, &[7; 32], &fresh).unwrap();
    let end = [&[0, 45, 0, 2, 1, 1, 0, 41, 0, 49, 0, 12, 0, 6][..], b"ticket", &[1, 2, 3, 4, 0, 33, 32], &[0; 32]];
    assert!(out[..n].ends_with(&end.concat()));
    let only12 = Config { max_version: TLS12, ..config };
    let fresh = Fresh { session_id: &[8; 32], ticket: Some(b"old"), ..Fresh::NONE };
    let n = write(&mut out, &only12, &[7; 32], &fresh).unwrap();
    assert!(out[..n].ends_with(b"\x00\x23\x00\x03old") && out[38..71] == *[&[32][..], &[8; 32]].concat());
}

#[test]
fn too_little_room_is_an_error() {
    let mut out = [0; 1024];
    let n = write_for(&mut out, &Config::default()).unwrap();
    for room in 0..n {
        assert_eq!(write_for(&mut out[..room], &Config::default()), None);
    }
}
