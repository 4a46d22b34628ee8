//! What happens to the engine on a bad network and on a device without memory: a clean error each time, no panic,
//! nothing leaked, and never a byte of data that the server did not send.
//!
//! A session with a real server is recorded once. As the host's random numbers are reproducible here, the recorded
//! bytes replay the whole session, Finished, data and close_notify included, and can be damaged at will.

mod common;

use common::client::Settings;
use common::engine::{Fetched, TestHost, fetch, tcp, trusting};
use common::faulty::{Faults, Faulty, NO_FAULTS, Replay, Split, records};
use common::servers::{self, Ending, body};

/// A recorded session: one GET of this many bytes.
struct Session {
    name: &'static str,
    settings: Settings,
    size: usize,
    replay: Replay,
    bytes: Vec<u8>,
}

impl Session {
    fn record(name: &'static str, settings: Settings, size: usize, address: std::net::SocketAddr) -> Session {
        let fetched = fetch(&settings, &mut TestHost::default(), tcp(address), &[&format!("/{size}")]);
        assert!(fetched.bodies(name)[0] == body(size), "{name}");
        let end = fetched.end.unwrap();
        assert!(end.is_ok(), "{name}: {end:?}");
        let bytes = fetched.from_server;
        Session { name, settings, size, replay: Replay::new(&bytes), bytes }
    }

    fn replay(&self, faults: Faults) -> Fetched {
        self.replay_on(&mut TestHost::default(), faults)
    }

    fn replay_on(&self, host: &mut TestHost, faults: Faults) -> Fetched {
        let transport = Faulty::new(self.replay.clone(), faults);
        let fetched = fetch(&self.settings, host, transport, &[&format!("/{}", self.size)]);
        assert_eq!(fetched.outstanding, 0, "{}, {faults:?}: memory was not given back", self.name);
        fetched
    }

    /// Everything came: the body and the proper end.
    fn is_whole(&self, fetched: &Fetched) -> bool {
        matches!(&fetched.result, Ok(pages) if pages[0].1 == body(self.size)) && matches!(&fetched.end, Some(Ok(())))
    }

    /// It failed, said why in the usual form, and gave out nothing wrong before.
    fn check_clean_failure(&self, fetched: &Fetched) -> Result<(), String> {
        let error = match (&fetched.result, &fetched.end) {
            (Err(e), _) | (Ok(_), Some(Err(e))) => e,
            _ => return Err("no error".into()),
        };
        let text = error.to_string();
        let code = text.split(": ").next().unwrap();
        let is_code = code.len() > 4 && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !is_code || !text.contains(". ") || text.contains("INTERNAL") {
            return Err(text);
        }
        let got = match &fetched.result {
            Ok(pages) => &pages[0].1,
            Err(_) => &fetched.partial,
        };
        if body(self.size).starts_with(got) { Ok(()) } else { Err("wrong bytes were given out".into()) }
    }

    fn assert_clean_failure(&self, fetched: &Fetched, case: &str) {
        if let Err(problem) = self.check_clean_failure(fetched) {
            panic!("{}, {case}: {problem}", self.name);
        }
    }
}

/// ECDSA, 1 KB records: the common case. Short, so that every bit can be tried.
fn ecdsa() -> Session {
    let server = servers::lighttpd("openssl", "p256-by-p384");
    Session::record("ecdsa", trusting("root-p384.pem"), 1024, server.address())
}

/// A three-certificate RSA chain.
fn rsa() -> Session {
    let server = servers::lighttpd("openssl", "rsa3");
    Session::record("rsa", trusting("root-rsa4096.pem"), 1, server.address())
}

/// Records of 16 KB from a server that ignores the wish for small ones.
fn large_records() -> Session {
    let server = servers::rustls("p256", Ending::CloseNotify);
    Session::record("large records", trusting("root-p256.pem"), 102_400, server.address())
}

/// One more flight order and AEAD: GnuTLS, each handshake message in a record of its own.
fn gnutls() -> Session {
    let server = servers::lighttpd("gnutls", "p256");
    Session::record("gnutls", trusting("root-p256.pem"), 1024, server.address())
}

#[test]
fn any_split_gives_the_same() {
    for session in [ecdsa(), rsa(), large_records(), gnutls()] {
        let whole = session.replay(NO_FAULTS);
        assert!(session.is_whole(&whole), "{}: {}", session.name, whole.code());
        let mut splits: Vec<Split> = [1, 2, 3, 5, 64, 1000].map(Split::Every).into();
        splits.extend((0..20).map(Split::Random));
        for split in splits {
            let fetched = session.replay(Faults { split, ..NO_FAULTS });
            assert!(session.is_whole(&fetched), "{}, {split:?}: {}", session.name, fetched.code());
            assert!(fetched.from_client == whole.from_client, "{}, {split:?}: other bytes were sent", session.name);
        }
    }
}

