use super::*;
use crate::crypto::testing::hex;
extern crate std;
use std::vec::Vec;

const ALL: [AeadAlgorithm; 3] = [AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305];

fn check(algorithm: AeadAlgorithm, key: &str, nonce: &str, aad: &str, plain: &str, sealed: &str, tag: &str) {
    let (key, aad, mut data) = (hex(key), hex(aad), hex(plain));
    let nonce = hex(nonce).try_into().unwrap();
    let mut aead = Aead::new(algorithm, &key, &nonce, &aad, AesHook::NONE);
    aead.seal(&mut data);
    assert_eq!(data, hex(sealed));
    assert_eq!(aead.tag(), *hex(tag));
    let mut aead = Aead::new(algorithm, &key, &nonce, &aad, AesHook::NONE);
    aead.open(&mut data);
    assert_eq!(data, hex(plain));
    assert_eq!(aead.tag(), *hex(tag));
}

/// Test cases 1 to 4, 13 and 16 of the GCM specification (McGrew and Viega) that NIST published.
#[test]
fn gcm() {
    let zero = "00000000000000000000000000000000";
    let zero_nonce = "000000000000000000000000";
    let key = "feffe9928665731c6d6a8f9467308308";
    let nonce = "cafebabefacedbaddecaf888";
    let aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    check(AeadAlgorithm::Aes128Gcm, zero, zero_nonce, "", "", "", "58e2fccefa7e3061367f1d57a4e7455a");
    check(
        AeadAlgorithm::Aes128Gcm,
        zero,
        zero_nonce,
        "",
        zero,
        "0388dace60b6a392f328c2b971b2fe78",
        "ab6e47d42cec13bdf53a67b21257bddf",
    );
    check(
        AeadAlgorithm::Aes128Gcm,
        key,
        nonce,
        aad,
        plain,
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
        "5bc94fbc3221a5db94fae95ae7121a47",
    );
    check(
        AeadAlgorithm::Aes256Gcm,
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        nonce,
        aad,
        plain,
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    );
}

/// RFC 8439 §2.8.2.
#[test]
fn chacha20_poly1305() {
    check(
        AeadAlgorithm::ChaCha20Poly1305,
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        "070000004041424344454647",
        "50515253c0c1c2c3c4c5c6c7",
        "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e",
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
        "1ae10b594f09e26a7e902ecbd0600691",
    );
}

fn sample(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + 3) as u8).collect()
}

/// Every split in two pieces of every length up to three blocks of GCM and past one of ChaCha20, and the way back.
#[test]
fn every_split_gives_the_same() {
    for algorithm in ALL {
        let key = sample(algorithm.key_len());
        let start = |aad: &[u8]| Aead::new(algorithm, &key, &[9; 12], aad, AesHook::NONE);
        for len in 0..=131 {
            let (plain, aad) = (sample(len), sample(len % 37));
            let mut whole = plain.clone();
            let mut aead = start(&aad);
            aead.seal(&mut whole);
            let tag = aead.tag();
            for split in 0..=len {
                let mut pieces = plain.clone();
                let (head, tail) = pieces.split_at_mut(split);
                let mut aead = start(&aad);
                aead.seal(head);
                aead.seal(tail);
                assert_eq!(pieces, whole, "{algorithm:?} {len} {split}");
                assert_eq!(aead.tag(), tag);
                let (head, tail) = pieces.split_at_mut(split);
                let mut aead = start(&aad);
                aead.open(head);
                aead.open(tail);
                assert_eq!(pieces, plain, "{algorithm:?} {len} {split}");
                assert_eq!(aead.tag(), tag);
            }
        }
    }
}

/// A record of the largest size in pieces of every size from 1 to 70 bytes.
#[test]
fn pieces_of_any_size_give_the_same() {
    for algorithm in ALL {
        let key = sample(algorithm.key_len());
        let mut whole = sample(16384);
        let mut aead = Aead::new(algorithm, &key, &[1; 12], b"header", AesHook::NONE);
        aead.seal(&mut whole);
        let tag = aead.tag();
        for size in 1..=70 {
            let mut pieces = sample(16384);
            let mut aead = Aead::new(algorithm, &key, &[1; 12], b"header", AesHook::NONE);
            pieces.chunks_mut(size).for_each(|piece| aead.seal(piece));
            assert!(pieces == whole, "{algorithm:?} {size}");
            assert_eq!(aead.tag(), tag);
        }
    }
}

/// A context keeps no pointers to where it was made (see `mbedtls::Aes`): another one, made in the same place with
/// another key, must not disturb it.
#[test]
fn contexts_may_move() {
    #[inline(never)]
    fn make(algorithm: AeadAlgorithm, key: u8) -> std::boxed::Box<Aead> {
        let key = [key; 32];
        std::boxed::Box::new(Aead::new(algorithm, &key[..algorithm.key_len()], &[1; 12], b"", AesHook::NONE))
    }
    for algorithm in ALL {
        let mut expected = sample(40);
        let mut alone = make(algorithm, 1);
        alone.seal(&mut expected);
        let mut data = sample(40);
        let mut first = make(algorithm, 1);
        let mut other = make(algorithm, 2);
        other.seal(&mut [0; 20]);
        first.seal(&mut data[..20]);
        drop(other);
        let mut moved = *first;
        moved.seal(&mut data[20..]);
        assert_eq!(data, expected, "{algorithm:?}");
        assert_eq!(moved.tag(), alone.tag());
    }
}
