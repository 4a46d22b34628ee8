//! AES by the "device", for builds with the feature `aes-hook`: Mbed TLS's. Others have nothing to hook.

#[cfg(feature = "aes-hook")]
#[allow(unused_imports)] // each test file uses a part of it
pub use hooked::{aes_hook, calls, encrypt};

#[cfg(not(feature = "aes-hook"))]
pub fn aes_hook() -> espruino_tls::crypto::AesHook {
    espruino_tls::crypto::AesHook
}

#[cfg(feature = "aes-hook")]
mod hooked {
    use espruino_tls::crypto::AesHook;
    use std::cell::Cell;
    use std::ffi::c_void;

    thread_local!(static CALLS: Cell<usize> = const { Cell::new(0) });

    /// How often this thread's blocks were encrypted here.
    pub fn calls() -> usize {
        CALLS.get()
    }

    pub unsafe extern "C" fn encrypt(_user: *mut c_void, key: *const u8, block: *mut u8) {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the library hands over 16 bytes each; a context of zeros is what aes_init() makes.
        unsafe {
            let mut context: mbedtls_sys::aes_context = std::mem::zeroed();
            assert_eq!(mbedtls_sys::aes_setkey_enc(&mut context, key, 128), 0);
            assert_eq!(mbedtls_sys::internal_aes_encrypt(&mut context, block, block), 0);
        }
    }

    pub fn aes_hook() -> AesHook {
        // SAFETY: encrypt() does not look at `user`.
        unsafe { AesHook::new(encrypt, std::ptr::null_mut()) }
    }
}
