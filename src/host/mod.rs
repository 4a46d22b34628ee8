//! What the engine needs from the device it runs on.

#[cfg_attr(not(any(feature = "alloc", test)), path = "without_heap.rs")]
mod heap;
mod memory;

pub use memory::Memory;

/// The device. The engine has no clock, no random numbers and no heap of its own.
///
/// A device without a heap has the first two functions:
/// ```
/// struct Sensor;
/// impl espruino_tls::Host for Sensor {
///     fn random(&mut self, out: &mut [u8]) -> bool {
///         out.fill(4); // chosen by fair dice roll
///         true
///     }
///     fn now(&mut self) -> Option<i64> {
///         None
///     }
/// }
/// ```
/// One that has memory to spare lends it to records of servers that ignore max_fragment_length, and to sessions:
/// [`Memory`] has examples.
pub trait Host {
    /// Fills the slice with unpredictable bytes. False if it can't: the connection then fails, it never goes on
    /// without.
    fn random(&mut self, out: &mut [u8]) -> bool;

    /// Seconds since 1970-01-01T00:00:00Z; `None` if there is no clock at all.
    fn now(&mut self) -> Option<i64>;

    /// Lends at least `len` bytes: for a record larger than the buffer until it has been read, and for a session if one
    /// is [asked for](crate::Config::keep_session). At most one of each is lent at a time.
    ///
    /// `None`, as the default says: there is no memory. Then such a record ends the connection with an error that names
    /// both sizes, and there is no session. A block that is too short is given back and counts as none.
    fn alloc(&mut self, len: usize) -> Option<Memory> {
        let _ = len;
        None
    }

    /// Takes back what [`Host::alloc`] lent, wiped. By default it is dropped: memory from the heap is free again, a
    /// slice is lost.
    fn free(&mut self, memory: Memory) {
        let _ = memory;
    }

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
}
