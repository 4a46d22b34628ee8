use super::*;
use crate::crypto::{arithmetic::curve::P256, complete};
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};

fn verify(point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    complete(|work| verify_vartime(&P256, point, digest, signature, work))
}

/// Keys, digests and signatures of the p256 crate, right and with one bit wrong, judged by both.
#[test]
fn against_the_p256_crate() {
    let (mut right, mut wrong) = (0, 0);
    for i in 1..=20u8 {
        let key = SigningKey::from_slice(&[i; 32]).unwrap();
        let public = VerifyingKey::from(&key);
        let point = public.to_encoded_point(false);
        let digest = core::array::from_fn::<u8, 32, _>(|j| (j as u8).wrapping_mul(i) ^ i);
        let signature: DerSignature = key.sign_prehash(&digest).unwrap();
        let mut bytes = [0; 80];
        let len = signature.as_bytes().len();
        bytes[..len].copy_from_slice(signature.as_bytes());
        assert!(verify(point.as_bytes(), &digest, &bytes[..len]));
        for bit in (usize::from(i)..8 * len).step_by(11) {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let theirs = DerSignature::from_bytes(&bytes[..len])
                .is_ok_and(|signature| public.verify_prehash(&digest, &signature).is_ok());
            let ours = verify(point.as_bytes(), &digest, &bytes[..len]);
            assert_eq!(ours, theirs, "key {i}, bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
            wrong += usize::from(!ours);
        }
        right += 1;
    }
    assert!(right == 20 && wrong > 900, "{right} {wrong}");
}

/// q = g, q = -g and other small multiples: the additions that the formulas have no answer for.
#[test]
fn keys_that_are_small_multiples_of_the_generator() {
    for key in [1u8, 2, 3, 4, 5] {
        for negative in [false, true] {
            let mut scalar = [0; 32];
            scalar[31] = key;
            let scalar = p256::NonZeroScalar::from_repr(scalar.into()).unwrap();
            let key = SigningKey::from(if negative { -scalar } else { scalar });
            let point = VerifyingKey::from(&key).to_encoded_point(false);
            for e in [0u8, 1, 0x80, 0xff] {
                let signature: DerSignature = key.sign_prehash(&[e; 32]).unwrap();
                let (point, signature) = (point.as_bytes(), signature.as_bytes());
                assert!(verify(point, &[e; 32], signature), "{negative} {e}");
                assert!(!verify(point, &[e ^ 4; 32], signature));
            }
        }
    }
}

#[test]
fn points_that_are_none_are_refused() {
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let signature: DerSignature = key.sign_prehash(&[1; 32]).unwrap();
    let mut point = [0; 66];
    point[..65].copy_from_slice(VerifyingKey::from(&key).to_encoded_point(false).as_bytes());
    let check = |point: &[u8]| verify(point, &[1; 32], signature.as_bytes());
    assert!(check(&point[..65]));
    assert!(!check(&point[..64]) && !check(&point) && !check(&point[..33]) && !check(&[]));
    for first in [0, 2, 3, 5, 6, 7] {
        point[0] = first;
        assert!(!check(&point[..65]), "{first}");
    }
}

#[test]
fn der_is_strict() {
    let good: [&[u8]; 2] = [b"\x30\x06\x02\x01\x01\x02\x01\x7f", b"\x30\x08\x02\x02\0\x80\x02\x02\x01\0"];
    assert_eq!(parse_signature(good[0]), Some((&[1][..], &[0x7f][..])));
    assert_eq!(parse_signature(good[1]), Some((&[0x80][..], &[1, 0][..])));
    for good in good {
        for len in 0..good.len() {
            assert_eq!(parse_signature(&good[..len]), None);
        }
    }
    let bad: [&[u8]; 11] = [
        b"\x30\x06\x02\x01\x01\x02\x01\x7f\0",   // a byte after the end
        b"\x30\x07\x02\x01\x01\x02\x01\x7f\0",   // and inside
        b"\x30\x81\x06\x02\x01\x01\x02\x01\x7f", // long form
        b"\x30\x80\x02\x01\x01\x02\x01\x7f\0\0", // indefinite form
        b"\x31\x06\x02\x01\x01\x02\x01\x7f",     // SET
        b"\x30\x06\x02\x01\x01\x03\x01\x7f",     // BIT STRING
        b"\x30\x06\x02\x01\x81\x02\x01\x7f",     // negative
        b"\x30\x07\x02\x02\0\x01\x02\x01\x7f",   // a zero too many
        b"\x30\x05\x02\0\x02\x01\x7f",           // empty
        b"\x30\x06\x02\x01\0\x02\x01\x7f",       // zero
        b"\x30\x07\x02\x81\x01\x01\x02\x01\x7f", // long form within
    ];
    for bad in bad {
        assert_eq!(parse_signature(bad), None, "{bad:x?}");
    }
}
