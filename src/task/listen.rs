//! Listening: bind, say so, accept one peer, close the listening sockets, and leave the rest to a link.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::bind::bind;
use super::find::{self, Found};
use super::hub::Hub;
use super::link::Link;
use super::local::Local;
use super::{Cx, Stop, Task, Turn};
use crate::error::{Deed, Exit, Failure};
use crate::event::Event;
use crate::io::endpoint::Ready;
use crate::logic::side::Role;
use crate::net::acceptor::{Accepted, Acceptor};
use crate::net::resolve::Lookup;
use crate::net::stream::Stream;
use crate::plan::{self, Relay};
use crate::value::peer::Addr;

const ACCEPTOR: usize = 0;

/// A listener.
pub struct Listen {
    plan: plan::Listen,
    relay: Rc<Relay>,
    /// Until the link has it.
    local: Option<Local>,
    stage: Stage,
}

enum Stage {
    Begin,
    Resolving(Lookup),
    Accepting { acceptor: Acceptor, since: Instant },
    Linked,
    Over(Exit),
}

impl Listen {
    /// A listener that is about to bind.
    pub fn new(plan: plan::Listen, relay: Relay, local: Local) -> Self {
        Self { plan, relay: Rc::new(relay), local: Some(local), stage: Stage::Begin }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> Result<Stage, Failure> {
        match find::own(cx, &self.plan)? {
            Found::Addrs(addrs) => self.bind(cx, &addrs),
            Found::Asked(lookup) => Ok(Stage::Resolving(lookup)),
        }
    }

    fn bind(&mut self, cx: &mut Cx<'_>, addrs: &[Addr]) -> Result<Stage, Failure> {
        let acceptor = Acceptor::new(self.plan.proto, bind(cx, &self.plan, addrs)?);
        if self.plan.many.is_some()
            && let Some(local) = self.local.take()
        {
            cx.spawn(Box::new(Hub::new(acceptor, &self.plan, Rc::clone(&self.relay), local, cx.now)));
            return Ok(Stage::Linked);
        }
        acceptor
            .watch(cx.watch, ACCEPTOR)
            .map_err(|error| Failure::system(Deed::Listen, acceptor.object(), &error, Exit::Local))?;
        Ok(Stage::Accepting { acceptor, since: cx.now })
    }

    fn accept(&mut self, cx: &mut Cx<'_>) -> Turn {
        let Stage::Accepting { acceptor, since } = &mut self.stage else {
            return Turn::Wait(None);
        };
        let limit = self.plan.accept_limit.map(|limit| *since + limit);
        let accepted = acceptor.accept(cx.now);
        let failed = |error| Failure::system(Deed::Accept, acceptor.object(), error, Exit::Local);
        match accepted {
            Accepted::Peer(stream) => {
                self.link(cx, stream);
                Turn::Wait(None)
            }
            Accepted::Failed(error) => cx.fail(failed(&error)),
            _ if limit.is_some_and(|limit| limit <= cx.now) => {
                cx.fail(waited_in_vain(acceptor, cx.now - *since, "timed out"))
            }
            nobody => {
                if let Accepted::Exhausted(error) = nobody {
                    cx.trouble(failed(&error));
                }
                Turn::Wait(limit.into_iter().chain(acceptor.again()).min())
            }
        }
    }

    fn link(&mut self, cx: &mut Cx<'_>, stream: Stream) {
        cx.tell(&Event::Accept { conn: 1, peer: stream.peer.clone(), local: stream.local() });
        if let Some(local) = self.local.take() {
            let link = Link::new(1, stream, Rc::clone(&self.relay), local, Role::Listening, cx.now);
            cx.spawn(Box::new(link));
        }
        self.stage = Stage::Linked; // the listening sockets close: there is one peer
    }
}

fn waited_in_vain(acceptor: &Acceptor, waited: Duration, reason: &str) -> Failure {
    Failure::new(Deed::Accept, acceptor.object(), reason, Exit::Timeout).after(waited)
}

impl Task for Listen {
    fn mark(&mut self, _: usize, _: Ready) {
        if let Stage::Accepting { acceptor, .. } = &mut self.stage {
            acceptor.mark();
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        let next = match &self.stage {
            Stage::Begin => self.begin(cx),
            Stage::Resolving(lookup) => match lookup.step(cx.now, self.plan.lookup_limit) {
                Ok(None) => return Turn::Wait(Some(lookup.began() + self.plan.lookup_limit.time)),
                Ok(Some(addrs)) => self.bind(cx, &addrs.into_iter().map(Addr::from).collect::<Vec<_>>()),
                Err(failure) => Err(failure),
            },
            Stage::Accepting { .. } | Stage::Linked => return self.accept(cx),
            Stage::Over(exit) => return Turn::End(*exit),
        };
        match next {
            Ok(stage) => self.stage = stage,
            Err(failure) => return cx.fail(failure),
        }
        match &self.stage {
            Stage::Resolving(lookup) => Turn::Wait(Some(lookup.began() + self.plan.lookup_limit.time)),
            _ => self.accept(cx),
        }
    }

    fn ended(&mut self, outcome: Exit) {
        self.stage = Stage::Over(outcome);
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        let failure = match (&self.stage, stop) {
            (Stage::Accepting { acceptor, since, .. }, Stop::Deadline) => {
                waited_in_vain(acceptor, cx.now - *since, stop.told().2)
            }
            (Stage::Resolving(lookup), Stop::Deadline) => find::cut_short(lookup, cx.now),
            _ => return,
        };
        cx.error(failure);
    }
}
