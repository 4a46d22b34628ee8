//! The example program `tls_probe` against real servers: what it finds is what openssl says of the same certificates, and the
//! JavaScript it prints works.

mod common;
#[path = "../examples/probe/mod.rs"]
mod probe;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use common::pki::pki;
use common::servers::{self, Ending};
use common::systems::System;
use probe::chain::{date, printable};
use probe::cost::Figures;
use probe::hello::{Answer, Hello, TLS12, TLS13, groups_offered};
use probe::scan::{GROUPS, SUITES};

/// The program, built from the sources as they are.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| common::example("tls_probe"))
}

fn run(args: &[&str]) -> Output {
    Command::new(program()).args(args).output().unwrap()
}

/// Exit status, stdout, stderr.
fn outcome(args: &[&str]) -> (i32, String, String) {
    let output = run(args);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What `--json` says, of a server that can be used or not.
fn json(port: u16, usable: bool, args: &[&str]) -> Value {
    let url = format!("https://localhost:{port}/1024");
    let (status, out, err) = outcome(&[&[url.as_str(), "--json"], args].concat());
    assert_eq!(status, if usable { 0 } else { 1 }, "{out}{err}");
    assert_eq!(err, "", "progress is for terminals");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["usable"], usable);
    found
}

fn list(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect()
}

fn file(name: &str) -> String {
    pki().path(name).to_str().unwrap().to_string()
}

/// All that was tried is trusted: names of the options.
fn trusted(found: &Value) -> Vec<&str> {
    let tried = found["trust"].as_array().unwrap().iter();
    tried.filter(|t| t["refusal"].is_null()).map(|t| t["option"].as_str().unwrap()).collect()
}

