//! Many callers in one thread: the load. It spends two calls of the system on each trip, and one on all that are ready
//! at once; a server cannot do with less, so that the load is never much slower than what it measures.

use std::io;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use super::caller::{AGAIN, Caller, Way};
use super::server::Server;

/// The most events one call takes.
const EVENTS: usize = 1024;

pub(crate) struct Crowd(Vec<Caller>);

impl Crowd {
    /// All have made one trip, one after the other, so that nobody's backlog matters.
    pub(crate) fn gather(way: Way, server: &Server, count: usize, limit: Duration) -> Result<Self, String> {
        let deadline = Instant::now() + limit;
        let mut callers = Vec::with_capacity(count);
        for number in 0..count {
            let caller = Caller::connect(way, server.address, number);
            callers.push(caller.map_err(|error| format!("peer {} of {count}: {error}", number + 1))?);
            if Instant::now() > deadline {
                return Err(format!("hang: {number} of {count} stood after {} s", limit.as_secs()));
            }
        }
        Ok(Self(callers))
    }

    /// All ask and hear for so long: how many trips that made.
    pub(crate) fn talk(&mut self, window: Duration) -> Result<f64, String> {
        let before = self.trips();
        self.talk_on(window).map_err(|error| format!("among {} peers: {error}", self.0.len()))?;
        let silent = self.0.iter().filter(|caller| caller.trips <= 1).count();
        if silent > 0 {
            return Err(format!("STARVED: {silent} of {} peers heard nothing in {window:?}", self.0.len()));
        }
        #[expect(clippy::cast_precision_loss, reason = "a count is far below 2^53")]
        Ok((self.trips() - before) as f64)
    }

    fn trips(&self) -> u64 {
        self.0.iter().map(|caller| caller.trips).sum()
    }

    fn talk_on(&mut self, window: Duration) -> io::Result<()> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        for (number, caller) in self.0.iter().enumerate() {
            epoll::add(&epoll, caller, EventData::new_u64(number as u64), EventFlags::IN)?;
        }
        let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
        let mut rounds = Rounds::new(&self.0);
        let clock = Instant::now();
        for caller in &mut self.0 {
            caller.ask()?;
        }
        loop {
            epoll::wait(&epoll, spare_capacity(&mut events), Some(&AGAIN))?;
            for event in events.drain(..) {
                let number = event.data.u64();
                let caller = usize::try_from(number).ok().and_then(|number| self.0.get_mut(number));
                let caller = caller.ok_or_else(|| io::Error::other("an event of nobody"))?;
                if caller.hear()? {
                    caller.ask()?;
                }
            }
            let passed = clock.elapsed();
            if passed >= window {
                return Ok(());
            }
            rounds.remind(&mut self.0, passed)?;
        }
    }
}

/// Looks after everyone from time to time, which is cheaper than a clock for each question.
struct Rounds {
    next: Duration,
    trips: Vec<u64>,
}

impl Rounds {
    fn new(callers: &[Caller]) -> Self {
        Self { next: Self::pause(), trips: callers.iter().map(|caller| caller.trips).collect() }
    }

    fn pause() -> Duration {
        Duration::from_nanos(AGAIN.tv_nsec.unsigned_abs())
    }

    /// Whoever has heard nothing since the last round asks again.
    fn remind(&mut self, callers: &mut [Caller], passed: Duration) -> io::Result<()> {
        if passed < self.next {
            return Ok(());
        }
        self.next = passed + Self::pause();
        for (caller, trips) in callers.iter_mut().zip(&mut self.trips) {
            if caller.trips == *trips {
                caller.ask_again()?;
            }
            *trips = caller.trips;
        }
        Ok(())
    }
}
