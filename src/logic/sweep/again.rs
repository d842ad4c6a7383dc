//! When a port that is awaited (`--until-open`) is probed again. It does not know how: each time is a [`Sweep`] of one
//! port, with the patience that this gives it.
//!
//! [`Sweep`]: super::Sweep

use std::time::{Duration, Instant};

/// The pause after the first refusal, which doubles with each: a service that starts is found soon, one that does not
/// is left in peace.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The wait for a port to open.
#[derive(Clone, Copy, Debug)]
pub struct Again {
    deadline: Instant,
    pause: Duration,
}

impl Again {
    /// A wait of this length.
    pub fn new(time: Duration, now: Instant) -> Self {
        Self { deadline: now + time, pause: FIRST_PAUSE }
    }

    /// The patience of a probe that begins now, at most the usual one and never beyond the deadline. None at the
    /// deadline: the last verdict stands.
    pub fn patience(&self, usual: Duration, now: Instant) -> Option<Duration> {
        let left = self.deadline.saturating_duration_since(now);
        (!left.is_zero()).then(|| left.min(usual))
    }

    /// When to go on after a verdict that is not open: after a pause, where somebody said no. Silence was pause enough.
    pub fn after(&mut self, silent: bool, now: Instant) -> Instant {
        if silent {
            return now;
        }
        let next = now + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        next.min(self.deadline)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use super::*;

    const USUAL: Duration = Duration::from_secs(2);

    #[test]
    fn refusals_are_followed_by_growing_pauses_up_to_the_exact_deadline() {
        let start = Instant::now();
        let (mut again, mut now, mut times) = (Again::new(Duration::from_secs(4), start), start, Vec::new());
        while again.patience(USUAL, now).is_some() {
            now = again.after(false, now);
            times.push((now - start).as_millis());
        }
        assert_eq!(times, [20, 60, 140, 300, 620, 1_260, 2_260, 3_260, 4_000]);
    }

    #[test]
    fn silence_is_followed_at_once_by_a_probe_that_ends_at_the_deadline() {
        let start = Instant::now();
        let mut again = Again::new(Duration::from_secs(3), start);
        assert_eq!(again.patience(USUAL, start), Some(USUAL));
        assert_eq!(again.after(true, start + USUAL), start + USUAL);
        assert_eq!(again.patience(USUAL, start + USUAL), Some(Duration::from_secs(1)));
        assert_eq!(again.patience(USUAL, start + Duration::from_secs(3)), None);
    }
}
