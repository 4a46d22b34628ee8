//! A short run of every fuzz target (`tests/fuzz`) by a fixed seed, without libFuzzer. What the targets begin with comes
//! from here: the tests' certificates, and connections with real servers that are recorded. `make fuzz` runs longer.

mod common;

use common::command_with_cargo;
use common::pki::pki;
use common::servers::{self, Ending, SIZES};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Mutations of each target's seeds.
const EXECUTIONS: usize = 1500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a run of the program said; it must have succeeded.
fn run(program: &mut Command) -> String {
    let output = program.output().unwrap_or_else(|e| panic!("{program:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// The program of tests/fuzz/src/bin/fixed.rs, with the material it needs.
fn fixed() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        assert!(SIZES.contains(&1024), "the targets ask for this body");
        let mut cargo = command_with_cargo(env!("CARGO"));
        cargo.args(["build", "--bin", "fixed", "--manifest-path", "tests/fuzz/Cargo.toml"]);
        run(cargo.args(["--target-dir", "target/fuzz/build"]).env("RUSTFLAGS", "--cfg fuzzing"));
        let program = root().join("target/fuzz/build/debug/fixed");
        let material = root().join("target/fuzz/material");
        fs::create_dir_all(&material).unwrap();
        for file in run(Command::new(&program).arg("files")).lines() {
            fs::write(material.join(file), pki().read(file)).unwrap();
        }
        for (number, recording) in run(Command::new(&program).arg("recordings")).lines().enumerate() {
            let (entry, flags) = recording.split_once(' ').unwrap();
            let (rustls, openssl);
            let port = if flags.is_empty() {
                rustls = servers::rustls(entry, Ending::CloseNotify);
                rustls.address().port()
            } else {
                let ca = pki().path("root-p256.pem");
                let mut flags: Vec<&str> = flags.split(' ').collect();
                flags.extend(["-CAfile", ca.to_str().unwrap()]);
                openssl = servers::openssl_www(entry, &flags);
                openssl.port
            };
            run(Command::new(&program).args(["record", &number.to_string(), &port.to_string()]));
        }
        program
    })
}

/// Every target keeps what it asserts.
#[test]
fn every_target_for_a_while() {
    let said = run(Command::new(fixed()).args(["run", &EXECUTIONS.to_string(), "1"]));
    println!("{said}");
    assert_eq!(said.lines().filter(|line| line.contains(&format!(" {EXECUTIONS} executions"))).count(), 8);
}

/// Messages out of order behind the record protection, floods, lengths of 2^24, chains without end: tests/fuzz/src/hostile.rs
/// says what is tried.
#[test]
fn hostile_servers() {
    let said = run(Command::new(fixed()).arg("hostile"));
    println!("{said}");
    assert_eq!(said.lines().filter(|line| line.split(' ').next().is_some_and(|n| n.parse() != Ok(0))).count(), 5);
}

/// HTTP answers for js/https.js, in node.
#[test]
fn https_answers() {
    let said = run(Command::new("node").arg(root().join("tests/fuzz/https_answers.js")).args(["15000", "1"]));
    assert!(said.starts_with("https.js 15000 executions"), "{said}");
}

/// What `make fuzz` begins with: for libFuzzer, in a folder for each target.
#[test]
fn seeds() {
    let corpus = root().join("target/fuzz/seeds");
    run(Command::new(fixed()).arg("seeds").arg(&corpus));
    for target in fs::read_dir(&corpus).unwrap() {
        assert!(fs::read_dir(target.unwrap().path()).unwrap().count() >= 8);
    }
}
