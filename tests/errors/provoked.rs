//! Errors that no other test wants by its name, each brought about by a server or a caller that deserves it.

use std::io::{Read, Write};
use std::ptr::{null, null_mut};

use espruino_tls::arena::Arena;
use espruino_tls::config::Config;
use espruino_tls::connection::Connection;
use espruino_tls::crypto::{AeadAlgorithm, Progress};
use espruino_tls::error::{Detail, Error, Report};
use espruino_tls::ffi::{etls_error_info, etls_init};
use espruino_tls::handshake::StepContext;
use espruino_tls::handshake::flight::Handshake;
use espruino_tls::record::HANDSHAKE;
use espruino_tls::record::incoming::{Incoming, Step};
use espruino_tls::record::outgoing::Outgoing;
use espruino_tls::schedule::suite_hash::SuiteHash;

use crate::common::client::{Settings, report_in};
use crate::common::engine::{TestHost, fetch, tcp, tls12, trusting};
use crate::common::faulty::{Replay, records};
use crate::common::keylog;
use crate::common::pki::pki;
use crate::common::servers::{self, Ending};

fn insecure() -> Settings {
    Settings { insecure: true, servername: "localhost".into(), ..Settings::default() }
}

/// What is wrong with a configuration.
fn refused(settings: Settings) -> Error {
    settings.connect(&mut TestHost::default(), |_| ()).unwrap_err().error
}

/// How a fetch of this path fails.
fn failure(settings: &Settings, host: &mut TestHost, transport: impl Read + Write, path: &str) -> Report {
    let fetched = fetch(settings, host, transport, &[path]);
    let error = match (fetched.result, fetched.end) {
        (Err(error), _) | (Ok(_), Some(Err(error))) => error,
        _ => panic!("no error"),
    };
    report_in(&error).unwrap_or_else(|| panic!("not the engine's: {error}"))
}

/// How it fails when the server says this.
fn answered(settings: &Settings, answer: &[u8]) -> Error {
    failure(settings, &mut TestHost::default(), Replay::new(answer), "/1").error
}

#[test]
fn configurations() {
    assert_eq!(refused(Settings { alpn: "a,,b".into(), ..insecure() }), Error::InvalidAlpn);
    assert_eq!(refused(Settings { max_fragment: 1000, ..insecure() }), Error::InvalidMaxFragment);
    let pin = Settings { pinned_pub_key: "sha256//x".into(), ..insecure() };
    assert_eq!(refused(pin), Error::InvalidPin);
    let own = |cert: &[u8], key: &[u8]| Settings { cert: cert.to_vec(), key: key.to_vec(), ..insecure() };
    assert_eq!(refused(own(b"x", &pki().read("client.key.pem"))), Error::OwnCertUnreadable);
    assert_eq!(refused(own(&pki().read("client.pem"), b"")), Error::CertWithoutKey);

    let config = Config { trust: espruino_tls::Trust::insecure(), servername: b"localhost", ..Config::default() };
    let mut host = TestHost::default();
    let mut memory = [0; 100];
    let report = Connection::new(config, &mut host, &mut memory).err().unwrap();
    assert_eq!(report.error, Error::MemoryTooSmall);
    assert_eq!(report.memory_needed(), Some(Connection::memory_needed(&config)));

    // SAFETY: NULL is what the call is asked about.
    let mut error: etls_error_info = unsafe { std::mem::zeroed() };
    let number = unsafe { etls_init(null_mut(), 0, null(), null(), null_mut(), &mut error) };
    assert_eq!((-number, error.number), (15, 15));
    assert_eq!(Error::InvalidArgument.number(), 15);

    let closed = insecure().connect(&mut TestHost::default(), |connection| {
        connection.close();
        connection.write(b"more").unwrap_err()
    });
    assert_eq!(closed, Ok(Error::WriteAfterClose));
}

/// An arena in which ClientHello has no room: [`Connection`] lends no such one.
#[test]
fn out_of_memory() {
    let mut host = TestHost::default();
    let mut memory = [0; 100];
    let mut context = StepContext {
        arena: Arena::new(&mut memory),
        detail: Detail::default(),
        progress: Progress::default(),
        host: &mut host,
        outgoing: Outgoing::default(),
        incoming: Incoming::default(),
    };
    let config = Config { max_version: 0x0303, ..Config::default() };
    let mut handshake = Handshake::new(config);
    assert_eq!(handshake.start(&mut context), std::task::Poll::Ready(Err(Error::OutOfMemory)));
}

#[test]
fn connections() {
    let server = servers::rustls("p256", Ending::CloseNotify);
    let mut host = TestHost { allocs_left: 0, ..TestHost::default() };
    let report = failure(&trusting("root-p256.pem"), &mut host, tcp(server.address()), "/102400");
    assert_eq!(report.error, Error::RecordNoMemory);
    assert!(report.memory_needed().unwrap() > 10_000);

    assert_eq!(answered(&insecure(), &[]), Error::ConnectionReset);
    assert_eq!(answered(&insecure(), &[21, 3, 3, 0, 2, 2, 40]), Error::AlertReceived);

    let server = servers::node("p256");
    let report = failure(&trusting("root-p256.pem"), &mut TestHost::default(), tcp(server.address()), "/cut/102400");
    assert_eq!(report.error, Error::Truncated);
}

