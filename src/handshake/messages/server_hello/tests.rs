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
    parse_with(Config { max_version: TLS12, ..Config::default() }, b"", body).map(|(chosen, _)| chosen)
}

fn parse_with(config: Config, session_id: &[u8], body: &[u8]) -> Result<(Negotiated, Tls13Answer), Error> {
    let config = Config { alpn: b"h2,http/1.1", servername: b"localhost", ..config };
    let (mut chosen, mut answer) = (Negotiated::default(), Tls13Answer::default());
    let mut random = [0; 32];
    parse(body, &config, session_id, &mut random, &mut chosen, &mut answer, &mut Detail::default())
        .map(|()| (chosen, answer))
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
    assert!(parse12(&hello(&[0, 10, 0, 4, 0, 2, 0, 23])).is_ok()); // supported_groups: put up with
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

#[cfg(all(feature = "tls13", feature = "x25519"))] // a second group to ask for
fn hello13(random: [u8; 32], suite: u16, extensions: &[&[u8]]) -> Vec<u8> {
    let mut m = std::vec![3, 3];
    m.extend(random);
    m.extend([1, 9]);
    m.extend(suite.to_be_bytes());
    m.push(0);
    let extensions = extensions.concat();
    m.extend((extensions.len() as u16).to_be_bytes());
    m.extend(extensions);
    m
}

#[cfg(all(feature = "tls13", feature = "x25519"))]
const VERSION: &[u8] = &[0, 43, 0, 2, 3, 4];

#[cfg(all(feature = "tls13", feature = "x25519"))]
#[test]
fn a_server_hello_of_tls13_is_read() {
    let parse13 = |body: &[u8]| parse_with(Config::default(), &[9], body);
    let share = [&[0, 51, 0, 69, 0, 23, 0, 65][..], &[4; 65]].concat();
    let body = hello13([1; 32], 0x1301, &[VERSION, &share]);
    let (chosen, answer) = parse13(&body).ok().unwrap();
    assert_eq!((chosen.version, chosen.suite, answer.retry), (TLS13, 0x1301, false));
    assert_eq!(answer.group, Some(NamedGroup::Secp256r1));
    assert_eq!(body[answer.place], [4; 65]);
    let cookie = [0, 44, 0, 5, 0, 3, 7, 8, 9];
    for extensions in [[VERSION, &cookie, &[0, 51, 0, 2, 0, 29]], [&cookie, &[0, 51, 0, 2, 0, 29], VERSION]] {
        let body = hello13(RETRY, 0x1301, &extensions);
        let (_, answer) = parse13(&body).ok().unwrap();
        assert!(answer.retry && answer.group == Some(NamedGroup::X25519));
        assert_eq!(body[answer.place], [7, 8, 9]);
    }
    let cases: &[(&[&[u8]], Error)] = &[
        (&[VERSION], Error::MissingExtension),                      // no share
        (&[&[0, 43, 0, 2, 3, 3], &share], Error::IllegalParameter), // 1.2 chosen in 1.3's way
        (&[&[0, 43, 0, 3, 3, 4, 0], &share], Error::IllegalParameter),
        (&[VERSION, &share, &[0, 23, 0, 0]], Error::IllegalParameter), // an extension of 1.2's
        (&[VERSION, &share, &[0, 16, 0, 5, 0, 3, 2, b'h', b'2']], Error::IllegalParameter), // not here
        (&[VERSION, &share, &[0, 44, 0, 3, 0, 1, 1]], Error::IllegalParameter), // a cookie
        (&[VERSION, &share, &[0, 41, 0, 2, 0, 0]], Error::UnsolicitedExtension), // a PSK
        (&[VERSION, &share, &share], Error::IllegalParameter),         // twice
        (&[VERSION, &[0, 51, 0, 5, 0, 25, 0, 1, 1]], Error::WrongCurve),
        (&[VERSION, &[0, 51, 0, 5, 0, 23, 0, 2, 1]], Error::DecodeError),
        (&[&share], Error::WrongCipherReturned), // TLS 1.2 without its suites
    ];
    for (extensions, error) in cases {
        assert_eq!(parse13(&hello13([1; 32], 0x1301, extensions)).err(), Some(*error), "{extensions:?}");
    }
    assert_eq!(parse13(&hello13([1; 32], 0xc02b, &[VERSION, &share])).err(), Some(Error::WrongCipherReturned));
    let other_id = parse_with(Config::default(), &[8], &hello13([1; 32], 0x1301, &[VERSION, &share]));
    assert_eq!(other_id.err(), Some(Error::IllegalParameter));
    // taken up by TLS 1.2
    assert!(parse13(&hello13([1; 32], 0xc02b, &[])).ok().unwrap().1.echoed);
    let only12 = Config { max_version: TLS12, ..Config::default() };
    let answer = parse_with(only12, b"", &hello13([1; 32], 0xc02b, &[VERSION, &share]));
    assert_eq!(answer.err(), Some(Error::UnsolicitedExtension));
    let only13 = Config { min_version: TLS13, ..Config::default() };
    assert_eq!(parse_with(only13, &[], &hello13([1; 32], 0xc02b, &[])).err(), Some(Error::UnsupportedProtocol));
}

#[cfg(feature = "tls13")]
#[test]
fn encrypted_extensions_are_read() {
    let config = Config { alpn: b"h2,http/1.1", servername: b"localhost", ..Config::default() };
    let parse = |extensions: &[u8]| {
        let body = [&(extensions.len() as u16).to_be_bytes(), extensions].concat();
        let mut chosen = Negotiated { send_limit: 536, ..Negotiated::default() };
        parse_encrypted_extensions(&body, &config, &mut chosen, &mut Detail::default()).map(|()| chosen)
    };
    let chosen = parse(&[0, 0, 0, 0, 0, 10, 0, 4, 0, 2, 0, 23, 0, 28, 0, 2, 1, 0, 0, 16, 0, 5, 0, 3, 2, b'h', b'2'])
        .ok()
        .unwrap();
    assert_eq!((chosen.fragment, chosen.send_limit, chosen.alpn), (1024, 255, Some(0)));
    assert_eq!(parse(&[0, 1, 0, 1, 2]).ok().unwrap().fragment, 1024);
    assert_eq!(parse(&[0, 51, 0, 0]).err(), Some(Error::IllegalParameter));
    assert_eq!(parse(&[0, 45, 0, 0]).err(), Some(Error::UnsolicitedExtension));
    assert!(parse(&[]).is_ok());
}
