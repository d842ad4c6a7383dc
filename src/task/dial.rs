//! Connecting: look the host up, race its addresses, and leave the first connection that stands to its heir, the task
//! that carries on with it. It does not know what that does.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::find::{self, Found};
use super::{Cx, Stop, Task, Turn};
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{Conn, Event, Weight};
use crate::io::endpoint::Ready;
use crate::logic::race::{Move, Race};
use crate::net::attempt::{Attempt, Progress};
use crate::net::resolve::Lookup;
use crate::net::socket::Origin;
use crate::net::stream::Stream;
use crate::net::unix::SocketFile;
use crate::plan::{self, Place};
use crate::value::address::Host;
use crate::value::peer::Addr;
use crate::value::peer::Peer;

/// How soon to try again where the peer's backlog is full.
const PAUSE: Duration = Duration::from_millis(20);

/// A connection that stands, and how it came about.
pub struct Connected {
    /// Its number.
    pub conn: Conn,
    /// The connection itself.
    pub stream: Stream,
    /// When it was begun to look for it.
    pub began: Instant,
    /// How long the lookup took, if there was one.
    pub lookup: Option<Duration>,
    /// How long the handshake took.
    pub took: Duration,
    /// The time it stands from.
    pub now: Instant,
}

/// Makes the task that carries on.
type Heir = Box<dyn FnOnce(Connected) -> Box<dyn Task>>;

/// A connection to make.
pub struct Dial {
    plan: plan::Connect,
    /// Known from the first turn on.
    origin: Origin,
    /// Until there is a connection.
    heir: Option<Heir>,
    lookup_took: Option<Duration>,
    /// Known from the first turn on.
    began: Option<Instant>,
    stage: Stage,
}

enum Stage {
    Begin,
    Resolving(Lookup),
    Racing(Box<Heat>),
    /// The heir has the connection; the file of our own name, if it has one, is gone when that has ended.
    Inherited {
        _file: Option<SocketFile>,
    },
    Over(Exit),
}

/// A race and who runs in it.
struct Heat {
    race: Race,
    attempts: Vec<Option<Attempt>>,
    ready: Vec<usize>,
    last_failure: Option<Failure>,
    /// To a peer whose backlog is full.
    postponed: Option<Attempt>,
}

impl Heat {
    fn boxed(addrs: Vec<Addr>) -> Box<Self> {
        Box::new(Self {
            race: Race::new(addrs),
            attempts: Vec::new(),
            ready: Vec::new(),
            last_failure: None,
            postponed: None,
        })
    }

    /// Keeps the newest failure, which may be the last. The one before it was not: it is told as one of several.
    fn set_back(&mut self, cx: &mut Cx<'_>, failure: Failure) {
        self.race.failed();
        if let Some(earlier) = self.last_failure.replace(failure) {
            cx.failed(Weight::Setback, earlier);
        }
    }

    /// Every failure that was not told yet, with the attempts still under way as failures too.
    fn abandon(&mut self, now: Instant, reason: &str, exit: Exit) -> Vec<Failure> {
        let under_way = self.attempts.drain(..).flatten().map(|attempt| {
            let peer = Object::Peer(attempt.peer().clone());
            Failure::new(Deed::Connect, peer, reason, exit).after(now - attempt.began())
        });
        let postponed = self.postponed.take().map(|attempt| {
            let peer = Object::Peer(attempt.peer().clone());
            Failure::new(Deed::Connect, peer, format!("{reason}: its backlog is full"), exit)
        });
        self.last_failure.take().into_iter().chain(under_way).chain(postponed).collect()
    }
}

