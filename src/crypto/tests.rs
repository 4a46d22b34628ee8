use super::*;

#[path = "../../tests/constant_time/undefined.rs"]
mod undefined;

#[test]
fn equal_compares_content_and_length() {
    assert!(equal(b"", b"") && equal(b"abc", b"abc"));
    assert!(!equal(b"abc", b"abd") && !equal(b"bbc", b"abc"));
    assert!(!equal(b"abc", b"ab") && !equal(b"", b"a"));
}

const HASHES: [HashAlgorithm; 3] = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
const SCHEMES: [SignatureAlgorithm; 3] =
    [SignatureAlgorithm::Ecdsa, SignatureAlgorithm::RsaPkcs1, SignatureAlgorithm::RsaPss];

/// What fits one kind of key, hash and scheme fits no other.
#[test]
fn verify_takes_what_belongs_together() {
    use p256::ecdsa::signature::hazmat::PrehashSigner;
    let signer = p256::ecdsa::SigningKey::from_slice(&[3; 32]).unwrap();
    let point = p256::ecdsa::VerifyingKey::from(&signer).to_encoded_point(false);
    let point = point.as_bytes();
    let signature: p256::ecdsa::DerSignature = signer.sign_prehash(&[5; 48]).unwrap();
    let keys = [PublicKey::P256(point), PublicKey::P384(point), PublicKey::Rsa { n: point, e: 3 }];
    let mut accepted = 0;
    for (i, key) in keys.iter().enumerate() {
        for algorithm in SCHEMES {
            for hash in HASHES {
                for len in [0, 20, 32, 48, 64] {
                    let digest = &[5; 64][..len];
                    let ok = complete(|w| verify(key, algorithm, hash, digest, signature.as_bytes(), w));
                    let right = i == 0 && algorithm == SignatureAlgorithm::Ecdsa && len == hash.output_len();
                    // The curve takes the first 32 bytes of any digest, and they are the same.
                    assert_eq!(ok, right, "{key:?} {algorithm:?} {hash:?} {len}");
                    accepted += usize::from(ok);
                }
            }
        }
    }
    assert_eq!(accepted, 3);
}

/// Random bytes of random lengths, with the first byte often what the format wants, panic nowhere and are never
/// right.
#[test]
fn rubbish_is_refused_without_a_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) as usize % below
    };
    let (mut n, mut signature, mut digest) = ([0; 520], [0; 520], [0; 64]);
    for round in 0..3000 {
        for byte in n.iter_mut().chain(&mut signature).chain(&mut digest) {
            *byte = random(256) as u8;
        }
        let n_len = [65, 97, 256, 384, 512, random(521)][random(6)];
        let s_len = [8, 70, 102, n_len, random(521)][random(5)];
        if random(4) != 0 {
            n[0] = [4, 4, 0xff][random(3)];
            n[n_len.saturating_sub(1)] |= 1;
            signature[0] = [0x30, 0x30, 1][random(3)];
            signature[1] = s_len.saturating_sub(2) as u8;
            signature[2..4].copy_from_slice(&[2, 33]);
        }
        let (n, signature) = (&n[..n_len], &signature[..s_len]);
        let e = [3, 65537, random(1 << 31) as u32][random(3)];
        let hash = HASHES[random(3)];
        for key in [PublicKey::P256(n), PublicKey::P384(n), PublicKey::Rsa { n, e }] {
            for algorithm in SCHEMES {
                let digest = &digest[..hash.output_len()];
                assert!(!complete(|w| verify(&key, algorithm, hash, digest, signature, w)), "{round}");
            }
        }
    }
}
