use super::*;
use crate::crypto::testing::hex;
use crate::crypto::{Hash, HashAlgorithm, PublicKey, SignatureAlgorithm, complete, verify};

fn key() -> [u8; 32] {
    hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721").try_into().unwrap()
}

/// RFC 6979 §A.2.5, P-256; its nonces take no extra input.
#[test]
fn rfc6979() {
    let cases = [
        (
            HashAlgorithm::Sha256,
            &b"sample"[..],
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            HashAlgorithm::Sha256,
            b"test",
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
            "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
        ),
    ];
    for (algorithm, message, r, s) in cases {
        let mut hash = Hash::new(algorithm);
        hash.update(message);
        let digest = hash.finish();
        let mut out = [0; MAX_SIGNATURE];
        let n = sign_with(&key(), &digest, &[], &mut out).unwrap();
        let (got_r, got_s) = crate::crypto::signature::ecdsa::parse_signature(&out[..n]).unwrap();
        assert_eq!((got_r, got_s), (&hex(r)[..], &hex(s)[usize::from(s.starts_with("00"))..]));
    }
}

#[test]
fn signatures_verify_and_differ() {
    let public = p256_public(&key()).unwrap();
    assert!(is_p256_pair(&key(), &public) && !is_p256_pair(&[1; 32], &public));
    assert!(p256_public(&[0; 32]).is_none() && p256_public(&[0xff; 32]).is_none());
    let mut count = 0u8;
    let mut random = |out: &mut [u8]| {
        count += 1;
        out.fill(count);
        Ok(())
    };
    let (mut lengths, mut last) = ([false; MAX_SIGNATURE + 1], [0; MAX_SIGNATURE]);
    for i in 0..200u8 {
        // all-ones is above the order
        let digest = if i == 0 { [0xff; 32] } else { [i; 32] };
        let mut out = [0; MAX_SIGNATURE];
        let n = sign_p256(&key(), &digest, &mut random, &mut out).unwrap();
        let sha256 = HashAlgorithm::Sha256;
        let key = PublicKey::P256(&public);
        assert!(complete(|w| verify(&key, SignatureAlgorithm::Ecdsa, sha256, &digest, &out[..n], w)), "{i}");
        assert_ne!(out, last);
        (lengths[n], last) = (true, out);
    }
    assert!(lengths[70] && lengths[71] && lengths[72]);
    let mut fails = |_: &mut [u8]| Err(Error::RandomFailed);
    assert_eq!(sign_p256(&key(), &[1; 32], &mut fails, &mut last), Err(Error::RandomFailed));
}
