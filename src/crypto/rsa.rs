//! RSA signature verification (RFC 8017 §8.1.2, §8.2.2).
//!
//! **Public data only**, hence `_vartime`. The encoded message stays in the words that the arithmetic left it in and is
//! read from there byte by byte: 4096 bits cost four numbers of 512 bytes of stack, and nothing else that counts.

use super::montgomery::{Modulus, from_bytes};
use super::{Hash, HashAlgorithm, SignatureAlgorithm};

/// Words of the largest modulus, 4096 bits.
const WIDTH: usize = 128;

type Number = [u32; WIDTH];

/// Whether the signature fits; false for anything wrong. The modulus has 2048 to 4096 bits, its highest byte's highest
/// bit is set and it is odd; so is the exponent, which is at least 3; the signature is as long as the modulus.
#[inline(never)] // or a caller that verifies with curves pays for its stack
pub fn verify_vartime(
    n: &[u8],
    e: u32,
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    let size = n.len();
    let (Some(first), Some(last)) = (n.first(), n.last()) else {
        return false;
    };
    let good_key = (256..=512).contains(&size) && first >> 7 == 1 && last & 1 == 1 && e >= 3 && e & 1 == 1;
    if !good_key || signature.len() != size {
        return false;
    }
    let mut number = [0; WIDTH];
    from_bytes(&mut number, signature);
    if !power_vartime(&mut number, n, e) {
        return false;
    }
    let encoded = (0..size).rev().map(|i| (number.get(i / 4).unwrap_or(&0) >> (8 * (i % 4))) as u8);
    if let SignatureAlgorithm::RsaPss = algorithm {
        is_pss(encoded, size, hash, digest)
    } else {
        is_pkcs1(encoded, size, hash, digest)
    }
}

/// number = number^e mod n; false if number is not below n. n and e are odd, e is at least 3.
#[inline(never)] // its numbers must be off the stack before the encoding is hashed
fn power_vartime(number: &mut Number, n: &[u8], e: u32) -> bool {
    let mut words = [0; WIDTH];
    from_bytes(&mut words, n);
    let Some(n) = words.get(..n.len().div_ceil(4)) else {
        return false;
    };
    let modulus = Modulus::new(n);
    if !modulus.contains(number) {
        return false;
    }
    let (mut power, mut spare) = ([0; WIDTH], [0; WIDTH]);
    modulus.r_squared(&mut power, &mut spare);
    modulus.multiply(&mut spare, number, &power);
    *number = spare; // in Montgomery's form
    power = spare;
    for bit in (0..e.ilog2()).rev() {
        modulus.multiply(&mut spare, &power, &power);
        if e >> bit & 1 == 1 {
            modulus.multiply(&mut power, &spare, number);
        } else {
            power = spare;
        }
    }
    modulus.multiply(number, &power, &[1]);
    true
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2): the one encoding that is right, compared byte by byte, instead of parsed.
fn is_pkcs1(mut encoded: impl Iterator<Item = u8>, size: usize, hash: HashAlgorithm, digest: &[u8]) -> bool {
    let len = hash.output_len() as u8;
    let id = hash as u8 - 3;
    // DigestInfo with the NULL that RFC 8017 §9.2 demands; the object identifier is 2.16.840.1.101.3.4.2.id.
    let prefix = [0x30, 17 + len, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, id, 5, 0, 4, len];
    let padding = size - 3 - prefix.len() - digest.len();
    encoded.next() == Some(0)
        && encoded.next() == Some(1)
        && encoded.by_ref().take(padding).all(|byte| byte == 0xff)
        && encoded.next() == Some(0)
        && encoded.by_ref().take(prefix.len()).eq(prefix)
        && encoded.eq(digest.iter().copied())
}

