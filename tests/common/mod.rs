//! What the integration tests share. Real servers in `servers`, their certificates in `pki`, transports that misbehave
//! in `faulty`, the engine's side in `engine` (over `examples/common/client.rs`).
#![allow(dead_code)] // each test file uses a part of it

#[path = "../../examples/common/client.rs"]
pub mod client;
#[path = "../../examples/common/http.rs"]
pub mod http;

pub mod aes;
pub mod engine;
pub mod faulty;
#[cfg(all(feature = "aes256", feature = "tls13"))]
pub mod keylog;
pub mod pki;
#[cfg(all(feature = "aes256", feature = "tls13"))] // whose suites they know
pub mod secrets;
pub mod servers;
pub mod systems;

/// Most bytes that a connection has, with everything that is in this build and with pointers of 64 bits. The chip's own
/// budgets are in `tests/size/budgets` and `tests/chip.rs`.
pub const MEMORY: usize = 5760;

/// A command that runs cargo or something that runs cargo. What cargo tells this test about its package must not reach
/// it: some build scripts (ring's) look there, and everything would be built again, and again afterwards.
pub fn command_with_cargo(program: &str) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command.env("CARGO", env!("CARGO")).current_dir(env!("CARGO_MANIFEST_DIR"));
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text == "OUT_DIR" || text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(text);
        }
    }
    command
}

/// An example program, built from the sources as they are.
pub fn example(name: &str) -> std::path::PathBuf {
    example_with(name, &[])
}

/// The same with more options for cargo.
pub fn example_with(name: &str, options: &[&str]) -> std::path::PathBuf {
    let output = command_with_cargo(env!("CARGO"))
        .args(["build", "--example", name, "--message-format=json-render-diagnostics"])
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let executable = messages.lines().rev().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(std::path::PathBuf::from(message["executable"].as_str()?))
    });
    executable.expect("cargo names the program it built")
}
