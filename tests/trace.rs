//! What builds with `trace` and `key-log` tell of connections to a real server: the handshake's steps in their order, and
//! what Wireshark needs. `cargo test --features trace,key-log --test trace`
#![cfg(all(feature = "trace", feature = "key-log", feature = "tls13", feature = "resumption", feature = "aes256"))]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::client::Settings;
use common::engine::{Fetched, TestHost, fetch, tcp, tls12};
use common::faulty::records;
use common::pki::pki;
use common::servers::{self, Server, body};
use espruino_tls::error::Error;
use espruino_tls::trace::{Event, message_name};

/// A server that writes a key log, and the log.
fn logging(entry: &str, flags: &[&str], name: &str) -> (Server, PathBuf) {
    let file = pki().path(&format!("trace-{name}-{}.keys", std::process::id()));
    let _ = std::fs::remove_file(&file);
    (servers::openssl_www(entry, &[flags, &["-keylogfile", file.to_str().unwrap()]].concat()), file)
}

fn pinned() -> Settings {
    Settings { fingerprint256: pki().fingerprint("self-ec"), servername: "localhost".into(), ..Settings::default() }
}

/// Fetches a page, and looks that all records were told as they went over the wire.
fn traced(settings: &Settings, server: &Server, name: &str) -> (TestHost, Fetched) {
    let mut host = TestHost::default();
    let fetched = fetch(settings, &mut host, tcp(server.address()), &["/1"]);
    assert!(fetched.bodies(name)[0] == body(1), "{name}");
    let on_the_wire = |stream: &[u8]| -> Vec<(u8, u16, u16)> {
        let number = |at: usize| u16::from_be_bytes([stream[at], stream[at + 1]]);
        records(stream).into_iter().map(|(at, kind)| (kind, number(at + 1), number(at + 3))).collect()
    };
    let (mut came, mut went) = (Vec::new(), Vec::new());
    for event in &host.events {
        match *event {
            Event::RecordIn { content_type, version, length } => came.push((content_type, version, length)),
            Event::RecordOut { content_type, version, length } => went.push((content_type, version, length)),
            _ => {}
        }
    }
    assert_eq!(came, on_the_wire(&fetched.from_server), "{name}");
    assert_eq!(went, on_the_wire(&fetched.from_client), "{name}");
    (host, fetched)
}

/// The messages, with the state in which they came, and what else is no record.
fn steps(host: &TestHost) -> Vec<String> {
    let mut steps = Vec::new();
    for event in &host.events {
        match *event {
            Event::MessageIn { kind, length, state } => {
                assert!(length < 16384);
                steps.push(format!("< {} ({state})", message_name(kind)));
            }
            Event::MessageOut { kind, .. } => steps.push(format!("> {}", message_name(kind))),
            Event::AlertIn { level, description } => steps.push(format!("< alert {level} {description}")),
            Event::AlertOut { level, description } => steps.push(format!("> alert {level} {description}")),
            Event::Open => steps.push("open".into()),
            Event::Failed { number } => steps.push(format!("failed {number}")),
            Event::Slice | Event::RecordIn { .. } | Event::RecordOut { .. } => {}
            _ => panic!("{event}"),
        }
    }
    steps
}

/// The key log's lines are the server's, but for what no client's data is protected with.
fn same_secrets(host: &TestHost, log: &Path, name: &str) {
    let text = std::fs::read_to_string(log).unwrap();
    std::fs::write(log, "").unwrap();
    same_lines(&host.secrets, &text, name);
}

fn same_lines(ours: &[String], servers: &str, name: &str) {
    let servers: BTreeSet<String> = servers
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("EXPORTER_SECRET "))
        .map(str::to_lowercase)
        .collect();
    let all: BTreeSet<String> = ours.iter().map(|line| line.to_lowercase()).collect();
    assert_eq!(all, servers, "{name}");
    assert_eq!(all.len(), ours.len(), "{name}: a line twice");
    assert!(!ours.is_empty());
}

