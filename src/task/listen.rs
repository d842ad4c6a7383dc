//! Listening: bind, say so, accept one peer, close the listening sockets, and leave the rest to a link.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::link::Link;
use super::{Cx, Stop, Task, Turn};
use crate::cli::address::wildcards;
use crate::cli::plan::{self, Relay};
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{Event, Peer};
use crate::io::endpoint::Ready;
use crate::logic::ends::Role;
use crate::net::acceptor::{Accepted, Acceptor};
use crate::net::resolve::{Lookup, Resolving, resolve};

/// How soon to accept again after this machine had nothing left for another connection.
const PAUSE: Duration = Duration::from_millis(100);

const ACCEPTOR: usize = 0;

/// A listener.
pub struct Listen {
    plan: plan::Listen,
    relay: Rc<Relay>,
    stage: Stage,
}

enum Stage {
    Begin,
    Resolving(Lookup),
    Accepting {
        acceptor: Acceptor,
        since: Instant,
        exhausted: bool,
    },
    Linked,
    Over(Exit),
}

impl Listen {
    /// A listener that is about to bind.
    pub fn new(plan: plan::Listen, relay: Relay) -> Self {
        Self {
            plan,
            relay: Rc::new(relay),
            stage: Stage::Begin,
        }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> Result<Stage, Failure> {
        let Some(host) = &self.plan.host else {
            let addrs = wildcards(self.plan.family);
            return self.bind(cx, &addrs.map_to(self.plan.port));
        };
        match resolve(
            host,
            self.plan.port,
            self.plan.family,
            self.plan.no_dns,
            cx.bell(),
            cx.now,
        )? {
            Resolving::Known(addr) => self.bind(cx, &[addr]),
            Resolving::Asked(lookup) => Ok(Stage::Resolving(lookup)),
        }
    }

    fn bind(&self, cx: &mut Cx<'_>, addrs: &[SocketAddr]) -> Result<Stage, Failure> {
        let acceptor = Acceptor::bind(addrs, self.plan.interface.as_deref())?;
        let bound = acceptor.addrs();
        let port = bound.first().map_or(self.plan.port, SocketAddr::port);
        cx.watch_acceptor(&acceptor, ACCEPTOR)
            .map_err(|error| Failure::system(Deed::Listen, self.object(port), &error, Exit::Local))?;
        if let Some(file) = &self.plan.port_file {
            write_port(file, port)
                .map_err(|error| Failure::system(Deed::Write, Object::File(file.clone()), &error, Exit::Local))?;
        }
        cx.tell(&Event::Listen { addrs: bound });
        Ok(Stage::Accepting {
            acceptor,
            since: cx.now,
            exhausted: false,
        })
    }

    /// What failures of waiting for a peer are about.
    fn object(&self, port: u16) -> Object {
        let addr = wildcards(self.plan.family)[0];
        match &self.plan.host {
            Some(host) => Object::Named(format!("{} port {port} (tcp)", host.text())),
            None => Object::Peer(Peer {
                host: None,
                addr: (addr, port).into(),
            }),
        }
    }

    fn link(&mut self, cx: &mut Cx<'_>, stream: crate::net::stream::Stream) {
        cx.tell(&Event::Accept {
            conn: 1,
            peer: stream.peer.clone(),
            local: stream.local,
        });
        let link = Link::new(1, stream, Rc::clone(&self.relay), Role::Listening, cx.now);
        cx.spawn(Box::new(link));
        // With it the listening sockets close: without -k there is one peer.
        self.stage = Stage::Linked;
    }

    fn fail(&mut self, cx: &mut Cx<'_>, failure: Failure) -> Turn {
        let exit = failure.exit;
        cx.tell(&Event::Error(Box::new(failure)));
        Turn::End(exit)
    }

    fn accept(&mut self, cx: &mut Cx<'_>) -> Turn {
        let Stage::Accepting {
            acceptor,
            since,
            exhausted,
        } = &mut self.stage
        else {
            return Turn::Wait(None);
        };
        let limit = self.plan.accept_limit.map(|limit| *since + limit);
        let port = acceptor.addrs().first().map_or(self.plan.port, SocketAddr::port);
        match acceptor.accept() {
            Accepted::Peer(stream) => {
                self.link(cx, stream);
                Turn::Wait(None)
            }
            Accepted::Nobody if limit.is_some_and(|limit| limit <= cx.now) => {
                let waited = cx.now - *since;
                let failure = Failure::new(Deed::Accept, self.object(port), "timed out", Exit::Timeout);
                self.fail(cx, failure.after(waited))
            }
            Accepted::Nobody => Turn::Wait(limit),
            Accepted::Exhausted(error) => {
                if !std::mem::replace(exhausted, true) {
                    let failure = Failure::system(Deed::Accept, self.object(port), &error, Exit::Local);
                    cx.tell(&Event::Error(Box::new(failure)));
                }
                Turn::Wait(Some(cx.now + PAUSE))
            }
        }
    }
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
            Stage::Resolving(lookup) => match lookup.poll() {
                None => return Turn::Wait(None),
                Some(Err(failure)) => Err(failure.after(cx.now - lookup.began())),
                Some(Ok(addrs)) => self.bind(cx, &addrs),
            },
            Stage::Accepting { .. } => return self.accept(cx),
            Stage::Linked => return Turn::Wait(None),
            Stage::Over(exit) => return Turn::End(*exit),
        };
        match next {
            Ok(stage) => self.stage = stage,
            Err(failure) => return self.fail(cx, failure),
        }
        match self.stage {
            Stage::Accepting { .. } => self.accept(cx),
            _ => Turn::Wait(None),
        }
    }

    fn ended(&mut self, outcome: Exit) {
        self.stage = Stage::Over(outcome);
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        if let (Stage::Accepting { acceptor, since, .. }, Stop::Deadline(_)) = (&self.stage, stop) {
            let port = acceptor.addrs().first().map_or(self.plan.port, SocketAddr::port);
            let failure = Failure::new(
                Deed::Accept,
                self.object(port),
                "the deadline has passed",
                Exit::Timeout,
            );
            cx.tell(&Event::Error(Box::new(failure.after(cx.now - *since))));
        }
    }
}

trait MapTo {
    fn map_to(self, port: u16) -> Vec<SocketAddr>;
}

impl MapTo for Vec<std::net::IpAddr> {
    fn map_to(self, port: u16) -> Vec<SocketAddr> {
        self.into_iter().map(|addr| (addr, port).into()).collect()
    }
}

/// Writes the port so that who waits for the file never sees half of it: whole under another name first, then renamed.
/// What is there and no regular file (a FIFO, `/dev/fd/3`) is written to, and never waited for.
fn write_port(file: &Path, port: u16) -> std::io::Result<()> {
    let line = format!("{port}\n");
    let odd = fs::metadata(file).is_ok_and(|meta| !meta.is_file());
    if odd {
        let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
        let mut file = OpenOptions::new().write(true).custom_flags(nonblocking).open(file)?;
        return file.write_all(line.as_bytes());
    }
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    fs::write(&name, line)?;
    fs::rename(&name, file).inspect_err(|_| {
        let _ = fs::remove_file(&name);
    })
}
