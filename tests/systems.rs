//! The five systems that people wrote about, each reproduced with the properties of the real one
//! (`common/systems.rs`), as a user's program meets them. `tests/chip.rs` has them on the chip.

mod common;

use common::MEMORY;
use common::client::{Settings, TlsStream};
use common::engine::{Fetched, TestHost, fetch, tcp, tls12, trusting};
use common::http::HttpClient;
use common::pki::pki;
use common::servers::{ThreadServer, body};
use common::systems::{Seen, System};

fn get(settings: &Settings, server: &ThreadServer<Seen>, path: &str) -> (Fetched, Seen) {
    let fetched = fetch(settings, &mut TestHost::default(), tcp(server.address()), &[path]);
    assert_eq!(fetched.outstanding, 0);
    (fetched, server.result())
}

/// Sends JSON and returns the answer's body.
fn post(settings: &Settings, server: &ThreadServer<Seen>, path: &str, json: &str) -> Result<String, String> {
    let transport = tcp(server.address());
    let mut host = TestHost::default();
    let answer = settings.connect(&mut host, |connection| {
        let mut http = HttpClient::new(TlsStream::new(connection, transport));
        http.stream.handshake()?;
        let mut answer = Vec::new();
        http.post("localhost", path, "application/json", json.as_bytes(), &mut answer)?;
        http.stream.close()?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).into_owned())
    });
    answer.map_err(|report| report.to_string())?.map_err(|e| e.to_string())
}

#[test]
fn aws_api_gateway() {
    let server = System::ApiGateway.start();
    let settings = trusting("root-rsa.pem");
    for alpn in ["", "http/1.1"] {
        let settings = Settings { alpn: alpn.into(), ..settings.clone() };
        let (fetched, seen) = get(&settings, &server, "/102400");
        assert!(fetched.bodies("API Gateway")[0] == body(102_400));
        let peer = fetched.peer.unwrap();
        assert_eq!(
            (peer.suite.as_str(), peer.fragment, peer.alpn.as_str()),
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0, alpn)
        );
        assert_eq!((peer.largest_record, seen.sni.as_deref()), (16384, Some("localhost")));
    }
    let json = post(&settings, &server, "/stage/readings", "{\"temperature\":21.5}").unwrap();
    assert!(
        json.starts_with("{\"method\":\"POST\",\"path\":\"/stage/readings\"") && json.contains("\"received\":20"),
        "{json}"
    );
    // Without SNI there is the wrong certificate, and it is refused.
    server.result();
    let (fetched, seen) = get(&Settings { servername: "127.0.0.1".into(), ..settings }, &server, "/1");
    assert!(seen.sni.is_none());
    assert_eq!(fetched.code(), "ERR_TLS_CERT_ALTNAME_INVALID");
    assert_eq!(fetched.peer.unwrap().fingerprint_hex(), pki().fingerprint("default-rsa"));
}

