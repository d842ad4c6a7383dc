//! A way for bytes through the kernel, without a copy in our memory: what a step on it comes to. Which ways there are
//! is the system's matter (`linux/express.rs`).

pub(super) use super::system::Express;

/// What a step on the way came to.
pub(super) enum Step {
    /// Bytes were moved, or both ends became ready while the system was asked: try again.
    Moved,
    /// Nothing can be moved now.
    Blocked,
    /// The source has ended, and all of it was given.
    End,
}

/// Bytes taken from a source, and given to a sink.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub(super) taken: u64,
    pub(super) given: u64,
    /// So many may be taken in all.
    pub(super) limit: u64,
}

impl Count {
    /// How many of these bytes may be taken next.
    pub(super) fn room(&self, bytes: usize) -> usize {
        usize::try_from(self.limit - self.taken).unwrap_or(usize::MAX).min(bytes)
    }
}
