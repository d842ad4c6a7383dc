//! How many tries this machine bears at once: what the user allows, and less where descriptors, ports or memory are
//! short.

use std::time::{Duration, Instant};

/// Where a try cannot even start and no other is under way, it is tried again after this long, which doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The room for tries.
#[derive(Debug)]
pub(super) struct Room {
    most: usize,
    size: usize,
    /// How many ended since it last grew.
    ended: usize,
    pause: Duration,
    until: Option<Instant>,
    starving: Option<Instant>,
}

impl Room {
    /// Room for so many.
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1);
        Self { most, size: most, ended: 0, pause: FIRST_PAUSE, until: None, starving: None }
    }

    /// How many there may be at the most.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Whether there is room for one more.
    pub(super) fn has(&self, under_way: usize) -> bool {
        under_way < self.size
    }

    /// Until when nothing starts, if that is not past.
    pub(super) fn pause(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|&until| until > now)
    }

    /// Since when nothing could be started at all.
    pub(super) fn starving(&self) -> Option<Instant> {
        self.starving
    }

    /// A try could not start beside so many others. There is room for these, then; without any, a pause is all that
    /// can help.
    pub(super) fn short(&mut self, others: usize, now: Instant) {
        self.size = others.clamp(1, self.most);
        self.ended = 0;
        if others == 0 {
            self.until = Some(now + self.pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            self.starving.get_or_insert(now);
        }
    }

    /// A try that did start has ended. When so many as there is room for have, there is an eighth more.
    pub(super) fn ended(&mut self) {
        (self.pause, self.until, self.starving) = (FIRST_PAUSE, None, None);
        self.ended += 1;
        if self.ended >= self.size && self.size < self.most {
            self.size = (self.size + (self.size / 8).max(1)).min(self.most);
            self.ended = 0;
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use super::*;

    #[test]
    fn shortage_leaves_room_for_those_under_way() {
        let (mut room, now) = (Room::new(1_000), Instant::now());
        assert!(room.has(999) && !room.has(1_000));
        room.short(20, now);
        assert!(room.has(19) && !room.has(20));
        assert_eq!(room.pause(now), None);
        for _ in 0..20 {
            room.ended();
        }
        assert!(room.has(21) && !room.has(22));
    }

    #[test]
    fn with_none_under_way_it_pauses_longer_and_longer() {
        let (mut room, mut now) = (Room::new(9), Instant::now());
        let start = now;
        let mut pauses = Vec::new();
        for _ in 0..10 {
            room.short(0, now);
            let until = room.pause(now).expect("a pause");
            pauses.push((until - now).as_millis());
            now = until;
            assert_eq!((room.pause(now), room.has(0), room.has(1)), (None, true, false));
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
        assert_eq!(room.starving(), Some(start));
        room.ended();
        assert_eq!(room.starving(), None);
        room.short(0, now);
        assert_eq!(room.pause(now), Some(now + FIRST_PAUSE));
    }
}
