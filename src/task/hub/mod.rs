//! Many peers and one local end: what stdin gives goes to all of them (a regular file whole to each), or a mode answers
//! each by itself; what they send comes out in whole chunks. Queues are bounded, and no peer stops another.

mod door;
mod member;
mod outlet;
mod queue;
mod voice;

use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Instant;

use slab::Slab;

use self::member::{Member, Over};
use self::outlet::Outlet;
use self::voice::Source;
use super::local::Local;
use super::{Cx, Stop, Task, Turn};
use crate::cli::plan::{Answer, Listen, Many, Relay};
use crate::error::{Deed, Exit, Failure, Lost, Object, Way};
use crate::event::{By, Event, How, Traffic};
use crate::io::endpoint::Ready;
use crate::logic::ends::Stdin;
use crate::logic::filter::Chain;
use crate::logic::pace::Pace;
use crate::logic::timers::Timers;
use crate::net::acceptor::Acceptor;
use crate::session::Out;

const ACCEPTOR: usize = 0;
const STDIN: usize = 1;
const STDOUT: usize = 2;
const MEMBERS: usize = 3;

/// The hub of a listener that keeps open.
pub struct Hub {
    relay: Rc<Relay>,
    begun: bool,
    many: Many,
    /// None once all have come that were to come.
    acceptor: Option<Acceptor>,
    /// Until when the first peer must come.
    limit: Option<Instant>,
    accepted: u64,
    hosts: HashMap<IpAddr, usize>,
    members: Slab<Member>,
    due: Vec<usize>,
    timers: Timers,
    source: Source,
    kind: Stdin,
    sending: Chain,
    pace: Option<Pace>,
    /// What was read of stdin and has to wait for its time.
    held: Vec<u8>,
    /// What answers the peers, where stdin does not.
    answer: Option<Answer>,
    shared: Shared,
    /// What has gone wrong: how a hub ends that has all its peers behind it.
    worst: Exit,
    /// What those who have gone had carried.
    gone: Traffic,
}

/// What all peers share.
struct Shared {
    /// Where what they send goes.
    outlet: Outlet,
    /// Memory for what a session says, empty between two of them.
    out: Out,
    /// Where bytes go that nobody looks at: the more it has room for, the fewer calls. Empty before there are any.
    void: Vec<u8>,
}

/// Memory that Linux never writes to, and so never has to find (see `Endpoint::skip`).
const VOID: usize = 1 << 20;

impl Hub {
    /// A hub whose sockets listen already.
    pub fn new(acceptor: Acceptor, plan: &Listen, relay: Rc<Relay>, local: Local, now: Instant) -> Self {
        let kind = local.kind();
        let source = match local.stdin {
            Some(stdin) => match stdin.file_offset() {
                Some(offset) => Source::Each(stdin, offset),
                None => Source::Shared(stdin),
            },
            None => Source::Silent,
        };
        Self {
            begun: false,
            many: plan.many.unwrap_or(Many { at_once: 1, per_host: 1, in_all: 1, alone: true }),
            acceptor: Some(acceptor),
            limit: plan.accept_limit.map(|limit| now + limit),
            accepted: 0,
            hosts: HashMap::new(),
            members: Slab::new(),
            due: Vec::new(),
            timers: Timers::default(),
            source,
            kind,
            sending: relay.bytes.filters.sending(),
            pace: relay.bytes.interval.map(Pace::new),
            held: Vec::new(),
            answer: plan.answer.clone(),
            shared: Shared { outlet: Outlet::new(local.stdout, &relay.bytes), out: Out::default(), void: Vec::new() },
            worst: Exit::Done,
            gone: Traffic::default(),
            relay,
        }
    }

    /// Watches everything.
    fn begin(&mut self, cx: &mut Cx<'_>) -> std::io::Result<()> {
        self.begun = true;
        if let Some(acceptor) = &self.acceptor {
            acceptor.watch(cx.watch, ACCEPTOR)?;
        }
        if let Source::Shared(stdin) = &mut self.source {
            stdin.watch(cx.watch, STDIN)?;
        }
        match self.shared.outlet.spout.endpoint() {
            Some(stdout) => stdout.watch(cx.watch, STDOUT),
            None => Ok(()),
        }
    }

