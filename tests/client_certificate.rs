//! Servers that want to know who the client is: ECDSA P-256 keys in every form people have them in, chains longer than a
//! record, and the errors.

mod common;

use std::io::{Read, Write};
use std::process::Command;

use common::client::{Settings, Status};
use common::engine::{Fetched, TestHost, fetch, tcp, tls12, trusting};
use common::pki::pki;
use common::servers::{self, Server, body};

/// `openssl s_server` that insists on a certificate issued under this root.
fn strict(root: &str, flags: &[&str]) -> Server {
    let root = pki().path(root);
    let wanted = ["-Verify", "5", "-verify_return_error", "-CAfile", root.to_str().unwrap()];
    servers::openssl_www("p256", &[&wanted, flags].concat())
}

fn with(entry: &str) -> Settings {
    Settings {
        cert: pki().read(&format!("{entry}.chain.pem")),
        key: pki().read(&format!("{entry}.key.pem")),
        ..trusting("root-p256.pem")
    }
}

fn get(settings: &Settings, server: &Server) -> Fetched {
    let fetched = fetch(settings, &mut TestHost::default(), tcp(server.address()), &["/1024"]);
    assert_eq!(fetched.outstanding, 0);
    fetched
}

fn works(case: &str, settings: &Settings, server: &Server) {
    let fetched = get(settings, server);
    assert!(fetched.bodies(case)[0] == body(1024), "{case}");
}

#[test]
fn in_both_versions_with_every_suite() {
    for (entry, root) in
        [("client", "root-p256.pem"), ("client-by-rsa", "root-rsa4096.pem"), ("client-rsa", "root-rsa.pem")]
    {
        for suite in ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"] {
            let server = strict(root, &["-tls1_3", "-ciphersuites", suite]);
            works(&format!("{entry}, {suite}"), &with(entry), &server);
        }
        for suite in ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"] {
            let suite = format!("ECDHE-ECDSA-{suite}");
            let server = strict(root, &["-tls1_2", "-cipher", &suite]);
            works(&format!("{entry}, {suite}"), &tls12(with(entry)), &server);
        }
    }
}

/// Whatever the server lists that the key can do, with either hash of the suites. In TLS 1.2 SHA-512 is no suite's hash.
#[test]
fn signatures_as_the_server_lists() {
    let cases = [
        ("client", "root-p256.pem", "ECDSA+SHA256", true),
        ("client", "root-p256.pem", "ECDSA+SHA384", false), // P-256 goes with SHA-256 in TLS 1.3
        ("client-rsa", "root-rsa.pem", "RSA-PSS+SHA256", true),
        ("client-rsa", "root-rsa.pem", "RSA-PSS+SHA384", true),
        ("client-rsa", "root-rsa.pem", "RSA-PSS+SHA512", true),
        ("client-rsa", "root-rsa.pem", "RSA+SHA256", false),
        ("client-rsa", "root-rsa.pem", "RSA+SHA384", false),
        ("client-rsa", "root-rsa.pem", "RSA+SHA512", false),
    ];
    for (entry, root, list, in_tls13) in cases {
        for suite in ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] {
            let server = strict(root, &["-tls1_2", "-cipher", suite, "-client_sigalgs", list]);
            works(&format!("{entry}, {list}, {suite}"), &tls12(with(entry)), &server);
        }
        if in_tls13 {
            let server = strict(root, &["-tls1_3", "-client_sigalgs", list]);
            works(&format!("{entry}, {list}"), &with(entry), &server);
        }
    }
}

/// The chain is longer than a record, however small it is.
#[test]
fn in_records_of_any_size() {
    for version in ["-tls1_2", "-tls1_3"] {
        let server = strict("root-rsa4096.pem", &[version]);
        for max_fragment in [512, 1024, 2048, 4096] {
            let settings = Settings { max_fragment, ..with("client-by-rsa") };
            works(&format!("{version}, {max_fragment}"), &settings, &server);
        }
    }
}

#[test]
fn other_servers_take_it() {
    let root = pki().path("root-p256.pem");
    for stack in ["openssl", "gnutls"] {
        let server = servers::lighttpd_with(
            stack,
            "p256",
            &format!(
                "ssl.verifyclient.activate = \"enable\"\nssl.verifyclient.enforce = \"enable\"\nssl.verifyclient.ca-file = {root:?}\n"
            ),
        );
        works(stack, &with("client"), &server);
        works(&format!("{stack}, TLS 1.2"), &tls12(with("client")), &server);
    }
}

/// Resumed sessions need it once only.
#[test]
fn with_resumption() {
    for version in ["-tls1_2", "-tls1_3"] {
        let server = strict("root-p256.pem", &[version]);
        let mut settings = Settings { keep_session: true, ..with("client") };
        let first = get(&settings, &server);
        assert!(first.bodies(version)[0] == body(1024));
        settings.session = first.session;
        if settings.session.is_empty() {
            // OpenSSL's tickets hold the client's certificate, and are too long to be kept.
            continue;
        }
        let again = get(&settings, &server);
        assert!(again.bodies(version)[0] == body(1024) && again.peer.unwrap().resumed, "{version}");
    }
}

