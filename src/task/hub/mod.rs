//! Many peers and one local end: what stdin gives goes to all of them (a regular file whole to each), or a mode answers
//! each by itself; what they send comes out in whole chunks. Queues are bounded, and no peer stops another.

mod door;
mod end;
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
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{By, How, Traffic};
use crate::filter::Chain;
use crate::io::endpoint::Ready;
use crate::logic::pace::Pace;
use crate::logic::side::Stdin;
use crate::logic::timers::Timers;
use crate::net::acceptor::Acceptor;
use crate::plan::{Answer, Listen, Many, Relay};
use crate::session::Out;

const ACCEPTOR: usize = 0;
const STDIN: usize = 1;
const STDOUT: usize = 2;
const MEMBERS: usize = 3;

/// The hub of a listener that keeps open.
pub struct Hub {
    relay: Rc<Relay>,
    began: Instant,
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
    /// What the outlet is called.
    sink: Object,
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
    /// Whether more than one of them listens: a single one that is slow holds nobody up.
    company: bool,
    /// A pause between what is said to all: nobody is silent because of it.
    pauses: bool,
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
            began: now,
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
            sink: local.sink,
            shared: Shared {
                outlet: Outlet::new(local.stdout, &relay.bytes),
                out: Out::default(),
                company: false,
                pauses: false,
                void: Vec::new(),
            },
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
                Err(Over::ReaderFailed(error)) => return Err(self.sink_failed(cx, &error)),
                Err(over) => self.lose(cx, key, &over),
            }
        }
        Ok(again)
    }

    fn call_all(&mut self) {
        let all: Vec<usize> = self.members.iter().map(|(key, _)| key).collect();
        all.into_iter().for_each(|key| self.call(key));
    }

    /// Learns whether more than one peer listens. From then on each one's patience counts.
    fn look_round(&mut self) {
        if self.answer.is_some() || matches!(self.source, Source::Each(..)) {
            return; // nobody waits for another's queue
        }
        let company = self.members.iter().filter(|(_, member)| member.listens()).nth(1).is_some();
        if company && !self.shared.company {
            self.call_all();
        }
        self.shared.company = company;
    }

    fn turn(&mut self, cx: &mut Cx<'_>) -> Result<Turn, Turn> {
        if !self.begun
            && let Err(error) = self.begin(cx)
        {
            return Err(cx.fail(Failure::system(Deed::Start, Object::Named("the hub".into()), &error, Exit::Local)));
        }
        let outlet = &mut self.shared.outlet;
        if outlet.spout.broken() {
            return Err(self.reader_left(cx));
        }
        let stuck = outlet.spout.stuck();
        if let Err(error) = outlet.spout.flush() {
            return Err(self.sink_failed(cx, &error));
        }
        if stuck && !outlet.spout.stuck() {
            self.call_all(); // those who were not read from
        }
        self.look_round();
        self.shared.pauses = self.pause().is_some();
        let again = self.run_members(cx)?;
        // After those who were full or in the way of others had their turn, and may be gone.
        let more = self.accept(cx)?;
        let heard = self.hear(cx);
        let stuck = self.shared.outlet.spout.stuck();
        if self.acceptor.is_none() && self.members.is_empty() && !stuck {
            self.tell_unsaid(cx);
            return Err(self.end(cx, Some((By::Local, How::Fin)), self.worst));
        }
        if let (Some(limit), Some(acceptor)) = (self.limit, &self.acceptor)
            && limit <= cx.now
        {
            return Err(cx.fail(Failure::new(Deed::Accept, acceptor.object(), "timed out", Exit::Timeout)));
        }
        if more || again || heard || !self.due.is_empty() {
            return Ok(Turn::Again);
        }
        let again = self.acceptor.as_ref().and_then(Acceptor::again);
        Ok(Turn::Wait([self.timers.next(), again, self.limit, self.pause()].into_iter().flatten().min()))
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

    fn settled(&self) -> Option<Exit> {
        self.is_settled().then_some(self.worst)
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        self.cut_short(cx, stop);
    }
}
