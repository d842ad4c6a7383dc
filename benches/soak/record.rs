//! What was seen of the servers, minute by minute, and whether any of it grew.

use std::time::Duration;

use crate::common::table;
use crate::load::Work;
use crate::server::{Kind, Rest, Server};

/// Growth that is none: what an allocator keeps here or there, and what other processes do to the figures of ours.
const MEMORY: u64 = 256 * 1024;
const CPU: f64 = 10.0;

/// The figures of all servers.
pub(crate) struct Record {
    kinds: Vec<Kind>,
    minutes: Vec<Vec<Figures>>,
}

/// A server's figures of a minute: the most that was seen.
#[derive(Clone, Copy, Default)]
struct Figures {
    work: Work,
    rest: Rest,
}

impl Record {
    pub(crate) fn new(servers: &[Server]) -> Self {
        let kinds: Vec<Kind> = servers.iter().map(|server| server.kind).collect();
        Self { minutes: Vec::new(), kinds }
    }

    /// Notes a round that was begun so long after the first one: what was done with each server, and its rest after
    /// that.
    pub(crate) fn note(&mut self, begun: Duration, round: impl Iterator<Item = (Work, Rest)>) {
        while self.minutes.len() as u64 <= begun.as_secs() / 60 {
            self.minutes.push(vec![Figures::default(); self.kinds.len()]);
        }
        if let Some(minute) = self.minutes.last_mut() {
            for (figures, (work, rest)) in minute.iter_mut().zip(round) {
                figures.work.add(work);
                let most = &mut figures.rest;
                most.memory = most.memory.max(rest.memory);
                most.descriptors = most.descriptors.max(rest.descriptors);
                most.cpu = most.cpu.max(rest.cpu);
            }
        }
    }

    /// A table for each server.
    pub(crate) fn print(&self) {
        for (place, kind) in self.kinds.iter().enumerate() {
            let rows: Vec<_> =
                self.minutes.iter().enumerate().map(|(number, minute)| minute[place].row(number + 1)).collect();
            println!("nsock {}\n", kind.flags());
            let header = ["minute", "calls", "MiB answered", "KiB at rest", "descriptors", "CPU at rest, ms/s"];
            table::print(&header, &rows);
            println!();
        }
    }

    /// Whether no minute was worse than the first.
    ///
    /// # Errors
    /// What grew.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        let Some((first, others)) = self.minutes.split_first() else {
            return Ok(());
        };
        let mut grown = Vec::new();
        for (number, minute) in others.iter().enumerate() {
            for ((kind, first), now) in self.kinds.iter().zip(first).zip(minute) {
                let (was, is) = (first.rest, now.rest);
                let what = [
                    ("memory", is.memory > was.memory + MEMORY),
                    ("descriptors", is.descriptors > was.descriptors),
                    ("CPU at rest", is.cpu > was.cpu + CPU),
                ];
                let names = what.iter().filter(|(_, grew)| *grew).map(|(name, _)| *name);
                grown.extend(names.map(|name| format!("minute {}: {} of {} grew", number + 2, name, kind.flags())));
            }
        }
        if grown.is_empty() { Ok(()) } else { Err(grown.join("\n")) }
    }
}

impl Figures {
    fn row(&self, minute: usize) -> [String; 6] {
        [
            minute.to_string(),
            self.work.calls.to_string(),
            (self.work.right >> 20).to_string(),
            (self.rest.memory >> 10).to_string(),
            self.rest.descriptors.to_string(),
            format!("{:.2}", self.rest.cpu),
        ]
    }
}
