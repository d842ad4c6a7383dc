//! Asking which ports are open: what is to be asked is read, then one sweep asks it (`round.rs`), or one after another
//! until the port is open. What is found goes to stdout as it is found.

mod asker;
mod banners;
mod hosts;
mod intake;
mod local;
mod round;

use std::time::{Duration, Instant};

use self::asker::Asker;
use self::hosts::Hosts;
use self::intake::Intake;
use self::round::{Found, Next, Round};
use super::local::Local;
use super::{Cx, Stop, Task, Turn};
use crate::cli::peer::Peer;
use crate::cli::plan::{self, Data, Sought};
use crate::cli::targets::{self, Target, Word};
use crate::error::{Deed, Exit, Failure, Lost, Object, Way};
use crate::event::{Event, Finding, Probed, Traffic};
use crate::io::endpoint::Ready;
use crate::io::spout::Spout;
use crate::logic::sweep::{Again, State, Tally};
use crate::net::limits::raise_descriptors;
use crate::net::resolve::numeric;
use crate::net::socket::Origin;

const STDOUT: usize = 0;
const INTAKE: usize = 1;

/// Descriptors that are not for asking: stdio, the loop's own, a file.
const OTHERS: usize = 16;

/// As many ports are asked at once where nobody says otherwise: more at a time are a burst that routers drop.
const PARALLEL: usize = 4_096;

/// A probe.
pub struct Probe {
    plan: plan::Probe,
    /// Whether every finding is told, and not only results.
    verbose: bool,
    alone: bool,
    spout: Spout,
    stage: Stage,
    /// What UDP ports are asked with.
    data: Option<Vec<u8>>,
    targets: Vec<Target>,
    parallel: usize,
    began: Option<Instant>,
    again: Option<Again>,
    /// What was found of a port that was asked alone and is not open: told when it is over.
    shut: Vec<Finding>,
    tally: Tally,
}

enum Stage {
    Begin,
    /// What UDP ports are asked with is read.
    Data(Intake),
    /// The list of hosts is read.
    List(Intake),
    Asking(Box<Round>),
    /// A Unix socket, which answers at once.
    Local,
    /// The port was not open: it is asked again at this time.
    Pause(Instant),
    /// All is told but what stdout has not taken.
    Over(Exit),
}

