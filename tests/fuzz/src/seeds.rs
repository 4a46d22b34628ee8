//! What the targets begin with: handshakes written by hand around real certificates, and the tests' certificates, keys
//! and settings. A seed that should lead somewhere is checked to get there.

use crate::client::{self, Settings};
use crate::engine::{self, Connection};
use crate::input::vector;
use crate::material::{self, der, first_block};
use crate::settings::hello;
use crate::{abi, certificates};
use std::cell::Cell;
use std::sync::OnceLock;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// A point of the group: its generator.
fn point(group: u16) -> Vec<u8> {
    match group {
        23 => hex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
             4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
        24 => hex("04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7\
             3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"),
        _ => [&[9][..], &[0; 31]].concat(),
    }
}

fn vec8(bytes: &[u8]) -> Vec<u8> {
    [&[bytes.len() as u8][..], bytes].concat()
}

fn vec16(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    vector(&mut out, bytes);
    out
}

fn vec24(bytes: &[u8]) -> Vec<u8> {
    [&[(bytes.len() >> 16) as u8][..], &vec16(bytes)].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &vec24(body)].concat()
}

fn extension(number: u16, body: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &vec16(body)].concat()
}

fn server_hello(random: &[u8], session_id: &[u8], suite: u16, extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = vec16(&extensions.concat());
    message(2, &[&[3, 3], random, &vec8(session_id), &suite.to_be_bytes(), &[0], &extensions].concat())
}

/// A session as `src/session.rs` writes it.
fn session(version: u16, suite: u16, flags: u8, secret: usize, ticket: &[u8]) -> Vec<u8> {
    let mut out = vec![1, flags];
    out.extend(version.to_be_bytes());
    out.extend(suite.to_be_bytes());
    out.extend([4, secret as u8]); // trusted by a CA
    out.extend([0; 8]); // when it was made: unknown
    out.extend(7200u32.to_be_bytes());
    out.extend([9; 4]);
    out.extend([0; 16]); // the binding
    out.extend([5; 32]);
    out.extend([7; 48]);
    out.extend(ticket);
    out.extend([0; 8]);
    out
}

pub fn session12_ticket() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| session(0x0303, 0xc02b, 1, 48, &[0x77; 60]))
}

pub fn session12_id() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| session(0x0303, 0xc02b, 3, 48, &[0x78; 32]))
}

pub fn session13() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| session(0x0304, 0x1301, 0, 32, &[0x79; 100]))
}

/// The session_id of the ClientHello with these settings.
fn session_id(settings: Settings) -> Vec<u8> {
    engine::check(false);
    let lent = Cell::new(0);
    let mut host = settings.host(&lent);
    let config = settings.config();
    let mut arena = vec![0; Connection::memory_needed(&config)];
    let mut connection = Connection::new(config, &mut host, &mut arena).expect("a good configuration");
    let id = hello(&mut connection);
    engine::check(true);
    id
}

/// A handshake, message by message.
struct Script {
    settings: Settings,
    frames: Vec<u8>,
}

impl Script {
    fn new(settings: [u8; 4]) -> Self {
        Script { settings: Settings(settings), frames: [&settings[..], &[0]].concat() }
    }

    fn frame(&mut self, kind: u8, content: &[u8]) -> &mut Self {
        self.frames.push(kind);
        vector(&mut self.frames, content);
        self
    }

    fn plain(&mut self, content: &[u8]) -> &mut Self {
        self.frame(22, content)
    }

    /// A handshake message in TLS 1.3's protected form.
    fn inner(&mut self, content: &[u8]) -> &mut Self {
        self.frame(0x80 | 22, content)
    }

    fn server_hello12(&mut self, suite: u16, session_id: &[u8], ticket: bool) -> &mut Self {
        let mut extensions = vec![extension(0xff01, &[0]), extension(23, &[]), extension(11, &[1, 0])];
        if ticket {
            extensions.push(extension(35, &[]));
        }
        if self.settings.0[1] & 1 != 0 {
            extensions.push(extension(16, &vec16(&vec8(b"http/1.1"))));
        }
        if self.settings.0[1] >> 1 & 3 == 1 {
            extensions.push(extension(1, &[2]));
        }
        self.plain(&server_hello(&[0x33; 32], session_id, suite, &extensions))
    }

