//! What the kernel has measured of a connection's path.

use crate::event::PathInfo;

pub(super) use super::system::measure;

/// What there is to know of a path, and of what was sent along it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub(super) info: PathInfo,
    /// What was sent and not acknowledged yet; a measure, and 0 when everything was.
    pub(super) outstanding: u64,
}
