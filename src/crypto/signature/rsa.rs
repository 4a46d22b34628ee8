//! Variable time on public data: RSA signature verification (RFC 8017 §8.1.2, §8.2.2).
//!
//! **Public data only**, hence `_vartime`. The encoded message stays in the words that the arithmetic left it in and is
//! read from there byte by byte: 4096 bits cost four numbers of 512 bytes of stack, and nothing else that counts.

use crate::crypto::arithmetic::montgomery::{Modulus, R_SQUARED_SQUARES, from_bytes};
use crate::crypto::{Hash, HashAlgorithm, SignatureAlgorithm, Work, equal};
use core::task::Poll;

/// Words of the largest modulus, 4096 bits.
const WIDTH: usize = 128;

/// Squares in a slice, times the square of a modulus' words, of 128 at most.
const SLICE: usize = 4 * WIDTH * WIDTH;

type Number = [u32; WIDTH];

/// Whether the signature fits; false for anything wrong. The modulus has 2048 to 4096 bits, its highest byte's highest
/// bit is set and it is odd; so is the exponent, which is at least 3; the signature is as long as the modulus. In
/// slices.
#[inline(never)] // or a caller that verifies with curves pays for its stack
pub fn verify_vartime(
    n: &[u8],
    e: u32,
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    digest: &[u8],
    signature: &[u8],
    work: &mut Work,
) -> Poll<bool> {
    let size = n.len();
    let (Some(first), Some(last)) = (n.first(), n.last()) else {
        return Poll::Ready(false);
    };
    let good_key = (256..=512).contains(&size) && first >> 7 == 1 && last & 1 == 1 && e >= 3 && e & 1 == 1;
    let (words, left) = work.parts();
    let Some(power) = words.first_chunk_mut().filter(|_| good_key && signature.len() == size) else {
        return Poll::Ready(false);
    };
    if !power_vartime(power, left, signature, n, e) {
        return Poll::Ready(false);
    }
    if *left != 0 {
        return Poll::Pending;
    }
    let encoded = Encoded { words: power, left: size };
    let salt = match algorithm {
        SignatureAlgorithm::RsaPss => hash.output_len(),
        #[cfg(feature = "rsa-pss")]
        SignatureAlgorithm::RsaPssSalt(salt) => salt.into(),
        _ => return Poll::Ready(is_pkcs1(encoded, hash, digest)),
    };
    Poll::Ready(is_pss(encoded, hash, digest, salt))
}

/// The bytes of an encoded message, from its words.
#[derive(Clone, Copy)]
struct Encoded<'a> {
    words: &'a [u32],
    /// Bytes that have not been read.
    left: usize,
}

impl Encoded<'_> {
    /// The next byte; zeros after the last.
    #[inline(never)]
    fn next(&mut self) -> u8 {
        let Some(left) = self.left.checked_sub(1) else {
            return 0;
        };
        self.left = left;
        (self.words.get(left / 4).unwrap_or(&0) >> (8 * (left % 4))) as u8
    }

    /// Whether these bytes come next; skips as many.
    #[inline(never)]
    fn begins_with(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().fold(true, |good, byte| good & (self.next() == *byte))
    }
}

