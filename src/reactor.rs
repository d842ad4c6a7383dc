//! The loop: one thread, one poll. It knows tasks, events and deadlines; not what any of them is about.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use crate::error::Exit;
use crate::event::{Event, Tell, Traffic};
use crate::io::bell::Bells;
use crate::io::endpoint::Ready;
use crate::io::watch::{Watch, task_and_source};
use crate::logic::timers::Timers;
use crate::signal::{HOW_FAR, Signals};
use crate::task::{Cx, Stop, Task, Turn};

const BELLS: Token = Token(usize::MAX);
const SIGNALS: Token = Token(usize::MAX - 1);

/// How many events one call to the system tells of.
const EVENTS: usize = 1_024;

/// Memory that flows read into: what a socket usually gives at once.
const SCRATCH: usize = 64 * 1024;

/// The loop and all that runs in it.
pub struct Reactor {
    poll: Poll,
    events: Events,
    signals: Signals,
    bells: Bells,
    timers: Timers,
    tasks: Slab<Entry>,
    due: VecDeque<usize>,
    scratch: Box<[u8]>,
}

struct Entry {
    task: Box<dyn Task>,
    parent: Option<usize>,
    due: bool,
}

impl Reactor {
    /// A loop with nothing to do.
    ///
    /// # Errors
    /// Whatever the system says to epoll, eventfd or a socket pair.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut signals = Signals::catch()?;
        poll.registry().register(signals.source(), SIGNALS, Interest::READABLE)?;
        let bells = Bells::new(poll.registry(), BELLS)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS),
            signals,
            bells,
            timers: Timers::default(),
            tasks: Slab::new(),
            due: VecDeque::new(),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
        })
    }

    /// Runs a task, and all that it spawns, to its end.
    ///
    /// # Errors
    /// Whatever the system says to waiting.
    pub fn run(mut self, first: Box<dyn Task>, deadline: Option<Duration>, report: &mut dyn Tell) -> io::Result<Exit> {
        let root = self.admit(first, None);
        let mut now = clock();
        let limit = deadline.map(|time| now + time);
        loop {
            if let Some(exit) = self.run_due(root, now, report) {
                return Ok(exit);
            }
            let progress = report.next_progress();
            self.wait(now, limit.into_iter().chain(progress).min())?;
            now = clock();
            for signal in self.mark() {
                match signal {
                    HOW_FAR => self.tell_progress(now, report, true),
                    deadly => return Ok(self.stop(Stop::Signal(deadly), now, report)),
                }
            }
            if progress.is_some_and(|at| at <= now) {
                self.tell_progress(now, report, false);
            }
            if limit.is_some_and(|at| at <= now) {
                return Ok(self.stop(Stop::Deadline, now, report));
            }
            while let Some(task) = self.timers.pop(now) {
                self.call(task);
            }
        }
    }

    fn admit(&mut self, task: Box<dyn Task>, parent: Option<usize>) -> usize {
        let key = self.tasks.insert(Entry { task, parent, due: false });
        self.call(key);
        key
    }

    /// Has a task run in the next turn, once.
    fn call(&mut self, key: usize) {
        if let Some(entry) = self.tasks.get_mut(key)
            && !std::mem::replace(&mut entry.due, true)
        {
            self.due.push_back(key);
        }
    }

    /// Runs each task that is due, and each that it spawns, once. The exit status, when the root task has ended.
    fn run_due(&mut self, root: usize, now: Instant, report: &mut dyn Tell) -> Option<Exit> {
        let mut again = Vec::new();
        while let Some(key) = self.due.pop_front() {
            let mut spawned = Vec::new();
            let Some(entry) = self.tasks.get_mut(key) else {
                continue;
            };
            entry.due = false;
            let turn = entry.task.run(&mut Cx {
                now,
                clock,
                scratch: &mut self.scratch,
                task: key,
                watch: Watch::new(self.poll.registry(), key),
                bells: &self.bells,
                report,
                spawned: &mut spawned,
            });
            for task in spawned {
                self.admit(task, Some(key));
            }
            match turn {
                Turn::Wait(deadline) => self.timers.set(key, deadline),
                Turn::Again => again.push(key),
                Turn::End(exit) if key == root => return Some(exit),
                Turn::End(exit) => self.end(key, exit),
            }
        }
        for key in again {
            self.call(key);
        }
        None
    }

    fn end(&mut self, key: usize, exit: Exit) {
        self.timers.set(key, None);
        let entry = self.tasks.remove(key);
        if let Some(parent) = entry.parent
            && let Some(spawner) = self.tasks.get_mut(parent)
        {
            spawner.task.ended(exit);
            self.call(parent);
        }
    }

    /// Waits for an event, or for the next deadline; not at all while a task is due.
    fn wait(&mut self, now: Instant, limit: Option<Instant>) -> io::Result<()> {
        let next = match self.due.is_empty() {
            false => Some(now),
            true => self.timers.next().into_iter().chain(limit).min(),
        };
        let timeout = next.map(|at| at.saturating_duration_since(now));
        match self.poll.poll(&mut self.events, timeout) {
            // By a stop and its continuation: what came meanwhile is heard before what is due by now.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.events.clear();
                self.poll.poll(&mut self.events, Some(Duration::ZERO))
            }
            done => done,
        }
    }

    /// Tells tasks of their events, all before any of them runs, so that no descriptor's number is taken anew under an
    /// event of the old one. The signals that came.
    fn mark(&mut self) -> Vec<i32> {
        let mut signals = Vec::new();
        let mut called = Vec::new();
        for event in &self.events {
            match event.token() {
                SIGNALS => signals.extend(self.signals.take()),
                BELLS => called.extend(self.bells.rung()),
                token => {
                    let (key, source) = task_and_source(token);
                    if let Some(entry) = self.tasks.get_mut(key) {
                        entry.task.mark(source, Ready::from(event));
                        called.push(key);
                    }
                }
            }
        }
        for key in called {
            self.call(key);
        }
        signals
    }

    fn tell_progress(&self, now: Instant, report: &mut dyn Tell, asked: bool) {
        let mut traffic = Traffic::default();
        for (_, entry) in &self.tasks {
            traffic.add(&entry.task.traffic(now));
        }
        report.tell(&Event::Progress { traffic, asked });
    }

    fn stop(&mut self, stop: Stop, now: Instant, report: &mut dyn Tell) -> Exit {
        let settled = self.tasks.iter().find_map(|(_, entry)| entry.task.settled());
        for (key, entry) in &mut self.tasks {
            entry.task.stop(
                &mut Cx {
                    now,
                    clock,
                    scratch: &mut self.scratch,
                    task: key,
                    watch: Watch::new(self.poll.registry(), key),
                    bells: &self.bells,
                    report,
                    spawned: &mut Vec::new(),
                },
                stop,
            );
        }
        match (stop, settled) {
            (Stop::Deadline, Some(exit)) => exit,
            _ => stop.exit(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock: read once a turn and handed down")]
fn clock() -> Instant {
    Instant::now()
}
