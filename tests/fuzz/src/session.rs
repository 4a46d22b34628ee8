//! Session strings, damaged and forged, and what the ClientHello makes of them. Their checksum and binding are skipped in
//! every other input.

use crate::client::Settings;
use crate::engine::{self, Connection};
use crate::host::FuzzHost;
use crate::input::Input;
use crate::settings::hello;
use std::cell::Cell;

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let mode = input.u8();
    let settings = Settings([input.u8(), input.u8(), input.u8(), 0]);
    let mut config = settings.config();
    config.session = input.0;
    engine::check(mode & 1 != 0);
    let lent = Cell::new(0);
    let mut host = FuzzHost::new(&lent);
    host.now = match mode >> 1 & 3 {
        0 => None,
        1 => Some(i64::MAX),
        2 => Some(0),
        _ => host.now,
    };
    let mut arena = vec![0; Connection::memory_needed(&config)];
    if let Ok(mut connection) = Connection::new(config, &mut host, &mut arena) {
        hello(&mut connection);
    }
    engine::check(true);
    assert_eq!(lent.get(), 0);
}
