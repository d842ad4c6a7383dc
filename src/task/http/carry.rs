//! A turn of a request: bytes are carried both ways, then it is looked whether that was all, and how long to wait.

use std::time::{Duration, Instant};

use super::Http;
use crate::error::Deed;
use crate::io::flow::Flow;
use crate::task::{Cx, Turn};

/// What is no answer, or has no end that is known, is worth a look; silent for so long, no more of it is waited for.
const ADRIFT_SILENCE: Duration = Duration::from_secs(1);

/// And no more than for so long, however it drips.
const ADRIFT_LIMIT: Duration = Duration::from_secs(5);

impl Http {
    pub(super) fn carry(&mut self, cx: &mut Cx<'_>) -> Turn {
        if self.sink.broken() {
            return self.reader_left(cx);
        }
        let before = self.moved();
        let busy = match self.carry_both(cx) {
            Ok(busy) => busy,
            Err(turn) => return turn,
        };
        if before != self.moved() {
            self.last_moved = cx.now;
            if self.idle.is_some() {
                self.outstanding = self.stream.outstanding();
            }
        }
        let stuck = self.held() > 0;
        if !stuck && let Some(turn) = self.settle(cx) {
            return turn;
        }
        if busy {
            return Turn::Again;
        }
        // While stdout's reader has not taken what came, silence does not count.
        let limit = if stuck { None } else { self.limit(cx.now) };
        match limit {
            Some(limit) if limit <= cx.now && !self.still_takes(cx.now) => self.silent(cx),
            Some(limit) if limit <= cx.now => Turn::Again,
            _ => Turn::Wait(limit.into_iter().chain(self.wake()).min()),
        }
    }

    /// True while there is more to carry at once; a turn when that has ended it.
    fn carry_both(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        let up = self.carry_up(cx)?;
        Ok(self.carry_down(cx)? | up)
    }

    /// The end, where the answer is whole, or what breaks it off.
    fn settle(&mut self, cx: &mut Cx<'_>) -> Option<Turn> {
        let fault = match self.response.is_over() {
            true if !self.owes() => return Some(self.conclude(cx)),
            true => self.fault.take(),
            false => self.fault.take_if(|(deed, _)| *deed == Deed::Receive), // else there may be an answer to read still
        };
        fault.map(|(deed, error)| self.broke(cx, deed, &error))
    }

    /// Until when something has to move.
    fn limit(&mut self, now: Instant) -> Option<Instant> {
        if !self.response.is_adrift() {
            return self.idle.map(|time| self.last_moved + time);
        }
        let since = *self.adrift.get_or_insert(now);
        let silence = self.idle.map_or(ADRIFT_SILENCE, |idle| idle.min(ADRIFT_SILENCE));
        Some((self.last_moved + silence).min(since + ADRIFT_LIMIT))
    }

    /// Whether the server takes what the system holds for it, though nothing moves between us and the system.
    fn still_takes(&mut self, now: Instant) -> bool {
        let outstanding = self.stream.outstanding();
        let moves = !self.response.is_adrift() && outstanding != self.outstanding;
        if moves {
            (self.outstanding, self.last_moved) = (outstanding, now);
        }
        moves
    }

    /// When more of the request may be sent, where time alone holds it.
    fn wake(&self) -> Option<Instant> {
        self.up.wake().filter(|_| self.is_sending())
    }

    /// Whether there is more of the request, and somebody who takes it.
    pub(super) fn is_sending(&self) -> bool {
        self.phases.sent.is_none() && self.fault.is_none() && !self.is_refused()
    }

    /// Whether the request must be sent to its end though its answer is here.
    fn owes(&self) -> bool {
        self.phases.sent.is_none() && self.response.wrong().is_none() && self.is_welcome()
    }

    fn is_welcome(&self) -> bool {
        self.head.as_ref().is_some_and(|head| (200..400).contains(&head.status))
    }

    /// Whether the server has said no: then it need not have the rest of the request (RFC 9112 section 9.5).
    pub(super) fn is_refused(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.status >= 400)
    }

    /// Counts every byte that moves, so that silence is known.
    fn moved(&self) -> u64 {
        let down = self.down.as_ref().map_or(0, |flow| flow.taken() + flow.given());
        self.up.given() + self.count.received + self.count.shown + down - self.sink.held()
    }

    /// What stdout's reader has not taken.
    pub(super) fn held(&self) -> u64 {
        self.sink.held() + self.down.as_ref().map_or(0, Flow::held)
    }
}
