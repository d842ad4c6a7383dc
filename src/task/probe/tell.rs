//! What a probe tells: each finding as it is found, and the summary. What stdout does not take at once waits here.

use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::error::{Deed, Exit, Failure, Lost, Object, Way};
use crate::event::{Event, Finding, Probed};
use crate::io::spout::Spout;
use crate::logic::sweep::{State, Tally};
use crate::task::{Cx, Stop};
use crate::value::peer::{Peer, Proto};

use super::hosts::Hosts;
use super::round::Found;

/// Who tells.
pub(super) struct Teller {
    proto: Proto,
    /// What is probed, as it was written.
    text: String,
    /// Whether every port is a result.
    all: bool,
    /// Whether every finding is told, result or not.
    verbose: bool,
    /// Whether one port is asked for: then it is told why it is not open.
    alone: bool,
    /// Whether that is asked again until it is open: then only the last time counts.
    again: bool,
    pub(super) spout: Spout,
    /// Findings that are told if nothing is open in the end.
    kept: Vec<Finding>,
    pub(super) tally: Tally,
    pub(super) began: Instant,
}

impl Teller {
    pub(super) fn new(plan: &crate::plan::Probe, verbose: bool, spout: Spout, now: Instant) -> Self {
        Self {
            proto: plan.proto,
            text: plan.text.clone(),
            all: plan.all,
            verbose,
            alone: plan.asks_one_port(),
            again: plan.until_open.is_some(),
            spout,
            kept: Vec::new(),
            tally: Tally::default(),
            began: now,
        }
    }

    /// Tells what was found of ports of these hosts.
    pub(super) fn tell_all(&mut self, cx: &mut Cx<'_>, hosts: &Hosts, all: Vec<Found>) {
        for found in all {
            let host = hosts.name(found.verdict.place);
            self.found(cx, found, host);
        }
    }

    fn found(&mut self, cx: &mut Cx<'_>, found: Found, host: Option<Rc<str>>) {
        let Found { verdict, shut, banner } = found;
        let open = verdict.state == State::Open;
        if !open && !self.all && !self.verbose && !self.alone {
            return;
        }
        let reason = match shut {
            Some(shut) => shut.to_string(),
            None if open => "answered".into(),
            None => "timeout".into(),
        };
        self.finding(
            cx,
            Finding {
                peer: Peer { proto: self.proto, host, addr: verdict.addr.into() },
                state: verdict.state,
                reason,
                errno: shut.and_then(|shut| shut.errno()),
                rtt: verdict.rtt,
                waited: verdict.waited,
                tries: verdict.tries,
                banner,
                listed: open || self.all,
                alone: self.alone,
            },
        );
    }

    /// Tells a finding, or keeps it: a port asked alone that is not open at one address may be at the next, or next
    /// time.
    pub(super) fn finding(&mut self, cx: &mut Cx<'_>, finding: Finding) {
        let may_change = self.again || (!self.verbose && !finding.listed);
        match self.alone && may_change && finding.state != State::Open {
            true => self.kept.push(finding),
            false => self.tell(cx, &finding),
        }
    }

    fn tell(&mut self, cx: &mut Cx<'_>, finding: &Finding) {
        let line = cx.report.result(finding);
        self.spout.buffer().extend_from_slice(line.as_bytes());
    }

    /// Whether the last time that was kept nothing came back at all.
    pub(super) fn kept_is_silent(&self) -> bool {
        self.kept.last().is_some_and(|finding| finding.rtt.is_none())
    }

    /// Forgets what was kept: the port is asked again.
    pub(super) fn forget(&mut self) {
        self.kept.clear();
    }

    /// Tells how it ended.
    pub(super) fn end(&mut self, cx: &mut Cx<'_>) {
        for finding in std::mem::take(&mut self.kept) {
            if self.tally.of(State::Open) == 0 {
                self.tell(cx, &finding);
            }
        }
        let took = self.took(cx);
        let (what, tally, alone) = (self.text.clone(), self.tally, self.alone);
        cx.tell(&Event::Probed(Box::new(Probed { what, tally, took, alone })));
    }

    /// Tells what is known when the whole run ends at once.
    pub(super) fn cut_short(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        let _ = self.spout.flush();
        let (_, _, reason) = stop.told();
        if self.spout.stuck() {
            let failure = Failure::new(Deed::Write, Object::Named("stdout".into()), reason, stop.exit());
            cx.error(failure.losing(self.unwritten()));
        }
        if stop == Stop::Deadline {
            let failure = Failure::new(Deed::Probe, Object::Named(self.text.clone()), reason, stop.exit());
            cx.error(failure.after(self.took(cx)));
        }
        self.end(cx);
        let _ = self.spout.flush();
    }

    /// Writes what stdout takes. False where its reader has left, and nobody wants to know.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn flush(&mut self) -> Result<bool, Failure> {
        match self.spout.flush() {
            Ok(_) => Ok(!self.spout.broken()),
            Err(error) if self.spout.reader_left(&error) => Ok(false),
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

    fn took(&self, cx: &Cx<'_>) -> Duration {
        (cx.clock)().saturating_duration_since(self.began)
    }
}