const FULL12: &[&str] = &[
    "> ClientHello",
    "< ServerHello (ServerHello)",
    "< Certificate (Certificate)",
    "< ServerKeyExchange (ServerKeyExchange)",
    "< ServerHelloDone (ServerHelloDone)",
    "> ClientKeyExchange",
    "> Finished",
];
const END12: &[&str] = &["< Finished (Finished)", "open"];
const FULL13: &[&str] = &[
    "< EncryptedExtensions (EncryptedExtensions)",
    "< Certificate (Certificate)",
    "< CertificateVerify (CertificateVerify)",
];
const END13: &[&str] = &["< Finished (Finished)", "> Finished", "open"];
/// What `s_server` sends in TLS 1.3 when it is open: two tickets, or one after a resumption.
const TICKET13: &str = "< NewSessionTicket (Complete)";
const CLOSED: &[&str] = &["< alert 1 0", "> alert 1 0"];

#[test]
fn tls12_and_its_resumption() {
    let (server, log) = logging("self-ec", &["-tls1_2"], "12");
    let settings = Settings { keep_session: true, ..tls12(pinned()) };
    let (host, fetched) = traced(&settings, &server, "full");
    let ticket: &[&str] = &["< NewSessionTicket (NewSessionTicket)"];
    assert_eq!(steps(&host), [FULL12, ticket, END12, CLOSED].concat());
    same_secrets(&host, &log, "full");
    assert_eq!(host.secrets.len(), 1);

    let (host, _) = traced(&Settings { session: fetched.session, ..settings }, &server, "resumed");
    let resumed = ["> ClientHello", "< ServerHello (ServerHello)", "< Finished (Finished)", "> Finished", "open"];
    assert_eq!(steps(&host), [&resumed, CLOSED].concat());
    same_secrets(&host, &log, "resumed");

    let (host, _) = traced(&tls12(pinned()), &server, "no session");
    assert_eq!(steps(&host), [FULL12, END12, CLOSED].concat());
    std::fs::remove_file(log).unwrap();
}

#[test]
fn tls13_and_its_resumption() {
    let (server, log) = logging("self-ec", &["-tls1_3"], "13");
    let settings = Settings { keep_session: true, ..pinned() };
    let hello: &[&str] = &["> ClientHello", "< ServerHello (ServerHello)"];
    let (host, fetched) = traced(&settings, &server, "full");
    assert_eq!(steps(&host), [hello, FULL13, END13, &[TICKET13; 2], CLOSED].concat());
    same_secrets(&host, &log, "full");
    assert_eq!(host.secrets.len(), 4);

    let (host, _) = traced(&Settings { session: fetched.session, ..settings }, &server, "resumed");
    assert_eq!(steps(&host), [hello, &FULL13[..1], END13, &[TICKET13], CLOSED].concat());
    same_secrets(&host, &log, "resumed");
    std::fs::remove_file(log).unwrap();
}

#[test]
fn hello_retry_request() {
    let (server, log) = logging("self-ec", &["-tls1_3", "-groups", "X25519"], "retry");
    let (host, _) = traced(&pinned(), &server, "retry");
    let hello: &[&str] = &["> ClientHello", "< ServerHello (ServerHello)"];
    assert_eq!(steps(&host), [hello, hello, FULL13, END13, &[TICKET13; 2], CLOSED].concat());
    same_secrets(&host, &log, "retry");
    std::fs::remove_file(log).unwrap();
}

/// A client's certificate of several records is one message.
#[test]
fn a_client_certificate() {
    for (version, settings) in [("-tls1_3", pinned()), ("-tls1_2", tls12(pinned()))] {
        let server = servers::openssl_www("self-ec", &[version, "-verify", "1"]);
        let settings =
            Settings { cert: pki().read("client-rsa.chain.pem"), key: pki().read("client-rsa.key.pem"), ..settings };
        let (host, _) = traced(&settings, &server, version);
        let sent: Vec<String> = steps(&host).into_iter().filter(|step| step.starts_with("> ")).collect();
        let wanted: &[&str] = match version {
            "-tls1_3" => &["> ClientHello", "> Certificate", "> CertificateVerify", "> Finished", "> alert 1 0"],
            _ => &[
                "> ClientHello",
                "> Certificate",
                "> ClientKeyExchange",
                "> CertificateVerify",
                "> Finished",
                "> alert 1 0",
            ],
        };
        assert_eq!(sent, wanted);
    }
}

#[test]
fn a_failure_is_told_with_its_alert() {
    let server = servers::openssl_www("self-ec", &["-tls1_2"]);
    let mut host = TestHost::default();
    let settings = Settings { fingerprint256: pki().fingerprint("self-rsa"), ..tls12(pinned()) };
    assert!(fetch(&settings, &mut host, tcp(server.address()), &["/1"]).result.is_err());
    let number = Error::FingerprintMismatch.number();
    let end = [format!("failed {number}"), "> alert 2 42".into()];
    assert_eq!(steps(&host)[..3], FULL12[..3]);
    assert_eq!(steps(&host)[3..], end);
    assert!(host.secrets.is_empty());
}

