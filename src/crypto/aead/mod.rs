//! Sealing and opening of one record at a time, in pieces of any size.

#[cfg(any(all(feature = "aes-gcm", not(feature = "aes-hook"), cortex_m4), all(feature = "aes-gcm", test)))]
#[allow(clippy::indexing_slicing)] // arrays of a constant length
pub(super) mod aes;
#[cfg(feature = "aes-gcm")]
#[allow(clippy::indexing_slicing)] // loop counters within arrays of a constant length
mod gcm;
#[cfg_attr(feature = "aes-hook", allow(unsafe_code))] // a provider
pub(super) mod hook;

#[cfg(feature = "aes-gcm")]
use crate::crypto::aead::gcm::Gcm;
#[cfg(feature = "aes-hook")]
use crate::crypto::aead::hook::Aes;
#[cfg(all(feature = "aes-gcm", not(feature = "aes-hook")))]
use crate::crypto::provider::Aes;
#[cfg(feature = "chacha20")]
use crate::crypto::provider::mbedtls::ChaChaPoly;
use crate::crypto::{AeadAlgorithm, AesHook, AuthenticatedCipher};

/// One record being sealed or opened. Wiped when dropped.
///
/// What [`open`](Aead::open) gives out is not authenticated before [`tag`](Aead::tag) has been compared, in constant
/// time, with the tag received; use it in one direction only.
pub struct Aead(Cipher);

#[allow(clippy::large_enum_variant)] // a box would need the heap
enum Cipher {
    #[cfg(feature = "aes-gcm")]
    Gcm(Gcm<Aes>),
    #[cfg(feature = "chacha20")]
    ChaCha(ChaCha20Poly1305),
}

impl Aead {
    /// Begins a record, as [`Self::blank`] and [`Self::start`] do. What it returns is moved and leaves copies of the key
    /// on the stack.
    pub fn new(algorithm: AeadAlgorithm, key: &[u8], nonce: &[u8; 12], aad: &[u8], hook: AesHook) -> Self {
        debug_assert_eq!(key.len(), algorithm.key_len());
        let mut aead = Self::blank(algorithm, hook);
        aead.start(key, nonce, aad);
        aead
    }

    /// A cipher without a key, to be put where it stays. `hook` is what AES is done with in builds that leave it to the
    /// device.
    #[inline(always)]
    pub fn blank(algorithm: AeadAlgorithm, hook: AesHook) -> Self {
        Self(match algorithm {
            #[cfg(feature = "aes-gcm")]
            AeadAlgorithm::Aes128Gcm => Cipher::Gcm(Gcm::blank(hook)),
            #[cfg(feature = "aes256")]
            AeadAlgorithm::Aes256Gcm => Cipher::Gcm(Gcm::blank(hook)),
            #[cfg(feature = "chacha20")]
            AeadAlgorithm::ChaCha20Poly1305 => Cipher::ChaCha(ChaCha20Poly1305::blank(hook)),
        })
    }

    /// Begins a record. `key` has [`AeadAlgorithm::key_len`] bytes (anything else is a bug of the caller, and no peer
    /// will understand the result); `nonce` must never be used twice with a key.
    pub fn start(&mut self, key: &[u8], nonce: &[u8; 12], aad: &[u8]) {
        match &mut self.0 {
            #[cfg(feature = "aes-gcm")]
            Cipher::Gcm(cipher) => cipher.start(key, nonce, aad),
            #[cfg(feature = "chacha20")]
            Cipher::ChaCha(cipher) => cipher.start(key, nonce, aad),
        }
    }

    /// Encrypts the next piece in place.
    pub fn seal(&mut self, data: &mut [u8]) {
        match &mut self.0 {
            #[cfg(feature = "aes-gcm")]
            Cipher::Gcm(cipher) => cipher.seal(data),
            #[cfg(feature = "chacha20")]
            Cipher::ChaCha(cipher) => cipher.seal(data),
        }
    }

