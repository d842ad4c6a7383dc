//! The voice for people: sentences, the more the more `-v` there are. Those that scripts grep for are OpenBSD nc's,
//! with our details after them in parentheses.

mod failure;
mod sentences;

use std::io::IsTerminal;

use self::failure::failed;
use super::Tongue;
use super::results::Results;
use crate::event::{Event, Finding, Weight};
use crate::logic::sweep::State;
use crate::plan::Voice;

/// The voice for people.
pub struct Human {
    level: u8,
    quiet: bool,
    timestamps: bool,
    /// Whether stderr is a terminal.
    watched: bool,
    /// Failures of single addresses that `-v` would have told at once: told when all have failed.
    setbacks: String,
    results: Results,
}

impl Human {
    /// Decides the colours of the whole process, once: `colored` itself would look at stdout.
    pub fn new(voice: &Voice) -> Self {
        let (color, watched) = (voice.color.settled(), std::io::stderr().is_terminal());
        colored::control::set_override(color.unwrap_or(watched));
        Self {
            level: voice.level,
            quiet: voice.quiet,
            timestamps: voice.timestamps,
            watched,
            setbacks: String::new(),
            results: Results::new(color),
        }
    }

    /// The sentence on a port; empty where there is none. One that was asked for alone and is not open is an error,
    /// unless that is listed.
    fn port(&self, finding: &Finding) -> String {
        let open = finding.state == State::Open;
        let in_vain = finding.alone && !open && !finding.listed;
        match !self.quiet && (self.level > 0 || in_vain) {
            false => String::new(),
            true if open => sentences::open(finding),
            true => failed(&finding.failure()),
        }
    }

    /// The same lines, with the time of day where that is wanted.
    fn stamped(&self, lines: String) -> String {
        match self.timestamps && !lines.is_empty() {
            false => lines,
            true => {
                let now = super::now();
                lines.lines().map(|line| format!("{now} {line}\n")).collect()
            }
        }
    }
}

impl Tongue for Human {
    fn lines(&mut self, event: &Event) -> String {
        match event {
            Event::Failed { weight: Weight::Setback, failure } if self.level == 0 => self.setbacks += &failed(failure),
            Event::Connect { .. } | Event::Listen { .. } => self.setbacks.clear(),
            _ => {}
        }
        if self.quiet || self.level < level(event) {
            return String::new();
        }
        let before = match event {
            Event::Failed { weight: Weight::Fatal, .. } => std::mem::take(&mut self.setbacks),
            _ => String::new(),
        };
        self.stamped(before + &self.told(event))
    }

    fn found(&mut self, finding: &Finding) -> (String, String) {
        let sentence = self.port(finding);
        let stands_in = !sentence.is_empty() && self.results.shared;
        let listed = finding.listed && !self.quiet && !stands_in;
        let result = if listed { self.results.line(finding) } else { String::new() };
        (self.stamped(sentence), result)
    }

    fn dropped(&self, events: u64) -> String {
        format!("\nnsock: {events} messages were dropped: nobody read stderr\n")
    }
}

/// From how many `-v` on an event is told.
const fn level(event: &Event) -> u8 {
    match event {
        // A loss, a failure, an answer's head, what was asked for; a summary decides for itself.
        Event::Missed { .. }
        | Event::Failed { weight: Weight::Trouble | Weight::Fatal, .. }
        | Event::Head { .. }
        | Event::Trailers { .. }
        | Event::Progress { .. }
        | Event::Probed(_) => 0,
        Event::Listen { .. }
        | Event::Connect { .. }
        | Event::Accept { .. }
        | Event::TurnedAway { .. }
        | Event::Unanswered { .. }
        | Event::Request(_)
        | Event::Answered(_)
        | Event::Failed { weight: Weight::Refused | Weight::Setback, .. }
        | Event::Close(_) => 1,
        Event::Resolve { .. }
        | Event::Attempt { .. }
        | Event::FirstByte { .. }
        | Event::HalfClose { .. }
        | Event::Wait { .. } => 2,
    }
}
