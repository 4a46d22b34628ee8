//! Stands for `describe.rs` in builds without sentences.

use super::types::etls_error_info;
use crate::codec::copy;

/// There is the code alone, which is at hand.
#[inline(always)]
pub(super) fn describe(error: &etls_error_info, out: &mut [u8]) -> usize {
    let (last, room) = match out.split_last_mut() {
        Some(split) => split,
        None => return 0,
    };
    room.fill(0);
    *last = 0;
    let mut len = 0;
    for &c in error.code.iter().take_while(|c| **c != 0) {
        copy(room.get_mut(len..).unwrap_or_default(), &[c as u8]);
        len += 1;
    }
    len
}