impl Probe {
    /// A probe that is about to begin. `verbose`: every finding is told.
    pub fn new(plan: plan::Probe, verbose: bool, local: Local) -> Self {
        Self {
            alone: plan.asks_one_port(),
            plan,
            verbose,
            spout: Spout::new(local.stdout),
            stage: Stage::Begin,
            data: None,
            targets: Vec::new(),
            parallel: 1,
            began: None,
            again: None,
            shut: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> Result<Stage, Failure> {
        let most = raise_descriptors().saturating_sub(OTHERS).max(1);
        self.parallel = self.plan.parallel.unwrap_or(PARALLEL.min(most));
        self.began = Some(cx.now);
        self.again = self.plan.until_open.map(|time| Again::new(time, cx.now));
        if let Some(stdout) = self.spout.endpoint() {
            stdout
                .watch(cx.watch, STDOUT)
                .map_err(|error| Failure::system(Deed::Write, Object::Named("stdout".into()), &error, Exit::Local))?;
        }
        let mut intake = match self.plan.data.take() {
            None => return self.list(cx),
            Some(Data::Text(text)) => {
                self.data = Some(text.into_bytes());
                return self.list(cx);
            }
            Some(Data::File(path)) => Intake::file(path)?,
            Some(Data::Stdin) => Intake::stdin(),
        };
        intake.watch(cx, INTAKE)?;
        Ok(Stage::Data(intake))
    }

    /// Reads on in what is read before the first port is asked. The next stage, once it was.
    fn read(&mut self, cx: &mut Cx<'_>) -> Result<Option<Stage>, Failure> {
        let (Stage::Data(intake) | Stage::List(intake)) = &mut self.stage else {
            return Ok(None);
        };
        let Some(bytes) = intake.read(cx)? else {
            return Ok(None);
        };
        match std::mem::replace(&mut self.stage, Stage::Begin) {
            Stage::Data(intake) => {
                intake.close(cx);
                self.data = Some(bytes);
                self.list(cx).map(Some)
            }
            Stage::List(intake) => {
                let name = intake.name().clone();
                intake.close(cx);
                let Sought::Ports { reader, ports, .. } = &self.plan.what else { return Ok(None) };
                let wrong = |why| Failure::new(Deed::Read, name.clone(), why, Exit::Usage);
                let targets = targets::parse_list(&bytes, reader).map_err(wrong)?;
                if let (Some(bare), None) = (targets.iter().find(|target| target.ports.is_none()), ports) {
                    return Err(wrong(format!("PORTS are missing for {}", bare.text())));
                }
                self.targets = targets;
                self.ask(cx).map(Some)
            }
            other => {
                self.stage = other;
                Ok(None)
            }
        }
    }

    fn list(&mut self, cx: &mut Cx<'_>) -> Result<Stage, Failure> {
        let mut intake = match &self.plan.what {
            Sought::Unix(_) => return Ok(Stage::Local),
            Sought::Ports { word: Word::Targets(targets), .. } => {
                self.targets.clone_from(targets);
                return self.ask(cx);
            }
            Sought::Ports { word: Word::File(path), .. } => Intake::file(path.into())?,
            Sought::Ports { word: Word::Stdin, .. } => Intake::stdin(),
        };
        intake.watch(cx, INTAKE)?;
        Ok(Stage::List(intake))
    }

    /// Begins to ask.
    fn ask(&mut self, cx: &mut Cx<'_>) -> Result<Stage, Failure> {
        let Sought::Ports { ports, .. } = &self.plan.what else { return Ok(Stage::Local) };
        let patience = match self.again {
            Some(again) => again.patience(self.plan.patience, cx.now).unwrap_or(Duration::from_millis(1)),
            None => self.plan.patience,
        };
        let from = &self.plan.from;
        let addr = from.addr.as_ref().map(numeric).transpose()?.flatten();
        let origin = Origin { addr, port: from.port, unix: None, options: from.options.clone() };
        let asker = match self.plan.proto.is_datagram() {
            true => Asker::udp(origin, self.data.clone()),
            false => Asker::tcp(origin),
        };
        let targets = match self.again {
            Some(_) => self.targets.clone(),
            None => std::mem::take(&mut self.targets),
        };
        let hosts = Hosts::new(targets, ports.clone());
        Ok(Stage::Asking(Box::new(Round::new(&self.plan, self.parallel, patience, hosts, asker))))
    }

    /// Goes on asking, and tells what is found.
    fn go_on(&mut self, cx: &mut Cx<'_>) -> Result<Turn, Failure> {
        let Stage::Asking(round) = &mut self.stage else {
            return Ok(Turn::Wait(None));
        };
        let mut found = Vec::new();
        let next = round.run(cx, &self.plan, self.spout.stuck(), &mut found);
        self.tally = round.sweep().tally();
        self.tell_found(cx, found);
        self.flush(cx)?;
        match next? {
            Next::Again => Ok(Turn::Again),
            Next::Wait(until) => Ok(Turn::Wait(until)),
            Next::Done => self.finish_round(cx),
        }
    }

    fn tell_found(&mut self, cx: &mut Cx<'_>, found: Vec<Found>) {
        for Found { verdict, shut, banner } in found {
            let open = verdict.state == State::Open;
            let listed = open || self.plan.all;
            if !listed && !self.verbose && !self.alone {
                continue;
            }
            let host = match &self.stage {
                Stage::Asking(round) => round.hosts.name(verdict.place),
                _ => None,
            };
            let peer = Peer { proto: self.plan.proto, host, addr: verdict.addr.into() };
            let reason = match shut {
                Some(shut) => shut.to_string(),
                None if open => "answered".into(),
                None => "timeout".into(),
            };
            let finding = Finding {
                peer,
                state: verdict.state,
                reason,
                errno: shut.and_then(|shut| shut.errno()),
                rtt: verdict.rtt,
                waited: verdict.waited,
                tries: verdict.tries,
                banner,
                listed,
                alone: self.alone,
            };
            self.tell(cx, finding);
        }
    }

    /// Tells a finding, now or, where it is one of the addresses of a port asked alone that is not open, when it is over.
    fn tell(&mut self, cx: &mut Cx<'_>, finding: Finding) {
        let later = self.again.is_some() || (!self.verbose && !finding.listed);
        if self.alone && later && finding.state != State::Open {
            self.shut.push(finding);
        } else {
            let line = cx.report.result(&finding);
            self.spout.buffer().extend_from_slice(line.as_bytes());
        }
    }

    fn tell_shut(&mut self, cx: &mut Cx<'_>) {
        for finding in std::mem::take(&mut self.shut) {
            let line = cx.report.result(&finding);
            self.spout.buffer().extend_from_slice(line.as_bytes());
        }
    }

    /// All ports of a sweep are decided.
    fn finish_round(&mut self, cx: &mut Cx<'_>) -> Result<Turn, Failure> {
        let lost = match &mut self.stage {
            Stage::Asking(round) => match (round.hosts.last_failure.take(), round.hosts.found) {
                (Some(failure), 0) => return Err(failure),
                (Some(failure), _) => {
                    cx.tell(&Event::Trouble(Box::new(failure)));
                    round.hosts.lost
                }
                (None, _) => 0,
            },
            _ => 0,
        };
        let open = self.tally.of(State::Open);
        if let (0, Some(again)) = (open, &mut self.again) {
            let silent = self.shut.last().is_some_and(|finding| finding.rtt.is_none());
            let at = again.after(silent, cx.now);
            if again.patience(self.plan.patience, cx.now).is_some() {
                self.stage = Stage::Pause(at);
                return Ok(Turn::Wait(Some(at)));
            }
            self.tell_shut(cx);
            return Ok(self.over(cx, Exit::Timeout));
        }
        if open == 0 {
            self.tell_shut(cx);
        }
        let done = match self.plan.all {
            true => open == self.tally.total && lost == 0,
            false => open > 0,
        };
        Ok(self.over(cx, if done { Exit::Done } else { Exit::Network }))
    }

    /// Tells the summary, and leaves once stdout has taken everything.
    fn over(&mut self, cx: &mut Cx<'_>, exit: Exit) -> Turn {
        self.tell_summary(cx);
        self.stage = Stage::Over(exit);
        match self.flush(cx) {
            Err(failure) => cx.fail(failure),
            Ok(()) if self.spout.stuck() => Turn::Wait(None),
            Ok(()) => Turn::End(exit),
        }
    }

    fn tell_summary(&self, cx: &mut Cx<'_>) {
        let took = self.began.map_or(Duration::ZERO, |began| (cx.clock)() - began);
        let what = self.plan.text.clone();
        cx.tell(&Event::Probed(Box::new(Probed { what, tally: self.tally, took, alone: self.alone })));
    }

    fn flush(&mut self, _: &mut Cx<'_>) -> Result<(), Failure> {
        match self.spout.flush() {
            Ok(_) => Ok(()),
            Err(error) if self.spout.reader_left(&error) => {
                self.stage = Stage::Over(Exit::Done); // nobody wants to know
                self.spout = Spout::default();
                Ok(())
            }
            Err(error) => {
                let failure = Failure::system(Deed::Write, Object::Named("stdout".into()), &error, Exit::Local);
                Err(failure.losing(self.unwritten()))
            }
        }
    }

    fn unwritten(&self) -> Option<Lost> {
        let bytes = self.spout.held();
        (bytes > 0).then_some(Lost { bytes, at_least: false, way: Way::Down })
    }

    fn turn(&mut self, cx: &mut Cx<'_>) -> Result<Turn, Failure> {
        if self.spout.broken() {
            return Ok(Turn::End(Exit::Done)); // stdout's reader has left: nobody wants to know
        }
        match &self.stage {
            Stage::Begin => self.stage = self.begin(cx)?,
            Stage::Data(_) | Stage::List(_) => {}
            Stage::Pause(until) if *until <= cx.now => self.stage = self.ask_again(cx)?,
            Stage::Pause(until) => return Ok(Turn::Wait(Some(*until))),
            Stage::Over(_) => self.flush(cx)?,
            Stage::Asking(_) | Stage::Local => {}
        }
        while let Some(stage) = self.read(cx)? {
            self.stage = stage;
        }
        match &self.stage {
            Stage::Local => self.ask_local(cx),
            Stage::Asking(_) => {
                let turn = self.go_on(cx)?;
                Ok(match &self.stage {
                    Stage::Over(exit) if !self.spout.stuck() => Turn::End(*exit),
                    _ => turn,
                })
            }
            Stage::Over(exit) if !self.spout.stuck() => Ok(Turn::End(*exit)),
            _ => Ok(Turn::Wait(None)),
        }
    }

    /// Asks the port again, unless the time for that is over.
    fn ask_again(&mut self, cx: &mut Cx<'_>) -> Result<Stage, Failure> {
        let over = self.again.is_some_and(|again| again.patience(self.plan.patience, cx.now).is_none());
        if over {
            self.tell_shut(cx);
            self.tell_summary(cx);
            return Ok(Stage::Over(Exit::Timeout));
        }
        self.shut.clear();
        match self.plan.proto.is_unix() {
            true => Ok(Stage::Local),
            false => self.ask(cx),
        }
    }
}

impl Task for Probe {
    fn mark(&mut self, source: usize, ready: Ready) {
        match (source, &mut self.stage) {
            (STDOUT, _) => self.spout.endpoint().map_or((), |stdout| stdout.mark(ready)),
            (INTAKE, Stage::Data(intake) | Stage::List(intake)) => intake.endpoint().mark(ready),
            (_, Stage::Asking(round)) => round.mark(source, ready),
            _ => {}
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        match self.turn(cx) {
            Ok(turn) => turn,
            Err(failure) => {
                let _ = self.spout.flush();
                cx.fail(failure)
            }
        }
    }

    fn traffic(&self, now: Instant) -> Traffic {
        let elapsed = self.began.map_or(Duration::ZERO, |began| now - began);
        Traffic { elapsed, ports: Some(self.tally), ..Traffic::default() }
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        if let Stage::Asking(round) = &mut self.stage {
            let mut found = Vec::new();
            round.hear_banners(cx, true, &mut found);
            self.tally = round.sweep().tally();
            self.tell_found(cx, found);
        }
        if self.tally.of(State::Open) == 0 {
            self.tell_shut(cx);
        }
        let _ = self.spout.flush();
        if let Some(lost) = self.unwritten() {
            let failure = Failure::new(Deed::Write, Object::Named("stdout".into()), "cut short", stop.exit());
            cx.tell(&Event::Error(Box::new(failure.losing(Some(lost)))));
        }
        if stop == Stop::Deadline {
            let object = Object::Named(self.plan.text.clone());
            let failure = Failure::new(Deed::Probe, object, "the deadline has passed", Exit::Timeout);
            let took = self.began.map_or(Duration::ZERO, |began| (cx.clock)() - began);
            cx.tell(&Event::Error(Box::new(failure.after(took))));
        }
        self.tell_summary(cx);
    }
}
