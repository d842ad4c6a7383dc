//! How a link ends: what is told of it, what was lost by it, and the exit status that follows.

use std::io;

use super::{Link, Stage};
use crate::error::{Deed, Exit, Failure, Lost, Object};
use crate::event::{By, Close, Event, How, Remark};
use crate::io::endpoint::{Endpoint, Kind};
use crate::logic::ends::Why;
use crate::logic::side::Role;
use crate::task::ending::Ending;
use crate::task::linger::{Linger, Then};
use crate::task::{Cx, Stop, Turn};

/// The end of a connection, as it is told.
struct End(By, How, Exit);

impl Link {
    /// The error of a connection that is gone, once all that came over it was written out.
    pub(super) fn wrecked(&mut self) -> Option<Box<(Deed, io::Error)>> {
        if self.local.stdout.is_some() {
            return None;
        }
        // After the peer's end nobody reads from it: an event told of the error, the kernel keeps it.
        self.wreck.take().or_else(|| {
            let error = self.stream.io.broken().then(|| self.stream.take_error()).flatten()?;
            Some(Box::new((Deed::Send, error)))
        })
    }

    /// The connection broke.
    pub(super) fn broke(&mut self, cx: &mut Cx<'_>, deed: Deed, error: &io::Error) -> Turn {
        let how = How::of(error);
        let ending = self.ending(cx);
        // The peer has ended in order, and nothing of ours was under way to it: the reset only says that it is gone.
        let nothing_under_way = self.ends.stdin_done() || !self.ends.given_since_peer_end();
        if self.ends.peer_done() && ending.unsent.is_none() && nothing_under_way {
            return self.finish(cx, &End(By::Peer, how, self.worst));
        }
        ending.broke(cx, deed, error);
        self.finish(cx, &End(By::Peer, how, Exit::Network))
    }

    /// The connection cannot be carried at all.
    pub(super) fn unwatchable(&mut self, cx: &mut Cx<'_>, error: &io::Error) -> Turn {
        cx.error(Failure::system(Deed::Connection, self.object(), error, Exit::Local));
        self.finish(cx, &End(By::Local, How::Error, Exit::Local))
    }

    /// stdout's reader has left: the run ends, and that is no failure.
    pub(super) fn reader_left(&mut self, cx: &mut Cx<'_>) -> Turn {
        self.finish(cx, &End(By::Local, How::Fin, self.worst))
    }

    /// Writing to stdout failed.
    pub(super) fn stdout_failed(&mut self, cx: &mut Cx<'_>, error: &io::Error) -> Turn {
        let terminal = self.local.stdout.as_ref().is_some_and(|stdout| stdout.kind() == Kind::Terminal);
        match error.raw_os_error() {
            Some(libc::EPIPE | libc::ECONNRESET) => return self.reader_left(cx),
            Some(libc::EIO) if terminal => return self.reader_left(cx), // it was hung up
            _ => {}
        }
        self.ending(cx).sink_failed(cx, error);
        self.finish(cx, &End(By::Local, How::Error, Exit::Local))
    }

    /// The rules say that it is over.
    pub(super) fn leave(&mut self, cx: &mut Cx<'_>, why: Why) -> Turn {
        let (by, reason) = match why {
            Why::BothEnded if self.ends.half_closed() => (By::Local, ""),
            Why::BothEnded => (By::Peer, ""),
            Why::PeerEnded | Why::StdinSilent => (By::Peer, "left at the peer's end"),
            Why::AllSent => (By::Local, "left when all was sent"),
            Why::Enough => (By::Local, "enough was received"),
            Why::QuitAfter => (By::Local, "the time to wait (-q) has passed"),
            Why::Idle { .. } => (By::Idle, "silent for too long"),
        };
        let exit = match why {
            Why::Idle { answered: false } => Exit::Timeout,
            _ => self.worst,
        };
        let exit = self.ending(cx).left(cx, reason, exit);
        match why {
            Why::AllSent | Why::QuitAfter | Why::Enough => self.linger(cx, exit, why == Why::QuitAfter),
            Why::Idle { .. } => self.finish(cx, &End(by, How::Timeout, exit)),
            _ => self.finish(cx, &End(by, How::Fin, exit)),
        }
    }

    /// Our own close, in an order that does not reset away what the peer has not read yet.
    fn linger(&mut self, cx: &mut Cx<'_>, exit: Exit, hurried: bool) -> Turn {
        self.close_stdin(cx);
        self.close_stdout(cx);
        self.worst = exit;
        if !self.ends.half_closed() && !self.ends.peer_done() {
            self.half_close(cx);
        }
        self.stage = Stage::Linger(Box::new(Linger::new(hurried, cx.now)));
        self.drop_input(cx)
    }

    pub(super) fn drop_input(&mut self, cx: &mut Cx<'_>) -> Turn {
        let Stage::Linger(linger) = &mut self.stage else {
            return Turn::Again;
        };
        match linger.step(&mut self.stream, cx) {
            Then::Wait(until) => Turn::Wait(Some(until)),
            Then::Again => Turn::Again,
            Then::Close => self.finish(cx, &End(By::Local, How::Fin, self.worst)),
        }
    }

    /// The whole run ends now, whatever is under way.
    pub(super) fn cut_short(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        let (by, how, _) = stop.told();
        if let (Stage::Linger(_), Stop::Deadline) = (&self.stage, stop) {
            self.finish(cx, &End(By::Local, How::Fin, self.worst));
            return;
        }
        if !matches!(self.stage, Stage::Linger(_)) {
            Ending { unwritten: self.unwritten_anywhere(), ..self.ending(cx) }.cut_short(cx, stop);
        }
        self.finish(cx, &End(by, how, stop.exit()));
    }

    /// Closes everything and tells how it went.
    fn finish(&mut self, cx: &mut Cx<'_>, &End(by, how, exit): &End) -> Turn {
        self.close_stdin(cx);
        self.close_stdout(cx);
        if self.up.unmappable() > 0 {
            let reason = format!("{} characters are not in its encoding, and went as ?", self.up.unmappable());
            let failure = Failure::new(Deed::Send, self.object(), reason, Exit::Done);
            cx.trouble(failure);
        }
        let unanswered = self.ends.half_closed() && self.ends.peer_done() && self.down.taken() == 0;
        cx.tell(&Event::Close(Box::new(Close {
            conn: self.conn,
            peer: self.stream.peer.clone(),
            accepted: self.role == Role::Listening,
            by,
            how,
            sent: self.up.given(),
            received: self.down.taken(),
            duration: cx.now - self.began,
            path: self.stream.path(),
            remark: unanswered.then_some(Remark::Unanswered),
        })));
        Turn::End(exit)
    }

    fn object(&self) -> Object {
        Object::Peer(self.stream.peer.clone())
    }

    fn ending(&self, cx: &Cx<'_>) -> Ending {
        Ending {
            object: self.object(),
            sink: self.local.sink.clone(),
            took: cx.now - self.began,
            unsent: self.unsent(),
            unwritten: Lost::down(self.down.held(), false),
        }
    }

    /// What stdin gave, or as a file still has, and the peer's socket did not accept.
    fn unsent(&self) -> Option<Lost> {
        let (left, at_least) = self.local.stdin.as_ref().map_or((0, false), Endpoint::left);
        Lost::up(self.up.held() + left, at_least)
    }

    /// What came and was not written, with what the kernel has of it behind that.
    fn unwritten_anywhere(&self) -> Option<Lost> {
        match self.down.held() {
            0 => None,
            held => Lost::down(held + self.stream.io.left().0, true),
        }
    }
}
