//! What bad input gets: one table that names every case, the code that the user sees, and the alert that the server
//! gets. Each case runs against a real server where there is one that can be brought to misbehave so.

mod common;

use std::net::SocketAddr;

use espruino_tls::config::TLS13;

use common::client::{Settings, report_in};
use common::engine::{TestHost, fetch, tcp, tls12, trusting};
use common::faulty::{Faults, Faulty, NO_FAULTS, records};
use common::pki::pki;
use common::servers::{self, Ending, Server, ThreadServer};

/// What a case needs of a server, kept alive as long as the case runs.
enum Peer {
    Process(Server),
    Rustls(ThreadServer<Result<(), String>>),
    Raw(ThreadServer<()>),
    /// The case ends before a connection is made.
    Nobody,
}

impl Peer {
    fn address(&self) -> Option<SocketAddr> {
        match self {
            Peer::Process(s) => Some(s.address()),
            Peer::Rustls(s) => Some(s.address()),
            Peer::Raw(s) => Some(s.address()),
            Peer::Nobody => None,
        }
    }
}

/// What the server gets to see.
#[derive(PartialEq, Eq, Debug)]
enum Sees {
    /// Not one byte.
    Nothing,
    /// No alert: it is the server that ended the connection, or nobody is there any more.
    NoAlert,
    /// An alert in the clear.
    Alert(u8),
    /// A protected alert, by the name rustls gives it.
    Sealed(&'static str),
}

struct Case {
    name: &'static str,
    peer: Peer,
    settings: Settings,
    host: TestHost,
    faults: Faults,
    code: &'static str,
    sees: Sees,
}

fn case(name: &'static str, peer: Peer, settings: Settings, code: &'static str, sees: Sees) -> Case {
    Case { name, peer, settings, host: TestHost::default(), faults: NO_FAULTS, code, sees }
}

fn s_server(entry: &str, flags: &[&str]) -> Peer {
    Peer::Process(servers::openssl_www(entry, &[&["-tls1_2"], flags].concat()))
}

fn s_server13(entry: &str, flags: &[&str]) -> Peer {
    Peer::Process(servers::openssl_www(entry, &[&["-tls1_3"], flags].concat()))
}

/// For certificates that OpenSSL itself finds too weak.
fn weak(entry: &str) -> Peer {
    s_server(entry, &["-cipher", "DEFAULT:@SECLEVEL=0"])
}

fn rustls(entry: &str) -> Peer {
    Peer::Rustls(servers::rustls(entry, Ending::CloseNotify))
}

fn raw(answer: impl AsRef<[u8]>) -> Peer {
    Peer::Raw(servers::raw(answer.as_ref().to_vec()))
}

/// A handshake record with this content.
fn handshake_record(content: &[u8]) -> Vec<u8> {
    [&[22, 3, 3, (content.len() >> 8) as u8, content.len() as u8], content].concat()
}

fn table() -> Vec<Case> {
    let with_root_p256 = || trusting("root-p256.pem");
    let pinned =
        |pin: &str| Settings { fingerprint256: pin.into(), servername: "localhost".into(), ..Settings::default() };
    let named = |name: &str| Settings { servername: name.into(), ..with_root_p256() };
    let garbage: Vec<u8> = (0..2000).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8 | 128).collect();
    let full = |entry: &str| pki().path(&format!("{entry}.issuers-root.pem")).to_str().unwrap().to_string();
    use Sees::{Alert, NoAlert, Nothing, Sealed};

    let old = |version: &str| {
        let flags = [version, "-cipher", "DEFAULT:@SECLEVEL=0"];
        Peer::Process(servers::openssl_www("rsa", &flags))
    };
    let protocol_version = "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION";
    // TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, no session, no extensions.
    let server_hello_1_1 = [&[2u8, 0, 0, 38, 3, 2] as &[u8], &[7; 32], &[0, 0xc0, 0x13, 0]].concat();

