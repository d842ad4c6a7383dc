//! So many in a second, and no more: a bucket that holds a second's worth of tokens and fills evenly.

use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// A limit to how often something is done.
#[derive(Debug)]
pub struct Rate {
    /// What one costs.
    cost: Duration,
    /// When the bucket will be full again.
    full: Instant,
}

impl Rate {
    /// So many a second on average, so many at once.
    pub fn new(per_second: u32, now: Instant) -> Self {
        Self { cost: SECOND / per_second.max(1), full: now }
    }

    /// Whether one may be done now; then it counts.
    pub fn allow(&mut self, now: Instant) -> bool {
        let full = self.full.max(now) + self.cost;
        let allowed = full <= now + SECOND;
        if allowed {
            self.full = full;
        }
        allowed
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use super::*;

    fn allowed(rate: &mut Rate, now: Instant) -> usize {
        (0..1_000).take_while(|_| rate.allow(now)).count()
    }

    #[test]
    fn a_seconds_worth_at_once_then_one_by_one() {
        let start = Instant::now();
        let mut rate = Rate::new(5, start);
        assert_eq!(allowed(&mut rate, start), 5);
        assert_eq!(allowed(&mut rate, start + SECOND / 10), 0);
        assert_eq!(allowed(&mut rate, start + SECOND / 5), 1);
        assert_eq!(allowed(&mut rate, start + SECOND), 4);
        assert_eq!(allowed(&mut rate, start + SECOND * 99), 5);
    }

    #[test]
    fn in_n_seconds_never_more_than_n_and_one_second_s_worth() {
        let start = Instant::now();
        let mut rate = Rate::new(7, start);
        let count = (0..10_000).filter(|&n| rate.allow(start + SECOND * n / 1_000)).count();
        assert!((76..=77).contains(&count), "{count}");
    }
}
