//! One peer of a hub: what came from it, what waits for it, and when it is over.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::outlet::Outlet;
use super::queue::{LIMIT, Queue};
use crate::cli::plan::Relay;
use crate::error::{Deed, Exit, Failure, Lost, Object, Way};
use crate::event::{By, Chunk, Close, Conn, Event, How, Traffic};
use crate::io::endpoint::Io;
use crate::logic::ends::{Ends, Role, Stdin, Step, Stuck, Why};
use crate::logic::filter::Chain;
use crate::logic::pace::Pace;
use crate::net::stream::Stream;
use crate::task::Cx;
use crate::task::link::eye::Halt;

/// A peer whose queue is full for so long is closed: it must not hold up the others.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long our own close reads and drops what still comes.
const LINGER: Duration = Duration::from_secs(1);

/// How many reads a peer gets before the next one has its turn.
const READS: usize = 4;

/// A peer.
pub(super) struct Member {
    conn: Conn,
    stream: Stream,
    ends: Ends,
    began: Instant,
    queue: Queue,
    given: u64,
    sent: u64,
    received: u64,
    /// Since when the queue is full.
    full: Option<Instant>,
    /// It takes no more: what the system said.
    wreck: Option<Box<io::Error>>,
    /// Until when our own close lasts.
    linger: Option<Instant>,
    /// The peer has sent its last byte.
    ended: bool,
    extras: Option<Box<Extras>>,
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
    /// Its connection broke.
    Broke(io::Error),
    /// It did not take what was for it.
    Slow,
    /// Nobody reads any more what it says.
    Unheard,
}

