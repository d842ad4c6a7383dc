//! What people and programs read: events as lines on stderr, in one of two voices. Knows no task.

#[cfg_attr(not(test), expect(dead_code, reason = "-x is not wired up yet"))]
mod hex;
mod human;
mod json;

use std::io::Write;

pub use json::SCHEMA;

use crate::cli::plan::Voice;
use crate::event::{Event, Tell};

/// Tells events on stderr.
pub enum Report {
    /// In sentences.
    Human(human::Human),
    /// As JSON objects.
    Json,
}

impl Report {
    /// The voice asked for.
    pub fn new(voice: Voice) -> Self {
        match voice.json {
            true => Self::Json,
            false => Self::Human(human::Human::new(voice)),
        }
    }
}

impl Tell for Report {
    fn tell(&mut self, event: &Event) {
        let lines = match self {
            Self::Human(human) => human.lines(event),
            Self::Json => json::lines(event),
        };
        if !lines.is_empty() {
            write(&lines);
        }
    }
}

/// Says that the command line makes no sense.
pub fn complain(what: &impl std::fmt::Display) {
    write(&format!("nsock: {}\n", human::escaped(&what.to_string())));
}

/// Writes whole lines to stderr in one call. Where stderr is gone there is nobody to tell.
fn write(lines: &str) {
    let _ = std::io::stderr().write_all(lines.as_bytes());
}
