//! What is done with secrets, done with secrets that valgrind holds for undefined memory (`marks.rs`): no branch and no
//! address depends on them, but where `host.supp` declares it and where a test counts a decision that is public.
//!
//! They belong to the library's unit tests, since some of what the chip runs is on a host in tests only.

use super::*;
use crate::crypto::aead::aes;
use crate::crypto::hash::sha2;
use crate::crypto::key_agreement::small_p256;
use crate::marks::{all_hidden, decisions, hide, none_hidden, runs, seen, show};
use crate::schedule::suite_hash::SuiteHash;

extern crate std;
use std::env;

/// Bytes that nobody would take for others.
fn bytes<const N: usize>(seed: u8) -> [u8; N] {
    core::array::from_fn(|i| (i as u8 ^ 0x5a).wrapping_mul(2 * seed + 1).rotate_left(3) ^ seed)
}

fn secret<const N: usize>(seed: u8) -> [u8; N] {
    let mut secret = bytes(seed);
    hide(&mut secret);
    secret
}

/// `host.sh` sets the variable, so that it can't pass without valgrind.
#[test]
fn undefined_and_found() {
    assert!(runs() || env::var_os("ETLS_VALGRIND").is_none(), "valgrind does not see the marks");
    #[inline(never)]
    fn branch(secret: &[u8], out: &mut [u8]) {
        if secret[3] > 7 {
            out.fill(core::hint::black_box(9)); // more than a conditional move
        }
    }
    #[inline(never)]
    fn look_up(secret: &[u8], table: &[u8; 256]) -> u8 {
        table[usize::from(secret[3])]
    }
    let (mut out, table) = ([0; 100], bytes::<256>(3));
    assert_eq!(decisions(|| branch(&secret::<8>(1), &mut out)), seen(1));
    assert_eq!(decisions(|| _ = look_up(&secret::<8>(1), &table)), seen(1));
    assert_eq!(decisions(|| branch(&bytes::<8>(1), &mut out)), 0);
    // Up to the first difference.
    let mut same = false;
    let naive = |a: &[u8], b: &[u8]| a.iter().zip(b).all(|(a, b)| a == b);
    assert_eq!(decisions(|| same = naive(&secret::<32>(1), core::hint::black_box(&bytes::<32>(1)))), seen(32));
    assert!(same);
}

#[test]
fn undefined_comparisons() {
    let a = secret::<32>(1);
    for i in [0, 1, 17, 31, 32] {
        let mut b = bytes::<32>(1);
        if let Some(byte) = b.get_mut(i) {
            *byte ^= 1;
        }
        hide(&mut b);
        let mut same = [false];
        assert_eq!(decisions(|| same[0] = equal(&a, &b)), 0);
        show(&mut same);
        assert_eq!(same[0], i == 32);
    }
}

#[test]
fn undefined_wiped() {
    let mut a = secret::<77>(1);
    assert!(all_hidden(&a));
    assert_eq!(decisions(|| wipe(&mut a)), 0);
    assert!(none_hidden(&a) && a == [0; 77]);
}

fn hashed<H: HashFunction>(algorithm: HashAlgorithm, message: &[u8]) -> [u8; 64] {
    let mut hash = H::blank(algorithm);
    let mut out = [0; 64];
    hash.restart(algorithm);
    for piece in message.chunks(37) {
        hash.update(algorithm, piece);
    }
    hash.finish(algorithm, &mut out);
    out
}

/// The chip's SHA-2 in Rust and the host's.
#[test]
fn undefined_hashes() {
    for algorithm in HASHES {
        for function in [hashed::<sha2::State>, hashed::<provider::State>] {
            let expected = function(algorithm, &bytes::<300>(1));
            let mut got = [0; 64];
            assert_eq!(decisions(|| got = function(algorithm, &secret::<300>(1))), 0);
            assert!(all_hidden(&got[..algorithm.output_len()]));
            show(&mut got);
            assert_eq!(got, expected);
        }
    }
}

