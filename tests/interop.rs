//! The engine against real TLS servers over loopback. One test a server; inside, a loop over the cases, each with a
//! name that a failure shows.

mod common;

use std::io::{Read, Write};

use espruino_tls::config::TLS13;

use common::MEMORY;
use common::client::{Settings, TlsStream};
use common::engine::{Fetched, TestHost, fetch, tcp, tls12, trusting};
use common::faulty::records;
use common::pki::pki;
use common::servers::{self, Ending, SIZES, body};

/// Each kind of chain with the root to trust.
const CHAINS: [(&str, &str); 7] = [
    ("rsa", "root-rsa.pem"),
    ("rsa3", "root-rsa4096.pem"),
    ("rsa10k", "root-rsa4096.pem"),
    ("p256", "root-p256.pem"),
    ("p256-by-p384", "root-p384.pem"),
    ("p256-by-rsa", "root-rsa.pem"),
    ("self-ec", "self-ec.pem"),
];

/// Fetches all sizes over one connection (keep-alive), and each over its own, and compares the bodies.
fn all_sizes(case: &str, address: std::net::SocketAddr, settings: &Settings, prefix: &str) -> Fetched {
    let last = each_size(case, address, settings, prefix);
    let paths: Vec<String> = SIZES.iter().map(|size| format!("{prefix}/{size}")).collect();
    if last.result.as_ref().unwrap()[0].0.status_line.starts_with("HTTP/1.0") {
        return last; // one request a connection
    }
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let fetched = fetch(settings, &mut TestHost::default(), tcp(address), &paths);
    let case = format!("{case}, keep-alive");
    for (got, size) in fetched.bodies(&case).into_iter().zip(SIZES) {
        assert!(got == body(size), "{case}, {size} bytes: wrong body");
    }
    assert_eq!(fetched.outstanding, 0, "{case}: memory was not given back");
    fetched
}

/// Fetches each size over a connection of its own; returns the last, which is the largest.
fn each_size(case: &str, address: std::net::SocketAddr, settings: &Settings, prefix: &str) -> Fetched {
    let mut last = None;
    for size in SIZES {
        let path = format!("{prefix}/{size}");
        let case = format!("{case}, GET {path}");
        let fetched = fetch(settings, &mut TestHost::default(), tcp(address), &[&path]);
        assert!(fetched.bodies(&case)[0] == body(size), "{case}: wrong body");
        assert_eq!(fetched.outstanding, 0, "{case}: memory was not given back");
        last = Some(fetched);
    }
    last.unwrap()
}

/// Every chain, then every fragment size, against a server that honours max_fragment_length: over TLS 1.2, and over TLS
/// 1.3 where it has that.
fn honouring(start: impl Fn(&str) -> servers::Server, tls13: bool) {
    let version = |settings: Settings| {
        if tls13 {
            [("TLSv1.3", settings.clone()), ("TLSv1.2", tls12(settings))].to_vec()
        } else {
            [("TLSv1.2", settings)].to_vec()
        }
    };
    let mut memory = None;
    for (entry, root) in CHAINS {
        let server = start(entry);
        for (version, settings) in version(trusting(root)) {
            let entry_and_version = format!("{entry}, {version}");
            let fetched = all_sizes(&entry_and_version, server.address(), &settings, "");
            let peer = fetched.peer.unwrap();
            assert_eq!(peer.version, version, "{entry}");
            assert!((1..=1024).contains(&peer.fragment), "{entry}: fragment {}", peer.fragment);
            assert!(peer.largest_record <= 1024, "{entry}: a record of {}", peer.largest_record);
            assert_eq!(peer.fingerprint_hex(), pki().fingerprint(entry));
            assert_eq!(peer.extended_master_secret, version == "TLSv1.2", "{entry}");
            assert!(!peer.trusted_by.is_empty(), "{entry}");
            // Whatever the chain, the memory is the same, and within the budget.
            assert_eq!(peer.memory_peak, *memory.get_or_insert(peer.memory_peak), "{entry}");
            assert!(peer.memory_peak <= MEMORY, "{entry}: {} bytes", peer.memory_peak);
            let end = fetched.end.unwrap();
            assert!(end.is_ok() && peer.close_notify, "{entry_and_version}: no proper end: {end:?}");
        }
    }
    let server = start("p256");
    for max_fragment in [512, 1024, 2048, 4096] {
        for (version, settings) in version(trusting("root-p256.pem")) {
            let case = format!("max_fragment {max_fragment}, {version}");
            let settings = Settings { max_fragment, ..settings };
            let peer = all_sizes(&case, server.address(), &settings, "").peer.unwrap();
            assert!((1..=max_fragment).contains(&peer.fragment), "{case}: {}", peer.fragment);
            assert!(peer.largest_record <= max_fragment, "{case}: a record of {}", peer.largest_record);
            // The record that is full shows that the size was not just by chance small.
            assert!(peer.largest_record > max_fragment - 64, "{case}: at most {}", peer.largest_record);
        }
    }
}

