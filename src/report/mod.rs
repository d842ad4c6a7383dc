//! What people and programs read: events as lines on stderr, in one of two voices. Knows no task.

pub mod hex;
mod http;
pub mod human;
pub mod json;
mod progress;
pub mod results;

pub use json::SCHEMA;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Instant, SystemTime};

use self::progress::Progress;
use self::results::Results;

use crate::cli::plan::{Hex, Voice};
use crate::error::{Deed, Exit, Failure, Object, Way};
use crate::event::{Chunk, Event, Finding, Tell};
use crate::io::stdio::{complain, prepare_stderr};

/// Tells events on stderr.
pub struct Report {
    voice: Tongue,
    timestamps: bool,
    hex: Option<Dump>,
    progress: Option<Progress>,
    results: Results,
    /// Events that nobody read stderr for.
    dropped: u64,
}

enum Tongue {
    Human(human::Human),
    Json,
}

/// Where bytes are dumped.
enum Dump {
    Stderr,
    File(File),
}

impl Report {
    /// The voice asked for.
    ///
    /// # Errors
    /// The file for the dump cannot be written.
    pub fn new(voice: &Voice) -> Result<Self, Failure> {
        prepare_stderr();
        let mut report = Self {
            voice: match voice.json {
                true => Tongue::Json,
                false => Tongue::Human(human::Human::new(voice)),
            },
            timestamps: voice.timestamps,
            hex: None,
            progress: Progress::new(
                voice.progress && !voice.quiet,
                voice.quiet || voice.json || voice.hex == Some(Hex::Stderr),
                voice.probes,
            ),
            results: Results::new(voice.color.settled()),
            dropped: 0,
        };
        if let (true, Some(progress)) = (voice.probes, &mut report.progress) {
            progress.begin(clock());
        }
        report.hex = match &voice.hex {
            None => None,
            Some(Hex::Stderr) => Some(Dump::Stderr),
            // A FIFO is not waited for: without a reader it is an error, and when it is full the dump ends.
            Some(Hex::File(path)) => match OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .custom_flags(libc::O_NONBLOCK)
                .open(path)
            {
                Ok(file) => Some(Dump::File(file)),
                Err(error) => {
                    let failure = Failure::system(Deed::Write, Object::File(path.clone()), &error, Exit::Local);
                    report.tell(&Event::Error(Box::new(failure.clone())));
                    return Err(failure);
                }
            },
        };
        Ok(report)
    }

    /// Writes whole lines, and counts those that nobody takes.
    fn write(&mut self, lines: &str) {
        let note = self.dropped_note();
        let say = || {
            let heard = self.dropped == 0 || complain(&note, false);
            heard && complain(lines, heard)
        };
        let said = match &self.progress {
            Some(progress) => progress.aside(say),
            None => say(),
        };
        match said {
            true => self.dropped = 0,
            false => self.dropped += 1,
        }
    }

    /// Writes lines, with the time of day where that is wanted.
    fn say(&mut self, lines: &str) {
        match (&self.voice, self.timestamps) {
            _ if lines.is_empty() => {}
            (Tongue::Human(_), true) => {
                let now = now();
                let lines: String = lines.lines().map(|line| format!("{now} {line}\n")).collect();
                self.write(&lines);
            }
            _ => self.write(lines), // JSON has its time in each object
        }
    }

    /// Says how many events were dropped, on a line of its own also where the last one was torn.
    fn dropped_note(&self) -> String {
        match &self.voice {
            Tongue::Human(_) => format!("\nnsock: {} messages were dropped: nobody read stderr\n", self.dropped),
            Tongue::Json => format!("\n{}", json::dropped(self.dropped)),
        }
    }
}

impl Tell for Report {
    fn tell(&mut self, event: &Event) {
        match (event, &mut self.progress) {
            (Event::Connect { .. } | Event::Accept { .. }, Some(progress)) => progress.begin(clock()),
            // A datagram's connection is told only once it was answered.
            (Event::Attempt { peer }, Some(progress)) if peer.proto.is_datagram() => progress.begin(clock()),
            (Event::Progress { traffic, asked: false }, Some(progress)) => {
                let line = progress.show(traffic, clock());
                if let (Some(line), Tongue::Human(_)) = (line, &self.voice) {
                    let line = if self.timestamps { format!("{} {line}", now()) } else { line };
                    self.write(&line);
                    return;
                }
            }
            _ => {}
        }
        let lines = match &mut self.voice {
            Tongue::Human(human) => human.lines(event),
            Tongue::Json => json::lines(event),
        };
        self.say(&lines);
    }

    fn result(&mut self, finding: &Finding) -> String {
        let (sentence, result) = match &mut self.voice {
            Tongue::Json if finding.listed || finding.alone => (String::new(), json::found(finding)),
            Tongue::Json => return String::new(),
            Tongue::Human(human) => {
                let sentence = human.found(finding);
                let stands_in = !sentence.is_empty() && self.results.shared;
                let listed = finding.listed && !human.is_quiet() && !stands_in;
                (sentence, if listed { self.results.line(finding) } else { String::new() })
            }
        };
        self.say(&sentence);
        if let (false, Some(progress)) = (result.is_empty(), &self.progress) {
            progress.hide();
        }
        result
    }

    fn next_progress(&self) -> Option<Instant> {
        self.progress.as_ref().and_then(Progress::next)
    }

    fn dumps(&self) -> bool {
        self.hex.is_some()
    }

    fn dump(&mut self, chunk: &Chunk<'_>) {
        let Some(dump) = &mut self.hex else {
            return;
        };
        let way = match chunk.way {
            Way::Up => "sent to",
            Way::Down => "received from",
        };
        let mut text = String::new();
        let header = format!("{} {way} {}", now(), human::spaced(chunk.peer));
        hex::dump(&mut text, &header, chunk.offset, chunk.bytes);
        match dump {
            Dump::Stderr => self.write(&text),
            Dump::File(file) => {
                if let Err(error) = file.write_all(text.as_bytes()) {
                    self.hex = None; // told once
                    let failure = Failure::system(Deed::Write, Object::Named("the dump".into()), &error, Exit::Local);
                    self.tell(&Event::Trouble(Box::new(failure)));
                }
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
    complain(&format!("nsock: {}\n", human::escaped(&what.to_string())), true);
}
