//! `socket_async::AsyncTlsSocket`: the example program with two connections at once, against real servers.

mod common;

use common::pki::pki;
use common::servers::{self, Ending, body};
use std::process::Command;

/// What it says, and whether it succeeded.
fn two_at_once(root: &str, urls: &[String]) -> (bool, String) {
    let output = Command::new(common::example("two_at_once")).arg(pki().path(root)).args(urls).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// How often other work had its turn during the handshakes.
fn turns(said: &str) -> u64 {
    let (_, rest) = said.split_once("had its turn ").expect(said);
    rest.split_once(' ').unwrap().0.parse().unwrap()
}

#[test]
fn two_connections_and_other_work_in_one_thread() {
    let small_records = servers::lighttpd("openssl", "p256");
    let large_records = servers::rustls("p256", Ending::CloseNotify);
    let urls = [small_records.port, large_records.address().port()].map(|port| format!("localhost:{port}/102400"));
    let (worked, said) = two_at_once("root-p256.pem", &urls);
    assert!(worked, "{said}");
    for url in &urls {
        let line = said.lines().find(|line| line.starts_with(url.as_str())).expect(&said);
        let bytes: usize = line.rsplit(' ').nth(1).unwrap().parse().unwrap();
        assert!(bytes > body(102_400).len(), "{said}"); // the body, and headers
    }
    // A signature under P-256 and one in the handshake for each of them, each in several slices.
    assert!(turns(&said) > 20, "{said}");
}

#[test]
fn what_goes_wrong_with_one_does_not_touch_the_other() {
    let (good, other) = (servers::lighttpd("openssl", "p256"), servers::lighttpd("openssl", "rsa"));
    let cut = servers::raw(Vec::new());
    let urls = [good.port, other.port, cut.address().port()].map(|port| format!("localhost:{port}/1024"));
    let (worked, said) = two_at_once("root-p256.pem", &urls);
    assert!(!worked && said.contains(&format!("{}: UNABLE_TO_", urls[1])), "{said}");
    assert!(said.contains(&format!("{}: ECONNRESET: ", urls[2])), "{said}");
    assert!(said.lines().any(|line| line.starts_with(&urls[0]) && line.ends_with(" bytes")), "{said}");
}
