//! Builds that leave AES to the device; the features that go with it stand in tests/all.sh.
#![cfg(feature = "aes-hook")]

mod common;

use std::mem::zeroed;
use std::ptr::{null, null_mut};

use common::aes;
use common::engine::{TestHost, fetch, tcp, tls12, trusting};
use common::servers::{self, body};
use espruino_tls::error::Error;
use espruino_tls::ffi::{etls_bytes, etls_config, etls_drop, etls_error_info, etls_host, etls_init, etls_size};

/// Whole connections, every record of them through the device's AES.
#[test]
fn fetches_through_the_hook() {
    for (entry, root) in [("rsa", "root-rsa.pem"), ("p256", "root-p256.pem")] {
        let server = servers::lighttpd("openssl", entry);
        for settings in [trusting(root), tls12(trusting(root))] {
            let before = aes::calls();
            let fetched = fetch(&settings, &mut TestHost::default(), tcp(server.address()), &["/102400"]);
            assert!(fetched.bodies(entry)[0] == body(102_400), "{entry}");
            let peer = fetched.peer.unwrap();
            assert!(peer.suite.contains("AES_128_GCM"), "{entry}: {}", peer.suite);
            assert!(aes::calls() - before > 102_400 / 16, "{entry}: {} calls", aes::calls() - before);
        }
    }
}

unsafe extern "C" fn random(_: *mut std::ffi::c_void, out: *mut u8, length: usize) -> i32 {
    // SAFETY: the library lends the bytes. What they are does not matter: nothing is sent.
    unsafe { std::ptr::write_bytes(out, 7, length) };
    0
}

/// The C ABI says before anything is sent that the function is missing.
#[test]
fn without_the_function_nothing_begins() {
    let name = b"localhost";
    // SAFETY: structures of integers and pointers that may be zero, as the header says; the rest as the header asks.
    unsafe {
        let mut config: etls_config = zeroed();
        config.insecure = 1;
        config.servername = etls_bytes { data: name.as_ptr(), length: name.len() };
        let mut host: etls_host = zeroed();
        host.random = Some(random);
        let mut memory = vec![0u8; etls_size(&config)];
        let (mut error, mut tls): (etls_error_info, _) = (zeroed(), null_mut());
        let mut init = |host: &etls_host, error: *mut etls_error_info| {
            etls_init(memory.as_mut_ptr().cast(), memory.len(), &config, host, &mut tls, error)
        };
        assert_eq!(init(&host, &mut error), -i32::from(Error::NoAes.number()));
        assert_eq!(error.number, i32::from(Error::NoAes.number()));
        let code: Vec<u8> = error.code.iter().map(|c| *c as u8).take_while(|c| *c != 0).collect();
        assert_eq!(code, b"ERR_MISSING_ARGS");
        host.aes128 = Some(aes::encrypt);
        assert_eq!(init(&host, null::<etls_error_info>().cast_mut()), 0);
        assert!(!tls.is_null());
        etls_drop(tls);
    }
}