    fn certificate12(&mut self, chain: &[u8]) -> &mut Self {
        let list: Vec<u8> = der(chain).iter().flat_map(|c| vec24(c)).collect();
        self.plain(&message(11, &vec24(&list)))
    }

    fn key_exchange(&mut self, group: u16, scheme: u16) -> &mut Self {
        let [high, low] = group.to_be_bytes();
        let share = vec8(&point(group));
        let signature = vec16(&[0x30; 70]);
        self.plain(&message(12, &[&[3, high, low], &share[..], &scheme.to_be_bytes(), &signature].concat()))
    }

    fn end12(&mut self, ticket: bool, request: bool) -> &mut Self {
        if request {
            self.plain(&message(13, &[&vec8(&[64, 1]), &vec16(&[4, 3, 4, 1, 8, 4])[..], &vec16(&[])].concat()));
        }
        self.plain(&message(14, &[]));
        self.accept12(ticket)
    }

    fn accept12(&mut self, ticket: bool) -> &mut Self {
        if ticket {
            self.plain(&message(4, &[&[0, 0, 28, 32][..], &vec16(&[0x55; 80])].concat()));
        }
        self.frame(20, &[1]).plain(&message(20, &[0; 12]))
    }

    fn data12(&mut self) -> &mut Self {
        self.frame(23, b"some data").frame(23, &[b'x'; 1000]).frame(21, &[1, 0])
    }

    fn server_hello13(&mut self, suite: u16, group: u16, psk: bool) -> &mut Self {
        let share = [&group.to_be_bytes()[..], &vec16(&point(group))].concat();
        let mut extensions = vec![extension(43, &[3, 4]), extension(51, &share)];
        if psk {
            extensions.push(extension(41, &[0, 0]));
        }
        let id = session_id(self.settings);
        self.plain(&server_hello(&[0x33; 32], &id, suite, &extensions))
    }

    fn retry(&mut self, suite: u16, group: u16) -> &mut Self {
        let random = hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
        let extensions =
            vec![extension(43, &[3, 4]), extension(51, &group.to_be_bytes()), extension(44, &vec16(&[0xcc; 40]))];
        let id = session_id(self.settings);
        self.plain(&server_hello(&random, &id, suite, &extensions))
    }

    fn encrypted_extensions(&mut self) -> &mut Self {
        let mut extensions = extension(0, &[]);
        if self.settings.0[1] & 1 != 0 {
            extensions.extend(extension(16, &vec16(&vec8(b"http/1.1"))));
        }
        self.inner(&message(8, &vec16(&extensions)))
    }

    fn certificate13(&mut self, chain: &[u8], scheme: u16, request: bool) -> &mut Self {
        if request {
            let schemes = extension(13, &vec16(&[4, 3, 8, 4]));
            self.inner(&message(13, &[&[0][..], &vec16(&schemes)].concat()));
        }
        let list: Vec<u8> = der(chain).iter().flat_map(|c| [vec24(c), vec![0, 0]].concat()).collect();
        self.inner(&message(11, &[&[0][..], &vec24(&list)].concat()));
        self.inner(&message(15, &[&scheme.to_be_bytes()[..], &vec16(&[0x30; 70])].concat()))
    }

    fn end13(&mut self, hash: usize) -> &mut Self {
        self.inner(&message(20, &vec![0; hash]))
    }

    fn data13(&mut self) -> &mut Self {
        let ticket = [&[0, 0, 28, 32, 1, 2, 3, 4][..], &vec8(&[0, 1]), &vec16(&[0x55; 90]), &vec16(&[])].concat();
        self.inner(&message(4, &ticket))
            .inner(&message(24, &[1]))
            .frame(0x97, b"some data")
            .frame(0x97, &[b'x'; 1000])
            .frame(0x95, &[1, 0])
    }

    fn done(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.frames)
    }
}

/// Settings that trust the tests' roots, for each version.
const V12: u8 = 2;
const V13: u8 = 2 | 4;
const KEEP: u8 = 16;
const EC_CLIENT: u8 = 32;
const RSA_CLIENT: u8 = 64;

