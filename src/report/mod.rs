//! What a run tells, and where: a probe's results on stdout, all else on stderr, as sentences for people or as JSON for
//! programs. Tasks raise events; this room puts them into words, shows progress and dumps bytes. It knows no task.

pub mod hex;
mod http;
pub mod human;
pub mod json;
mod progress;
pub mod results;
pub mod words;

pub use json::SCHEMA;

use std::time::{Instant, SystemTime};

use self::hex::Dump;
use self::human::Human;
use self::json::Json;
use self::progress::Progress;
use crate::error::Failure;
use crate::event::{Chunk, Event, Finding, Tell, Traffic, Weight};
use crate::io::stdio::{complain, prepare_stderr};
use crate::plan::Voice;

/// Tells what happens.
pub struct Report {
    tongue: Box<dyn Tongue>,
    dump: Option<Dump>,
    progress: Option<Progress>,
    /// Events that nobody read stderr for.
    dropped: u64,
}

/// Puts into whole lines what is told; into none what is not.
pub trait Tongue {
    /// An event, for stderr.
    fn lines(&mut self, event: &Event) -> String;

    /// What was found of a port: for stderr, and for stdout.
    fn found(&mut self, finding: &Finding) -> (String, String);

    /// How many events were dropped, on a line of its own also where the last one was torn.
    fn dropped(&self, events: u64) -> String;
}

impl Report {
    /// The voice asked for.
    ///
    /// # Errors
    /// The file for the dump cannot be written.
    pub fn new(voice: &Voice) -> Result<Self, Failure> {
        prepare_stderr();
        let tongue: Box<dyn Tongue> = if voice.json { Box::new(Json) } else { Box::new(Human::new(voice)) };
        let mut report = Self { tongue, dump: None, progress: Progress::new(voice), dropped: 0 };
        match voice.hex.as_ref().map(Dump::open).transpose() {
            Ok(dump) => report.dump = dump,
            Err(failure) => {
                report.tell(&Event::failed(Weight::Fatal, failure.clone()));
                return Err(failure);
            }
        }
        if voice.probes {
            report.begin_progress();
        }
        Ok(report)
    }

    /// From now on there is progress to show, where it is shown.
    fn begin_progress(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.begin(clock());
        }
    }

    /// Whether progress is drawn, which it then is, and not told.
    fn draws(&mut self, traffic: &Traffic) -> bool {
        self.progress.as_mut().is_some_and(|progress| progress.draw(traffic, clock()))
    }

    /// Writes whole lines on stderr, and counts those that nobody takes.
    fn write(&mut self, lines: &str) {
        if lines.is_empty() {
            return;
        }
        let say = || {
            let heard = self.dropped == 0 || complain(&self.tongue.dropped(self.dropped), false);
            heard && complain(lines, true)
        };
        let said = match &self.progress {
            Some(progress) => progress.aside(say),
            None => say(),
        };
        self.dropped = if said { 0 } else { self.dropped + 1 };
    }
}

impl Tell for Report {
    fn tell(&mut self, event: &Event) {
        match event {
            Event::Connect { .. } | Event::Accept { .. } => self.begin_progress(),
            // A datagram's connection is told only once it was answered.
            Event::Attempt { peer } if peer.proto.is_datagram() => self.begin_progress(),
            Event::Progress { traffic, asked: false } if self.draws(traffic) => return,
            _ => {}
        }
        let lines = self.tongue.lines(event);
        self.write(&lines);
    }

    fn result(&mut self, finding: &Finding) -> String {
        let (told, result) = self.tongue.found(finding);
        self.write(&told);
        if let (false, Some(progress)) = (result.is_empty(), &self.progress) {
            progress.hide();
        }
        result
    }

    fn next_progress(&self) -> Option<Instant> {
        self.progress.as_ref().and_then(Progress::next)
    }

    fn dumps(&self) -> bool {
        self.dump.is_some()
    }

    fn dump(&mut self, chunk: &Chunk<'_>) {
        match self.dump.as_mut().map(|dump| dump.take(chunk)) {
            None => {}
            Some(Ok(rows)) => self.write(&rows),
            Some(Err(failure)) => {
                self.dump = None; // told once
                self.tell(&Event::failed(Weight::Trouble, failure));
            }
        }
    }
}

/// The time of day (RFC 3339, UTC, microseconds).
fn now() -> String {
    humantime::format_rfc3339_micros(SystemTime::now()).to_string()
}

#[expect(clippy::disallowed_methods, reason = "when something is shown does not decide what happens")]
fn clock() -> Instant {
    Instant::now()
}

/// Says that the command line makes no sense.
pub fn refuse(what: &impl std::fmt::Display) {
    complain(&format!("nsock: {}\n", words::escaped(&what.to_string())), true);
}
