//! Constant time, but for AES on a host with caches: SHA-2 and the AES block for the host, ChaCha20 and Poly1305 for all,
//! from Mbed TLS.
//!
//! Only functions that neither allocate nor drag in Mbed TLS's md or cipher layers are called. All of them report
//! nothing but null pointers and wrong lengths, which the types here rule out, so their results are dropped on purpose.
//!
//! Side channels: Mbed TLS's AES looks its S-boxes up in tables, and on a host with caches the time depends on the index.
//! SHA-2, ChaCha20 and Poly1305 use no secret index or branch.

#[cfg(all(feature = "aes-gcm", any(not(feature = "aes-hook"), test), not(cortex_m4)))]
use crate::crypto::{AesHook, Block, BlockCipher};
#[cfg(not(cortex_m4))]
use crate::crypto::{HashAlgorithm, HashFunction};
use core::mem::MaybeUninit;
use mbedtls_sys as ffi;
#[cfg(feature = "chacha20")]
use zeroize::Zeroize;

/// A context of Mbed TLS with every byte zero, which is what its `*_init` functions make.
///
/// # Safety
/// `T` must be one of Mbed TLS's plain C structs of integers, arrays and raw pointers: all zeros is a value of it.
unsafe fn zeroed<T>() -> T {
    // SAFETY: the caller's promise.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

#[cfg(not(cortex_m4))]
macro_rules! hash_function {
    ($name:ident, $context:ident, $starts:ident, $update:ident, $finish:ident, $free:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone)]
        pub struct $name(ffi::$context);

        impl HashFunction for $name {
            fn blank(_: HashAlgorithm) -> Self {
                // SAFETY: a struct of integers and arrays only.
                Self(unsafe { zeroed::<ffi::$context>() })
            }

            fn restart(&mut self, algorithm: HashAlgorithm) {
                let short = algorithm == HashAlgorithm::Sha384;
                // SAFETY: the context is valid for writing and no pointer to it is kept.
                unsafe { ffi::$starts(&mut self.0, short.into()) };
            }

            fn update(&mut self, _: HashAlgorithm, data: &[u8]) {
                // SAFETY: the context was started in `new`; `data` is readable for its length.
                unsafe { ffi::$update(&mut self.0, data.as_ptr(), data.len()) };
            }

            fn finish(&mut self, _: HashAlgorithm, out: &mut [u8; 64]) {
                // SAFETY: the context was started in `new`; 64 bytes hold the longest result.
                unsafe { ffi::$finish(&mut self.0, out.as_mut_ptr()) };
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // The state of an HMAC is as good as its key: wipe it, which is all that `free` does.
                // SAFETY: the context is valid; it owns no memory.
                unsafe { ffi::$free(&mut self.0) };
            }
        }
    };
}

#[cfg(not(cortex_m4))]
hash_function!(
    Sha256,
    sha256_context,
    sha256_starts_ret,
    sha256_update_ret,
    sha256_finish_ret,
    sha256_free,
    "SHA-256 (FIPS 180-4)."
);
#[cfg(not(cortex_m4))]
hash_function!(
    Sha512,
    sha512_context,
    sha512_starts_ret,
    sha512_update_ret,
    sha512_finish_ret,
    sha512_free,
    "SHA-512 and SHA-384 (FIPS 180-4)."
);

/// AES-128 or AES-256 in the encrypting direction with its expanded key (FIPS 197).
#[cfg(all(feature = "aes-gcm", any(not(feature = "aes-hook"), test), not(cortex_m4)))]
pub struct Aes(ffi::aes_context);

#[cfg(all(feature = "aes-gcm", any(not(feature = "aes-hook"), test), not(cortex_m4)))]
impl BlockCipher for Aes {
    fn blank(_: AesHook) -> Self {
        // SAFETY: integers, an array and a raw pointer that may be null.
        Self(unsafe { zeroed() })
    }

