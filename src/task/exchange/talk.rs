//! Sockets that are open, and the two ends of this process: who is heard, who is answered, and each turn's work.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::answer::Answerer;
use super::down::Down;
use super::up::Up;
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::Traffic;
use crate::io::endpoint::Ready;
use crate::logic::halt::Halt;
use crate::logic::peers::{KEEP, Peers};
use crate::logic::quiet::{Quiet, Step};
use crate::logic::side::Role;
use crate::net::bind::Bound;
use crate::net::datagram::{Datagrams, Place};
use crate::net::unix::SocketFile;
use crate::plan::Relay;
use crate::task::local::Local;
use crate::task::{Cx, Turn};
use crate::value::peer::{Addr, Peer, Proto};

const STDIN: usize = 0;
const STDOUT: usize = 1;

/// The first socket; the others follow it.
const WIRES: usize = 2;

/// What a talk begins with.
pub(super) struct Opened {
    pub(super) proto: Proto,
    pub(super) bound: Vec<Bound>,
    /// Whom the one socket is connected to; none for a listener.
    pub(super) peer: Option<Peer>,
    /// How long looking that up took.
    pub(super) lookup: Option<Duration>,
    /// Until when a listener waits for its first datagram.
    pub(super) accept_limit: Option<Instant>,
    /// What answers each datagram, where stdin does not.
    pub(super) answerer: Option<Answerer>,
}

/// A socket and its address.
pub(super) struct Wire {
    /// Its file, which goes with it, and before it.
    _file: Option<SocketFile>,
    pub(super) socket: Datagrams,
    pub(super) addr: Addr,
}

/// A peer: which socket it was heard on, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) wire: usize,
    pub(super) place: Place,
}

impl Key {
    /// The one peer of a connected socket, whatever its address.
    pub(super) const CONNECTED: Self = Self { wire: 0, place: Place::Unix(None) };
}

/// An exchange under way.
pub(super) struct Talk {
    pub(super) proto: Proto,
    pub(super) role: Role,
    pub(super) local: Local,
    pub(super) wires: Vec<Wire>,
    /// Whom a client is connected to.
    pub(super) peer: Option<Peer>,
    pub(super) lookup: Option<Duration>,
    pub(super) peers: Peers<Key>,
    pub(super) began: Instant,
    accept_limit: Option<Instant>,
    pub(super) quiet: Quiet,
    /// What of the peers' datagrams is enough.
    pub(super) halt: Option<Box<Halt>>,
    pub(super) answerer: Option<Answerer>,
    pub(super) up: Up,
    pub(super) down: Down,
    /// What has gone wrong already, and was told.
    pub(super) worst: Exit,
    /// When a refusal was told last.
    pub(super) refused: Option<Instant>,
}

impl Talk {
    /// What was carried so far.
    pub(super) fn traffic(&self, now: Instant) -> Traffic {
        let (sent, received) = self.peers.carried();
        Traffic { sent, received, elapsed: now - self.began, ..Traffic::default() }
    }

    /// Watches everything.
    pub(super) fn new(opened: Opened, relay: &Relay, mut local: Local, cx: &mut Cx<'_>) -> Result<Self, Failure> {
        let role = if opened.peer.is_some() { Role::Connecting } else { Role::Listening };
        let mut wires = Vec::new();
        for (n, Bound { socket, addr, file }) in opened.bound.into_iter().enumerate() {
            let watched = Datagrams::new(socket).and_then(|mut socket| {
                socket.watch(cx.watch, WIRES + n)?;
                Ok(socket)
            });
            let socket = watched.map_err(|error| {
                let object = Object::Peer(Peer::at(opened.proto, addr.clone()));
                Failure::system(Deed::Connection, object, &error, Exit::Local)
            })?;
            wires.push(Wire { socket, addr, _file: file });
        }
        let kind = local.kind();
        let sources = [(local.stdin.as_mut(), STDIN, "stdin"), (local.stdout.as_mut(), STDOUT, "stdout")];
        for (endpoint, source, name) in sources {
            endpoint
                .map_or(Ok(()), |endpoint| endpoint.watch(cx.watch, source))
                .map_err(|error| Failure::system(Deed::Connection, Object::Named(name.into()), &error, Exit::Local))?;
        }
        let mut peers = Peers::new(relay.idle.unwrap_or(KEEP));
        if role == Role::Connecting {
            peers.hear(Key::CONNECTED, cx.now);
        }
        Ok(Self {
            proto: opened.proto,
            role,
            quiet: match opened.answerer {
                Some(_) => Quiet::new(relay, role, kind, cx.now).for_ever(),
                None => Quiet::new(relay, role, kind, cx.now),
            },
            halt: Halt::new(relay),
            up: Up::new(relay, &local, (role == Role::Connecting).then_some(Key::CONNECTED)),
            down: Down::new(relay, local.stdout.take()),
            answerer: opened.answerer,
            local,
            wires,
            peer: opened.peer,
            lookup: opened.lookup,
            peers,
            began: cx.now,
            accept_limit: opened.accept_limit,
            worst: Exit::Done,
            refused: None,
        })
    }

