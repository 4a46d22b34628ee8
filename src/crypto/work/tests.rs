extern crate std;
use super::*;
use crate::crypto::testing::hex;
use crate::crypto::{HashAlgorithm, KeyAgreement, MAX_PUBLIC, PublicKey, SignatureAlgorithm, verify};
use std::boxed::Box;
use std::vec::Vec;

/// An operation's result, as bytes, with its name and how many slices it has at least.
type Operation = (&'static str, usize, Box<dyn FnMut(&mut Work) -> Poll<Vec<u8>>>);

/// `openssl genrsa 2048` and `openssl dgst -sha256 -sign` over nothing.
const RSA_N: &str = "d6a7e676c83b15088e4ee2570877f33e76cf59a9ea160ff39b11587f56552fad6b8eeb8fe914a653dae7d8602abc5e45a1bdc61afd277343b52dc57a00de3c96f60c3dd77d0f6956e899574d544c961ab09ff9f519b7d434e7b63449712b1da04023b843d0e68a657c39041100f197f5c5c099273bbfe39177d4cae935f0d568902e5c023d3cbde0faa65aeae09b350ddcce905a86d45e50df076d1d9bc0735fe24a35d109f177081fde09fafa2af7dffb8e793cd67120e7bb6cc91d0b1e7c8c08893f64604004dec8c6c6e1353c670b723d46b26b501bc0521fabc47ab01365e862dabce2e2db96a02ac5af212dbce5e39a9fb2c3c4e6c744efdecba6fc02c5";
const RSA_SIGNATURE: &str = "2fd54e2df63657475e44d98e69d746a3360e4a4103c5227c8307ac6c3071cc18ab8b008ad0897ffdf220e752a4b3c532453ca035b766ce22dd20f6fef4822c22cf017001cec408abb0e641d51741c03d7c0cae0253ecd8f6a095dedd183e9070a86576937c458ef470cd62fe58a8c635606913c7675adfbedac5020086afad2f70a27da31fbd6291eae87e0a33160279db8bae59c7081e93195e93adb431975f89a48a6ccbb3f9225c3d095c93fe521d90949dfdf4a6554cfd7270c9864996a850ae1f8e4202c0476c07588e542c3ffa073d049c9aef2c04572b2e1189340ef4989cc2242c44c7e6d3f50b6b307e116d6942c5042bfbb1b7f4a33e3ec1d13561";

fn verification(key: PublicKey<'static>, algorithm: SignatureAlgorithm, digest: &[u8], signature: &[u8]) -> Operation {
    let (digest, signature) = (digest.to_vec(), signature.to_vec());
    let name = match key {
        PublicKey::P256(_) => "P-256",
        PublicKey::P384(_) => "P-384",
        PublicKey::Rsa { .. } => "RSA",
    };
    let sha256 = HashAlgorithm::Sha256;
    let operation = move |work: &mut Work| {
        verify(&key, algorithm, sha256, &digest, &signature, work).map(|right| std::vec![right.into()])
    };
    (name, 2, Box::new(operation))
}

fn keys<Group: KeyAgreement + 'static>(name: &'static str, point: &'static [u8]) -> [Operation; 2] {
    let private = [0x1234_5678; crate::crypto::MAX_SECRET / 4];
    let public = move |work: &mut Work| {
        let mut out = [0; MAX_PUBLIC];
        let length = Group::public(&private, &mut out, work);
        work.leave(length).map(|n| out[..n].to_vec())
    };
    let agree = move |work: &mut Work| {
        let mut out = [0; crate::crypto::MAX_SECRET];
        let length = Group::agree(&private, point, &mut out, work);
        work.leave(length).map(|n| out[..n].to_vec())
    };
    [(name, 4, Box::new(public)), (name, 4, Box::new(agree))]
}

