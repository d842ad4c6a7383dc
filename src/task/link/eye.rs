//! Who looks at a link's bytes in one direction: the rules of its end, the counter of its chunks, the word that stops
//! it, and whoever dumps them.

use std::time::Instant;

use crate::cli::peer::Peer;
use crate::cli::plan::Relay;
use crate::error::Way;
use crate::event::{Chunk, Conn, Tell};
use crate::logic::Look;
use crate::logic::message::StopWord;

/// What of the peer's bytes ends the run (`-W`, `--stop`).
#[derive(Debug)]
pub(crate) struct Halt {
    chunks: Option<u64>,
    stop: Option<StopWord>,
    met: bool,
}

impl Halt {
    /// What the user asked for, if anything.
    pub(crate) fn new(relay: &Relay) -> Option<Box<Self>> {
        if relay.chunks.is_none() && relay.stop.is_none() {
            return None;
        }
        let stop = relay.stop.as_ref().map(|word| StopWord::new(word.as_bytes()));
        Some(Box::new(Self { chunks: relay.chunks, stop, met: false }))
    }

    /// Sees a chunk. Whether more are welcome.
    pub(crate) fn see(&mut self, bytes: &[u8], now: Instant) -> bool {
        if let Some(chunks) = &mut self.chunks {
            *chunks = chunks.saturating_sub(1);
        }
        let stopped = self.stop.as_mut().is_some_and(|stop| stop.see(bytes, now));
        self.met |= stopped || self.chunks == Some(0);
        !self.met
    }

    /// Sees a datagram. Whether more are welcome.
    pub(crate) fn see_datagram(&mut self, bytes: &[u8]) -> bool {
        if let Some(chunks) = &mut self.chunks {
            *chunks = chunks.saturating_sub(1);
        }
        self.met |= self.stop.as_ref().is_some_and(|stop| stop.datagram(bytes)) || self.chunks == Some(0);
        !self.met
    }

    /// Whether it is enough, now that this time has come, or the peer has ended.
    pub(crate) fn met(&mut self, now: Instant, ended: bool) -> bool {
        self.met |= self.stop.as_mut().is_some_and(|stop| stop.tick(now) || (ended && stop.end()));
        self.met
    }

    /// When silence alone may make it enough.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.stop.as_ref().and_then(StopWord::deadline)
    }
}

/// Looks at one direction for the length of a turn.
pub(super) struct Eye<'a> {
    pub(super) rules: Option<&'a mut dyn Look>,
    pub(super) halt: Option<&'a mut Halt>,
    pub(super) report: &'a mut dyn Tell,
    pub(super) conn: Conn,
    pub(super) peer: &'a Peer,
    pub(super) way: Way,
    pub(super) offset: u64,
    pub(super) now: Instant,
}

impl Look for Eye<'_> {
    fn wants(&self) -> bool {
        self.halt.is_some() || self.report.dumps() || self.rules.as_ref().is_some_and(|rules| rules.wants())
    }

    fn see(&mut self, bytes: &[u8]) -> bool {
        self.report.dump(&Chunk { conn: self.conn, peer: self.peer, way: self.way, offset: self.offset, bytes });
        self.offset += bytes.len() as u64;
        let rules = self.rules.as_mut().is_none_or(|rules| rules.see(bytes));
        let halt = self.halt.as_mut().is_none_or(|halt| halt.see(bytes, self.now));
        rules && halt
    }
}
