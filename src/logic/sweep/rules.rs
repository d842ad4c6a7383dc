//! What the user wants of a sweep, and what is done where nobody says otherwise.

use std::time::Duration;

use crate::value::shard::Shard;

/// What the user wants of a sweep.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Datagrams: a port that stays silent is [`State::OpenOrFiltered`](super::State::OpenOrFiltered).
    pub datagram: bool,
    /// At most so many tries at once, at least 1.
    pub parallel: usize,
    /// The time between two starts; none for as fast as it goes.
    pub interval: Duration,
    /// How often a silent port is asked again; more often where the way loses much.
    pub retries: u32,
    /// How long a port's answer is waited for in all.
    pub patience: Duration,
    /// A random order, by its seed.
    pub random: Option<u64>,
    /// Which part of it this machine does.
    pub shard: Shard,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            datagram: false,
            parallel: 1_000,
            interval: Duration::ZERO,
            retries: 3,
            patience: Duration::from_secs(2),
            random: None,
            shard: Shard::WHOLE,
        }
    }
}
