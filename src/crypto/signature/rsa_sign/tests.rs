use super::*;
use crate::crypto::complete;
use crate::crypto::signature::rsa::verify_vartime;
use crate::crypto::testing::hex;

// `openssl genrsa -traditional 2048`, taken apart by `openssl rsa -text`.
const KEY: [&str; 5] = [
    "f52c61dac3efb85f8d0fbe16cabc023dbfbdf0cc3e1545761b4c36ddd2bb56096abb60180f99d4c03b34a0f43b405cda6441d1af3e99495175e28c8271560879885159cfe6e508b6e2601e1d0feaa58e836561d9a778facfd68dd9f946df4e78c93400e57a471ab671a6624a5a1b694eb8ce485eb77b28671f0ed4b4bfa72f9b",
    "f260a597ce483aae36c9d7be2ac191e1a7ff2a325cb06fc66bfccbe6ec24198b711ca43d8d1f891cabdbaf8fbd513d12ad129964d7951bcfcd7b324b60e4a4e1ef37fac0d584f2d91965972e37d453d64de1adda400f7ef2ca9f1ab6bd33c472e78f3e57cc524d88a555c03fee2cef26b9621550d3e327998b2a0984d7524669",
    "e99ffb372d92970c662ce4246fd7ac030f5d7dc2023edecbe6c33f5d2d5bda666ad0568757066d572893c3f43729e3d12fcc10757f9f2de0740707819d622ffd2f4ae5dc58d752f082d2b89f54f5720155701c47fd70290038213fde6c0c8a884aa24560669eaef3bf649f30dea0543ef197901ac198982d7bc8f423b0a52d95",
    "d3ce9f86fcae64115031ad063328fb49de5c7ecc89f1698c555c11f7d7ce684051f57c958958d0a22c910b67aa426f037e196dd1110fedc0f7c93c1761320de09f03256f14685d2c59244d2c077fd64fc5b97d0ae7c662e2db2c94d4b29ca584e0546e5f9d5f230051b391108d1bd955d6d51ed98680d05f3e9cdabaaacbec59",
    "9d7be514817e020d6688aaf5b1fc8f21bbd6e4cefac136900cc5c9e1d8613015086811dff99494bb438978db92f56a0d7d78ca3444367571a0b53f948f4b224f48beccbc463dd455275be64ac04a5333631589f03c8591729f67bb7f0f786bb2a411ef3a55675085d11003437d32b8b01681c8aca0d7a2e25b49b130079f16a1",
];

pub(in crate::crypto) fn key() -> RsaKey {
    let mut key = RsaKey::new();
    key.set_exponent(65537);
    for (i, part) in KEY.iter().enumerate() {
        from_bytes(key.part(i).unwrap(), &hex(part));
    }
    key
}

fn sign(
    key: &RsaKey,
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    digest: &[u8],
    random: Random<'_>,
    out: &mut [u8; SIGNATURE_LEN],
) -> Result<(), Error> {
    complete(|work| key.sign(algorithm, hash, digest, random, work, out))
}

fn counting() -> impl FnMut(&mut [u8]) -> Result<(), Error> {
    let mut n = 0u8;
    move |out: &mut [u8]| {
        n += 1;
        out.fill(n);
        Ok(())
    }
}

#[test]
fn signatures_verify() {
    let key = key();
    assert!(key.is_plausible());
    let n = key.modulus();
    assert_eq!(
        n[..],
        hex(
            "e82083bc7d10b1ef0169ddd9c9414c48cd01b37eeffafb964e0637cf9817a4792373a3f98839e206277c4d9d8cb5850e5ec95e2e29a6eb0d5735f38d7283fd043b51581d79d90ce09a8346a89ea7c8cfd860709879de08329b324f210efb5f660a3540b1a4fbf6007eb7e73eb00231b2e0c63fbecefa6c488d80327500f1039bb52808ef4d9beb8b36628c7fafcccdc10a9f45113056f84f4f0da79dde6db85e85a07bef4bf0a8905100faab7ac258eccc3dc8a6be85a47c02dc6eeec9a5c298a8c8fc00d870e557d27c6932852dd4a0bec312d6013dc6447d11300700533c472fd5fa6739a2000d584b27b52b02a78dbd8762bc08217d07656875febf3ce893"
        )
    );
    for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
        for algorithm in [SignatureAlgorithm::RsaPkcs1, SignatureAlgorithm::RsaPss] {
            for fill in [0, 1, 0x80, 0xff] {
                let digest = [fill; 64];
                let digest = &digest[..hash.output_len()];
                // which is checked with the public key before it is given out
                let mut signature = [0; SIGNATURE_LEN];
                sign(&key, algorithm, hash, digest, &mut counting(), &mut signature).unwrap();
                assert!(complete(|w| verify_vartime(&n, 65537, algorithm, hash, digest, &signature, w)));
            }
        }
    }
}

