//! Crypto operations against test vectors, for a program in C that reads them from a file.
//!
//! A vector is `op, result, number of fields` in a byte each, then the fields, each with its length in two bytes,
//! little-endian, in front. `tests/chip.rs` writes them; the operations and the order of their fields stand in [`run`].

#![no_std]

use espruino_tls::crypto::{
    Aead, AeadAlgorithm, AesHook, EphemeralKey, Hash, HashAlgorithm, Hmac, MAX_PUBLIC, NamedGroup, PublicKey, SharedSecret,
    SignatureAlgorithm, Work, complete, equal, verify,
};
use core::hint::black_box;
use core::task::Poll;
use espruino_tls::ffi::etls;
use espruino_tls::schedule::prf12::{MasterSecret, Randoms};
use espruino_tls::schedule::suite_hash::SuiteHash;

/// Bytes of a connection's own structure, without its buffers.
#[unsafe(no_mangle)]
pub extern "C" fn vectors_context() -> usize {
    size_of::<etls>()
}

/// Runs one vector: 1 if it came out as the vector says, 0 if not, -1 if it can't be read.
///
/// # Safety
/// `vector` has `length` bytes, which nobody else touches meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vectors_run(vector: *mut u8, length: usize) -> i32 {
    // SAFETY: as promised
    let vector = unsafe { core::slice::from_raw_parts_mut(vector, length) };
    let [op, expected, _, fields @ ..] = vector else { return -1 };
    match run(*op, &mut Fields(fields)) {
        Some(got) => i32::from(got == (*expected != 0)),
        None => -1,
    }
}

unsafe extern "C" {
    /// Called between two slices of an operation.
    safe fn vectors_slice();
}

/// Does an operation, slice by slice.
fn in_slices<T>(mut operation: impl FnMut(&mut Work) -> Poll<T>) -> T {
    complete(|work| {
        let result = operation(work);
        if result.is_pending() {
            vectors_slice();
        }
        result
    })
}

/// What is left of the fields.
struct Fields<'v>(&'v mut [u8]);

impl<'v> Fields<'v> {
    fn next_mut(&mut self) -> Option<&'v mut [u8]> {
        let [low, high, rest @ ..] = core::mem::take(&mut self.0) else { return None };
        let (field, rest) = rest.split_at_mut_checked(usize::from(*low) | usize::from(*high) << 8)?;
        self.0 = rest;
        Some(field)
    }

    fn next(&mut self) -> Option<&'v [u8]> {
        self.next_mut().map(|field| &*field)
    }

    fn number(&mut self) -> Option<u8> {
        self.next()?.first().copied()
    }

    fn hash(&mut self) -> Option<HashAlgorithm> {
        [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512]
            .into_iter()
            .find(|hash| Some(*hash as u8) == self.0.get(2).copied())
            .inspect(|_| _ = self.next())
    }
}

/// Whether the operation succeeds; None if the vector makes no sense.
fn run(op: u8, fields: &mut Fields) -> Option<bool> {
    match op {
        1 => aead(fields),
        2 => hmac(fields),
        3 => agree(NamedGroup::Secp256r1, fields),
        4 => agree(NamedGroup::X25519, fields),
        5 => signature(fields),
        6 => public(fields),
        7 => digest(fields),
        8 => agree(NamedGroup::Secp384r1, fields),
        #[cfg(feature = "client-rsa")]
        9 => sign(fields),
        #[cfg(feature = "client-rsa")]
        10 => sign_ecdsa(fields),
        11 => Some(equal(fields.next()?, fields.next()?)),
        12 => prf(fields),
        #[cfg(feature = "every")]
        13 => hkdf(fields),
        _ => None,
    }
}

/// algorithm, key, nonce, additional data, ciphertext, tag, plaintext; where to cut it in two, if at all. Opens, and seals
/// again what was opened.
fn aead(fields: &mut Fields) -> Option<bool> {
    let algorithm = match fields.number()? {
        0 => AeadAlgorithm::Aes128Gcm,
        #[cfg(feature = "every")]
        1 => AeadAlgorithm::Aes256Gcm,
        #[cfg(feature = "every")]
        2 => AeadAlgorithm::ChaCha20Poly1305,
        _ => return None,
    };
    let (key, nonce, aad) = (fields.next()?, fields.next()?.try_into().ok()?, fields.next()?);
    let (data, tag, plain) = (fields.next_mut()?, fields.next()?, fields.next()?);
    let cut = usize::from(fields.number().unwrap_or(0)).min(data.len());
    let mut aead = Aead::new(algorithm, key, nonce, aad, AesHook);
    let (head, tail) = data.split_at_mut(cut);
    aead.open(head);
    aead.open(tail);
    if !equal(&aead.tag(), tag) || *data != *plain {
        return Some(false);
    }
    let mut aead = Aead::new(algorithm, key, nonce, aad, AesHook);
    let (head, tail) = data.split_at_mut(cut);
    aead.seal(head);
    aead.seal(tail);
    let sealed = aead.tag();
    let mut aead = Aead::new(algorithm, key, nonce, aad, AesHook);
    aead.open(data);
    Some(sealed == *tag && *data == *plain)
}

