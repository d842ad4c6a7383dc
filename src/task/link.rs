//! A peer and this process's stdin and stdout, joined by two flows, until the rules of [`ends`](crate::logic::ends)
//! say that it is over.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::{Cx, Stop, Task, Turn};
use crate::cli::plan::Relay;
use crate::error::{Deed, Exit, Failure, Lost, Object, Way};
use crate::event::{By, Close, Conn, Event, How};
use crate::io::endpoint::{Endpoint, Io, Kind, Ready};
use crate::io::flow::{Broken, Flow, Flowed, Side};
use crate::io::stdio;
use crate::logic::Unseen;
use crate::logic::ends::{Ends, Role, Stdin, Step, Why};
use crate::net::stream::Stream;

/// How long our own close reads and drops what still comes: unread input would make it a reset, which can take our
/// last bytes with it.
const LINGER: Duration = Duration::from_secs(1);

/// How often a close asks whether the peer has acknowledged everything.
const LINGER_STEP: Duration = Duration::from_millis(20);

const PEER: usize = 0;
const STDIN: usize = 1;
const STDOUT: usize = 2;

/// A connection and the two ends of this process.
pub struct Link {
    conn: Conn,
    stream: Stream,
    role: Role,
    relay: Rc<Relay>,
    began: Instant,
    stage: Stage,
    stdin: Option<Endpoint>,
    stdout: Option<Endpoint>,
    up: Flow,
    down: Flow,
    ends: Ends,
    /// The connection broke: at what, and what the system said.
    wreck: Option<(Deed, io::Error)>,
    /// What has gone wrong already, and was told.
    worst: Exit,
    awaited: Option<&'static str>,
}

enum Stage {
    Begin,
    Carry,
    Linger { until: Instant, exit: Exit },
}

/// The end of a connection, as it is told.
struct End {
    by: By,
    how: How,
    exit: Exit,
}

impl Link {
    /// A link over a connection that stands.
    pub fn new(conn: Conn, stream: Stream, relay: Rc<Relay>, role: Role, now: Instant) -> Self {
        let stdin = relay.stdin.then(stdio::stdin);
        let kind = match stdin.as_ref().map(Endpoint::kind) {
            None => Stdin::Unread,
            Some(Kind::Terminal) => Stdin::Terminal,
            Some(Kind::File | Kind::Device) => Stdin::File,
            Some(Kind::Pipe | Kind::Socket) => Stdin::Pipe,
        };
        Self {
            conn,
            stream,
            role,
            ends: Ends::new(Rc::clone(&relay), role, kind, now),
            relay,
            began: now,
            stage: Stage::Begin,
            stdin,
            stdout: None,
            up: Flow::default(),
            down: Flow::default(),
            wreck: None,
            worst: Exit::Done,
            awaited: None,
        }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        self.stream.io.watch(cx.watch, PEER)?;
        if let Some(stdin) = &mut self.stdin {
            stdin.watch(cx.watch, STDIN)?;
        }
        let mut stdout = match self.relay.stdout {
            true => stdio::stdout(),
            false => Endpoint::null()?,
        };
        stdout.watch(cx.watch, STDOUT)?;
        self.stdout = Some(stdout);
        self.stage = Stage::Carry;
        Ok(())
    }

    /// Carries what can be carried, then asks the rules what follows.
    fn carry(&mut self, cx: &mut Cx<'_>) -> Turn {
        if self.stdout.as_ref().is_some_and(Endpoint::broken) {
            return self.reader_left(cx);
        }
        let before = self.up.given() + self.down.given() + self.down.taken();
        let busy = match (self.carry_up(cx), self.carry_down(cx)) {
            (_, Err(turn)) => return turn,
            (up, Ok(down)) => up | down,
        };
        if let Some((deed, error)) = self.wrecked() {
            return self.broken(cx, deed, &error);
        }
        if before != self.up.given() + self.down.given() + self.down.taken() {
            self.ends.moved(cx.now);
        }
        loop {
            match self.ends.step(cx.now, self.down.held() > 0) {
                Step::HalfClose => self.half_close(cx),
                Step::Leave(why) => return self.leave(cx, why),
                Step::Wait(_) if busy => return Turn::Again,
                Step::Wait(until) => {
                    self.tell_awaited(cx, until);
                    return Turn::Wait(until);
                }
            }
        }
    }

