//! Stands for `prose.rs` in builds without sentences.

use super::Report;
use core::fmt;

impl fmt::Display for Report {
    /// The code alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code())
    }
}