/// Closed in the middle of the handshake, be it between two records of the certificate: alerts are all that follows.
#[test]
fn nothing_but_alerts_after_close() {
    for version in ["-tls1_2", "-tls1_3"] {
        let server = strict("root-rsa4096.pem", &[version]);
        let mut steps = 0;
        loop {
            let mut transport = tcp(server.address());
            let mut host = TestHost::default();
            let outcome = with("client-by-rsa").connect(&mut host, |connection| {
                let (mut bytes, mut received, mut sent) = ([0; 256], Vec::<u8>::new(), Vec::<u8>::new());
                for _ in 0..steps {
                    if connection.has_work() {
                        connection.work();
                        continue;
                    }
                    match connection.pull(&mut bytes) {
                        0 if connection.status() != Status::Handshaking => return None,
                        0 => {
                            if received.is_empty() {
                                let n = transport.read(&mut bytes).unwrap();
                                received.extend(&bytes[..n]);
                            }
                            let n = connection.push(&received).unwrap();
                            received.drain(..n);
                        }
                        n => {
                            transport.write_all(&bytes[..n]).unwrap();
                            sent.extend(&bytes[..n]);
                        }
                    }
                }
                if connection.status() != Status::Handshaking {
                    return None; // complete, though its end may not have been pulled yet
                }
                connection.close();
                let before = sent.len();
                while let n @ 1.. = connection.pull(&mut bytes) {
                    sent.extend(&bytes[..n]);
                }
                // a record that has been sent in part is sent to its end
                let mut begun = 0;
                while begun < before {
                    begun += 5 + usize::from(sent[begun + 3]) * 256 + usize::from(sent[begun + 4]);
                }
                Some(sent.len() - begun)
            });
            match outcome.unwrap() {
                None => break,
                // user_canceled and close_notify, and in TLS 1.3 ChangeCipherSpec before them
                Some(n) => assert!(n <= 100, "{version}, {steps} steps: {n} bytes after close"),
            }
            steps += 1;
            assert!(steps < 200);
        }
        assert!(steps > 8, "{version}: the handshake took {steps} steps only");
    }
}