    /// Has a peer run in this turn.
    fn call(&mut self, key: usize) {
        if let Some(member) = self.members.get_mut(key)
            && !std::mem::replace(&mut member.due, true)
        {
            self.due.push(key);
        }
    }

    fn lose(&mut self, cx: &mut Cx<'_>, key: usize, over: &Over) {
        let mut member = self.members.remove(key);
        self.timers.set(key, None);
        if let Some(host) = member.stream().peer.addr.ip()
            && let Some(here) = self.hosts.get_mut(&host)
        {
            *here -= 1;
            if *here == 0 {
                self.hosts.remove(&host);
            }
        }
        self.gone.add(&member.traffic(cx.now));
        let rest = match (&self.source, member.file) {
            (Source::Each(file, start), Some(offset)) => file.left().0.saturating_sub(offset - start),
            _ => 0,
        };
        let exit = member.tell_end(cx, over, rest, self.many.alone);
        if self.worst == Exit::Done {
            self.worst = exit;
        }
    }

    /// Runs the peers that are due, each once. True when some are due again.
    fn run_members(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        while let Some(key) = self.timers.pop(cx.now) {
            self.call(key);
        }
        let spoken = !matches!(self.source, Source::Shared(_)) && self.held.is_empty();
        let mut again = false;
        for key in std::mem::take(&mut self.due) {
            let Some(member) = self.members.get_mut(key) else {
                continue;
            };
            member.due = false;
            match member.run(cx, &mut self.shared, spoken) {
                Ok(deadline) => {
                    self.timers.set(key, deadline);
                    again |= self.read_on(cx, key);
                }
                Err(Over::ReaderFailed(error)) => return Err(self.reader_failed(cx, &error)),
                Err(over) => self.lose(cx, key, &over),
            }
        }
        Ok(again)
    }

    /// Tells what stdin gave, or still has, and nobody heard.
    fn tell_unsaid(&mut self, cx: &mut Cx<'_>) {
        let left = match &self.source {
            Source::Shared(stdin) => stdin.left().0,
            _ => 0,
        };
        let bytes = self.held.len() as u64 + left;
        if bytes > 0 {
            let lost = Some(Lost { bytes, at_least: left > 0, way: Way::Up });
            let stdin = Object::Named("stdin".into());
            let failure = Failure::new(Deed::Read, stdin, "the last peer has left", Exit::Network);
            cx.tell(&Event::Trouble(Box::new(failure.losing(lost))));
            self.worst = Exit::Network;
        }
    }

    /// Everybody goes.
    fn end(&mut self, cx: &mut Cx<'_>, by: By, how: How, exit: Exit) -> Turn {
        let all: Vec<usize> = self.members.iter().map(|(key, _)| key).collect();
        for key in all {
            // When stdout's reader has left, that is told of nobody's bytes.
            let over = if exit == Exit::Done { Over::Unheard } else { Over::Left(by, how) };
            self.lose(cx, key, &over);
        }
        if self.sending.unmappable() > 0 {
            let reason =
                format!("{} characters are not in the peers' encoding, and went as ?", self.sending.unmappable());
            let failure = Failure::new(Deed::Send, Object::Named("all peers".into()), reason, Exit::Done);
            cx.tell(&Event::Trouble(Box::new(failure)));
        }
        self.shared.outlet.spout.close(cx.watch);
        Turn::End(exit)
    }

    fn reader_failed(&mut self, cx: &mut Cx<'_>, error: &std::io::Error) -> Turn {
        if self.shared.outlet.spout.reader_left(error) {
            return self.end(cx, By::Local, How::Fin, Exit::Done); // stdout's reader has left: no failure
        }
        let failure = Failure::system(Deed::Write, Object::Named("stdout".into()), error, Exit::Local);
        cx.tell(&Event::Error(Box::new(failure.losing(self.unwritten()))));
        self.end(cx, By::Local, How::Error, Exit::Local)
    }

