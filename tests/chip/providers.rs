//! The chip's provider against the host's, by way of vectors that the host makes: every length around the ends of blocks,
//! in two pieces.

use super::{Vectors, common::aes::aes_hook};
use espruino_tls::crypto::{Aead, AeadAlgorithm, EphemeralKey, Hash, HashAlgorithm, NamedGroup};

fn bytes(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|i| (((i + seed) * (i + 3 * seed + 1)) >> 3) as u8).collect()
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn hashes() {
    let mut vectors = Vectors::default();
    for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
        for length in 0..=400 {
            let message = bytes(length, algorithm as usize);
            let (head, tail) = message.split_at(length * 7 % (length + 1));
            let mut hash = Hash::new(algorithm);
            hash.update(&message);
            let mut digest = hash.finish().to_vec();
            let good = length % 50 != 13;
            digest[length % 32] ^= u8::from(!good);
            let fields: [&[u8]; 4] = [&[algorithm as u8], head, tail, &digest];
            vectors.add(format!("{algorithm:?} of {length} bytes"), 7, good, &fields);
        }
    }
    vectors.run_on_pin_too("hashes");
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn aead() {
    let mut vectors = Vectors::default();
    for (number, algorithm) in
        [(0, AeadAlgorithm::Aes128Gcm), (1, AeadAlgorithm::Aes256Gcm), (2, AeadAlgorithm::ChaCha20Poly1305)]
    {
        for length in (0..=100).chain([511, 512, 513, 1024]) {
            let (key, nonce) = (bytes(algorithm.key_len(), length), bytes(12, length + 1).try_into().unwrap());
            let (aad, plain) = (bytes(length % 35, 5), bytes(length, 9));
            let mut sealed = plain.clone();
            let mut aead = Aead::new(algorithm, &key, &nonce, &aad, aes_hook());
            aead.seal(&mut sealed);
            let mut tag = aead.tag();
            let good = length % 20 != 13;
            tag[length % 16] ^= u8::from(!good);
            let split = [(length * 5 % (length + 1)) as u8];
            let fields: [&[u8]; 8] = [&[number], &key, &nonce, &aad, &sealed, &tag, &plain, &split];
            vectors.add(format!("{algorithm:?} of {length} bytes, {split:?}"), 1, good, &fields);
        }
    }
    vectors.run("AEADs");
}

/// Public keys and agreements of private numbers that are small, near the order, have few or many bits set, or are random;
/// among them are those that end with adding a point to itself.
#[test]
#[ignore = "needs QEMU: make test-chip"]
fn p256() {
    let order = *b"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\
        \xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    let mut numbers = Vec::new();
    for small in 1..=20 {
        let (mut low, mut high) = ([0; 32], order);
        low[31] = small;
        high[31] -= small;
        numbers.extend([low, high]);
    }
    for bit in 0..256 {
        let mut number = [0; 32];
        number[31 - bit / 8] = 1 << (bit % 8);
        numbers.push(number);
        numbers.push(number.map(|byte| !byte));
    }
    for seed in 0..100 {
        let mut hash = Hash::new(HashAlgorithm::Sha256);
        hash.update(&[seed]);
        numbers.push((*hash.finish()).try_into().unwrap());
    }
    let key = |number: &[u8; 32]| EphemeralKey::from_private(NamedGroup::Secp256r1, number).ok();
    let mut vectors = Vectors::default();
    let mut peer = [0; 65];
    key(&[7; 32]).unwrap().public(&mut peer);
    for (i, number) in numbers.iter().enumerate() {
        let Some(key) = key(number) else { continue }; // the order or above
        let good = u8::from(i % 40 != 39);
        let mut secret = key.agree(&peer).unwrap().to_vec();
        secret[i % 32] ^= 1 - good;
        vectors.add(format!("agreement of {number:x?}"), 3, good == 1, &[number, &peer, &secret]);
        key.public(&mut peer);
        let mut public = peer;
        public[1 + i % 64] ^= 1 - good;
        vectors.add(format!("public key of {number:x?}"), 6, good == 1, &[&[0], number, &public]);
    }
    vectors.run_on_pin_too("P-256");
}
