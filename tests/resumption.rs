//! Sessions: a second connection to a real server resumes the first one, and whatever is wrong with a session leads to a
//! full handshake.

mod common;

use common::MEMORY;
use common::client::Settings;
use common::engine::{Fetched, TestHost, fetch, tcp, tls12, trusting};
use common::pki::{self, pki};
use common::servers::{self, Ending, body};
use std::net::SocketAddr;

/// Bytes of a session before its ticket, and after it (src/session.rs).
const HEADER_LEN: usize = 120;
const CHECKSUM_LEN: usize = 8;

fn keeping(settings: Settings) -> Settings {
    Settings { keep_session: true, ..settings }
}

fn get(case: &str, address: SocketAddr, settings: &Settings) -> Fetched {
    let fetched = fetch(settings, &mut TestHost::default(), tcp(address), &["/1024"]);
    assert!(fetched.bodies(case)[0] == body(1024), "{case}: wrong body");
    assert_eq!(fetched.outstanding, 0, "{case}: memory was not given back");
    fetched
}

/// A first connection and three that resume, each what the one before left.
fn resumes(case: &str, address: SocketAddr, settings: &Settings) {
    let mut settings = keeping(settings.clone());
    let first = get(case, address, &settings);
    let first_peer = first.peer.unwrap();
    assert!(!first_peer.resumed, "{case}");
    assert!(first.session.len() > HEADER_LEN + CHECKSUM_LEN, "{case}: no session");
    settings.session = first.session;
    for round in 0..3 {
        let case = format!("{case}, round {round}");
        let again = get(&case, address, &settings);
        let peer = again.peer.unwrap();
        assert!(peer.resumed, "{case}: not resumed");
        assert_eq!(peer.version, first_peer.version, "{case}");
        assert_eq!((&peer.trusted_by, peer.fingerprint), (&first_peer.trusted_by, first_peer.fingerprint), "{case}");
        assert!(again.from_server.len() + 200 < first.from_server.len(), "{case}: as many bytes as the first time");
        if peer.fragment != 0 {
            assert!(peer.memory_peak <= MEMORY + again.session.len(), "{case}: {} bytes", peer.memory_peak);
        }
        // With an id, or if the server is content with the old ticket, nothing new comes.
        if !again.session.is_empty() {
            settings.session = again.session;
        }
    }
}

#[test]
fn tls13_with_every_server() {
    resumes("openssl", servers::openssl_www("p256", &["-tls1_3"]).address(), &trusting("root-p256.pem"));
    resumes("lighttpd, openssl", servers::lighttpd("openssl", "rsa3").address(), &trusting("root-rsa4096.pem"));
    resumes("lighttpd, gnutls", servers::lighttpd("gnutls", "p256").address(), &trusting("root-p256.pem"));
    resumes("node", servers::node("rsa").address(), &trusting("root-rsa.pem"));
    resumes("rustls", servers::rustls("p256", Ending::CloseNotify).address(), &trusting("root-p256.pem"));
    let pinned = Settings { fingerprint256: pki().fingerprint("self-ec"), ..Settings::default() };
    resumes("pinned", servers::openssl_www("self-ec", &["-tls1_3"]).address(), &pinned);
}

#[test]
fn tls13_suites_and_retries() {
    for suite in ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"] {
        for group in ["P-256", "X25519", "P-384"] {
            let server = servers::openssl_www("p256", &["-tls1_3", "-ciphersuites", suite, "-groups", group]);
            resumes(&format!("{suite}, {group}"), server.address(), &trusting("root-p256.pem"));
        }
    }
}

#[test]
fn tls12_tickets() {
    let settings = tls12(trusting("root-p256.pem"));
    resumes("openssl", servers::openssl_www("p256", &["-tls1_2"]).address(), &settings);
    resumes("lighttpd, openssl", servers::lighttpd("openssl", "p256").address(), &settings);
    resumes("lighttpd, gnutls", servers::lighttpd("gnutls", "p256").address(), &settings);
    resumes("node", servers::node("p256").address(), &settings);
    // TLS 1.3 is offered, too, and the server has none.
    resumes("openssl, 1.3 offered", servers::openssl_www("p256", &["-tls1_2"]).address(), &trusting("root-p256.pem"));
    for suite in ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"] {
        resumes(suite, servers::openssl_www("p256", &["-tls1_2", "-cipher", suite]).address(), &settings);
    }
}

#[test]
fn tls12_session_ids() {
    let server = servers::openssl_www("p256", &["-tls1_2", "-no_ticket"]);
    resumes("ids", server.address(), &tls12(trusting("root-p256.pem")));
    resumes("ids, 1.3 offered", server.address(), &trusting("root-p256.pem"));
}

#[test]
fn tls12_without_extended_master_secret() {
    let config = pki().path("no-ems-either.cnf");
    let text = "openssl_conf=o\n[o]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nOptions=-ExtendedMasterSecret\n";
    std::fs::write(&config, text).unwrap();
    let server = servers::openssl_with_config("p256", &["-WWW", "-tls1_2"], &config);
    resumes("no EMS", server.address(), &tls12(trusting("root-p256.pem")));
}

