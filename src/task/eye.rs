//! Who looks at a connection's bytes in one direction: the rules of its end, the counter of its chunks, the word that
//! stops it, and whoever dumps them.

use std::time::Instant;

use crate::error::Way;
use crate::event::{Chunk, Conn, Tell};
use crate::logic::Look;
use crate::logic::halt::Halt;
use crate::value::peer::Peer;

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
