//! Stands for `key_log.rs` in builds without the feature `key-log`.

/// Nothing of it is left.
macro_rules! key_log {
    ($($code:tt)*) => {};
}
