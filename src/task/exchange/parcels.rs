//! Datagrams that wait to be sent, in order, and when that is to be tried again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::talk::Key;
use crate::filter::Chain;

/// How soon to try again where there is no room for a datagram, and no event will tell of it: at first, and when that
/// has come to nothing again and again.
const RETRY: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(50)];

/// A datagram to send.
pub(super) struct Parcel {
    pub(super) to: Key,
    pub(super) bytes: Vec<u8>,
    /// Not before this time.
    pub(super) due: Option<Instant>,
}

/// Those that wait.
pub(super) struct Parcels {
    /// What is done to each datagram by itself.
    chain: Chain,
    waiting: VecDeque<Parcel>,
    /// Their bytes.
    size: usize,
}

impl Parcels {
    /// None yet.
    pub(super) fn new(chain: Chain) -> Self {
        Self { chain, waiting: VecDeque::new(), size: 0 }
    }

    /// Filters a datagram, and lets it wait. One of which the filters leave nothing is none.
    pub(super) fn push(&mut self, to: Key, bytes: Vec<u8>, due: Option<Instant>) {
        if self.chain.is_empty() || bytes.is_empty() {
            return self.push_raw(to, bytes, due);
        }
        let mut filtered = Vec::with_capacity(bytes.len());
        self.chain.run(&bytes, &mut filtered);
        self.chain.end(&mut filtered);
        if !filtered.is_empty() {
            self.push_raw(to, filtered, due);
        }
    }

    /// Lets a datagram wait as it is.
    pub(super) fn push_raw(&mut self, to: Key, bytes: Vec<u8>, due: Option<Instant>) {
        self.size += bytes.len();
        self.waiting.push_back(Parcel { to, bytes, due });
    }

    /// Takes the first out.
    pub(super) fn pop(&mut self) -> Option<Parcel> {
        let parcel = self.waiting.pop_front()?;
        self.size -= parcel.bytes.len();
        Some(parcel)
    }

    pub(super) fn first(&self) -> Option<&Parcel> {
        self.waiting.front()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Parcel> {
        self.waiting.iter()
    }

    pub(super) fn count(&self) -> usize {
        self.waiting.len()
    }

    /// Their bytes.
    pub(super) fn size(&self) -> usize {
        self.size
    }
}

/// There was no room for the first that waits.
#[derive(Default)]
pub(super) struct Retry {
    next: Option<Instant>,
    pause: Duration,
}

impl Retry {
    /// When to try again, where that is still to come.
    pub(super) fn at(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|&at| at > now)
    }

    pub(super) fn put_off(&mut self, now: Instant) {
        self.pause = (2 * self.pause).clamp(RETRY[0], RETRY[1]);
        self.next = Some(now + self.pause);
    }
}
