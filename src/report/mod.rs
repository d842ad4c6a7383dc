//! What people and programs read: events as lines on stderr, in one of two voices. Knows no task.

#[cfg_attr(not(test), expect(dead_code, reason = "-x is not wired up yet"))]
mod hex;
mod human;
mod json;

pub use json::SCHEMA;

use crate::cli::plan::Voice;
use crate::event::{Event, Tell};
use crate::io::stdio::Stderr;

/// Tells events on stderr.
pub struct Report {
    voice: Tongue,
    stderr: Stderr,
}

enum Tongue {
    Human(human::Human),
    Json,
}

impl Report {
    /// The voice asked for.
    pub fn new(voice: Voice) -> Self {
        let voice = match voice.json {
            true => Tongue::Json,
            false => Tongue::Human(human::Human::new(voice)),
        };
        Self { voice, stderr: Stderr::default() }
    }
}

impl Tell for Report {
    fn tell(&mut self, event: &Event) {
        let lines = match &mut self.voice {
            Tongue::Human(human) => human.lines(event),
            Tongue::Json => json::lines(event),
        };
        self.stderr.write(&lines);
    }
}

/// Says that the command line makes no sense.
pub fn complain(what: &impl std::fmt::Display) {
    Stderr::default().write(&format!("nsock: {}\n", human::escaped(&what.to_string())));
}
