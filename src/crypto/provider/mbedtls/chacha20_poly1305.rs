//! Constant time: ChaCha20 and Poly1305 of Mbed TLS.

use super::zeroed::zeroed;
use mbedtls_sys as ffi;
use zeroize::Zeroize;

/// ChaCha20 and Poly1305 side by side (RFC 8439).
///
/// Not `mbedtls_chachapoly_*`, which keeps the direction in a C enum inside its context: enums are one byte long for
/// the chip's compiler and four for others, and the direction is not known before the first byte.
pub struct ChaChaPoly {
    cipher: ffi::chacha20_context,
    mac: ffi::poly1305_context,
}

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

impl Drop for ChaChaPoly {
    fn drop(&mut self) {
        // SAFETY: wipes the contexts; they own no memory.
        unsafe {
            ffi::chacha20_free(&mut self.cipher);
            ffi::poly1305_free(&mut self.mac);
        }
    }
}