    fn set_key(&mut self, key: &[u8]) {
        // SAFETY: the context is valid for writing, `key` is readable for its length. Lengths other than 16, 24 and 32
        // are refused before anything is read.
        let _ = unsafe { ffi::aes_setkey_enc(&mut self.0, key.as_ptr(), 8 * key.len() as u32) };
    }

    fn encrypt(&mut self, block: &mut Block) {
        let context = &raw mut self.0;
        let bytes = block.0.as_mut_ptr();
        // `rk` points into the context's own `buf`. A Rust value moves freely, so what setkey stored is stale by now
        // and is set again before every use: one store.
        // SAFETY: `context` comes from an exclusive reference that lives on; `buf` holds the 44 or 60 words of the
        // schedule. The block is 16 bytes and Mbed TLS reads all of it before it writes.
        unsafe {
            (*context).rk = (&raw mut (*context).buf).cast();
            let _ = ffi::internal_aes_encrypt(context, bytes, bytes);
        }
    }
}

#[cfg(all(feature = "aes-gcm", any(not(feature = "aes-hook"), test), not(cortex_m4)))]
impl Drop for Aes {
    fn drop(&mut self) {
        // SAFETY: wipes the context; it owns no memory.
        unsafe { ffi::aes_free(&mut self.0) };
    }
}

/// ChaCha20 and Poly1305 side by side (RFC 8439).
///
/// Not `mbedtls_chachapoly_*`, which keeps the direction in a C enum inside its context: enums are one byte long for
/// the chip's compiler and four for others, and the direction is not known before the first byte.
#[cfg(feature = "chacha20")]
pub struct ChaChaPoly {
    cipher: ffi::chacha20_context,
    mac: ffi::poly1305_context,
}

#[cfg(feature = "chacha20")]
impl ChaChaPoly {
    /// Without a key yet.
    pub fn blank() -> Self {
        // SAFETY: structs of integers and arrays only.
        let (cipher, mac) = unsafe { (zeroed(), zeroed()) };
        Self { cipher, mac }
    }

    /// Keys both parts; the cipher's next block is number 1 (RFC 8439 §2.6, §2.8).
    pub fn start(&mut self, key: &[u8; 32], nonce: &[u8; 12]) {
        // SAFETY: the key has 32 bytes, the nonce 12, as the functions require; the context is valid.
        unsafe {
            ffi::chacha20_setkey(&mut self.cipher, key.as_ptr());
            ffi::chacha20_starts(&mut self.cipher, nonce.as_ptr(), 0);
        }
        // Block 0 gives the one-time key; its second half is thrown away.
        let mut block = [0; 64];
        self.apply_keystream(&mut block);
        // SAFETY: 32 of the 64 bytes are read.
        unsafe { ffi::poly1305_starts(&mut self.mac, block.as_ptr()) };
        block.zeroize();
    }

    /// Encrypts or decrypts in place.
    pub fn apply_keystream(&mut self, data: &mut [u8]) {
        let bytes = data.as_mut_ptr();
        // SAFETY: `data` is readable and writable for its length; in place is allowed (chacha20.h).
        unsafe { ffi::chacha20_update(&mut self.cipher, data.len(), bytes, bytes) };
    }

    /// Adds to what is authenticated.
    pub fn authenticate(&mut self, data: &[u8]) {
        // SAFETY: `data` is readable for its length.
        unsafe { ffi::poly1305_update(&mut self.mac, data.as_ptr(), data.len()) };
    }

    /// The authenticator of everything added.
    pub fn finish(&mut self) -> [u8; 16] {
        let mut tag = [0; 16];
        // SAFETY: 16 bytes are written.
        unsafe { ffi::poly1305_finish(&mut self.mac, tag.as_mut_ptr()) };
        tag
    }
}

#[cfg(feature = "chacha20")]
impl Drop for ChaChaPoly {
    fn drop(&mut self) {
        // SAFETY: wipes the contexts; they own no memory.
        unsafe {
            ffi::chacha20_free(&mut self.cipher);
            ffi::poly1305_free(&mut self.mac);
        }
    }
}
