//! One peer of a hub: what came from it, what waits for it, and when it is over.

mod carry;
mod end;
mod mind;

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

pub(super) use self::mind::Mind;
use super::Shared;
use super::queue::Queue;
use crate::error::Deed;
use crate::event::{By, Conn, Event, How, Traffic};
use crate::filter::Chain;
use crate::logic::ends::{Ends, Step, Stuck, Why};
use crate::logic::halt::Halt;
use crate::logic::pace::Pace;
use crate::logic::side::{Role, Stdin};
use crate::net::stream::Stream;
use crate::plan::Relay;
use crate::task::Cx;
use crate::task::linger::{Linger, Then};

/// A peer whose queue is full for so long is closed: it must not hold up the others.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many reads a peer gets before the next one has its turn.
const READS: usize = 4;

/// A peer.
pub(super) struct Member {
    conn: Conn,
    stream: Stream,
    ends: Ends,
    began: Instant,
    queue: Queue,
    sent: u64,
    /// Since when the queue is full.
    full: Option<Instant>,
    /// It takes no more: what the system said to sending.
    wreck: Option<Box<io::Error>>,
    /// Our own close, under way.
    linger: Option<Box<Linger>>,
    /// The peer has sent its last byte.
    ended: bool,
    extras: Option<Box<Extras>>,
    /// What answers it; stdin, with all others, where there is none.
    mind: Option<Mind>,
    /// Where to read on in a file that is given whole to each peer; none once it was.
    pub(super) file: Option<u64>,
    /// It is going to run in this turn.
    pub(super) due: bool,
}

/// What most peers do without.
struct Extras {
    receiving: Chain,
    /// For a file of its own; what all hear goes through one chain, at one pace, for all.
    sending: Chain,
    pace: Option<Pace>,
    halt: Option<Box<Halt>>,
}

/// Why a peer is over.
pub(super) enum Over {
    /// As the rules have it.
    Left(By, How),
    /// Its connection broke, at what.
    Broke(Deed, io::Error),
    /// It did not take what was for it.
    Slow,
    /// Nobody reads any more what it says.
    Unheard,
    /// Writing to the reader of all peers failed: it is over for all.
    ReaderFailed(io::Error),
}