    fn unwritten(&self) -> Option<Lost> {
        let bytes = self.shared.outlet.spout.held();
        (bytes > 0).then_some(Lost { bytes, at_least: true, way: Way::Down })
    }

    fn turn(&mut self, cx: &mut Cx<'_>) -> Result<Turn, Turn> {
        if !self.begun
            && let Err(error) = self.begin(cx)
        {
            return Err(cx.fail(Failure::system(Deed::Start, Object::Named("the hub".into()), &error, Exit::Local)));
        }
        let outlet = &mut self.shared.outlet;
        if outlet.spout.broken() {
            return Err(self.end(cx, By::Local, How::Fin, Exit::Done));
        }
        let stuck = outlet.spout.stuck();
        if let Err(error) = outlet.spout.flush() {
            return Err(self.reader_failed(cx, &error));
        }
        if stuck && !outlet.spout.stuck() {
            let all: Vec<usize> = self.members.iter().map(|(key, _)| key).collect();
            all.into_iter().for_each(|key| self.call(key)); // those who were not read from
        }
        let again = self.run_members(cx)?;
        // After those who were full or in the way of others had their turn, and may be gone.
        let more = self.accept(cx)?;
        let heard = self.hear(cx);
        let stuck = self.shared.outlet.spout.stuck();
        if self.acceptor.is_none() && self.members.is_empty() && !stuck {
            self.tell_unsaid(cx);
            return Err(self.end(cx, By::Local, How::Fin, self.worst));
        }
        if let (Some(limit), Some(acceptor)) = (self.limit, &self.acceptor)
            && limit <= cx.now
        {
            return Err(cx.fail(Failure::new(Deed::Accept, acceptor.object(), "timed out", Exit::Timeout)));
        }
        if more || again || heard || !self.due.is_empty() {
            return Ok(Turn::Again);
        }
        let pace = self.pace.as_ref().and_then(Pace::next).filter(|_| !self.held.is_empty() && self.is_heard());
        let again = self.acceptor.as_ref().and_then(Acceptor::again);
        Ok(Turn::Wait([self.timers.next(), again, self.limit, pace].into_iter().flatten().min()))
    }
}

impl Task for Hub {
    fn mark(&mut self, source: usize, ready: Ready) {
        match source {
            ACCEPTOR => {
                if let Some(acceptor) = &mut self.acceptor {
                    acceptor.mark();
                }
            }
            STDIN => {
                if let Source::Shared(stdin) = &mut self.source {
                    stdin.mark(ready);
                }
            }
            STDOUT => {
                if let Some(stdout) = self.shared.outlet.spout.endpoint() {
                    stdout.mark(ready);
                }
            }
            member => {
                let key = member - MEMBERS;
                if let Some(member) = self.members.get_mut(key) {
                    member.stream().io.mark(ready);
                    self.call(key);
                }
            }
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        self.turn(cx).unwrap_or_else(|end| end)
    }

    fn traffic(&self, now: Instant) -> Traffic {
        let mut sum = self.gone;
        for (_, member) in &self.members {
            sum.add(&member.traffic(now));
        }
        sum
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        let (by, how, reason) = stop.told();
        let _ = self.shared.outlet.spout.flush();
        let unwritten = self.unwritten();
        if unwritten.is_some() {
            let failure = Failure::new(Deed::Write, Object::Named("stdout".into()), reason, stop.exit());
            cx.tell(&Event::Error(Box::new(failure.losing(unwritten))));
        }
        if stop == Stop::Deadline {
            let failure = match &self.acceptor {
                Some(acceptor) if self.accepted == 0 => (Deed::Accept, acceptor.object()),
                _ => (Deed::Connection, Object::Named(format!("{} peers", self.members.len()))),
            };
            let failure = Failure::new(failure.0, failure.1, reason, Exit::Timeout);
            cx.tell(&Event::Error(Box::new(failure)));
        }
        self.end(cx, by, how, stop.exit());
    }
}
