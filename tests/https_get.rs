//! The example program `https_get` as a user runs it: what is on stdout, what on stderr, and the exit status.

mod common;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use common::pki::pki;
use common::servers::{self, Ending, body};

/// The program, built from the sources as they are.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| common::example("https_get"))
}

fn https_get(args: &[&str]) -> Output {
    Command::new(program()).args(args).output().unwrap()
}

/// Exit status, stdout, stderr.
fn outcome(args: &[&str]) -> (i32, Vec<u8>, String) {
    let output = https_get(args);
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap_or_else(|| panic!("{args:?}: {said}")), output.stdout, said)
}

fn file(name: &str) -> String {
    pki().path(name).to_str().unwrap().to_string()
}

#[test]
fn a_page_over_a_chain_of_three_rsa_certificates() {
    let server = servers::openssl("rsa3", &["-www", "-tls1_2"]);
    let url = format!("https://127.0.0.1:{}/", server.port);
    let (status, page, said) = outcome(&[&url, "--ca", &file("root-rsa4096.pem")]);
    assert_eq!(status, 0, "{said}");
    let page = String::from_utf8(page).unwrap();
    assert!(page.starts_with("<HTML>") && page.contains("Cipher"), "{page}");
    let fingerprint = format!("fingerprint {}\n", pki().fingerprint("rsa3"));
    for expected in ["TLSv1.2 TLS_ECDHE_RSA_", "fragment 1024\n", &fingerprint, "trusted by ", "engine memory "] {
        assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
    }
}

#[test]
fn the_body_alone_is_on_stdout() {
    let server = servers::lighttpd("openssl", "self-ec");
    let own = pki().fingerprint("self-ec");
    let other = pki().fingerprint("self-rsa");
    let pin = pki().pin("self-ec");
    let ca = file("self-ec.pem");
    for size in servers::SIZES {
        let url = format!("https://localhost:{}/{size}", server.port);
        for trust in [
            &["--fingerprint", &own] as &[&str],
            &["--fingerprint", &other, "--fingerprint", &own],
            &["--pin", &pin],
            &["--ca", &ca],
            &["--ca", &ca, "--pin", &pin, "--max-fragment", "512", "--verbose"],
            &["--insecure"],
        ] {
            let (status, page, said) = outcome(&[&[url.as_str()], trust].concat());
            assert_eq!(status, 0, "{trust:?}: {said}");
            assert!(page == body(size), "{trust:?}");
        }
    }
}

#[test]
fn no_trust_no_output() {
    let server = servers::lighttpd("openssl", "self-ec");
    let url = format!("https://localhost:{}/1024", server.port);
    let (fingerprint, pin, ca) = (pki().fingerprint("rsa"), pki().pin("rsa"), file("root-rsa.pem"));
    for (args, expected, code) in [
        (&[] as &[&str], 2, "ERR_TLS_NO_TRUST: "),
        (&["--fingerprint", &fingerprint], 1, "ERR_TLS_CERT_FINGERPRINT_MISMATCH: "),
        (&["--pin", &pin], 1, "ERR_TLS_PINNED_KEY_MISMATCH: "),
        (&["--ca", &ca], 1, "DEPTH_ZERO_SELF_SIGNED_CERT: "),
    ] {
        let (status, page, said) = outcome(&[&[url.as_str()], args].concat());
        assert_eq!(status, expected, "{args:?}: {said}");
        assert!(page.is_empty() && said.contains(code) && said.contains(". "), "{args:?}: {said}");
    }
}

#[test]
fn an_incomplete_body_is_no_success() {
    let server = servers::node("p256");
    let ca = file("root-p256.pem");
    let (status, page, said) = outcome(&[&format!("https://localhost:{}/cut/102400", server.port), "--ca", &ca]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("ECONNRESET: ") && body(102_400).starts_with(&page), "{said}");

    // A length is enough to know that it is complete, even if the server forgets its goodbye.
    let server = servers::rustls("p256", Ending::Cut);
    let (status, page, said) = outcome(&[&format!("https://localhost:{}/1024", server.port), "--ca", &ca]);
    assert_eq!(status, 0, "{said}");
    assert!(page == body(1024));
}

#[test]
fn an_error_page_is_printed_and_is_no_success() {
    let server = servers::node("p256");
    let url = format!("https://localhost:{}/nothing", server.port);
    let (status, page, said) = outcome(&[&url, "--ca", &file("root-p256.pem")]);
    assert_eq!((status, page.as_slice()), (22, b"not here\n".as_slice()), "{said}");
    assert!(said.contains("404"), "{said}");
}

#[test]
fn nobody_listens() {
    // The client's end of a connection: nobody listens there, and nobody else can take the port meanwhile.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let occupied = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let port = occupied.local_addr().unwrap().port();
    let (status, page, said) = outcome(&[&format!("https://127.0.0.1:{port}/"), "--insecure"]);
    assert_eq!(status, 1);
    assert!(page.is_empty() && said.starts_with("ECONNREFUSED: "), "{said}");
}

#[test]
fn wrong_usage() {
    let url = "https://127.0.0.1:1/";
    for (args, expected) in [
        (&[] as &[&str], "which URL?"),
        (&["http://127.0.0.1/", "--insecure"], "https://"),
        (&[url, url], "only one URL"),
        (&[url, "--frobnicate"], "--frobnicate"),
        (&[url, "--ca"], "--ca needs a value"),
        (&[url, "--ca", "/no/such/file.pem"], "/no/such/file.pem"),
        (&[url, "--insecure=yes"], "takes no value"),
        (&[url, "--insecure", "--max-fragment", "many"], "many"),
        (&[url, "--insecure", "--max-fragment", "1000"], "ERR_OUT_OF_RANGE: "),
        (&[url, "--fingerprint", "AB:CD"], "ERR_INVALID_ARG_VALUE: "),
    ] {
        let (status, page, said) = outcome(args);
        assert_eq!(status, 2, "{args:?}: {said}");
        assert!(page.is_empty() && said.contains(expected), "{args:?}: {said}");
    }
    let (status, help, _) = outcome(&["--help"]);
    let help = String::from_utf8(help).unwrap();
    assert!(status == 0 && help.starts_with("usage: "));
    assert!(help.contains("EC on P-256 or RSA of 2048 bits"), "{help}");
}
