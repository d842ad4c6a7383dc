//! One sweep, from its first port to its last: it does what the sweep says, and hands out what is found.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use super::asker::{Asker, Fate, Reply};
use super::banners::{self, Banners};
use super::hosts::Hosts;
use crate::cli::plan;
use crate::error::{Deed, Exit, Failure, Object};
use crate::io::endpoint::Ready;
use crate::logic::sweep::{Rules, Step, Sweep, Verdict};
use crate::net::knock::Shut;
use crate::task::Cx;

/// So many steps before others get their turn.
const STEPS: usize = 4_096;

/// A machine that cannot ask a single port for so long will not be able to.
const STARVED: Duration = Duration::from_secs(10);

/// A sweep under way.
pub(super) struct Round {
    sweep: Sweep,
    pub(super) hosts: Hosts,
    asker: Asker,
    banners: Option<Banners>,
    patience: Duration,
}

/// What was found of a port.
pub(super) struct Found {
    pub(super) verdict: Verdict,
    /// Why it is not open; none where it is, or was silent.
    pub(super) shut: Option<Shut>,
    pub(super) banner: Option<Vec<u8>>,
}

/// What follows a turn.
pub(super) enum Next {
    /// More at once.
    Again,
    /// Something at this time at the latest.
    Wait(Option<Instant>),
    /// All ports are decided.
    Done,
}

impl Round {
    pub(super) fn new(plan: &plan::Probe, parallel: usize, patience: Duration, hosts: Hosts, asker: Asker) -> Self {
        let rules = Rules {
            datagram: plan.proto.is_datagram(),
            parallel,
            interval: plan.interval,
            retries: plan.retries,
            patience,
            random: plan.random.then(|| RandomState::new().hash_one(())),
            shard: plan.shard,
        };
        let banners = plan.banner.then(Banners::default);
        Self { sweep: Sweep::new(rules), hosts, asker, banners, patience }
    }

    pub(super) fn mark(&mut self, source: usize, ready: Ready) {
        match &mut self.banners {
            Some(banners) if (banners::FIRST..super::asker::KNOCKS).contains(&source) => banners.mark(source),
            _ => self.asker.mark(source, ready),
        }
    }

    pub(super) fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    /// Takes what came, and goes on as far as nothing has to be waited for; no port is asked while `stuck`.
    ///
    /// # Errors
    /// Nothing can be asked.
    pub(super) fn run(
        &mut self,
        cx: &mut Cx<'_>,
        plan: &plan::Probe,
        stuck: bool,
        found: &mut Vec<Found>,
    ) -> Result<Next, Failure> {
        for fate in self.asker.hear(cx) {
            self.settle(cx, fate, cx.now, found)?;
        }
        self.hosts.feed(cx, plan, &mut self.sweep);
        self.hear_banners(cx, false, found);
        if stuck {
            return Ok(Next::Wait(None));
        }
        for _ in 0..STEPS {
            match self.sweep.step((cx.clock)()) {
                Step::Start(start) => {
                    let fate = self.asker.ask(cx, &start);
                    let now = (cx.clock)();
                    self.settle(cx, fate, now, found)?;
                    for fate in self.asker.hear_at_once() {
                        self.settle(cx, fate, now, found)?;
                    }
                }
                Step::GiveUp(id) => self.asker.give_up(cx, id),
                Step::Tell(verdict) => found.push(Found { verdict, shut: None, banner: None }),
                Step::Wait(until) => {
                    self.bear(cx.now, plan)?;
                    if self.sweep.is_hungry() && !self.hosts.all_known() {
                        self.hosts.feed(cx, plan, &mut self.sweep);
                    }
                    let banner = self.banners.as_ref().and_then(Banners::deadline);
                    return Ok(Next::Wait([until, banner, self.hosts.deadline(plan)].into_iter().flatten().min()));
                }
                Step::Done => {
                    return Ok(match self.banners.as_ref().filter(|banners| !banners.is_empty()) {
                        Some(banners) => Next::Wait(banners.deadline()),
                        None => Next::Done,
                    });
                }
            }
        }
        Ok(Next::Again)
    }

    /// Hands out the open ports whose services were still listened to.
    pub(super) fn hear_banners(&mut self, cx: &mut Cx<'_>, all: bool, found: &mut Vec<Found>) {
        if let Some(banners) = &mut self.banners {
            let done = banners.done(cx, all).into_iter();
            found.extend(done.map(|(verdict, banner)| Found { verdict, shut: None, banner: Some(banner) }));
        }
    }

    fn settle(&mut self, cx: &mut Cx<'_>, fate: Fate, now: Instant, found: &mut Vec<Found>) -> Result<(), Failure> {
        let (id, reply) = match fate {
            Fate::Answered(id, reply) => (id, reply),
            Fate::Unasked(id) => {
                self.sweep.shortage(id, now);
                return Ok(());
            }
            Fate::Pending => return Ok(()),
            Fate::Failed(failure) => return Err(failure),
        };
        let Some(verdict) = self.sweep.answered(id, reply.answer(), now) else {
            return Ok(());
        };
        let (verdict, shut) = match (reply, &mut self.banners) {
            (Reply::Opened(opened), Some(banners)) => (banners.begin(cx, opened, verdict, now + self.patience), None),
            (Reply::Opened(_) | Reply::Spoke, _) => (Some(verdict), None),
            (Reply::Shut(shut), _) => (Some(verdict), Some(shut)),
        };
        found.extend(verdict.map(|verdict| Found { verdict, shut, banner: None }));
        Ok(())
    }

    /// Bears with a machine that has nothing left to ask with, but not for ever.
    fn bear(&self, now: Instant, plan: &plan::Probe) -> Result<(), Failure> {
        match self.sweep.starving() {
            Some(since) if now.saturating_duration_since(since) > STARVED => {
                let what =
                    if plan.from.port.is_some() { "the local port (-p) is taken" } else { "nothing left to ask with" };
                let reason = format!("{what}: no descriptor, memory or local port was to be had");
                let failure = Failure::new(Deed::Probe, Object::Named("the next port".into()), reason, Exit::Local);
                Err(failure.after(now.saturating_duration_since(since)))
            }
            _ => Ok(()),
        }
    }
}
