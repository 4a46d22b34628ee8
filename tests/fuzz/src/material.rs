//! Certificates, keys and recordings that `tests/fuzz.rs` has put into `target/fuzz/material`: those of the other tests,
//! and what real servers said to [`crate::replay`].

use std::path::PathBuf;
use std::sync::OnceLock;

pub fn directory() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/fuzz");
    PathBuf::from(std::env::var_os("ETLS_FUZZ").unwrap_or(default.into())).join("material")
}

pub fn read(name: &str) -> Vec<u8> {
    let path = directory().join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; `cargo test --test fuzz` makes it", path.display()))
}

macro_rules! material {
    ($($name:ident $file:literal)*) => {
        $(pub fn $name() -> &'static [u8] {
            static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
            BYTES.get_or_init(|| read($file))
        })*
        /// The files that must be there.
        pub const FILES: &[&str] = &[$($file),*];
    };
}

material! {
    root_p256 "root-p256.pem"
    root_p384 "root-p384.pem"
    root_rsa "root-rsa.pem"
    root_old "root-old.pem"
    p256_chain "p256.chain.pem"
    p256_full "p256.full.pem"
    under_p384_chain "p256-under-p384.chain.pem"
    p384_chain "p384.chain.pem"
    rsa_chain "rsa.chain.pem"
    rsa4_chain "rsa4.chain.pem"
    rsa_pss_chain "rsa-pss-sha384.chain.pem"
    self_ec "self-ec.pem"
    root_p256_key "root-p256.key.pem"
    int_p256_key "int-p256.key.pem"
    client_chain "client.chain.pem"
    client_key "client.key.pem"
    client_rsa_chain "client-rsa.chain.pem"
    client_rsa_key "client-rsa.key.pem"
    client_rsa4096_chain "client-rsa4096.chain.pem"
    client_rsa4096_key "client-rsa4096.key.pem"
}

/// The certificates in a PEM text, as DER.
pub fn der(pem: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(pem);
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    blocks.map(|block| base64(block.split("-----END").next().unwrap())).collect()
}

/// The first block of a PEM text, as DER.
pub fn first_block(pem: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(pem);
    base64(text.split("-----").nth(2).unwrap())
}

fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| {
        Some(match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    let (mut bits, mut have, mut out) = (0u32, 0, Vec::new());
    for six in text.bytes().filter_map(value) {
        bits = bits << 6 | u32::from(six);
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    out
}

/// A certificate as PEM.
pub fn pem(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in der.chunks(48) {
        for three in line.chunks(3) {
            let bits = three.iter().chain([&0; 2]).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
            for digit in 0..4 {
                let six = bits >> (18 - 6 * digit) & 63;
                text.push(if digit > three.len() { '=' } else { DIGITS[six].into() });
            }
        }
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}
