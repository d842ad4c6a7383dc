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
    rules: Option<&'a mut dyn Look>,
    halt: Option<&'a mut Halt>,
    report: &'a mut dyn Tell,
    conn: Conn,
    peer: &'a Peer,
    way: Way,
    offset: u64,
    now: Instant,
}

impl<'a> Eye<'a> {
    /// Who dumps sees what goes this way with a peer, from this offset on.
    pub(super) fn new(
        report: &'a mut dyn Tell,
        (conn, peer): (Conn, &'a Peer),
        way: Way,
        offset: u64,
        now: Instant,
    ) -> Self {
        Self { rules: None, halt: None, report, conn, peer, way, offset, now }
    }

    /// The same, for the rules of the connection's end too.
    pub(super) fn for_rules(self, rules: &'a mut dyn Look) -> Self {
        Self { rules: Some(rules), ..self }
    }

    /// The same, for what may say that it is enough.
    pub(super) fn for_halt(self, halt: Option<&'a mut Halt>) -> Self {
        Self { halt, ..self }
    }
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
