//! A peer and this process's stdin and stdout, joined by two flows, until the rules of [`ends`](crate::logic::ends)
//! say that it is over.

mod carry;
mod end;

use std::io;
use std::rc::Rc;
use std::time::Instant;

use super::dial::Connected;
use super::linger::Linger;
use super::local::Local;
use super::{Cx, Stop, Task, Turn};
use crate::error::{Deed, Exit, Way};
use crate::event::{By, Chunk, Conn, Event, Traffic};
use crate::io::endpoint::{Endpoint, Ready};
use crate::io::flow::{Flow, Means, Works};
use crate::logic::Unseen;
use crate::logic::ends::{Awaited, Ends, Step, Stuck, Why};
use crate::logic::halt::Halt;
use crate::logic::pace::Pace;
use crate::logic::side::Role;
use crate::net::stream::Stream;
use crate::plan::Relay;

const PEER: usize = 0;
const STDIN: usize = 1;
const STDOUT: usize = 2;

/// A connection and the two ends of this process.
pub struct Link {
    conn: Conn,
    stream: Stream,
    role: Role,
    began: Instant,
    stage: Stage,
    local: Local,
    up: Flow,
    down: Flow,
    ends: Ends,
    /// What of the peer's bytes is enough.
    halt: Option<Box<Halt>>,
    /// The connection broke: at what, and what the system said.
    wreck: Option<Box<(Deed, io::Error)>>,
    /// What has gone wrong already, and was told.
    worst: Exit,
    awaited: Option<Awaited>,
}

enum Stage {
    Begin,
    Carry,
    Linger(Box<Linger>),
}

impl Link {
    /// A link over a connection that stands.
    pub fn new(conn: Conn, stream: Stream, relay: Rc<Relay>, local: Local, role: Role, now: Instant) -> Self {
        let kind = local.kind();
        let bytes = &relay.bytes;
        let up = Works { chain: bytes.filters.sending(), pace: bytes.interval.map(Pace::new) };
        let down = Works { chain: bytes.filters.receiving(), pace: None };
        let halt = Halt::new(&relay);
        Self {
            conn,
            stream,
            role,
            ends: Ends::new(relay, role, kind, now),
            began: now,
            stage: Stage::Begin,
            local,
            up: Flow::new(false, up),
            down: Flow::new(true, down),
            halt,
            wreck: None,
            worst: Exit::Done,
            awaited: None,
        }
    }

    /// Makes a link of a connection that was made from here.
    pub fn heir(relay: Relay, local: Local) -> impl FnOnce(Connected) -> Box<dyn Task> {
        move |it| Box::new(Self::new(it.conn, it.stream, Rc::new(relay), local, Role::Connecting, it.now))
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        self.stream.io.watch(cx.watch, PEER)?;
        if let Some(stdin) = &mut self.local.stdin {
            stdin.watch(cx.watch, STDIN)?;
        }
        if let Some(stdout) = &mut self.local.stdout {
            stdout.watch(cx.watch, STDOUT)?;
        }
        self.stage = Stage::Carry;
        Ok(())
    }

    /// Carries what can be carried, then asks the rules what follows.
    fn carry(&mut self, cx: &mut Cx<'_>) -> Turn {
        if self.local.stdout.as_ref().is_some_and(Endpoint::broken) {
            return self.reader_left(cx);
        }
        let before = self.up.given() + self.down.given() + self.down.taken();
        let down = match self.carry_down(cx) {
            Ok(busy) => busy,
            Err(turn) => return turn,
        };
        let answers = self.down.answers();
        if !answers.is_empty() && self.sends() {
            let offset = self.up.given() + self.up.held();
            let (conn, peer) = (self.conn, &self.stream.peer);
            cx.report.dump(&Chunk { conn, peer, way: Way::Up, offset, bytes: &answers });
            self.up.inject(&answers);
        }
        let busy = self.carry_up(cx) | down;
        if let Some((deed, error)) = self.wrecked().map(|wreck| *wreck) {
            return self.broke(cx, deed, &error);
        }
        if self.up.pauses() || before != self.up.given() + self.down.given() + self.down.taken() {
            self.ends.note_moved(cx.now);
        }
        if self.ends.wants_outstanding(cx.now) {
            self.still_takes(cx.now);
        }
        loop {
            match self.ends.step(cx.now, self.stuck()) {
                Step::HalfClose => self.half_close(cx),
                Step::Leave(Why::Idle { .. }) if self.still_takes(cx.now) => {}
                Step::Leave(why) => return self.leave(cx, why),
                Step::Wait(_) if busy => return Turn::Again,
                Step::Wait(_) if self.down.held() == 0 && self.enough(cx.now) => return self.leave(cx, Why::Enough),
                Step::Wait(until) => {
                    self.tell_awaited(cx);
                    // While nothing is read, no silence is the peer's.
                    let halt = self.halt.as_ref().and_then(|halt| halt.deadline()).filter(|_| self.down.held() == 0);
                    return Turn::Wait([until, self.up.wake(), halt].into_iter().flatten().min());
                }
            }
        }
    }

