//! Nothing: a build with pins only looks for no path.

/// No path.
pub(super) struct Path;

impl Path {
    pub(super) const NEW: Self = Path;
}

/// No certificate is kept.
pub(super) struct Spare;

impl Spare {
    pub(super) const NONE: Self = Spare;
}