    /// From stdin to the peer. True while there is more to carry at once.
    fn carry_up(&mut self, cx: &mut Cx<'_>) -> bool {
        let (Some(stdin), None) = (&mut self.stdin, &self.wreck) else {
            return false;
        };
        let flowed = self.up.pump(stdin, &mut self.stream.io, &mut self.ends, cx.scratch);
        self.ends.given(self.up.taken(), cx.now);
        match flowed {
            Ok(Flowed::Waiting) => false,
            Ok(Flowed::Busy) => true,
            Ok(Flowed::Ended) => {
                self.ends.stdin_ended(cx.now);
                self.close_stdin(cx);
                false
            }
            Err(Broken {
                side: Side::Source,
                error,
            }) => {
                let stdin = Object::Named("stdin".into());
                let failure = Failure::system(Deed::Read, stdin, &error, Exit::Local);
                self.worst = failure.exit;
                cx.tell(&Event::Error(Box::new(failure)));
                self.up.cut(); // what was read before still goes out
                true
            }
            Err(Broken {
                side: Side::Sink,
                error,
            }) => {
                self.wreck = Some((Deed::Send, error));
                false
            }
        }
    }

    /// From the peer to stdout. True while there is more to carry at once; a turn when that was the end.
    fn carry_down(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        let Some(stdout) = &mut self.stdout else {
            return Ok(false);
        };
        let flowed = self.down.pump(&mut self.stream.io, stdout, &mut Unseen, cx.scratch);
        if self.ends.received(self.down.taken(), cx.now) {
            cx.tell(&Event::FirstByte {
                conn: self.conn,
                after: cx.now - self.began,
            });
        }
        match flowed {
            Ok(Flowed::Waiting) => Ok(false),
            Ok(Flowed::Busy) => Ok(true),
            Ok(Flowed::Ended) => {
                self.peer_ended(cx);
                Ok(false)
            }
            Err(Broken {
                side: Side::Source,
                error,
            }) => {
                self.wreck.get_or_insert((Deed::Receive, error));
                self.down.cut(); // what came before still goes out
                Ok(true)
            }
            Err(Broken {
                side: Side::Sink,
                error,
            }) => Err(self.stdout_failed(cx, &error)),
        }
    }

    fn peer_ended(&mut self, cx: &mut Cx<'_>) {
        if let Some(stdout) = self.stdout.take() {
            stdout.close(cx.watch); // the next program in the pipe sees the end
        }
        if self.wreck.is_some() {
            return; // no end of the peer's: its connection broke
        }
        self.ends.peer_ended(cx.now);
        if !self.ends.stdin_done() {
            self.stream.probe_peer();
        }
        cx.tell(&Event::HalfClose {
            conn: self.conn,
            by: By::Peer,
        });
    }

    fn half_close(&mut self, cx: &mut Cx<'_>) {
        self.stream.half_close();
        self.ends.half_closed();
        cx.tell(&Event::HalfClose {
            conn: self.conn,
            by: By::Local,
        });
    }

    /// The error of a connection that is gone, once all that came over it was written out.
    fn wrecked(&mut self) -> Option<(Deed, io::Error)> {
        if self.stdout.is_some() {
            return None;
        }
        // After the peer's end nobody reads from it: an event told of the error, the kernel keeps it.
        self.wreck.take().or_else(|| {
            let error = self.stream.io.broken().then(|| self.stream.take_error()).flatten()?;
            Some((Deed::Send, error))
        })
    }

    fn broken(&mut self, cx: &mut Cx<'_>, deed: Deed, error: &io::Error) -> Turn {
        let how = match error.raw_os_error() {
            Some(libc::ECONNRESET | libc::EPIPE) => How::Rst,
            Some(libc::ETIMEDOUT) => How::Timeout,
            _ => How::Error,
        };
        let lost = self.unsent();
        // The peer has ended in order, and nothing of ours was under way to it: the reset only says that it is gone.
        let harmless =
            self.ends.peer_done() && lost.is_none() && (self.ends.stdin_done() || !self.ends.given_since_peer_end());
        let exit = match harmless {
            true => self.worst,
            false => {
                let object = Object::Peer(self.stream.peer.clone());
                let failure = Failure::system(deed, object, error, Exit::Network).after(cx.now - self.began);
                cx.tell(&Event::Error(Box::new(failure.losing(lost))));
                Exit::Network
            }
        };
        self.finish(
            cx,
            &End {
                by: By::Peer,
                how,
                exit,
            },
        )
    }

