//! What people and programs read: events as lines on stderr, in one of two voices. Knows no task.

mod human;
mod json;

pub use json::SCHEMA;

use crate::cli::plan::Voice;
use crate::event::{Event, Tell};
use crate::io::{self, stdio::complain};

/// Tells events on stderr.
pub struct Report {
    voice: Tongue,
    /// Events that nobody read stderr for.
    dropped: u64,
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
        Self { voice, dropped: 0 }
    }
}

impl Report {
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
        let lines = match &mut self.voice {
            Tongue::Human(human) => human.lines(event),
            Tongue::Json => json::lines(event),
        };
        if lines.is_empty() {
            return;
        }
        let heard = self.dropped == 0 || complain(&self.dropped_note(), false);
        match heard && complain(&lines, heard) {
            true => self.dropped = 0,
            false => self.dropped += 1,
        }
    }
}

/// Says that the command line makes no sense.
pub fn refuse(what: &impl std::fmt::Display) {
    io::stdio::complain(&format!("nsock: {}\n", human::escaped(&what.to_string())), true);
}