impl Member {
    pub(super) fn new(conn: Conn, stream: Stream, relay: &Rc<Relay>, stdin: Stdin, now: Instant) -> Self {
        let (receiving, halt) = (relay.bytes.filters.receiving(), Halt::new(relay));
        let sending = relay.bytes.filters.sending();
        let pace = relay.bytes.interval.map(Pace::new);
        let plain = receiving.is_empty() && sending.is_empty() && pace.is_none() && halt.is_none();
        Self {
            conn,
            stream,
            ends: Ends::new(Rc::clone(relay), Role::Listening, stdin, now),
            began: now,
            queue: Queue::default(),
            sent: 0,
            full: None,
            wreck: None,
            linger: None,
            ended: false,
            extras: (!plain).then(|| Box::new(Extras { receiving, sending, pace, halt })),
            mind: None,
            file: None,
            due: false,
        }
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Whether it takes more of what stdin gives, once there is room.
    pub(super) fn listens(&self) -> bool {
        !self.ends.half_closed() && self.linger.is_none() && self.wreck.is_none()
    }

    /// Whether all is done for it, and our close is under way.
    pub(super) fn is_settled(&self) -> bool {
        self.linger.is_some() && self.queue.is_empty() && self.file.is_none()
    }

    /// Whether there is something to do for it at once, in the next turn.
    pub(super) fn is_busy(&self) -> bool {
        let relayed = self.mind.is_none() || self.wreck.is_some();
        let reads = relayed && self.stream.io.readable() && !self.ended && self.linger.is_none();
        reads || self.is_talking()
    }

    /// Does what can be done without waiting: when to do it again at the latest, or why it is over. `spoken`: stdin has
    /// ended.
    pub(super) fn run(&mut self, cx: &mut Cx<'_>, shared: &mut Shared, spoken: bool) -> Result<Option<Instant>, Over> {
        if self.linger.is_some() {
            return self.drop_input(cx);
        }
        match self.mind {
            Some(_) if self.wreck.is_none() => self.converse(cx, shared)?,
            _ => {
                if !self.had_enough() {
                    self.receive(cx, shared)?;
                }
                self.send(cx, shared.company)?;
                if spoken && self.queue.is_empty() && self.file.is_none() {
                    self.ends.note_stdin_end(cx.now);
                }
            }
        }
        let stuck = shared.outlet.spout.stuck();
        let enough = match self.mind {
            Some(_) => self.has_said_all(),
            None => !stuck && self.has_enough(cx.now),
        };
        match enough && !stuck {
            true if self.mind.is_some() && self.ended => Err(Over::Left(By::Peer, How::Fin)),
            true => self.close_gently(cx),
            false => self.follow_rules(cx, stuck, shared.pauses),
        }
    }

    /// Whether what it sent is all that was wanted of it.
    fn has_enough(&mut self, now: Instant) -> bool {
        let halt = self.extras.as_mut().and_then(|extras| extras.halt.as_mut());
        halt.is_some_and(|halt| halt.met(now, self.ended))
    }

    /// Whether it was when last looked at. Silence is looked at only after what has come was read.
    fn had_enough(&self) -> bool {
        self.extras.as_ref().and_then(|extras| extras.halt.as_ref()).is_some_and(|halt| halt.is_met())
    }

    /// Asks the rules what follows: when to look again, or that it is over. `pauses`: more is said to it in a while.
    fn follow_rules(&mut self, cx: &mut Cx<'_>, stuck: bool, pauses: bool) -> Result<Option<Instant>, Over> {
        if self.ended
            && self.stream.io.broken()
            && let Some(error) = self.stream.take_error()
        {
            return Err(Over::Broke(Deed::Receive, error));
        }
        let thinks = self.mind_deadline().filter(|_| !stuck);
        let halt = self.extras.as_ref().and_then(|extras| extras.halt.as_ref()?.deadline()).filter(|_| !stuck);
        if pauses || self.pause(cx.now).is_some() || thinks.is_some() {
            self.ends.note_moved(cx.now); // the silence is ours
        }
        if self.ends.wants_outstanding(cx.now) {
            self.still_takes(cx.now);
        }
        loop {
            let stuck = Stuck { up: !self.queue.is_empty() || self.file.is_some(), down: stuck && !self.ended };
            match self.ends.step(cx.now, stuck) {
                Step::HalfClose => self.half_close(cx),
                Step::Leave(Why::AllSent | Why::QuitAfter) => return self.close_gently(cx),
                Step::Leave(Why::Idle { .. }) if self.still_takes(cx.now) => {}
                Step::Leave(Why::Idle { .. }) => return Err(Over::Left(By::Idle, How::Timeout)),
                Step::Leave(Why::BothEnded) if self.ends.half_closed() => return Err(Over::Left(By::Local, How::Fin)),
                Step::Leave(_) => return Err(Over::Left(By::Peer, How::Fin)),
                Step::Wait(until) => {
                    let pause = self.pause(cx.now);
                    let full = self.full.map(|since| since + PATIENCE);
                    return Ok([until, full, halt, pause, thinks].into_iter().flatten().min());
                }
            }
        }
    }

    /// Whether the peer takes what the system holds for it, though nothing moves between us and the system.
    fn still_takes(&mut self, now: Instant) -> bool {
        self.ends.note_outstanding(self.stream.outstanding(), now)
    }

    fn half_close(&mut self, cx: &mut Cx<'_>) {
        self.stream.half_close();
        self.ends.note_half_close();
        cx.tell(&Event::HalfClose { conn: self.conn, by: By::Local });
    }

    /// Our own close, in an order that does not reset away what the peer has not read yet.
    fn close_gently(&mut self, cx: &mut Cx<'_>) -> Result<Option<Instant>, Over> {
        if !self.ends.half_closed() {
            self.half_close(cx);
        }
        self.linger = Some(Box::new(Linger::new(false, cx.now)));
        self.drop_input(cx)
    }

    fn drop_input(&mut self, cx: &mut Cx<'_>) -> Result<Option<Instant>, Over> {
        let then = self.linger.as_mut().map(|linger| linger.step(&mut self.stream, cx));
        match then {
            Some(Then::Wait(until)) => Ok(Some(until)),
            Some(Then::Again) => Ok(Some(cx.now)),
            Some(Then::Close) | None => Err(Over::Left(By::Local, How::Fin)),
        }
    }

    /// What it has carried so far.
    pub(super) fn traffic(&self, now: Instant) -> Traffic {
        let (sent, received) = (self.sent, self.ends.received());
        Traffic { sent, received, elapsed: now - self.began, ..Traffic::default() }
    }

    /// Nothing more comes from it. What it broke at first counts.
    fn broke(&mut self, error: Option<io::Error>) -> Over {
        match (self.wreck.take(), error) {
            (Some(first), _) => Over::Broke(Deed::Send, *first),
            (None, error) => Over::Broke(Deed::Receive, error.unwrap_or_else(|| io::ErrorKind::BrokenPipe.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An idle connection costs this, its session, and its slots in the tables of the hub and of the timers.
    #[test]
    fn a_member_is_small() {
        assert!(size_of::<Member>() <= 312, "{}", size_of::<Member>());
    }
}
