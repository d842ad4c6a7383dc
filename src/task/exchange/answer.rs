//! A listener whose datagrams a mode answers, each by itself: a reflector. It never answers its own address, and no
//! more often than `--rate` allows.

use std::time::{Duration, Instant};

use super::talk::{Key, Talk};
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{By, How, Weight};
use crate::logic::rate::Rate;
use crate::net::datagram::Place;
use crate::net::here::is_ours;
use crate::plan;
use crate::session::{Reaction, Session};
use crate::task::Cx;
use crate::value::size::LARGEST_DATAGRAM;

/// What answers.
pub(super) struct Answerer {
    session: Box<dyn Session>,
    delay: Duration,
    rate: Option<Rate>,
    /// How many the rate kept from being answered.
    pub(super) unanswered: u64,
}

impl Answerer {
    pub(super) fn new(plan: &plan::Answer, now: Instant) -> Self {
        Self {
            session: (plan.mode.begin)(plan.script.clone()),
            delay: plan.script.delay,
            rate: plan.rate.map(|rate| Rate::new(rate, now)),
            unanswered: 0,
        }
    }
}

impl Talk {
    /// Answers a datagram of a peer, if it is to be answered.
    pub(super) fn answer(&mut self, cx: &mut Cx<'_>, key: Key, bytes: &[u8]) {
        if !key.place.has_name() {
            return;
        }
        let Some(answerer) = &mut self.answerer else {
            return;
        };
        let mut answer = Vec::with_capacity(bytes.len());
        match answerer.session.datagram(bytes, &mut answer) {
            Reaction::Answer if answerer.rate.as_mut().is_some_and(|rate| !rate.allow(cx.now)) => {
                answerer.unanswered += 1;
            }
            Reaction::Answer if answer.len() > LARGEST_DATAGRAM => {
                let object = Object::Peer(self.peer_of(&key));
                let reason = format!("an answer of {} bytes is longer than a datagram can be", answer.len());
                let failure = Failure::new(Deed::Send, object, reason, Exit::Network);
                cx.failed(Weight::Refused, failure);
            }
            Reaction::Answer => {
                let due = (!answerer.delay.is_zero()).then(|| cx.now + answerer.delay);
                self.up.parcels.push(key, answer, due);
            }
            Reaction::Silence => {}
            Reaction::Leave => {
                if let Some(talker) = self.peers.remove(&key) {
                    self.tell_closed(cx, key, &talker, By::Local, How::Fin);
                }
            }
        }
    }

    /// Whether so many answers wait that nothing more is received.
    pub(super) fn is_full(&self) -> bool {
        self.answerer.is_some() && self.up.is_full()
    }

    /// Whether a datagram claims to come from this very server: its answer would be the next question, for ever.
    pub(super) fn is_own(&self, key: &Key) -> bool {
        let Some(wire) = self.wires.get(key.wire).filter(|_| self.answerer.is_some()) else {
            return false;
        };
        match (&key.place, wire.socket.local()) {
            (Place::Inet(from), Place::Inet(own)) if own.ip().is_unspecified() => {
                from.port() == own.port() && is_ours(*from) != Some(false)
            }
            (from, own) => from == own,
        }
    }
}
