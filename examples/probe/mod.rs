//! The parts of the program `tls_probe`, in the order in which they are used.
//!
//! - [`hello`]: a ClientHello made by hand and what a server answers in the clear
//! - [`scan`]: several of them, to find versions, cipher suites and groups
//! - [`engine`]: connections with the engine, as the device would make them
//! - [`chain`]: the server's certificates, taken apart on this computer
//! - [`cost`]: time and memory on a Pixl.js, from the benchmark's figures
//! - [`advice`]: what follows from all of it
//! - [`script`]: the JavaScript to paste
//! - [`report`]: all of it for people, and for machines

#![allow(dead_code)] // the program uses a part of it, its tests another

pub mod advice;
pub mod chain;
pub mod cost;
pub mod engine;
pub mod hello;
pub mod report;
pub mod scan;
pub mod script;
