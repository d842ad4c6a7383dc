//! When to half-close and when to leave: the rules of a connection's end, over facts and a clock that is handed in.
//!
//! Each direction ends by itself. This is the one place that knows what follows from an end: whether our own side may
//! be closed for sending without killing the answer, how long the side still open is waited for, what silence means.

mod step;

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Look;
use super::request_line::RequestLine;
use super::side::{Role, Stdin};
use crate::plan::{HalfClose, Output, Relay};
use crate::value::duration::Patience;

pub use step::{Awaited, Step, Stuck, Why};

/// A pipe on stdin that says nothing for so long after the peer's end is not waited for by who connected.
const STDIN_SILENCE: Duration = Duration::from_secs(2);

/// An answer to a hand-written HTTP request that is silent for so long may be half-closed upon: node's server and
/// nginx's proxy drop a request whose sender half-closes before that (measured: 0 bytes of answer).
const ANSWER_SILENCE: Duration = Duration::from_secs(1);

/// The facts about one connection, and the rules for them.
#[derive(Debug)]
pub struct Ends {
    rules: Rc<Relay>,
    role: Role,
    stdin: Stdin,
    half_closed: bool,
    request: RequestLine,
    given: u64,
    received: u64,
    last_received: Instant,
    last_moved: Instant,
    outstanding: u64,
    stdin_end: Option<Instant>,
    peer_end: Option<Box<PeerEnd>>,
}

/// The peer has ended: what matters from then on. In a box, as few connections of many are in this state.
#[derive(Debug)]
struct PeerEnd {
    at: Instant,
    /// What stdin had given by then.
    given: u64,
    /// When it has given more.
    last_given: Instant,
}

impl Ends {
    /// A connection that begins.
    pub fn new(rules: Rc<Relay>, role: Role, stdin: Stdin, now: Instant) -> Self {
        Self {
            rules,
            role,
            stdin,
            half_closed: false,
            request: RequestLine::default(),
            given: 0,
            received: 0,
            last_received: now,
            last_moved: now,
            outstanding: 0,
            stdin_end: None,
            peer_end: None,
        }
    }

    /// Notes how many bytes stdin has given in all.
    pub fn note_given(&mut self, total: u64, now: Instant) {
        if total > self.given {
            self.given = total;
            if let Some(end) = &mut self.peer_end {
                end.last_given = now;
            }
        }
    }

    /// How many bytes the peer has sent in all, as was noted.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many bytes stdin has given in all, as was noted.
    pub fn given(&self) -> u64 {
        self.given
    }

    /// Notes how many bytes the peer has sent in all; true for the first.
    pub fn note_received(&mut self, total: u64, now: Instant) -> bool {
        let first = self.received == 0 && total > 0;
        if total > self.received {
            self.received = total;
            self.last_received = now;
        }
        first
    }

    /// Notes that bytes were moved, in or out.
    pub fn note_moved(&mut self, now: Instant) {
        self.last_moved = now;
    }

    /// Whether bytes moved at this time, and silence after it is limited: then it matters what the peer has not
    /// acknowledged by now.
    pub fn wants_outstanding(&self, now: Instant) -> bool {
        self.rules.idle.is_some() && self.last_moved == now
    }

    /// Notes a measure of what the peer has not acknowledged, where the system has one. Returns whether it has become
    /// another: then the peer takes what the system holds for it, and is not silent.
    pub fn note_outstanding(&mut self, outstanding: Option<u64>, now: Instant) -> bool {
        let outstanding = outstanding.unwrap_or(0);
        let moves = self.outstanding != outstanding;
        if moves {
            self.outstanding = outstanding;
            self.last_moved = now;
        }
        moves
    }

    /// Notes that stdin has ended and all of it was sent.
    pub fn note_stdin_end(&mut self, now: Instant) {
        self.stdin_end = self.stdin_end.or(Some(now));
    }

    /// Notes that the peer has ended and all of what it sent was written out.
    pub fn note_peer_end(&mut self, now: Instant) {
        let given = self.given;
        self.peer_end.get_or_insert_with(|| Box::new(PeerEnd { at: now, given, last_given: now }));
    }

    /// Notes that our side was closed for sending.
    pub fn note_half_close(&mut self) {
        self.half_closed = true;
    }

    /// Whether our side was closed for sending.
    pub fn half_closed(&self) -> bool {
        self.half_closed
    }

    /// Whether stdin has ended, or is not read at all.
    pub fn stdin_done(&self) -> bool {
        self.stdin_end.is_some() || self.stdin == Stdin::Unread
    }

    /// Whether the peer has ended.
    pub fn peer_done(&self) -> bool {
        self.peer_end.is_some()
    }

