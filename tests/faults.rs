//! What happens to the engine on a bad network and on a device without memory: a clean error each time, no panic,
//! nothing leaked, and never a byte of data that the server did not send.
//!
//! A session with a real server is recorded once. As the host's random numbers are reproducible here, the recorded
//! bytes replay the whole session, Finished, data and close_notify included, and can be damaged at will.

mod common;

use common::client::Settings;
use common::engine::{Fetched, TestHost, fetch, tcp, tls12, trusting};
use common::faulty::{Faults, Faulty, NO_FAULTS, Replay, Split, next, records};
use common::pki::pki;
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

    fn is_tls13(&self) -> bool {
        self.name.contains("TLS 1.3")
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
    Session::record("ecdsa", tls12(trusting("root-p384.pem")), 1024, server.address())
}

fn ecdsa13() -> Session {
    let server = servers::lighttpd("openssl", "p256-by-p384");
    Session::record("ecdsa, TLS 1.3", trusting("root-p384.pem"), 1024, server.address())
}

/// A three-certificate RSA chain.
fn rsa() -> Session {
    let server = servers::lighttpd("openssl", "rsa3");
    Session::record("rsa", tls12(trusting("root-rsa4096.pem")), 1, server.address())
}

fn rsa13() -> Session {
    let server = servers::lighttpd("openssl", "rsa3");
    Session::record("rsa, TLS 1.3", trusting("root-rsa4096.pem"), 1, server.address())
}

/// A HelloRetryRequest.
fn retried13() -> Session {
    let server = servers::openssl_www("p256", &["-tls1_3", "-groups", "X25519"]);
    Session::record("retried, TLS 1.3", trusting("root-p256.pem"), 1, server.address())
}

/// 10 KB of certificates in one protected record, from a server that ignores the wish for small ones.
fn one_record13() -> Session {
    let server = servers::rustls("rsa10k", Ending::CloseNotify);
    let pin = pki().fingerprint("rsa10k");
    // Pinned, because a signature check for each of a hundred thousand trials would take its time.
    let settings = Settings { fingerprint256: pin, ..Settings::default() };
    Session::record("one record, TLS 1.3", settings, 1, server.address())
}

/// Records of 16 KB from a server that ignores the wish for small ones.
fn large_records() -> Session {
    let server = servers::rustls("p256", Ending::CloseNotify);
    Session::record("large records", tls12(trusting("root-p256.pem")), 102_400, server.address())
}

fn large_records13() -> Session {
    let server = servers::rustls("p256", Ending::CloseNotify);
    Session::record("large records, TLS 1.3", trusting("root-p256.pem"), 102_400, server.address())
}

/// One more flight order and AEAD: GnuTLS, each handshake message in a record of its own.
fn gnutls() -> Session {
    let server = servers::lighttpd("gnutls", "p256");
    Session::record("gnutls", tls12(trusting("root-p256.pem")), 1024, server.address())
}

fn gnutls13() -> Session {
    let server = servers::lighttpd("gnutls", "p256");
    Session::record("gnutls, TLS 1.3", trusting("root-p256.pem"), 1024, server.address())
}

