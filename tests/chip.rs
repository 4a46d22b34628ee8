//! On the chip: what is linked for a Cortex-M4 runs under QEMU with 64 KB of RAM, talks to real TLS servers through a
//! serial port that is joined to a TCP socket, and works through Wycheproof's vectors.
//!
//! Needs QEMU and a compiler for the chip, so these tests run on demand: `make test-chip`, which `make test` includes.

mod common;
#[path = "chip/double.rs"]
mod double;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::faulty::{is_ignored, records};
use common::pki::{NOW, pki};
use common::servers::{self, PATIENCE, body};
use common::systems::System;

/// Heap that TLS may use with everything that is in this build, 4,859 bytes lent and a session; stack below the C ABI.
const HEAP: usize = 5632;
const STACK: usize = 4096;
/// Another limit than [`STACK`], to see the rest of the results while the stack is being worked on.
fn stack_limit() -> usize {
    std::env::var("ETLS_CHIP_STACK").map_or(STACK, |limit| limit.parse().expect("ETLS_CHIP_STACK is a number"))
}
/// The body that every server has for the chip.
const SIZE: usize = 20_480;
/// The one where there are many connections.
const SMALL: usize = 1024;

fn image(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let directory = BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let directory = root.join("target/chip");
        let script = root.join("tests/chip/build.sh");
        let output = Command::new("bash").arg(script).arg(&directory).env("CARGO", env!("CARGO")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::create_dir_all(pki().path("www")).unwrap();
        std::fs::write(pki().path(&format!("www/{SIZE}")), body(SIZE)).unwrap();
        directory
    });
    directory.join(name)
}

