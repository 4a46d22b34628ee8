//! Stands for `trace.rs` in builds without the feature `trace`.

/// Nothing of it is left.
macro_rules! trace {
    ($($code:tt)*) => {};
}