    fn reader_left(&mut self, cx: &mut Cx<'_>) -> Turn {
        let exit = self.worst;
        self.finish(
            cx,
            &End {
                by: By::Local,
                how: How::Fin,
                exit,
            },
        )
    }

    fn stdout_failed(&mut self, cx: &mut Cx<'_>, error: &io::Error) -> Turn {
        let gone = match error.raw_os_error() {
            Some(libc::EPIPE | libc::ECONNRESET) => true,
            Some(libc::EIO) => self
                .stdout
                .as_ref()
                .is_some_and(|stdout| stdout.kind() == Kind::Terminal),
            _ => false,
        };
        if gone {
            return self.reader_left(cx);
        }
        let stdout = Object::Named("stdout".into());
        let failure = Failure::system(Deed::Write, stdout, error, Exit::Local);
        let lost = self.unwritten();
        cx.tell(&Event::Error(Box::new(failure.losing(lost))));
        self.finish(
            cx,
            &End {
                by: By::Local,
                how: How::Error,
                exit: Exit::Local,
            },
        )
    }

    /// The rules say that it is over.
    fn leave(&mut self, cx: &mut Cx<'_>, why: Why) -> Turn {
        let mut end = End {
            by: By::Local,
            how: How::Fin,
            exit: self.worst,
        };
        let mut reason = "left before its end";
        match why {
            Why::BothEnded if self.ends.ended_first() => {}
            Why::BothEnded | Why::PeerEnded | Why::StdinSilent => end.by = By::Peer,
            Why::AllSent | Why::QuitAfter => reason = "the time to wait (-q) has passed",
            Why::Idle { answered } => {
                end = End {
                    by: By::Idle,
                    how: How::Timeout,
                    exit: if answered { self.worst } else { Exit::Timeout },
                };
                reason = "silent for too long";
            }
        }
        let lost = self.unsent();
        if lost.is_some() && end.exit == Exit::Done {
            end.exit = Exit::Network;
        }
        if lost.is_some() || end.exit == Exit::Timeout {
            self.tell_failure(cx, Deed::Connection, reason, end.exit, lost);
        }
        match why {
            Why::AllSent | Why::QuitAfter => self.linger(cx, end.exit),
            _ => self.finish(cx, &end),
        }
    }

    /// Our own close, in an order that does not reset away what the peer has not read yet.
    fn linger(&mut self, cx: &mut Cx<'_>, exit: Exit) -> Turn {
        if !self.ends.ended_first() && !self.ends.peer_done() {
            self.half_close(cx);
        }
        self.stage = Stage::Linger {
            until: cx.now + LINGER,
            exit,
        };
        self.drop_input(cx)
    }

    fn drop_input(&mut self, cx: &mut Cx<'_>) -> Turn {
        let Stage::Linger { until, exit } = self.stage else {
            return Turn::Again;
        };
        let over = loop {
            match self.stream.io.read(cx.scratch) {
                Ok(Io::Moved(_)) if cx.now < until => {}
                Ok(Io::Blocked) => break false,
                _ => break true,
            }
        };
        if over || cx.now >= until || self.stream.acknowledged() {
            return self.finish(
                cx,
                &End {
                    by: By::Local,
                    how: How::Fin,
                    exit,
                },
            );
        }
        Turn::Wait(Some(until.min(cx.now + LINGER_STEP)))
    }

    fn tell_failure(&self, cx: &mut Cx<'_>, deed: Deed, reason: &str, exit: Exit, lost: Option<Lost>) {
        let object = Object::Peer(self.stream.peer.clone());
        let failure = Failure::new(deed, object, reason, exit).after(cx.now - self.began);
        cx.tell(&Event::Error(Box::new(failure.losing(lost))));
    }

