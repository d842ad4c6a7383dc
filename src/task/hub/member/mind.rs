//! A peer that a mode answers: what comes is offered to its session, what that says is sent, and nothing is read while
//! the peer does not take it.

use std::time::Instant;

use super::{Member, Over, READS};
use crate::cli::plan::Answer;
use crate::io::endpoint::Io;
use crate::session::{Out, Session};
use crate::task::Cx;
use crate::task::hub::Shared;
use crate::task::hub::queue::Queue;

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
        let idle = self.queue.is_empty() && self.linger.is_none();
        self.mind.as_ref().filter(|_| idle).is_some_and(|mind| {
            let offers = !mind.untaken.is_empty() || (self.ended && !mind.ended);
            let reads = self.stream.io.readable() && !self.ended && mind.untaken.is_empty();
            !mind.finished && (reads || (offers && mind.session.deadline().is_none()))
        })
    }

    /// When the session wants to go on, whether bytes come or not.
    pub(super) fn mind_deadline(&self) -> Option<Instant> {
        self.mind.as_ref().filter(|mind| !mind.finished)?.session.deadline()
    }

    /// Reads, has it answered, and sends the answers, as long as the peer takes them.
    pub(super) fn converse(&mut self, cx: &mut Cx<'_>, shared: &mut Shared) -> Result<(), Over> {
        for _ in 0..READS {
            self.send(cx)?;
            if !self.queue.is_empty() || shared.outlet.spout.stuck() || !self.think(cx, shared)? {
                break;
            }
        }
        self.send(cx)
    }

    /// One step of the session. Whether there was something to do.
    fn think(&mut self, cx: &mut Cx<'_>, shared: &mut Shared) -> Result<bool, Over> {
        let enough = self.has_enough(cx.now);
        let Some(mind) = self.mind.as_mut().filter(|mind| !mind.finished) else {
            return Ok(false);
        };
        let out = &mut shared.out;
        if mind.session.deadline().is_some_and(|at| at <= cx.now) {
            mind.session.tick(cx.now, out);
        } else if let Some(front) = mind.untaken.front() {
            let taken = mind.session.data(&front[mind.untaken.gone()..], cx.now, out);
            mind.untaken.advance(taken);
        } else if self.ended || enough {
            if std::mem::replace(&mut mind.ended, true) {
                return Ok(false);
            }
            mind.session.end(cx.now, out);
        } else if !self.listen(cx, shared)? {
            return Ok(false);
        }
        self.say(cx, &mut shared.out)?;
        Ok(true)
    }

    /// Reads once, and offers it to the session. Whether anything came.
    fn listen(&mut self, cx: &mut Cx<'_>, shared: &mut Shared) -> Result<bool, Over> {
        let blind = self.extras.is_none() && self.mind.as_ref().is_some_and(|mind| !mind.session.looks());
        if blind && !cx.report.dumps() {
            return match self.stream.io.skip(cx.scratch) {
                Ok(Io::Moved(count)) => {
                    self.count(cx, count);
                    Ok(true)
                }
                Ok(Io::Blocked) => Ok(false),
                Ok(Io::End) => {
                    self.peer_ended(cx);
                    Ok(true)
                }
                Err(error) => Err(Over::Broke(error)),
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
            Err(error) => Err(Over::Broke(error)),
        }
    }

    /// Offers bytes to the session, and keeps what it does not take.
    pub(super) fn offer(&mut self, bytes: &[u8], now: Instant, out: &mut Out) {
        if let Some(mind) = &mut self.mind
            && !bytes.is_empty()
        {
            let taken = mind.session.data(bytes, now, out);
            if taken < bytes.len() {
                mind.untaken.push(bytes[taken..].into());
            }
        }
    }

    /// Sends what the session says; what the peer does not take waits.
    fn say(&mut self, cx: &mut Cx<'_>, out: &mut Out) -> Result<(), Over> {
        let finished = std::mem::take(&mut out.finished);
        let mut filtered = Vec::new();
        let mut bytes = &out.bytes;
        if let Some(extras) = &mut self.extras
            && !extras.sending.is_empty()
        {
            extras.sending.run(bytes, &mut filtered);
            if finished {
                extras.sending.end(&mut filtered);
            }
            bytes = &filtered;
        }
        let given = if self.queue.is_empty() && !bytes.is_empty() { self.write(cx, bytes)? } else { 0 };
        if given < bytes.len() {
            self.queue.push(bytes[given..].into());
        }
        out.bytes.clear();
        if let Some(mind) = &mut self.mind {
            mind.finished = finished;
        }
        Ok(())
    }
}