/// A server of TLS 1.2 that has learned TLS 1.3 in the meantime: no key was sent for that, so it has to ask for one.
#[test]
fn a_session_of_a_server_that_was_updated() {
    let settings = keeping(trusting("root-p256.pem"));
    let old = servers::openssl_www("p256", &["-tls1_2"]);
    let session = get("TLS 1.2", old.address(), &settings).session;
    assert!(!session.is_empty());
    for flags in [&["-tls1_3"][..], &["-tls1_3", "-groups", "X25519"], &[]] {
        let new = servers::openssl_www("p256", flags);
        let settings = Settings { session: session.clone(), ..settings.clone() };
        let fetched = get("updated", new.address(), &settings);
        let peer = fetched.peer.unwrap();
        assert!(!peer.resumed && peer.version == "TLSv1.3", "{flags:?}: {}", peer.version);
        // and from then on it is like any other
        let settings = Settings { session: fetched.session, ..settings };
        assert!(get("again", new.address(), &settings).peer.unwrap().resumed, "{flags:?}");
    }
}

/// The checksum made right again, as a forger would.
fn with_checksum(mut session: Vec<u8>) -> Vec<u8> {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let end = session.len() - CHECKSUM_LEN;
    let mut child = Command::new("openssl")
        .args(["dgst", "-sha256", "-binary"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl can't be run; `make deps` installs it");
    child.stdin.take().unwrap().write_all(&session[..end]).unwrap();
    let digest = child.wait_with_output().unwrap().stdout;
    session[end..].copy_from_slice(&digest[..CHECKSUM_LEN]);
    session
}

/// Whatever is wrong with a session, the handshake is a full one, and the right one at that.
#[test]
fn a_bad_session_means_a_full_handshake() {
    for (version, settings) in [("1.3", trusting("root-p256.pem")), ("1.2", tls12(trusting("root-p256.pem")))] {
        let server = servers::lighttpd("openssl", "p256");
        let other = servers::lighttpd("openssl", "self-ec");
        let settings = keeping(settings);
        let session = get("first", server.address(), &settings).session;
        let foreign_settings = Settings { ca: vec![pki().read("self-ec.pem")], ..settings.clone() };
        let foreign = get("other", other.address(), &foreign_settings).session;
        let full = |case: &str, session: Vec<u8>, settings: Settings| {
            let case = format!("TLS {version}, {case}");
            let settings = Settings { session, ..settings };
            let peer = get(&case, server.address(), &settings).peer.unwrap();
            assert!(!peer.resumed, "{case}: resumed");
            assert!(peer.trusted_by.contains("CA"), "{case}");
        };
        for (at, what) in [(0, "format"), (30, "binding"), (80, "secret"), (HEADER_LEN + 3, "ticket")] {
            let mut damaged = session.clone();
            damaged[at] ^= 4;
            full(&format!("{what} damaged"), damaged, settings.clone());
        }
        full("cut off", session[..session.len() - 1].to_vec(), settings.clone());
        full("something else", b"hello".to_vec(), settings.clone());
        full("of another server, under other trust", foreign.clone(), settings.clone());
        // Forged with knowledge of the format: the server does not know the ticket.
        let mut forged = session.clone();
        let at = forged.len() - CHECKSUM_LEN - 5;
        forged[at] ^= 1;
        full("ticket forged", with_checksum(forged), settings.clone());
        // The same server, the same trust, another name that is right as well.
        full("another name", session.clone(), Settings { servername: "a.wild.test".into(), ..settings.clone() });
        let more =
            Settings { ca: [settings.ca.clone(), vec![pki().read("root-rsa.pem")]].concat(), ..settings.clone() };
        full("another CA more", session.clone(), more);
        // Too old.
        let mut host = TestHost { now: Some(pki::NOW + 8 * 86_400), ..TestHost::default() };
        let aged = Settings { session: session.clone(), ..settings.clone() };
        let fetched = fetch(&aged, &mut host, tcp(server.address()), &["/1024"]);
        assert!(!fetched.peer.unwrap().resumed, "TLS {version}: too old");
        // And untouched it still works.
        let good = Settings { session, ..settings.clone() };
        assert!(get("good", server.address(), &good).peer.unwrap().resumed, "TLS {version}");
    }
}

/// A session under a pin is of no use once the pin is another one: the connection fails as it should.
#[test]
fn a_session_does_not_outlive_its_pin() {
    let server = servers::lighttpd("openssl", "self-ec");
    let pinned = |entry: &str| {
        keeping(Settings {
            fingerprint256: pki().fingerprint(entry),
            servername: "localhost".into(),
            ..Settings::default()
        })
    };
    let insecure = keeping(Settings { insecure: true, servername: "localhost".into(), ..Settings::default() });
    for made_with in [pinned("self-ec"), insecure] {
        let session = get("first", server.address(), &made_with).session;
        let wrong = Settings { session, ..pinned("self-rsa") };
        let fetched = fetch(&wrong, &mut TestHost::default(), tcp(server.address()), &["/1024"]);
        assert_eq!(fetched.code(), "ERR_TLS_CERT_FINGERPRINT_MISMATCH");
    }
}

/// Without memory for a session everything else works, and without being asked none is kept.
#[test]
fn sessions_are_optional() {
    let server = servers::lighttpd("openssl", "p256");
    for settings in [trusting("root-p256.pem"), tls12(trusting("root-p256.pem"))] {
        assert!(get("not asked", server.address(), &settings).session.is_empty());
        let mut host = TestHost { allocs_left: 0, ..TestHost::default() };
        let fetched = fetch(&keeping(settings), &mut host, tcp(server.address()), &["/1024"]);
        assert!(fetched.bodies("no memory")[0] == body(1024) && fetched.session.is_empty());
    }
}
