//! When the next try may start (`--rate`, `-i`): times on a grid, one try each. It does not know what a try is.

use std::time::{Duration, Instant};

/// Who comes late by no more than this does not move the grid: poll(2) wakes a millisecond late. Who comes later finds
/// the grid moved: what was missed is not made up for by a burst.
const LATE: Duration = Duration::from_millis(2);

/// A rhythm of starts.
#[derive(Debug)]
pub(super) struct Rhythm {
    interval: Duration,
    next: Option<Instant>,
}

impl Rhythm {
    /// A start each interval; with none at any time.
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, next: None }
    }

    /// When the next start may be, if that is not now.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|&next| next > now)
    }

    /// Notes a start.
    pub(super) fn started(&mut self, now: Instant) {
        if !self.interval.is_zero() {
            let grid = self.next.filter(|&next| now.saturating_duration_since(next) <= LATE).unwrap_or(now);
            self.next = Some(grid + self.interval);
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use super::*;

    #[test]
    fn starts_lie_on_a_grid() {
        let (mut rhythm, start) = (Rhythm::new(Duration::from_millis(10)), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(rhythm.next(start), None);
        rhythm.started(start);
        assert_eq!(rhythm.next(at(9)), Some(at(10)));
        assert_eq!(rhythm.next(at(12)), None);
        rhythm.started(at(12));
        assert_eq!(rhythm.next(at(12)), Some(at(20)));
        rhythm.started(at(95));
        assert_eq!(rhythm.next(at(95)), Some(at(105)));
    }

    #[test]
    fn a_fast_rhythm_keeps_its_mean_though_the_clock_ticks_slowly() {
        let (mut rhythm, start) = (Rhythm::new(Duration::from_micros(100)), Instant::now());
        let mut count = 0;
        for ms in 0..100 {
            let now = start + Duration::from_millis(ms);
            while rhythm.next(now).is_none() {
                rhythm.started(now);
                count += 1;
            }
        }
        assert_eq!(count, 991);
    }

    #[test]
    fn without_an_interval_there_is_no_waiting() {
        let (mut rhythm, start) = (Rhythm::new(Duration::ZERO), Instant::now());
        rhythm.started(start);
        assert_eq!(rhythm.next(start), None);
    }
}
