//! Many connections with real servers, one after the other in one process, with faults by chance: bytes damaged, connections
//! cut, memory and random numbers that fail, any split, slices or not, sessions resumed. Everything is given back, nothing
//! wrong is given out, and the process does not grow.
//!
//! `make test` does some hundred; `ETLS_SOAK=10000 cargo test --test soak` as many as are asked for.

mod common;

use common::client::Settings;
use common::engine::{TestHost, fetch, tcp, tls12, trusting};
use common::faulty::{Faults, Faulty, NO_FAULTS, Split, next};
use common::pki::pki;
use common::servers::{self, Ending, body};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Kilobytes of memory that this process has.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn settings(kind: u64) -> Settings {
    let settings = match kind % 4 {
        0 => Settings {
            fingerprint256: pki().fingerprint("p256"),
            servername: "localhost".into(),
            ..Settings::default()
        },
        1 => Settings { insecure: true, ..Settings::default() },
        _ => trusting("root-p256.pem"),
    };
    let settings = Settings { keep_session: kind & 4 != 0, slices: kind & 8 != 0, ..settings };
    if kind & 16 != 0 { tls12(settings) } else { settings }
}

#[test]
fn many_connections_with_faults() {
    let count: usize = std::env::var("ETLS_SOAK").map_or(300, |text| text.parse().expect("ETLS_SOAK is a number"));
    let rustls = servers::rustls("p256", Ending::CloseNotify);
    let lighttpd = servers::lighttpd("openssl", "p256");
    let addresses: [SocketAddr; 2] = [rustls.address(), lighttpd.address()];
    let mut seed = 20_270_115;
    let (mut results, mut after_warming) = (BTreeMap::<String, usize>::new(), 0);
    // as there are 32 kinds of settings for each server
    let mut sessions: BTreeMap<(usize, u64), Vec<u8>> = BTreeMap::new();
    for number in 0..count {
        let (kind, at) = (next(&mut seed) % 32, next(&mut seed) as usize % 2);
        let mut settings = settings(kind);
        settings.session = sessions.remove(&(at, kind)).unwrap_or_default();
        let mut host = TestHost { seed: next(&mut seed), ..TestHost::default() };
        let split = match next(&mut seed) % 3 {
            0 => Split::Whole,
            1 => Split::Every(1 + next(&mut seed) as usize % 700),
            _ => Split::Random(next(&mut seed)),
        };
        let mut faults = Faults { split, ..NO_FAULTS };
        let place = next(&mut seed) as usize % 12_000;
        let mut is_faulty = true;
        match next(&mut seed) % 6 {
            0 => faults.cut_after = Some(place),
            1 => faults.flip = Some((place, (next(&mut seed) % 8) as u8)),
            2 => host.allocs_left = next(&mut seed) as usize % 3,
            3 => host.random_left = next(&mut seed) as usize % 4,
            _ => is_faulty = false,
        }
        let fetched = fetch(&settings, &mut host, Faulty::new(tcp(addresses[at]), faults), &["/1024"]);
        assert_eq!(fetched.outstanding, 0, "connection {number}: memory was not given back");
        match &fetched.result {
            Ok(pages) => assert!(pages[0].1 == body(1024), "connection {number}: a wrong body"),
            Err(e) => {
                assert!(is_faulty, "connection {number}: {e}");
                assert!(body(1024).starts_with(&fetched.partial), "connection {number}: wrong bytes were given out");
            }
        }
        if !fetched.session.is_empty() {
            sessions.insert((at, kind), fetched.session.clone());
        }
        let resumed = fetched.peer.as_ref().is_some_and(|peer| peer.resumed);
        *results
            .entry(if resumed { "resumed, ".to_string() + &fetched.code() } else { fetched.code() })
            .or_default() += 1;
        if number == 200 {
            after_warming = resident();
        }
    }
    let grown = resident().saturating_sub(after_warming);
    println!("{count} connections, {results:?}; {grown} KB more than after the first 200");
    assert!(results.len() > 5, "{results:?}");
    assert!(grown < 4096, "the process has grown by {grown} KB");
}