    /// Decrypts the next piece in place. Nothing may be believed before the tag has been checked.
    pub fn open(&mut self, data: &mut [u8]) {
        match &mut self.0 {
            #[cfg(feature = "aes-gcm")]
            Cipher::Gcm(cipher) => cipher.open(data),
            #[cfg(feature = "chacha20")]
            Cipher::ChaCha(cipher) => cipher.open(data),
        }
    }

    /// The tag of the record: append it, or compare it with [`equal`](crate::crypto::equal).
    /// To be called once, at the end.
    pub fn tag(&mut self) -> [u8; 16] {
        match &mut self.0 {
            #[cfg(feature = "aes-gcm")]
            Cipher::Gcm(cipher) => cipher.tag(),
            #[cfg(feature = "chacha20")]
            Cipher::ChaCha(cipher) => cipher.tag(),
        }
    }
}

/// AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8).
#[cfg(feature = "chacha20")]
struct ChaCha20Poly1305 {
    parts: ChaChaPoly,
    aad_len: usize,
    text_len: usize,
}

#[cfg(feature = "chacha20")]
impl ChaCha20Poly1305 {
    fn pad(&mut self, len: usize) {
        let zeros = [0; 16];
        self.parts.authenticate(zeros.get(..len.wrapping_neg() % 16).unwrap_or_default());
    }
}

#[cfg(feature = "chacha20")]
impl AuthenticatedCipher for ChaCha20Poly1305 {
    fn blank(_: AesHook) -> Self {
        Self { parts: ChaChaPoly::blank(), aad_len: 0, text_len: 0 }
    }

    fn start(&mut self, key: &[u8], nonce: &[u8; 12], aad: &[u8]) {
        if let Some(key) = key.first_chunk() {
            self.parts.start(key, nonce);
        }
        self.aad_len = aad.len();
        self.parts.authenticate(aad);
        self.pad(aad.len());
    }

    fn seal(&mut self, data: &mut [u8]) {
        self.text_len += data.len();
        self.parts.apply_keystream(data);
        self.parts.authenticate(data);
    }

    fn open(&mut self, data: &mut [u8]) {
        self.text_len += data.len();
        self.parts.authenticate(data);
        self.parts.apply_keystream(data);
    }

    fn tag(&mut self) -> [u8; 16] {
        self.pad(self.text_len);
        self.parts.authenticate(&(self.aad_len as u64).to_le_bytes());
        self.parts.authenticate(&(self.text_len as u64).to_le_bytes());
        self.parts.finish()
    }
}

#[cfg(all(test, feature = "aes256", feature = "chacha20"))]
mod tests {
    use super::*;
    use crate::crypto::testing::hex;
    extern crate std;
    use std::vec::Vec;

    const ALL: [AeadAlgorithm; 3] =
        [AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305];

    fn check(algorithm: AeadAlgorithm, key: &str, nonce: &str, aad: &str, plain: &str, sealed: &str, tag: &str) {
        let (key, aad, mut data) = (hex(key), hex(aad), hex(plain));
        let nonce = hex(nonce).try_into().unwrap();
        let mut aead = Aead::new(algorithm, &key, &nonce, &aad, AesHook::NONE);
        aead.seal(&mut data);
        assert_eq!(data, hex(sealed));
        assert_eq!(aead.tag(), *hex(tag));
        let mut aead = Aead::new(algorithm, &key, &nonce, &aad, AesHook::NONE);
        aead.open(&mut data);
        assert_eq!(data, hex(plain));
        assert_eq!(aead.tag(), *hex(tag));
    }

    /// Test cases 1 to 4, 13 and 16 of the GCM specification (McGrew and Viega) that NIST published.
    #[test]
    fn gcm() {
        let zero = "00000000000000000000000000000000";
        let zero_nonce = "000000000000000000000000";
        let key = "feffe9928665731c6d6a8f9467308308";
        let nonce = "cafebabefacedbaddecaf888";
        let aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
        let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        check(AeadAlgorithm::Aes128Gcm, zero, zero_nonce, "", "", "", "58e2fccefa7e3061367f1d57a4e7455a");
        check(
            AeadAlgorithm::Aes128Gcm,
            zero,
            zero_nonce,
            "",
            zero,
            "0388dace60b6a392f328c2b971b2fe78",
            "ab6e47d42cec13bdf53a67b21257bddf",
        );
        check(
            AeadAlgorithm::Aes128Gcm,
            key,
            nonce,
            aad,
            plain,
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
            "5bc94fbc3221a5db94fae95ae7121a47",
        );
        check(
            AeadAlgorithm::Aes256Gcm,
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce,
            aad,
            plain,
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b",
        );
    }

