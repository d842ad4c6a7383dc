//! Progress: one line of stderr, drawn anew ten times a second where people see a terminal; else told once a second.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::words::span;
use crate::event::Traffic;
use crate::io::stdio;
use crate::logic::sweep::{State, Tally};
use crate::plan::{Hex, Voice};

/// Between two drawings on a terminal, and between two lines elsewhere.
const FRAME: Duration = Duration::from_millis(100);
const LINE: Duration = Duration::from_secs(1);

/// Progress that nobody asked for is shown after so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// What shows progress.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    patience: Duration,
    next: Option<Instant>,
}

impl Progress {
    /// What was asked for, or what a person at a terminal would like to see: progress of a probe, or of a file while
    /// stdout is not the screen itself.
    pub(super) fn new(voice: &Voice) -> Option<Self> {
        let terminal = stdio::stderr_is_ours() && !voice.json;
        let asked = voice.progress && !voice.quiet;
        let unwanted = voice.quiet || voice.hex == Some(Hex::Stderr);
        let of_use = voice.probes || (!stdio::stdout_is_terminal() && stdio::carries_a_file());
        let of_itself = !unwanted && terminal && of_use;
        if !asked && !of_itself {
            return None;
        }
        let bar = terminal.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            bar
        });
        Some(Self { bar, patience: if asked { Duration::ZERO } else { PATIENCE }, next: None })
    }

    /// A connection stands: from now on there is something to show.
    pub(super) fn begin(&mut self, now: Instant) {
        self.next.get_or_insert(now + self.patience.max(self.frame()));
    }

    /// When to show it next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Draws it; false where it is to be told instead.
    pub(super) fn draw(&mut self, traffic: &Traffic, now: Instant) -> bool {
        self.next = Some(now + self.frame());
        if let Some(bar) = &self.bar {
            bar.set_message(text(traffic)); // which draws it
        }
        self.bar.is_some()
    }

    /// Takes the line away, before somebody else writes to the same screen; it comes again.
    pub(super) fn hide(&self) {
        if let Some(bar) = &self.bar {
            bar.suspend(|| ());
        }
    }

    /// Writes something else, with the line out of the way.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn frame(&self) -> Duration {
        if self.bar.is_some() { FRAME } else { LINE }
    }
}

/// The line goes with the run.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What went how fast, and how long the rest will take.
pub(super) fn text(traffic: &Traffic) -> String {
    if let Some(tally) = &traffic.ports {
        return ports(tally, traffic.elapsed);
    }
    let seconds = traffic.elapsed.as_secs_f64().max(1e-6);
    let rate = (traffic.sent.max(traffic.received)) as f64 / seconds;
    let ways = [(traffic.sent, traffic.expected), (traffic.received, traffic.awaited)];
    let [sent, received] = ways.map(|(done, all)| match all {
        Some(all) => format!("{} of {}", size(done as f64), size(all as f64)),
        None => size(done as f64),
    });
    let mut text = format!("{sent} sent, {received} received, {}/s, {}", size(rate), span(traffic.elapsed));
    let under_way = ways.into_iter().find_map(|(done, all)| Some((done, all?)).filter(|(done, all)| done < all));
    if let Some((done @ 1.., all)) = under_way {
        let left = (all - done) as f64 * seconds / done as f64;
        let percent = u128::from(done) * 100 / u128::from(all);
        text += &format!(", {percent}%, {} left", span(Duration::from_secs_f64(left.min(1e9))));
    }
    text
}

/// How many ports were asked how fast, and how long the rest will take.
fn ports(tally: &Tally, elapsed: Duration) -> String {
    let (decided, total) = (tally.decided(), tally.total);
    let seconds = elapsed.as_secs_f64().max(1e-6);
    let rate = decided as f64 / seconds;
    let mut text =
        format!("{decided} of {total} ports, {} open, {rate:.0} ports/s, {}", tally.of(State::Open), span(elapsed));
    if decided > 0 && decided < total {
        text += &format!(", {} left", span(Duration::from_secs_f64(((total - decided) as f64 / rate).min(1e9))));
    }
    text
}

/// A size in the units of `dd` and `pv`: powers of 1,024.
pub(super) fn size(bytes: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < units.len() {
        size /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{size:.0} B"),
        _ => format!("{size:.1} {}", units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_what_how_fast_and_how_long() {
        let elapsed = Duration::from_secs(5);
        let upload = Traffic { sent: 50 << 20, received: 3, expected: Some(100 << 20), elapsed, ..Traffic::default() };
        assert_eq!(text(&upload), "50.0 MiB of 100.0 MiB sent, 3 B received, 10.0 MiB/s, 5.00s, 50%, 5.00s left");
        let endless = Traffic { expected: None, ..upload };
        assert_eq!(text(&endless), "50.0 MiB sent, 3 B received, 10.0 MiB/s, 5.00s");
        let download = Traffic { sent: 3, received: 25 << 20, awaited: Some(100 << 20), elapsed, ..Traffic::default() };
        assert_eq!(text(&download), "3 B sent, 25.0 MiB of 100.0 MiB received, 5.0 MiB/s, 5.00s, 25%, 15.00s left");
        let both = Traffic { sent: 7, expected: Some(7), ..download };
        assert_eq!(text(&both), "7 B of 7 B sent, 25.0 MiB of 100.0 MiB received, 5.0 MiB/s, 5.00s, 25%, 15.00s left");
    }

    #[test]
    fn nothing_yet_is_no_division_by_it() {
        let traffic = Traffic { expected: Some(9), ..Traffic::default() };
        assert_eq!(text(&traffic), "0 B of 9 B sent, 0 B received, 0 B/s, 0.0ms");
    }
}