    fn half_close(&mut self, cx: &mut Cx<'_>) {
        self.stream.half_close();
        self.ends.note_half_close();
        cx.tell(&Event::HalfClose { conn: self.conn, by: By::Local });
    }

    /// Whether what the peer sent is all that was wanted.
    fn enough(&mut self, now: Instant) -> bool {
        self.halt.as_mut().is_some_and(|halt| halt.met(now, false))
    }

    /// Whether the peer takes what the system holds for it, though nothing moves between us and the system.
    fn still_takes(&mut self, now: Instant) -> bool {
        self.ends.note_outstanding(self.stream.outstanding(), now)
    }

    /// Whether something can still be sent to the peer.
    fn sends(&self) -> bool {
        !self.ends.half_closed() && self.wreck.is_none()
    }

    /// What has not gone on, after all was carried that could be.
    fn stuck(&self) -> Stuck {
        let waiting = self.local.stdin.as_ref().is_some_and(Endpoint::readable);
        Stuck { up: self.up.held() > 0 || waiting, down: self.down.held() > 0 }
    }

    /// Tells what is waited for, when that is something new.
    fn tell_awaited(&mut self, cx: &mut Cx<'_>) {
        let awaited = self.ends.awaited();
        let what = awaited.map(|(what, _)| what);
        if let Some((what, until)) = awaited
            && self.awaited != Some(what)
        {
            let limit = until.map(|until| until.saturating_duration_since(cx.now));
            cx.tell(&Event::Wait { conn: self.conn, what, limit });
        }
        self.awaited = what;
    }

    fn close_stdout(&mut self, cx: &mut Cx<'_>) {
        if let Some(stdout) = self.local.stdout.take() {
            stdout.close(cx.watch);
        }
    }

    fn close_stdin(&mut self, cx: &mut Cx<'_>) {
        if let Some(stdin) = self.local.stdin.take() {
            stdin.close(cx.watch);
        }
    }
}

impl Task for Link {
    fn mark(&mut self, source: usize, ready: Ready) {
        let endpoint = match source {
            PEER => Some(&mut self.stream.io),
            STDIN => self.local.stdin.as_mut(),
            _ => self.local.stdout.as_mut(),
        };
        if let Some(endpoint) = endpoint {
            endpoint.mark(ready);
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        match self.stage {
            Stage::Begin => match self.begin(cx) {
                Ok(()) => self.carry(cx),
                Err(error) => self.unwatchable(cx, &error),
            },
            Stage::Carry => self.carry(cx),
            Stage::Linger(_) => self.drop_input(cx),
        }
    }

    fn traffic(&self, now: Instant) -> Traffic {
        let stdin = self.local.stdin.as_ref();
        let rest = stdin.map(Endpoint::left).filter(|(_, more)| !more).map(|(left, _)| left);
        Traffic {
            sent: self.up.given(),
            received: self.down.taken(),
            expected: rest.map(|rest| self.up.taken() + rest),
            elapsed: now - self.began,
            ..Traffic::default()
        }
    }

    fn settled(&self) -> Option<Exit> {
        matches!(self.stage, Stage::Linger(_)).then_some(self.worst)
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        if let (Stage::Carry, Some(stdout)) = (&self.stage, &mut self.local.stdout) {
            let means = &mut Means { look: &mut Unseen, scratch: cx.scratch, now: cx.now };
            let _ = self.down.pump(&mut self.stream.io, stdout, means);
        }
        self.cut_short(cx, stop);
    }
}