/// Writing to the reader of all peers failed.
pub(super) struct ReaderFailed(pub(super) io::Error);

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
            given: 0,
            sent: 0,
            received: 0,
            full: None,
            wreck: None,
            linger: None,
            ended: false,
            extras: (!plain).then(|| Box::new(Extras { receiving, sending, pace, halt })),
            file: None,
            due: false,
        }
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Whether no more may be queued for now.
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= LIMIT
    }

    /// Whether it takes more of what stdin gives, once there is room.
    pub(super) fn listens(&self) -> bool {
        !self.ends.ended_first() && self.linger.is_none() && self.wreck.is_none()
    }

    /// Whether there may be something to read from it, that the next turn has to read.
    pub(super) fn reads(&self) -> bool {
        self.stream.io.readable() && !self.ended && self.linger.is_none()
    }

    /// Notes that its silence is ours.
    pub(super) fn touch(&mut self, now: Instant) {
        self.ends.moved(now);
    }

    /// Whether more of its file can be read for it.
    pub(super) fn wants_file(&self, now: Instant) -> Option<u64> {
        let ready = self.listens() && self.queue.is_empty() && self.stream.io.writable() && self.pause(now).is_none();
        self.file.filter(|_| ready)
    }

    /// Queues what stdin gives.
    pub(super) fn give(&mut self, chunk: &Rc<[u8]>, now: Instant) {
        self.given += chunk.len() as u64;
        self.ends.given(self.given, now);
        self.queue.push(Rc::clone(chunk));
    }

    /// Queues what its file gives, as far as its time has come: how many bytes that is.
    pub(super) fn give_file(&mut self, mut bytes: &[u8], now: Instant) -> usize {
        let mut filtered = Vec::new();
        match &mut self.extras {
            Some(extras) => {
                if let Some(pace) = &mut extras.pace {
                    bytes = &bytes[..pace.allow(bytes, now)];
                    pace.sent(bytes, now);
                }
                extras.sending.run(bytes, &mut filtered);
            }
            None => filtered.extend_from_slice(bytes),
        }
        self.give(&filtered.into(), now);
        bytes.len()
    }

    /// When more of its file may be sent, where time alone holds it.
    fn pause(&self, now: Instant) -> Option<Instant> {
        let pace = self.extras.as_ref()?.pace.as_ref()?;
        pace.next().filter(|next| self.file.is_some() && *next > now)
    }

    /// Characters that its encoding does not have.
    fn unmappable(&self) -> u64 {
        self.extras.as_ref().map_or(0, |extras| extras.sending.unmappable())
    }

    /// Queues what the filters still hold at its file's end.
    pub(super) fn end_file(&mut self, now: Instant) {
        let mut rest = Vec::new();
        if let Some(extras) = &mut self.extras {
            extras.sending.end(&mut rest);
        }
        self.give(&rest.into(), now);
    }

    /// Does what can be done without waiting. `spoken`: stdin has ended.
    pub(super) fn run(
        &mut self,
        cx: &mut Cx<'_>,
        outlet: &mut Outlet,
        spoken: bool,
    ) -> Result<Result<Option<Instant>, Over>, ReaderFailed> {
        if let Some(until) = self.linger {
            return Ok(self.drop_input(cx, until));
        }
        let met =
            self.extras.as_mut().and_then(|extras| extras.halt.as_mut()).is_some_and(|halt| halt.met(cx.now, false));
        if !met && let Err(over) = self.receive(cx, outlet)? {
            return Ok(Err(over));
        }
        if let Err(over) = self.send(cx) {
            return Ok(Err(over));
        }
        if spoken && self.queue.is_empty() && self.file.is_none() {
            self.ends.stdin_ended(cx.now);
        }
        let enough = self
            .extras
            .as_mut()
            .and_then(|extras| extras.halt.as_mut())
            .is_some_and(|halt| halt.met(cx.now, self.ended));
        Ok(match enough && !outlet.stuck() {
            true => self.close_gently(cx),
            false => self.follow_rules(cx, outlet.stuck()),
        })
    }

    /// Reads what has come and passes it on, unless the reader has not taken what came before.
    fn receive(&mut self, cx: &mut Cx<'_>, outlet: &mut Outlet) -> Result<Result<(), Over>, ReaderFailed> {
        for _ in 0..READS {
            if self.ended || outlet.stuck() {
                break;
            }
            match self.stream.io.read(cx.scratch) {
                Ok(Io::Blocked) => break,
                Ok(Io::Moved(count)) => {
                    if !self.pass_on(cx, outlet, count)? {
                        break;
                    }
                }
                Ok(Io::End) if self.wreck.is_some() => return Ok(Err(self.broke(None))),
                Ok(Io::End) => {
                    self.ended = true;
                    self.flush(outlet)?;
                    self.ends.peer_ended(cx.now);
                    self.stream.probe_peer();
                    cx.tell(&Event::HalfClose { conn: self.conn, by: By::Peer });
                }
                Err(error) => return Ok(Err(self.broke(Some(error)))),
            }
        }
        Ok(Ok(()))
    }

    /// Passes on so many bytes that lie in the scratch memory. Whether more are welcome.
    fn pass_on(&mut self, cx: &mut Cx<'_>, outlet: &mut Outlet, count: usize) -> Result<bool, ReaderFailed> {
        let bytes = &cx.scratch[..count];
        cx.report.dump(&Chunk {
            conn: self.conn,
            peer: &self.stream.peer,
            way: Way::Down,
            offset: self.received,
            bytes,
        });
        self.received += count as u64;
        self.ends.moved(cx.now);
        let first = self.ends.received(self.received, cx.now);
        let mut filtered = Vec::new();
        let (mut bytes, mut more) = (bytes, true);
        if let Some(extras) = &mut self.extras {
            more = extras.halt.as_mut().is_none_or(|halt| halt.see(bytes, cx.now));
            if !extras.receiving.is_empty() {
                extras.receiving.run(bytes, &mut filtered);
                // While some wait to be sent, telnet keeps the others, each once.
                if self.queue.is_empty() && !self.ends.ended_first() && self.wreck.is_none() {
                    self.queue.push(extras.receiving.answers().into());
                }
                bytes = &filtered;
            }
        }
        outlet.give(self.conn, &self.stream.peer, bytes).map_err(ReaderFailed)?;
        if first {
            cx.tell(&Event::FirstByte { conn: self.conn, after: cx.now - self.began });
        }
        Ok(more)
    }

    /// What the filters still hold at the peer's end.
    fn flush(&mut self, outlet: &mut Outlet) -> Result<(), ReaderFailed> {
        let mut rest = Vec::new();
        if let Some(extras) = &mut self.extras {
            extras.receiving.end(&mut rest);
        }
        outlet.give(self.conn, &self.stream.peer, &rest).map_err(ReaderFailed)
    }

    fn send(&mut self, cx: &mut Cx<'_>) -> Result<(), Over> {
        while let (Some(front), None) = (self.queue.front(), &self.wreck) {
            match self.stream.io.write(front) {
                Ok(Io::Moved(count)) => {
                    let chunk = Chunk {
                        conn: self.conn,
                        peer: &self.stream.peer,
                        way: Way::Up,
                        offset: self.sent,
                        bytes: &front[..count],
                    };
                    cx.report.dump(&chunk);
                    self.sent += count as u64;
                    self.queue.advance(count);
                    self.ends.moved(cx.now);
                }
                Ok(Io::Blocked | Io::End) => break,
                // What it has sent before is still read.
                Err(error) if self.ended => return Err(Over::Broke(error)),
                Err(error) => self.wreck = Some(Box::new(error)),
            }
        }
        self.full = match self.is_full() && self.wreck.is_none() {
            true => Some(self.full.unwrap_or(cx.now)),
            false => None,
        };
        match self.full {
            Some(since) if since + PATIENCE <= cx.now => Err(Over::Slow),
            _ => Ok(()),
        }
    }

    /// Asks the rules what follows: when to look again, or that it is over.
    fn follow_rules(&mut self, cx: &mut Cx<'_>, stuck: bool) -> Result<Option<Instant>, Over> {
        if self.ended
            && self.stream.io.broken()
            && let Some(error) = self.stream.take_error()
        {
            return Err(Over::Broke(error));
        }
        if self.pause(cx.now).is_some() {
            self.ends.moved(cx.now); // the silence is ours
        }
        loop {
            let stuck = Stuck { up: !self.queue.is_empty() || self.file.is_some(), down: stuck && !self.ended };
            match self.ends.step(cx.now, stuck) {
                Step::HalfClose => self.half_close(cx),
                Step::Leave(Why::AllSent | Why::QuitAfter) => return self.close_gently(cx),
                Step::Leave(Why::Idle { .. }) => return Err(Over::Left(By::Idle, How::Timeout)),
                Step::Leave(Why::BothEnded) if self.ends.ended_first() => return Err(Over::Left(By::Local, How::Fin)),
                Step::Leave(_) => return Err(Over::Left(By::Peer, How::Fin)),
                Step::Wait(until) => {
                    let pause = self.pause(cx.now);
                    let full = self.full.map(|since| since + PATIENCE);
                    let halt = self.extras.as_ref().and_then(|extras| extras.halt.as_ref()?.deadline());
                    return Ok([until, full, halt, pause].into_iter().flatten().min());
                }
            }
        }
    }

    fn half_close(&mut self, cx: &mut Cx<'_>) {
        self.stream.half_close();
        self.ends.half_closed();
        cx.tell(&Event::HalfClose { conn: self.conn, by: By::Local });
    }

    /// Our own close, in an order that does not reset away what the peer has not read yet.
    fn close_gently(&mut self, cx: &mut Cx<'_>) -> Result<Option<Instant>, Over> {
        if !self.ends.ended_first() {
            self.half_close(cx);
        }
        let until = cx.now + LINGER;
        self.linger = Some(until);
        self.drop_input(cx, until)
    }

    fn drop_input(&mut self, cx: &mut Cx<'_>, until: Instant) -> Result<Option<Instant>, Over> {
        for _ in 0..READS {
            match self.stream.io.read(cx.scratch) {
                Ok(Io::Moved(_)) if cx.now < until => {}
                Ok(Io::Blocked) if cx.now < until => return Ok(Some(until)),
                _ => return Err(Over::Left(By::Local, How::Fin)),
            }
        }
        Ok(Some(cx.now)) // there is more to drop, in the next turn
    }

    /// What it has carried so far.
    pub(super) fn traffic(&self, now: Instant) -> Traffic {
        Traffic { sent: self.sent, received: self.received, expected: None, elapsed: now - self.began }
    }

    fn broke(&mut self, error: Option<io::Error>) -> Over {
        let first = self.wreck.take().map(|wreck| *wreck);
        Over::Broke(first.or(error).unwrap_or_else(|| io::ErrorKind::BrokenPipe.into()))
    }

    /// Tells how it ended: the exit status that follows. `rest`: what is left of its file.
    pub(super) fn tell_end(&self, cx: &mut Cx<'_>, over: &Over, rest: u64) -> Exit {
        if self.unmappable() > 0 {
            let reason = format!("{} characters are not in its encoding, and went as ?", self.unmappable());
            cx.tell(&Event::Trouble(Box::new(self.failure(&reason))));
        }
        let unsent = self.queue.len() as u64 + rest;
        let lost = (unsent > 0).then_some(Lost { bytes: unsent, at_least: false, way: Way::Up });
        let (by, how, failure) = match over {
            Over::Left(by, how) => (*by, *how, lost.map(|_| self.failure("left before all was sent").losing(lost))),
            Over::Unheard => (By::Local, How::Fin, None),
            Over::Slow => {
                (By::Local, How::Timeout, Some(self.failure("the peer takes nothing, its queue is full").losing(lost)))
            }
            Over::Broke(error) => {
                let object = Object::Peer(self.stream.peer.clone());
                let failure = Failure::system(Deed::Send, object, error, Exit::Network);
                let how = match error.raw_os_error() {
                    Some(libc::ECONNRESET | libc::EPIPE) => How::Rst,
                    Some(libc::ETIMEDOUT) => How::Timeout,
                    _ => How::Error,
                };
                let matters = lost.is_some() || !self.ended;
                (By::Peer, how, matters.then(|| failure.losing(lost)))
            }
        };
        let exit = match (&failure, by) {
            (Some(_), _) => Exit::Network,
            (None, By::Idle) => Exit::Timeout,
            _ => Exit::Done,
        };
        if let Some(failure) = failure {
            cx.tell(&Event::Trouble(Box::new(failure.after(cx.now - self.began))));
        }
        cx.tell(&Event::Close(Box::new(Close {
            conn: self.conn,
            peer: self.stream.peer.clone(),
            accepted: true,
            by,
            how,
            sent: self.sent,
            received: self.received,
            duration: cx.now - self.began,
            path: self.stream.path(),
            remark: None,
        })));
        exit
    }

    fn failure(&self, reason: &str) -> Failure {
        Failure::new(Deed::Send, Object::Peer(self.stream.peer.clone()), reason, Exit::Network)
    }
}
