//! Connecting: look the host up, race its addresses, and leave the first connection that stands to a link.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mio::Interest;
use mio::unix::SourceFd;
use socket2::Socket;
use std::os::fd::AsRawFd;

use super::link::Link;
use super::{Cx, Stop, Task, Turn, token};
use crate::cli::address::Host;
use crate::cli::plan::{self, Relay};
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{Event, Peer};
use crate::io::endpoint::Ready;
use crate::logic::ends::Role;
use crate::logic::race::{Move, Race};
use crate::net::resolve::{Lookup, Resolving, numeric, resolve};
use crate::net::socket::{Local, connect, connect_failed};
use crate::net::stream::Stream;

/// A connection to make.
pub struct Dial {
    plan: plan::Connect,
    relay: Rc<Relay>,
    local: Local,
    lookup_took: Option<Duration>,
    began: Option<Instant>,
    stage: Stage,
}

enum Stage {
    Begin,
    Resolving(Lookup),
    Racing {
        race: Race,
        attempts: Vec<Option<Attempt>>,
        last: Option<Failure>,
    },
    Linked,
    Over(Exit),
}

/// A connection under way.
struct Attempt {
    socket: Socket,
    peer: Peer,
    began: Instant,
    ready: bool,
}

impl Dial {
    /// A connection that is about to be made.
    pub fn new(plan: plan::Connect, relay: Relay) -> Self {
        let local = Local {
            addr: None,
            port: plan.from.port,
            interface: plan.from.interface.clone(),
        };
        Self {
            plan,
            relay: Rc::new(relay),
            local,
            lookup_took: None,
            began: None,
            stage: Stage::Begin,
        }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> Result<Stage, Failure> {
        self.began = Some(cx.now);
        if let Some(addr) = &self.plan.from.addr {
            self.local.addr = numeric(addr)?;
        }
        let from = &self.plan.from;
        match resolve(
            &self.plan.host,
            self.plan.port,
            from.family,
            from.no_dns,
            cx.bell(),
            cx.now,
        )? {
            Resolving::Known(addr) => Ok(race(vec![addr])),
            Resolving::Asked(lookup) => Ok(Stage::Resolving(lookup)),
        }
    }

    fn resolved(&mut self, cx: &mut Cx<'_>) -> Result<Option<Stage>, Failure> {
        let Stage::Resolving(lookup) = &self.stage else {
            return Ok(None);
        };
        let took = cx.now - lookup.began();
        let mut addrs = match lookup.poll() {
            None if self.limit(cx.now) <= cx.now => {
                let exit = if self.plan.limit.asked {
                    Exit::Timeout
                } else {
                    Exit::Name
                };
                return Err(lookup.timed_out(exit).after(took));
            }
            None => return Ok(None),
            Some(answer) => answer.map_err(|failure| failure.after(took))?,
        };
        let host = Rc::clone(lookup.name());
        self.lookup_took = Some(took);
        cx.tell(&Event::Resolve {
            host: Rc::clone(&host),
            addrs: addrs.iter().map(SocketAddr::ip).collect(),
            took,
        });
        if let Some((from, _)) = self.local.addr {
            addrs.retain(|addr| addr.is_ipv4() == from.is_ipv4());
            if addrs.is_empty() {
                let reason = format!("it has no address of the IP version of {from}");
                return Err(
                    Failure::new(Deed::Lookup, Object::Named(host.to_string()), reason, Exit::Name).after(took),
                );
            }
        }
        Ok(Some(race(addrs)))
    }

    /// Until when there must be a connection.
    fn limit(&self, now: Instant) -> Instant {
        self.began.unwrap_or(now) + self.plan.limit.time
    }

    fn peer(&self, addr: SocketAddr) -> Peer {
        let host = match &self.plan.host {
            Host::Name(name) => Some(Rc::clone(name)),
            Host::Ip(_) | Host::Scoped(..) => None,
        };
        Peer { host, addr }
    }

    /// Settles what the events told of, then makes the next moves of the race.
    fn race(&mut self, cx: &mut Cx<'_>) -> Turn {
        if let Some(stream) = self.settle(cx) {
            self.link(cx, stream);
            return Turn::Wait(None);
        }
        let limit = self.limit(cx.now);
        if limit <= cx.now {
            return self.give_up(cx, "timed out", self.plan.limit.asked);
        }
        loop {
            let Stage::Racing { race, .. } = &mut self.stage else {
                return Turn::Wait(None);
            };
            match race.step(cx.now) {
                Move::Start(addr) => self.start(cx, addr),
                Move::Wait(next) => return Turn::Wait(Some(next.map_or(limit, |next| next.min(limit)))),
                Move::Lost => return self.lose(cx),
            }
        }
    }

    fn start(&mut self, cx: &mut Cx<'_>, addr: SocketAddr) {
        let peer = self.peer(addr);
        cx.tell(&Event::Attempt { peer: peer.clone() });
        let began = cx.now;
        let connecting = connect(&peer, &self.local);
        let Stage::Racing { race, attempts, last } = &mut self.stage else {
            return;
        };
        let watched = connecting.and_then(|socket| {
            let token = token(cx.task, attempts.len());
            cx.registry
                .register(&mut SourceFd(&socket.as_raw_fd()), token, Interest::WRITABLE)
                .map_err(|error| Failure::system(Deed::Connect, Object::Peer(peer.clone()), &error, Exit::Local))?;
            Ok(socket)
        });
        match watched {
            Ok(socket) => attempts.push(Some(Attempt {
                socket,
                peer,
                began,
                ready: false,
            })),
            Err(failure) => {
                race.failed();
                set_back(cx, last, failure);
            }
        }
    }

    /// Looks at the attempts that events told of; the first that stands wins.
    fn settle(&mut self, cx: &mut Cx<'_>) -> Option<Stream> {
        let Stage::Racing { race, attempts, last } = &mut self.stage else {
            return None;
        };
        for slot in attempts {
            let Some(attempt) = slot.take_if(|attempt| attempt.ready) else {
                continue;
            };
            match attempt.outcome() {
                Outcome::Pending => {
                    *slot = Some(Attempt {
                        ready: false,
                        ..attempt
                    });
                }
                Outcome::Failed(failure) => {
                    race.failed();
                    set_back(cx, last, failure.after(cx.now - attempt.began));
                }
                Outcome::Stands(local) => {
                    let _ = cx.registry.deregister(&mut SourceFd(&attempt.socket.as_raw_fd()));
                    cx.tell(&Event::Connect {
                        conn: 1,
                        peer: attempt.peer.clone(),
                        local,
                        lookup: self.lookup_took,
                        took: cx.now - attempt.began,
                    });
                    return Some(Stream::new(attempt.socket, attempt.peer, local));
                }
            }
        }
        None
    }

    fn link(&mut self, cx: &mut Cx<'_>, stream: Stream) {
        let link = Link::new(1, stream, Rc::clone(&self.relay), Role::Connecting, cx.now);
        cx.spawn(Box::new(link));
        self.stage = Stage::Linked; // and with it the attempts that lost
    }

    /// Time is up: every address that was not refused yet is told.
    fn give_up(&mut self, cx: &mut Cx<'_>, reason: &str, asked: bool) -> Turn {
        let exit = if asked { Exit::Timeout } else { Exit::Network };
        let Stage::Racing { attempts, .. } = &mut self.stage else {
            return Turn::End(exit);
        };
        let mut failures: Vec<Failure> = attempts
            .drain(..)
            .flatten()
            .map(|attempt| {
                let took = cx.now - attempt.began;
                Failure::new(Deed::Connect, Object::Peer(attempt.peer), reason, exit).after(took)
            })
            .collect();
        let last = failures.pop();
        for failure in failures {
            cx.tell(&Event::Setback(Box::new(failure)));
        }
        if let Some(last) = last {
            cx.tell(&Event::Error(Box::new(last)));
        }
        Turn::End(exit)
    }

    /// Every address has failed; the last of the failures is the run's.
    fn lose(&mut self, cx: &mut Cx<'_>) -> Turn {
        let Stage::Racing { last, .. } = &mut self.stage else {
            return Turn::End(Exit::Network);
        };
        let Some(failure) = last.take() else {
            return Turn::End(Exit::Network);
        };
        let exit = failure.exit;
        cx.tell(&Event::Error(Box::new(failure)));
        Turn::End(exit)
    }
}

fn race(addrs: Vec<SocketAddr>) -> Stage {
    Stage::Racing {
        race: Race::new(addrs),
        attempts: Vec::new(),
        last: None,
    }
}

/// Keeps the newest failure, which may be the last; the one before it was not.
fn set_back(cx: &mut Cx<'_>, last: &mut Option<Failure>, failure: Failure) {
    if let Some(earlier) = last.replace(failure) {
        cx.tell(&Event::Setback(Box::new(earlier)));
    }
}

enum Outcome {
    Pending,
    Failed(Failure),
    Stands(SocketAddr),
}

impl Attempt {
    fn outcome(&self) -> Outcome {
        let failed = |error| Outcome::Failed(connect_failed(&self.peer, &error));
        match self.socket.take_error() {
            Ok(None) => {}
            Ok(Some(error)) | Err(error) => return failed(error),
        }
        match (self.socket.peer_addr(), self.socket.local_addr()) {
            (Err(error), _) if error.raw_os_error() == Some(libc::ENOTCONN) => Outcome::Pending,
            (Err(error), _) | (_, Err(error)) => failed(error),
            (Ok(_), Ok(local)) => match local.as_socket() {
                Some(local) if local != self.peer.addr => Outcome::Stands(local),
                // A port of this host that the kernel chose as our own: TCP joins a socket to itself (RFC 9293 3.5).
                _ => Outcome::Failed(Failure {
                    reason: "Connection refused: nobody listens, the socket met itself".into(),
                    ..connect_failed(&self.peer, &std::io::Error::from_raw_os_error(libc::ECONNREFUSED))
                }),
            },
        }
    }
}

impl Task for Dial {
    fn mark(&mut self, source: usize, _: Ready) {
        if let Stage::Racing { attempts, .. } = &mut self.stage
            && let Some(Some(attempt)) = attempts.get_mut(source)
        {
            attempt.ready = true;
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        let next = match &self.stage {
            Stage::Begin => self.begin(cx).map(Some),
            Stage::Resolving(_) => self.resolved(cx),
            Stage::Racing { .. } => Ok(None),
            Stage::Linked => return Turn::Wait(None),
            Stage::Over(exit) => return Turn::End(*exit),
        };
        match next {
            Ok(Some(stage)) => self.stage = stage,
            Ok(None) => {}
            Err(failure) => {
                let exit = failure.exit;
                cx.tell(&Event::Error(Box::new(failure)));
                return Turn::End(exit);
            }
        }
        match self.stage {
            Stage::Racing { .. } => self.race(cx),
            _ => Turn::Wait(Some(self.limit(cx.now))),
        }
    }

    fn ended(&mut self, outcome: Exit) {
        self.stage = Stage::Over(outcome);
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        let Stop::Deadline(_) = stop else {
            return;
        };
        match &self.stage {
            Stage::Resolving(lookup) => {
                let failure = Failure {
                    reason: "the deadline has passed".into(),
                    ..lookup.timed_out(Exit::Timeout)
                };
                let took = cx.now - lookup.began();
                cx.tell(&Event::Error(Box::new(failure.after(took))));
            }
            Stage::Racing { .. } => {
                self.give_up(cx, "the deadline has passed", true);
            }
            _ => {}
        }
    }
}