/// EMSA-PSS (RFC 8017 §9.1.2) with MGF1, the same hash throughout and a salt as long as the hash (RFC 8446 §4.2.3).
fn is_pss(mut encoded: impl Iterator<Item = u8> + Clone, size: usize, hash: HashAlgorithm, digest: &[u8]) -> bool {
    let len = hash.output_len();
    let db_len = size - len - 1;
    let mut h = [0; 64];
    let mut tail = encoded.clone().skip(db_len);
    h.iter_mut().zip(tail.by_ref().take(len)).for_each(|(h, byte)| *h = byte);
    let h = h.get(..len).unwrap_or_default();
    if tail.next() != Some(0xbc) {
        return false;
    }

    // M' = eight zeros, the digest, the salt; the salt ends the data block DB, behind zeros and a one.
    let mut again = Hash::new(hash);
    again.update(&[0; 8]);
    again.update(digest);
    let one = db_len - len - 1;
    for block in 0..db_len.div_ceil(len) {
        let mut mask = Hash::new(hash);
        mask.update(h);
        mask.update(&(block as u32).to_be_bytes());
        let mask = mask.finish();
        for (i, mask) in (block * len..db_len).zip(mask.iter()) {
            let Some(masked) = encoded.next() else {
                return false;
            };
            let mut byte = masked ^ mask;
            if i == 0 {
                // The encoding is one bit shorter than the modulus: that bit must be zero before the mask is taken off.
                if masked >> 7 != 0 {
                    return false;
                }
                byte &= 0x7f;
            }
            if i > one {
                again.update(&[byte]);
            } else if byte != u8::from(i == one) {
                return false;
            }
        }
    }
    *again.finish() == *h
}

#[cfg(test)]
mod tests {
    use super::super::testing::hex;
    use super::*;
    extern crate std;
    use std::vec::Vec;

    // Made with `openssl genrsa 2056` (257 bytes: not a whole number of words) and `openssl dgst` over "a message".
    const N: &str = "8e33cb32a94c65682d83d197b10cf60bca4e3bf4a411befc8d5fa56d98bd3c533b9a5f685418efa7a763d48753508019a19f2f5ff928a3da64f6e6c5c933b4e35d1d410a6a2cfeda90613a167e02838f1ea3c3312ddae64042e02ca0132335bfe2db632db438b43bad9fc96d21352fc25cc46b3185e1dbbe240dde27b011d721b8272b2f7c1a5b62c46021f6ccff6e81a5bf6deee586e63f68feb5aa1cccbf174a2c421c4dd885b407dcb16dd87425bab8502ecfbd502e088eb855ff73cfae45825c83b71cc82ab72e8caf6ac05765006d3f0613ea036f849c9efbdb51ed73fba3a3d9ee0c359f7aa13a8031815e774040ec760a8f73d6a48c54d4eda97a79e651";
    const PKCS1_SHA256: &str = "51df68481f23da6cf7a71fde92ab3414e823d3755c53e8d4ad11e899602d0668952343feda65e5140f55fa1c1233949738709b8cbacfd5bf7bb9709ed80b9fc9dabe4bcf61d558bc3112829aade652f9d545adfc0ef312c021732fe3a568d21d9ca8f5abe46864f5f5f391721853092c2736233d3bee618c8dee709104900460cd5908feb5a4d97cf40268141dba24b374ce4a6fb762479a150b54391da1d31a14ff6e22a10c490add0b607aa8061f8360a02e20a1f6700e2aa7481f8eb39c96ea2a4220a0126b08b6bc821ddc0cb7813e993c5828ae1da2493e507ff7e5936216b163d445064039dbd3efb2545250a8ff5214b244985516aa1257cf48184fd39b";
    const PSS_SHA384: &str = "727d555c761e3ec7a362ab2fad7aa92b5a74f61bdca71433ab3f3edd7943128bf38eb8e4c5f0ac4ba39b24cdf6b6955c642035e7aa961c0b875d2f8df0c8f660d399ec0cafbcc2913f7ff3c41d941c57f83ded88ef19fce011c6868955cb511aaf450365819cf74d219483bc4290a8f38137893bdfb9f9970adadef01167cf0d490ebb1ddea7123c4ae99817a4f22583096d2c3fc4903009fec8d8b1b881d92d73df2aa4721ad5cf44d5fe850ca14fbc0691796d782a6a7c6cbb54a14e1b4801762e28cce9c8dd94f0a5b04e4aaf53a18aa0349ac03cf77cd14987ad4485fccb8b2f0060a6123b595c234e1b5e2b89e635795b2a824f33a18231c77d273b5ea8f7";
    const N_2052: &str = "0ba099f97605ef6b6bee5a4cd8b75c54937baeebf7b6b10e9cb9a36098149cb587cd23414354495fb72566d49025bf65ecb725e826e3d8c7c6b63549f86a0b3c557c974da06c6b9fbe4fd42384bd4952419fd8b008bd0ffc36ec484883659c9380ee0bd6421fce98415dc2e521e58ba6d3578a53c9e6a44d44d9572a6ae1d5f2d57d77ef1a2441ec372cd9f16906af6c35ba1bbea3fcd6140b0ecc92068fac79c821c0e3026aa30be490c379e2b8f15b52c1fa3a6bcdcb4e5e9d5cbb2904ef9350e1a2e46d423a4aa424bfde9405b503e2d891a2e98b2b492b8d9e7c68c397c34a8e2f7399d50fb04ef5618c9e19d8a7a224a0ef80fd190bc83d20d18e5f6cd99f";
    const PKCS1_SHA256_2052: &str = "0839a063d4127d41f93cb16f407f0c84cb0aa57bd5c595629a685ccc17d3d0e265fc6612e23dd37157a658b557ed210f66b9bc6b68150585e9ef71005844d827c0360e8675944008f5a1e730118f41d8948e020ebc529578850805506642df6e2cefecba64da18d84a24c4cadf018cb959124168212b20ef87b502a6ab313ffacff3252a3340cfff420d47c236271ab9aaf4fed965f3b10d1fdd0437657969c1041b546d150748ea453141b5f29c75e512f2191afc868a5bec557775331ea514137ca728d923fcf1a2d050f2559185241d887dfe07e579abe4c0a079b4b1b6923e84dd78963065171817ffc77af7ff7c988dccdfda497d95b39a75453c21522666";

