//! Datagrams, sent and received: a client connected to its peer, a listener that hears everybody and answers who spoke
//! last, or one whose every datagram a mode answers. This file opens the sockets; then a talk (`talk.rs`) has them.

mod answer;
mod down;
mod end;
mod parcels;
mod refusal;
mod talk;
mod up;

use std::rc::Rc;
use std::time::{Duration, Instant};

use self::answer::Answerer;
use self::talk::{Opened, Talk};
use super::bind::bind;
use super::find::{self, Found};
use super::local::Local;
use super::{Cx, Stop, Task, Turn};
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{Event, Traffic, Weight};
use crate::io::endpoint::Ready;
use crate::net::bind::connect_datagrams;
use crate::net::resolve::Lookup;
use crate::net::socket::Origin;
use crate::plan::{self, Place, Relay};
use crate::value::address::Host;
use crate::value::peer::{Addr, Peer};

/// An exchange of datagrams, from its first step to its last.
pub struct Exchange {
    side: Side,
    relay: Relay,
    /// Until the talk has it.
    local: Option<Local>,
    stage: Stage,
}

enum Side {
    /// The origin is known from the first turn on.
    Client {
        plan: plan::Connect,
        origin: Origin,
    },
    Listener(plan::Listen),
}

enum Stage {
    Begin,
    Resolving(Lookup),
    Talking(Box<Talk>),
}

impl Exchange {
    /// A client that is about to look its peer up.
    pub fn client(plan: plan::Connect, relay: Relay, local: Local) -> Self {
        Self::new(Side::Client { plan, origin: Origin::default() }, relay, local)
    }

    /// A listener that is about to bind.
    pub fn listener(plan: plan::Listen, relay: Relay, local: Local) -> Self {
        Self::new(Side::Listener(plan), relay, local)
    }

    fn new(side: Side, relay: Relay, local: Local) -> Self {
        Self { side, relay, local: Some(local), stage: Stage::Begin }
    }

    /// Begins to resolve. The addresses, where they are known at once.
    fn begin(&mut self, cx: &mut Cx<'_>) -> Result<Option<Vec<Addr>>, Failure> {
        let found = match &mut self.side {
            Side::Client { plan, origin } => {
                *origin = Origin::of(&plan.from)?;
                find::peer(cx, plan)?
            }
            Side::Listener(plan) => find::own(cx, plan)?,
        };
        match found {
            Found::Addrs(addrs) => Ok(Some(addrs)),
            Found::Asked(lookup) => {
                self.stage = Stage::Resolving(lookup);
                self.look_up(cx).map(|found| found.map(|(addrs, _)| addrs))
            }
        }
    }

    /// The addresses, once the lookup has its answer, and how long that took.
    fn look_up(&self, cx: &mut Cx<'_>) -> Result<Option<(Vec<Addr>, Duration)>, Failure> {
        let Stage::Resolving(lookup) = &self.stage else {
            return Ok(None);
        };
        match &self.side {
            Side::Client { plan, origin } => find::reachable(cx, lookup, plan.limit, origin),
            Side::Listener(plan) => {
                let addrs = lookup.step(cx.now, plan.lookup_limit)?;
                Ok(addrs.map(|addrs| (addrs.into_iter().map(Addr::from).collect(), cx.now - lookup.began())))
            }
        }
    }

    fn lookup_limit(&self) -> Duration {
        match &self.side {
            Side::Client { plan, .. } => plan.limit.time,
            Side::Listener(plan) => plan.lookup_limit.time,
        }
    }

    fn open(&self, cx: &mut Cx<'_>, addrs: Vec<Addr>) -> Result<Opened, Failure> {
        match &self.side {
            Side::Client { plan, origin } => connect(cx, plan, origin, addrs),
            Side::Listener(plan) => {
                let limit = plan.accept_limit.map(|limit| cx.now + limit);
                let answerer = plan.answer.as_ref().map(|answer| Answerer::new(answer, cx.now));
                let (proto, bound) = (plan.proto, bind(cx, plan, &addrs)?);
                Ok(Opened { proto, bound, peer: None, lookup: None, accept_limit: limit, answerer })
            }
        }
    }

    fn talk(&mut self, cx: &mut Cx<'_>, addrs: Vec<Addr>, lookup: Option<Duration>) -> Turn {
        let opened = match self.open(cx, addrs) {
            Ok(opened) => opened,
            Err(failure) => return cx.fail(failure),
        };
        let Some(local) = self.local.take() else {
            return Turn::Wait(None);
        };
        match Talk::new(Opened { lookup, ..opened }, &self.relay, local, cx) {
            Ok(mut talk) => {
                let turn = talk.run(cx);
                self.stage = Stage::Talking(Box::new(talk));
                turn
            }
            Err(failure) => cx.fail(failure),
        }
    }
}

/// Connects to the first of the addresses that this host has a way to: nothing is sent for that.
fn connect(cx: &mut Cx<'_>, plan: &plan::Connect, origin: &Origin, addrs: Vec<Addr>) -> Result<Opened, Failure> {
    let host = match &plan.to {
        Place::Inet(Host::Name(name), _) => Some(Rc::clone(name)),
        _ => None,
    };
    let mut last = None;
    for addr in addrs {
        let peer = Peer { proto: plan.proto, host: host.clone(), addr };
        cx.tell(&Event::Attempt { peer: peer.clone() });
        match connect_datagrams(&peer, origin) {
            Ok(bound) => {
                return Ok(Opened {
                    proto: plan.proto,
                    bound: vec![bound],
                    peer: Some(peer),
                    lookup: None,
                    accept_limit: None,
                    answerer: None,
                });
            }
            Err(failure) => {
                if let Some(earlier) = last.replace(failure) {
                    cx.failed(Weight::Setback, earlier);
                }
            }
        }
    }
    Err(last.unwrap_or_else(|| {
        Failure::new(Deed::Connect, Object::Named("no address".into()), "there is none", Exit::Name)
    }))
}

impl Task for Exchange {
    fn mark(&mut self, source: usize, ready: Ready) {
        if let Stage::Talking(talk) = &mut self.stage {
            talk.mark(source, ready);
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        let found = match &mut self.stage {
            Stage::Begin => self.begin(cx).map(|addrs| addrs.map(|addrs| (addrs, None))),
            Stage::Resolving(_) => self.look_up(cx).map(|found| found.map(|(addrs, took)| (addrs, Some(took)))),
            Stage::Talking(talk) => return talk.run(cx),
        };
        match (found, &self.stage) {
            (Ok(Some((addrs, took))), _) => self.talk(cx, addrs, took),
            (Err(failure), _) => cx.fail(failure),
            (Ok(None), Stage::Resolving(lookup)) => Turn::Wait(Some(until(lookup, self.lookup_limit()))),
            (Ok(None), _) => Turn::Wait(None),
        }
    }

    fn traffic(&self, now: Instant) -> Traffic {
        match &self.stage {
            Stage::Talking(talk) => talk.traffic(now),
            _ => Traffic::default(),
        }
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        match (&mut self.stage, stop) {
            (Stage::Talking(talk), _) => talk.cut_short(cx, stop),
            (Stage::Resolving(lookup), Stop::Deadline) => {
                cx.error(find::cut_short(lookup, cx.now));
            }
            _ => {}
        }
    }
}

fn until(lookup: &Lookup, limit: Duration) -> Instant {
    lookup.began() + limit
}
