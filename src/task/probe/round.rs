//! One sweep, from its first port to its last: it does what the sweep says, and hands out what is found.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use super::asker::{Asker, Fate, Reply};
use super::banners::{self, Banners};
use super::hosts::Hosts;
use crate::error::{Deed, Exit, Failure, Object};
use crate::io::endpoint::Ready;
use crate::logic::sweep::{Rules, Step, Sweep, Tally, Verdict};
use crate::net::knock::Shut;
use crate::plan;
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

impl Found {
    fn with_banner((verdict, banner): (Verdict, Vec<u8>)) -> Self {
        Self { verdict, shut: None, banner: Some(banner).filter(|banner| !banner.is_empty()) }
    }
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

    pub(super) fn tally(&self) -> Tally {
        self.sweep.tally()
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
        self.hosts.hear(cx, plan, &mut self.sweep);
        if let Some(banners) = &mut self.banners {
            found.extend(banners.done(cx).into_iter().map(Found::with_banner));
        }
        if stuck {
            return Ok(Next::Wait(None));
        }
        for _ in 0..STEPS {
            self.hosts.feed(cx, plan, &mut self.sweep);
            self.sweep.leave_room(self.banners.as_ref().map_or(0, Banners::count));
            let now = (cx.clock)();
            match self.sweep.step(now) {
                Step::Start(start) => {
                    let fate = self.asker.ask(cx, &start);
                    let now = (cx.clock)();
                    self.settle(cx, fate, now, found)?;
                    for fate in self.asker.hear_at_once() {
                        self.settle(cx, fate, now, found)?;
                    }
                }
                Step::GiveUp(id) => match self.asker.give_up(cx, id) {
                    Some(fate) => self.settle(cx, fate, now, found)?,
                    None => {
                        let verdict = self.sweep.silent(id, now);
                        found.extend(verdict.map(|verdict| Found { verdict, shut: None, banner: None }));
                    }
                },
                Step::Wait(until) => {
                    self.bear(cx.now, plan)?;
                    let banner = self.banners.as_ref().and_then(Banners::deadline);
                    return Ok(Next::Wait([until, banner, self.hosts.deadline()].into_iter().flatten().min()));
                }
                Step::Done => {
                    return Ok(match self.banners.as_ref().filter(|banners| banners.count() > 0) {
                        Some(banners) => Next::Wait(banners.deadline()),
                        None => Next::Done,
                    });
                }
            }
        }
        Ok(Next::Again)
    }

    /// It ends now: the open ports whose services are still listened to.
    pub(super) fn cut_short(&mut self, cx: &mut Cx<'_>) -> Vec<Found> {
        let all = self.banners.as_mut().map_or_else(Vec::new, |banners| banners.all(cx));
        all.into_iter().map(Found::with_banner).collect()
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
        let waits_for_banners = self.banners.as_ref().is_some_and(|banners| banners.count() > 0);
        match self.sweep.starving().filter(|_| !waits_for_banners) {
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