    let mut table = vec![
        // Whom to trust.
        case("wrong name", s_server("wrong-name", &[]), with_root_p256(), "ERR_TLS_CERT_ALTNAME_INVALID", Alert(42)),
        case(
            "name above the wildcard",
            s_server("p256", &[]),
            named("wild.test"),
            "ERR_TLS_CERT_ALTNAME_INVALID",
            Alert(42),
        ),
        case(
            "two labels for the wildcard",
            s_server("p256", &[]),
            named("a.b.wild.test"),
            "ERR_TLS_CERT_ALTNAME_INVALID",
            Alert(42),
        ),
        case(
            "address not in the certificate",
            s_server("p256", &[]),
            named("127.0.0.2"),
            "ERR_TLS_CERT_ALTNAME_INVALID",
            Alert(42),
        ),
        case(
            "unknown issuer, leaf only",
            s_server("p256-by-p384", &[]),
            with_root_p256(),
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            Alert(48),
        ),
        case(
            "unknown issuer, intermediates sent",
            s_server("rsa3", &[]),
            with_root_p256(),
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            Alert(48),
        ),
        case(
            "unknown issuer, root sent",
            s_server("rsa3", &["-cert_chain", &full("rsa3")]),
            with_root_p256(),
            "SELF_SIGNED_CERT_IN_CHAIN",
            Alert(48),
        ),
        case(
            "the leaf itself given as its CA",
            s_server("p256-by-p384", &[]),
            trusting("p256-by-p384.pem"),
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            Alert(48),
        ),
        case(
            "self-signed without a pin",
            s_server("self-ec", &[]),
            with_root_p256(),
            "DEPTH_ZERO_SELF_SIGNED_CERT",
            Alert(48),
        ),
        case("expired", s_server("expired", &[]), with_root_p256(), "CERT_HAS_EXPIRED", Alert(45)),
        case("not yet valid", s_server("not-yet", &[]), with_root_p256(), "CERT_NOT_YET_VALID", Alert(45)),
        Case {
            host: TestHost { now: Some(0), ..Default::default() },
            ..case("clock unset", s_server("p256", &[]), with_root_p256(), "ERR_TLS_CLOCK_NOT_SET", Alert(80))
        },
        Case {
            host: TestHost { now: None, ..Default::default() },
            ..case("no clock at all", s_server("p256", &[]), with_root_p256(), "ERR_TLS_CLOCK_NOT_SET", Alert(80))
        },
        case(
            "wrong fingerprint",
            s_server("self-ec", &[]),
            pinned(&pki().fingerprint("self-rsa")),
            "ERR_TLS_CERT_FINGERPRINT_MISMATCH",
            Alert(42),
        ),
        case(
            "wrong key pin",
            s_server("self-ec", &[]),
            Settings { pinned_pub_key: pki().pin("self-rsa"), servername: "localhost".into(), ..Settings::default() },
            "ERR_TLS_PINNED_KEY_MISMATCH",
            Alert(42),
        ),
        case(
            "right CA, wrong fingerprint",
            s_server("p256", &[]),
            Settings { fingerprint256: pki().fingerprint("self-rsa"), ..with_root_p256() },
            "ERR_TLS_CERT_FINGERPRINT_MISMATCH",
            Alert(42),
        ),
        case(
            "right fingerprint, wrong CA",
            s_server("p256-by-p384", &[]),
            Settings { fingerprint256: pki().fingerprint("p256-by-p384"), ..with_root_p256() },
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            Alert(48),
        ),
        case("SHA-1 signature", weak("sha1"), trusting("root-rsa.pem"), "CA_MD_TOO_WEAK", Alert(43)),
        case("MD5 signature", weak("md5"), trusting("root-rsa.pem"), "CA_MD_TOO_WEAK", Alert(43)),
        case("RSA below 2048", weak("rsa1024"), trusting("root-rsa.pem"), "EE_KEY_TOO_SMALL", Alert(43)),
        // Nothing in common.
        case(
            "no shared suite",
            s_server("rsa", &["-cipher", "AES128-SHA256"]),
            trusting("root-rsa.pem"),
            "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
            NoAlert,
        ),
        case(
            "no shared group",
            s_server("p256", &["-groups", "P-521"]),
            with_root_p256(),
            "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
            NoAlert,
        ),
        case("server offers only TLS 1.0", old("-tls1"), trusting("root-rsa.pem"), protocol_version, NoAlert),
        case("server offers only TLS 1.1", old("-tls1_1"), trusting("root-rsa.pem"), protocol_version, NoAlert),
        case(
            "server chooses TLS 1.1",
            raw(handshake_record(&server_hello_1_1)),
            with_root_p256(),
            "ERR_SSL_UNSUPPORTED_PROTOCOL",
            Alert(70),
        ),
        case("server offers only TLS 1.3", s_server13("p256", &[]), tls12(with_root_p256()), protocol_version, NoAlert),
        case(
            "no shared application protocol",
            rustls("p256"),
            Settings { alpn: "x-other".into(), ..with_root_p256() },
            "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
            NoAlert,
        ),
        case(
            "client certificate wanted",
            s_server("p256", &["-Verify", "1"]),
            with_root_p256(),
            "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
            NoAlert,
        ),
        case(
            "only TLS 1.3 wanted, server has 1.2",
            s_server("p256", &[]),
            Settings { min_version: TLS13, ..with_root_p256() },
            protocol_version,
            NoAlert,
        ),
        case(
            "a version range without versions",
            Peer::Nobody,
            Settings { min_version: TLS13, ..tls12(with_root_p256()) },
            "ERR_TLS_INVALID_PROTOCOL_VERSION",
            Nothing,
        ),
        case(
            "no shared group in TLS 1.3",
            s_server13("p256", &["-groups", "P-521"]),
            with_root_p256(),
            "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
            NoAlert,
        ),
        case(
            "client certificate wanted in TLS 1.3",
            s_server13("p256", &["-Verify", "1"]),
            with_root_p256(),
            "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
            NoAlert,
        ),
        // In TLS 1.3 the reason is sealed.
        case(
            "wrong fingerprint in TLS 1.3",
            rustls("p256"),
            pinned(&pki().fingerprint("self-rsa")),
            "ERR_TLS_CERT_FINGERPRINT_MISMATCH",
            Sealed("BadCertificate"),
        ),
        case(
            "unknown issuer in TLS 1.3",
            rustls("rsa3"),
            with_root_p256(),
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            Sealed("UnknownCA"),
        ),
        case(
            "expired in TLS 1.3",
            rustls("expired"),
            with_root_p256(),
            "CERT_HAS_EXPIRED",
            Sealed("CertificateExpired"),
        ),
        // What comes is not TLS, or not all of it.
        case(
            "server speaks plain HTTP",
            raw("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
            with_root_p256(),
            "ERR_SSL_WRONG_VERSION_NUMBER",
            Alert(70),
        ),
        case(
            "server speaks SSH",
            raw("SSH-2.0-OpenSSH_9.2\r\n"),
            with_root_p256(),
            "ERR_SSL_WRONG_VERSION_NUMBER",
            Alert(70),
        ),
        case("garbage", raw(&garbage), with_root_p256(), "ERR_SSL_WRONG_VERSION_NUMBER", Alert(70)),
        case(
            "garbage in a record",
            raw(handshake_record(&garbage)),
            with_root_p256(),
            "ERR_SSL_UNEXPECTED_MESSAGE",
            Alert(10),
        ),
        case(
            "garbage in a ServerHello",
            raw(handshake_record(&[&[2, 0, 0, 100], &garbage[..100]].concat())),
            with_root_p256(),
            "ERR_SSL_LENGTH_MISMATCH",
            Alert(50),
        ),
        case(
            "a plaintext record above 16 KB",
            raw([22, 3, 3, 0x48, 0x01, 2, 0, 0, 100]),
            with_root_p256(),
            "ERR_SSL_ENCRYPTED_LENGTH_TOO_LONG",
            Alert(22),
        ),
        case(
            "data before the handshake is over",
            raw([23, 3, 3, 0, 1, 65]),
            with_root_p256(),
            "ERR_SSL_UNEXPECTED_MESSAGE",
            Alert(10),
        ),
        case(
            "an alert of no level that there is",
            raw([21, 3, 3, 0, 2, 66, 40]),
            with_root_p256(),
            "ERR_SSL_BAD_EXTENSION",
            Alert(47),
        ),
        case("TCP closed at once", raw([]), with_root_p256(), "ECONNRESET", NoAlert),
        Case {
            faults: Faults { cut_after: Some(500), ..NO_FAULTS },
            ..case("TCP closed mid-handshake", s_server("rsa", &[]), trusting("root-rsa.pem"), "ECONNRESET", NoAlert)
        },
        case("TCP closed amid the body", Peer::Process(servers::node("p256")), with_root_p256(), "ECONNRESET", NoAlert),
        // Sizes.
        case(
            "record too large",
            rustls("p256"),
            Settings { max_record: 4096, ..with_root_p256() },
            "ERR_SSL_DATA_LENGTH_TOO_LONG",
            Sealed("RecordOverflow"),
        ),
        Case {
            host: TestHost { allocs_left: 0, ..Default::default() },
            ..case(
                "no memory for a record",
                rustls("p256"),
                with_root_p256(),
                "ERR_OUT_OF_MEMORY",
                Sealed("InternalError"),
            )
        },
        // The caller.
        case(
            "nothing says whom to trust",
            Peer::Nobody,
            Settings { servername: "localhost".into(), ..Settings::default() },
            "ERR_TLS_NO_TRUST",
            Nothing,
        ),
        case("a CA without a name to check", Peer::Nobody, named(""), "ERR_MISSING_ARGS", Nothing),
        case("a name that is none", Peer::Nobody, named("local host"), "ERR_INVALID_ARG_VALUE", Nothing),
        case(
            "a fingerprint of the wrong kind",
            Peer::Nobody,
            pinned("DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09"),
            "ERR_INVALID_ARG_VALUE",
            Nothing,
        ),
        case(
            "a pin that is none",
            Peer::Nobody,
            Settings { pinned_pub_key: "sha256//x".into(), ..Settings::default() },
            "ERR_INVALID_ARG_VALUE",
            Nothing,
        ),
        case(
            "an odd fragment size",
            Peer::Nobody,
            Settings { max_fragment: 1000, ..with_root_p256() },
            "ERR_OUT_OF_RANGE",
            Nothing,
        ),
        case(
            "an empty protocol name",
            Peer::Nobody,
            Settings { alpn: "a,,b".into(), ..with_root_p256() },
            "ERR_INVALID_ARG_VALUE",
            Nothing,
        ),
        Case {
            host: TestHost { random_left: 0, ..Default::default() },
            ..case("no random numbers", Peer::Nobody, with_root_p256(), "ERR_TLS_RANDOM", Nothing)
        },
    ];

    // `ca` that can't be read.
    let good = String::from_utf8(pki().read("root-p256.pem")).unwrap();
    let key = String::from_utf8(pki().read("root-p256.key.pem")).unwrap();
    let cut_off = good[..good.len() / 2].to_string();
    for (name, ca, code) in [
        ("six dashes", good.replacen("-----BEGIN", "------BEGIN", 1), "ERR_OSSL_PEM_NO_START_LINE"),
        ("a text that is no certificate", "<html>not found</html>".into(), "ERR_OSSL_PEM_NO_START_LINE"),
        ("a certificate cut off", cut_off, "ERR_OSSL_PEM_BAD_END_LINE"),
        ("a wrong character", good.replacen("MII", "M*I", 1), "ERR_OSSL_PEM_BAD_BASE64_DECODE"),
        ("a private key instead of a certificate", key, "ERR_OSSL_PEM_NOT_CERTIFICATE"),
    ] {
        let settings = Settings { ca: vec![ca.into_bytes()], servername: "localhost".into(), ..Settings::default() };
        table.push(case(name, Peer::Nobody, settings, code, Nothing));
    }
    table
}

/// Runs the case and says what was not as the table has it.
fn run(case: Case) -> Result<(), String> {
    let Case { name, peer, settings, mut host, faults, code, sees } = case;
    let path = if name == "TCP closed amid the body" { "/cut/102400" } else { "/102400" };
    let fetched = match peer.address() {
        Some(address) => fetch(&settings, &mut host, Faulty::new(tcp(address), faults), &[path]),
        None => fetch(&settings, &mut host, std::io::empty(), &[path]),
    };
    let error = fetched.result.as_ref().err().ok_or("no error")?;
    let report = report_in(error).ok_or(format!("not an error of the engine: {error}"))?;
    let text = report.to_string();
    if fetched.code() != code {
        return Err(format!("{text} (instead of {code})"));
    }
    if !text.starts_with(&format!("{code}: ")) || report.error.hint().is_empty() || text.ends_with(". ") {
        return Err(format!("{text} (form or hint)"));
    }
    if fetched.outstanding != 0 {
        return Err(format!("{} bytes were not given back", fetched.outstanding));
    }
    let seen = match (&sees, fetched.plain_alert()) {
        (_, Some(alert)) => Sees::Alert(alert),
        (Sees::Sealed(wanted), None) => {
            let Peer::Rustls(server) = &peer else { panic!("only rustls tells") };
            let told = server.result().expect_err("rustls is content");
            if !told.contains(wanted) {
                return Err(format!("the server was told: {told}"));
            }
            Sees::Sealed(wanted)
        }
        (_, None) if fetched.from_client.is_empty() => Sees::Nothing,
        (_, None) => {
            let kinds = records(&fetched.from_client);
            let sealed_alert = kinds.iter().any(|(_, kind)| *kind == 21);
            if sealed_alert {
                return Err("an alert was sent, though there is nobody to tell".into());
            }
            Sees::NoAlert
        }
    };
    if seen != sees { Err(format!("the server sees {seen:?} instead of {sees:?}")) } else { Ok(()) }
}

#[test]
fn table_of_errors() {
    let mut wrong = Vec::new();
    for case in table() {
        let name = case.name;
        if let Err(why) = run(case) {
            wrong.push(format!("{name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
