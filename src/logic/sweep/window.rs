//! How many ports of one host are under way at once: as many as it bears. It does not know what a port is.
//!
//! Silence is no sign of loss: most ports of a filtered host are silent. A sign of loss is an answer to a retry, since
//! the try before it was not answered. A few of these are no sign of too many tries: radio loses some at any pace, and
//! a window that closed for them would make a sweep slower and no surer. So a window opens twofold a round trip until
//! more than that is lost. Then it closes by the share that is, which is what a limit does not let through, and opens
//! more slowly from there on: a middlebox that admits so many connects a second is soon obeyed.

use std::time::{Duration, Instant};

/// So many ports of a host of which nothing is known are tried at once.
const FIRST: f32 = 512.0;

/// The share of loss that is borne: 3 % each way, as on a bad radio link, is 6 %, and chance makes it twice that.
const BORNE: f32 = 0.15;

/// Fewer lost tries than this may be chance.
const CHANCE: f32 = 3.0;

/// How much of a round's loss still counts in the next, or after `FADING` where rounds are shorter. Retries come in
/// waves, a round after what they make good for, and a slow limit lets few of them through, so that only several rounds
/// together show the share.
const MEMORY: f32 = 0.75;

const FADING: Duration = Duration::from_millis(200);

/// The window of one host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    size: f32,
    least: f32,
    most: f32,
    /// Tries lost lately, and answers.
    lately: (f32, f32),
    /// How much was lost in all.
    loss: Loss,
    round_began: Instant,
    /// Whether it was closed in this round.
    closed: bool,
    /// Whether it ever was.
    careful: bool,
}

/// What was lost on the way to a host and back, as far as answers tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    /// Tries without an answer, of ports that answered a later one.
    pub(super) lost: u32,
    /// Answers.
    pub(super) heard: u32,
    /// Whether more than is borne was lost lately.
    pub(super) heavy: bool,
}

impl Loss {
    /// The share that was lost; none where nothing was.
    pub(super) fn share(self) -> Option<f64> {
        let all = f64::from(self.lost) + f64::from(self.heard);
        (self.lost > 0).then(|| f64::from(self.lost) / all)
    }
}

impl Window {
    /// A window between these bounds.
    pub(super) fn new(least: usize, most: usize, now: Instant) -> Self {
        let (least, most) = (least.min(most) as f32, most as f32);
        Self {
            size: most.min(FIRST),
            least,
            most,
            lately: (0.0, 0.0),
            loss: Loss::default(),
            round_began: now,
            closed: false,
            careful: false,
        }
    }

    /// How many may be under way.
    pub(super) fn size(&self) -> usize {
        self.size as usize
    }

    /// What was lost so far.
    pub(super) fn loss(&self) -> Loss {
        self.loss
    }

    /// A try was answered, after so many of its port that were not; a round takes so long.
    pub(super) fn answered(&mut self, lost: u32, now: Instant, round: Duration) {
        self.loss.heard = self.loss.heard.saturating_add(1);
        self.loss.lost = self.loss.lost.saturating_add(lost);
        self.lately = (self.lately.0 + lost as f32, self.lately.1 + 1.0);
        let share = self.lately.0 / (self.lately.0 + self.lately.1);
        self.loss.heavy = self.lately.0 >= CHANCE && share > BORNE;
        if lost == 0 {
            // As TCP: a round of answers doubles it at first, and adds one once it was closed.
            let more = if self.careful { self.size.recip() } else { 1.0 };
            self.size = (self.size + more).min(self.most);
        } else if self.loss.heavy && !self.closed {
            self.size = (self.size * (1.0 - share)).max(self.least);
            (self.closed, self.careful, self.round_began) = (true, true, now);
        }
        self.look(now, round);
    }

    /// Looks whether a round has passed, and whether without loss.
    pub(super) fn look(&mut self, now: Instant, round: Duration) {
        let passed = now.saturating_duration_since(self.round_began);
        if passed < round {
            return;
        }
        if !self.closed {
            let more = if self.careful { (self.size / 8.0).max(1.0) } else { self.size };
            self.size = (self.size + more).min(self.most);
        }
        let memory = MEMORY.powf(passed.div_duration_f32(FADING).min(1.0));
        self.lately = (self.lately.0 * memory, self.lately.1 * memory);
        self.loss.heavy &= self.lately.0 >= CHANCE;
        self.round_began = now;
        self.closed = false;
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use super::*;

    const ROUND: Duration = Duration::from_millis(30);

    #[test]
    fn silence_opens_it_round_by_round() {
        let start = Instant::now();
        let mut window = Window::new(4, 1_500, start);
        assert_eq!(window.size(), 512);
        window.look(start + ROUND / 2, ROUND);
        assert_eq!(window.size(), 512);
        window.look(start + ROUND, ROUND);
        assert_eq!(window.size(), 1_024);
        window.look(start + ROUND * 2, ROUND);
        assert_eq!(window.size(), 1_500);
    }

    #[test]
    fn heavy_loss_closes_it_and_light_loss_does_not() {
        let start = Instant::now();
        let (mut heavy, mut light) = (Window::new(4, 1_000, start), Window::new(4, 1_000, start));
        for round in 1..20 {
            for _ in 0..20 {
                heavy.answered(3, start + ROUND * round, ROUND);
                light.answered(0, start + ROUND * round, ROUND);
            }
            light.answered(1, start + ROUND * round, ROUND);
        }
        assert!(heavy.size() < 9, "{}", heavy.size());
        assert_eq!(light.size(), 1_000);
        for round in 20..100 {
            heavy.look(start + ROUND * round, ROUND);
        }
        assert_eq!(heavy.size(), 1_000);
    }

    #[test]
    fn it_never_leaves_its_bounds() {
        let now = Instant::now();
        let mut window = Window::new(50, 3, now);
        window.answered(9, now, ROUND);
        assert_eq!(window.size(), 3);
        window.answered(0, now, ROUND);
        assert_eq!(window.size(), 3);
    }
}
