//! The secrets of a connection, and the search for what is left of them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use espruino_tls::crypto::AeadAlgorithm;
use espruino_tls::schedule::prf12::Randoms;
use espruino_tls::schedule::suite_hash::SuiteHash;

use super::keylog;
use super::pki::pki;

/// What `openssl` prints, given this on its standard input.
pub fn openssl(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("openssl");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The numbers under these names in `openssl pkey -text`.
fn private_numbers(key: &str, names: &[&str]) -> Vec<(String, Vec<u8>)> {
    let text = openssl(&["pkey", "-noout", "-text"], &pki().read(&format!("{key}.key.pem")));
    let (mut numbers, mut current): (Vec<(String, Vec<u8>)>, bool) = (Vec::new(), false);
    for line in String::from_utf8(text).unwrap().lines() {
        if let Some(digits) = line.strip_prefix("    ") {
            if current {
                let number = &mut numbers.last_mut().unwrap().1;
                number.extend(digits.split(':').filter(|d| !d.is_empty()).map(|d| u8::from_str_radix(d, 16).unwrap()));
            }
        } else {
            let name = line.trim_end_matches(':');
            current = names.contains(&name);
            if current {
                numbers.push((format!("{key} {name}"), Vec::new()));
            }
        }
    }
    assert_eq!(numbers.len(), names.len());
    numbers
}

/// The secrets of a connection that its server has written to a log, by name. `from_server`: the bytes that came.
pub fn of_connection(log: &Path, from_server: &[u8], aead: AeadAlgorithm) -> Vec<(String, Vec<u8>)> {
    let mut secrets = Vec::new();
    let logged = keylog::read(log);
    let mut add_keys = |name: &str, key: &[u8]| {
        secrets.push((format!("{name} key"), key.to_vec()));
        if aead != AeadAlgorithm::ChaCha20Poly1305 {
            let cipher = if key.len() == 16 { "-aes-128-ecb" } else { "-aes-256-ecb" };
            let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
            let subkey = openssl(&["enc", cipher, "-K", &hex, "-nopad"], &[0; 16]);
            secrets.push((format!("{name} subkey"), subkey));
        }
    };
    if let Some(master) = logged.get("CLIENT_RANDOM") {
        let client = keylog::client_random(log);
        let randoms = Randoms { client, server: from_server[5 + 4 + 2..][..32].try_into().unwrap() };
        let hash = if aead == AeadAlgorithm::Aes256Gcm { SuiteHash::SHA384 } else { SuiteHash::SHA256 };
        let [mut client, mut server] = keylog::keys12(&keylog::master(master), &randoms, hash, aead);
        add_keys("client", client.key());
        add_keys("server", server.key());
    }
    for (name, secret) in &logged {
        if name.contains("TRAFFIC") {
            let hash = if secret.len() == 48 { SuiteHash::SHA384 } else { SuiteHash::SHA256 };
            add_keys(name, keylog::keys13(secret, hash, aead).key());
        }
    }
    secrets.extend(logged.iter().filter(|(name, _)| !name.contains("EXPORTER")).map(|(n, s)| (n.clone(), s.clone())));
    secrets
}

/// Where in the bytes a part of the secret lies, as it is or from its other end.
pub fn find(haystack: &[u8], secret: &[u8]) -> Option<usize> {
    const PART: usize = 12;
    let reversed: Vec<u8> = secret.iter().rev().copied().collect();
    for secret in [secret, &reversed] {
        for part in secret.windows(PART).step_by(4) {
            if let Some(at) = haystack.windows(PART).position(|window| window == part) {
                return Some(at);
            }
        }
    }
    None
}

/// The client's private key.
pub fn of_client(key: &str) -> Vec<(String, Vec<u8>)> {
    match key {
        "client-rsa" => private_numbers(key, &["prime1", "prime2", "exponent1", "exponent2"]),
        _ => private_numbers(key, &["priv"]),
    }
}