fn openssl(args: &[&str]) {
    let output = Command::new("openssl").args(args).output().expect("openssl can't be run; `make deps` installs it");
    assert!(output.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn keys_and_certificates_in_every_form() {
    let server = strict("root-p256.pem", &[]);
    let path = |name: &str| pki().path(&format!("{name}-{}", std::process::id())).to_str().unwrap().to_string();
    let key = pki().path("client.key.pem");
    let key = key.to_str().unwrap();
    let cert = pki().path("client.pem");
    let (sec1, sec1_der, pkcs8_der, cert_der) =
        (path("sec1.pem"), path("sec1.der"), path("pkcs8.der"), path("cert.der"));
    openssl(&["ec", "-in", key, "-out", &sec1]);
    openssl(&["ec", "-in", key, "-outform", "DER", "-out", &sec1_der]);
    openssl(&["pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER", "-out", &pkcs8_der]);
    openssl(&["x509", "-in", cert.to_str().unwrap(), "-outform", "DER", "-out", &cert_der]);
    let read = |path: &String| std::fs::read(path).unwrap();
    let with_parameters =
        [b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n".to_vec(), read(&sec1)]
            .concat();
    let crlf = String::from_utf8(pki().read("client.key.pem")).unwrap().replace('\n', "\r\n").into_bytes();
    for (case, key) in [
        ("SEC 1", read(&sec1)),
        ("SEC 1, DER", read(&sec1_der)),
        ("PKCS #8, DER", read(&pkcs8_der)),
        ("with parameters", with_parameters),
        ("CRLF", crlf),
    ] {
        works(case, &Settings { key, ..with("client") }, &server);
    }
    // One file for both, in any order and with the lines of `openssl pkcs12 -nodes`.
    let both = |entry: &str, server: &Server| {
        let (chain, key) = (pki().read(&format!("{entry}.chain.pem")), pki().read(&format!("{entry}.key.pem")));
        let attributes = b"Bag Attributes\n    localKeyID: 5A-1B\nsubject=CN = device-1\n".to_vec();
        let request = pki().read(&format!("{entry}.csr"));
        let joined = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap().replace('\n', "").into_bytes();
        for (case, file) in [
            ("certificates first", [&chain[..], &key].concat()),
            ("key first", [&key[..], &chain].concat()),
            ("bags", [&attributes[..], &chain, &attributes, &key].concat()),
            ("a request between", [&key[..], &request, &chain].concat()),
            ("one line", joined(&[&key[..], &chain, &request].concat())),
            ("one line, certificates first", joined(&[&chain[..], &key].concat())),
        ] {
            let settings = Settings { cert: file.clone(), key: file, ..trusting("root-p256.pem") };
            works(&format!("{entry}, {case}"), &settings, server);
        }
    };
    both("client", &server);
    both("client-rsa", &strict("root-rsa.pem", &[]));
    let sec1_parameters =
        [b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n".to_vec(), read(&sec1)]
            .concat();
    let file = [with("client").cert, sec1_parameters].concat();
    works("SEC 1 after the chain", &Settings { cert: file.clone(), key: file, ..with("client") }, &server);
    // RSA: PKCS #8 is what the others have.
    let rsa_server = strict("root-rsa.pem", &[]);
    let (rsa, pkcs1, pkcs1_der, rsa_pkcs8) =
        (pki().path("client-rsa.key.pem"), path("pkcs1.pem"), path("pkcs1.der"), path("rsa8.der"));
    let rsa = rsa.to_str().unwrap();
    openssl(&["rsa", "-traditional", "-in", rsa, "-out", &pkcs1]);
    openssl(&["rsa", "-traditional", "-in", rsa, "-outform", "DER", "-out", &pkcs1_der]);
    openssl(&["pkcs8", "-topk8", "-nocrypt", "-in", rsa, "-outform", "DER", "-out", &rsa_pkcs8]);
    for (case, key) in
        [("PKCS #1", read(&pkcs1)), ("PKCS #1, DER", read(&pkcs1_der)), ("PKCS #8, DER", read(&rsa_pkcs8))]
    {
        works(case, &Settings { key, ..with("client-rsa") }, &rsa_server);
    }
    for file in [pkcs1, pkcs1_der, rsa_pkcs8] {
        let _ = std::fs::remove_file(file);
    }
    // The issuer between is known to nobody but whom it is sent to.
    let issuers = pki().path("int-p256.pem");
    let int_der = path("int.der");
    openssl(&["x509", "-in", issuers.to_str().unwrap(), "-outform", "DER", "-out", &int_der]);
    works("DER", &Settings { cert: [read(&cert_der), read(&int_der)].concat(), ..with("client") }, &server);
    for file in [sec1, sec1_der, pkcs8_der, cert_der, int_der] {
        let _ = std::fs::remove_file(file);
    }
}

#[test]
fn what_is_wrong_is_said_before_a_byte_is_sent() {
    let text = |file: &str| pki().read(file);
    let cases = [
        ("no key", Settings { key: vec![], ..with("client") }, "ERR_MISSING_ARGS"),
        ("no certificate", Settings { cert: vec![], ..with("client") }, "ERR_MISSING_ARGS"),
        ("another key", Settings { key: text("p256.key.pem"), ..with("client") }, "ERR_OSSL_X509_KEY_VALUES_MISMATCH"),
        (
            "issuer first",
            Settings { cert: text("int-p256.pem"), ..with("client") },
            "ERR_OSSL_X509_KEY_VALUES_MISMATCH",
        ),
        ("an RSA key", Settings { key: text("rsa.key.pem"), ..with("client") }, "ERR_OSSL_X509_KEY_VALUES_MISMATCH"),
        (
            "another RSA key",
            Settings { key: text("rsa.key.pem"), ..with("client-rsa") },
            "ERR_OSSL_X509_KEY_VALUES_MISMATCH",
        ),
        ("RSA-4096", with("client-rsa4096"), "ERR_OSSL_UNSUPPORTED"),
        ("a P-384 key", Settings { key: text("p384.key.pem"), ..with("client") }, "ERR_OSSL_UNSUPPORTED"),
        ("P-384", with("p384"), "ERR_OSSL_UNSUPPORTED"),
        (
            "a P-256 key with P-384's certificate",
            Settings { key: text("client.key.pem"), ..with("p384") },
            "ERR_OSSL_X509_KEY_VALUES_MISMATCH",
        ),
        ("a certificate as key", Settings { key: text("client.pem"), ..with("client") }, "ERR_OSSL_UNSUPPORTED"),
        (
            "a key as certificate",
            Settings { cert: text("client.key.pem"), ..with("client") },
            "ERR_OSSL_PEM_NO_START_LINE",
        ),
        (
            "cut off",
            Settings { cert: text("client.pem")[..300].to_vec(), ..with("client") },
            "ERR_OSSL_PEM_NO_START_LINE",
        ),
    ];
    for (case, settings, code) in cases {
        let fetched = fetch(&settings, &mut TestHost::default(), std::io::empty(), &["/"]);
        assert_eq!(fetched.code(), code, "{case}");
        assert!(fetched.from_client.is_empty(), "{case}");
    }
}

/// A server that does not like the certificate says so: TLS 1.3's after the handshake, which is over for the client.
#[test]
fn the_server_refuses() {
    for (version, alert) in
        [("-tls1_2", "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), ("-tls1_3", "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA")]
    {
        let server = strict("root-rsa.pem", &[version]);
        let fetched = get(&with("client"), &server);
        assert_eq!(fetched.code(), alert, "{version}");
    }
    let server = strict("root-p256.pem", &["-tls1_3"]);
    assert_eq!(get(&trusting("root-p256.pem"), &server).code(), "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED");
}
