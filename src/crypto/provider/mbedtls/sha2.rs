//! Constant time: SHA-2 of Mbed TLS.

use super::zeroed::zeroed;
use crate::crypto::{HashAlgorithm, HashFunction};
use mbedtls_sys as ffi;

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

hash_function!(
    Sha256,
    sha256_context,
    sha256_starts_ret,
    sha256_update_ret,
    sha256_finish_ret,
    sha256_free,
    "SHA-256 (FIPS 180-4)."
);
hash_function!(
    Sha512,
    sha512_context,
    sha512_starts_ret,
    sha512_update_ret,
    sha512_finish_ret,
    sha512_free,
    "SHA-512 and SHA-384 (FIPS 180-4)."
);

/// Any hash function.
#[derive(Clone)]
#[allow(clippy::large_enum_variant)] // a box would need the heap
pub enum State {
    Short(Sha256),
    Long(Sha512),
}

impl HashFunction for State {
    fn blank(algorithm: HashAlgorithm) -> Self {
        match algorithm {
            HashAlgorithm::Sha256 => State::Short(Sha256::blank(algorithm)),
            _ => State::Long(Sha512::blank(algorithm)),
        }
    }

    fn restart(&mut self, algorithm: HashAlgorithm) {
        match self {
            State::Short(hash) => hash.restart(algorithm),
            State::Long(hash) => hash.restart(algorithm),
        }
    }

    fn update(&mut self, algorithm: HashAlgorithm, data: &[u8]) {
        match self {
            State::Short(hash) => hash.update(algorithm, data),
            State::Long(hash) => hash.update(algorithm, data),
        }
    }

    fn finish(&mut self, algorithm: HashAlgorithm, out: &mut [u8; 64]) {
        match self {
            State::Short(hash) => hash.finish(algorithm, out),
            State::Long(hash) => hash.finish(algorithm, out),
        }
    }
}