#[test]
fn any_split_gives_the_same() {
    for session in [
        ecdsa(),
        rsa(),
        large_records(),
        gnutls(),
        ecdsa13(),
        rsa13(),
        retried13(),
        one_record13(),
        large_records13(),
        gnutls13(),
    ] {
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

/// The bytes with all unprotected handshake records (those before ChangeCipherSpec) framed anew, at most `size` bytes
/// of content in each. Record boundaries are in no hash and no signature.
fn reframe(bytes: &[u8], size: usize) -> Vec<u8> {
    let change_cipher_spec = records(bytes).iter().find(|(_, kind)| *kind == 20).unwrap().0;
    let mut content = Vec::new();
    for (at, kind) in records(&bytes[..change_cipher_spec]) {
        assert_eq!(kind, 22);
        let length = usize::from(bytes[at + 3]) * 256 + usize::from(bytes[at + 4]);
        content.extend(&bytes[at + 5..at + 5 + length]);
    }
    let mut framed = Vec::new();
    for piece in content.chunks(size) {
        framed.extend([22, 3, 3, (piece.len() >> 8) as u8, piece.len() as u8]);
        framed.extend(piece);
    }
    framed.extend(&bytes[change_cipher_spec..]);
    framed
}

/// Many messages in one record, one message over many records, and both.
#[test]
fn any_framing_gives_the_same() {
    let chain_10k = {
        let server = servers::lighttpd("openssl", "rsa10k");
        Session::record("10 KB chain", tls12(trusting("root-rsa4096.pem")), 1, server.address())
    };
    for mut session in [ecdsa(), rsa(), chain_10k, ecdsa13(), retried13()] {
        let bytes = session.bytes.clone();
        for size in [1, 2, 3, 4, 5, 63, 64, 65, 511, 1000, 16384] {
            session.replay = Replay::new(&reframe(&bytes, size));
            for split in [Split::Whole, Split::Every(1), Split::Random(size as u64)] {
                let fetched = session.replay(Faults { split, ..NO_FAULTS });
                let case = format!("{}, records of {size}, {split:?}", session.name);
                assert!(session.is_whole(&fetched), "{case}: {}", fetched.code());
            }
        }
    }
}

/// What the server may only say when it has read our answer, said in the record before that: the first byte of
/// NewSessionTicket behind ServerHelloDone.
#[test]
fn nothing_is_said_too_early() {
    let server = servers::lighttpd("openssl", "p256-by-p384");
    let settings = Settings { keep_session: true, ..tls12(trusting("root-p384.pem")) };
    let mut session = Session::record("ticket", settings, 1024, server.address());
    let records = records(&session.bytes);
    let message = |at: usize| session.bytes[at + 5];
    let at = |kind: u8| records.iter().find(|(at, record)| *record == 22 && message(*at) == kind).unwrap().0;
    let (ticket, done) = (at(4), at(14));
    assert_eq!(ticket, done + 9, "the ticket does not follow ServerHelloDone");
    let mut early = session.bytes.clone();
    early[done + 4] += 1;
    early[ticket + 4] = early[ticket + 4].checked_sub(1).unwrap();
    early[done + 9..ticket + 6].rotate_right(1);
    session.replay = Replay::new(&early);
    for split in [Split::Whole, Split::Every(1)] {
        let fetched = session.replay(Faults { split, ..NO_FAULTS });
        assert_eq!(fetched.code(), "ERR_SSL_UNEXPECTED_MESSAGE", "{split:?}");
    }
}

/// Each record left out, sent twice, exchanged with the next one; and foreign records put between: what attacks on the
/// order of messages look like (Beurdouche and others, "A Messy State of the Union").
#[test]
fn records_out_of_order() {
    // Whole records that come from nowhere.
    let foreign: [(&str, &[u8], bool); 10] = [
        ("HelloRequest", &[22, 3, 3, 0, 4, 0, 0, 0, 0], true),
        ("empty handshake record", &[22, 3, 3, 0, 0], true),
        ("warning", &[21, 3, 3, 0, 2, 1, 112], true),
        ("close_notify", &[21, 3, 3, 0, 2, 1, 0], false),
        ("fatal alert", &[21, 3, 3, 0, 2, 2, 40], false),
        ("half an alert", &[21, 3, 3, 0, 1, 1], false),
        ("ChangeCipherSpec", &[20, 3, 3, 0, 1, 1], false),
        ("wrong ChangeCipherSpec", &[20, 3, 3, 0, 1, 2], false),
        ("data", &[23, 3, 3, 0, 1, 65], false),
        ("Finished", &[22, 3, 3, 0, 16, 20, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], false),
    ];
    for mut session in [ecdsa(), gnutls(), ecdsa13(), gnutls13()] {
        let bytes = session.bytes.clone();
        let starts: Vec<usize> = records(&bytes).iter().map(|(at, _)| *at).collect();
        let protected = starts[records(&bytes).iter().position(|(_, kind)| *kind == 20).unwrap() + 1];
        let ends: Vec<usize> = starts[1..].iter().copied().chain([bytes.len()]).collect();
        let mut cases: Vec<(String, Vec<u8>, bool)> = Vec::new();
        for i in 0..starts.len() {
            let record = &bytes[starts[i]..ends[i]];
            let (before, after) = (&bytes[..starts[i]], &bytes[ends[i]..]);
            // In TLS 1.3 a ChangeCipherSpec means nothing.
            let means_nothing = |kind: Option<&u8>| session.is_tls13() && kind == Some(&20);
            let none = means_nothing(record.first());
            cases.push((format!("record {i} left out"), [before, after].concat(), none));
            // After its end nothing of a connection matters any more.
            if i + 1 < starts.len() {
                cases.push((format!("record {i} twice"), [before, record, record, after].concat(), none));
                let (next, rest) = after.split_at(ends[i + 1] - ends[i]);
                cases.push((
                    format!("record {i} after the next"),
                    [before, next, record, rest].concat(),
                    none || means_nothing(next.first()),
                ));
            }
            for (name, foreign, harmless) in foreign {
                // In the clear some may be put up with; once records are protected, none.
                let harmless =
                    (harmless && starts[i] < protected) || (name == "ChangeCipherSpec" && session.is_tls13());
                cases.push((format!("{name} before record {i}"), [before, foreign, record, after].concat(), harmless));
            }
        }
        for (case, damaged, harmless) in cases {
            session.replay = Replay::new(&damaged);
            let fetched = session.replay(NO_FAULTS);
            if !(harmless && session.is_whole(&fetched)) {
                session.assert_clean_failure(&fetched, &case);
            }
        }
    }
}

/// Several bytes overwritten at once, at places and with values that a seed decides.
#[test]
fn random_damage() {
    for mut session in [ecdsa(), gnutls(), ecdsa13(), gnutls13()] {
        let bytes = session.bytes.clone();
        for seed in 0..2000 {
            let mut state = seed;
            let mut damaged = bytes.clone();
            for _ in 0..=next(&mut state) % 4 {
                let at = next(&mut state) as usize % damaged.len();
                match next(&mut state) % 4 {
                    0 => damaged[at] = next(&mut state) as u8,
                    1 => damaged[at] = [0, 1, 0x7f, 0x80, 0xff][next(&mut state) as usize % 5],
                    2 => drop(damaged.remove(at)),
                    _ => damaged.insert(at, next(&mut state) as u8),
                }
            }
            session.replay = Replay::new(&damaged);
            let fetched = session.replay(Faults { split: Split::Random(seed), ..NO_FAULTS });
            // Now and then the damage hits only what may be ignored, or undoes itself.
            if !session.is_whole(&fetched) {
                session.assert_clean_failure(&fetched, &format!("seed {seed}"));
            }
        }
    }
}

#[test]
fn cut_off_after_every_byte() {
    for session in [ecdsa(), rsa(), gnutls(), ecdsa13(), retried13(), gnutls13()] {
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
    // In TLS 1.3 what is protected looks like data.
    let in_the_clear = |at: usize, kind: u8| if session.is_tls13() { kind != 23 } else { at <= change_cipher_spec };
    let mut problems = Vec::new();
    for position in positions {
        // The version in the header of an unprotected record is the one thing that nothing depends upon: a client may
        // ignore it (RFC 5246 appendix E.1), or not.
        let mut headers = records.iter().filter(|(at, kind)| in_the_clear(*at, *kind));
        let ignorable = headers.any(|(at, _)| position == at + 1 || position == at + 2);
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
    for session in [ecdsa(), ecdsa13()] {
        flip(&session, 0..session.bytes.len(), |_| (0..8).collect());
    }
}

/// The record that does not fit into any buffer: it is believed only when its tag has been checked.
#[test]
fn every_bit_flipped_of_ten_kilobytes_in_one_record() {
    let session = one_record13();
    let (at, _) = *records(&session.bytes).iter().find(|(_, kind)| *kind == 23).unwrap();
    let length = usize::from(session.bytes[at + 3]) * 256 + usize::from(session.bytes[at + 4]);
    assert!(length > 10_000, "{:?}", records(&session.bytes));
    flip(&session, at..at + 5 + length, |_| (0..8).collect());
}

#[test]
fn a_bit_of_every_byte_flipped() {
    for session in [rsa(), gnutls(), rsa13(), retried13(), gnutls13()] {
        // Which bit changes from byte to byte.
        flip(&session, 0..session.bytes.len(), |position| vec![(position * 5 % 8) as u8]);
    }
    for session in [large_records(), large_records13()] {
        let data = records(&session.bytes).iter().find(|(_, kind)| *kind == 23).unwrap().0;
        flip(&session, (data..session.bytes.len()).step_by(499), |position| vec![(position % 8) as u8]);
    }
}

/// The scheme's number is not part of what a ServerKeyExchange signs: a signature by PSS that is right for one kind of key is
/// refused in the name of the scheme for the other (RFC 8446 §4.2.3).
#[test]
fn schemes_go_with_their_kind_of_key() {
    for (entry, schemes) in [("rsa", [0x0804_u16, 0x0809]), ("rsa-pss", [0x0809, 0x0804])] {
        let [its, other] = schemes;
        let name = if entry == "rsa" { "rsa_pss_rsae_sha256" } else { "rsa_pss_pss_sha256" };
        let server = servers::openssl_www(entry, &["-tls1_2", "-sigalgs", name, "-groups", "P-256"]);
        let session = Session::record(entry, tls12(trusting("root-rsa.pem")), 1, server.address());
        // An uncompressed point of P-256.
        let curve = session.bytes.windows(5).position(|part| part == [3, 0, 23, 65, 4]).unwrap();
        let place = curve + 4 + 65..curve + 4 + 65 + 2;
        assert_eq!(session.bytes[place.clone()], its.to_be_bytes(), "{entry}");
        let mut bytes = session.bytes.clone();
        bytes[place].copy_from_slice(&other.to_be_bytes());
        let forged = Session { replay: Replay::new(&bytes), bytes, ..session };
        let fetched = forged.replay(NO_FAULTS);
        forged.assert_clean_failure(&fetched, "another scheme");
        assert_eq!(fetched.code(), "ERR_SSL_WRONG_SIGNATURE_TYPE", "{entry}");
        let error = fetched.result.unwrap_err().to_string();
        assert!(
            error.contains(&format!("scheme {other}, which was not offered or does not go with its key")),
            "{error}"
        );
    }
}

/// A curve that is not a named one has no number that could be told.
#[test]
fn explicit_curves() {
    let session = ecdsa();
    let curve = session.bytes.windows(5).position(|part| part == [3, 0, 23, 65, 4]).unwrap();
    let mut bytes = session.bytes.clone();
    bytes[curve] = 1; // explicit_prime
    let forged = Session { replay: Replay::new(&bytes), bytes, ..session };
    let fetched = forged.replay(NO_FAULTS);
    forged.assert_clean_failure(&fetched, "an explicit curve");
    assert_eq!(fetched.code(), "ERR_SSL_BAD_EXTENSION");
}

#[test]
fn memory_fails_at_the_nth_call() {
    for session in [large_records(), large_records13()] {
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
    }
    // Small records need none at all.
    for session in [ecdsa(), rsa(), gnutls(), ecdsa13(), rsa13(), gnutls13(), one_record13()] {
        let mut host = TestHost { allocs_left: 0, ..Default::default() };
        let fetched = session.replay_on(&mut host, NO_FAULTS);
        assert!(session.is_whole(&fetched), "{}: {}", session.name, fetched.code());
        assert_eq!(host.lent.calls.get(), 0, "{}", session.name);
    }
}

#[test]
fn random_numbers_fail_at_the_nth_call() {
    for session in [ecdsa(), ecdsa13()] {
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
}
