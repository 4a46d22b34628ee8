//! The chip's provider against the host's, by way of vectors that the host makes: every length around the ends of blocks,
//! in two pieces.

use super::{Vectors, common::aes::aes_hook};
use espruino_tls::crypto::{
    Aead, AeadAlgorithm, EphemeralKey, Hash, HashAlgorithm, MAX_PUBLIC, NamedGroup, SharedSecret, complete,
};

fn bytes(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|i| (((i + seed) * (i + 3 * seed + 1)) >> 3) as u8).collect()
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn hashes() {
    // The profile pin has SHA-256 only, and no hash that is right comes out for the others.
    for (image, what, longer) in [("vectors.elf", "hashes", true), ("vectors-pin.elf", "hashes, profile pin", false)] {
        let mut vectors = Vectors::default();
        for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            for length in 0..=400 {
                let message = bytes(length, algorithm as usize);
                let (head, tail) = message.split_at(length * 7 % (length + 1));
                let mut hash = Hash::new(algorithm);
                hash.update(&message);
                let mut digest = hash.finish().to_vec();
                let damaged = length % 50 == 13;
                digest[length % 32] ^= u8::from(damaged);
                let good = !damaged && (longer || algorithm == HashAlgorithm::Sha256);
                let fields: [&[u8]; 4] = [&[algorithm as u8], head, tail, &digest];
                vectors.add(format!("{algorithm:?} of {length} bytes"), 7, good, &fields);
            }
        }
        vectors.run_on(image, what);
    }
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
/// among them are those that end with adding a point to itself. Each agrees with the public key of the one before.
fn keys(group: NamedGroup, order: &[u8], every: usize) -> Vectors {
    let size = order.len();
    let (operation, tag) = if group == NamedGroup::Secp384r1 { (8, 2) } else { (3, 0) };
    let mut numbers = Vec::new();
    for small in 1..=20 {
        let (mut low, mut high) = (vec![0; size], order.to_vec());
        low[size - 1] = small;
        high[size - 1] -= small;
        numbers.extend([low, high]);
    }
    for bit in (0..8 * size).step_by(every) {
        let mut number = vec![0; size];
        number[size - 1 - bit / 8] = 1 << (bit % 8);
        numbers.push(number.clone());
        numbers.push(number.iter().map(|byte| !byte).collect());
    }
    for seed in (0..100).step_by(every) {
        let mut hash = Hash::new(HashAlgorithm::Sha384);
        hash.update(&[seed]);
        numbers.push(hash.finish()[..size].to_vec());
    }
    let mut vectors = Vectors::default();
    let mut peer = [0; MAX_PUBLIC];
    let key = EphemeralKey::from_private(group, &vec![7; size]).unwrap();
    let length = complete(|work| key.public(&mut peer, work));
    for (i, number) in numbers.iter().enumerate() {
        let Ok(key) = EphemeralKey::from_private(group, number) else { continue }; // the order or above
        let good = u8::from(i % 40 != 39);
        let mut secret = SharedSecret::NONE;
        complete(|work| key.agree(&peer[..length], &mut secret, work)).unwrap();
        let mut secret = secret.to_vec();
        secret[i % size] ^= 1 - good;
        let fields: [&[u8]; 3] = [number, &peer[..length], &secret];
        vectors.add(format!("agreement of {number:x?}"), operation, good == 1, &fields);
        complete(|work| key.public(&mut peer, work));
        let mut public = peer;
        public[1 + i % (2 * size)] ^= 1 - good;
        vectors.add(format!("public key of {number:x?}"), 6, good == 1, &[&[tag], number, &public[..length]]);
    }
    vectors
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn p256() {
    let order = b"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\
        \xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    keys(NamedGroup::Secp256r1, order, 1).run_on_pin_too("P-256");
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn p384() {
    let order = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
        \xc7\x63\x4d\x81\xf4\x37\x2d\xdf\x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5\x29\x73";
    keys(NamedGroup::Secp384r1, order, 11).run("P-384");
}
