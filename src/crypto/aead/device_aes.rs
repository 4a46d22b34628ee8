//! Constant time, if the device is: AES-128 by the device.

use crate::codec::copy;
use crate::crypto::{AesHook, Block, BlockCipher, wipe};

/// AES-128 with its key; the device expands it for each block.
pub struct Aes {
    hook: AesHook,
    key: [u8; 16],
}

impl BlockCipher for Aes {
    fn blank(hook: AesHook) -> Self {
        Self { hook, key: [0; 16] }
    }

    fn set_key(&mut self, key: &[u8]) {
        copy(&mut self.key, key);
    }

    fn encrypt(&mut self, block: &mut Block) {
        self.hook.encrypt(&self.key, &mut block.0);
    }
}

impl Drop for Aes {
    fn drop(&mut self) {
        wipe(&mut self.key);
    }
}