    /// RFC 8439 §2.8.2.
    #[test]
    fn chacha20_poly1305() {
        check(
            AeadAlgorithm::ChaCha20Poly1305,
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            "070000004041424344454647",
            "50515253c0c1c2c3c4c5c6c7",
            "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e",
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
            "1ae10b594f09e26a7e902ecbd0600691",
        );
    }

    fn sample(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 7 + 3) as u8).collect()
    }

    /// Every split in two pieces of every length up to three blocks of GCM and past one of ChaCha20, and the way back.
    #[test]
    fn every_split_gives_the_same() {
        for algorithm in ALL {
            let key = sample(algorithm.key_len());
            let start = |aad: &[u8]| Aead::new(algorithm, &key, &[9; 12], aad, AesHook::NONE);
            for len in 0..=131 {
                let (plain, aad) = (sample(len), sample(len % 37));
                let mut whole = plain.clone();
                let mut aead = start(&aad);
                aead.seal(&mut whole);
                let tag = aead.tag();
                for split in 0..=len {
                    let mut pieces = plain.clone();
                    let (head, tail) = pieces.split_at_mut(split);
                    let mut aead = start(&aad);
                    aead.seal(head);
                    aead.seal(tail);
                    assert_eq!(pieces, whole, "{algorithm:?} {len} {split}");
                    assert_eq!(aead.tag(), tag);
                    let (head, tail) = pieces.split_at_mut(split);
                    let mut aead = start(&aad);
                    aead.open(head);
                    aead.open(tail);
                    assert_eq!(pieces, plain, "{algorithm:?} {len} {split}");
                    assert_eq!(aead.tag(), tag);
                }
            }
        }
    }

    /// A record of the largest size in pieces of every size from 1 to 70 bytes.
    #[test]
    fn pieces_of_any_size_give_the_same() {
        for algorithm in ALL {
            let key = sample(algorithm.key_len());
            let mut whole = sample(16384);
            let mut aead = Aead::new(algorithm, &key, &[1; 12], b"header", AesHook::NONE);
            aead.seal(&mut whole);
            let tag = aead.tag();
            for size in 1..=70 {
                let mut pieces = sample(16384);
                let mut aead = Aead::new(algorithm, &key, &[1; 12], b"header", AesHook::NONE);
                pieces.chunks_mut(size).for_each(|piece| aead.seal(piece));
                assert!(pieces == whole, "{algorithm:?} {size}");
                assert_eq!(aead.tag(), tag);
            }
        }
    }

    /// A context keeps no pointers to where it was made (see `mbedtls::Aes`): another one, made in the same place with
    /// another key, must not disturb it.
    #[test]
    fn contexts_may_move() {
        #[inline(never)]
        fn make(algorithm: AeadAlgorithm, key: u8) -> std::boxed::Box<Aead> {
            let key = [key; 32];
            std::boxed::Box::new(Aead::new(algorithm, &key[..algorithm.key_len()], &[1; 12], b"", AesHook::NONE))
        }
        for algorithm in ALL {
            let mut expected = sample(40);
            let mut alone = make(algorithm, 1);
            alone.seal(&mut expected);
            let mut data = sample(40);
            let mut first = make(algorithm, 1);
            let mut other = make(algorithm, 2);
            other.seal(&mut [0; 20]);
            first.seal(&mut data[..20]);
            drop(other);
            let mut moved = *first;
            moved.seal(&mut data[20..]);
            assert_eq!(data, expected, "{algorithm:?}");
            assert_eq!(moved.tag(), alone.tag());
        }
    }
}
