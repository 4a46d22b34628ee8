//! Constant time: AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8).

use crate::crypto::provider::mbedtls::ChaChaPoly;
use crate::crypto::{AesHook, AuthenticatedCipher};

/// AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8).
pub(super) struct ChaCha20Poly1305 {
    parts: ChaChaPoly,
    aad_len: usize,
    text_len: usize,
}

impl ChaCha20Poly1305 {
    fn pad(&mut self, len: usize) {
        let zeros = [0; 16];
        self.parts.authenticate(zeros.get(..len.wrapping_neg() % 16).unwrap_or_default());
    }
}

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
