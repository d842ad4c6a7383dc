//! `--discard`: whatever comes is read and forgotten (RFC 863).

use std::time::Instant;

use super::stop::Stop;
use super::{Out, Reaction, Script, Session};

pub(super) struct Discard(Stop);

impl Discard {
    pub(super) fn new(script: &Script) -> Self {
        Self(Stop::new(script))
    }
}

impl Session for Discard {
    fn data(&mut self, bytes: &[u8], now: Instant, out: &mut Out) -> usize {
        self.0.before(bytes, now, out);
        bytes.len()
    }

    fn tick(&mut self, now: Instant, out: &mut Out) {
        self.0.tick(now, out);
    }

    fn deadline(&self) -> Option<Instant> {
        self.0.deadline()
    }

    fn datagram(&mut self, bytes: &[u8], _: &mut Vec<u8>) -> Reaction {
        if self.0.is(bytes) { Reaction::Leave } else { Reaction::Silence }
    }

    fn looks(&self) -> bool {
        self.0.is_awaited()
    }
}
