//! The work: each task owns the descriptors it uses and runs when one of them, or its deadline, calls.

mod bind;
pub mod dial;
mod ending;
pub mod exchange;
mod eye;
mod find;
pub mod http;
pub mod hub;
mod linger;
pub mod link;
pub mod listen;
pub mod local;
pub mod probe;

use std::time::Instant;

use crate::error::{Exit, Failure};
use crate::event::{By, Event, How, Tell, Traffic, Weight};
use crate::io::bell::{Bell, Bells};
use crate::io::endpoint::Ready;
use crate::io::watch::Watch;

/// A piece of work that the reactor runs.
pub trait Task {
    /// Takes note of an event on one of its descriptors, and does nothing else: the descriptor of another event may
    /// still wait to be told of.
    fn mark(&mut self, source: usize, ready: Ready);

    /// Does what can be done without waiting. It may be called for no reason.
    fn run(&mut self, cx: &mut Cx<'_>) -> Turn;

    /// A task that this one spawned has ended.
    fn ended(&mut self, outcome: Exit) {
        let _ = outcome;
    }

    /// What it has carried so far.
    fn traffic(&self, now: Instant) -> Traffic {
        let _ = now;
        Traffic::default()
    }

    /// Its work is done, and what it still does is courtesy: the exit status, which no deadline changes any more.
    fn settled(&self) -> Option<Exit> {
        None
    }

    /// The run ends now, whatever is under way: saves what can be saved without waiting, and tells the rest.
    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop);
}

/// What a task wants after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// To run on an event, and at this time at the latest.
    Wait(Option<Instant>),
    /// To run again once the others had their turn.
    Again,
    /// Nothing more.
    End(Exit),
}

/// Why a whole run ends at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A signal of this number.
    Signal(i32),
    /// `--deadline` has passed.
    Deadline,
}

impl Stop {
    /// How it is told of what was under way: by whom it ended, how, and why.
    pub const fn told(self) -> (By, How, &'static str) {
        match self {
            Self::Signal(_) => (By::Signal, How::Error, "ended by a signal"),
            Self::Deadline => (By::Local, How::Timeout, "the deadline has passed"),
        }
    }

    /// The exit status that follows.
    pub const fn exit(self) -> Exit {
        match self {
            Self::Signal(number) => Exit::Signal(number),
            Self::Deadline => Exit::Timeout,
        }
    }
}

/// What a task may use during its turn.
pub struct Cx<'a> {
    /// The time, read once a turn of the loop.
    pub now: Instant,
    /// Memory of the whole loop, which holds nothing between turns.
    pub scratch: &'a mut [u8],
    /// The clock itself, for an interval that lies inside one turn.
    pub clock: fn() -> Instant,
    /// Watches its descriptors.
    pub watch: Watch<'a>,
    pub(crate) task: usize,
    pub(crate) bells: &'a Bells,
    pub(crate) report: &'a mut dyn Tell,
    pub(crate) spawned: &'a mut Vec<Box<dyn Task>>,
}

impl Cx<'_> {
    /// Raises an event.
    pub fn tell(&mut self, event: &Event) {
        self.report.tell(event);
    }

    /// Starts a task, and tells this one of its end, which must not come first.
    pub fn spawn(&mut self, task: Box<dyn Task>) {
        self.spawned.push(task);
    }

    /// Tells a failure of this weight.
    pub fn failed(&mut self, weight: Weight, failure: Failure) {
        self.tell(&Event::failed(weight, failure));
    }

    /// Tells a failure that ends the run.
    pub fn error(&mut self, failure: Failure) {
        self.failed(Weight::Fatal, failure);
    }

    /// Tells a failure upon which the run goes on.
    pub fn trouble(&mut self, failure: Failure) {
        self.failed(Weight::Trouble, failure);
    }

    /// Tells a failure, and ends the task with the exit status that follows from it.
    pub fn fail(&mut self, failure: Failure) -> Turn {
        let exit = failure.exit;
        self.error(failure);
        Turn::End(exit)
    }

    /// A bell that has this task run.
    pub fn bell(&self) -> Bell {
        self.bells.of(self.task)
    }
}
