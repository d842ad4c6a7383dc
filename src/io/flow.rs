//! Bytes on their way from one endpoint to another, in order, none lost, and never more held than one buffer.
//!
//! A flow begins in memory, where small talk is cheapest. Once it has carried enough, and nobody looks at its bytes, it
//! takes a way through the kernel (`express.rs`), and comes back when that way is barred. It knows nothing of what
//! its ends mean.

use std::time::Instant;

pub use super::broken::{Broken, Side};
use super::endpoint::{Endpoint, Io};
use super::express::{Count, Step};
use super::held::SeldomHeld;
use super::lane::Lane;
use crate::filter::Chain;
use crate::logic::Look;
use crate::logic::pace::Pace;

/// So many bytes make a flow worth a way through the kernel.
const BULK: u64 = 128 * 1024;

/// How many bytes a flow may move before others get their turn.
const BUDGET: u64 = 4 << 20;

/// What a move costs at least: one that is small, or came to nothing, must not keep the loop either.
const LEAST_COST: u64 = 4 << 10;

/// One direction of a connection.
#[derive(Debug)]
pub struct Flow {
    /// Whether the source is the wire: who looks sees bytes as they are there, before the filters or after them.
    from_wire: bool,
    lane: Lane,
    held: SeldomHeld,
    works: Option<Box<Works>>,
    end: bool,
    count: Count,
}

/// What is done to the bytes on their way.
#[derive(Debug)]
pub struct Works {
    /// What changes them.
    pub chain: Chain,
    /// What delays them.
    pub pace: Option<Pace>,
}

/// What a turn came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flowed {
    /// All that could be moved was; an event will tell of more, or the flow's [`Flow::wake`] has come.
    Waiting,
    /// There is more to move, in the next turn.
    Busy,
    /// The source has ended, and the sink has taken all of it.
    Ended,
}

/// What a flow is given to work with.
pub struct Means<'a> {
    /// Who looks at the bytes as they are on the wire.
    pub look: &'a mut dyn Look,
    /// Memory that all flows share, and that holds nothing between turns.
    pub scratch: &'a mut [u8],
    /// The time.
    pub now: Instant,
}

impl Flow {
    /// A flow that carries nothing yet.
    pub fn new(from_wire: bool, works: Works) -> Self {
        let idle = works.chain.is_empty() && works.pace.is_none();
        let works = (!idle).then(|| Box::new(works));
        let lane = if works.is_some() { Lane::Barred } else { Lane::Memory };
        let count = Count { taken: 0, given: 0, limit: u64::MAX };
        Self { from_wire, lane, held: SeldomHeld::default(), works, end: false, count }
    }

    /// The same, but so many bytes of the source are its end.
    #[must_use]
    pub fn at_most(mut self, bytes: u64) -> Self {
        self.count.limit = bytes;
        self
    }

    /// Bytes taken from the source.
    pub fn taken(&self) -> u64 {
        self.count.taken
    }

    /// Bytes given to the sink.
    pub fn given(&self) -> u64 {
        self.count.given
    }

    /// Bytes taken and not given yet, as the sink would get them.
    pub fn held(&self) -> u64 {
        (self.held.bytes().len() + self.lane.held()) as u64
    }

    /// When what is held may go on, where time alone holds it.
    pub fn wake(&self) -> Option<Instant> {
        if let Lane::Express(way) = &self.lane {
            return way.wake();
        }
        let pace = self.works.as_ref()?.pace.as_ref()?;
        pace.next().filter(|_| !self.held.is_empty())
    }

    /// Whether it is silent only because lines have to be sent apart.
    pub fn pauses(&self) -> bool {
        matches!(self.lane, Lane::Barred) && self.wake().is_some()
    }

    /// What the filters have to say to the other side.
    pub fn answers(&mut self) -> Vec<u8> {
        self.works.as_mut().map_or_else(Vec::new, |works| works.chain.answers())
    }

    /// Characters that the other side's encoding does not have.
    pub fn unmappable(&self) -> u64 {
        self.works.as_ref().map_or(0, |works| works.chain.unmappable())
    }

    /// Sends something of our own along, which the source did not give.
    pub fn inject(&mut self, bytes: &[u8]) {
        self.held.append(bytes);
    }

