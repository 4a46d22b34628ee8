//! What the engine needs from the device it runs on.

/// The device. The engine has no clock, no random numbers and no heap of its own.
pub trait Host {
    /// Fills the slice with unpredictable bytes. False if it can't: the connection then fails, it never goes on
    /// without.
    fn random(&mut self, out: &mut [u8]) -> bool;

    /// Seconds since 1970-01-01T00:00:00Z; `None` if there is no clock at all.
    fn now(&mut self) -> Option<i64>;

    /// Memory for a record larger than the buffer, `len` bytes, given back with [`Host::free`] as soon as the record
    /// has been read. `None` if there is none: the connection then fails with an error that names both sizes.
    fn alloc(&mut self, len: usize) -> Option<&'static mut [u8]>;

    trace! {
        /// Something has happened in the connection: for people who want to see it. Not to be called back from here.
        fn trace(&mut self, event: crate::trace::Event) {
            let _ = event;
        }
    }

    key_log! {
        /// A secret of the connection, a line of NSS's key log: whoever has it reads everything.
        fn key_log(&mut self, line: &crate::key_log::Line) {
            let _ = line;
        }
    }

    /// AES-128 by the device, for builds with the feature `aes-hook`: without it they don't connect.
    #[cfg(feature = "aes-hook")]
    fn aes128(&mut self) -> Option<crate::crypto::AesHook> {
        None
    }

    /// Takes back what [`Host::alloc`] gave, all of it and wiped.
    fn free(&mut self, buffer: &'static mut [u8]);
}
