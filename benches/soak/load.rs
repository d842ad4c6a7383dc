//! The load: callers of every server at once, each in a thread of its own, until a deadline. The first that is answered
//! wrongly, or not at all, ends it.

use std::net::SocketAddr;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use crate::datagrams;
use crate::server::{Kind, Server};
use crate::stream::{self, Voice};

/// A breath between two calls: so many ports are soon used up.
const BREATH: Duration = Duration::from_millis(2);

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    /// Connections, or sockets that sent datagrams.
    pub(crate) calls: u64,
    /// Bytes of answers that were right.
    pub(crate) right: u64,
}

impl Work {
    pub(crate) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.right += other.right;
    }
}

/// Numbers that look like chance, the same in each run: xorshift.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Less than this.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % limit
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 24) as u8).collect()
    }
}

/// Calls all servers until the deadline: what was done with each.
pub(crate) fn run(servers: &[Server], callers: usize, round: u64, deadline: Instant) -> Result<Vec<Work>, String> {
    thread::scope(|scope| {
        let start = |(number, server): (usize, &Server)| {
            let (kind, address) = (server.kind, server.address);
            let caller = move |caller: usize| {
                let chance = Chance::new(round << 16 | (number << 8 | caller) as u64);
                scope.spawn(move || call(kind, address, chance, deadline))
            };
            (0..callers).map(caller).collect::<Vec<_>>()
        };
        let started: Vec<_> = servers.iter().enumerate().map(start).collect();
        let ends = started.into_iter().zip(servers).map(|(callers, server)| {
            let mut work = Work::default();
            for caller in callers {
                let done = caller.join().map_err(|_| "a caller panicked".to_string())?;
                work.add(done.map_err(|error| format!("{}: {error}", server.kind.flags()))?);
            }
            Ok(work)
        });
        ends.collect()
    })
}

fn call(kind: Kind, address: SocketAddr, mut chance: Chance, deadline: Instant) -> Result<Work, String> {
    let mut work = Work::default();
    while Instant::now() < deadline {
        let right = match kind {
            Kind::Echo => stream::call(Voice::Echo, address, &mut chance),
            Kind::Hello => stream::call(Voice::Hello, address, &mut chance),
            Kind::Datagrams => datagrams::call(address, &mut chance),
        };
        work.add(Work { calls: 1, right: right? });
        sleep(BREATH);
    }
    Ok(work)
}
