//! The C ABI as a C program sees it: `tests/c/https_get.c`, compiled with all warnings against `include/` and the
//! static library, against a real server.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use common::pki::pki;
use common::servers::{self, Ending, body};

/// Builds the static library of the sources as they are, and a C program with it.
fn build(source: &str, name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = root.join("target/test-c").join(name);
    let output = common::command_with_cargo("bash")
        .arg(root.join("tests/c/build.sh"))
        .args([&root.join(source), &program])
        // what the library does with memory that C has lent is seen where it calls memcpy and the like, the rest by the
        // fuzz target abi, in which the library itself is instrumented
        .args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("tests/c/https_get.c", "https_get"))
}

fn https_get(port: u16, path: &str, fingerprint: &str) -> Output {
    Command::new(program()).args(["127.0.0.1", &port.to_string(), path, fingerprint]).output().unwrap()
}

#[test]
fn a_request_with_the_right_fingerprint() {
    let server = servers::lighttpd("openssl", "self-ec");
    for size in servers::SIZES {
        let fingerprint = pki().fingerprint("self-ec");
        let output = https_get(server.port, &format!("/{size}"), &fingerprint);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(output.stdout == body(size), "wrong body of {size} bytes");
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "TLSv1.3");
        assert!(lines[1].starts_with("TLS_AES_128_GCM_"), "{said}");
        assert_eq!(lines[2], "fragment 1024");
        assert_eq!(lines[3], format!("fingerprint {fingerprint}"));
        let peak: usize = lines[4].split(' ').nth(3).unwrap().parse().unwrap();
        assert!(peak > 1024, "{said}");
    }
}

#[test]
fn a_wrong_fingerprint_is_refused() {
    let server = servers::lighttpd("openssl", "self-ec");
    let output = https_get(server.port, "/1024", &pki().fingerprint("self-rsa"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty());
    assert!(said.starts_with("ERR_TLS_CERT_FINGERPRINT_MISMATCH: "), "{said}");
    // For a person to compare.
    assert!(said.contains(&format!("has the fingerprint {}\n", pki().fingerprint("self-ec"))), "{said}");
}

/// What `tests/c/abi.c` says about itself.
#[test]
fn wrong_arguments_do_no_harm() {
    let program = build("tests/c/abi.c", "abi");
    let output = Command::new(&program).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn configuration_errors_come_before_any_connection() {
    let output = https_get(1, "/", "not a fingerprint");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("ERR_INVALID_ARG_VALUE: "), "{said}");
    let output = https_get(1, "/", "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("ERR_TLS_NO_TRUST: "), "{said}");
}

#[test]
fn large_records_borrow_memory_and_give_it_back() {
    let server = servers::rustls("p256", Ending::CloseNotify);
    let output = https_get(server.port, "/102400", &pki().fingerprint("p256"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(output.stdout == body(102_400));
    assert!(said.contains("fragment 0\n"), "{said}");
}

#[test]
fn a_cut_connection_is_not_a_success() {
    let server = servers::rustls("p256", Ending::Cut);
    let output = https_get(server.port, "/1024", &pki().fingerprint("p256"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("ECONNRESET: "), "{said}");
}
