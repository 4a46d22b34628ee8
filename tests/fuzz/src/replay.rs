//! The whole client, with every check, against damaged recordings of real servers.
//!
//! An input is the recording's number, a byte that seeds a split, and the server's bytes. What the client reads must be
//! the beginning of what the server sent, whatever happened to the bytes.

use crate::client::{REQUEST, Settings, compare};
use crate::engine::{self, Connection, Status};
use crate::material;
use std::cell::Cell;
use std::io::{Read, Write};
use std::sync::OnceLock;

/// A connection that `tests/fuzz.rs` has with a server and that is recorded.
pub struct Recording {
    /// The server's certificate in the tests' PKI.
    pub entry: &'static str,
    /// Flags for `openssl s_server`; none: rustls, whose records are large.
    pub flags: &'static [&'static str],
    pub settings: Settings,
}

const fn recording(entry: &'static str, flags: &'static [&'static str], settings: [u8; 4]) -> Recording {
    Recording { entry, flags, settings: Settings(settings) }
}

pub const RECORDINGS: &[Recording] = &[
    recording("p256", &["-tls1_2"], [2, 2, 0, 0]),
    recording("p256", &["-tls1_3"], [6, 2, 0, 0]),
    recording("rsa", &["-tls1_2"], [2 | 16, 2, 0, 0]),
    recording("rsa", &["-tls1_3"], [6 | 16, 2, 0, 0]),
    recording("p256-under-p384", &["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"], [10, 3, 0, 0]),
    recording("p256", &["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], [2 | 16, 3, 0, 0]),
    recording("p256", &["-tls1_3", "-groups", "P-384"], [10, 2, 0, 0]),
    recording("p256", &["-tls1_2", "-Verify", "1"], [2 | 32, 2, 0, 0]),
    recording("p256", &["-tls1_3", "-Verify", "1"], [6 | 32, 2, 0, 0]),
    recording("p256", &[], [2, 2, 0, 0]),
    recording("p256", &[], [6, 2, 0, 0]),
];

/// Talks to a server and keeps what it said.
pub fn record(number: usize, mut server: impl Read + Write) {
    let settings = RECORDINGS[number].settings;
    let lent = Cell::new(0);
    let mut host = settings.host(&lent);
    let config = settings.config();
    let mut arena = vec![0; Connection::memory_needed(&config)];
    let mut connection = Connection::new(config, &mut host, &mut arena).expect("a good configuration");
    let (mut said, mut plain, mut pending, mut asked) = (Vec::new(), Vec::new(), Vec::new(), false);
    let mut buffer = [0; 4096];
    loop {
        while connection.work() {}
        let n = connection.pull(&mut buffer);
        // openssl ends the connection without waiting for what is left
        let _ = server.write_all(&buffer[..n]);
        if n != 0 || connection.has_work() {
            continue;
        }
        let n = connection.read(&mut buffer).expect("a good connection");
        plain.extend(&buffer[..n]);
        if connection.status() == Status::Open && !asked {
            asked = connection.write(REQUEST).expect("an open connection") > 0;
            continue;
        }
        if connection.status() == Status::Closed {
            break;
        }
        if pending.is_empty() {
            let n = server.read(&mut buffer).expect("a server that answers");
            assert!(n != 0, "{:?}", connection.status());
            said.extend(&buffer[..n]);
            pending.extend(&buffer[..n]);
        }
        match connection.push(&pending) {
            Ok(n) => drop(pending.drain(..n)),
            Err(e) => panic!("{number}: {e:?} {:?}", connection.error()),
        }
    }
    assert!(plain.len() > 1024, "{}", plain.len());
    let directory = material::directory();
    std::fs::write(directory.join(format!("{number}.plain")), plain).expect("a place for recordings");
    std::fs::write(directory.join(format!("{number}.bytes")), said).expect("a place for recordings");
}

fn plain(number: usize) -> &'static [u8] {
    static PLAIN: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    &PLAIN.get_or_init(|| (0..RECORDINGS.len()).map(|n| material::read(&format!("{n}.plain"))).collect())[number]
}

/// See the module.
pub fn run(data: &[u8]) {
    let &[number, seed, ref bytes @ ..] = data else { return };
    let number = usize::from(number) % RECORDINGS.len();
    engine::check(true);
    if let Some(outcome) = compare(RECORDINGS[number].settings, bytes, seed) {
        assert!(plain(number).starts_with(&outcome.plain), "something was read that the server has not sent");
        assert!(outcome.error.is_some() || outcome.plain == plain(number) || !outcome.was_open);
    }
}

/// The recordings as they are: each must replay to its end.
pub fn seeds() -> Vec<Vec<u8>> {
    let seed = |number: usize| [&[number as u8, 0][..], &material::read(&format!("{number}.bytes"))].concat();
    for (number, recording) in RECORDINGS.iter().enumerate() {
        engine::check(true);
        let outcome = compare(recording.settings, &seed(number)[2..], 0).expect("a good configuration");
        assert!(outcome.error.is_none() && outcome.plain == plain(number), "{number}: {:?}", outcome.error);
    }
    (0..RECORDINGS.len()).map(seed).collect()
}