/// A slice of power = signature^e mod n, done when nothing is left; false if the signature is not below n. n and e are
/// odd, e is at least 3.
///
/// What the power begins with becomes R² by the first squares, and by the exponent's highest bit the signature in
/// Montgomery's form. Each of the other bits multiplies by the signature as it is: the last one so leaves that form,
/// and what any other one leaves must return to it.
#[inline(never)] // its numbers must be off the stack before the encoding is hashed
fn power_vartime(power: &mut Number, left: &mut u32, signature: &[u8], n: &[u8], e: u32) -> bool {
    let (mut words, mut number) = ([0; WIDTH], [0; WIDTH]);
    from_bytes(&mut words, n);
    from_bytes(&mut number, signature);
    let Some(n) = words.get(..n.len().div_ceil(16) * 4) else {
        return false;
    };
    let modulus = Modulus::new(n);
    let highest = e.ilog2();
    if *left == 0 {
        *left = highest + R_SQUARED_SQUARES;
        modulus.begin_r_squared(power);
        return modulus.contains(&number);
    }
    for _ in 0..SLICE / n.len().pow(2) {
        *left -= 1;
        modulus.square(power);
        if e.checked_shr(*left).unwrap_or(0) & 1 == 1 {
            modulus.multiply(power, &number);
            if *left == 0 {
                modulus.reduce(power);
                break;
            }
            if *left != highest {
                modulus.r_squared(&mut number);
                modulus.multiply(power, &number);
                break;
            }
        }
    }
    true
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2): the one encoding that is right, compared byte by byte, instead of parsed.
#[inline(never)]
fn is_pkcs1(mut encoded: Encoded, hash: HashAlgorithm, digest: &[u8]) -> bool {
    let len = hash.output_len() as u8;
    let id = hash as u8 - 3;
    // DigestInfo with the NULL that RFC 8017 §9.2 demands; the object identifier is 2.16.840.1.101.3.4.2.id.
    let prefix = [0, 0x30, 17 + len, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, id, 5, 0, 4, len];
    let mut good = encoded.begins_with(&[0, 1]);
    while encoded.left > prefix.len() + digest.len() {
        good &= encoded.next() == 0xff;
    }
    good & encoded.begins_with(&prefix) & encoded.begins_with(digest)
}

