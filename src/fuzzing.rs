//! What lets a fuzzer get behind tags, Finished and signatures, which it can't guess (`tests/fuzz`).
//!
//! Only builds with `--cfg fuzzing` can skip these checks, and do so only where the fuzzer asks for it. In every other
//! build [`unchecked`] is a constant, and nothing of this is in the program.

/// Takes protected records as plaintext without tags, and every Finished, signature and session as right.
#[cfg(fuzzing)]
pub static UNCHECKED: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);

/// Whether these checks are skipped.
#[inline(always)]
pub(crate) fn unchecked() -> bool {
    #[cfg(fuzzing)]
    return UNCHECKED.load(core::sync::atomic::Ordering::Relaxed);
    #[cfg(not(fuzzing))]
    false
}
