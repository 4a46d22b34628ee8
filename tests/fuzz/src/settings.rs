//! The other texts that a user gives: names, pins, protocols. Whatever is accepted makes a ClientHello that can be read.

use crate::engine::{Config, Connection};
use crate::host::FuzzHost;
use crate::input::Input;
use crate::material;
use std::cell::Cell;

/// See the module. Bits of the first byte say which texts follow, each with its length in two bytes before it.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let mode = input.u8();
    let ca = [material::root_p256()];
    let mut config = Config { servername: b"localhost", ..Config::default() };
    if mode & 1 != 0 {
        config.servername = input.vector();
    }
    if mode & 2 != 0 {
        config.alpn = input.vector();
    }
    if mode & 4 != 0 {
        config.trust.fingerprint256 = input.vector();
    }
    if mode & 8 != 0 {
        config.trust.pinned_pub_key = input.vector();
    }
    match mode >> 4 & 3 {
        0 => config.trust.ca = &ca,
        1 => config.trust.insecure = true,
        _ => {}
    }
    if mode & 64 != 0 {
        (config.max_fragment, config.max_send) = (input.u16(), input.u16());
        (config.max_record, config.min_version, config.max_version) = (input.u16(), input.u16(), input.u16());
    }
    let lent = Cell::new(0);
    let mut host = FuzzHost::new(&lent);
    let mut arena = vec![0; Connection::memory_needed(&config)];
    if let Ok(mut connection) = Connection::new(config, &mut host, &mut arena) {
        hello(&mut connection);
    }
}

/// The ClientHello, which a strict reader (RFC 8446 §4.1.2) can read; its session_id.
pub fn hello(connection: &mut Connection) -> Vec<u8> {
    let mut slices = 0;
    while connection.work() {
        slices += 1;
        assert!(slices < 1000);
    }
    let mut buffer = [0; 4096];
    let n = connection.pull(&mut buffer);
    assert!(n > 50 && connection.pull(&mut [0; 64]) == 0, "a ClientHello of {n} bytes");
    let mut records = Input(&buffer[..n]);
    let mut message = Vec::new();
    while !records.is_empty() {
        assert_eq!(records.u8(), 22);
        assert!(matches!(records.u16(), 0x0301 | 0x0303));
        message.extend(records.vector());
    }
    let mut hello = Input(&message);
    assert_eq!(hello.u8(), 1);
    assert_eq!(usize::from(hello.u8()) << 16 | usize::from(hello.u16()), message.len() - 4);
    assert_eq!(hello.u16(), 0x0303);
    assert_eq!(hello.take(32).len(), 32);
    let id = hello.u8();
    let session_id = hello.take(id.into()).to_vec();
    assert!(id <= 32 && session_id.len() == usize::from(id));
    let suites = hello.vector();
    assert!(!suites.is_empty() && suites.len() % 2 == 0);
    assert_eq!((hello.u8(), hello.u8()), (1, 0), "compression");
    let mut extensions = Input(hello.vector());
    assert!(hello.is_empty(), "something follows the extensions");
    let mut seen = std::collections::HashSet::new();
    while !extensions.is_empty() {
        assert!(extensions.0.len() >= 4);
        assert!(seen.insert(extensions.u16()), "an extension comes twice");
        let announced = usize::from(extensions.0[0]) << 8 | usize::from(extensions.0[1]);
        assert_eq!(extensions.vector().len(), announced);
    }
    session_id
}