#[test]
fn server_hellos() {
    let record = |content: &[u8]| [&[22, 3, 3, 0, content.len() as u8], content].concat();
    assert_eq!(answered(&insecure(), &record(&[2, 1, 0, 0])), Error::MessageTooLong);
    // RFC 8446 §4.1.3: TLS 1.2, from a server that has 1.3
    let hello = [&[2u8, 0, 0, 38, 3, 3] as &[u8], &[7; 24], b"DOWNGRD\x01", &[0, 0xc0, 0x2b, 0]].concat();
    assert_eq!(answered(&insecure(), &record(&hello)), Error::Downgrade);
}

/// A recorded connection with TLS 1.2, and where its handshake messages begin.
fn recorded(entry: &str, flags: &[&str]) -> (Vec<u8>, Vec<u8>, Vec<(u8, usize)>) {
    let server = servers::openssl_www(entry, &[&["-tls1_2"], flags].concat());
    let fetched = fetch(&tls12(insecure()), &mut TestHost::default(), tcp(server.address()), &["/1"]);
    assert!(fetched.result.is_ok());
    let bytes = fetched.from_server;
    let mut messages = Vec::new();
    for (at, _) in records(&bytes).into_iter().take_while(|(_, kind)| *kind == HANDSHAKE) {
        let end = at + 5 + usize::from(bytes[at + 3]) * 256 + usize::from(bytes[at + 4]);
        let mut at = at + 5;
        while at < end {
            messages.push((bytes[at], at));
            at += 4 + usize::from(bytes[at + 2]) * 256 + usize::from(bytes[at + 3]);
        }
    }
    (bytes, fetched.from_client, messages)
}

/// The server's signature is wrong by a bit; its suite is not for its key.
#[test]
fn server_key_exchange() {
    let (bytes, _, messages) = recorded("rsa", &["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]);
    let at = |kind: u8| messages.iter().find(|(found, _)| *found == kind).unwrap().1;
    assert_eq!(messages[0].0, 2);

    let mut damaged = bytes.clone();
    damaged[at(14) - 5 - 1] ^= 1; // ServerHelloDone has a record of its own
    assert_eq!(answered(&tls12(insecure()), &damaged), Error::BadHandshakeSignature);

    // ECDHE_ECDSA instead of ECDHE_RSA
    let session_id = usize::from(bytes[at(2) + 4 + 34]);
    let suite = at(2) + 4 + 34 + 1 + session_id;
    assert_eq!(bytes[suite..suite + 2], [0xc0, 0x2f]);
    let mut other = bytes.clone();
    other[suite + 1] = 0x2b;
    assert_eq!(answered(&tls12(insecure()), &other), Error::WrongCertificateType);
}

/// The server's Finished, opened with what its key log says, and sealed again with another content.
#[test]
fn finished() {
    let log = pki().path(&format!("errors-finished-{}.keys", std::process::id()));
    let flags = ["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "-keylogfile", log.to_str().unwrap()];
    let (bytes, from_client, _) = recorded("self-ec", &flags);
    let secrets = keylog::read(&log);
    std::fs::remove_file(log).unwrap();
    let master = keylog::master(&secrets["CLIENT_RANDOM"]);
    let randoms = keylog::randoms(&from_client, &bytes);
    let keys = || keylog::keys12(&master, &randoms, SuiteHash::SHA256, AeadAlgorithm::Aes128Gcm);
    let all = records(&bytes);
    let (at, kind) = all[all.iter().position(|(_, kind)| *kind == 20).unwrap() + 1];
    assert_eq!(kind, HANDSHAKE);

    let [_, server] = keys();
    let mut incoming = Incoming::default();
    incoming.traffic_key = Some(server);
    let (mut rest, mut content) = (&bytes[at..], Vec::new());
    loop {
        match incoming.step(&mut rest, &mut Detail::default()).unwrap() {
            Step::Content => {
                let mut piece = rest[..incoming.remaining()].to_vec();
                rest = &rest[piece.len()..];
                incoming.open(&mut piece);
                content.extend(piece);
            }
            Step::End => break,
            _ => {}
        }
    }
    assert_eq!(content[..4], [20, 0, 0, 12]);

    for damage in [0, 1] {
        content[15] ^= damage;
        let mut memory = [0; 1000];
        let mut arena = Arena::new(&mut memory);
        let [_, server] = keys();
        let mut outgoing = Outgoing::default();
        outgoing.traffic_key = Some(server);
        outgoing.room(&mut arena)[..16].copy_from_slice(&content);
        outgoing.seal(&mut arena, HANDSHAKE, 16).unwrap();
        let stream = [&bytes[..at], arena.queue()].concat();
        // After the right one the server is gone.
        let expected = if damage == 0 { Error::Truncated } else { Error::BadFinished };
        assert_eq!(answered(&tls12(insecure()), &stream), expected);
    }
}
