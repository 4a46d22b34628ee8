//! Errors' sentences for C. `without_describe.rs` stands for this file in builds without sentences.

use super::types::{ETLS_JAVASCRIPT, ETLS_RUST, etls_error_info, place};
use crate::codec::copy;
use crate::error::{Detail, Error, Language, Report};
use core::ffi::{c_char, c_int};

/// Only in builds with the feature `error-text`; define ETLS_ERROR_TEXT to have it declared. As etls_describe(), with
/// the names that options and functions have in another language: ETLS_JAVASCRIPT, ETLS_C or ETLS_RUST.
///
/// # Safety
/// As for etls_describe().
#[cfg(feature = "error-text")] // for the header
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_describe_for(
    error: *const etls_error_info,
    language: c_int,
    out: *mut c_char,
    length: usize,
) -> usize {
    // SAFETY: as promised, or NULL
    let (Some(error), Some(out)) = (unsafe { error.as_ref() }, unsafe { place(out.cast(), length) }) else {
        return 0;
    };
    let language = match language {
        ETLS_JAVASCRIPT => Language::JavaScript,
        ETLS_RUST => Language::Rust,
        _ => Language::C,
    };
    write(error, language, out)
}

/// For C.
pub(super) fn describe(error: &etls_error_info, out: &mut [u8]) -> usize {
    write(error, Language::C, out)
}

fn write(error: &etls_error_info, language: Language, out: &mut [u8]) -> usize {
    let (last, room) = match out.split_last_mut() {
        Some(split) => split,
        None => return 0,
    };
    room.fill(0);
    *last = 0;
    let mut len = 0;
    if let Some(&found) = Error::ALL.iter().find(|e| c_int::from(e.number()) == error.number) {
        Report { error: found, detail: Detail { a: error.a, b: error.b } }.pieces(language, &mut |piece| {
            copy(room.get_mut(len..).unwrap_or_default(), piece);
            len += piece.len();
        });
    }
    len
}
