//! Asking which ports are open: what is to be asked is read (`prepare.rs`), then one sweep asks it (`round.rs`), or one
//! after another until the port is open. What is found goes to stdout as it is found (`tell.rs`).

mod asker;
mod banners;
mod hosts;
mod intake;
mod prepare;
mod round;
mod tell;
mod unix;

use std::time::{Duration, Instant};

use self::asker::Asker;
use self::hosts::Hosts;
use self::prepare::{Preparation, Prepared};
use self::round::{Next, Round};
use self::tell::Teller;
use super::local::Local;
use super::{Cx, Stop, Task, Turn};
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::Traffic;
use crate::io::endpoint::Ready;
use crate::io::spout::Spout;
use crate::logic::sweep::{Again, State};
use crate::net::limits::raise_descriptors;
use crate::net::socket::Origin;
use crate::plan::{self, Limit, Sought};

const STDOUT: usize = 0;
const INTAKE: usize = 1;

/// Descriptors that are neither for asking nor for lookups: stdio, the loop's own, a file.
const OTHERS: usize = 16;

/// As many ports are asked at once where nobody says otherwise: more at a time are a burst that routers drop.
const PARALLEL: usize = 4_096;

/// A probe.
pub struct Probe {
    plan: plan::Probe,
    verbose: bool,
    stage: Stage,
    /// Until it begins.
    local: Option<Local>,
}

enum Stage {
    Begin,
    Preparing(Preparation, Teller),
    Asking(Box<Round>, Asked),
    /// The port was not open: it is asked again at this time.
    Pause(Instant, Asked),
    /// All is told but what stdout has not taken.
    Over(Exit, Teller),
    /// It has ended, or does just now.
    Ended,
}

/// What lasts from one round to the next.
struct Asked {
    what: Prepared,
    again: Option<Again>,
    /// So many ports are asked at once, and so many names looked up.
    parallel: usize,
    lookups: usize,
    teller: Teller,
}

