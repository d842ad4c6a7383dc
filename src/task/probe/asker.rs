//! Asks ports, whatever the protocol, and says of which try an answer is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::error::{Deed, Exit, Failure, Object};
use crate::io::endpoint::Ready;
use crate::logic::payload::{asked_port, payload};
use crate::logic::sweep::{Answer, Id, Start};
use crate::net::knock::{Call, Calls, Heard, Knock, Knocks, Opened, Shut};
use crate::net::socket::Origin;
use crate::task::Cx;

/// The sockets of the UDP asker come first, those of the TCP one last, since they become many.
const CALLS: usize = 4;
pub(super) const KNOCKS: usize = 1 << 24;

/// What became of a try.
pub(super) enum Fate {
    /// It has its answer.
    Answered(Id, Reply),
    /// It did not take place for want of something that this machine has too little of.
    Unasked(Id),
    /// Nothing yet.
    Pending,
    /// Nothing can be asked at all.
    Failed(Failure),
}

/// What a port says.
pub(super) enum Reply {
    /// It accepted a connection, which is reset when this is dropped.
    Opened(Opened),
    /// It answered a datagram.
    Spoke,
    /// It is not open.
    Shut(Shut),
}

impl Reply {
    /// The same, in the words of the sweep.
    pub(super) fn answer(&self) -> Answer {
        match self {
            Self::Opened(_) | Self::Spoke => Answer::Open,
            Self::Shut(Shut::Closed) => Answer::Closed,
            Self::Shut(Shut::Itself) => Answer::Itself,
            Self::Shut(Shut::Filtered(_) | Shut::Silent) => Answer::Filtered,
            Self::Shut(Shut::Unreachable(_)) => Answer::Unreachable,
        }
    }
}

/// Who asks.
pub(super) enum Asker {
    /// By connecting.
    Tcp(Box<Tcp>),
    /// By a datagram.
    Udp(Box<Udp>),
}

/// Connects, and who waits for what.
pub(super) struct Tcp {
    knocks: Knocks,
    /// The try that a socket is about, by its place behind `KNOCKS`; and the socket of a try.
    tries: Vec<Id>,
    sockets: Vec<Option<usize>>,
    /// Those that events told of.
    ready: Vec<usize>,
}

/// Datagrams, and who waits for an answer from where.
pub(super) struct Udp {
    calls: Calls,
    data: Option<Vec<u8>>,
    tries: HashMap<SocketAddr, Id>,
    addrs: HashMap<Id, SocketAddr>,
}

impl Asker {
    pub(super) fn tcp(origin: Origin) -> Self {
        let knocks = Knocks::new(origin, KNOCKS);
        Self::Tcp(Box::new(Tcp { knocks, tries: Vec::new(), sockets: Vec::new(), ready: Vec::new() }))
    }

    /// Asks with this text, or with what the usual service of each port answers.
    pub(super) fn udp(origin: Origin, data: Option<Vec<u8>>) -> Self {
        let calls = Calls::new(origin, CALLS);
        Self::Udp(Box::new(Udp { calls, data, tries: HashMap::new(), addrs: HashMap::new() }))
    }

    /// Takes note of an event.
    pub(super) fn mark(&mut self, source: usize, ready: Ready) {
        match self {
            Self::Tcp(tcp) if source >= KNOCKS => tcp.ready.push(source),
            Self::Tcp(_) => {}
            Self::Udp(udp) => udp.calls.mark(source, ready),
        }
    }

    /// Starts a try.
    #[inline(always)] // see `net/knock/begin.rs`
    pub(super) fn ask(&mut self, cx: &mut Cx<'_>, start: &Start) -> Fate {
        match self {
            Self::Tcp(tcp) => {
                let knock = tcp.knocks.ask(start.addr, cx.watch);
                tcp.fate(start.id, knock)
            }
            Self::Udp(udp) => udp.ask(cx, start),
        }
    }

    /// What came since this was asked last.
    pub(super) fn hear(&mut self, cx: &mut Cx<'_>) -> Vec<Fate> {
        match self {
            Self::Tcp(tcp) => std::mem::take(&mut tcp.ready)
                .into_iter()
                .filter_map(|source| {
                    // A socket that waits for nothing has edges of what is past: they are about no try.
                    match tcp.knocks.settle(source, cx.watch) {
                        Knock::Pending(_) => None,
                        knock => Some(tcp.fate(*tcp.tries.get(source - KNOCKS)?, knock)),
                    }
                })
                .collect(),
            Self::Udp(udp) => udp.hear(),
        }
    }

