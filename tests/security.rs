//! What an authenticated but malicious server, or somebody on the way, could get out of the engine: nothing.

mod common;

use std::collections::HashMap;

use common::client::{Connection, Settings, Status, peer};
use common::engine::{TestHost, fetch, tcp, tls12, trusting};
use common::faulty::records;
use common::keylog;
use common::pki::pki;
use common::servers::{self, Server, body};
use espruino_tls::arena::Arena;
use espruino_tls::crypto::AeadAlgorithm;
use espruino_tls::error::Error;
use espruino_tls::record::incoming::{Incoming, Step};
use espruino_tls::record::outgoing::Outgoing;
use espruino_tls::record::traffic_key::TrafficKey;
use espruino_tls::record::{APPLICATION_DATA, HANDSHAKE};
use espruino_tls::schedule::prf12::MasterSecret;
use espruino_tls::schedule::suite_hash::SuiteHash;

/// A recorded connection whose keys are known.
struct Known {
    from_server: Vec<u8>,
    from_client: Vec<u8>,
    secrets: HashMap<String, Vec<u8>>,
}

/// An openssl server that writes its secrets down.
fn logging(entry: &str, flags: &[&str], log: &str) -> (Server, std::path::PathBuf) {
    let file = pki().path(&format!("{log}-{}.keys", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let server = servers::openssl_www(entry, &[flags, &["-keylogfile", file.to_str().unwrap()]].concat());
    (server, file)
}

fn record(settings: &Settings, flags: &[&str], log: &str) -> Known {
    let (server, file) = logging("self-ec", flags, log);
    let fetched = fetch(settings, &mut TestHost::default(), tcp(server.address()), &["/1"]);
    assert!(fetched.bodies(log)[0] == body(1));
    let secrets = keylog::read(&file);
    std::fs::remove_file(file).unwrap();
    Known { from_server: fetched.from_server, from_client: fetched.from_client, secrets }
}

fn pinned() -> Settings {
    Settings { fingerprint256: pki().fingerprint("self-ec"), servername: "localhost".into(), ..Settings::default() }
}

/// Opens the first `count` records, all protected with these keys; content type and content of each.
fn open(mut rest: &[u8], keys: TrafficKey, count: usize) -> Vec<(u8, Vec<u8>)> {
    let mut incoming = Incoming::default();
    incoming.traffic_key = Some(keys);
    let (mut opened, mut content) = (Vec::new(), Vec::new());
    while opened.len() < count {
        match incoming.step(&mut rest, &mut Default::default()).unwrap() {
            Step::Content => {
                let mut piece = rest[..incoming.remaining()].to_vec();
                rest = &rest[piece.len()..];
                incoming.open(&mut piece);
                content.extend(piece);
            }
            Step::End => opened.push((incoming.content_type(), std::mem::take(&mut content))),
            _ => {}
        }
    }
    opened
}

/// Seals records, the first with sequence number 0.
fn seal(keys: TrafficKey, contents: &[(u8, &[u8])]) -> Vec<u8> {
    let mut memory = vec![0; 1 << 14];
    let mut arena = Arena::new(&mut memory);
    let mut outgoing = Outgoing::default();
    outgoing.traffic_key = Some(keys);
    for (content_type, content) in contents {
        outgoing.room(&mut arena)[..content.len()].copy_from_slice(content);
        outgoing.seal(&mut arena, *content_type, content.len()).unwrap();
    }
    arena.queue().to_vec()
}

/// Moves all there is to pull into a vector.
fn pull(connection: &mut Connection<'_>) -> Vec<u8> {
    let mut all = Vec::new();
    let mut some = [0; 600];
    loop {
        while connection.work() {}
        let n = connection.pull(&mut some);
        if n == 0 {
            return all;
        }
        all.extend(&some[..n]);
    }
}

const HELLO_REQUEST: &[u8] = &[0, 0, 0, 0];

/// TLS 1.2: a HelloRequest behind Finished, in its record or in one of its own, is answered with a warning; and neither
/// that nor anything else that is sent ever shares bytes with what was received, when data comes before the warning has
/// been fetched, when it is read in pieces, and when something is written in between.
#[test]
fn what_is_sent_never_holds_what_was_received() {
    let settings = tls12(pinned());
    let known = record(&settings, &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "hello-request");
    let randoms = keylog::randoms(&known.from_client, &known.from_server);
    let master = keylog::master(&known.secrets["CLIENT_RANDOM"]);
    let keys = || keylog::keys12(&master, &randoms, SuiteHash::SHA256, AeadAlgorithm::Aes128Gcm);
    let all = records(&known.from_server);
    let (finished_at, _) = all[all.iter().position(|(_, kind)| *kind == 20).unwrap() + 1];
    let [_, server_keys] = keys();
    let (_, finished) = open(&known.from_server[finished_at..], server_keys, 1).remove(0);
    assert_eq!((finished.len(), finished[0]), (16, 20));
    let data = [b'A'; 1000];
    let together = [&finished, HELLO_REQUEST].concat();
    let cases: [&[(u8, &[u8])]; 3] = [
        &[(HANDSHAKE, &together), (APPLICATION_DATA, &data)],
        &[(HANDSHAKE, &finished), (HANDSHAKE, HELLO_REQUEST), (APPLICATION_DATA, &data)],
        &[(HANDSHAKE, &together), (HANDSHAKE, HELLO_REQUEST), (APPLICATION_DATA, &data)],
    ];
    for (case, contents) in cases.into_iter().enumerate() {
        for (pulls_first, writes) in [(false, false), (false, true), (true, false), (true, true)] {
            let [client_keys, server_keys] = keys();
            let rest = seal(server_keys, contents);
            settings
                .connect(&mut TestHost::default(), |connection| {
                    let mut sent = pull(connection);
                    let mut at = 0;
                    while at < finished_at {
                        at += connection.push(&known.from_server[at..finished_at]).unwrap();
                        sent.extend(pull(connection));
                    }
                    let (mut got, mut at, mut written) = (Vec::<u8>::new(), 0, 0);
                    while at < rest.len() || connection.readable() != 0 {
                        at += connection.push(&rest[at..]).unwrap();
                        if pulls_first {
                            sent.extend(pull(connection));
                        }
                        let mut piece = [0; 100];
                        let n = connection.read(&mut piece).unwrap();
                        got.extend(&piece[..n]);
                        if writes && n != 0 && written < 300 {
                            written += connection.write(&[b'w'; 300][written..]).unwrap();
                        }
                    }
                    sent.extend(pull(connection));
                    let name = format!("{case}, pulls first: {pulls_first}, writes: {writes}");
                    let wrong = got.iter().filter(|byte| **byte != b'A').count();
                    assert_eq!((got.len(), wrong), (data.len(), 0), "{name}: read, wrong");
                    // all that was sent behind ChangeCipherSpec opens: our Finished, one warning for each HelloRequest
                    // that found the queue empty, and what was written
                    let change = records(&sent).into_iter().position(|(_, kind)| kind == 20).unwrap();
                    let protected = &records(&sent)[change + 1..];
                    let opened = open(&sent[protected[0].0..], client_keys, protected.len());
                    assert_eq!(opened[0].1[0], 20, "{name}");
                    assert_eq!(opened[1], (21, vec![1, 100]), "{name}: no_renegotiation");
                    let rest = opened[2..].iter().filter(|(kind, _)| *kind == APPLICATION_DATA);
                    let text: Vec<u8> = rest.flat_map(|(_, content)| content.clone()).collect();
                    assert_eq!(text, [b'w'; 300][..written], "{name}");
                    assert!(written != 0 || !writes, "{name}");
                })
                .unwrap();
        }
    }
}

/// The 16 ways to give or not to give a fingerprint, a pin, `ca` and the insecure mode: what is given holds, but that
/// the insecure mode drops `ca`; with nothing no byte is sent.
#[test]
fn what_is_given_must_hold() {
    let server = servers::openssl_www("p256", &[]);
    let (fingerprint, other_fingerprint) = (pki().fingerprint("p256"), pki().fingerprint("self-ec"));
    let (pin, other_pin) = (pki().pin("p256"), pki().pin("self-ec"));
    for combination in 0..16 {
        let [has_fingerprint, has_pin, has_ca, insecure] = [1, 2, 4, 8].map(|bit| combination & bit != 0);
        let right = Settings {
            servername: "localhost".into(),
            fingerprint256: if has_fingerprint { fingerprint.clone() } else { String::new() },
            pinned_pub_key: if has_pin { pin.clone() } else { String::new() },
            ca: if has_ca { vec![pki().read("root-p256.pem")] } else { vec![] },
            insecure,
            ..Settings::default()
        };
        let outcome = |settings: &Settings| {
            let fetched = fetch(settings, &mut TestHost::default(), tcp(server.address()), &["/1"]);
            let trusted_by = fetched.peer.as_ref().map(|peer| peer.trusted_by.clone()).unwrap_or_default();
            (fetched.code(), trusted_by, fetched.from_client.is_empty())
        };
        let holds = [(has_fingerprint, "fingerprint"), (has_pin, "public key"), (has_ca && !insecure, "CA")];
        let names: Vec<&str> = holds.iter().filter(|(holds, _)| *holds).map(|(_, name)| *name).collect();
        let expected = match names.is_empty() && !insecure {
            true => ("ERR_TLS_NO_TRUST".into(), String::new(), true),
            false => ("no error".to_string(), names.join(" and "), false),
        };
        assert_eq!(outcome(&right), expected, "{combination:04b}");
        // and each of them wrong
        let mut wrong = Vec::new();
        if has_fingerprint {
            let fingerprint256 = other_fingerprint.clone();
            wrong.push((Settings { fingerprint256, ..right.clone() }, "ERR_TLS_CERT_FINGERPRINT_MISMATCH"));
            wrong.push((Settings { fingerprint256: "AB:CD".into(), ..right.clone() }, "ERR_INVALID_ARG_VALUE"));
        }
        if has_pin {
            let pinned_pub_key = other_pin.clone();
            wrong.push((Settings { pinned_pub_key, ..right.clone() }, "ERR_TLS_PINNED_KEY_MISMATCH"));
        }
        if has_ca && !insecure {
            let ca = vec![pki().read("root-rsa.pem")];
            wrong.push((Settings { ca, ..right.clone() }, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"));
        }
        for (settings, code) in wrong {
            let (got, trusted_by, _) = outcome(&settings);
            assert_eq!((got.as_str(), trusted_by.as_str()), (code, ""), "{combination:04b}");
        }
    }
}

/// TLS 1.3: as long as a record's tag has not been checked, and when it turns out wrong, nothing in it is told; nobody is
/// called trusted before the server's Finished.
#[test]
fn nothing_is_told_of_a_record_before_its_tag() {
    let settings = pinned();
    let known = record(&settings, &["-tls1_3"], "before-the-tag");
    let all = records(&known.from_server);
    let protected: Vec<usize> = all.iter().filter(|(_, kind)| *kind == 23).map(|(at, _)| *at).collect();
    let certificate = protected[1]; // after EncryptedExtensions
    let end = protected[2];
    let [.., high, low] = known.from_server[certificate..certificate + 5] else { panic!() };
    assert_eq!(end, certificate + 5 + usize::from(high) * 256 + usize::from(low));
    for flips in [false, true] {
        let mut stream = known.from_server.clone();
        if flips {
            stream[end - 1] ^= 1;
        }
        settings
            .connect(&mut TestHost::default(), |connection| {
                let mut result = Ok(0);
                for (at, byte) in stream.iter().enumerate() {
                    pull(connection);
                    if connection.status() != Status::Handshaking {
                        break;
                    }
                    result = connection.push(&[*byte]);
                    let told = peer(connection);
                    let is_open = connection.status() == Status::Open;
                    assert_eq!(told.trusted_by.is_empty(), !is_open, "at {at}");
                    if at + 1 < end || flips {
                        assert_eq!(told.fingerprint, [0; 32], "at {at}");
                    }
                    if result.is_err() {
                        break;
                    }
                }
                if flips {
                    let report = connection.error().unwrap();
                    assert_eq!(report.code().to_string(), "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC");
                    assert_eq!((report.detail.a, report.detail.b), (0, 0));
                } else {
                    assert!(result.is_ok() && connection.status() == Status::Open);
                    assert_eq!(peer(connection).fingerprint_hex(), pki().fingerprint("self-ec"));
                }
            })
            .unwrap();
    }
}

/// What becomes of a client that gets this: the code of its error, if it has one.
fn code_of(settings: &Settings, stream: &[u8]) -> Option<String> {
    settings
        .connect(&mut TestHost::default(), |connection| {
            let (mut at, mut plain) = (0, [0; 1024]);
            while at < stream.len() && connection.error().is_none() {
                pull(connection);
                at += connection.push(&stream[at..]).unwrap_or_default();
                while connection.read(&mut plain).is_ok_and(|n| n != 0) {}
            }
            assert_eq!(connection.error().is_some(), connection.status() == Status::Failed);
            connection.error().map(|report| report.code().to_string())
        })
        .unwrap()
}

/// Each protected record of a real server, sealed anew under keys that are not its own: the client's, those of the epoch
/// before or after, zeros, its own with another number; and in the clear. Only its own ones are taken.
#[test]
fn every_message_under_the_wrong_keys() {
    type Keys<'k> = (&'static str, Box<dyn Fn() -> TrafficKey + 'k>, u8);
    const BAD_MAC: &str = "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC";
    let (hash, aead) = (SuiteHash::SHA256, AeadAlgorithm::Aes128Gcm);
    for tls13 in [true, false] {
        let settings = if tls13 { pinned() } else { tls12(pinned()) };
        let flags: &[&str] = if tls13 {
            &["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"]
        } else {
            &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"]
        };
        let known = record(&settings, flags, &format!("wrong-keys-{tls13}"));
        let all = records(&known.from_server);
        // TLS 1.3's flight has four messages, each in a record of its own; TLS 1.2 protects Finished alone.
        let first = all.iter().position(|(_, kind)| *kind == 20).unwrap() + 1;
        let count = if tls13 { 4 } else { 1 };
        let (start, end) = (all[first].0, all[first + count].0);
        let (before, after) = (&known.from_server[..start], &known.from_server[end..]);
        let randoms = &keylog::randoms(&known.from_client, &known.from_server);

        let keys: Vec<Keys> = if tls13 {
            let keys = |secret: Vec<u8>| Box::new(move || keylog::keys13(&secret, hash, aead));
            let named = |name: &str| keys(known.secrets[name].clone());
            vec![
                ("its own", named("SERVER_HANDSHAKE_TRAFFIC_SECRET"), 0),
                ("the client's", named("CLIENT_HANDSHAKE_TRAFFIC_SECRET"), 0),
                ("the next epoch's", named("SERVER_TRAFFIC_SECRET_0"), 0),
                ("the client's next", named("CLIENT_TRAFFIC_SECRET_0"), 0),
                ("zeros", keys(vec![0; 32]), 0),
                ("its own, a number too far", named("SERVER_HANDSHAKE_TRAFFIC_SECRET"), 1),
            ]
        } else {
            let master = keylog::master(&known.secrets["CLIENT_RANDOM"]);
            let side = |master: &MasterSecret, side: usize| {
                let master = master.clone();
                Box::new(move || keylog::keys12(&master, randoms, hash, aead).into_iter().nth(side).unwrap())
            };
            vec![
                ("its own", side(&master, 1), 0),
                ("the client's", side(&master, 0), 0),
                ("zeros", side(&MasterSecret::NONE, 1), 0),
                ("its own, a number too far", side(&master, 1), 1),
            ]
        };
        let contents: Vec<(u8, Vec<u8>)> = open(&known.from_server[start..], (keys[0].1)(), count)
            .into_iter()
            .map(|(kind, mut content)| {
                let kind = if tls13 { content.pop().unwrap() } else { kind };
                (kind, content)
            })
            .collect();
        assert!(contents.iter().all(|(kind, _)| *kind == HANDSHAKE));

        // Record `i` under these keys, with the number that it has, or a later one.
        let sealed = |(_, keys, skipped): &Keys, i: usize| {
            let filler = (HANDSHAKE, &[0u8; 1][..]);
            let number = i + usize::from(*skipped);
            let mut all = vec![filler; number];
            all.push((contents[i].0, &contents[i].1));
            let stream = seal(keys(), &all);
            stream[records(&stream)[number].0..].to_vec()
        };
        for i in 0..count {
            let own: Vec<Vec<u8>> = (0..count).map(|i| sealed(&keys[0], i)).collect();
            let with = |record: Vec<u8>| {
                let mut flight = own.clone();
                flight[i] = record;
                [before, &flight.concat(), after].concat()
            };
            for keys in &keys {
                let right = keys.0 == "its own";
                let code = code_of(&settings, &with(sealed(keys, i)));
                assert_eq!(code.as_deref(), (!right).then_some(BAD_MAC), "record {i} under {}", keys.0);
            }
            let (kind, content) = &contents[i];
            let length = (content.len() as u16).to_be_bytes();
            let code = code_of(&settings, &with([&[*kind, 3, 3], &length[..], content].concat()));
            assert!(code.is_some_and(|code| !code.contains("INTERNAL")), "record {i} in the clear");
        }
    }
}

/// A server that takes 64 bytes a record gets a client certificate and its signature in such records.
#[test]
fn handshake_messages_keep_to_the_servers_record_size_limit() {
    let server =
        servers::gnutls("p256", &["--recordsize", "64", "--require-client-cert"], "NORMAL:%ALLOW_SMALL_RECORDS");
    for entry in ["client", "client-rsa"] {
        for (version, settings) in [("1.3", trusting("root-p256.pem")), ("1.2", tls12(trusting("root-p256.pem")))] {
            let cert = pki().read(&format!("{entry}.chain.pem"));
            let key = pki().read(&format!("{entry}.key.pem"));
            let settings = Settings { cert, key, ..settings };
            let fetched = fetch(&settings, &mut TestHost::default(), tcp(server.address()), &["/"]);
            let name = format!("{entry}, TLS {version}");
            assert!(!fetched.bodies(&name)[0].is_empty(), "{name}");
            let stream = &fetched.from_client;
            let protected = records(stream).into_iter().skip_while(|(_, kind)| *kind != 20).skip(1);
            for (at, _) in protected {
                let length = usize::from(stream[at + 3]) * 256 + usize::from(stream[at + 4]);
                assert!(length <= 64 + 24, "{name}: {length}");
            }
        }
    }
}

/// Who says that more was sent than there was does not open a connection before the tag of the server's Finished.
#[test]
fn sent_is_not_believed_beyond_what_was_shown() {
    let cert = pki().read("client.chain.pem");
    let key = pki().read("client.key.pem");
    let settings = Settings { cert, key, ..pinned() };
    let known = record(&settings, &["-tls1_3", "-verify", "1"], "sent");
    let all = records(&known.from_server);
    // EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify, Finished
    let (finished_at, _) = all.iter().filter(|(_, kind)| *kind == 23).nth(4).unwrap();
    let end = finished_at + 5 + 36 + 1 + 16;
    settings
        .connect(&mut TestHost::default(), |connection| {
            let mut stream = known.from_server[..end].to_vec();
            stream[end - 1] ^= 1;
            for byte in &stream[..end - 1] {
                pull(connection);
                assert_eq!(connection.push(&[*byte]), Ok(1));
            }
            for _ in 0..20 {
                connection.work();
                assert!(connection.queued().is_empty());
                connection.sent(10_000);
                assert_eq!(connection.status(), Status::Handshaking);
            }
            let error = connection.push(&stream[end - 1..]).unwrap_err();
            assert_eq!(error, Error::BadRecordMac);
        })
        .unwrap();
}
