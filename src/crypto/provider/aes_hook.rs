//! Constant time, if the device is: AES-128 by the device, such as an nRF52's ECB through its SoftDevice: with the
//! feature `aes-hook` there is no AES in the library.

#[cfg(feature = "aes-hook")]
pub use used::{AesHook, Encrypt};

/// The device's AES, of which builds without the feature `aes-hook` know nothing.
#[cfg(not(feature = "aes-hook"))]
#[derive(Clone, Copy)]
pub struct AesHook;

#[cfg(not(feature = "aes-hook"))]
impl AesHook {
    /// No device has given one yet.
    pub(crate) const NONE: AesHook = AesHook;

    /// Whether AES can be had.
    pub(crate) fn is_there(self) -> bool {
        true
    }
}

#[cfg(feature = "aes-hook")]
mod used {
    use core::ffi::c_void;
    use core::ptr::null_mut;

    /// Encrypts 16 bytes at `block` where they are, with AES-128 under the 16 bytes at `key`. It can't fail.
    pub type Encrypt = unsafe extern "C" fn(user: *mut c_void, key: *const u8, block: *mut u8);

    /// The device's AES.
    #[derive(Clone, Copy)]
    pub struct AesHook {
        encrypt: Option<Encrypt>,
        user: *mut c_void,
    }

    impl AesHook {
        /// No device has given one yet. Nothing may be encrypted with it, see [`AesHook::is_there`].
        pub(crate) const NONE: AesHook = AesHook { encrypt: None, user: null_mut() };

        /// A function, and what it is handed as `user`.
        ///
        /// # Safety
        /// For as long as the hook or a copy of it is in use, the function can be called with `user`, reads 16 bytes of
        /// key, and reads and writes 16 bytes of block, nothing else of ours.
        pub unsafe fn new(encrypt: Encrypt, user: *mut c_void) -> Self {
            AesHook { encrypt: Some(encrypt), user }
        }

        /// Whether AES can be had.
        pub(crate) fn is_there(self) -> bool {
            self.encrypt.is_some()
        }

        /// Encrypts a block where it is.
        #[inline(always)]
        pub(in crate::crypto) fn encrypt(self, key: &[u8; 16], block: &mut [u8; 16]) {
            // There always is one: records are not begun without.
            if let Some(encrypt) = self.encrypt {
                // SAFETY: what AesHook::new() was promised; both are 16 bytes.
                unsafe { encrypt(self.user, key.as_ptr(), block.as_mut_ptr()) }
            }
        }
    }
}
