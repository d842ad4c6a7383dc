//! The peers of an unconnected socket: whom it has heard, bounded, the longest silent forgotten first. It does not know
//! what an address is.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::time::{Duration, Instant};

/// So many peers are remembered.
const MOST: usize = 4_096;

/// A peer that is silent for so long is forgotten, unless it was the last to speak.
pub const KEEP: Duration = Duration::from_secs(60);

/// What is known of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Talker {
    /// Its number, counted from 1.
    pub conn: u64,
    /// Heard first.
    pub began: Instant,
    /// Heard last.
    pub heard: Instant,
    /// Bytes sent to it.
    pub sent: u64,
    /// Bytes received of it.
    pub received: u64,
    /// Grows with each change of who spoke last.
    turn: u64,
}

/// Who has been heard.
#[derive(Debug)]
pub struct Peers<K> {
    keep: Duration,
    known: HashMap<K, Talker>,
    /// Bytes sent and received by those forgotten.
    past: (u64, u64),
    /// The longest silent first.
    turns: BTreeMap<u64, K>,
    turn: u64,
    count: u64,
}

impl<K: Copy + Eq + Hash> Peers<K> {
    /// Nobody yet. A peer is forgotten when it was silent for so long.
    pub fn new(keep: Duration) -> Self {
        Self { keep, known: HashMap::new(), past: (0, 0), turns: BTreeMap::new(), turn: 0, count: 0 }
    }

    /// How many were heard in all, those forgotten and heard again counted anew.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// A peer speaks. Whether it is new, and who was forgotten for it.
    pub fn hear(&mut self, key: K, now: Instant) -> (bool, Option<(K, Talker)>) {
        if let Some(talker) = self.known.get_mut(&key) {
            talker.heard = now;
            if talker.turn != self.turn {
                self.turns.remove(&talker.turn);
                self.turn += 1;
                talker.turn = self.turn;
                self.turns.insert(self.turn, key);
            }
            return (false, None);
        }
        let forgotten = if self.known.len() < MOST { None } else { self.forget() };
        self.turn += 1;
        self.count += 1;
        let talker = Talker { conn: self.count, began: now, heard: now, sent: 0, received: 0, turn: self.turn };
        self.known.insert(key, talker);
        self.turns.insert(self.turn, key);
        (true, forgotten)
    }

    /// Bytes sent to all, and received from all.
    pub fn carried(&self) -> (u64, u64) {
        self.known.values().fold(self.past, |sum, talker| (sum.0 + talker.sent, sum.1 + talker.received))
    }

    /// What is known of a peer.
    pub fn talker(&mut self, key: &K) -> Option<&mut Talker> {
        self.known.get_mut(key)
    }

    /// Bytes were sent to a peer: its number, and how many were before. None where it was forgotten meanwhile.
    pub fn sent(&mut self, key: &K, bytes: u64) -> Option<(u64, u64)> {
        let Some(talker) = self.known.get_mut(key) else {
            self.past.0 += bytes;
            return None;
        };
        talker.sent += bytes;
        Some((talker.conn, talker.sent - bytes))
    }

    /// Forgets a peer.
    pub fn remove(&mut self, key: &K) -> Option<Talker> {
        let talker = self.known.remove(key)?;
        self.turns.remove(&talker.turn);
        self.past.0 += talker.sent;
        self.past.1 += talker.received;
        Some(talker)
    }

    /// The next that has been silent for too long, which is forgotten. Who spoke last never is: it can be answered.
    pub fn expire(&mut self, now: Instant) -> Option<(K, Talker)> {
        self.expiry().filter(|&at| at <= now).and_then(|_| self.forget())
    }

    /// When the next is forgotten.
    pub fn expiry(&self) -> Option<Instant> {
        let (&turn, key) = self.turns.first_key_value()?;
        let talker = self.known.get(key).filter(|_| turn != self.turn)?;
        Some(talker.heard + self.keep)
    }

    /// Forgets the longest silent.
    pub fn forget(&mut self) -> Option<(K, Talker)> {
        let (_, &key) = self.turns.first_key_value()?;
        self.remove(&key).map(|talker| (key, talker))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use super::*;

    #[test]
    fn the_longest_silent_is_forgotten_but_never_who_spoke_last() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut peers = Peers::new(KEEP);
        assert_eq!(peers.hear('a', at(0)), (true, None));
        assert_eq!(peers.expiry(), None);
        assert_eq!(peers.hear('b', at(10)), (true, None));
        assert_eq!(peers.hear('a', at(20)), (false, None));
        assert_eq!(peers.expiry(), Some(at(70)));
        assert_eq!(peers.expire(at(69)), None);
        assert_eq!(peers.expire(at(70)).map(|(key, talker)| (key, talker.conn)), Some(('b', 2)));
        assert_eq!(peers.expire(at(999)), None);
        assert_eq!(peers.hear('b', at(1_000)), (true, None));
        assert_eq!(peers.talker(&'b').map(|talker| talker.conn), Some(3));
        assert_eq!(peers.expire(at(1_000)).map(|(key, _)| key), Some('a'));
        assert_eq!((peers.forget().map(|(key, _)| key), peers.forget()), (Some('b'), None));
    }

    #[test]
    fn there_are_never_too_many() {
        let now = Instant::now();
        let mut peers = Peers::new(KEEP);
        for n in 0..MOST {
            assert_eq!(peers.hear(n, now), (true, None));
        }
        peers.hear(0, now);
        for n in MOST..2 * MOST - 1 {
            let (new, forgotten) = peers.hear(n, now);
            assert_eq!((new, forgotten.map(|(key, _)| key)), (true, Some(n - MOST + 1)));
        }
        assert_eq!(peers.hear(usize::MAX, now).1.map(|(key, _)| key), Some(0));
        assert_eq!((peers.known.len(), peers.turns.len()), (MOST, MOST));
    }
}
