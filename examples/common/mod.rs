//! What the example programs and the tests share: a host for the engine, a driver for its bytes, HTTP/1.1.
#![allow(dead_code)] // each program uses a part of it

pub mod client;
pub mod http;