/// A file for the chip, gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(what: &str) -> Scratch {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Scratch(pki().path(&format!("chip-{}-{count}.{what}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Runs an image to its end and returns what it printed. The chip is stopped after `patience`.
fn qemu(image: &Path, argument: &str, port: Option<u16>, patience: Duration) -> String {
    let log = Scratch::new("log");
    let out = std::fs::File::create(&log.0).unwrap();
    let mut command = Command::new("qemu-system-arm");
    command.args(["-M", "mps2-an386", "-cpu", "cortex-m4", "-display", "none", "-monitor", "none"]);
    // QEMU's way to write a comma in an option is two.
    let semihosting = format!("enable=on,target=native,arg=chip,arg={}", argument.replace(',', ",,"));
    command.args(["-semihosting-config", &semihosting]).arg("-kernel").arg(image);
    match port {
        Some(port) => {
            // Without nodelay: with it the alert of a server that refuses the client does not arrive (the_five_systems).
            let socket = format!("socket,host=127.0.0.1,port={port},id=net");
            command.args(["-chardev", &socket, "-serial", "chardev:net"])
        }
        None => command.args(["-serial", "none"]),
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .spawn()
        .unwrap_or_else(|e| panic!("qemu-system-arm can't be run ({e}); `make deps` installs it"));
    let deadline = Instant::now() + patience;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let said = String::from_utf8_lossy(&std::fs::read(&log.0).unwrap()).into_owned();
    assert!(status.is_some_and(|s| s.success()), "the chip ended with {status:?} and said:\n{said}");
    said
}

/// What the chip said of one connection.
struct Outcome(String);

impl Outcome {
    fn text(&self, name: &str) -> &str {
        let value = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no `{name}` in what the chip said:\n{}", self.0))
    }

    fn number(&self, name: &str) -> usize {
        self.text(name).parse().unwrap_or_else(|_| panic!("{}", self.0))
    }

    /// Holds however the connection went.
    fn check_budgets(&self, case: &str) {
        self.check_budgets_with(case, HEAP);
    }

    fn check_budgets_with(&self, case: &str, most: usize) {
        let (heap, stack) = (self.number("heap"), self.number("stack"));
        println!(
            "{case}: {}, heap {heap} ({} lent), stack {stack} in {}",
            self.text("error"),
            self.number("lent"),
            self.text("deepest")
        );
        assert!(heap <= most, "{case}: {heap} bytes of heap");
        assert!(stack <= stack_limit(), "{case}: {stack} bytes of stack in {}", self.text("deepest"));
        assert_eq!(self.number("leaked"), 0, "{case}");
        assert_eq!(self.number("wrong"), 0, "{case}: wrong bytes were given out");
    }

    fn is_whole(&self) -> bool {
        self.text("error") == "none" && self.number("body") == SIZE
    }
}

/// What the chip is told.
#[derive(Clone, Default)]
struct Job {
    ca: Option<&'static str>,
    insecure: bool,
    /// The clock, if it is not [`NOW`].
    now: Option<i64>,
    fingerprint: Option<String>,
    /// The server insists on a client certificate.
    client: Option<&'static str>,
    /// 12 or 13, with the library that has everything; 0 for the one that has TLS 1.2 only.
    version: u8,
    /// Application protocol to offer.
    alpn: Option<&'static str>,
    /// Bytes of heap, if not [`HEAP`].
    heap: Option<usize>,
    /// A file with the session of the connection before.
    session: Option<String>,
    /// A file for what is left of it in memory.
    dump: Option<String>,
    /// Ends in a file that says how much the network carried.
    end: Option<String>,
    /// So many connections one after the other, over a link in frames.
    rounds: usize,
}

impl Job {
    fn trusting(root: &'static str) -> Job {
        Job { ca: Some(root), ..Job::default() }
    }

    fn pinned(fingerprint: String) -> Job {
        Job { fingerprint: Some(fingerprint), ..Job::default() }
    }

    fn run(&self, port: u16) -> Outcome {
        let size = if self.rounds == 0 { SIZE } else { SMALL };
        let mut text = format!("now={}\nseed=1\nservername=localhost\npath=/{size}\n", self.now.unwrap_or(NOW));
        if self.rounds != 0 {
            writeln!(text, "rounds={}", self.rounds).unwrap();
        }
        if self.insecure {
            text.push_str("insecure=1\n");
        }
        if let Some(root) = self.ca {
            writeln!(text, "ca={}", pki().path(root).display()).unwrap();
        }
        if let Some(fingerprint) = &self.fingerprint {
            writeln!(text, "fingerprint256={fingerprint}").unwrap();
        }
        if let Some(client) = self.client {
            let file = |suffix: &str| pki().path(&format!("{client}.{suffix}")).display().to_string();
            writeln!(text, "cert={}\nkey={}", file("chain.pem"), file("key.pem")).unwrap();
        }
        if self.version != 0 {
            writeln!(text, "version={}", self.version).unwrap();
        }
        if let Some(alpn) = self.alpn {
            writeln!(text, "alpn={alpn}").unwrap();
        }
        if let Some(heap) = self.heap {
            writeln!(text, "heap={heap}").unwrap();
        }
        if let Some(session) = &self.session {
            writeln!(text, "session={session}").unwrap();
        }
        if let Some(dump) = &self.dump {
            writeln!(text, "dump={dump}").unwrap();
        }
        if let Some(end) = &self.end {
            writeln!(text, "end={end}").unwrap();
        }
        let image = image(if self.version == 0 { "https.elf" } else { "https-all.elf" });
        let file = Scratch::new("job");
        std::fs::write(&file.0, text).unwrap();
        Outcome(qemu(&image, file.path(), Some(port), (4 + self.rounds as u32 / 4) * PATIENCE))
    }
}

/// Connections that must succeed: name, server's entry, what is trusted.
fn good() -> Vec<(&'static str, &'static str, Job)> {
    vec![
        ("pin, ECDSA", "self-ec", Job::pinned(pki().fingerprint("self-ec"))),
        ("pin, RSA", "rsa", Job::pinned(pki().fingerprint("rsa"))),
        ("P-256 leaf, P-384 intermediate", "p256-under-p384", Job::trusting("root-p384.pem")),
        ("P-256 leaf, P-256 intermediate", "p256", Job::trusting("root-p256.pem")),
        ("RSA-2048 chain", "rsa", Job::trusting("root-rsa.pem")),
        ("RSA-4096 intermediates", "rsa3", Job::trusting("root-rsa4096.pem")),
        ("10 KB of certificates, RSA-4096", "rsa10k", Job::trusting("root-rsa4096.pem")),
    ]
}

fn succeeds(case: &str, job: &Job, port: u16) -> Outcome {
    let outcome = job.run(port);
    outcome.check_budgets(case);
    assert!(outcome.is_whole(), "{case}:\n{}", outcome.0);
    assert_eq!(outcome.text("version"), if job.version == 13 { "TLSv1.3" } else { "TLSv1.2" }, "{case}");
    if outcome.number("fragment") != 0 {
        assert!(outcome.number("largest") <= 1024, "{case}:\n{}", outcome.0);
    }
    outcome
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn run_time_functions_of_the_firmware() {
    let said = qemu(&image("runtime.elf"), "", None, Duration::from_secs(60));
    for what in ["divisions", "strings", "memory", "numbers", "exponentials", "hashes"] {
        assert!(said.lines().any(|line| line == format!("{what} 0")), "{said}");
    }
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn arithmetic_of_doubles_of_the_firmware() {
    let said = qemu(&image("double.elf"), "", None, Duration::from_secs(120));
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, double::expected());
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn tls13_openssl() {
    for (case, entry, job) in good() {
        let server = servers::openssl_www(entry, &["-tls1_3"]);
        let outcome = succeeds(&format!("TLS 1.3, openssl, {case}"), &Job { version: 13, ..job }, server.port);
        assert_ne!(outcome.number("fragment"), 0, "{case}");
    }
}

/// Servers with a P-384 key that agree on keys over P-384 only.
#[test]
#[ignore = "needs QEMU: make test-chip"]
fn p384_groups() {
    for (version, flag) in [(0, "-tls1_2"), (12, "-tls1_2"), (13, "-tls1_3")] {
        let server = servers::openssl_www("p384", &[flag, "-groups", "P-384"]);
        let job = Job { version, ..Job::trusting("root-p384.pem") };
        succeeds(&format!("{flag}, P-384, image {version}"), &job, server.port);
    }
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn tls13_lighttpd_with_gnutls() {
    for (case, entry, job) in good() {
        let server = servers::lighttpd("gnutls", entry);
        succeeds(&format!("TLS 1.3, gnutls, {case}"), &Job { version: 13, ..job }, server.port);
    }
}

/// 10 KB of certificates in one protected record, from a server that ignores the wish for small ones. Its data come in
/// records for which there is no memory here, so that is how it ends: after the handshake, with the heap as it was.
#[test]
#[ignore = "needs QEMU: make test-chip"]
fn tls13_ten_kilobytes_in_one_record() {
    let server = servers::rustls("rsa10k", servers::Ending::CloseNotify);
    let outcome = Job { version: 13, ..Job::trusting("root-rsa4096.pem") }.run(server.port);
    outcome.check_budgets("TLS 1.3, rustls, 10 KB in one record");
    assert_eq!((outcome.text("version"), outcome.text("error")), ("TLSv1.3", "ERR_OUT_OF_MEMORY"), "{}", outcome.0);
    assert_eq!((outcome.number("trusted"), outcome.number("fragment")), (4, 0), "{}", outcome.0);
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn sessions_are_resumed() {
    for (version, flags) in [(13, &["-tls1_3"][..]), (12, &["-tls1_2"]), (12, &["-tls1_2", "-no_ticket"])] {
        let server = servers::openssl_www("p256-under-p384", flags);
        let session = Scratch::new("session");
        std::fs::write(&session.0, b"").unwrap();
        let job = Job { version, session: Some(session.path().into()), ..Job::trusting("root-p384.pem") };
        for round in 0..3 {
            let case = format!("{flags:?}, connection {round}");
            let outcome = succeeds(&case, &job, server.port);
            assert_eq!(outcome.number("resumed"), usize::from(round != 0), "{case}:\n{}", outcome.0);
        }
    }
}

/// The servers of tests/systems.rs. Records of 16 KB need memory of that size while they live; the rest stays as small as
/// ever.
#[test]
#[ignore = "needs QEMU: make test-chip"]
fn the_five_systems() {
    let insecure = || Job { insecure: true, ..Job::default() };
    let client = |client| Job { client: Some(client), alpn: Some("x-amzn-http-ca"), ..Job::trusting("root-rsa.pem") };
    for (system, version, job, error) in [
        (System::ApiGateway, 12, Job { alpn: Some("http/1.1"), ..Job::trusting("root-rsa.pem") }, "none"),
        (System::Amazon, 13, Job::trusting("root-new.pem"), "none"),
        (System::Amazon, 12, Job::trusting("root-old.pem"), "none"),
        (System::Amazon, 13, Job::trusting("root-rsa.pem"), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        (System::Amazon, 13, Job { now: Some(0), ..Job::trusting("root-new.pem") }, "ERR_TLS_CLOCK_NOT_SET"),
        (System::AwsIot, 13, client("client"), "none"),
        (System::AwsIot, 12, client("client"), "none"),
        (System::AwsIot, 13, client("client-rsa"), "none"),
        (System::AwsIot, 13, client("client-by-rsa"), "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"),
        (System::AwsIot, 13, Job { client: None, ..client("") }, "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
        (System::Cloudflare, 13, Job { alpn: Some("http/1.1"), ..Job::trusting("root-p256.pem") }, "none"),
        (System::Cloudflare, 12, Job::trusting("int-p256.pem"), "none"),
        (System::Powerwall, 12, Job::pinned(pki().fingerprint("self-ec")), "none"),
        (System::Powerwall, 12, insecure(), "none"),
        (System::PowerwallRenewed, 12, Job::pinned(pki().fingerprint("self-ec")), "ERR_TLS_CERT_FINGERPRINT_MISMATCH"),
    ] {
        let server = system.start();
        let case = format!("{system:?}, TLS 1.{}", version - 10);
        let outcome = Job { version, heap: Some(22_528), ..job }.run(server.port);
        // a record has its content type, and sizes are rounded up to 8
        outcome.check_budgets_with(&case, outcome.number("lent") + outcome.number("largest") + 1 + 8);
        assert_eq!(outcome.text("error"), error, "{case}:\n{}", outcome.0);
        assert_eq!(outcome.is_whole(), error == "none", "{case}:\n{}", outcome.0);
    }
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn client_certificates() {
    for (client, root) in [("client-by-rsa", "root-rsa4096.pem"), ("client-rsa", "root-rsa.pem")] {
        let root = pki().path(root);
        for (version, flag) in [(13, "-tls1_3"), (12, "-tls1_2")] {
            let wanted = [flag, "-Verify", "5", "-verify_return_error", "-CAfile", root.to_str().unwrap()];
            let server = servers::openssl_www("p256", &wanted);
            let job = Job { version, client: Some(client), ..Job::trusting("root-p256.pem") };
            succeeds(&format!("{client}, {flag}"), &job, server.port);
        }
    }
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn openssl() {
    image("https.elf");
    for (case, entry, job) in good() {
        let server = servers::openssl_www(entry, &["-tls1_2"]);
        succeeds(&format!("openssl, {case}"), &job, server.port);
    }
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn lighttpd_with_gnutls() {
    image("https.elf");
    for (case, entry, job) in good() {
        let server = servers::lighttpd("gnutls", entry);
        succeeds(&format!("gnutls, {case}"), &job, server.port);
    }
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn the_wrong_server_is_refused() {
    image("https.elf");
    for (case, entry, job, code) in [
        ("wrong pin", "self-ec", Job::pinned(pki().fingerprint("self-rsa")), "ERR_TLS_CERT_FINGERPRINT_MISMATCH"),
        ("wrong CA", "p256", Job::trusting("root-p384.pem"), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        ("wrong CA, RSA", "rsa10k", Job::trusting("root-rsa.pem"), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        ("expired", "expired", Job::trusting("root-p256.pem"), "CERT_HAS_EXPIRED"),
        ("wrong name", "wrong-name", Job::trusting("root-p256.pem"), "ERR_TLS_CERT_ALTNAME_INVALID"),
        ("no trust", "p256", Job::default(), "ERR_TLS_NO_TRUST"),
    ] {
        let server = servers::openssl_www(entry, &["-tls1_2"]);
        let outcome = job.run(server.port);
        assert_eq!(outcome.text("error"), code, "{case}:\n{}", outcome.0);
        if case != "no trust" {
            outcome.check_budgets(case);
            assert_eq!(outcome.number("body"), 0, "{case}");
        }
    }
}

/// What a proxy does to the bytes that come from the server.
#[derive(Clone, Copy, Debug)]
enum Damage {
    None,
    Flip(usize, u8),
    CutAfter(usize),
}

/// One connection through a proxy that damages the server's bytes. A serial port has no end, so the proxy says in a
/// file that, and after how many bytes, the network has ended. Returns these bytes, too, and those from the client.
fn through_proxy(job: &Job, server: u16, damage: Damage) -> (Outcome, (Vec<u8>, Vec<u8>)) {
    let end = Scratch::new("end");
    let job = Job { end: Some(end.path().to_string()), ..job.clone() };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let end_path = end.0.clone();
    let proxy = std::thread::spawn(move || {
        let (mut chip, _) = listener.accept().unwrap();
        let mut net = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).unwrap();
        chip.set_nodelay(true).unwrap();
        net.set_nodelay(true).unwrap();
        let (mut from_chip, mut to_net) = (chip.try_clone().unwrap(), net.try_clone().unwrap());
        let upwards = std::thread::spawn(move || {
            let (mut sent, mut bytes) = (Vec::new(), [0; 1024]);
            while let Ok(n @ 1..) = from_chip.read(&mut bytes) {
                sent.extend(&bytes[..n]);
                let _ = to_net.write_all(&bytes[..n]);
            }
            let _ = to_net.shutdown(Shutdown::Both);
            sent
        });
        let (mut carried, mut bytes) = (Vec::new(), [0; 1024]);
        while let Ok(n @ 1..) = net.read(&mut bytes) {
            let start = carried.len();
            carried.extend(&bytes[..n]);
            if let Damage::Flip(at, bit) = damage
                && (start..carried.len()).contains(&at)
            {
                carried[at] ^= 1 << bit;
            }
            let mut cut = false;
            if let Damage::CutAfter(limit) = damage {
                cut = carried.len() >= limit;
                carried.truncate(limit);
            }
            if chip.write_all(&carried[start..]).is_err() || cut {
                break;
            }
        }
        let unfinished = end_path.with_extension("unfinished");
        std::fs::write(&unfinished, carried.len().to_string()).unwrap();
        std::fs::rename(unfinished, end_path).unwrap();
        // The serial port's socket stays open until the chip has ended.
        let _ = net.shutdown(Shutdown::Both);
        (carried, upwards.join().unwrap())
    });
    let outcome = job.run(port);
    (outcome, proxy.join().unwrap())
}

/// The host's random numbers on the chip (tests/chip/https.c): SplitMix64 from seed 1, a byte a step.
fn random_bytes(n: usize) -> Vec<u8> {
    let mut state = 1;
    (0..n).map(|_| common::faulty::next(&mut state) as u8).collect()
}

/// What the chip must not have any more, by name: the server's log of the connection, the client's key, random numbers.
fn secrets_of(job: &Job, log: &Path, (from_server, from_client): &(Vec<u8>, Vec<u8>)) -> Vec<(String, Vec<u8>)> {
    let aead = espruino_tls::crypto::AeadAlgorithm::Aes128Gcm;
    let mut secrets = job.client.map(common::secrets::of_client).unwrap_or_default();
    if std::fs::read_to_string(log).unwrap().lines().any(|line| !line.starts_with('#')) {
        secrets.extend(common::secrets::of_connection(log, from_server, aead));
    }
    // All numbers are drawn by 32 or 48 bytes; some go over the wire: ClientHello.random, a session id.
    for (i, random) in random_bytes(256).chunks(16).enumerate() {
        if !from_client.windows(16).any(|window| window == random) {
            secrets.push((format!("random numbers from {}", 16 * i), random.to_vec()));
        }
    }
    secrets
}

/// Asserts that the dumps of this job have none of them: what was lent before etls_drop(), the heap and the stack after it.
fn assert_gone(case: &str, job: &Job, secrets: &[(String, Vec<u8>)]) {
    let mut found = Vec::new();
    for (place, end) in [("heap", ""), ("stack", ".stack"), ("what was lent, before etls_drop()", ".before")] {
        let file = Scratch(PathBuf::from(format!("{}{end}", job.dump.as_deref().unwrap())));
        let bytes = std::fs::read(&file.0).unwrap();
        for (name, secret) in secrets {
            found.extend(common::secrets::find(&bytes, secret).map(|at| format!("{name}: {place} {at}")));
        }
        // it was the right memory: the stack was used
        let unused = 0x5ca1_ab1e_u32.to_le_bytes();
        assert!(place != "stack" || bytes.chunks(4).filter(|word| **word != unused).count() > 300);
        assert!(place == "heap" || bytes.len() > 4000 && bytes.iter().any(|byte| *byte != 0), "{case}: {place}");
    }
    assert!(found.is_empty(), "{case}: {found:#?}");
}

/// When a connection has ended, by itself, by an error or by the network, no secret is left in what was lent; after
/// etls_drop() none in the heap or on the stack.
#[test]
#[ignore = "needs QEMU: make test-chip"]
fn secrets_are_gone() {
    for (version, client, group) in [
        (13, None, "P-256"),
        (12, None, "P-256"),
        (0, None, "P-256"), // another P-256
        (13, None, "P-384"),
        (13, Some("client"), "P-256"),
        (12, Some("client"), "P-256"),
        (13, Some("client-rsa"), "P-256"),
        (12, Some("client-rsa"), "P-256"),
    ] {
        let case = format!("TLS {version}, {client:?}, {group}");
        let (log, dump, session) = (Scratch::new("keys"), Scratch::new("dump"), Scratch::new("session"));
        std::fs::write(&session.0, b"").unwrap();
        let mut flags = vec![if version == 13 { "-tls1_3" } else { "-tls1_2" }];
        flags.extend(["-ciphersuites", "TLS_AES_128_GCM_SHA256", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"]);
        flags.extend(["-keylogfile", log.path(), "-groups", group]);
        if client.is_some() {
            flags.extend(["-verify", "1"]);
        }
        let server = servers::openssl_www("self-ec", &flags);
        let job = Job { version, client, dump: Some(dump.path().into()), ..Job::pinned(pki().fingerprint("self-ec")) };
        let mut stream = Vec::new();
        for round in 0..2 {
            let resumes = version != 0 && client.is_none();
            let session = resumes.then(|| session.path().to_string());
            std::fs::write(&log.0, b"").unwrap();
            let (outcome, streams) = through_proxy(&Job { session, ..job.clone() }, server.port, Damage::None);
            assert_eq!(outcome.text("error"), "none", "{case}:\n{}", outcome.0);
            assert_eq!(outcome.number("resumed"), usize::from(resumes && round == 1), "{case}");
            let secrets = secrets_of(&job, &log.0, &streams);
            assert!(secrets.len() > 4, "{case}");
            assert_gone(&format!("{case}, round {round}"), &job, &secrets);
            (stream, _) = streams;
            if !resumes {
                break;
            }
        }
        if client.is_none() && version != 0 {
            continue;
        }
        // In the server's flight, about where it ends, and in the data; what is before them takes less than 3 KB.
        let flight = records(&stream)[2].0 + 12;
        for at in [flight, stream.len() - SIZE - 900, stream.len() - 9000] {
            for damage in [Damage::Flip(at, 4), Damage::CutAfter(at)] {
                std::fs::write(&log.0, b"").unwrap();
                let (outcome, streams) = through_proxy(&job, server.port, damage);
                let case = format!("{case}, {damage:?} of {}", stream.len());
                assert_ne!(outcome.text("error"), "none", "{case}:\n{}", outcome.0);
                assert_gone(&case, &job, &secrets_of(&job, &log.0, &streams));
            }
        }
    }
}

/// What the network does to a connection of [`many_connections_on_one_chip`].
fn chance(seed: &mut u64) -> Damage {
    let at = common::faulty::next(seed) as usize % 3500;
    match common::faulty::next(seed) % 6 {
        0 => Damage::Flip(at, (at % 8) as u8),
        1 => Damage::CutAfter(at),
        _ => Damage::None,
    }
}

/// The other end of the chip's link in frames: connects to a server when the chip begins to speak, and says when either side
/// has ended. Returns what it did to each connection.
fn carry(mut chip: TcpStream, server: u16) -> Vec<Damage> {
    let mut done = Vec::new();
    let mut seed = 20_271_128;
    let mut frame = [0; 256];
    loop {
        let damage = chance(&mut seed);
        let mut net: Option<TcpStream> = None;
        let mut down = None;
        loop {
            let mut length = [0; 2];
            if chip.read_exact(&mut length).is_err() {
                return done;
            }
            let n = usize::from(u16::from_be_bytes(length));
            if n == 0 {
                break;
            }
            chip.read_exact(&mut frame[..n]).unwrap();
            let net = net.get_or_insert_with(|| TcpStream::connect((Ipv4Addr::LOCALHOST, server)).unwrap());
            if down.is_none() {
                let (mut net, mut chip) = (net.try_clone().unwrap(), chip.try_clone().unwrap());
                down = Some(std::thread::spawn(move || {
                    let (mut bytes, mut carried) = ([0; 1024], 0);
                    while let Ok(mut n @ 1..) = net.read(&mut bytes) {
                        match damage {
                            Damage::Flip(at, bit) if (carried..carried + n).contains(&at) => {
                                bytes[at - carried] ^= 1 << bit
                            }
                            Damage::CutAfter(limit) => n = n.min(limit - carried),
                            _ => {}
                        }
                        carried += n;
                        if n != 0 {
                            chip.write_all(&(n as u16).to_be_bytes()).unwrap();
                            chip.write_all(&bytes[..n]).unwrap();
                        }
                        if matches!(damage, Damage::CutAfter(limit) if carried == limit) {
                            break;
                        }
                    }
                    chip.write_all(&[0, 0]).unwrap();
                }));
            }
            let _ = net.write_all(&frame[..n]);
        }
        if let Some(net) = net {
            let _ = net.shutdown(Shutdown::Both);
        }
        match down {
            Some(down) => down.join().unwrap(),
            None => chip.write_all(&[0, 0]).unwrap(),
        }
        done.push(damage);
    }
}

/// One chip, many connections one after the other, with faults of its own and of the network, resumed and not: each gives
/// back all memory, wiped, and none gives out a wrong byte. `ETLS_CHIP_SOAK` says how many.
#[test]
#[ignore = "needs QEMU: make test-chip"]
fn many_connections_on_one_chip() {
    let rounds = std::env::var("ETLS_CHIP_SOAK").map_or(20, |text| text.parse().expect("ETLS_CHIP_SOAK is a number"));
    for (version, flag, entry) in [(13, "-tls1_3", "p256-under-p384"), (12, "-tls1_2", "rsa")] {
        let server = servers::openssl_www(entry, &[flag]);
        let root = if version == 13 { "root-p384.pem" } else { "root-rsa.pem" };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server_port = server.port;
        let proxy = std::thread::spawn(move || carry(listener.accept().unwrap().0, server_port));
        let outcome = Job { version, rounds: rounds / 2, ..Job::trusting(root) }.run(port);
        let damages = proxy.join().unwrap();
        assert_eq!(outcome.number("wrong"), 0, "{}", outcome.0);
        let mut results = std::collections::BTreeMap::<String, usize>::new();
        let said: Vec<Outcome> =
            outcome.0.split("round ").skip(1).map(|text| Outcome(format!("round {text}"))).collect();
        assert_eq!((said.len(), damages.len()), (rounds / 2, rounds / 2), "{}", outcome.0);
        for (round, (said, damage)) in said.iter().zip(damages).enumerate() {
            let case = format!("{flag}, connection {round}, {damage:?}:\n{}", said.0);
            let code = said.text("round").split(' ').next().unwrap().to_string();
            assert_eq!(said.number("left"), 0, "{case}");
            assert!(!code.contains("INTERNAL"), "{case}");
            if matches!(damage, Damage::None) && said.number("fault") == 0 {
                assert_eq!((code.as_str(), said.number("body")), ("none", SMALL), "{case}");
            }
            let kind = if said.number("resumed") != 0 { "resumed, " } else { "" };
            *results.entry(kind.to_string() + &code).or_default() += 1;
        }
        println!("{flag}: {} connections on one chip, {results:?}", rounds / 2);
        assert!(results.len() > 2 && results.get("resumed, none").is_some_and(|n| *n > 0), "{results:?}");
    }
}

/// A sample of places: some all over the server's flight, some in the data, and the end.
fn damage_is_a_clean_error(entry: &str, root: &'static str, stride: usize, version: u8) {
    image("https.elf");
    let server = servers::lighttpd("openssl", entry);
    let job = Job { version, ..Job::trusting(root) };
    let (whole, (bytes, _)) = through_proxy(&job, server.port, Damage::None);
    assert!(whole.is_whole(), "{entry}:\n{}", whole.0);
    let data = records(&bytes).iter().find(|(_, kind)| *kind == 23).unwrap().0;
    let total = bytes.len();
    let places = (0..stride).map(|i| i * data / stride + 5).chain([data + 2, data + 700, total - 900]);
    for (i, at) in places.enumerate() {
        for damage in [Damage::Flip(at, (i % 8) as u8), Damage::CutAfter(at)] {
            let case = format!("{entry}, {damage:?} of {total}");
            let (outcome, (bytes, _)) = through_proxy(&job, server.port, damage);
            outcome.check_budgets(&case);
            let code = outcome.text("error");
            // The lengths of signatures vary from one handshake to the next, so look at what was hit this time.
            let ignorable = matches!(damage, Damage::Flip(..)) && is_ignored(&bytes, at, version);
            if ignorable && outcome.is_whole() {
                continue;
            }
            let found = records(&bytes);
            assert!(code != "none" && !code.contains("INTERNAL"), "{case}, {found:?}:\n{}", outcome.0);
            assert!(!outcome.is_whole(), "{case}");
            if matches!(damage, Damage::CutAfter(_)) {
                assert_eq!(code, "ECONNRESET", "{case}:\n{}", outcome.0);
            }
        }
    }
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn damage_on_the_way_is_a_clean_error() {
    damage_is_a_clean_error("p256-under-p384", "root-p384.pem", 23, 0);
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn damage_on_the_way_in_large_records_is_a_clean_error() {
    damage_is_a_clean_error("rsa10k", "root-rsa4096.pem", 3, 0);
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn tls13_damage_on_the_way_is_a_clean_error() {
    damage_is_a_clean_error("p256-under-p384", "root-p384.pem", 23, 13);
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn tls13_damage_on_the_way_in_large_records_is_a_clean_error() {
    damage_is_a_clean_error("rsa10k", "root-rsa4096.pem", 3, 13);
}

/// Vectors as `tests/chip/vectors` reads them, with a name for each.
#[derive(Default)]
struct Vectors {
    names: Vec<String>,
    bytes: Vec<u8>,
    valid: usize,
}

impl Vectors {
    fn add(&mut self, name: String, op: u8, expected: bool, fields: &[&[u8]]) {
        let mut vector = vec![op, expected.into(), fields.len() as u8];
        for field in fields {
            vector.extend(u16::try_from(field.len()).unwrap().to_le_bytes());
            vector.extend(*field);
        }
        self.bytes.extend((vector.len() as u32).to_le_bytes());
        self.bytes.extend(vector);
        self.names.push(name);
        self.valid += usize::from(expected);
    }

    /// A set in which everything is valid, or nothing, would not tell a working function from a constant.
    fn run(self, what: &str) {
        self.run_on("vectors.elf", what);
    }

    /// The same with the profile `pin`, which has other code for P-256's keys and agreements.
    fn run_on_pin_too(self, what: &str) {
        self.run_on("vectors-pin.elf", &format!("{what}, profile pin"));
        self.run_on("vectors.elf", what);
    }

    fn run_on(&self, image_name: &str, what: &str) {
        assert!(self.valid > 0 && self.valid < self.names.len(), "{what}: {} of {}", self.valid, self.names.len());
        let file = Scratch::new("vectors");
        let mut content = (self.names.len() as u32).to_le_bytes().to_vec();
        content.extend(&self.bytes);
        let image = image(image_name);
        std::fs::write(&file.0, content).unwrap();
        let outcome = Outcome(qemu(&image, file.path(), None, 40 * PATIENCE));
        let (ran, stack) = (outcome.number("ran"), outcome.number("stack"));
        println!("{what}: {ran} vectors on the chip, {} of them valid, stack {stack}", self.valid);
        let differing = outcome.0.lines().filter_map(|line| {
            let at = line.strip_prefix("wrong ").or(line.strip_prefix("unreadable "))?;
            Some(format!("{line}: {}", self.names[at.parse::<usize>().unwrap()]))
        });
        let differing: Vec<String> = differing.collect();
        assert!(differing.is_empty(), "{what}: {} came out differently:\n{}", differing.len(), differing.join("\n"));
        assert_eq!((ran, outcome.number("differing")), (self.names.len(), 0), "{what}");
    }
}

/// Keys whose size is no whole number of words, and exponents with ones inside: Wycheproof has neither.
#[test]
#[ignore = "needs QEMU: make test-chip"]
fn rsa_keys_of_any_size() {
    use common::secrets::openssl;
    let mut vectors = Vectors::default();
    let message = b"a message";
    for (i, size) in (257..=272).chain([385, 511]).enumerate() {
        let e = [65537_u32, 3, 11, 0xffff_fff1][i % 4];
        let (bits, exponent) = (format!("rsa_keygen_bits:{}", 8 * size), format!("rsa_keygen_pubexp:{e}"));
        let key = Scratch::new("pem");
        let made = ["genpkey", "-algorithm", "RSA", "-pkeyopt", &bits, "-pkeyopt", &exponent, "-out", key.path()];
        openssl(&made, &[]);
        let modulus = String::from_utf8(openssl(&["rsa", "-noout", "-modulus", "-in", key.path()], &[])).unwrap();
        let digits = modulus.trim().strip_prefix("Modulus=").unwrap();
        let n: Vec<u8> = (0..size).map(|i| u8::from_str_radix(&digits[2 * i..][..2], 16).unwrap()).collect();
        let mut signature = openssl(&["dgst", "-sha256", "-sign", key.path()], message);
        for valid in [true, false] {
            let fields: [&[u8]; 7] = [&[2], &[1], &[4], &n, &e.to_le_bytes(), message, &signature];
            vectors.add(format!("{size} bytes, exponent {e}"), 5, valid, &fields);
            signature[size / 2] ^= 1;
        }
    }
    vectors.run_on_pin_too("RSA keys of any size");
}

#[path = "chip/providers.rs"]
mod providers;
#[path = "chip/wycheproof.rs"]
mod wycheproof;