fn scripts() -> Vec<Vec<u8>> {
    let (p256, rsa) = (material::p256_chain(), material::rsa_chain());
    let s = Script::new;
    vec![
        s([V12, 2, 0, 0])
            .server_hello12(0xc02b, &[], false)
            .certificate12(p256)
            .key_exchange(23, 0x0403)
            .end12(false, false)
            .data12()
            .done(),
        s([V12 | KEEP, 3, 0, 0])
            .server_hello12(0xc030, &[4; 32], true)
            .certificate12(rsa)
            .key_exchange(29, 0x0804)
            .end12(true, false)
            .data12()
            .done(),
        s([KEEP, 2, 0, 0])
            .server_hello12(0xcca9, &[4; 32], false)
            .certificate12(material::self_ec())
            .key_exchange(24, 0x0403)
            .end12(false, false)
            .data12()
            .done(),
        s([V12 | EC_CLIENT, 2, 0, 0])
            .server_hello12(0xc02b, &[], false)
            .certificate12(material::under_p384_chain())
            .key_exchange(23, 0x0403)
            .end12(false, true)
            .data12()
            .done(),
        s([V12 | RSA_CLIENT, 2, 0, 0])
            .server_hello12(0xc02f, &[], false)
            .certificate12(material::rsa4_chain())
            .key_exchange(23, 0x0401)
            .end12(false, true)
            .data12()
            .done(),
        s([V12 | KEEP, 2, 0, 1])
            .server_hello12(0xc02b, &session_id(Settings([V12 | KEEP, 2, 0, 1])), true)
            .accept12(true)
            .data12()
            .done(),
        s([V12 | KEEP, 2, 0, 2]).server_hello12(0xc02b, &[0x78; 32], false).accept12(false).data12().done(),
        s([V13 | KEEP, 2, 0, 0])
            .server_hello13(0x1301, 23, false)
            .encrypted_extensions()
            .certificate13(p256, 0x0403, false)
            .end13(32)
            .data13()
            .done(),
        s([V13, 3, 0, 0])
            .server_hello13(0x1302, 23, false)
            .encrypted_extensions()
            .certificate13(rsa, 0x0804, false)
            .end13(48)
            .data13()
            .done(),
        s([V13, 2, 0, 0])
            .retry(0x1303, 24)
            .frame(20, &[1])
            .server_hello13(0x1303, 24, false)
            .encrypted_extensions()
            .certificate13(material::p384_chain(), 0x0503, false)
            .end13(32)
            .data13()
            .done(),
        s([V13 | EC_CLIENT, 2, 0, 0])
            .server_hello13(0x1301, 23, false)
            .encrypted_extensions()
            .certificate13(p256, 0x0403, true)
            .end13(32)
            .data13()
            .done(),
        s([V13 | RSA_CLIENT, 2, 0, 0])
            .server_hello13(0x1301, 23, false)
            .encrypted_extensions()
            .certificate13(rsa, 0x0804, true)
            .end13(32)
            .data13()
            .done(),
        s([V13 | KEEP, 2, 0, 3]).server_hello13(0x1301, 23, true).encrypted_extensions().end13(32).data13().done(),
        s([8, 16, 200, 0])
            .server_hello13(0x1301, 23, false)
            .encrypted_extensions()
            .certificate13(material::self_ec(), 0x0403, false)
            .end13(32)
            .frame(0x97, &[b'y'; 9000])
            .data13()
            .done(),
        // not a TLS server
        s([V13, 0, 0, 0]).frame(0, b"HTTP/1.1 400 Bad Request\r\n\r\n").done(),
        s([V13, 0, 0, 0]).frame(21, &[2, 40]).done(),
    ]
}

/// Handshakes; each but the last two gets to the end when nothing is checked.
pub fn client() -> Vec<Vec<u8>> {
    let seeds = scripts();
    if cfg!(fuzzing) {
        for (i, seed) in seeds.iter().enumerate().take(seeds.len() - 2) {
            let outcome = client::outcome(seed).expect("a good configuration");
            assert!(outcome.was_open && outcome.error.is_none(), "seed {i}: {:?}", outcome.error);
            assert!(outcome.plain.len() > 1000, "seed {i}: {} bytes", outcome.plain.len());
        }
    }
    seeds
}

/// The same handshakes between calls of the C ABI.
pub fn abi() -> Vec<Vec<u8>> {
    scripts().into_iter().enumerate().map(|(i, seed)| abi::seed(&seed, i as u64)).collect()
}