    fn tell_awaited(&mut self, cx: &mut Cx<'_>, until: Option<Instant>) {
        let what = self.ends.awaited();
        if let Some(what) = what
            && self.awaited != Some(what)
        {
            let limit = until.map(|until| until - cx.now);
            cx.tell(&Event::Wait {
                conn: self.conn,
                what,
                limit,
            });
        }
        self.awaited = what;
    }

    /// Closes everything and tells how it went.
    fn finish(&mut self, cx: &mut Cx<'_>, end: &End) -> Turn {
        self.close_stdin(cx);
        if let Some(stdout) = self.stdout.take() {
            stdout.close(cx.watch);
        }
        let unanswered =
            self.ends.ended_first() && self.down.taken() == 0 && end.how == How::Fin && self.ends.peer_done();
        cx.tell(&Event::Close(Box::new(Close {
            conn: self.conn,
            peer: self.stream.peer.clone(),
            accepted: self.role == Role::Listening,
            by: end.by,
            how: end.how,
            sent: self.up.given(),
            received: self.down.taken(),
            duration: cx.now - self.began,
            path: self.stream.path(),
            remark: unanswered.then_some("no answer came after our half-close: try --no-shutdown"),
        })));
        Turn::End(end.exit)
    }

    fn close_stdin(&mut self, cx: &mut Cx<'_>) {
        if let Some(stdin) = self.stdin.take() {
            stdin.close(cx.watch);
        }
    }

    /// What stdin gave, or as a file still has, and the peer's socket did not accept.
    fn unsent(&self) -> Option<Lost> {
        let (left, more) = self.stdin.as_ref().map_or((0, false), stdio::left);
        let bytes = self.up.held() + left;
        (bytes > 0).then_some(Lost {
            bytes,
            at_least: more,
            way: Way::Up,
        })
    }

    /// What came and was not written.
    fn unwritten(&self) -> Option<Lost> {
        let bytes = self.down.held();
        (bytes > 0).then_some(Lost {
            bytes,
            at_least: false,
            way: Way::Down,
        })
    }
}

impl Task for Link {
    fn mark(&mut self, source: usize, ready: Ready) {
        let endpoint = match source {
            PEER => Some(&mut self.stream.io),
            STDIN => self.stdin.as_mut(),
            _ => self.stdout.as_mut(),
        };
        if let Some(endpoint) = endpoint {
            endpoint.mark(ready);
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        match self.stage {
            Stage::Begin => match self.begin(cx) {
                Ok(()) => self.carry(cx),
                Err(error) => {
                    let object = Object::Peer(self.stream.peer.clone());
                    let failure = Failure::system(Deed::Connection, object, &error, Exit::Local);
                    cx.tell(&Event::Error(Box::new(failure)));
                    self.finish(
                        cx,
                        &End {
                            by: By::Local,
                            how: How::Error,
                            exit: Exit::Local,
                        },
                    )
                }
            },
            Stage::Carry => self.carry(cx),
            Stage::Linger { .. } => self.drop_input(cx),
        }
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        let mut end = End {
            by: By::Signal,
            how: How::Error,
            exit: stop.exit(),
        };
        let mut reason = "ended by a signal";
        if let Stop::Deadline(_) = stop {
            end = End {
                by: By::Local,
                how: How::Timeout,
                ..end
            };
            reason = "the deadline has passed";
        }
        if let (Stage::Carry, Some(stdout)) = (&self.stage, &mut self.stdout) {
            let _ = self.down.pump(&mut self.stream.io, stdout, &mut Unseen, cx.scratch);
        }
        let (unsent, unwritten) = (self.unsent(), self.unwritten());
        if unsent.is_some() || end.how == How::Timeout {
            self.tell_failure(cx, Deed::Connection, reason, end.exit, unsent);
        }
        if unwritten.is_some() {
            let stdout = Object::Named("stdout".into());
            let failure = Failure::new(Deed::Write, stdout, reason, end.exit).losing(unwritten);
            cx.tell(&Event::Error(Box::new(failure)));
        }
        self.finish(cx, &end);
    }
}
