//! Constant time: comparing and wiping.

/// Whether two byte strings are equal, in a time that depends on their lengths only.
#[inline(never)]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut difference = a.len() ^ b.len();
    for (i, byte) in a.iter().enumerate() {
        difference |= b.get(i).map_or(0, |other| usize::from(byte ^ other));
    }
    // Without the barrier a compiler may leave the loop at the first difference.
    core::hint::black_box(difference) == 0
}

/// Overwrites what was secret: by memset, where `zeroize` writes one byte after the other. The barrier keeps the
/// compiler from leaving out what nobody reads again.
#[inline(never)]
pub(crate) fn wipe<T: Copy + Default>(secret: &mut [T]) {
    secret.fill(T::default());
    core::hint::black_box(secret);
}