#[test]
fn cut_off_after_every_byte() {
    for session in [ecdsa(), rsa(), gnutls()] {
        for n in 0..session.bytes.len() {
            let fetched = session.replay(Faults { cut_after: Some(n), ..NO_FAULTS });
            session.assert_clean_failure(&fetched, &format!("cut after {n}"));
            if fetched.result.is_err() {
                assert_eq!(fetched.code(), "ECONNRESET", "{}, cut after {n}", session.name);
            }
        }
    }
}

#[test]
fn cut_off_in_large_records() {
    let session = large_records();
    let total = session.bytes.len();
    let handshake = records(&session.bytes).iter().find(|(_, kind)| *kind == 23).unwrap().0;
    for n in (handshake..total).step_by(997).chain(total - 40..total) {
        let fetched = session.replay(Faults { cut_after: Some(n), ..NO_FAULTS });
        session.assert_clean_failure(&fetched, &format!("cut after {n}"));
    }
}

/// Flips these bits at every position from `from` on.
fn flip(session: &Session, positions: impl Iterator<Item = usize>, bits: impl Fn(usize) -> Vec<u8>) {
    let records = records(&session.bytes);
    let change_cipher_spec = records.iter().find(|(_, kind)| *kind == 20).unwrap().0;
    let mut problems = Vec::new();
    for position in positions {
        // The version in the header of an unprotected record is the one thing that nothing depends upon: a client may
        // ignore it (RFC 5246 appendix E.1), or not.
        let ignorable = position <= change_cipher_spec + 5
            && records.iter().any(|(start, _)| position == start + 1 || position == start + 2);
        for bit in bits(position) {
            let fetched = session.replay(Faults { flip: Some((position, bit)), ..NO_FAULTS });
            if ignorable && session.is_whole(&fetched) {
                continue;
            }
            if let Err(problem) = session.check_clean_failure(&fetched) {
                problems.push(format!("bit {bit} of byte {position} flipped: {problem}"));
            }
        }
    }
    let name = session.name;
    assert!(problems.is_empty(), "{name}, records (at, type) {records:?}:\n{}", problems.join("\n"));
}

#[test]
fn every_bit_flipped() {
    let session = ecdsa();
    flip(&session, 0..session.bytes.len(), |_| (0..8).collect());
}

#[test]
fn a_bit_of_every_byte_flipped() {
    for session in [rsa(), gnutls()] {
        // Which bit changes from byte to byte.
        flip(&session, 0..session.bytes.len(), |position| vec![(position * 5 % 8) as u8]);
    }
    let session = large_records();
    let data = records(&session.bytes).iter().find(|(_, kind)| *kind == 23).unwrap().0;
    flip(&session, (data..session.bytes.len()).step_by(499), |position| vec![(position % 8) as u8]);
}

#[test]
fn memory_fails_at_the_nth_call() {
    let session = large_records();
    let mut calls = 0;
    loop {
        let mut host = TestHost { allocs_left: calls, ..Default::default() };
        let fetched = session.replay_on(&mut host, NO_FAULTS);
        if session.is_whole(&fetched) {
            break;
        }
        session.assert_clean_failure(&fetched, &format!("alloc call {calls} fails"));
        assert_eq!(fetched.code(), "ERR_OUT_OF_MEMORY");
        calls += 1;
    }
    assert!(calls > 0, "no memory was asked for, though the records are large");
    // Small records need none at all.
    for session in [ecdsa(), rsa(), gnutls()] {
        let mut host = TestHost { allocs_left: 0, ..Default::default() };
        let fetched = session.replay_on(&mut host, NO_FAULTS);
        assert!(session.is_whole(&fetched), "{}: {}", session.name, fetched.code());
        assert_eq!(host.memory.calls.get(), 0, "{}", session.name);
    }
}

#[test]
fn random_numbers_fail_at_the_nth_call() {
    let session = ecdsa();
    let mut calls = 0;
    loop {
        let mut host = TestHost { random_left: calls, ..Default::default() };
        let fetched = session.replay_on(&mut host, NO_FAULTS);
        if session.is_whole(&fetched) {
            break;
        }
        session.assert_clean_failure(&fetched, &format!("random call {calls} fails"));
        assert_eq!(fetched.code(), "ERR_TLS_RANDOM");
        calls += 1;
    }
    assert!(calls >= 2, "ClientHello and the key share need random numbers");
}