impl Dial {
    /// A connection that is about to be made, and what makes the task that carries on with it.
    pub fn new(plan: plan::Connect, heir: impl FnOnce(Connected) -> Box<dyn Task> + 'static) -> Self {
        let (origin, heir) = (Origin::default(), Some(Box::new(heir) as Heir));
        Self { plan, origin, heir, lookup_took: None, began: None, stage: Stage::Begin }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> Result<Stage, Failure> {
        self.began = Some(cx.now);
        self.origin = Origin::of(&self.plan.from)?;
        Ok(match find::peer(cx, &self.plan)? {
            Found::Addrs(addrs) => Stage::Racing(Heat::boxed(addrs)),
            Found::Asked(lookup) => Stage::Resolving(lookup),
        })
    }

    /// The next stage, once the lookup has its answer.
    fn look_up(&mut self, cx: &mut Cx<'_>) -> Result<Option<Stage>, Failure> {
        let Stage::Resolving(lookup) = &self.stage else {
            return Ok(None);
        };
        let Some((usable, took)) = find::reachable(cx, lookup, self.plan.limit, &self.origin)? else {
            return Ok(None);
        };
        self.lookup_took = Some(took);
        Ok(Some(Stage::Racing(Heat::boxed(usable))))
    }

    /// Until when there must be a connection.
    fn limit(&self) -> Option<Instant> {
        self.began.map(|began| began + self.plan.limit.time)
    }

    /// Settles what events told of, then makes the next moves of the race.
    fn race(&mut self, cx: &mut Cx<'_>) -> Turn {
        if let Some((stream, file, took)) = self.settle(cx) {
            self.bequeath(cx, stream, file, took);
            return Turn::Wait(None);
        }
        let limit = self.limit();
        if limit.is_some_and(|limit| limit <= cx.now) {
            let exit = if self.plan.limit.asked { Exit::Timeout } else { Exit::Network };
            return self.give_up(cx, "timed out", exit);
        }
        loop {
            let Stage::Racing(heat) = &mut self.stage else {
                return Turn::Wait(None);
            };
            match heat.race.step(cx.now) {
                Move::Start(addr) => self.start(cx, addr),
                Move::Wait(next) => return Turn::Wait(next.into_iter().chain(limit).min()),
                Move::Lost => return self.give_up(cx, "no address to try", Exit::Network),
            }
        }
    }

    fn start(&mut self, cx: &mut Cx<'_>, addr: Addr) {
        let host = match &self.plan.to {
            Place::Inet(Host::Name(name), _) => Some(Rc::clone(name)),
            _ => None,
        };
        let peer = Peer { proto: self.plan.proto, host, addr };
        let Stage::Racing(heat) = &mut self.stage else {
            return;
        };
        let (source, began) = (heat.attempts.len(), (cx.clock)());
        let begun = match heat.postponed.take() {
            Some(attempt) => attempt.again(cx.watch, source, began),
            None => {
                cx.tell(&Event::Attempt { peer: peer.clone() });
                Attempt::begin(&peer, &self.origin, cx.watch, source, began)
            }
        };
        match begun {
            Ok(attempt) if attempt.is_postponed() => {
                heat.race.postpone(peer.addr, cx.now + PAUSE);
                heat.postponed = Some(attempt);
            }
            Ok(attempt) => heat.attempts.push(Some(attempt)),
            Err(failure) => {
                let took = (cx.clock)() - began;
                heat.set_back(cx, failure.after(took));
            }
        }
    }

    /// Looks at the attempts that events told of; the first that stands wins, with the time it took.
    fn settle(&mut self, cx: &mut Cx<'_>) -> Option<(Stream, Option<SocketFile>, Duration)> {
        let Stage::Racing(heat) = &mut self.stage else {
            return None;
        };
        for source in std::mem::take(&mut heat.ready) {
            let Some(attempt) = heat.attempts.get_mut(source).and_then(Option::take) else {
                continue;
            };
            let took = cx.now - attempt.began();
            match attempt.settle(cx.watch, cx.now) {
                Progress::Pending(attempt) => heat.attempts[source] = Some(attempt),
                Progress::Failed(failure) => heat.set_back(cx, failure),
                Progress::Stands(stream, file) => return Some((stream, file, took)),
            }
        }
        None
    }

    fn bequeath(&mut self, cx: &mut Cx<'_>, stream: Stream, file: Option<SocketFile>, took: Duration) {
        let (conn, lookup) = (1, self.lookup_took);
        cx.tell(&Event::Connect { conn, peer: stream.peer.clone(), local: stream.local(), lookup, took });
        if let Some(heir) = self.heir.take() {
            let (began, now) = (self.began.unwrap_or(cx.now), cx.now);
            cx.spawn(heir(Connected { conn, stream, began, lookup, took, now }));
        }
        self.stage = Stage::Inherited { _file: file }; // the attempts that lost the race close
    }

    /// Nothing is left to try, or no time to try it in: every address that failed is told.
    fn give_up(&mut self, cx: &mut Cx<'_>, reason: &str, exit: Exit) -> Turn {
        let Stage::Racing(heat) = &mut self.stage else {
            return Turn::End(exit);
        };
        let mut failures = heat.abandon(cx.now, reason, exit);
        let last = failures.pop();
        for failure in failures {
            cx.failed(Weight::Setback, failure);
        }
        last.map_or(Turn::End(exit), |failure| cx.fail(failure))
    }
}

impl Task for Dial {
    fn mark(&mut self, source: usize, _: Ready) {
        if let Stage::Racing(heat) = &mut self.stage {
            heat.ready.push(source);
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        let next = match &self.stage {
            Stage::Begin => self.begin(cx).map(Some),
            Stage::Resolving(_) => self.look_up(cx),
            Stage::Racing(_) => Ok(None),
            Stage::Inherited { .. } => return Turn::Wait(None),
            Stage::Over(exit) => return Turn::End(*exit),
        };
        match next {
            Ok(Some(stage)) => self.stage = stage,
            Ok(None) => {}
            Err(failure) => return cx.fail(failure),
        }
        match self.stage {
            Stage::Racing(_) => self.race(cx),
            _ => Turn::Wait(self.limit()),
        }
    }

    fn ended(&mut self, outcome: Exit) {
        self.stage = Stage::Over(outcome);
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        match (&self.stage, stop) {
            (_, Stop::Signal(_)) => {}
            (Stage::Resolving(lookup), _) => cx.error(find::cut_short(lookup, cx.now)),
            _ => {
                self.give_up(cx, stop.told().2, Exit::Timeout);
            }
        }
    }
}