#[test]
fn undefined_hmac() {
    let hmac = |algorithm, key: &[u8], out: &mut [u8]| {
        let mut hmac = Hmac::new(algorithm, key);
        hmac.update(&bytes::<100>(2));
        out.copy_from_slice(&hmac.finish()[..out.len()]);
    };
    for algorithm in HASHES {
        let (mut expected, mut got) = ([0; 32], [0; 32]);
        for length in [20, 64, 200] {
            hmac(algorithm, &bytes::<200>(1)[..length], &mut expected);
            assert_eq!(decisions(|| hmac(algorithm, &secret::<200>(1)[..length], &mut got)), 0);
            assert!(all_hidden(&got));
            show(&mut got);
            assert_eq!(got, expected);
        }
    }
}

const SUITE_HASHES: &[SuiteHash] = &[
    SuiteHash::SHA256,
    #[cfg(feature = "aes256")]
    SuiteHash::SHA384,
];

/// TLS 1.2's secrets and the comparison of Finished.
#[test]
fn undefined_prf() {
    use crate::record::traffic_key::TrafficKey;
    use crate::schedule::prf12::{MasterSecret, Randoms};
    let derive = |hash, premaster: &[u8], session_hash: Option<&[u8]>| {
        let (mut client, mut server) = (None, None);
        let mut master = MasterSecret::NONE;
        master.set(premaster);
        master.derive(hash, session_hash, &Randoms::NONE);
        let client = TrafficKey::blank(AeadAlgorithm::Aes128Gcm, false, &mut client);
        let server = TrafficKey::blank(AeadAlgorithm::Aes128Gcm, false, &mut server);
        master.key_block(hash, &Randoms::NONE, client, server);
        let mut keys = [0; 32];
        keys[..16].copy_from_slice(client.key());
        keys[16..].copy_from_slice(server.key());
        (keys, master.verify_data(hash, b"server finished", &[7; 32]))
    };
    for hash in SUITE_HASHES {
        for session_hash in [None, Some(&[6; 32][..])] {
            let (keys, finished) = derive(*hash, &bytes::<48>(1), session_hash);
            let mut got = ([0; 32], [0; 12]);
            assert_eq!(decisions(|| got = derive(*hash, &secret::<48>(1), session_hash)), 0);
            assert!(all_hidden(&got.0) && all_hidden(&got.1));
            let mut same = [false];
            assert_eq!(decisions(|| same[0] = equal(&got.1, &finished)), 0);
            show(&mut same);
            show(&mut got.0);
            assert!(same[0] && got.0 == keys);
        }
    }
}

/// TLS 1.3's secrets, from a session's to the next session's.
#[cfg(all(feature = "tls13", feature = "resumption"))]
#[test]
fn undefined_hkdf() {
    use crate::record::traffic_key::TrafficKey;
    use crate::schedule::hkdf13::{Secrets, protect, update, verify_data};
    use crate::schedule::suite_hash::Output;
    let derive = |hash: SuiteHash, shared: &[u8], psk: &[u8]| {
        let mut secrets = Secrets::NONE;
        let (mut keys, mut next) = (None::<TrafficKey>, Output::NONE);
        let mut all = [[0; 16]; 5];
        let mut keep = |i: usize, bytes: &[u8]| all[i].copy_from_slice(&bytes[..16]);
        keep(0, &secrets.binder(hash, psk, &[1; 48][..hash.output_len()]));
        secrets.handshake(hash, true, shared, &[2; 48][..hash.output_len()]);
        keep(1, &verify_data(hash, &secrets.server, &[3; 48][..hash.output_len()]));
        secrets.application(hash, &[4; 48][..hash.output_len()]);
        secrets.next_client();
        update(hash, &mut secrets.client);
        protect(hash, &secrets.client, AeadAlgorithm::Aes128Gcm, &mut keys);
        keep(2, keys.as_mut().unwrap().key());
        protect(hash, &secrets.server, AeadAlgorithm::Aes128Gcm, &mut keys);
        keep(3, keys.as_mut().unwrap().key());
        secrets.end(&Output::new(hash));
        secrets.psk(hash, &[0, 1], next.fit(hash));
        keep(4, &next);
        all
    };
    for hash in SUITE_HASHES {
        let length = hash.output_len();
        let expected = derive(*hash, &bytes::<32>(1), &bytes::<48>(2)[..length]);
        let mut got = [[0; 16]; 5];
        assert_eq!(decisions(|| got = derive(*hash, &secret::<32>(1), &secret::<48>(2)[..length])), 0);
        assert!(all_hidden(got.as_flattened()));
        show(&mut got);
        assert_eq!(got, expected);
    }
}