#[test]
fn lighttpd_with_openssl() {
    honouring(|entry| servers::lighttpd("openssl", entry), true);
}

#[test]
fn lighttpd_with_gnutls() {
    honouring(|entry| servers::lighttpd("gnutls", entry), true);
}

/// In TLS 1.2 the curve of a server's own certificate is one of the groups that the client offers (RFC 8422 §5.1): OpenSSL
/// and Mbed TLS hold on to that, GnuTLS does not mind.
#[test]
fn p384_leaves() {
    let settings = trusting("root-p384.pem");
    for stack in ["openssl", "gnutls", "mbedtls"] {
        let server = servers::lighttpd(stack, "p384");
        let fetched = all_sizes(stack, server.address(), &tls12(settings.clone()), "");
        assert_eq!(fetched.peer.unwrap().version, "TLSv1.2", "{stack}");
        if stack != "mbedtls" {
            let fetched = all_sizes(stack, server.address(), &settings, "");
            assert_eq!(fetched.peer.unwrap().version, "TLSv1.3", "{stack}");
        }
    }
}

/// Servers that agree on keys over P-384 only. There is no share for it at first: TLS 1.3 asks for one.
#[test]
fn p384_groups() {
    for (entry, root) in [("p384", "root-p384.pem"), ("p256-by-p384", "root-p384.pem"), ("rsa", "root-rsa.pem")] {
        // In TLS 1.2 a P-256 leaf would not go with such a server, see above.
        let versions: &[&str] = if entry.starts_with("p256") { &["-tls1_3"] } else { &["-tls1_2", "-tls1_3"] };
        for version in versions {
            let case = format!("{entry}, {version}");
            let server = servers::openssl_www(entry, &["-groups", "P-384", version]);
            let settings = trusting(root);
            let fetched = fetch(&settings, &mut TestHost::default(), tcp(server.address()), &["/102400"]);
            assert!(fetched.bodies(&case)[0] == body(102_400), "{case}: wrong body");
            let hellos = if *version == "-tls1_3" { 2 } else { 1 };
            assert_eq!(server_hellos(&fetched), hellos, "{case}");
            let peer = fetched.peer.unwrap();
            assert!(peer.memory_peak <= MEMORY, "{case}: {} bytes", peer.memory_peak);
        }
    }
    // With the others, too, P-384 is what a server takes last.
    let server = servers::openssl_www("p384", &["-groups", "P-384:P-256"]);
    let fetched = fetch(&trusting("root-p384.pem"), &mut TestHost::default(), tcp(server.address()), &["/1"]);
    assert!(fetched.bodies("a choice")[0] == body(1) && server_hellos(&fetched) == 1);
}

#[test]
fn lighttpd_with_mbedtls() {
    honouring(|entry| servers::lighttpd("mbedtls", entry), false);
}