/// hash, two pieces of the message, digest.
fn digest(fields: &mut Fields) -> Option<bool> {
    let mut hash = Hash::new(fields.hash()?);
    hash.update(fields.next()?);
    hash.update(fields.next()?);
    Some(*hash.finish() == *fields.next()?)
}

/// hash, key, message, tag, which may be cut off.
fn hmac(fields: &mut Fields) -> Option<bool> {
    let mut hmac = Hmac::new(fields.hash()?, fields.next()?);
    hmac.update(fields.next()?);
    let (tag, got) = (fields.next()?, hmac.finish());
    Some(equal(got.get(..tag.len())?, tag))
}

/// private number, the peer's public key, secret. Another secret than that is a failure, too.
fn agree(group: NamedGroup, fields: &mut Fields) -> Option<bool> {
    let key = EphemeralKey::from_private(group, fields.next()?).ok()?;
    let (peer, secret) = (fields.next()?, fields.next()?);
    let mut got = SharedSecret::NONE;
    Some(in_slices(|work| key.agree(peer, &mut got, work)).is_ok_and(|()| *got == *secret))
}

/// group, private number, public key.
fn public(fields: &mut Fields) -> Option<bool> {
    let group = match fields.number()? {
        0 => NamedGroup::Secp256r1,
        1 => NamedGroup::X25519,
        _ => NamedGroup::Secp384r1,
    };
    let key = EphemeralKey::from_private(group, fields.next()?).ok()?;
    let mut public = [0; MAX_PUBLIC];
    let length = in_slices(|work| key.public(&mut public, work));
    Some(public.get(..length)? == fields.next()?)
}

/// The key as PEM, hash, message, PKCS #1 v1.5 signature.
#[cfg(feature = "client-rsa")]
fn sign(fields: &mut Fields) -> Option<bool> {
    let (text, algorithm) = (fields.next()?, fields.hash()?);
    let mut hash = Hash::new(algorithm);
    hash.update(fields.next()?);
    let (digest, mut out) = (hash.finish(), [0; 256]);
    let mut random = |_: &mut [u8]| Ok(());
    let pkcs1 = SignatureAlgorithm::RsaPkcs1;
    let signed = in_slices(|work| {
        espruino_tls::x509::rsa_key::sign(text, pkcs1, algorithm, &digest, &mut random, work, &mut out)
    });
    Some(signed.is_ok() && out == *fields.next()?)
}

/// kind of key, algorithm, hash, point or modulus, exponent, message, signature.
fn signature(fields: &mut Fields) -> Option<bool> {
    let (kind, algorithm, algorithm_of_hash) = (fields.number()?, fields.number()?, fields.hash()?);
    let (key, e) = (fields.next()?, fields.next()?);
    let e = u32::from_le_bytes(e.try_into().ok()?);
    let key = match kind {
        0 => PublicKey::P256(key),
        1 => PublicKey::P384(key),
        2 => PublicKey::Rsa { n: key, e },
        _ => return None,
    };
    let algorithm = match algorithm {
        0 => SignatureAlgorithm::Ecdsa,
        1 => SignatureAlgorithm::RsaPkcs1,
        2 => SignatureAlgorithm::RsaPss,
        _ => return None,
    };
    let mut hash = Hash::new(algorithm_of_hash);
    hash.update(fields.next()?);
    let (digest, signature) = (hash.finish(), fields.next()?);
    Some(in_slices(|work| verify(&key, algorithm, algorithm_of_hash, &digest, signature, work)))
}

/// private number, digest, random number. What is signed is not looked at.
#[cfg(feature = "client-rsa")]
fn sign_ecdsa(fields: &mut Fields) -> Option<bool> {
    use espruino_tls::crypto::signature::ecdsa_sign::{MAX_SIGNATURE, sign_p256};
    let (private, digest, random) = (fields.next()?.try_into().ok()?, fields.next()?, fields.next()?);
    let mut out = [0; MAX_SIGNATURE];
    let mut random = |place: &mut [u8]| {
        place.copy_from_slice(random);
        Ok(())
    };
    Some(black_box(sign_p256(private, digest, &mut random, &mut out)).is_ok())
}

/// TLS 1.2's secrets: the premaster secret, a hash.
fn prf(fields: &mut Fields) -> Option<bool> {
    let (secret, transcript) = (fields.next()?, fields.next()?);
    let mut master = MasterSecret::NONE;
    master.set(secret);
    master.derive(SuiteHash::SHA256, Some(transcript), &Randoms::NONE);
    black_box(master.verify_data(SuiteHash::SHA256, b"client finished", transcript));
    Some(true)
}

/// TLS 1.3's secrets: what was agreed on, a hash.
#[cfg(feature = "every")]
fn hkdf(fields: &mut Fields) -> Option<bool> {
    use espruino_tls::schedule::hkdf13::{Secrets, verify_data};
    let (secret, transcript) = (fields.next()?, fields.next()?);
    let mut secrets = Secrets::NONE;
    secrets.handshake(SuiteHash::SHA256, false, secret, transcript);
    secrets.application(SuiteHash::SHA256, transcript);
    black_box(verify_data(SuiteHash::SHA256, secrets.next_client(), transcript));
    Some(true)
}