/// Key and data are secret. Look-ups in the tables of AES and GHASH are declared.
#[test]
fn undefined_records() {
    let algorithms: &[_] = &[
        #[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
        (AeadAlgorithm::Aes128Gcm, 16),
        #[cfg(feature = "aes256")]
        (AeadAlgorithm::Aes256Gcm, 32),
        #[cfg(feature = "chacha20")]
        (AeadAlgorithm::ChaCha20Poly1305, 32),
    ];
    let process = |algorithm, key: &[u8], data: &mut [u8], opening: bool| {
        let mut aead = Aead::new(algorithm, key, &[5; 12], &[23, 3, 3, 0, 200], AesHook::NONE);
        for piece in data.chunks_mut(71) {
            if opening { aead.open(piece) } else { aead.seal(piece) }
        }
        aead.tag()
    };
    for (algorithm, length) in algorithms {
        let (key, hidden) = (&bytes::<32>(1)[..*length], &secret::<32>(1)[..*length]);
        let mut sealed = bytes::<200>(2);
        let tag = process(*algorithm, key, &mut sealed, false);
        let (mut data, mut got) = (secret::<200>(2), [[0; 16]; 2]);
        assert_eq!(decisions(|| got[0] = process(*algorithm, hidden, &mut data, false)), 0, "{algorithm:?}");
        assert!(all_hidden(&data) && all_hidden(&got[0]));
        show(&mut data);
        assert_eq!(data, sealed);
        let mut same = [false];
        assert_eq!(decisions(|| got[1] = process(*algorithm, hidden, &mut data, true)), 0, "{algorithm:?}");
        assert_eq!(decisions(|| same[0] = equal(&got[1], &tag)), 0);
        assert!(all_hidden(&data) && all_hidden(&got[1]));
        show(&mut data);
        show(&mut same);
        show(&mut got);
        assert!(same[0] && data == bytes::<200>(2) && got == [tag; 2]);
    }
}

/// The chip's AES in Rust, but for its S-box: valgrind takes what was looked up for public, until a round key is added.
#[cfg(feature = "aes-gcm")]
#[test]
fn undefined_aes() {
    let encrypt = |key: &[u8], block: &mut [u8; 16]| {
        let mut cipher = aes::Aes::blank(AesHook::NONE);
        cipher.set_key(key);
        let mut state = Block(*block);
        cipher.encrypt(&mut state);
        *block = state.0;
    };
    for length in [16, if cfg!(feature = "aes256") { 32 } else { 16 }] {
        let (mut expected, mut got) = (bytes::<16>(2), secret::<16>(2));
        encrypt(&bytes::<32>(1)[..length], &mut expected);
        assert_eq!(decisions(|| encrypt(&secret::<32>(1)[..length], &mut got)), 0);
        assert!(all_hidden(&got));
        show(&mut got);
        assert_eq!(got, expected);
    }
}

