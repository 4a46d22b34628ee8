//! Constant time on a host without caches only: the AES block of Mbed TLS, whose S-boxes lie in tables.

use super::zeroed::zeroed;
use crate::crypto::{AesHook, Block, BlockCipher};
use mbedtls_sys as ffi;

/// AES-128 or AES-256 in the encrypting direction with its expanded key (FIPS 197).
pub struct Aes(ffi::aes_context);

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

impl Drop for Aes {
    fn drop(&mut self) {
        // SAFETY: wipes the context; it owns no memory.
        unsafe { ffi::aes_free(&mut self.0) };
    }
}
