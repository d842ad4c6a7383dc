//! What a link carries: from stdin to the peer, from the peer to stdout, and the end of either.

use super::Link;
use crate::error::{Deed, Exit, Failure, Object, Way};
use crate::event::{By, Event};
use crate::io::flow::{Broken, Flowed, Means, Side};
use crate::logic::ends::Why;
use crate::task::eye::Eye;
use crate::task::{Cx, Turn};

impl Link {
    /// From stdin to the peer. True while there is more to carry at once.
    pub(super) fn carry_up(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.wreck.is_some() {
            return false;
        }
        let offset = self.up.given() + self.up.held();
        let look = Eye::new(cx.report, (self.conn, &self.stream.peer), Way::Up, offset, cx.now);
        let look = &mut look.for_rules(&mut self.ends);
        let means = &mut Means { look, scratch: cx.scratch, now: cx.now };
        let flowed = match &mut self.local.stdin {
            Some(stdin) => self.up.pump(stdin, &mut self.stream.io, means),
            None => self.up.flush(&mut self.stream.io, cx.now),
        };
        self.ends.note_given(self.up.taken(), cx.now);
        match flowed {
            Ok(Flowed::Waiting) => false,
            Ok(Flowed::Busy) => true,
            Ok(Flowed::Ended) => {
                self.ends.note_stdin_end(cx.now);
                self.close_stdin(cx);
                false
            }
            Err(Broken { side: Side::Source, error }) => {
                cx.error(Failure::system(Deed::Read, Object::stdin(), &error, Exit::Local));
                self.worst = Exit::Local;
                self.up.cut(); // what was read before still goes out
                true
            }
            Err(Broken { side: Side::Sink, error }) => {
                self.wreck = Some(Box::new((Deed::Send, error)));
                false
            }
        }
    }

    /// From the peer to stdout. True while there is more to carry at once; a turn when that was the end.
    pub(super) fn carry_down(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        let Some(stdout) = &mut self.local.stdout else {
            return Ok(false);
        };
        let look = Eye::new(cx.report, (self.conn, &self.stream.peer), Way::Down, self.down.taken(), cx.now);
        let look = &mut look.for_halt(self.halt.as_deref_mut());
        let means = &mut Means { look, scratch: cx.scratch, now: cx.now };
        let flowed = self.down.pump(&mut self.stream.io, stdout, means);
        if self.ends.note_received(self.down.taken(), cx.now) {
            cx.tell(&Event::FirstByte { conn: self.conn, after: cx.now - self.began });
        }
        match flowed {
            Ok(Flowed::Waiting) => Ok(false),
            Ok(Flowed::Busy) => Ok(true),
            Ok(Flowed::Ended) if self.enough(cx.now) => Err(self.leave(cx, Why::Enough)),
            Ok(Flowed::Ended) => {
                self.peer_ended(cx);
                Ok(false)
            }
            Err(Broken { side: Side::Source, error }) => {
                self.wreck.get_or_insert_with(|| Box::new((Deed::Receive, error)));
                self.down.cut(); // what came before still goes out
                Ok(true)
            }
            Err(Broken { side: Side::Sink, error }) => Err(self.stdout_failed(cx, &error)),
        }
    }

    fn peer_ended(&mut self, cx: &mut Cx<'_>) {
        self.close_stdout(cx); // the next program in the pipe sees the end
        if self.wreck.is_some() {
            return; // no end of the peer's: its connection broke
        }
        self.ends.note_peer_end(cx.now);
        if !self.ends.stdin_done() {
            self.stream.probe_peer();
        }
        cx.tell(&Event::HalfClose { conn: self.conn, by: By::Peer });
    }
}