impl Probe {
    /// A probe that is about to begin. `verbose`: every finding is told.
    pub fn new(plan: plan::Probe, verbose: bool, local: Local) -> Self {
        Self { plan, verbose, stage: Stage::Begin, local: Some(local) }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> Result<Stage, Failure> {
        let stdout = self.local.take().and_then(|local| local.stdout);
        let mut spout = Spout::new(stdout);
        if let Some(stdout) = spout.endpoint() {
            stdout
                .watch(cx.watch, STDOUT)
                .map_err(|error| Failure::system(Deed::Write, Object::Named("stdout".into()), &error, Exit::Local))?;
        }
        Ok(Stage::Preparing(Preparation::default(), Teller::new(&self.plan, self.verbose, spout, cx.now)))
    }

    /// The next stage, and whether it can go on at once; else when to look again.
    fn step(&self, cx: &mut Cx<'_>, stage: Stage) -> Result<(Stage, Option<Turn>), Failure> {
        match stage {
            Stage::Preparing(mut preparation, teller) => match preparation.step(cx, &self.plan)? {
                None => Ok((Stage::Preparing(preparation, teller), Some(Turn::Wait(None)))),
                Some(what) => {
                    let most = raise_descriptors().saturating_sub(OTHERS);
                    let lookups = hosts::abreast(most);
                    let most = most.saturating_sub(lookups * hosts::DESCRIPTORS).max(1);
                    let parallel = self.plan.parallel.unwrap_or(PARALLEL).min(most);
                    let again = self.plan.until_open.map(|time| Again::new(time, cx.now));
                    Ok((self.ask(cx, Asked { what, again, parallel, lookups, teller })?, None))
                }
            },
            Stage::Asking(round, asked) => self.go_on(cx, round, asked),
            Stage::Pause(until, asked) if cx.now < until => {
                Ok((Stage::Pause(until, asked), Some(Turn::Wait(Some(until)))))
            }
            Stage::Pause(_, mut asked) => match self.may_ask_again(cx, &asked) {
                true => {
                    asked.teller.forget();
                    Ok((self.ask(cx, asked)?, None))
                }
                false => {
                    asked.teller.end(cx);
                    Ok((Stage::Over(Exit::Timeout, asked.teller), None))
                }
            },
            Stage::Over(exit, mut teller) => {
                let wanted = teller.flush()?;
                match wanted && teller.spout.stuck() {
                    true => Ok((Stage::Over(exit, teller), Some(Turn::Wait(None)))),
                    false => Ok((Stage::Ended, Some(Turn::End(if wanted { exit } else { Exit::Done })))),
                }
            }
            Stage::Begin | Stage::Ended => Ok((stage, Some(Turn::Wait(None)))),
        }
    }

    /// Begins a round.
    fn ask(&self, cx: &mut Cx<'_>, mut asked: Asked) -> Result<Stage, Failure> {
        let (what, plan) = (&asked.what, &self.plan);
        let ports = match &plan.what {
            Sought::Unix(name) => {
                let open = unix::ask(cx, plan, name, &mut asked.teller)?;
                return Ok(self.decide(cx, asked, open, true));
            }
            Sought::Ports { ports, .. } => ports.clone(),
        };
        let patience = match asked.again {
            Some(again) => again.patience(plan.patience, cx.now).unwrap_or(Duration::from_millis(1)),
            None => plan.patience,
        };
        let origin = Origin::of(&plan.from)?;
        let asker = match plan.proto.is_datagram() {
            true => Asker::udp(origin, what.data.clone()),
            false => Asker::tcp(origin),
        };
        let limit = match asked.again {
            Some(again) => Limit {
                time: again.patience(plan.lookup_limit.time, cx.now).unwrap_or_default(),
                asked: again.patience(plan.lookup_limit.time, cx.now) != Some(plan.lookup_limit.time),
            },
            None => plan.lookup_limit,
        };
        let hosts = Hosts::new(what.targets.clone(), ports, limit, asked.lookups);
        Ok(Stage::Asking(Box::new(Round::new(plan, asked.parallel, patience, hosts, asker)), asked))
    }

    /// Goes on asking, and tells what is found.
    fn go_on(
        &self,
        cx: &mut Cx<'_>,
        mut round: Box<Round>,
        mut asked: Asked,
    ) -> Result<(Stage, Option<Turn>), Failure> {
        let (teller, mut found) = (&mut asked.teller, Vec::new());
        if !teller.flush()? {
            return Ok((Stage::Ended, Some(Turn::End(Exit::Done))));
        }
        let stuck = teller.spout.stuck();
        let next = round.run(cx, &self.plan, stuck, &mut found);
        teller.tally = round.tally();
        teller.tell_all(cx, &round.hosts, found);
        if !teller.flush()? {
            return Ok((Stage::Ended, Some(Turn::End(Exit::Done))));
        }
        let next = match next {
            Ok(next) => next,
            Err(failure) => {
                let found = round.cut_short(cx);
                teller.tell_all(cx, &round.hosts, found);
                return Ok((Self::fail(cx, asked.teller, failure), None));
            }
        };
        match next {
            // The reader has taken everything meanwhile: no event will tell of that.
            Next::Wait(_) if stuck && !teller.spout.stuck() => Ok((Stage::Asking(round, asked), Some(Turn::Again))),
            Next::Again => Ok((Stage::Asking(round, asked), Some(Turn::Again))),
            Next::Wait(until) => Ok((Stage::Asking(round, asked), Some(Turn::Wait(until)))),
            Next::Done => {
                let lost = match round.hosts.finish(cx) {
                    Ok(lost) => lost,
                    Err(failure) => return Ok((Self::fail(cx, asked.teller, failure), None)),
                };
                let tally = asked.teller.tally;
                let open = tally.of(State::Open);
                let all = open == tally.total && !lost;
                Ok((self.decide(cx, asked, open > 0, all), None))
            }
        }
    }

    /// What follows when all was asked: whether one was open, and whether all were.
    fn decide(&self, cx: &mut Cx<'_>, mut asked: Asked, open: bool, all: bool) -> Stage {
        if let (false, Some(again)) = (open, &mut asked.again) {
            let at = again.after(asked.teller.kept_is_silent(), cx.now);
            return Stage::Pause(at, asked);
        }
        asked.teller.end(cx);
        let exit = if open && (all || !self.plan.all) { Exit::Done } else { Exit::Network };
        Stage::Over(exit, asked.teller)
    }

    /// Whether the time for asking again (`--until-open`) is not over.
    fn may_ask_again(&self, cx: &Cx<'_>, asked: &Asked) -> bool {
        asked.again.is_some_and(|again| again.patience(self.plan.patience, cx.now).is_some())
    }

    /// Nothing more can be asked; what was found is still written.
    fn fail(cx: &mut Cx<'_>, teller: Teller, failure: Failure) -> Stage {
        let exit = failure.exit;
        cx.error(failure);
        Stage::Over(exit, teller)
    }

    fn teller(&self) -> Option<&Teller> {
        match &self.stage {
            Stage::Preparing(_, teller) | Stage::Over(_, teller) => Some(teller),
            Stage::Asking(_, asked) | Stage::Pause(_, asked) => Some(&asked.teller),
            Stage::Begin | Stage::Ended => None,
        }
    }

    fn teller_mut(&mut self) -> Option<&mut Teller> {
        match &mut self.stage {
            Stage::Preparing(_, teller) | Stage::Over(_, teller) => Some(teller),
            Stage::Asking(_, asked) | Stage::Pause(_, asked) => Some(&mut asked.teller),
            Stage::Begin | Stage::Ended => None,
        }
    }

    fn turn(&mut self, cx: &mut Cx<'_>) -> Result<Turn, Failure> {
        if matches!(self.stage, Stage::Begin) {
            self.stage = self.begin(cx)?;
        }
        loop {
            let stage = std::mem::replace(&mut self.stage, Stage::Ended);
            let (stage, turn) = self.step(cx, stage)?;
            self.stage = stage;
            if let Some(turn) = turn {
                return Ok(turn);
            }
        }
    }
}

impl Task for Probe {
    fn mark(&mut self, source: usize, ready: Ready) {
        match (source, &mut self.stage) {
            (STDOUT, _) => {
                if let Some(stdout) = self.teller_mut().and_then(|teller| teller.spout.endpoint()) {
                    stdout.mark(ready);
                }
            }
            (INTAKE, Stage::Preparing(preparation, _)) => {
                if let Some(intake) = preparation.intake() {
                    intake.endpoint().mark(ready);
                }
            }
            (_, Stage::Asking(round, _)) => round.mark(source, ready),
            _ => {}
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        self.turn(cx).unwrap_or_else(|failure| cx.fail(failure))
    }

    fn traffic(&self, now: Instant) -> Traffic {
        match self.teller() {
            Some(teller) => {
                let elapsed = now.saturating_duration_since(teller.began);
                Traffic { elapsed, ports: Some(teller.tally), ..Traffic::default() }
            }
            None => Traffic::default(),
        }
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        if let Stage::Asking(round, asked) = &mut self.stage {
            let found = round.cut_short(cx);
            asked.teller.tell_all(cx, &round.hosts, found);
            if let Some(failure) = round.hosts.last_failure.take() {
                cx.trouble(failure);
            }
        }
        if let Some(teller) = self.teller_mut() {
            teller.cut_short(cx, stop);
        }
    }
}
