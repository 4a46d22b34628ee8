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
        // s^e R^(1-e), and then R as often as it takes to lose it.
        let mut expected = s;
        for _ in 1..e {
            modulus.multiply(&mut expected, &s);
            modulus.enter_vartime(&mut expected);
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
