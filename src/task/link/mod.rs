//! A peer and this process's stdin and stdout, joined by two flows, until the rules of [`ends`](crate::logic::ends)
//! say that it is over.

mod end;

use std::io;
use std::rc::Rc;
use std::time::Instant;

use self::end::Linger;
use super::{Cx, Stop, Task, Turn};
use crate::cli::plan::Relay;
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{By, Conn, Event};
use crate::io::endpoint::{Endpoint, Kind, Ready};
use crate::io::flow::{Broken, Flow, Flowed, Means, Side};
use crate::io::stdio;
use crate::logic::Unseen;
use crate::logic::ends::{Ends, Role, Stdin, Step, Stuck};
use crate::net::stream::Stream;

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
    Linger(Linger),
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
            return self.broke(cx, deed, &error);
        }
        if before != self.up.given() + self.down.given() + self.down.taken() {
            self.ends.moved(cx.now);
        }
        loop {
            match self.ends.step(cx.now, self.stuck()) {
                Step::HalfClose => self.half_close(cx),
                Step::Leave(why) => return self.leave(cx, why),
                Step::Wait(_) if busy => return Turn::Again,
                Step::Wait(until) => {
                    self.tell_awaited(cx);
                    return Turn::Wait(until.into_iter().chain(self.up.wake()).min());
                }
            }
        }
    }

    /// From stdin to the peer. True while there is more to carry at once.
    fn carry_up(&mut self, cx: &mut Cx<'_>) -> bool {
        let (Some(stdin), None) = (&mut self.stdin, &self.wreck) else {
            return false;
        };
        let flowed = self.up.pump(
            stdin,
            &mut self.stream.io,
            &mut Means { look: &mut self.ends, scratch: cx.scratch, now: cx.now },
        );
        self.ends.given(self.up.taken(), cx.now);
        match flowed {
            Ok(Flowed::Waiting) => false,
            Ok(Flowed::Busy) => true,
            Ok(Flowed::Ended) => {
                self.ends.stdin_ended(cx.now);
                self.close_stdin(cx);
                false
            }
            Err(Broken { side: Side::Source, error }) => {
                let stdin = Object::Named("stdin".into());
                let failure = Failure::system(Deed::Read, stdin, &error, Exit::Local);
                self.worst = failure.exit;
                cx.tell(&Event::Error(Box::new(failure)));
                self.up.cut(); // what was read before still goes out
                true
            }
            Err(Broken { side: Side::Sink, error }) => {
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
        let flowed = self.down.pump(
            &mut self.stream.io,
            stdout,
            &mut Means { look: &mut Unseen, scratch: cx.scratch, now: cx.now },
        );
        if self.ends.received(self.down.taken(), cx.now) {
            cx.tell(&Event::FirstByte { conn: self.conn, after: cx.now - self.began });
        }
        match flowed {
            Ok(Flowed::Waiting) => Ok(false),
            Ok(Flowed::Busy) => Ok(true),
            Ok(Flowed::Ended) => {
                self.peer_ended(cx);
                Ok(false)
            }
            Err(Broken { side: Side::Source, error }) => {
                self.wreck.get_or_insert((Deed::Receive, error));
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
        self.ends.peer_ended(cx.now);
        if !self.ends.stdin_done() {
            self.stream.probe_peer();
        }
        cx.tell(&Event::HalfClose { conn: self.conn, by: By::Peer });
    }

    fn half_close(&mut self, cx: &mut Cx<'_>) {
        self.stream.half_close();
        self.ends.half_closed();
        cx.tell(&Event::HalfClose { conn: self.conn, by: By::Local });
    }

    /// What has not gone on, after all was carried that could be.
    fn stuck(&self) -> Stuck {
        let waiting = self.stdin.as_ref().is_some_and(Endpoint::readable);
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
        if let Some(stdout) = self.stdout.take() {
            stdout.close(cx.watch);
        }
    }

    fn close_stdin(&mut self, cx: &mut Cx<'_>) {
        if let Some(stdin) = self.stdin.take() {
            stdin.close(cx.watch);
        }
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
                Err(error) => self.unwatchable(cx, &error),
            },
            Stage::Carry => self.carry(cx),
            Stage::Linger(linger) => self.drop_input(cx, linger),
        }
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        if let (Stage::Carry, Some(stdout)) = (&self.stage, &mut self.stdout) {
            let _ = self.down.pump(
                &mut self.stream.io,
                stdout,
                &mut Means { look: &mut Unseen, scratch: cx.scratch, now: cx.now },
            );
        }
        self.cut_short(cx, stop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An idle connection costs its struct and its slot in the slab: half a KiB in all.
    #[test]
    fn a_link_is_small() {
        assert!(size_of::<Link>() <= 512, "{}", size_of::<Link>());
    }
}
