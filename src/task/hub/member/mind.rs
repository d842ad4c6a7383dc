//! A peer that a mode answers: what comes is offered to its session, what that says is sent, and nothing is read while
//! the peer does not take it.

use std::time::Instant;

use super::{Member, Over, READS};
use crate::io::endpoint::Io;
use crate::plan::Answer;
use crate::session::{Out, Session};
use crate::task::Cx;
use crate::task::hub::queue::Queue;
use crate::task::hub::{Shared, VOID};

/// Memory for answers that is kept from one to the next.
const KEPT: usize = 256 * 1024;

/// A session, and how far it is.
pub(crate) struct Mind {
    session: Box<dyn Session>,
    /// What came and the session has not taken.
    untaken: Queue,
    /// It knows that nothing more comes.
    ended: bool,
    /// It has said its last.
    finished: bool,
}

impl Mind {
    /// Whether it has said its last.
    pub(super) fn has_finished(&self) -> bool {
        self.finished
    }

    /// Goes on because its time has come, or with what it has not taken.
    fn go_on(&mut self, due: bool, now: Instant, out: &mut Out) {
        if due {
            self.session.tick(now, out);
        }
        if let Some(front) = self.untaken.front() {
            let taken = self.session.data(&front[self.untaken.gone()..], now, out);
            self.untaken.advance(taken);
        }
    }
}

impl Member {
    /// Has a mode answer this peer, and greets it.
    pub(in crate::task::hub) fn answered_by(mut self, answer: &Answer) -> Self {
        let session = (answer.mode.begin)(answer.script.clone());
        self.mind = Some(Mind { session, untaken: Queue::default(), ended: false, finished: false });
        let mut greeting = Vec::new();
        match &mut self.extras {
            Some(extras) => extras.sending.run(&answer.script.greeting, &mut greeting),
            None => greeting.clone_from(&answer.script.greeting),
        }
        self.queue.push(greeting.into());
        self
    }

    /// Whether the session is over, and the peer has taken what it said.
    pub(super) fn has_said_all(&self) -> bool {
        self.mind.as_ref().is_some_and(|mind| mind.finished) && self.queue.is_empty()
    }

    /// Whether the session could go on at once.
    pub(super) fn is_talking(&self) -> bool {
        let free = self.queue.is_empty() && self.linger.is_none();
        self.mind.as_ref().filter(|mind| free && !mind.finished).is_some_and(|mind| match mind.untaken.is_empty() {
            true if self.ended || self.had_enough() => !mind.ended,
            true => self.stream.io.readable(),
            false => mind.session.deadline().is_none(), // else it is thinking
        })
    }

    /// When the session wants to go on, whether bytes come or not; not while what it said before waits.
    pub(super) fn mind_deadline(&self) -> Option<Instant> {
        self.mind.as_ref().filter(|mind| !mind.finished && self.queue.is_empty())?.session.deadline()
    }

    /// Reads, has it answered, and sends the answers, as long as the peer takes them.
    pub(super) fn converse(&mut self, cx: &mut Cx<'_>, shared: &mut Shared) -> Result<(), Over> {
        for _ in 0..READS {
            self.send(cx, shared.company)?;
            if !self.queue.is_empty() || shared.outlet.spout.stuck() || !self.think(cx, shared)? {
                break;
            }
        }
        self.send(cx, shared.company)
    }

    /// One step of the session. Whether there was something to do.
    #[inline(always)] // see `Endpoint::read`
    fn think(&mut self, cx: &mut Cx<'_>, shared: &mut Shared) -> Result<bool, Over> {
        let over = self.ended || self.has_enough(cx.now);
        let Some(mind) = self.mind.as_mut().filter(|mind| !mind.finished) else {
            return Ok(false);
        };
        let due = mind.session.deadline().is_some_and(|at| at <= cx.now);
        let offers = !mind.untaken.is_empty();
        // Reading comes first: where this process was held up, here are bytes that came before a silence was over.
        let listened = !over && !offers && self.listen(cx, shared)?;
        if let Some(mind) = &mut self.mind
            && !listened
        {
            match (due || offers, over) {
                (true, _) => mind.go_on(due, cx.now, &mut shared.out),
                (false, true) if !std::mem::replace(&mut mind.ended, true) => mind.session.end(cx.now, &mut shared.out),
                _ => return Ok(false),
            }
        }
        self.say(cx, &mut shared.out)?;
        Ok(true)
    }

    /// Reads once, and offers it to the session. Whether anything came.
    #[inline(always)] // see `Endpoint::read`
    fn listen(&mut self, cx: &mut Cx<'_>, shared: &mut Shared) -> Result<bool, Over> {
        let blind = self.extras.is_none() && self.mind.as_ref().is_some_and(|mind| !mind.session.looks());
        if blind && !cx.report.dumps() {
            if shared.void.is_empty() {
                shared.void = vec![0; VOID]; // zeroes that the system gives: nothing is touched
            }
            return match self.stream.io.skip(&mut shared.void) {
                Ok(Io::Moved(count)) => {
                    self.count(cx, count);
                    Ok(true)
                }
                Ok(Io::Blocked) => Ok(false),
                Ok(Io::End) => {
                    self.peer_ended(cx);
                    Ok(true)
                }
                Err(error) => Err(self.broke(Some(error))),
            };
        }
        match self.stream.io.read(cx.scratch) {
            Ok(Io::Moved(count)) => {
                self.pass_on(cx, shared, count)?;
                Ok(true)
            }
            Ok(Io::Blocked) => Ok(false),
            Ok(Io::End) => {
                self.flush(cx, shared)?;
                self.peer_ended(cx);
                Ok(true)
            }
            Err(error) => Err(self.broke(Some(error))),
        }
    }

    /// Offers bytes to the session, and keeps what it does not take.
    pub(super) fn offer(&mut self, bytes: &[u8], now: Instant, out: &mut Out) {
        if let Some(mind) = &mut self.mind
            && self.wreck.is_none()
            && !bytes.is_empty()
        {
            let taken = mind.session.data(bytes, now, out);
            if taken < bytes.len() {
                mind.untaken.push(bytes[taken..].into());
            }
        }
    }

    /// Sends what the session says; what the peer does not take waits.
    #[inline(always)] // see `Endpoint::read`
    fn say(&mut self, cx: &mut Cx<'_>, out: &mut Out) -> Result<(), Over> {
        // Whatever becomes of this, the next peer finds nothing of it.
        let mut said = std::mem::take(out);
        let mut filtered = Vec::new();
        let mut bytes = &said.bytes;
        if let Some(extras) = &mut self.extras
            && !extras.sending.is_empty()
        {
            extras.sending.run(bytes, &mut filtered);
            if said.finished {
                extras.sending.end(&mut filtered);
            }
            bytes = &filtered;
        }
        let given = if self.queue.is_empty() && !bytes.is_empty() { self.write(cx, bytes)? } else { 0 };
        if given < bytes.len() {
            self.queue.push(bytes[given..].into());
        }
        if let Some(mind) = &mut self.mind {
            mind.finished = said.finished;
        }
        said.bytes.clear();
        if said.bytes.capacity() <= KEPT {
            out.bytes = said.bytes; // its memory serves again
        }
        Ok(())
    }
}