pub fn certificates() -> Vec<Vec<u8>> {
    let chains: &[(&[u8], &[u8])] = &[
        (material::p256_chain(), material::root_p256()),
        (material::under_p384_chain(), material::root_p384()),
        (material::p384_chain(), material::root_p384()),
        (material::rsa_chain(), material::root_rsa()),
        (material::rsa4_chain(), material::root_old()),
        (material::rsa_pss_chain(), material::root_rsa()),
        (material::self_ec(), material::self_ec()),
    ];
    let mut seeds = Vec::new();
    for (i, (chain, root)) in chains.iter().enumerate() {
        for mode in [0, 8] {
            let mut seed = vec![mode | 64, 0, 3];
            vector(&mut seed, &der(root)[0]);
            der(chain).iter().for_each(|certificate| vector(&mut seed, certificate));
            assert!(certificates::is_accepted(&seed), "chain {i}");
            seeds.push(seed);
        }
        let mut seed = vec![1, 0, 3];
        der(chain).iter().for_each(|certificate| vector(&mut seed, certificate));
        assert!(certificates::is_accepted(&seed), "chain {i}");
        seeds.push(seed);
    }
    let mut seed = vec![128, 0, 9];
    vector(&mut seed, material::root_rsa());
    vector(&mut seed, material::root_p256());
    der(material::p256_full()).iter().for_each(|certificate| vector(&mut seed, certificate));
    assert!(certificates::is_accepted(&seed), "PEM");
    seeds.push(seed);
    seeds
}

fn with_mode(mode: u8, text: &[u8]) -> Vec<u8> {
    [&[mode][..], text].concat()
}

pub fn pem() -> Vec<Vec<u8>> {
    let (chain, rsa) = (material::client_chain(), material::client_rsa_chain());
    let both = [b"words before\n", material::root_p256(), b"\n\r\n", material::root_rsa()].concat();
    let mut seeds = vec![with_mode(0, &both), with_mode(1, &both)];
    for (mode, text) in [(2, chain), (6, chain), (3, rsa), (7, rsa)] {
        seeds.push(with_mode(mode, text));
        seeds.push(with_mode(mode, &der(text).concat()));
    }
    seeds.push(with_mode(0, &der(material::root_p256()).concat()));
    seeds.push(with_mode(2, &[material::client_key(), chain].concat()));
    seeds
}

pub fn keys() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let pairs = [(0, material::client_key()), (1, material::client_rsa_key()), (2, material::client_rsa4096_key())];
    for (mode, key) in pairs {
        seeds.push(with_mode(mode, key));
        let key = first_block(key);
        seeds.push(with_mode(mode, &key));
        // SEC 1 and PKCS #1 lie in PKCS #8 after its version, its algorithm and a header
        for at in 20..40 {
            if key.get(at) == Some(&0x30) {
                seeds.push(with_mode(mode, &key[at..]));
            }
        }
    }
    seeds.push(with_mode(3, &[material::client_key(), material::client_chain()].concat()));
    seeds
}

pub fn session_strings() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (version, session) in [(V12, session12_ticket()), (V12, session12_id()), (V13, session13()), (10, session13())]
    {
        for mode in [0, 2, 4, 6] {
            seeds.push([&[mode, version | KEEP, 3, 0][..], session].concat());
        }
    }
    seeds
}

pub fn settings() -> Vec<Vec<u8>> {
    let fingerprint = "AB:".repeat(32);
    let pin = format!("sha256//{}=;sha256//{}=", "A".repeat(43), "b".repeat(43));
    let texts: &[(u8, &[&[u8]])] = &[
        (1, &[b"www.example.com"]),
        (1, &[b"192.0.2.1"]),
        (1 | 16, &[b"2001:db8::192.0.2.1"]),
        (2, &[b"http/1.1,x-amzn-http-ca,h2"]),
        (4 | 32, &[fingerprint.trim_end_matches(':').as_bytes()]),
        (8 | 32, &[pin.as_bytes()]),
        (15, &[b"example.com.", b"h2", fingerprint.trim_end_matches(':').as_bytes(), pin.as_bytes()]),
    ];
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for (mode, texts) in texts {
        let mut seed = vec![*mode];
        texts.iter().for_each(|text| vector(&mut seed, text));
        seeds.push(seed);
    }
    seeds.push(vec![64, 4, 0, 2, 0, 64, 0, 3, 3, 3, 4]);
    seeds
}