/// `openssl dgst -sha256 -sign` of "a message": PKCS #1 v1.5 leaves nothing to chance.
#[test]
fn openssl_signs_the_same() {
    let mut hash = Hash::new(HashAlgorithm::Sha256);
    hash.update(b"a message");
    let digest = hash.finish();
    let mut signature = [0; SIGNATURE_LEN];
    let (algorithm, hash) = (SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha256);
    sign(&key(), algorithm, hash, &digest, &mut counting(), &mut signature).unwrap();
    assert_eq!(
        signature[..],
        hex(
            "8fe1d63cd6c654be7c152d806c058cc3fef4c8b13dbcb4ac1f517437674ae0fd1d58d476600ec7946af3ecf08f208bf65c8e993f5488d0be093bbb0d9f308452c24daac0c07ba450001e6eb2cf59de839be33256a1eab0dcd77c2ec0cd8cee297d469f7a5b3446677c4e19a8752479d36d3c01fb4a516e0fdb8d7332dff7243663b2dd651fab69760195900f9aca5bfad4491379ec9218ab31400aab01518b66fa255ca82474edb98bc4c8a599bd5b2a1537a9cf503a64815c20c87b49ad81529733b564afecc197ba09e60a1ab4848b407a63202786c69d027b68e47be89259bd119ec35eec1b9c4134315b7402de51b7fb8cfa9e19cd3e23571425a6af3862"
        )
    );
}

/// A fault in any part of the key, or in the processor, gives no signature away.
#[test]
fn a_wrong_result_stays_inside() {
    for part in 0..5 {
        let mut key = key();
        key.parts[part][3] ^= 1 << 17;
        let mut out = [1; SIGNATURE_LEN];
        let (algorithm, hash) = (SignatureAlgorithm::RsaPkcs1, HashAlgorithm::Sha256);
        assert_eq!(
            sign(&key, algorithm, hash, &[7; 32], &mut counting(), &mut out),
            Err(Error::KeyUnreadable),
            "{part}"
        );
        assert_eq!(out, [1; SIGNATURE_LEN], "{part}");
    }
    let mut fails = |_: &mut [u8]| Err(Error::RandomFailed);
    let (algorithm, hash) = (SignatureAlgorithm::RsaPss, HashAlgorithm::Sha256);
    let signed = sign(&key(), algorithm, hash, &[7; 32], &mut fails, &mut [0; SIGNATURE_LEN]);
    assert_eq!(signed, Err(Error::RandomFailed));
}

/// Numbers at the edges of the modulus, against what they must be.
#[test]
fn arithmetic_at_the_edges() {
    let key = key();
    let p = &key.parts[0];
    let mut r2 = [0; W];
    r_squared(p, &mut r2);
    let mut one = [0; W];
    one[0] = 1;
    let mut less = *p;
    subtract(&mut less, &one, u32::MAX); // p - 1, which is -1
    for (a, b, product) in [(one, one, one), (less, one, less), (less, less, one), ([0; W], less, [0; W])] {
        let mut x = a;
        modulus(p).multiply(&mut x, &r2);
        modulus(p).multiply(&mut x, &b);
        reduce(p, &mut x, 0);
        assert_eq!(x, product);
    }
    // what is not below the modulus, but below R
    let mut expected = [u32::MAX; W];
    reduce(p, &mut expected, 0);
    let mut most = [u32::MAX; W];
    modulus(p).multiply(&mut most, &r2);
    leave(p, &mut most);
    assert_eq!(most, expected);
    enter(p, &[[0; W], [u32::MAX; W]], &mut most, &mut r2); // (R - 1) R
    leave(p, &mut most);
    modulus(p).multiply(&mut expected, &r2);
    reduce(p, &mut expected, 0);
    assert_eq!(most, expected);
    let mut all = one;
    reduce(p, &mut all, 1); // R + 1
    let mut r = [0; W];
    subtract(&mut r, p, u32::MAX);
    add(&mut r, &one, u32::MAX);
    assert_eq!(all, r);
}
