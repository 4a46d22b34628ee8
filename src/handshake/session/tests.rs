use super::*;
use crate::config::{TLS13, Trust};
extern crate std;
use std::vec::Vec;

const NOW: Seconds = 1_800_000_000;

fn config() -> Config<'static> {
    let trust = Trust { fingerprint256: b"AB", ca: &[b"one", b"two"], ..Trust::default() };
    Config { trust, servername: b"example.com", ..Config::default() }
}

fn session(config: &Config, now: Seconds) -> Vec<u8> {
    with_secret(&[7; 48], config, now)
}

fn with_secret(secret: &[u8; 48], config: &Config, now: Seconds) -> Vec<u8> {
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
    let ticket = Ticket { len: 6, by_id: false, lifetime: 3600, age_add: 9 };
    let n = write(&mut buffer, &ticket, secret, &negotiated, config, now);
    buffer.truncate(n);
    buffer
}

#[test]
fn what_is_written_is_read() {
    let config = config();
    let bytes = session(&config, NOW);
    assert_eq!(bytes.len(), OVERHEAD + 6);
    let s = Session::read(&bytes, &config, NOW + 5).unwrap();
    assert_eq!((s.version(), s.suite(), s.secret(), s.ticket), (0x0303, 0xc02b, &[7; 48][..], &b"ticket"[..]));
    assert!(s.extended_master_secret() && !s.by_id());
    assert!(s.trusted_by() == TrustedBy::CA && s.fingerprint() == [5; 32]);
    assert_eq!(s.obfuscated_age(NOW + 5), 5009);
    assert_eq!(s.obfuscated_age(0), 9);
}

#[test]
fn damage_and_age_are_noticed() {
    let config = config();
    let bytes = session(&config, NOW);
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1 << bit;
            assert!(Session::read(&damaged, &config, NOW).is_none(), "{position}.{bit}");
        }
        assert!(Session::read(&bytes[..position], &config, NOW).is_none());
    }
    let usable = |at: Seconds| Session::read(&bytes, &config, at).is_some();
    assert!(usable(NOW) && usable(NOW + 3599) && usable(0));
    // too old, or made in what is now the future: the clock was set back, or never set
    assert!(!usable(NOW + 3600) && !usable(NOW - 1) && !usable(1));
    assert!(Session::read(&session(&config, 0), &config, NOW).is_some());
}

#[test]
fn another_name_or_another_trust_is_another_session() {
    let config = config();
    let bytes = session(&config, NOW);
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
        Config { max_fragment: 512, ..config },
        Config { cert: b"me", ..config },
    ] {
        assert!(Session::read(&bytes, &other, NOW).is_none());
    }
    // what does not decide whom to trust does not matter
    let other = Config { alpn: b"http/1.1", max_record: 512, ..config };
    assert!(Session::read(&bytes, &other, NOW).is_some());
}

/// Whether it is damaged is the one thing that shows.
#[test]
fn undefined_session() {
    use crate::marks::{decisions, hide, none_hidden, seen, show};
    let config = config();
    let mut bytes = session(&config, NOW);
    let (secret, expected) = (at::SECRET..at::SECRET + 48, bytes.clone());
    hide(&mut bytes[secret.clone()]);
    let mut read = false;
    assert_eq!(
        decisions(|| read = Session::read(&bytes, &config, NOW).is_some_and(|s| s.secret().len() == 48)),
        seen(1)
    );
    assert!(read && none_hidden(&bytes[..at::SECRET]));
    let mut hidden = [7; 48];
    hide(&mut hidden);
    let mut written = std::vec::Vec::new();
    assert_eq!(decisions(|| written = with_secret(&hidden, &config, NOW)), 0);
    show(&mut written);
    assert_eq!(written, expected);
}