#[test]
fn node() {
    honouring(servers::node, true);
    let server = servers::node("p256");
    let settings = Settings { alpn: "http/1.1".into(), ..trusting("root-p256.pem") };
    let fetched = all_sizes("chunked", server.address(), &settings, "/chunked");
    assert_eq!(fetched.peer.as_ref().unwrap().alpn, "http/1.1");
    let pages = fetched.result.unwrap();
    let sum: u32 = body(102_400).into_iter().map(u32::from).sum();
    assert_eq!(pages.last().unwrap().0.trailers, [("x-sum".to_string(), sum.to_string())]);

    let until_close = fetch(&settings, &mut TestHost::default(), tcp(server.address()), &["/until-close/102400"]);
    assert!(until_close.bodies("until close")[0] == body(102_400));
    assert!(until_close.end.unwrap().is_ok());

    // Half a body, and then the TCP connection ends without close_notify.
    let cut = fetch(&settings, &mut TestHost::default(), tcp(server.address()), &["/cut/102400"]);
    assert_eq!(cut.code(), "ECONNRESET");
    assert!(cut.partial.len() <= 51_200 && body(102_400).starts_with(&cut.partial));
    assert_eq!(cut.outstanding, 0);
}

/// rustls stands for the servers (Go's, BoringSSL, its own) that ignore both extensions and send records of 16 KB.
#[test]
fn rustls_ignores_fragments() {
    for (entry, root) in CHAINS.into_iter().filter(|(entry, _)| *entry != "self-ec") {
        let server = servers::rustls(entry, Ending::CloseNotify);
        for (version, settings) in [("TLSv1.3", trusting(root)), ("TLSv1.2", tls12(trusting(root)))] {
            let case = format!("{entry}, {version}");
            let fetched = all_sizes(&case, server.address(), &settings, "");
            let peer = fetched.peer.unwrap();
            assert_eq!((peer.version.as_str(), peer.fragment), (version, 0), "{case}");
            assert_eq!(peer.largest_record, 16384, "{case}");
            assert!(fetched.end.unwrap().is_ok() && peer.close_notify, "{case}: no proper end");
            // Larger buffers are borrowed for as long as a record lives; what stays is small.
            assert!(peer.memory_peak > 16384, "{case}: {}", peer.memory_peak);
        }
    }
}

#[test]
fn the_end_without_close_notify_is_told_apart() {
    let server = servers::rustls("p256", Ending::Cut);
    for size in SIZES {
        let fetched =
            fetch(&trusting("root-p256.pem"), &mut TestHost::default(), tcp(server.address()), &[&format!("/{size}")]);
        // The length says that the body is complete, and yet the end is not a proper one.
        assert!(fetched.bodies("cut")[0] == body(size));
        let end = fetched.end.unwrap().unwrap_err();
        assert!(end.to_string().starts_with("ECONNRESET: "), "{end}");
        assert!(!fetched.peer.unwrap().close_notify);
    }
}

/// One fetch from `openssl s_server` with these flags.
fn s_server(case: &str, entry: &str, root: &str, flags: &[&str]) -> Fetched {
    let server = servers::openssl_www(entry, &[&["-tls1_2"], flags].concat());
    let fetched = fetch(&trusting(root), &mut TestHost::default(), tcp(server.address()), &["/102400"]);
    assert!(fetched.bodies(case)[0] == body(102_400), "{case}: wrong body");
    assert_eq!(fetched.outstanding, 0, "{case}: memory was not given back");
    fetched
}

#[test]
fn openssl_sizes() {
    honouring(|entry| servers::openssl_www(entry, &[]), true);
}

