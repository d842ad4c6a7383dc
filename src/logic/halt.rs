//! When enough was received: so many chunks, or the word that stops a talk.

use std::time::Instant;

use crate::plan::Relay;
use crate::session::stop_word::StopWord;

/// What of the peer's bytes ends the run (`-W`, `--stop`).
#[derive(Debug)]
pub struct Halt {
    chunks: Option<u64>,
    stop: Option<StopWord>,
    met: bool,
}

impl Halt {
    /// What the user asked for, if anything.
    pub fn new(relay: &Relay) -> Option<Box<Self>> {
        if relay.chunks.is_none() && relay.stop.is_none() {
            return None;
        }
        let stop = relay.stop.as_ref().map(|word| StopWord::new(word.as_bytes()));
        Some(Box::new(Self { chunks: relay.chunks, stop, met: false }))
    }

    /// Sees a chunk. Whether more are welcome.
    pub fn see(&mut self, bytes: &[u8], now: Instant) -> bool {
        if let Some(chunks) = &mut self.chunks {
            *chunks = chunks.saturating_sub(1);
        }
        let stopped = self.stop.as_mut().is_some_and(|stop| stop.see(bytes, now));
        self.met |= stopped || self.chunks == Some(0);
        !self.met
    }

    /// Sees a datagram. Whether more are welcome.
    pub fn see_datagram(&mut self, bytes: &[u8]) -> bool {
        if let Some(chunks) = &mut self.chunks {
            *chunks = chunks.saturating_sub(1);
        }
        self.met |= self.stop.as_ref().is_some_and(|stop| stop.datagram(bytes)) || self.chunks == Some(0);
        !self.met
    }

    /// Whether it is enough, now that this time has come, or the peer has ended.
    pub fn met(&mut self, now: Instant, ended: bool) -> bool {
        self.met |= self.stop.as_mut().is_some_and(|stop| stop.tick(now) || (ended && stop.end()));
        self.met
    }

    /// Whether it was enough when last looked at.
    pub fn is_met(&self) -> bool {
        self.met
    }

    /// When silence alone may make it enough.
    pub fn deadline(&self) -> Option<Instant> {
        self.stop.as_ref().and_then(StopWord::deadline)
    }
}
