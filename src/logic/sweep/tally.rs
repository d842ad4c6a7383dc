//! What a sweep has done so far, for progress and summary.

use super::State;

/// The counts of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Ports to decide, as far as their hosts are known yet.
    pub total: u64,
    /// Tries started.
    pub sent: u64,
    states: [u64; State::ALL.len()],
}

impl Tally {
    /// Ports decided.
    pub fn decided(&self) -> u64 {
        self.states.iter().sum()
    }

    /// Ports in this state.
    pub fn of(&self, state: State) -> u64 {
        self.states[state as usize]
    }

    /// Counts a port that was asked once, alone, and decides the whole.
    pub fn note(&mut self, state: State) {
        *self = Self { total: 1, sent: self.sent + 1, ..Self::default() };
        self.add(state);
    }

    pub(super) fn add(&mut self, state: State) {
        self.states[state as usize] += 1;
    }
}
