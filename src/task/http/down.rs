//! The answer on its way to stdout.

use std::rc::Rc;

use super::Http;
use crate::error::{Deed, Way};
use crate::event::{Chunk, Event};
use crate::filter::Chain;
use crate::io::endpoint::Io;
use crate::io::flow::{Broken, Flow, Flowed, Means, Side, Works};
use crate::session::http::{Out, Told};
use crate::task::eye::Eye;
use crate::task::{Cx, Turn};

/// How many reads a turn makes before others get theirs.
const READS: usize = 64;

impl Http {
    /// True while there is more to carry at once; a turn when stdout fails.
    pub(super) fn carry_down(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        for _ in 0..READS {
            if let Err(error) = self.sink.flush() {
                return Err(self.sink_failed(cx, &error));
            }
            if self.sink.stuck() || self.response.is_over() {
                return Ok(false);
            }
            if self.down.is_none()
                && let Some(left) = self.response.pass()
            {
                let flow = Flow::new(true, Works { chain: Chain::default(), pace: None });
                self.down = Some(flow.at_most(left.unwrap_or(u64::MAX)));
            }
            if self.down.is_some() {
                return self.pass(cx);
            }
            if !self.read(cx) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads once, and does what the rules make of it. False when there was nothing to read.
    fn read(&mut self, cx: &mut Cx<'_>) -> bool {
        // The memory of the sink, which is empty.
        let mut out = Out { shown: std::mem::take(self.sink.buffer()), told: Vec::new() };
        match self.stream.io.read(cx.scratch) {
            Ok(Io::Blocked) => {
                *self.sink.buffer() = out.shown;
                return false;
            }
            Ok(Io::End) => self.response.end(&mut out),
            Ok(Io::Moved(count)) => {
                self.first_byte(cx);
                let bytes = &cx.scratch[..count];
                let (conn, peer, offset) = (self.conn, &self.stream.peer, self.count.received);
                cx.report.dump(&Chunk { conn, peer, way: Way::Down, offset, bytes });
                self.count.received += count as u64;
                self.count.after += (count - self.response.data(bytes, &mut out)) as u64;
            }
            Err(error) => {
                self.fault.get_or_insert((Deed::Receive, error));
                return false;
            }
        }
        self.tell(cx, out.told);
        self.count.shown += out.shown.len() as u64;
        *self.sink.buffer() = out.shown;
        true
    }

    /// Carries a body that nobody need look at.
    fn pass(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        let (Some(flow), Some(sink)) = (&mut self.down, self.sink.endpoint()) else {
            return Ok(false);
        };
        let look = &mut Eye::new(
            cx.report,
            (self.conn, &self.stream.peer),
            Way::Down,
            self.count.received + flow.taken(),
            cx.now,
        );
        let flowed = flow.pump(&mut self.stream.io, sink, &mut Means { look, scratch: cx.scratch, now: cx.now });
        match flowed {
            Ok(Flowed::Waiting) => Ok(false),
            Ok(Flowed::Busy) => Ok(true),
            Ok(Flowed::Ended) => {
                self.end_pass();
                // EPIPE of a socket that was reset says that FIN had come before (Linux, tcp_reset): an end in order.
                // But while the request is sent it may hide a reset: sendfile(2) takes that error, and tells a short
                // count instead.
                let sending = self.phases.sent.is_none();
                let fault = self.fault.take_if(|(deed, error)| {
                    (sending && *deed == Deed::Send) || error.raw_os_error() != Some(libc::EPIPE)
                });
                match fault {
                    _ if self.response.is_over() => {}
                    None => self.response.end(&mut Out::default()),
                    Some((deed, error)) => return Err(self.broke(cx, deed, &error)),
                }
                Ok(false)
            }
            Err(Broken { side: Side::Source, error }) => {
                flow.cut(); // what came before still goes out
                self.fault.get_or_insert((Deed::Receive, error));
                Ok(true)
            }
            Err(Broken { side: Side::Sink, error }) => Err(self.sink_failed(cx, &error)),
        }
    }

    /// The flow has done its work: what it counted is ours.
    pub(super) fn end_pass(&mut self) {
        if let Some(flow) = self.down.take() {
            self.response.passed(flow.taken());
            self.count.received += flow.taken();
            self.count.shown += flow.given();
        }
    }

    fn first_byte(&mut self, cx: &mut Cx<'_>) {
        if self.phases.first_byte.is_none() {
            let now = (cx.clock)();
            self.phases.first_byte = Some(now);
            cx.tell(&Event::FirstByte { conn: self.conn, after: now - self.phases.stood });
        }
    }

    fn tell(&mut self, cx: &mut Cx<'_>, told: Vec<Told>) {
        for told in told {
            match told {
                Told::Head(head) => {
                    let head = Rc::new(head);
                    cx.tell(&Event::Head { conn: self.conn, head: Rc::clone(&head) });
                    self.head = Some(head);
                }
                Told::Trailers(fields) => {
                    cx.tell(&Event::Trailers { conn: self.conn, fields: fields.clone() });
                    self.trailers = fields;
                }
            }
        }
    }
}
