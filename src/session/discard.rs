//! `--discard`: whatever comes is read and forgotten (RFC 863).

use std::time::Instant;

use super::{Out, Reaction, Script, Session};
use crate::logic::message::StopWord;

pub(super) struct Discard {
    stop: Option<Box<StopWord>>,
}

impl Discard {
    pub(super) fn new(script: &Script) -> Self {
        Self { stop: script.stop.clone().map(|word| Box::new(StopWord::new(word))) }
    }
}

impl Session for Discard {
    fn data(&mut self, bytes: &[u8], now: Instant, out: &mut Out) -> usize {
        if self.stop.as_mut().is_some_and(|stop| stop.see(bytes, now)) {
            out.finish();
        }
        bytes.len()
    }

    fn end(&mut self, _: Instant, out: &mut Out) {
        out.finish();
    }

    fn tick(&mut self, now: Instant, out: &mut Out) {
        if self.stop.as_mut().is_some_and(|stop| stop.tick(now)) {
            out.finish();
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.stop.as_ref()?.deadline()
    }

    fn datagram(&mut self, bytes: &[u8], _: &mut Vec<u8>) -> Reaction {
        match &self.stop {
            Some(stop) if stop.datagram(bytes) => Reaction::Leave,
            _ => Reaction::Silence,
        }
    }

    fn looks(&self) -> bool {
        self.stop.is_some()
    }
}