#[test]
fn openssl_suites() {
    for (entry, root, openssl, iana) in [
        ("rsa", "root-rsa.pem", "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("rsa", "root-rsa.pem", "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        ("rsa", "root-rsa.pem", "ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("p256", "root-p256.pem", "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        ("p256", "root-p256.pem", "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        ("p256", "root-p256.pem", "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
    ] {
        for group in ["P-256", "X25519"] {
            let case = format!("{openssl} with {group}");
            let fetched = s_server(&case, entry, root, &["-cipher", openssl, "-groups", group]);
            assert_eq!(fetched.peer.unwrap().suite, iana, "{case}");
        }
    }
}

#[test]
fn openssl_signature_schemes() {
    for (entry, root, scheme) in [
        ("p256", "root-p256.pem", "ECDSA+SHA256"),
        ("rsa", "root-rsa.pem", "RSA+SHA256"),
        ("rsa", "root-rsa.pem", "RSA+SHA384"),
        ("rsa", "root-rsa.pem", "RSA+SHA512"),
        ("rsa", "root-rsa.pem", "rsa_pss_rsae_sha256"),
        ("rsa", "root-rsa.pem", "rsa_pss_rsae_sha384"),
        ("rsa", "root-rsa.pem", "rsa_pss_rsae_sha512"),
        ("rsa10k", "root-rsa4096.pem", "rsa_pss_rsae_sha512"),
    ] {
        s_server(&format!("{entry} {scheme}"), entry, root, &["-sigalgs", scheme]);
    }
}

/// Keys that sign with PSS only (RFC 8446 §4.2.3): with any hash, or with the one that they name.
#[test]
fn openssl_rsa_pss_keys() {
    for (entry, schemes) in [
        ("rsa-pss", &["rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512"][..]),
        ("rsa-pss-sha384", &["rsa_pss_pss_sha384"]),
    ] {
        for scheme in schemes {
            s_server(&format!("{entry} {scheme}"), entry, "root-rsa.pem", &["-sigalgs", scheme]);
            s_server13(&format!("{entry} {scheme}"), entry, "root-rsa.pem", &["-sigalgs", scheme]);
        }
        // the server chooses
        s_server(entry, entry, "root-rsa.pem", &[]);
        s_server13(entry, entry, "root-rsa.pem", &[]);
    }
}

/// One fetch over TLS 1.3 from `openssl s_server` with these flags.
fn s_server13(case: &str, entry: &str, root: &str, flags: &[&str]) -> Fetched {
    let server = servers::openssl_www(entry, &[&["-tls1_3"], flags].concat());
    let fetched = fetch(&trusting(root), &mut TestHost::default(), tcp(server.address()), &["/102400"]);
    assert!(fetched.bodies(case)[0] == body(102_400), "{case}: wrong body");
    assert_eq!(fetched.outstanding, 0, "{case}: memory was not given back");
    assert_eq!(fetched.peer.as_ref().unwrap().version, "TLSv1.3", "{case}");
    fetched
}

/// How many ServerHellos came: two if there was a HelloRetryRequest.
fn server_hellos(fetched: &Fetched) -> usize {
    let bytes = &fetched.from_server;
    records(bytes).iter().filter(|(at, kind)| *kind == 22 && bytes[at + 5] == 2).count()
}

/// Every suite with every group. A share of the first group is sent with the ClientHello; for another one the server
/// has to ask by HelloRetryRequest.
#[test]
fn openssl_tls13_suites_and_groups() {
    for suite in ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"] {
        for (group, hellos) in [("P-256", 1), ("X25519", 2), ("P-384", 2)] {
            for (entry, root) in [("p256", "root-p256.pem"), ("rsa", "root-rsa.pem")] {
                let case = format!("{suite} with {group}, {entry}");
                let fetched = s_server13(&case, entry, root, &["-ciphersuites", suite, "-groups", group]);
                assert_eq!(fetched.peer.as_ref().unwrap().suite, suite, "{case}");
                assert_eq!(server_hellos(&fetched), hellos, "{case}");
            }
        }
    }
}

#[test]
fn openssl_tls13_signature_schemes() {
    for (entry, root, scheme) in [
        ("p256", "root-p256.pem", "ecdsa_secp256r1_sha256"),
        ("p384", "root-p384.pem", "ecdsa_secp384r1_sha384"),
        ("rsa", "root-rsa.pem", "rsa_pss_rsae_sha256"),
        ("rsa", "root-rsa.pem", "rsa_pss_rsae_sha384"),
        ("rsa10k", "root-rsa4096.pem", "rsa_pss_rsae_sha512"),
    ] {
        s_server13(&format!("{entry} {scheme}"), entry, root, &["-sigalgs", scheme]);
    }
}

#[test]
fn openssl_tls13_oddities() {
    let p256 = |case, flags: &[&str]| s_server13(case, "p256", "root-p256.pem", flags);
    // Records of 1 KB and padding up to a multiple of something; what is padding shows only at a record's end.
    for padding in ["16", "100", "512", "1024"] {
        let fetched = s_server13("padding", "rsa10k", "root-rsa4096.pem", &["-record_padding", padding]);
        assert!(fetched.peer.unwrap().largest_record <= 1024);
    }
    let fetched = s_server13("small records", "rsa10k", "root-rsa4096.pem", &["-max_send_frag", "512"]);
    assert_eq!(fetched.peer.unwrap().largest_record, 512);
    p256("asks for a certificate", &["-verify", "1"]);
    let cas = pki().path("rsa10k.full.pem");
    p256("names issuers", &["-verify", "1", "-CAfile", cas.to_str().unwrap()]);
    p256("no tickets", &["-num_tickets", "0"]);
    p256("many tickets", &["-num_tickets", "20"]);
    p256("more tickets than are looked at", &["-num_tickets", "100"]);
    p256("no middlebox compatibility", &["-no_middlebox"]);
}

/// The cookie of a stateless server comes back in the second ClientHello, which otherwise is the first one again, with
/// the same key share (RFC 8446 §4.1.2). (A script plays the server: `openssl s_server -stateless` fails with its own client, too.)
#[test]
fn a_cookie_comes_back() {
    let read_record = |transport: &mut std::net::TcpStream| {
        let mut header = [0; 5];
        transport.read_exact(&mut header).unwrap();
        let mut content = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
        transport.read_exact(&mut content).unwrap();
        ([header[0], header[1], header[2]], content)
    };
    let server = servers::ThreadServer::start(move |mut transport| {
        let (first_kind, first) = read_record(&mut transport);
        // RFC 8446 §5.1: TLS 1.0 in the first record alone
        assert_eq!(first_kind, [22, 3, 1]);
        let retry = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";
        let mut hello = vec![2, 0, 0, 0, 3, 3];
        hello.extend((0..32).map(|i| u8::from_str_radix(&retry[2 * i..2 * i + 2], 16).unwrap()));
        hello.push(32);
        hello.extend(&first[39..71]);
        let cookie: Vec<u8> = (0..200).collect();
        hello.extend([0x13, 1, 0, 0, 212, 0, 43, 0, 2, 3, 4, 0, 44, 0, 202, 0, 200]);
        hello.extend(&cookie);
        hello[3] = (hello.len() - 4) as u8;
        hello[2] = ((hello.len() - 4) >> 8) as u8;
        transport.write_all(&[22, 3, 3, (hello.len() >> 8) as u8, hello.len() as u8]).unwrap();
        transport.write_all(&hello).unwrap();
        assert_eq!(read_record(&mut transport), ([20, 3, 3], vec![1]));
        let (kind, second) = read_record(&mut transport);
        (kind, first, second, cookie)
    });
    let settings = Settings { min_version: TLS13, ..trusting("root-p256.pem") };
    let fetched = fetch(&settings, &mut TestHost::default(), tcp(server.address()), &["/"]);
    assert_eq!(fetched.code(), "ECONNRESET");
    let (kind, first, second, cookie) = server.result();
    assert_eq!(kind, [22, 3, 3]);
    // the key share is the last extension of the first
    let share = first.windows(4).position(|w| w == [0, 51, 0, 71]).unwrap();
    assert_eq!(share + 4 + 71, first.len());
    let extensions = 39 + 32 + 2 + usize::from(first[72]) + 2;
    assert_eq!(first[4..extensions], second[4..extensions]);
    assert_eq!(first[extensions + 2..], second[extensions + 2..first.len()]);
    assert_eq!(second[first.len()..], [&[0, 44, 0, 202, 0, 200], &cookie[..]].concat());
}

/// New keys at any time, in one direction or in both, and data in both directions afterwards.
#[test]
fn openssl_updates_keys() {
    for suite in ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"] {
        let server = servers::openssl("p256", &["-tls1_3", "-msg", "-ciphersuites", suite]);
        let mut host = TestHost::default();
        let transport = tcp(server.address());
        let outcome = trusting("root-p256.pem").connect(&mut host, |connection| {
            let mut tls = TlsStream::new(connection, transport);
            tls.handshake().unwrap();
            let line = |tls: &mut TlsStream<_>, from_server: &str| {
                server.command(&format!("{from_server}\n"));
                let mut got = vec![0; from_server.len() + 1];
                tls.read_exact(&mut got).unwrap();
                assert_eq!(got, format!("{from_server}\n").as_bytes());
                tls.write_all(format!("client after {from_server}\n").as_bytes()).unwrap();
                server.wait_for_log(&format!("client after {from_server}"));
            };
            line(&mut tls, "hello");
            for (round, command) in ["k", "K", "k", "K", "K", "k"].into_iter().enumerate() {
                // s_server's commands: "k" new keys for itself, "K" the other side's as well; it prints what came of it
                server.command(&format!("{command}\n"));
                server.wait_for_log_times(">>> TLS 1.3, Handshake [length 0005], KeyUpdate", round + 1);
                line(&mut tls, &format!("{command} {round}"));
            }
            tls.connection.peer().largest_record
        });
        assert!(outcome.unwrap() > 0);
        assert_eq!(
            server.log().matches("<<< TLS 1.3, Handshake [length 0005], KeyUpdate").count(),
            3,
            "{}",
            server.log()
        );
    }
}

#[test]
fn openssl_oddities() {
    // A server that asks for a client certificate but can do without gets an empty one.
    s_server("asks for a certificate", "p256", "root-p256.pem", &["-verify", "1"]);
    // The issuers it would accept make the request long, too.
    let cas = pki().path("rsa10k.full.pem");
    s_server("names issuers", "p256", "root-p256.pem", &["-verify", "1", "-CAfile", cas.to_str().unwrap()]);
    // No tickets, no session.
    s_server("no tickets", "p256", "root-p256.pem", &["-no_ticket", "-no_cache"]);
    // Records smaller than asked for.
    let fetched = s_server("small records", "rsa10k", "root-rsa4096.pem", &["-max_send_frag", "512"]);
    assert_eq!(fetched.peer.unwrap().largest_record, 512);
    // The root sent along is no harm.
    let chain = pki().path("rsa10k.issuers-root.pem");
    s_server("root sent", "rsa10k", "root-rsa4096.pem", &["-cert_chain", chain.to_str().unwrap()]);
    // An intermediate certificate is a good anchor as well.
    s_server("anchored in the middle", "rsa3", "int-rsa4096-b.pem", &[]);
    s_server("anchored in the middle, longer", "rsa3", "int-rsa4096-a.pem", &[]);
}

/// A server that does not know the name may say so by a warning before its ServerHello (RFC 6066 §3) and go on.
#[test]
fn openssl_warns_about_the_name() {
    let (cert, key) = (pki().path("rsa.pem"), pki().path("rsa.key.pem"));
    let other = ["-cert2", cert.to_str().unwrap(), "-key2", key.to_str().unwrap()];
    let fetched =
        s_server("warning", "p256", "root-p256.pem", &[&["-servername", "elsewhere.test"], &other[..]].concat());
    assert!(fetched.from_server.starts_with(&[21, 3, 3, 0, 2, 1, 112]), "the server did not warn");
}

/// A server's wish to negotiate anew is declined by a warning, and the connection goes on as far as the server likes.
#[test]
fn openssl_wants_to_renegotiate() {
    let server = servers::openssl("p256", &["-tls1_2", "-msg"]);
    let mut host = TestHost::default();
    let transport = tcp(server.address());
    let data = trusting("root-p256.pem").connect(&mut host, |connection| {
        let mut tls = TlsStream::new(connection, transport);
        tls.handshake().unwrap();
        // s_server's command "r"; what comes afterwards is its own affair, OpenSSL ends the connection.
        server.command("r\n");
        let mut data = Vec::new();
        let end = tls.read_to_end(&mut data);
        (data, end.map_err(|e| e.to_string()))
    });
    server.wait_for_log("no_renegotiation");
    assert_eq!(server.log().matches("ClientHello").count(), 1, "{}", server.log());
    let (data, end) = data.unwrap();
    assert!(data.is_empty(), "{end:?}");
}

/// More than fits into the engine at once, both ways.
#[test]
fn node_echoes() {
    let server = servers::node("p256");
    for size in [0, 1, 535, 536, 537, 5000, 102_400] {
        let sent = body(size);
        let mut host = TestHost::default();
        let transport = tcp(server.address());
        let answer = trusting("root-p256.pem").connect(&mut host, |connection| {
            let mut tls = TlsStream::new(connection, transport);
            write!(
                tls,
                "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
            )?;
            tls.write_all(&sent)?;
            let mut answer = Vec::new();
            tls.read_to_end(&mut answer).map(|_| answer)
        });
        let answer = answer.unwrap().unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(&sent), "{size} bytes");
    }
}