    /// Takes no more from the source: what is held is all that is left to give.
    pub fn cut(&mut self) {
        self.end = true;
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
                _ => Some(self.carry(from, to, means)?),
            };
            match step {
                Some(Step::Moved) => {
                    let moved = (self.count.taken - before.taken).max(self.count.given - before.given);
                    budget = budget.saturating_sub(moved.max(LEAST_COST));
                }
                Some(Step::Blocked) => return Ok(Flowed::Waiting),
                Some(Step::End) => return Ok(Flowed::Ended),
                None => self.lane.recall(),
            }
        }
        Ok(Flowed::Busy)
    }

    /// Moves what is held and nothing more, for a flow that has no source any more, or never had one.
    ///
    /// # Errors
    /// As [`Flow::pump`], of the sink.
    pub fn flush(&mut self, to: &mut Endpoint, now: Instant) -> Result<Flowed, Broken> {
        while !self.held.is_empty() {
            if let Step::Blocked = self.give_held(to, now)? {
                break;
            }
        }
        Ok(Flowed::Waiting)
    }

    fn choose_lane(&mut self, from: &Endpoint, to: &Endpoint) {
        if matches!(self.lane, Lane::Memory) && self.count.taken >= BULK && self.held.is_empty() {
            self.lane = Lane::between(from, to);
        }
    }

    /// One read or one write through memory.
    fn carry(&mut self, from: &mut Endpoint, to: &mut Endpoint, means: &mut Means<'_>) -> Result<Step, Broken> {
        if !self.held.is_empty() {
            return self.give_held(to, means.now);
        }
        let count = match self.lane.take_back(means.scratch)? {
            Some(count) => return self.give(to, &means.scratch[..count]), // it was seen and counted when it was taken
            None if self.end || self.count.room(1) == 0 => 0,
            None => {
                let room = self.count.room(means.scratch.len());
                match from.read(&mut means.scratch[..room]).map_err(|error| Broken::new(Side::Source, error))? {
                    Io::Blocked => return Ok(Step::Blocked),
                    Io::End => 0,
                    Io::Moved(count) => count,
                }
            }
        };
        self.count.taken += count as u64;
        self.end |= count == 0;
        let Some(works) = &mut self.works else {
            if count == 0 {
                return Ok(Step::End);
            }
            self.end |= !means.look.see(&means.scratch[..count]);
            return self.give(to, &means.scratch[..count]);
        };
        if self.from_wire && count > 0 {
            self.end |= !means.look.see(&means.scratch[..count]);
        }
        let mut worked = Vec::new();
        match count {
            0 => works.chain.end(&mut worked),
            _ => works.chain.run(&means.scratch[..count], &mut worked),
        }
        if !self.from_wire && !worked.is_empty() {
            self.end |= !means.look.see(&worked);
        }
        match (worked.is_empty(), count) {
            (true, 0) => Ok(Step::End),
            (true, _) => Ok(Step::Moved),
            (false, _) => {
                self.held.append(&worked);
                self.give_held(to, means.now)
            }
        }
    }

    /// Gives what the sink takes and holds the rest; all of it when the sink fails, so that it is known what was lost.
    fn give(&mut self, to: &mut Endpoint, bytes: &[u8]) -> Result<Step, Broken> {
        let put = put(to, bytes);
        let given = put.as_ref().map_or(0, |given| *given);
        self.count.given += given as u64;
        self.held.append(&bytes[given..]);
        put.map(|_| Step::Moved)
    }

    fn give_held(&mut self, to: &mut Endpoint, now: Instant) -> Result<Step, Broken> {
        let bytes = self.held.bytes();
        let given = match self.works.as_mut().and_then(|works| works.pace.as_mut()) {
            None => put(to, bytes)?,
            Some(pace) => {
                let line = &bytes[..pace.allow(bytes, now)];
                let given = if line.is_empty() { 0 } else { put(to, line)? };
                pace.sent(&line[..given], now);
                given
            }
        };
        if given == 0 {
            return Ok(Step::Blocked);
        }
        self.count.given += given as u64;
        self.held.drop_first(given);
        Ok(Step::Moved)
    }
}

fn put(to: &mut Endpoint, bytes: &[u8]) -> Result<usize, Broken> {
    match to.write(bytes).map_err(|error| Broken::new(Side::Sink, error))? {
        Io::Moved(count) => Ok(count),
        Io::Blocked | Io::End => Ok(0),
    }
}
