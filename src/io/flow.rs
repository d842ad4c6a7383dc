//! Bytes on their way from one endpoint to another, in order, none lost, and never more held than one buffer.
//!
//! A flow begins in memory, where small talk is cheapest. Once it has carried enough it looks for a way through the
//! kernel ([`super::express`]), and comes back when that way is barred. It knows nothing of what its ends mean.

use std::time::Instant;

pub use super::broken::{Broken, Side};
use super::endpoint::{Endpoint, Io};
use super::express::{Count, Express, Step};
use crate::logic::Look;

/// So many bytes make a flow worth a way through the kernel.
const BULK: u64 = 128 * 1024;

/// How many bytes a flow may move before others get their turn.
const BUDGET: u64 = 4 << 20;

/// What a move costs at least: one that is small, or came to nothing, must not keep the loop either.
const LEAST_COST: u64 = 4 << 10;

/// One direction of a connection.
#[derive(Debug, Default)]
pub struct Flow {
    lane: Lane,
    held: Held,
    end: bool,
    count: Count,
}

/// Where the bytes go along.
#[derive(Debug, Default)]
enum Lane {
    /// In memory, until there is much to carry.
    #[default]
    Memory,
    /// In memory for good, once the way through the kernel was found barred.
    Barred,
    /// Through the kernel.
    Express(Box<Express>),
    /// In memory for good; what is left on the way through the kernel goes first.
    Recalled(Box<Express>),
}

/// What a flow is given to work with.
pub struct Means<'a> {
    /// Who looks at the bytes.
    pub look: &'a mut dyn Look,
    /// Memory that all flows share, and that holds nothing between turns.
    pub scratch: &'a mut [u8],
    /// The time.
    pub now: Instant,
}

/// What a turn came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flowed {
    /// All that could be moved was; an event will tell of more.
    Waiting,
    /// There is more to move, in the next turn.
    Busy,
    /// The source has ended, and the sink has taken all of it.
    Ended,
}

impl Flow {
    /// Bytes taken from the source.
    pub fn taken(&self) -> u64 {
        self.count.taken
    }

    /// Bytes given to the sink.
    pub fn given(&self) -> u64 {
        self.count.given
    }

    /// Bytes taken and not given yet.
    pub fn held(&self) -> u64 {
        self.count.taken - self.count.given
    }

    /// Takes no more from the source: what is held is all that is left to give.
    pub fn cut(&mut self) {
        self.end = true;
    }

    /// When to pump again, though nothing has become ready.
    pub fn wake(&self) -> Option<Instant> {
        match &self.lane {
            Lane::Express(way) => way.wake(),
            _ => None,
        }
    }

    /// Moves what can be moved now.
    ///
    /// # Errors
    /// Which side failed, and how. What is held stays held.
    pub fn pump(&mut self, from: &mut Endpoint, to: &mut Endpoint, means: &mut Means<'_>) -> Result<Flowed, Broken> {
        let mut budget = BUDGET;
        while budget > 0 {
            if !means.look.wants() {
                self.choose_lane(from, to);
            }
            let before = self.count;
            let step = match &mut self.lane {
                Lane::Express(way) if !self.end => way.step(from, to, &mut self.count, means.now)?,
                _ => self.carry(from, to, means)?,
            };
            match step {
                Step::Moved => {
                    let moved = (self.count.taken - before.taken).max(self.count.given - before.given);
                    budget = budget.saturating_sub(moved.max(LEAST_COST));
                }
                Step::Blocked => return Ok(Flowed::Waiting),
                Step::End => return Ok(Flowed::Ended),
                Step::Demote => self.recall(),
            }
        }
        Ok(Flowed::Busy)
    }

    fn choose_lane(&mut self, from: &Endpoint, to: &Endpoint) {
        if matches!(self.lane, Lane::Memory) && self.count.taken >= BULK && self.held.is_empty() {
            self.lane = match Express::between(from, to) {
                Some(way) => Lane::Express(Box::new(way)),
                None => Lane::Barred,
            };
        }
    }

    fn recall(&mut self) {
        if let Lane::Express(way) = std::mem::replace(&mut self.lane, Lane::Barred)
            && way.held() > 0
        {
            self.lane = Lane::Recalled(way);
        }
    }

    /// One read and one write through memory.
    fn carry(&mut self, from: &mut Endpoint, to: &mut Endpoint, means: &mut Means<'_>) -> Result<Step, Broken> {
        if self.held.is_empty() {
            let count = match self.take_back(means.scratch)? {
                Some(count) => count, // it was counted when it was taken first
                None if self.end => return Ok(Step::End),
                None => match from.read(means.scratch).map_err(|error| Broken::new(Side::Source, error))? {
                    Io::Blocked => return Ok(Step::Blocked),
                    Io::End => {
                        self.end = true;
                        return Ok(Step::End);
                    }
                    Io::Moved(count) => {
                        self.count.taken += count as u64;
                        means.look.see(&means.scratch[..count]);
                        count
                    }
                },
            };
            return self.give(to, &means.scratch[..count]);
        }
        match put(to, self.held.bytes())? {
            0 => Ok(Step::Blocked),
            given => {
                self.count.given += given as u64;
                self.held.drop_first(given);
                Ok(Step::Moved)
            }
        }
    }

    /// Gives what the sink takes and holds the rest; all of it when the sink fails, so that it is known what was lost.
    fn give(&mut self, to: &mut Endpoint, bytes: &[u8]) -> Result<Step, Broken> {
        let put = put(to, bytes);
        let given = put.as_ref().map_or(0, |given| *given);
        self.count.given += given as u64;
        self.held.keep(&bytes[given..]);
        put.map(|_| Step::Moved)
    }

    /// What was left on a way through the kernel that is barred.
    fn take_back(&mut self, scratch: &mut [u8]) -> Result<Option<usize>, Broken> {
        let (Lane::Recalled(way) | Lane::Express(way)) = &mut self.lane else {
            return Ok(None);
        };
        let taken = way.take_back(scratch).map_err(|error| Broken::new(Side::Source, error))?;
        if taken.is_none() {
            self.lane = Lane::Barred;
        }
        Ok(taken)
    }
}

fn put(to: &mut Endpoint, bytes: &[u8]) -> Result<usize, Broken> {
    match to.write(bytes).map_err(|error| Broken::new(Side::Sink, error))? {
        Io::Moved(count) => Ok(count),
        Io::Blocked | Io::End => Ok(0),
    }
}

/// Bytes that a sink would not take at once. Costs nothing while empty.
#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    start: usize,
}

impl Held {
    fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    fn keep(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.bytes = bytes.to_vec();
            self.start = 0;
        }
    }

    fn drop_first(&mut self, count: usize) {
        self.start += count;
        if self.is_empty() {
            *self = Self::default();
        }
    }
}