#[test]
fn api_amazon_com() {
    let server = System::Amazon.start();
    for settings in [trusting("root-new.pem"), trusting("root-old.pem"), tls12(trusting("root-new.pem"))] {
        let (fetched, _) = get(&settings, &server, "/1024");
        assert!(fetched.bodies("Amazon")[0] == body(1024));
        assert_eq!(fetched.peer.unwrap().trusted_by, "CA");
    }
    let code = |settings: &Settings, now: Option<i64>| {
        let mut host = TestHost { now, ..TestHost::default() };
        let code = fetch(settings, &mut host, tcp(server.address()), &["/1"]).code();
        server.result();
        code
    };
    let now = TestHost::default().now;
    assert_eq!(code(&trusting("root-rsa.pem"), now), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
    for unset in [Some(0), Some(3600), None] {
        assert_eq!(code(&trusting("root-new.pem"), unset), "ERR_TLS_CLOCK_NOT_SET");
    }
}

#[test]
fn aws_iot() {
    let server = System::AwsIot.start();
    let base = Settings { alpn: "x-amzn-http-ca".into(), ..trusting("root-rsa.pem") };
    let with = |entry: &str| Settings {
        cert: pki().read(&format!("{entry}.chain.pem")),
        key: pki().read(&format!("{entry}.key.pem")),
        ..base.clone()
    };
    for settings in [with("client"), tls12(with("client"))] {
        let answer = post(&settings, &server, "/topics/meters?qos=1", "{\"kWh\":7}").unwrap();
        assert!(answer.contains("\"received\":9"), "{answer}");
        let seen = server.result();
        assert_eq!(seen.alpn.as_deref(), Some("x-amzn-http-ca"));
        assert_eq!(seen.requests[0].2, b"{\"kWh\":7}");
    }
    let refused = |settings: &Settings| {
        let error = post(settings, &server, "/topics/meters?qos=1", "{}").unwrap_err();
        server.result();
        error.split(": ").next().unwrap().to_string()
    };
    assert_eq!(refused(&base), "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED");
    // rustls says the same in TLS 1.2, where others say handshake_failure.
    assert_eq!(refused(&tls12(base.clone())), "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED");
    // A certificate of another CA.
    assert_eq!(refused(&with("client-by-rsa")), "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA");
    assert_eq!(refused(&tls12(with("client-by-rsa"))), "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA");
    // A protocol that it does not speak.
    let other = Settings { alpn: "mqtt".into(), ..with("client") };
    assert_eq!(refused(&other), "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
    // Refused once, and then it works: nothing is left of the refusal.
    assert!(post(&with("client"), &server, "/topics/meters?qos=1", "{}").is_ok());
}

#[test]
fn behind_cloudflare() {
    let server = System::Cloudflare.start();
    for anchor in ["root-p256.pem", "int-p256.pem"] {
        for settings in [trusting(anchor), tls12(trusting(anchor))] {
            let settings = Settings { alpn: "http/1.1".into(), ..settings };
            let answer = post(&settings, &server, "/v1/readings", "{\"watts\":230}").unwrap();
            assert!(answer.contains("\"host\":\"localhost\"") && answer.contains("\"received\":13"), "{answer}");
            assert_eq!(server.result().sni.as_deref(), Some("localhost"));
            let (fetched, _) = get(&settings, &server, "/102400");
            assert!(fetched.bodies(anchor)[0] == body(102_400));
            // Memory for the larger records came and went; the largest is what counts.
            let peer = fetched.peer.unwrap();
            assert_eq!(peer.largest_record, 16384);
            assert!(peer.memory_peak < MEMORY + 16384 + 64, "{}", peer.memory_peak);
        }
    }
}

#[test]
fn powerwall() {
    let server = System::Powerwall.start();
    let at = |settings: Settings| Settings { servername: "192.168.1.50".into(), ..settings };
    let pinned = at(Settings { fingerprint256: pki().fingerprint("self-ec"), ..Settings::default() });
    let (fetched, seen) = get(&pinned, &server, "/1024");
    assert!(fetched.bodies("pinned")[0] == body(1024) && seen.sni.is_none());
    let peer = fetched.peer.unwrap();
    assert_eq!((peer.suite.as_str(), peer.fragment), ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0));
    assert_eq!(peer.trusted_by, "fingerprint");
    let insecure = at(Settings { insecure: true, ..Settings::default() });
    let (fetched, _) = get(&insecure, &server, "/1024");
    assert!(fetched.bodies("insecure")[0] == body(1024) && fetched.peer.unwrap().trusted_by.is_empty());
    // The certificate has changed behind the pin: renewed, or somebody in between.
    let renewed = System::PowerwallRenewed.start();
    let (fetched, _) = get(&pinned, &renewed, "/1024");
    assert_eq!(fetched.code(), "ERR_TLS_CERT_FINGERPRINT_MISMATCH");
    assert_eq!(fetched.peer.unwrap().fingerprint_hex(), pki().fingerprint("self-ec-renewed"));
}
