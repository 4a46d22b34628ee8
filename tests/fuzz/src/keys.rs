//! Private keys, DER and PEM, P-256 and RSA, and signatures with them.

use crate::engine::{Config, Connection, client_identity, rsa_key};
use crate::host::FuzzHost;
use crate::input::Input;
use crate::material;
use crate::settings::hello;
use std::cell::Cell;

/// See the module. The first byte says which certificate goes with the key.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let mode = input.u8();
    let key = input.0;
    let _ = client_identity::private_key(key, &mut [0; 32]);
    let _ = rsa_key::has_modulus(key, &[1; 256]);
    let mut config = Config { servername: b"localhost", slices: mode & 4 != 0, key, ..Config::default() };
    config.trust.insecure = true;
    config.cert = match mode & 3 {
        0 => material::client_chain(),
        1 => material::client_rsa_chain(),
        2 => material::client_rsa4096_chain(),
        _ => key,
    };
    let lent = Cell::new(0);
    let mut host = FuzzHost::new(&lent);
    let mut arena = vec![0; Connection::memory_needed(&config)];
    if let Ok(mut connection) = Connection::new(config, &mut host, &mut arena) {
        hello(&mut connection);
    }
}