fn operations() -> Vec<Operation> {
    use p256::ecdsa::signature::hazmat::PrehashSigner;
    let mut all = Vec::new();
    let signer = p256::ecdsa::SigningKey::from_slice(&[3; 32]).unwrap();
    let point = p256::ecdsa::VerifyingKey::from(&signer).to_encoded_point(false);
    let point: &'static [u8] = point.as_bytes().to_vec().leak();
    let signature: p256::ecdsa::DerSignature = signer.sign_prehash(&[5; 32]).unwrap();
    all.push(verification(PublicKey::P256(point), SignatureAlgorithm::Ecdsa, &[5; 32], signature.as_bytes()));
    all.extend(keys::<crate::crypto::key_agreement::small_p256::P256>("P-256", point));
    let rsa = PublicKey::Rsa { n: hex(RSA_N).leak(), e: 65537 };
    let digest = hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    all.push(verification(rsa, SignatureAlgorithm::RsaPkcs1, &digest, &hex(RSA_SIGNATURE)));
    #[cfg(feature = "client-rsa")]
    {
        let key = crate::crypto::signature::rsa_sign::tests::key();
        let sign = move |work: &mut Work| {
            let mut out = [0; 256];
            let mut random = |_: &mut [u8]| Ok(());
            let (algorithm, hash) = (SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha256);
            let result = key.sign(algorithm, hash, &[7; 32], &mut random, work, &mut out);
            assert!(result.is_ready() || out == [0; 256]);
            work.leave(result).map(|result| result.map_or(Vec::new(), |()| out.to_vec()))
        };
        all.push(("RSA signature", 20, Box::new(sign)));
    }
    #[cfg(feature = "p384")]
    {
        // FIPS 186-5's curve and RFC 6979 §A.2.6's key, its signature of "sample" with SHA-256
        let point = hex(concat!(
            "04EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13",
            "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720"
        ))
        .leak();
        let digest = hex("AF2BDBE1AA9B6EC1E2ADE1D694F41FC71A831D0268E9891562113D8A62ADD1BF");
        let signature = hex(concat!(
            "3065023021B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33BDE1E888E63355D92FA2B3C36D8FB2CD",
            "023100F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEBEFDC63ECCD1AC42EC0CB8668A4FA0AB0"
        ));
        all.push(verification(PublicKey::P384(point), SignatureAlgorithm::Ecdsa, &digest, &signature));
        all.extend(keys::<crate::crypto::key_agreement::p384::P384>("P-384", point));
    }
    all
}

/// Memory with a place for work that is aligned alike in each.
#[repr(align(4))]
struct Place([u8; MOST + 3]);

/// The same comes out whatever the memory held, wherever it begins, and if it is moved between two slices. Nothing is
/// left in it, whether an operation is completed or cancelled.
#[test]
fn slices() {
    for (name, least, operation) in &mut operations() {
        let expected = complete(&mut *operation);
        assert!(!expected.is_empty() && expected != [0], "{name}");
        let slices = (0..4).map(|skip| {
            let (mut progress, mut slices) = (Progress::NONE, 0);
            let mut place = Place([0x5a; MOST + 3]);
            loop {
                let memory = &mut place.0[skip..skip + MOST];
                slices += 1;
                if let Poll::Ready(result) = operation(&mut Work { memory, progress: &mut progress }) {
                    assert_eq!(result, expected, "{name}");
                    assert!(place.0[skip..skip + MOST].iter().all(|byte| *byte == 0), "{name}");
                    assert_eq!(progress, Progress::NONE);
                    break slices;
                }
                let mut elsewhere = Box::new(Place([0xa5; MOST + 3]));
                elsewhere.0.copy_from_slice(&place.0);
                // all that is not lent stays as it is
                assert!(place.0[..skip].iter().chain(&place.0[skip + MOST..]).all(|byte| *byte == 0x5a));
                place.0.fill(0);
                place = *elsewhere;
            }
        });
        let slices: Vec<usize> = slices.collect();
        assert!(slices[0] >= *least && slices == [slices[0]; 4], "{name} {slices:?}");
        for end in 1..slices[0] {
            let (mut memory, mut progress) = ([0x5a; MOST], Progress::NONE);
            let mut work = Work { memory: &mut memory, progress: &mut progress };
            (0..end).for_each(|_| assert!(operation(&mut work).is_pending()));
            assert!(work.memory.iter().any(|byte| *byte != 0));
            work.cancel();
            assert_eq!((memory, progress), ([0; MOST], Progress::NONE), "{name} {end}");
        }
    }
}

/// With too little memory nothing comes out; with that of another operation anything may, but it does.
#[test]
fn misuse_does_no_harm() {
    let mut all = operations();
    for (name, _, operation) in &mut all {
        for length in 0..=MOST {
            let (mut memory, mut progress) = ([0x5a; MOST], Progress::NONE);
            let memory = &mut memory[..length];
            let mut work = Work { memory, progress: &mut progress };
            // the first call may only say that there is an operation
            let ready = (0..2).map(|_| operation(&mut work)).find(|result| result.is_ready());
            let Some(Poll::Ready(result)) = ready else { break };
            assert!(result.is_empty() || result == [0], "{name} {length}");
        }
    }
    for other in 0..all.len() {
        for (i, slices) in (0..all.len()).flat_map(|i| [1, 2, 3].map(|slices| (i, slices))) {
            let (mut memory, mut progress) = ([0xff; MOST], Progress::NONE);
            let mut work = Work { memory: &mut memory, progress: &mut progress };
            (0..slices).for_each(|_| _ = all[other].2(&mut work));
            let ends = (0..5000).any(|_| all[i].2(&mut work).is_ready());
            assert!(ends, "{other} {i}");
        }
    }
}
