//! The chip's provider against the host's, by way of vectors that the host makes: every length around the ends of blocks,
//! in two pieces.

use super::{Vectors, common::aes::aes_hook};
use espruino_tls::crypto::{Aead, AeadAlgorithm, Hash, HashAlgorithm};

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
    vectors.run("hashes");
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
