//! Texts of certificates, as `ca` and as our own: PEM with whatever is around it, or DER.

use crate::engine::{Connection, client_identity};
use crate::host::FuzzHost;
use crate::input::Input;
use crate::settings::hello;
use crate::{engine, material};
use std::cell::Cell;

/// See the module. The first byte says what the text is.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let mode = input.u8();
    let text = input.0;
    let half = text.split_at(text.len() / 2);
    let (one, two) = ([text], [half.0, half.1]);
    let mut config = engine::Config { servername: b"localhost", slices: mode & 16 != 0, ..engine::Config::default() };
    match mode & 3 {
        0 => config.trust.ca = &one,
        1 => config.trust.ca = &two,
        2 => {
            config.trust.insecure = true;
            (config.cert, config.key) = (text, material::client_key());
        }
        _ => {
            config.trust.insecure = true;
            (config.cert, config.key) = (text, material::client_rsa_key());
        }
    }
    let lent = Cell::new(0);
    let mut host = FuzzHost::new(&lent);
    let mut arena = vec![0; Connection::memory_needed(&config)];
    if let Ok(mut connection) = Connection::new(config, &mut host, &mut arena) {
        hello(&mut connection);
    }
    if mode & 2 != 0 {
        windows(text, mode & 4 != 0);
    }
}

/// Our Certificate message is written through windows: all of them together are the whole.
fn windows(text: &[u8], tls13: bool) {
    let mut count = client_identity::Window::new(0, &mut []);
    if client_identity::write_certificates(text, tls13, &mut count).is_err() {
        return;
    }
    let total = count.len();
    assert!(total <= 2 * text.len() + 16, "{total} bytes of {}", text.len());
    let mut whole = vec![0; total];
    assert!(client_identity::write_certificates(text, tls13, &mut client_identity::Window::new(0, &mut whole)).is_ok());
    let mut pieces = Vec::new();
    for from in (0..total).step_by(97) {
        let mut piece = vec![0; 97.min(total - from)];
        assert!(
            client_identity::write_certificates(text, tls13, &mut client_identity::Window::new(from, &mut piece))
                .is_ok()
        );
        pieces.extend(piece);
    }
    assert!(pieces == whole);
}
