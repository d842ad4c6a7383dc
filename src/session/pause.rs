//! Thinking before each answer (`--delay`).

use std::time::{Duration, Instant};

/// One answer is thought about at a time.
#[derive(Debug, Default)]
pub(super) struct Pause(Option<Instant>);

impl Pause {
    /// Whether an answer that is at hand may go. Asked first it begins to think, and after its yes anew.
    pub(super) fn is_over(&mut self, delay: Duration, now: Instant) -> bool {
        let over = *self.0.get_or_insert(now + delay) <= now;
        if over {
            self.0 = None;
        }
        over
    }

    /// When it will be over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0
    }
}