#[test]
fn openssl_with_a_chain() {
    let server = servers::openssl_www("p256-under-p384", &[]);
    let found = json(server.port, true, &["--roots", &file("root-p384.pem")]);
    assert_eq!(list(&found["versions"]), ["TLS 1.3", "TLS 1.2"]);
    assert_eq!(found["protocol"], "TLSv1.3");
    assert_eq!((&found["maxFragmentLength"], &found["largestRecord"]), (&1024.into(), &1024.into()));
    assert_eq!(found["maxFragmentLengthInTls12"], true);
    assert_eq!(found["recordSizeLimitInTls12"], false);
    assert!(list(&found["suites12"]).contains(&"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
    // Not with such a certificate.
    assert!(!list(&found["suites12"]).contains(&"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    assert!(list(&found["suites13"]).contains(&"TLS_AES_128_GCM_SHA256"));
    assert!(list(&found["groups"]).contains(&"secp256r1"));
    assert_eq!(found["resumes"], true);
    assert_eq!(found["status"], 200);

    let chain = &found["chain"];
    assert_eq!((&chain["inOrder"], &chain["selfSigned"]), (&true.into(), &false.into()));
    let leaf = &chain["certificates"][0];
    assert_eq!(leaf["fingerprint256"], pki().fingerprint("p256-under-p384"));
    assert_eq!(leaf["pinnedPubKey"], pki().pin("p256-under-p384"));
    assert_eq!((&leaf["key"], &chain["certificates"][1]["key"]), (&"P-256".into(), &"P-384".into()));
    assert_eq!((&leaf["notBefore"], &leaf["notAfter"]), (&1_577_836_800.into(), &2_524_607_999_i64.into()));
    assert_eq!(list(&leaf["names"]), ["localhost", "*.wild.test", "127.0.0.1", "::1"]);
    // The root was not sent, but is in the list.
    assert_eq!(found["ca"]["sent"], false);
    assert_eq!(found["ca"]["certificate"]["fingerprint256"], pki().fingerprint("root-p384"));
    assert_eq!(trusted(&found), ["fingerprint256", "pinnedPubKey", "ca"]);

    let device = &found["pixljs"];
    assert_eq!(device["profilePinSuffices"], true);
    assert!(list(&device["features"]).is_empty());
    // The intermediate's key and the root's.
    let milliseconds = |how: &str| device[how]["milliseconds"].as_f64().unwrap();
    assert!(milliseconds("ca") > milliseconds("pinned") + 250.0, "{device}");
}

#[test]
fn only_tls13() {
    let server = servers::openssl_www("rsa3", &["-tls1_3"]);
    let found = json(server.port, true, &["--roots", "/dev/null"]);
    assert_eq!(list(&found["versions"]), ["TLS 1.3"]);
    // The certificates are encrypted there; the fingerprint shows that they are the server's all the same.
    let keys: Vec<_> = found["chain"]["certificates"].as_array().unwrap().iter().map(|c| &c["key"]).collect();
    assert_eq!(keys, ["RSA-4096"; 3]);
    assert_eq!(found["chain"]["certificates"][0]["fingerprint256"], pki().fingerprint("rsa3"));
    assert_eq!(trusted(&found), ["fingerprint256", "pinnedPubKey", "ca"]);
    assert_eq!(found["pixljs"]["profilePinSuffices"], false);
    // No root is known: the topmost that was sent.
    assert_eq!(found["ca"]["certificate"]["fingerprint256"], pki().fingerprint("int-rsa4096-a"));
    assert!(list(&found["notes"]).iter().any(|note| note.contains("intermediate")), "{}", found["notes"]);
}

#[test]
fn gnutls_knows_both_ways_to_small_records() {
    let server = servers::gnutls("rsa", &[], "NORMAL");
    let found = json(server.port, true, &[]);
    assert_eq!((&found["maxFragmentLengthInTls12"], &found["recordSizeLimitInTls12"]), (&true.into(), &true.into()));
    assert_eq!(found["maxFragmentLength"], 1024);
    // It asks for a client's certificate, and answers without one.
    assert_eq!((&found["wantsCertificate"], &found["needsCertificate"]), (&true.into(), &false.into()));
    assert!(!found["script"].as_str().unwrap().contains("cert :"), "{}", found["script"]);
}

#[test]
fn node_and_lighttpd() {
    let server = servers::node("p256");
    let found = json(server.port, true, &["--roots", &file("root-p256.pem")]);
    assert_eq!((&found["status"], &found["resumes"]), (&200.into(), &true.into()));
    assert_eq!(trusted(&found), ["fingerprint256", "pinnedPubKey", "ca"]);
    for stack in ["gnutls", "mbedtls"] {
        let server = servers::lighttpd(stack, "p256");
        let found = json(server.port, true, &["--roots", &file("root-p256.pem")]);
        assert_eq!(found["status"], 200, "{stack}");
        assert_eq!(trusted(&found), ["fingerprint256", "pinnedPubKey", "ca"], "{stack}");
    }
}

#[test]
fn a_server_that_ignores_the_wish_for_small_records() {
    let server = servers::rustls("p256", Ending::CloseNotify);
    let url = format!("https://localhost:{}/102400", server.port);
    let (status, out, _) = outcome(&[&url, "--json", "--roots", &file("root-p256.pem")]);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &found["maxFragmentLength"], &found["largestRecord"]), (0, &0.into(), &16384.into()));
    assert_eq!(found["maxFragmentLengthInTls12"], false);
    assert!(list(&found["notes"]).iter().any(|note| note.contains("16384 bytes")), "{}", found["notes"]);
}

#[test]
fn a_device_in_the_lan_is_pinned() {
    let server = System::Powerwall.start();
    let target = format!("127.0.0.1:{}", server.port);
    let (status, out, _) = outcome(&[&target, "--json"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &found["chain"]["selfSigned"]), (0, &true.into()));
    assert_eq!(list(&found["versions"]), ["TLS 1.2"]);
    assert_eq!(list(&found["suites12"]), ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]);
    let script = found["script"].as_str().unwrap();
    assert!(script.contains(&format!("fingerprint256 : \"{}\"", pki().fingerprint("self-ec"))), "{script}");
    let (_, text, _) = outcome(&[&target]);
    assert!(text.contains("HTTPS_PROFILE=pin is enough"), "{text}");
    assert!(!text.contains('\x1b'), "colours are for terminals");
}

#[test]
fn a_client_certificate() {
    let server = System::AwsIot.start();
    let alpn = ["--alpn", "x-amzn-http-ca"];
    let found = json(server.port, true, &alpn);
    assert_eq!((&found["wantsCertificate"], &found["needsCertificate"]), (&true.into(), &true.into()));
    let script = found["script"].as_str().unwrap();
    for part in ["cert : \"client.pem\"", "key : \"client.key\"", "ALPNProtocols : [\"x-amzn-http-ca\"]"] {
        assert!(script.contains(part), "{script}");
    }
    let (cert, key) = (file("client.chain.pem"), file("client.key.pem"));
    let found = json(server.port, true, &[&alpn[..], &["--cert", &cert, "--key", &key]].concat());
    assert_eq!(found["status"], 200);
    // A protocol that it does not have.
    let found = json(server.port, false, &["--alpn", "mqtt"]);
    assert!(list(&found["problems"])[0].contains("ALPNProtocols"), "{}", found["problems"]);
}

#[test]
fn a_chain_out_of_order() {
    let reversed = pki().path(&format!("reversed-{}.pem", std::process::id()));
    let issuers = String::from_utf8(pki().read("rsa3.issuers.pem")).unwrap();
    let end = "-----END CERTIFICATE-----\n";
    let mut blocks: Vec<String> = issuers.split_terminator(end).map(|block| format!("{block}{end}")).collect();
    blocks.reverse();
    std::fs::write(&reversed, blocks.concat()).unwrap();
    let server = servers::openssl_www("rsa3", &["-cert_chain", reversed.to_str().unwrap()]);
    let found = json(server.port, true, &[]);
    std::fs::remove_file(&reversed).unwrap();
    assert_eq!(found["chain"]["inOrder"], false);
    assert_eq!(found["chain"]["path"], serde_json::json!([0, 2, 1]));
    assert!(list(&found["notes"]).iter().any(|note| note.contains("not in order")), "{}", found["notes"]);
}

#[test]
fn an_expired_certificate() {
    let server = servers::openssl_www("expired", &[]);
    let found = json(server.port, true, &["--roots", &file("root-p256.pem")]);
    assert_eq!(trusted(&found), ["fingerprint256", "pinnedPubKey"]);
    let refusals = found["trust"].as_array().unwrap();
    assert!(refusals[2]["refusal"].as_str().unwrap().starts_with("CERT_HAS_EXPIRED: "), "{refusals:?}");
    assert!(list(&found["notes"])[0].contains("expired on 2021-01-01"), "{}", found["notes"]);
}

/// Why a server can't be used, and what would help.
#[test]
fn servers_that_cannot_be_used() {
    let because = |port: u16, expected: &str| {
        let found = json(port, false, &[]);
        let problems = list(&found["problems"]);
        assert!(problems.iter().any(|p| p.contains(expected) && p.contains(". ")), "{expected:?}: {problems:?}");
        assert!(found["script"].is_null() && found["pixljs"].is_null());
    };
    let old = servers::openssl_www("rsa", &["-tls1", "-cipher", "ALL:@SECLEVEL=0"]);
    because(old.port, "nothing newer than TLS 1.0");
    let cbc = servers::openssl_www("rsa", &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"]);
    because(cbc.port, "CBC suites");
    let static_rsa = servers::openssl_www("rsa", &["-tls1_2", "-cipher", "AES128-GCM-SHA256"]);
    because(static_rsa.port, "RSA key exchange");
    let group = servers::openssl_www("p256", &["-tls1_3", "-groups", "P-521"]);
    because(group.port, "secp521r1");
    let plain = servers::raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    because(plain.port, "plain HTTP");
    let garbage = servers::raw(b"220 mail ready\r\n".to_vec());
    because(garbage.port, "not TLS");
    let silent = servers::raw(Vec::new());
    because(silent.port, "is this a TLS port");
    // The client's end of a connection: nobody listens there, and nobody else can take the port meanwhile.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let occupied = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    because(occupied.local_addr().unwrap().port(), "ECONNREFUSED: ");
    let (status, out, err) = outcome(&["no-such-host.invalid", "--js"]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(err.contains("ENOTFOUND: "), "{err}");
}

/// A suite that a firmware does not have by itself.
#[test]
fn what_a_firmware_needs_besides() {
    let server = servers::openssl_www("self-ec", &["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"]);
    let found = json(server.port, true, &[]);
    assert_eq!(list(&found["pixljs"]["features"]), ["chacha20"]);
    assert_eq!(found["pixljs"]["profilePinSuffices"], false);
}

#[test]
fn the_certificate_for_ca_as_a_file_and_as_javascript() {
    let server = servers::openssl_www("rsa", &[]);
    let out = pki().path(&format!("written-{}.pem", std::process::id()));
    let target = format!("localhost:{}", server.port);
    let args = [target.as_str(), "--upload", "--roots", &file("root-rsa.pem"), "--write-ca", out.to_str().unwrap()];
    let (status, upload, _) = outcome(&args);
    let written = std::fs::read(&out).unwrap();
    std::fs::remove_file(&out).unwrap();
    assert_eq!(status, 0);
    assert_eq!(String::from_utf8(written).unwrap(), String::from_utf8(pki().read("root-rsa.pem")).unwrap());
    assert!(upload.contains("require(\"Storage\").write(\"root.pem\","), "{upload}");
}

/// Runs a script of the program in an interpreter: what was printed. `ESPRUINO` names a real one; without it node stands in.
fn interpret(script: &str, case: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let module = std::fs::read_to_string(root.join("js/https.min.js")).unwrap();
    let folder = pki().path(&format!("interpreter-{}-{case}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("script.js");
    let module = serde_json::to_string(&module).unwrap();
    let text = format!("Modules.addCached(\"https\", {module});\n{script}\nsetTimeout(quit, 3000);\n");
    std::fs::write(&path, text).unwrap();
    let mut command = match std::env::var_os("ESPRUINO").filter(|name| !name.is_empty()) {
        Some(espruino) => Command::new(std::fs::canonicalize(espruino).unwrap()),
        None => {
            let mut node = Command::new("node");
            node.arg(root.join("tests/espruino/stand_in.js"));
            node
        }
    };
    // A console on which nobody types.
    let output = command.arg(&path).current_dir(&folder).stdin(std::process::Stdio::piped()).spawn_output();
    std::fs::remove_dir_all(&folder).unwrap();
    output
}

trait SpawnOutput {
    fn spawn_output(&mut self) -> String;
}

impl SpawnOutput for Command {
    /// All that is printed, with the input open until the end.
    fn spawn_output(&mut self) -> String {
        use std::io::Read;
        let mut child = self.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let mut text = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut text).unwrap();
        child.wait().unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[test]
fn the_javascript_works() {
    let works = |port: u16, case: &str, args: &[&str], expected: &[&str]| {
        let url = format!("https://localhost:{port}/1024");
        let (status, script, err) = outcome(&[&[url.as_str(), "--js"], args].concat());
        assert_eq!(status, 0, "{err}");
        let printed = interpret(&script, case);
        for part in expected {
            assert!(printed.contains(part), "{case}: no {part:?} in\n{script}\n{printed}");
        }
    };
    let node = servers::node("p256");
    let roots = file("root-p256.pem");
    for trust in ["ca", "pin", "fingerprint"] {
        works(node.port, trust, &["--roots", &roots, "--trust", trust], &["200 TLSv1.", "done"]);
    }
    // What does not speak HTTP gets a socket.
    works(node.port, "socket", &["--roots", &roots, "--no-request"], &["connected TLSv1."]);
    let gnutls = servers::gnutls("rsa", &[], "NORMAL");
    works(gnutls.port, "gnutls", &["--roots", &file("root-rsa.pem")], &["200 TLSv1.", "done"]);
    let openssl = servers::openssl_www("p256-under-p384", &[]);
    works(openssl.port, "openssl", &["--roots", &file("root-p384.pem")], &["200 TLSv1.", "done"]);
    let lan = System::Powerwall.start();
    works(lan.port, "lan", &[], &["200 TLSv1.2", "done"]);
}

#[test]
fn wrong_usage() {
    for (args, expected) in [
        (&[] as &[&str], "which server?"),
        (&["http://127.0.0.1/"], "only https://"),
        (&["a", "b"], "only one server"),
        (&["a", "--frobnicate"], "--frobnicate"),
        (&["a", "--trust", "everybody"], "everybody"),
        (&["a", "--cert", "/no/such/file.pem"], "/no/such/file.pem"),
        (&["a", "--json=yes"], "takes no value"),
        (&["a", "--alpn"], "--alpn needs a value"),
    ] {
        let (status, out, err) = outcome(args);
        assert_eq!((status, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(err.contains(expected), "{args:?}: {err}");
    }
    let (status, help, _) = outcome(&["--help"]);
    assert!(status == 0 && help.starts_with("usage: "));
}

/// The figures for a device are computed; where the benchmark has measured, they are what it measured.
#[test]
fn the_costs_are_those_of_the_benchmark() {
    let figures = Figures::new().unwrap();
    for version in [TLS12, TLS13] {
        for what in ["pin", "P-384", "RSA-2048"] {
            let (measured, computed) = figures.check(what, version);
            assert!(measured > 10.0 && (computed / measured - 1.0).abs() < 0.01, "{what}: {computed}, not {measured}");
        }
        assert!(figures.resumed(version).handshake > 1.0 && figures.receive(version) > 0.5);
    }
}

/// Whatever a server answers, the program lives.
#[test]
fn damaged_answers() {
    let suites: Vec<u16> = SUITES.iter().map(|s| s.0).collect();
    let groups: Vec<u16> = GROUPS.iter().map(|g| g.0).collect();
    for version in [TLS12, TLS13] {
        let server = servers::openssl_www("rsa", &[]);
        let hello =
            Hello { version, suites: &suites, groups: &groups, name: "localhost", alpn: "http/1.1", small: &[] };
        let mut transport = common::engine::tcp(server.address());
        std::io::Write::write_all(&mut transport, &hello.write()).unwrap();
        let mut recording = common::faulty::Recording::new(transport);
        let answer = Answer::read(&mut recording).unwrap();
        assert_eq!((answer.version, answer.certificates.len()), (version, if version == TLS12 { 2 } else { 0 }));
        assert_ne!((answer.suite, answer.group), (0, 0));
        let good = recording.from_server;
        for cut in 0..good.len() {
            let _ = Answer::read(&good[..cut]);
        }
        for at in 0..good.len().min(200) {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                let _ = Answer::read(&bad[..]);
            }
        }
    }
}

/// What a device has is taken from what the engine offers.
#[test]
fn the_groups_of_a_client_hello() {
    let all: Vec<u16> = GROUPS.iter().map(|g| g.0).collect();
    let hello =
        Hello { version: TLS13, suites: &[0x1301], groups: &all, name: "localhost", alpn: "", small: &[] }.write();
    assert_eq!(groups_offered(&hello), all);
    for cut in 0..hello.len() {
        let _ = groups_offered(&hello[..cut]);
    }
}

/// A certificate's names are the server's own words, and a terminal obeys control characters.
#[test]
fn nothing_of_the_server_can_command_a_terminal() {
    assert_eq!(printable("CN=a\x1b[2J\u{9b}b\nalert(1)*/"), "CN=a?[2J?b?alert(1)* /");
}

#[test]
fn dates() {
    for (seconds, expected) in
        [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (2_524_607_999, "2049-12-31"), (-1, "1969-12-31")]
    {
        assert_eq!(date(seconds), expected);
    }
}