/// The C ABI tells the same, and nothing to who does not ask.
#[cfg(feature = "c-api")]
#[test]
fn the_c_abi() {
    use espruino_tls::ffi::*;
    use std::ffi::{c_int, c_void};
    use std::ptr::null_mut;

    unsafe extern "C" fn random(_: *mut c_void, out: *mut u8, length: usize) -> c_int {
        // SAFETY: the library lends the bytes. Nothing is sent.
        unsafe { std::ptr::write_bytes(out, 7, length) };
        0
    }
    unsafe extern "C" fn event(user: *mut c_void, event: *const etls_event) {
        // SAFETY: what was given to etls_init_traced(); the event lives as long as the call.
        unsafe {
            let told: &mut Vec<etls_event> = &mut *user.cast();
            told.push(*event);
        }
    }
    // SAFETY: zeros are a value of these, and what the pointers point to outlives the connection.
    unsafe {
        let mut config: etls_config = std::mem::zeroed();
        config.insecure = 1;
        let mut host: etls_host = std::mem::zeroed();
        host.random = Some(random);
        let mut told: Vec<etls_event> = Vec::new();
        let size = etls_size(&config);
        for asks in [true, false] {
            let trace = etls_trace { user: (&raw mut told).cast(), event: asks.then_some(event) };
            told.clear();
            let mut memory = vec![0u8; size];
            let (mut e, mut out) = (null_mut(), [0; 1000]);
            let (place, info) = (memory.as_mut_ptr().cast(), null_mut());
            assert_eq!(etls_init_traced(place, size, &config, &host, &trace, &mut e, info), 0);
            let n = etls_pull(e, out.as_mut_ptr(), out.len());
            assert!(etls_push(e, b"HTTP/1.1 400".as_ptr(), 12) < 0);
            let steps = told.iter().filter(|e| e.kind != ETLS_TRACE_SLICE);
            let told: Vec<_> = steps.map(|e| (e.kind, e.r#type, e.length)).collect();
            let n = n as u32;
            let wanted = [
                (ETLS_TRACE_MESSAGE_OUT, 1, n - 9),
                (ETLS_TRACE_RECORD_OUT, 22, n - 5),
                (ETLS_TRACE_FAILED, Error::WrongVersionNumber.number(), 0),
                (ETLS_TRACE_ALERT_OUT, 70, 0),
                (ETLS_TRACE_RECORD_OUT, 21, 2),
            ];
            assert_eq!(told, if asks { &wanted[..] } else { &[] });
            etls_drop(e);
        }
    }
}

/// The program, as a user runs it.
#[test]
fn https_get_traces_and_logs() {
    let program = common::example_with("https_get", &["--features", "trace,key-log"]);
    let (server, log) = logging("self-ec", &["-tls1_3"], "program");
    let own = log.with_extension("ours");
    let _ = std::fs::remove_file(&own);
    let url = format!("https://localhost:{}/1024", server.port);
    let output = Command::new(&program)
        .args([&url, "--fingerprint", &pki().fingerprint("self-ec"), "--trace"])
        .env("SSLKEYLOGFILE", &own)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && output.stdout == body(1024), "{said}");
    for line in [
        "> ClientHello, ",
        "> record Handshake 0301, ",
        "< ServerHello, ",
        " bytes, awaited: EncryptedExtensions\n",
        "< record ApplicationData 0303, ",
        "  open\n",
        "< alert 0, level 1\n",
    ] {
        assert!(said.contains(line), "{line:?} is missing:\n{said}");
    }
    let ours: Vec<String> = std::fs::read_to_string(&own).unwrap().lines().map(String::from).collect();
    same_lines(&ours, &std::fs::read_to_string(&log).unwrap(), "https_get");
    // Without the option nothing is printed.
    let output = Command::new(&program).args([&url, "--insecure"]).env_remove("SSLKEYLOGFILE").output().unwrap();
    assert!(!String::from_utf8(output.stderr).unwrap().contains("ClientHello"));
    for file in [log, own] {
        std::fs::remove_file(file).unwrap();
    }
}
