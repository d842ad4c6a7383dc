//! How a request ends: what is told of it, and the exit status that follows.

use std::io;
use std::rc::Rc;

use super::{Cx, Deed, Exit, Failure, Http, Stop, Turn};
use crate::error::{Lost, Way};
use crate::event::{Answered, Event};
use crate::io::endpoint::Endpoint;
use crate::io::flow::Flow;
use crate::session::http::Out;

impl Http {
    /// Nothing more belongs to the answer, and what came of it was written.
    pub(super) fn conclude(&mut self, cx: &mut Cx<'_>) -> Turn {
        let Some(wrong) = self.response.wrong() else {
            let exit = self.verdict();
            return self.finish(cx, true, exit);
        };
        let cut = if self.response.is_cut() { "; no more of what came is written" } else { "" };
        let reason = format!("{wrong}{cut}");
        // Who sends into a connection that is gone hears that first, and then of no end but of nothing.
        if let Some((deed, error)) = self.fault.take() {
            return self.broke(cx, deed, &error);
        }
        let failure = Failure::new(Deed::Receive, self.object(), reason, Exit::Network);
        self.fail(cx, failure)
    }

    /// What the status of a whole answer makes of the run.
    fn verdict(&self) -> Exit {
        if self.fail && self.is_refused() { Exit::Network } else { Exit::Done }
    }

    /// The connection broke before the answer was whole.
    pub(super) fn broke(&mut self, cx: &mut Cx<'_>, deed: Deed, error: &io::Error) -> Turn {
        let exit = if deed == Deed::Connection { Exit::Local } else { Exit::Network };
        let failure = Failure::system(deed, self.object(), error, exit);
        self.fail(cx, failure)
    }

    /// Nothing moved for as long as the user allows, or as what is no answer is worth.
    pub(super) fn silent(&mut self, cx: &mut Cx<'_>) -> Turn {
        if self.response.is_adrift() {
            return self.conclude(cx);
        }
        let failure = Failure::new(Deed::Connection, self.object(), "silent for too long", Exit::Timeout);
        self.fail(cx, failure)
    }

    /// stdout's reader has left: the run ends, and that is no failure.
    pub(super) fn reader_left(&mut self, cx: &mut Cx<'_>) -> Turn {
        let exit = self.verdict();
        self.finish(cx, false, exit)
    }

    /// Writing to stdout failed.
    pub(super) fn sink_failed(&mut self, cx: &mut Cx<'_>, error: &io::Error) -> Turn {
        if self.sink.reader_left(error) {
            return self.reader_left(cx);
        }
        let failure = Failure::system(Deed::Write, self.sink_name.clone(), error, Exit::Local);
        let lost = self.unwritten();
        self.fail(cx, failure.losing(lost))
    }

    /// Tells a failure, and how far it came.
    pub(super) fn fail(&mut self, cx: &mut Cx<'_>, failure: Failure) -> Turn {
        let exit = failure.exit;
        self.give_head_back();
        let lost = failure.lost.or_else(|| self.unsent());
        let failure = failure.after((cx.clock)() - self.phases.stood).losing(lost);
        cx.error(failure);
        self.finish(cx, false, exit)
    }

    /// Writes what came of a head that was not finished, as far as stdout takes it: it may tell what went wrong.
    fn give_head_back(&mut self) {
        let mut out = Out::default();
        if self.down.is_none() {
            self.response.end(&mut out);
        }
        self.count.shown += out.shown.len() as u64;
        self.sink.buffer().extend_from_slice(&out.shown);
        let _ = self.sink.flush();
    }

    /// The whole run ends now, whatever is under way: what stdout takes without waiting is written.
    pub(super) fn cut_short(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        if self.carry_down(cx).is_err() {
            return; // which was told
        }
        self.give_head_back();
        let ((.., reason), exit) = (stop.told(), stop.exit());
        let unsent = self.unsent();
        if let Some(lost) = self.unwritten() {
            let failure = Failure::new(Deed::Write, self.sink_name.clone(), reason, exit);
            cx.error(failure.losing(Some(lost)));
        } else if stop == Stop::Deadline || unsent.is_some() {
            let deed = if unsent.is_some() { Deed::Send } else { Deed::Connection };
            let failure = Failure::new(deed, self.object(), reason, exit);
            let failure = failure.after(cx.now.saturating_duration_since(self.phases.stood)).losing(unsent);
            cx.error(failure);
        }
        self.finish(cx, false, exit);
    }

    /// Bytes that came.
    pub(super) fn received(&self) -> u64 {
        self.count.received + self.down.as_ref().map_or(0, Flow::taken)
    }

    /// What came and was not written.
    fn unwritten(&self) -> Option<Lost> {
        let bytes = self.held();
        (bytes > 0).then_some(Lost { bytes, at_least: false, way: Way::Down })
    }

    /// What of the request was not sent, when there was no answer that could make up for it.
    fn unsent(&self) -> Option<Lost> {
        if self.phases.sent.is_some() {
            return None;
        }
        let (left, at_least) = self.body.source.as_ref().map_or((0, false), Endpoint::left);
        let bytes = self.up.held() + left;
        (bytes > 0).then_some(Lost { bytes, at_least, way: Way::Up })
    }

    /// Closes everything and tells how it went.
    fn finish(&mut self, cx: &mut Cx<'_>, complete: bool, exit: Exit) -> Turn {
        self.end_pass();
        self.close_source(cx);
        self.sink.close(cx.watch);
        let phases = &self.phases;
        // What the kernel holds of it was not read: the answer ended before.
        let after = if complete { self.count.after + self.stream.io.left().0 } else { 0 };
        let total = (cx.clock)() - phases.began;
        cx.tell(&Event::Answered(Box::new(Answered {
            conn: self.conn,
            peer: self.stream.peer.clone(),
            head: self.head.as_ref().filter(|head| head.status >= 200 || head.status == 101).map(Rc::clone),
            trailers: std::mem::take(&mut self.trailers),
            complete,
            lookup: phases.lookup,
            connect: phases.connect,
            request: phases.sent.map(|sent| sent.saturating_duration_since(phases.stood)),
            first_byte: phases.first_byte.map(|first| first - phases.began),
            total,
            sent: self.up.given(),
            received: self.count.received,
            written: self.count.shown.saturating_sub(self.sink.held()),
            after,
        })));
        Turn::End(exit)
    }
}