#[test]
fn openssl_without_extended_master_secret() {
    let config = pki().path("no-ems.cnf");
    std::fs::write(
        &config,
        "openssl_conf=o\n[o]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nOptions=-ExtendedMasterSecret\n",
    )
    .unwrap();
    let server = servers::openssl_with_config("p256", &["-WWW", "-tls1_2"], &config);
    let fetched = fetch(&trusting("root-p256.pem"), &mut TestHost::default(), tcp(server.address()), &["/1024"]);
    assert!(fetched.bodies("no EMS")[0] == body(1024));
    assert!(!fetched.peer.unwrap().extended_master_secret);
}

#[test]
fn every_way_to_trust() {
    let server = servers::lighttpd("openssl", "self-ec");
    let base = || Settings { servername: "localhost".into(), ..Settings::default() };
    let other = pki().fingerprint("self-rsa");
    let own = pki().fingerprint("self-ec");
    let der = {
        let pem = pki().read("self-ec.pem");
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        CertificateDer::from_pem_slice(&pem).unwrap().to_vec()
    };
    for (case, settings) in [
        ("fingerprint", Settings { fingerprint256: own.clone(), ..base() }),
        ("fingerprint, no colons", Settings { fingerprint256: own.replace(':', "").to_lowercase(), ..base() }),
        ("one of two fingerprints", Settings { fingerprint256: format!("{other},{own}"), ..base() }),
        (
            "fingerprint, any name",
            Settings { fingerprint256: own.clone(), servername: "elsewhere.test".into(), ..base() },
        ),
        ("fingerprint, no name", Settings { fingerprint256: own.clone(), servername: String::new(), ..base() }),
        ("pin", Settings { pinned_pub_key: pki().pin("self-ec"), ..base() }),
        (
            "one of two pins",
            Settings { pinned_pub_key: format!("{};{}", pki().pin("rsa"), pki().pin("self-ec")), ..base() },
        ),
        ("insecure", Settings { insecure: true, ..base() }),
        ("as its own CA", Settings { ca: vec![pki().read("self-ec.pem")], ..base() }),
        ("as its own CA, DER", Settings { ca: vec![der], ..base() }),
        (
            "one of several CAs",
            Settings { ca: vec![pki().read("rsa10k.full.pem"), pki().read("self-ec.pem")], ..base() },
        ),
        ("CA and fingerprint", Settings { ca: vec![pki().read("self-ec.pem")], fingerprint256: own, ..base() }),
    ] {
        let fetched = fetch(&settings, &mut TestHost::default(), tcp(server.address()), &["/1024"]);
        assert!(fetched.bodies(case)[0] == body(1024), "{case}");
        let reason = match case {
            "insecure" => "",
            "CA and fingerprint" => "fingerprint and CA",
            _ if case.contains("fingerprint") => "fingerprint",
            _ if case.contains("pin") => "public key",
            _ => "CA",
        };
        assert_eq!(fetched.peer.unwrap().trusted_by, reason, "{case}");
    }
    // Names of other kinds, all in the certificate; the connection goes to the same server.
    for name in ["localhost", "LOCALHOST", "localhost.", "a.wild.test", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1"] {
        let settings = Settings { servername: name.into(), ..trusting("self-ec.pem") };
        let fetched = fetch(&settings, &mut TestHost::default(), tcp(server.address()), &["/1024"]);
        assert!(fetched.bodies(name)[0] == body(1024), "{name}");
    }
    // Without a clock, dates can be left out on demand.
    let mut host = TestHost { now: None, ..Default::default() };
    let settings = Settings { ignore_validity: true, ..trusting("self-ec.pem") };
    assert!(fetch(&settings, &mut host, tcp(server.address()), &["/1"]).bodies("no clock")[0] == body(1));
}
