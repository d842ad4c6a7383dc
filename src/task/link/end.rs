//! How a link ends: what is told of it, what was lost by it, and the exit status that follows.

use std::io;
use std::time::{Duration, Instant};

use super::{Link, Stage};
use crate::error::{Deed, Exit, Failure, Lost, Object, Way};
use crate::event::{By, Close, Event, How, Remark};
use crate::io::endpoint::{Endpoint, Io, Kind};
use crate::logic::ends::{Role, Why};
use crate::task::{Cx, Stop, Turn};

/// How long our own close reads and drops what still comes, once the peer takes no more of what was sent: unread input
/// would make it a reset, which can take our last bytes with it.
const LINGER: Duration = Duration::from_secs(1);

/// How often a close asks whether the peer has acknowledged everything.
const LINGER_STEP: Duration = Duration::from_millis(20);

/// How many reads a close makes before others get their turn.
const LINGER_READS: usize = 64;

/// Our own close, which drops what still comes.
#[derive(Clone, Copy)]
pub(super) struct Linger {
    until: Instant,
    exit: Exit,
    /// Whether it is enough that the peer has acknowledged everything, read or not.
    hurried: bool,
    /// What the peer had not acknowledged when last asked.
    outstanding: Option<u64>,
}

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
        let lost = self.unsent();
        // The peer has ended in order, and nothing of ours was under way to it: the reset only says that it is gone.
        let nothing_under_way = self.ends.stdin_done() || !self.ends.given_since_peer_end();
        if self.ends.peer_done() && lost.is_none() && nothing_under_way {
            return self.finish(cx, &End(By::Peer, how, self.worst));
        }
        let failure = Failure::system(deed, self.object(), error, Exit::Network);
        self.tell(cx, failure.after(cx.now - self.began).losing(lost));
        self.finish(cx, &End(By::Peer, how, Exit::Network))
    }

    /// The connection cannot be carried at all.
    pub(super) fn unwatchable(&mut self, cx: &mut Cx<'_>, error: &io::Error) -> Turn {
        let failure = Failure::system(Deed::Connection, self.object(), error, Exit::Local);
        self.tell(cx, failure);
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
        let failure = Failure::system(Deed::Write, Object::Named("stdout".into()), error, Exit::Local);
        self.tell(cx, failure.losing(self.unwritten()));
        self.tell_unsent(cx, "stdout failed", Exit::Local);
        self.finish(cx, &End(By::Local, How::Error, Exit::Local))
    }

    /// The rules say that it is over.
    pub(super) fn leave(&mut self, cx: &mut Cx<'_>, why: Why) -> Turn {
        let (by, reason) = match why {
            Why::BothEnded if self.ends.ended_first() => (By::Local, ""),
            Why::BothEnded => (By::Peer, ""),
            Why::PeerEnded | Why::StdinSilent => (By::Peer, "left at the peer's end"),
            Why::AllSent => (By::Local, "left when all was sent"),
            Why::Enough => (By::Local, "enough was received"),
            Why::QuitAfter => (By::Local, "the time to wait (-q) has passed"),
            Why::Idle { .. } => (By::Idle, "silent for too long"),
        };
        let exit = match why {
            Why::Idle { answered: false } => Exit::Timeout,
            _ if self.worst == Exit::Done && self.unsent().is_some() => Exit::Network,
            _ => self.worst,
        };
        if !self.tell_unsent(cx, reason, exit) && exit == Exit::Timeout {
            let failure = Failure::new(Deed::Connection, self.object(), reason, exit);
            self.tell(cx, failure.after(cx.now - self.began));
        }
        match why {
            Why::AllSent | Why::QuitAfter | Why::Enough => self.linger(cx, exit, why == Why::QuitAfter),
            Why::Idle { .. } => self.finish(cx, &End(by, How::Timeout, exit)),
            _ => self.finish(cx, &End(by, How::Fin, exit)),
        }
    }

    /// Our own close, in an order that does not reset away what the peer has not read yet.
    fn linger(&mut self, cx: &mut Cx<'_>, exit: Exit, hurried: bool) -> Turn {
        if !self.ends.ended_first() && !self.ends.peer_done() {
            self.half_close(cx);
        }
        let linger = Linger { until: cx.now + LINGER, exit, hurried, outstanding: None };
        self.drop_input(cx, linger)
    }

    pub(super) fn drop_input(&mut self, cx: &mut Cx<'_>, mut linger: Linger) -> Turn {
        let end = End(By::Local, How::Fin, linger.exit);
        let outstanding = self.stream.outstanding();
        if outstanding.is_some() && outstanding != linger.outstanding && outstanding != Some(0) {
            linger.until = cx.now + LINGER; // it still takes what we sent
        }
        linger.outstanding = outstanding;
        self.stage = Stage::Linger(Box::new(linger));
        if cx.now >= linger.until {
            return self.finish(cx, &end); // what it has not acknowledged the kernel goes on sending
        }
        for _ in 0..LINGER_READS {
            match self.stream.io.read(cx.scratch) {
                Ok(Io::Moved(_)) => {}
                Ok(Io::Blocked) if linger.hurried && outstanding == Some(0) => return self.finish(cx, &end),
                Ok(Io::Blocked) => return Turn::Wait(Some(linger.until.min(cx.now + LINGER_STEP))),
                Ok(Io::End) | Err(_) => return self.finish(cx, &end),
            }
        }
        Turn::Again
    }

    /// The whole run ends now, whatever is under way.
    pub(super) fn cut_short(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        let (by, how, reason) = stop.told();
        let exit = stop.exit();
        let unwritten = self.unwritten_anywhere();
        if !self.tell_unsent(cx, reason, exit) && how == How::Timeout {
            let failure = Failure::new(Deed::Connection, self.object(), reason, exit);
            self.tell(cx, failure.after(cx.now - self.began));
        }
        if unwritten.is_some() {
            let failure = Failure::new(Deed::Write, Object::Named("stdout".into()), reason, exit);
            self.tell(cx, failure.losing(unwritten));
        }
        self.finish(cx, &End(by, how, exit));
    }

    /// Closes everything and tells how it went.
    fn finish(&mut self, cx: &mut Cx<'_>, &End(by, how, exit): &End) -> Turn {
        self.close_stdin(cx);
        self.close_stdout(cx);
        if self.up.unmappable() > 0 {
            let reason = format!("{} characters are not in its encoding, and went as ?", self.up.unmappable());
            let failure = Failure::new(Deed::Send, self.object(), reason, Exit::Done);
            cx.tell(&Event::Trouble(Box::new(failure)));
        }
        let unanswered = self.ends.ended_first() && self.ends.peer_done() && self.down.taken() == 0;
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

    /// Tells what of stdin did not go out, if anything did not.
    fn tell_unsent(&self, cx: &mut Cx<'_>, reason: &str, exit: Exit) -> bool {
        let lost = self.unsent();
        if lost.is_some() {
            let failure = Failure::new(Deed::Send, self.object(), reason, exit);
            self.tell(cx, failure.after(cx.now - self.began).losing(lost));
        }
        lost.is_some()
    }

    fn tell(&self, cx: &mut Cx<'_>, failure: Failure) {
        cx.tell(&Event::Error(Box::new(failure)));
    }

    fn object(&self) -> Object {
        Object::Peer(self.stream.peer.clone())
    }

    /// What stdin gave, or as a file still has, and the peer's socket did not accept.
    fn unsent(&self) -> Option<Lost> {
        let (left, at_least) = self.local.stdin.as_ref().map_or((0, false), Endpoint::left);
        let bytes = self.up.held() + left;
        (bytes > 0).then_some(Lost { bytes, at_least, way: Way::Up })
    }

    /// What came and was not written.
    fn unwritten(&self) -> Option<Lost> {
        let bytes = self.down.held();
        (bytes > 0).then_some(Lost { bytes, at_least: false, way: Way::Down })
    }

    /// The same, with what the kernel has of it behind that.
    fn unwritten_anywhere(&self) -> Option<Lost> {
        let held = self.unwritten()?;
        Some(Lost { bytes: held.bytes + self.stream.io.left().0, at_least: true, ..held })
    }
}
