use super::*;
use crate::crypto::provider;
extern crate std;
use std::vec::Vec;

fn hash<H: HashFunction>(algorithm: HashAlgorithm, pieces: &[&[u8]]) -> [u8; 64] {
    let mut hash = H::blank(algorithm);
    hash.restart(algorithm);
    hash.update(algorithm, b"forgotten");
    hash.restart(algorithm);
    pieces.iter().for_each(|piece| hash.update(algorithm, piece));
    let mut out = [0; 64];
    hash.finish(algorithm, &mut out);
    out
}

fn check(pieces: &[&[u8]]) {
    for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
        let len = algorithm.output_len();
        let expected = hash::<provider::State>(algorithm, pieces);
        assert_eq!(hash::<State>(algorithm, pieces)[..len], expected[..len]);
        if algorithm == HashAlgorithm::Sha256 {
            assert_eq!(hash::<Sha256>(algorithm, pieces)[..len], expected[..len]);
        }
    }
}

/// Every length up to past the third block of the longer function.
#[test]
fn every_length_as_mbed_tls_does() {
    let message: Vec<u8> = (0..400).map(|i| (i * i + 7) as u8).collect();
    for len in 0..=message.len() {
        check(&[&message[..len]]);
    }
}

/// In three pieces with cuts before, at and behind the ends of blocks.
#[test]
fn every_split_as_mbed_tls_does() {
    let message: Vec<u8> = (0..300).map(|i| ((i * 37) >> 3) as u8).collect();
    for first in [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129] {
        for second in 0..=message.len() - first {
            let (head, tail) = message.split_at(first);
            let (middle, tail) = tail.split_at(second);
            check(&[head, middle, tail]);
        }
    }
}

/// NIST's message of a million times "a", in pieces of 1,000.
#[test]
fn a_million() {
    let pieces = [&[b'a'; 1000][..]; 1000];
    check(&pieces);
    let digest = hash::<Sha256>(HashAlgorithm::Sha256, &pieces);
    assert_eq!(digest[..4], [0xcd, 0xc7, 0x6e, 0x5c]);
    assert_eq!(hash::<State>(HashAlgorithm::Sha384, &pieces)[..4], [0x9d, 0x0e, 0x18, 0x09]);
    assert_eq!(hash::<State>(HashAlgorithm::Sha512, &pieces)[..4], [0xe7, 0x18, 0x48, 0x3d]);
}
