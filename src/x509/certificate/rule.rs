//! The form of a grammar's lines.

/// At this position an element with this tag has that inside, and after it comes the last one.
pub(super) struct Rule<Position>(pub(super) Position, pub(super) u8, pub(super) Position, pub(super) Position);