    /// Whether stdin gave anything after the peer's end.
    pub fn given_since_peer_end(&self) -> bool {
        self.peer_end.as_ref().is_some_and(|end| self.given > end.given)
    }

    /// What is waited for once one side has ended, and until when at most.
    pub fn awaited(&self) -> Option<(Awaited, Option<Instant>)> {
        let puts_off = !self.half_closed && self.stdin != Stdin::Unread && self.rules.half_close != HalfClose::Never;
        let what = match (self.stdin_done(), self.peer_done()) {
            (true, false) if !puts_off => Awaited::Peer,
            (true, false) if self.request == RequestLine::Yes => Awaited::Answer,
            (true, false) => Awaited::PeerFirst,
            (false, true) => Awaited::Stdin,
            _ => return None,
        };
        Some((what, self.leave_at().map(|(at, _)| at)))
    }

    /// What to do now.
    pub fn step(&self, now: Instant, stuck: Stuck) -> Step {
        if self.peer_done() && self.stdin_done() {
            return Step::Leave(Why::BothEnded);
        }
        if self.stdin_end.is_some() && self.rules.output == Output::Nowhere {
            return Step::Leave(Why::AllSent);
        }
        let mut next = Next::at(now);
        if self.stdin_end.is_some() && !self.half_closed {
            match self.half_close_at() {
                Some(at) if next.due(at) => return Step::HalfClose,
                _ => {}
            }
        }
        if stuck.down {
            return next.wait(); // neither silence nor -q counts while stdout's reader has not taken what came
        }
        if let Some((at, why)) = self.leave_at()
            && (why != Why::StdinSilent || !stuck.up)
            && next.due(at)
        {
            return Step::Leave(why);
        }
        if let Some(idle) = self.rules.idle
            && next.due(self.last_moved + idle)
        {
            let answered = self.stdin_done() && self.received > 0;
            return Step::Leave(Why::Idle { answered });
        }
        next.wait()
    }

    /// When our side may be closed for sending, now that stdin has ended; none for not before the peer's end.
    fn half_close_at(&self) -> Option<Instant> {
        let end = self.stdin_end?;
        match self.rules.half_close {
            HalfClose::Never => None,
            HalfClose::AtOnce => Some(end),
            // Telnet's options are asked for and refused to the end.
            HalfClose::Careful if self.rules.bytes.filters.telnet && self.given == 0 => None,
            // A listener started with </dev/null is not done: its client is.
            HalfClose::Careful if self.gave_nothing() => None,
            HalfClose::Careful if self.request == RequestLine::Yes => {
                (self.received > 0).then(|| self.last_received + ANSWER_SILENCE)
            }
            HalfClose::Careful => Some(end),
        }
    }

    /// When one side has ended: until when the other is waited for, if there is a limit.
    fn leave_at(&self) -> Option<(Instant, Why)> {
        let end = match (&self.peer_end, self.stdin_end) {
            (Some(end), _) => end.at,
            (None, Some(end)) if !self.gave_nothing() => end,
            _ => return None,
        };
        match self.rules.quit_after {
            Some(Patience::For(time)) => return Some((end + time, Why::QuitAfter)),
            Some(Patience::Forever) => return None,
            None => {}
        }
        let end = self.peer_end.as_ref()?;
        match (self.stdin, self.role) {
            (Stdin::Terminal, _) => Some((end.at, Why::PeerEnded)),
            // A peer that ended without a byte is a sink that shut its side: it still takes what stdin gives.
            (Stdin::Pipe, Role::Connecting) if self.received > 0 => {
                Some((end.last_given + STDIN_SILENCE, Why::StdinSilent))
            }
            _ => None,
        }
    }

    /// Whether this is a listener whose stdin was at its end before it gave a byte.
    fn gave_nothing(&self) -> bool {
        self.role == Role::Listening && self.given == 0
    }
}

/// Looks at what stdin gives, for a request line.
impl Look for Ends {
    fn wants(&self) -> bool {
        self.request.open() && self.rules.half_close == HalfClose::Careful
    }

    fn see(&mut self, bytes: &[u8]) -> bool {
        self.request.see(bytes);
        true
    }
}

/// Collects deadlines: the earliest that has not passed.
struct Next {
    now: Instant,
    earliest: Option<Instant>,
}

impl Next {
    const fn at(now: Instant) -> Self {
        Self { now, earliest: None }
    }

    /// Whether a time has come; else it is kept.
    fn due(&mut self, at: Instant) -> bool {
        if at <= self.now {
            return true;
        }
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
        false
    }

    const fn wait(self) -> Step {
        Step::Wait(self.earliest)
    }
}

#[cfg(test)]
mod tests;