/// Public key and agreement with a private number of so many bytes that is secret, and how many decisions depend on it.
fn agreement<Group: KeyAgreement>(size: usize) -> [usize; 2] {
    let words = |bytes: [u8; MAX_SECRET]| {
        let mut words = Private::default();
        arithmetic::montgomery::from_bytes(&mut words, &bytes[..size]);
        words
    };
    let public = |private: &Private| {
        let (mut out, mut length) = ([0; MAX_PUBLIC], [0]);
        length[0] = complete(|work| Group::public(private, &mut out, work));
        (out, length)
    };
    let agree = |private: &Private, peer: &[u8]| {
        let (mut out, mut length) = ([0; MAX_SECRET], [0]);
        length[0] = complete(|work| Group::agree(private, peer, &mut out, work));
        (out, length)
    };
    let (peer, [length]) = public(&words(bytes(2)));
    let mut private = words(bytes(1));
    let expected = (public(&private), agree(&private, &peer[..length]));
    hide(&mut private);
    let mut got = expected;
    let found = [decisions(|| got.0 = public(&private)), decisions(|| got.1 = agree(&private, &peer[..length]))];
    assert!(all_hidden(&got.0.0[1..length]) && all_hidden(&got.1.0[..size]));
    show(&mut got.0.0);
    show(&mut got.0.1);
    show(&mut got.1.0);
    show(&mut got.1.1);
    assert_eq!(got, expected);
    found
}

/// Of others: whether the number is one of the group (once in 2^32 it is not), and the form of the public key.
#[test]
fn undefined_agreements() {
    for found in [
        agreement::<provider::P256>(32),
        #[cfg(feature = "p384")]
        agreement::<provider::P384>(48),
    ] {
        assert!(found[0] <= 6 && found[1] <= 2, "{found:?}");
    }
    #[cfg(feature = "x25519")]
    assert_eq!(agreement::<provider::X25519>(32), [0; 2]);
}

/// The chip's sums and comparisons are in assembly, or decide once in 2^32; their twins here are declared.
#[test]
fn undefined_agreements_of_the_chip() {
    assert_eq!(agreement::<small_p256::P256>(32), [0; 2]);
    #[cfg(feature = "p384")]
    assert_eq!(agreement::<key_agreement::p384::P384>(48), [0; 2]);
}

/// Two decisions: whether the signature is right, modulo one prime and the other one.
#[cfg(feature = "client-rsa")]
#[test]
fn undefined_rsa_signature() {
    let mut key = signature::rsa_sign::tests::key();
    let sign = |key: &signature::rsa_sign::RsaKey, algorithm| {
        let mut out = [0; signature::rsa_sign::SIGNATURE_LEN];
        let mut random = |place: &mut [u8]| {
            place.fill(7);
            Ok(())
        };
        let (hash, digest) = (HashAlgorithm::Sha256, [9; 32]);
        complete(|work| key.sign(algorithm, hash, &digest, &mut random, work, &mut out)).unwrap();
        out
    };
    for algorithm in [SignatureAlgorithm::RsaPkcs1, SignatureAlgorithm::RsaPss] {
        (0..5).for_each(|i| show(key.part(i).unwrap()));
        let expected = sign(&key, algorithm);
        (0..5).for_each(|i| hide(key.part(i).unwrap()));
        let mut got = [0; signature::rsa_sign::SIGNATURE_LEN];
        assert_eq!(decisions(|| got = sign(&key, algorithm)), seen(2));
        assert!(all_hidden(&got));
        show(&mut got);
        assert_eq!(got, expected);
    }
}

/// Of others: whether both numbers are in range and what comes out is not zero. Before it, the nonce is made by HMAC.
#[cfg(feature = "client-auth")]
#[test]
fn undefined_ecdsa_signature() {
    let expected = provider::sign_p256(&bytes(1), &[9; 32], &bytes(2));
    let (private, nonce, mut got) = (secret(1), secret(2), None);
    let found = decisions(|| got = provider::sign_p256(&private, &[9; 32], &nonce));
    show(core::slice::from_mut(&mut got));
    assert_eq!(got, expected);
    assert!(found <= 8, "{found}");
}