    pub(super) fn mark(&mut self, source: usize, ready: Ready) {
        match source {
            STDIN => self.local.stdin.as_mut().map_or((), |stdin| stdin.mark(ready)),
            STDOUT => self.down.spout.endpoint().map_or((), |stdout| stdout.mark(ready)),
            _ => self.wires.get_mut(source - WIRES).map_or((), |wire| wire.socket.mark(ready)),
        }
    }

    /// Carries what can be carried, then asks the rules what follows.
    pub(super) fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        if self.down.spout.broken() {
            return self.reader_left(cx);
        }
        match self.carry(cx) {
            Ok(busy) => self.decide(cx, busy),
            Err(turn) => turn,
        }
    }

    fn carry(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        let down = self.carry_down(cx)?;
        let up = self.carry_up(cx)?;
        self.hear_refusals(cx)?;
        // Who was not received because too many answers waited is, now that there is room.
        let room = self.answerer.is_some() && !self.down.spout.stuck() && !self.down.enough && !self.is_full();
        Ok(up | down | (room && self.wires.iter().any(|wire| wire.socket.readable())))
    }

    fn decide(&mut self, cx: &mut Cx<'_>, busy: bool) -> Turn {
        let answered = self.answerer.is_none() || self.up.is_empty();
        if self.down.enough && !self.down.spout.stuck() && answered {
            return self.enough(cx);
        }
        if self.role == Role::Listening {
            while let Some((key, talker)) = self.peers.expire(cx.now) {
                self.tell_forgotten(cx, key, &talker);
            }
        }
        let unheard = self.accept_limit.filter(|_| self.peers.count() == 0);
        if unheard.is_some_and(|at| at <= cx.now) {
            return self.waited_in_vain(cx);
        }
        let pause = self.up.pause(cx.now);
        if pause.is_some() {
            self.quiet.moved(cx.now); // the silence is ours
        }
        let wake = [pause, self.up.retry.at(cx.now)].into_iter().flatten().max();
        match self.quiet.step(cx.now, self.down.spout.stuck()) {
            Step::Leave(why) => self.leave(cx, why),
            Step::Wait(_) if busy => Turn::Again,
            Step::Wait(until) => {
                let expiry = self.peers.expiry().filter(|_| self.role == Role::Listening);
                Turn::Wait([until, unheard, expiry, wake].into_iter().flatten().min())
            }
        }
    }

    /// Who that is, as it is told.
    pub(super) fn peer_of(&self, key: &Key) -> Peer {
        match &self.peer {
            Some(peer) => peer.clone(),
            None => Peer::at(self.proto, plain(key.place.addr())),
        }
    }

    /// What the exchange as a whole is about: the peer, or the address bound.
    pub(super) fn object(&self) -> Object {
        match (&self.peer, self.wires.first()) {
            (Some(peer), _) => Object::Peer(peer.clone()),
            (None, Some(wire)) => Object::Peer(Peer::at(self.proto, wire.addr.clone())),
            (None, None) => Object::Named("no address".into()),
        }
    }

    /// Something went wrong; the exchange goes on, and its exit status will say so.
    pub(super) fn trouble(&mut self, cx: &mut Cx<'_>, failure: Failure) {
        if self.worst == Exit::Done {
            self.worst = failure.exit;
        }
        cx.trouble(failure);
    }
}

/// A mapped IPv4 address is told as the IPv4 address that it is.
fn plain(addr: Addr) -> Addr {
    match addr {
        Addr::Inet(SocketAddr::V6(v6)) => match v6.ip().to_ipv4_mapped() {
            Some(v4) => Addr::Inet((v4, v6.port()).into()),
            None => Addr::Inet(v6.into()),
        },
        other => other,
    }
}
