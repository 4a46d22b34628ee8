//! What a server's key log (NSS's format, `openssl s_server -keylogfile`) says, and the keys that follow from it: for
//! records that no honest server sends, and for looking whether a secret was left somewhere.

use std::collections::HashMap;
use std::path::Path;

use espruino_tls::crypto::AeadAlgorithm;
use espruino_tls::record::traffic_key::TrafficKey;
use espruino_tls::schedule::hkdf13;
use espruino_tls::schedule::prf12::MasterSecret;
use espruino_tls::schedule::prf12::Randoms;
use espruino_tls::schedule::suite_hash::{Output, SuiteHash};

/// The secrets of a log, by label.
pub fn read(file: &Path) -> HashMap<String, Vec<u8>> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut secrets = HashMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (label, _, secret) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        secrets.insert(label.to_string(), hex(secret));
    }
    secrets
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// A master secret.
pub fn master(secret: &[u8]) -> MasterSecret {
    let mut master = MasterSecret::NONE;
    master.set(secret);
    master
}

/// Both sides' keys of a connection with TLS 1.2: the client's, the server's.
pub fn keys12(master: &MasterSecret, randoms: &Randoms, hash: SuiteHash, aead: AeadAlgorithm) -> [TrafficKey; 2] {
    let (mut client, mut server) = (None, None);
    TrafficKey::blank(aead, false, &mut client);
    TrafficKey::blank(aead, false, &mut server);
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    master.key_block(hash, randoms, &mut client, &mut server);
    [client, server]
}

/// The keys that follow from a traffic secret of TLS 1.3.
pub fn keys13(secret: &[u8], hash: SuiteHash, aead: AeadAlgorithm) -> TrafficKey {
    let mut output = Output::new(hash);
    output.copy_from_slice(secret);
    let mut place = None;
    hkdf13::protect(hash, &output, aead, &mut place);
    place.unwrap()
}

/// The randoms of a recorded connection whose first messages were ClientHello and ServerHello.
pub fn randoms(from_client: &[u8], from_server: &[u8]) -> Randoms {
    let random = |stream: &[u8]| stream[5 + 4 + 2..][..32].try_into().unwrap();
    Randoms { client: random(from_client), server: random(from_server) }
}

/// ClientHello.random of the log's last connection.
pub fn client_random(file: &Path) -> [u8; 32] {
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().rfind(|line| !line.starts_with('#')).unwrap();
    hex(line.split(' ').nth(1).unwrap()).try_into().unwrap()
}