    fn check(n: &[u8], e: u32, algorithm: SignatureAlgorithm, hash: HashAlgorithm, signature: &[u8]) -> bool {
        let mut digest = Hash::new(hash);
        digest.update(b"a message");
        verify_vartime(n, e, algorithm, hash, &digest.finish(), signature)
    }

    fn pkcs1(n: &[u8], e: u32, signature: &[u8]) -> bool {
        check(n, e, SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha256, signature)
    }

    fn pss(n: &[u8], e: u32, signature: &[u8]) -> bool {
        check(n, e, SignatureAlgorithm::RsaPss, HashAlgorithm::Sha384, signature)
    }

    fn pkcs1_encoding(size: usize, digest: &[u8]) -> Vec<u8> {
        let mut encoded = std::vec![0xff; size - 52];
        encoded[..2].copy_from_slice(&[0, 1]);
        encoded.push(0);
        encoded.extend(hex("3031300d060960864801650304020105000420"));
        encoded.extend(digest);
        encoded
    }

    /// The encoding itself, byte by byte, which no test with signatures can reach without the private key.
    #[test]
    fn pkcs1_encodings_have_one_form() {
        let digest = [0x5a; 32];
        let mut encoded = pkcs1_encoding(256, &digest);
        let check = |encoded: &[u8]| is_pkcs1(encoded.iter().copied(), 256, HashAlgorithm::Sha256, &digest);
        assert!(check(&encoded));
        for i in 0..256 {
            encoded[i] ^= 2;
            assert!(!check(&encoded), "{i}");
            encoded[i] ^= 2;
        }
        encoded.push(0);
        assert!(!check(&encoded) && !check(&encoded[..255]));
    }