/// EMSA-PSS (RFC 8017 §9.1.2) with MGF1, the same hash throughout and a salt of that many bytes.
#[inline(never)]
fn is_pss(mut encoded: Encoded, hash: HashAlgorithm, digest: &[u8], salt: usize) -> bool {
    let len = hash.output_len();
    // A modulus of 2048 bits always has room for a salt as long as the hash.
    #[cfg(not(feature = "rsa-pss"))]
    let salt = {
        let _ = salt;
        len
    };
    #[cfg(feature = "rsa-pss")]
    if encoded.left < len + salt + 2 {
        return false;
    }
    // DB, then H, then 0xbc.
    let mut tail = Encoded { left: len + 1, ..encoded };
    let mut h = [0; 64];
    let Some(h) = h.get_mut(..len) else {
        return false;
    };
    h.iter_mut().for_each(|byte| *byte = tail.next());
    // The encoding is one bit shorter than the modulus: that bit must be zero before the mask is taken off.
    let mut good = tail.next() == 0xbc && Encoded { ..encoded }.next() >> 7 == 0;

    // M' = eight zeros, the digest, the salt; the salt ends DB, behind zeros and a one.
    let mut again = Hash::new(hash);
    again.update(&[0; 8]);
    again.update(digest);
    let mut bits = 0x7f;
    let mut block = 0u32;
    let mut mask = Hash::new(hash);
    while encoded.left > len + 1 {
        mask.restart();
        mask.update(h);
        mask.update(&block.to_be_bytes());
        block += 1;
        for mask in mask.result().iter() {
            // What is left of DB with this byte: the salt is its end.
            let left = encoded.left.saturating_sub(len + 1);
            if left == 0 {
                break;
            }
            let byte = (encoded.next() ^ mask) & bits;
            bits = 0xff;
            if left <= salt {
                again.update(&[byte]);
            } else {
                good &= byte == u8::from(left == salt + 1);
            }
        }
    }
    good && equal(&again.result(), h)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::complete;
    use crate::crypto::testing::hex;
    extern crate std;
    use std::vec::Vec;

    // Made with `openssl genrsa 2056` (257 bytes: not a whole number of words) and `openssl dgst` over "a message".
    const N: &str = "8e33cb32a94c65682d83d197b10cf60bca4e3bf4a411befc8d5fa56d98bd3c533b9a5f685418efa7a763d48753508019a19f2f5ff928a3da64f6e6c5c933b4e35d1d410a6a2cfeda90613a167e02838f1ea3c3312ddae64042e02ca0132335bfe2db632db438b43bad9fc96d21352fc25cc46b3185e1dbbe240dde27b011d721b8272b2f7c1a5b62c46021f6ccff6e81a5bf6deee586e63f68feb5aa1cccbf174a2c421c4dd885b407dcb16dd87425bab8502ecfbd502e088eb855ff73cfae45825c83b71cc82ab72e8caf6ac05765006d3f0613ea036f849c9efbdb51ed73fba3a3d9ee0c359f7aa13a8031815e774040ec760a8f73d6a48c54d4eda97a79e651";
    const PKCS1_SHA256: &str = "51df68481f23da6cf7a71fde92ab3414e823d3755c53e8d4ad11e899602d0668952343feda65e5140f55fa1c1233949738709b8cbacfd5bf7bb9709ed80b9fc9dabe4bcf61d558bc3112829aade652f9d545adfc0ef312c021732fe3a568d21d9ca8f5abe46864f5f5f391721853092c2736233d3bee618c8dee709104900460cd5908feb5a4d97cf40268141dba24b374ce4a6fb762479a150b54391da1d31a14ff6e22a10c490add0b607aa8061f8360a02e20a1f6700e2aa7481f8eb39c96ea2a4220a0126b08b6bc821ddc0cb7813e993c5828ae1da2493e507ff7e5936216b163d445064039dbd3efb2545250a8ff5214b244985516aa1257cf48184fd39b";
    const PSS_SHA384: &str = "002347679f15212a4cc2db8a741162f81d902ec87bf7c7f136868a42aa49e5376683f1ab5fdbc837ae2ea10ca5a8b7512817febe7be576f7df65e43a67a53fe4631e585132b7029fcaecf3ad7ecf32723860d9ae21999cee5a24d8086f3dbba110d3c2fc1b0ec412652df85877f714ef62197852b119b2ffb7a65484069555413c2cb5c170a325bd3156afe24d4249aab9ca97082881f4f3263f73d3ed84556843260ae8f1ca1ba00222702ebd9525dc3e209aa30513a42198be576ca2430bb904f66e151a95d235b342634b95b1461c507179bb90587727e2ff7a09e89c765558a3aee950a9afbc3bd5c35a77f68b58b1521faaab65b7545d3a9dbc846581db57"; // begins with 00
    const N_2040: &str = "c7c5b692c8d73beda01178abae41dc00c39ee927a3f3bc416146fb08a6a8f8b998f589a15abd4af136fc667960826caffe0f5cd0d9448a5cebf7423ddec8c0c95327dc411e0a6d533111871e07bd740af9face86ab55bd255c4d04b1149f2daaaa50661fef4d98f5266fb8a3ff76acb9191cdfcdf18ca71690a4a009d665b396da6c30a03dc015e12a3b72701244bab77aef6b56b28524b0c9f1537f3b8ba37bf239fb2f47aca86e50e1a359c6f081b7dd150c8e4d3e9c70ef0f3811f4a922dca03a3b129b8daf82dd9b939f08c55bfbc0f8daa2df437424502fc7c8a94f980866139f182406d6155e52f84e7558a1d8d27dcb60d98129a3a09a480da073f7";
    const PKCS1_SHA256_2040: &str = "02270db173464552d193600c9ab0051c7f5ff5ba4620c9b48a28a53e35f4437cd1b00ee606855adc4520a2ea617d84bad2856053c93aa75c9ca9153004e9589e24c63a1e7a65dd5a931ebf445f8317aaeb2cb5dfd37edf6ab7e37f36f2c2d93ba35e1cd9963a2c0542b00d87559ded92c2c1b4b3b07e55f29203e68e99c5a45cbdde294f2948381b69306351d2d35e674f9dfb50340709c9e0f3cea224f34d0e9a93627a0c9a4d1665263b2eec9479b2e01e671e0336219c42a0e8f1d354f501423fe0e53f87360a7b57f4f77f8186e0ac2e70e32cc558c9082eb53ced9a0eeec427084b04a8a5dcadf0db2dfc4407fa67722be4a9f62b700015b0ae20d58e";
    const N_2052: &str = "0ba099f97605ef6b6bee5a4cd8b75c54937baeebf7b6b10e9cb9a36098149cb587cd23414354495fb72566d49025bf65ecb725e826e3d8c7c6b63549f86a0b3c557c974da06c6b9fbe4fd42384bd4952419fd8b008bd0ffc36ec484883659c9380ee0bd6421fce98415dc2e521e58ba6d3578a53c9e6a44d44d9572a6ae1d5f2d57d77ef1a2441ec372cd9f16906af6c35ba1bbea3fcd6140b0ecc92068fac79c821c0e3026aa30be490c379e2b8f15b52c1fa3a6bcdcb4e5e9d5cbb2904ef9350e1a2e46d423a4aa424bfde9405b503e2d891a2e98b2b492b8d9e7c68c397c34a8e2f7399d50fb04ef5618c9e19d8a7a224a0ef80fd190bc83d20d18e5f6cd99f";
    const PKCS1_SHA256_2052: &str = "0839a063d4127d41f93cb16f407f0c84cb0aa57bd5c595629a685ccc17d3d0e265fc6612e23dd37157a658b557ed210f66b9bc6b68150585e9ef71005844d827c0360e8675944008f5a1e730118f41d8948e020ebc529578850805506642df6e2cefecba64da18d84a24c4cadf018cb959124168212b20ef87b502a6ab313ffacff3252a3340cfff420d47c236271ab9aaf4fed965f3b10d1fdd0437657969c1041b546d150748ea453141b5f29c75e512f2191afc868a5bec557775331ea514137ca728d923fcf1a2d050f2559185241d887dfe07e579abe4c0a079b4b1b6923e84dd78963065171817ffc77af7ff7c988dccdfda497d95b39a75453c21522666";

    fn check(n: &[u8], e: u32, algorithm: SignatureAlgorithm, hash: HashAlgorithm, signature: &[u8]) -> bool {
        let mut digest = Hash::new(hash);
        digest.update(b"a message");
        let digest = digest.finish();
        complete(|work| verify_vartime(n, e, algorithm, hash, &digest, signature, work))
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
        let check = |encoded: &[u8]| {
            let mut words = [0; WIDTH];
            from_bytes(&mut words, encoded);
            let encoded = Encoded { words: &words, left: encoded.len() };
            is_pkcs1(encoded, HashAlgorithm::Sha256, &digest)
        };
        assert!(check(&encoded));
        for i in 0..256 {
            encoded[i] ^= 2;
            assert!(!check(&encoded), "{i}");
            encoded[i] ^= 2;
        }
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
        // Right signatures of keys with 2040 and 2052 bits.
        assert!(!pkcs1(&hex(N_2040), 65537, &hex(PKCS1_SHA256_2040)));
        assert!(!pkcs1(&hex(N_2052), 65537, &hex(PKCS1_SHA256_2052)));
        assert!(!pkcs1(&[0xff; 513], 65537, &[1; 513]));
    }

    /// With s + n in the place of s the power is the same, so it is the range that must be checked; and s has the
    /// length of the modulus, with leading zeros if need be but never with more or fewer.
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
        assert!(!pss(&n, 65537, &hex(PSS_SHA384)[1..]));
    }

    /// An exponent with ones inside, against a power computed with nothing but multiplications.
    #[test]
    fn any_odd_exponent() {
        let n = hex(N);
        let mut words = [0; WIDTH];
        from_bytes(&mut words, &n);
        let modulus = Modulus::new(&words[..68]);
        let mut s = [0; WIDTH];
        from_bytes(&mut s, &hex(PKCS1_SHA256));
        for e in [3, 5, 11, 17, 25, 31] {
            // s^e R^(1-e), and then R^2 as often as it takes to lose R.
            let mut r2 = [0; WIDTH];
            modulus.r_squared(&mut r2);
            let mut expected = s;
            for _ in 1..e {
                modulus.multiply(&mut expected, &s);
                modulus.multiply(&mut expected, &r2);
            }
            modulus.reduce(&mut expected);
            let (mut power, mut left) = ([0; WIDTH], 0);
            assert!(power_vartime(&mut power, &mut left, &hex(PKCS1_SHA256), &n, e));
            while left != 0 {
                assert!(power_vartime(&mut power, &mut left, &hex(PKCS1_SHA256), &n, e));
            }
            assert!(power == expected, "{e}");
        }
    }
}
