//! What the integration tests share. Real servers in `servers`, their certificates in `pki`, transports that misbehave
//! in `faulty`, the engine's side in `engine` (over `examples/common/client.rs`).
#![allow(dead_code)] // each test file uses a part of it

#[path = "../../examples/common/client.rs"]
pub mod client;
#[path = "../../examples/common/http.rs"]
pub mod http;

pub mod engine;
pub mod faulty;
pub mod pki;
pub mod servers;