    #[test]
    fn sizes_that_are_no_whole_number_of_words() {
        assert!(pkcs1(&hex(N), 65537, &hex(PKCS1_SHA256)));
        assert!(pss(&hex(N), 65537, &hex(PSS_SHA384)));
        assert!(!pss(&hex(N), 65537, &hex(PKCS1_SHA256)));
        assert!(!pkcs1(&hex(N), 65537, &hex(PSS_SHA384)));
    }

    #[test]
    fn every_wrong_byte_is_seen() {
        let n = hex(N);
        for (good, check) in [(PKCS1_SHA256, pkcs1 as fn(&[u8], u32, &[u8]) -> bool), (PSS_SHA384, pss)] {
            let mut signature = hex(good);
            for i in 0..signature.len() {
                signature[i] ^= 0x10;
                assert!(!check(&n, 65537, &signature), "{i}");
                signature[i] ^= 0x10;
            }
            assert!(check(&n, 65537, &signature));
        }
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let (n, signature) = (hex(N), hex(PKCS1_SHA256));
        for e in [0, 1, 2, 65536, 65539, u32::MAX] {
            assert!(!pkcs1(&n, e, &signature), "{e}");
        }
        // With e = 1 anybody can sign: the encoding is the signature.
        let mut digest = Hash::new(HashAlgorithm::Sha256);
        digest.update(b"a message");
        assert!(!pkcs1(&n, 1, &pkcs1_encoding(257, &digest.finish())));
        let mut even = n.clone();
        even[256] ^= 1;
        assert!(!pkcs1(&even, 65537, &signature));
        assert!(!pkcs1(&[], 65537, &[]));
        // A leading zero is not the form agreed upon.
        let padded = |bytes: &[u8]| [&[0], bytes].concat();
        assert!(!pkcs1(&padded(&n), 65537, &padded(&signature)));
        // A right signature of a key with 2052 bits.
        assert!(!pkcs1(&hex(N_2052), 65537, &hex(PKCS1_SHA256_2052)));
        // 2040 and 4104 bits, whatever the signature.
        for len in [255, 513] {
            assert!(!pkcs1(&std::vec![0xff; len], 65537, &std::vec![1; len]));
        }
    }

    /// With s + n in the place of s the power is the same, so it is the range that must be checked; and s with a
    /// leading zero is not as long as the modulus.
    #[test]
    fn one_signature_has_one_form() {
        let (n, s) = (hex(N), hex(PKCS1_SHA256));
        let (mut sum, mut carry) = (Vec::new(), 0);
        for (s, n) in s.iter().zip(&n).rev() {
            carry += u16::from(*s) + u16::from(*n);
            sum.insert(0, carry as u8);
            carry >>= 8;
        }
        assert_eq!(carry, 0, "this signature was chosen for s + n to have the modulus' length");
        assert!(!pkcs1(&n, 65537, &sum));
        assert!(!pkcs1(&n, 65537, &[&[0], &s[..]].concat()));
        assert!(!pkcs1(&n, 65537, &s[1..]));
    }

    /// An exponent with ones inside, against a power computed with nothing but multiplications.
    #[test]
    fn any_odd_exponent() {
        let n = hex(N);
        let mut words = [0; WIDTH];
        from_bytes(&mut words, &n);
        let modulus = Modulus::new(&words[..65]);
        let mut s = [0; WIDTH];
        from_bytes(&mut s, &hex(PKCS1_SHA256));
        for e in [3, 5, 11, 17, 25] {
            // s^e R^(1-e), and then R^2 as often as it takes to lose R.
            let (mut r2, mut spare) = ([0; WIDTH], [0; WIDTH]);
            modulus.r_squared(&mut r2, &mut spare);
            let mut expected = s;
            for _ in 1..e {
                modulus.multiply(&mut spare, &expected, &s);
                modulus.multiply(&mut expected, &spare, &r2);
            }
            let mut power = s;
            assert!(power_vartime(&mut power, &n, e));
            assert!(power == expected, "{e}");
        }
    }
}