    /// What came by the very call that asked: this host answers datagrams at once, and keeps few refusals.
    pub(super) fn hear_at_once(&mut self) -> Vec<Fate> {
        match self {
            Self::Tcp(_) => Vec::new(),
            Self::Udp(udp) => udp.hear(),
        }
    }

    /// Ends the wait for an answer; one that is there after all, though no event has told yet, is its fate.
    pub(super) fn give_up(&mut self, cx: &mut Cx<'_>, id: Id) -> Option<Fate> {
        match self {
            Self::Tcp(tcp) => {
                let source = tcp.sockets.get_mut(id).and_then(Option::take)?;
                let knock = tcp.knocks.give_up(source, cx.watch)?;
                Some(tcp.fate(id, knock))
            }
            Self::Udp(udp) => {
                udp.forget(id);
                None
            }
        }
    }
}

impl Tcp {
    fn fate(&mut self, id: Id, knock: Knock) -> Fate {
        if let Knock::Pending(source) = knock {
            let at = source - KNOCKS;
            if at >= self.tries.len() {
                self.tries.resize(at + 1, Id::MAX);
            }
            if id >= self.sockets.len() {
                self.sockets.resize(id + 1, None);
            }
            self.tries[at] = id;
            self.sockets[id] = Some(source);
            return Fate::Pending;
        }
        if let Some(socket) = self.sockets.get_mut(id) {
            *socket = None;
        }
        match knock {
            Knock::Pending(_) => Fate::Pending,
            Knock::Open(opened) => Fate::Answered(id, Reply::Opened(opened)),
            Knock::Shut(shut) => Fate::Answered(id, Reply::Shut(shut)),
            Knock::Unasked(_) => Fate::Unasked(id),
            Knock::Failed(failure) => Fate::Failed(failure),
        }
    }
}

impl Udp {
    fn ask(&mut self, cx: &mut Cx<'_>, start: &Start) -> Fate {
        let to = plain(start.addr);
        let bytes = match &self.data {
            Some(data) => Cow::Borrowed(data.as_slice()),
            None => Cow::Owned(payload(to.port())),
        };
        match self.calls.ask(to, &bytes, cx.watch) {
            Call::Sent => {
                self.tries.insert(to, start.id);
                self.addrs.insert(start.id, to);
                Fate::Pending
            }
            Call::Shut(shut) => Fate::Answered(start.id, Reply::Shut(shut)),
            Call::Blocked | Call::Unasked(_) => Fate::Unasked(start.id),
            Call::Failed(failure) => Fate::Failed(failure),
        }
    }

    fn hear(&mut self) -> Vec<Fate> {
        let (mut fates, tries) = (Vec::new(), &mut self.tries);
        let heard = self.calls.hear(|heard| {
            let (addr, reply) = match heard {
                Heard::Answer { from, bytes } => (asked(tries, from, bytes), Reply::Spoke),
                Heard::Shut { to, shut } => (to, Reply::Shut(shut)),
            };
            if let Some(id) = tries.remove(&addr) {
                fates.push(Fate::Answered(id, reply));
            }
        });
        for fate in &fates {
            if let Fate::Answered(id, _) = fate {
                self.addrs.remove(id);
            }
        }
        if let Err(error) = heard {
            let sockets = Object::Named("the probing socket".into());
            fates.push(Fate::Failed(Failure::system(Deed::Receive, sockets, &error, Exit::Local)));
        }
        fates
    }

    fn forget(&mut self, id: Id) {
        if let Some(addr) = self.addrs.remove(&id)
            && self.tries.get(&addr) == Some(&id)
        {
            self.tries.remove(&addr);
        }
    }
}

/// The port that an answer is about: some services answer from another one. Of a host of which a single port is
/// awaited, any answer is that one's.
fn asked(tries: &HashMap<SocketAddr, Id>, mut from: SocketAddr, bytes: &[u8]) -> SocketAddr {
    if tries.contains_key(&from) {
        return from;
    }
    from.set_port(asked_port(from.port(), bytes));
    let mut awaited = tries.keys().filter(|to| to.ip() == from.ip());
    match (awaited.next(), awaited.next()) {
        (Some(only), None) => *only,
        _ => from,
    }
}

/// Who sends to "any address" is answered by the loopback's.
fn plain(mut addr: SocketAddr) -> SocketAddr {
    match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => addr.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => addr.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    addr
}
