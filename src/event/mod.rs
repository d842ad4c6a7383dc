//! What can happen in a run: plain facts, raised by tasks as they occur and told by `report/`.

mod close;
mod http;
mod probe;

use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::error::{Failure, Way};
use crate::logic::ends::Awaited;
use crate::logic::sweep::Tally;
pub use crate::session::http::{Field, Head};
use crate::value::peer::{Addr, Peer, Proto};
pub use close::{By, Close, How, PathInfo, Remark};
pub use http::{Answered, Request};
pub use probe::{Finding, Probed};

/// Number of a connection within this run, counted from 1.
pub type Conn = u64;

/// What a failure means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// One peer of many could not be served, or not to the end; a server goes on. Told with `-v`.
    Refused,
    /// One of several attempts failed; others go on. Told with `-v`, or once all have failed.
    Setback,
    /// The run goes on, and its exit status will say so. Told always.
    Trouble,
    /// It ends the run. Told always.
    Fatal,
}

/// A fact about the run.
#[derive(Clone, Debug)]
pub enum Event {
    /// A name was resolved.
    Resolve {
        /// The name.
        host: Rc<str>,
        /// Its addresses that will be tried, in order.
        addrs: Vec<IpAddr>,
        /// How long the lookup took.
        took: Duration,
    },
    /// Sockets listen.
    Listen {
        /// For which protocol.
        proto: Proto,
        /// Every address bound; not empty.
        addrs: Vec<Addr>,
    },
    /// Connecting to one address began.
    Attempt {
        /// Where to.
        peer: Peer,
    },
    /// A connection stands.
    Connect {
        /// Its number.
        conn: Conn,
        /// Its other end.
        peer: Peer,
        /// Our end.
        local: Addr,
        /// How long the lookup took, if there was one.
        lookup: Option<Duration>,
        /// How long the handshake took.
        took: Duration,
    },
    /// A peer was accepted.
    Accept {
        /// Its number.
        conn: Conn,
        /// Its address.
        peer: Peer,
        /// Ours.
        local: Addr,
    },
    /// A peer was accepted and closed at once: too many are here from its address.
    TurnedAway {
        /// Who.
        peer: Peer,
        /// How many may be here from one address.
        limit: usize,
    },
    /// The peer's first byte came.
    FirstByte {
        /// Which connection.
        conn: Conn,
        /// Since it stood.
        after: Duration,
    },
    /// One side said that it will send no more.
    HalfClose {
        /// Which connection.
        conn: Conn,
        /// Which side.
        by: By,
    },
    /// One side has ended and the run now waits for something.
    Wait {
        /// Which connection.
        conn: Conn,
        /// What is waited for.
        what: Awaited,
        /// At most how long, where there is a limit.
        limit: Option<Duration>,
    },
    /// A connection is over.
    Close(Box<Close>),
    /// An HTTP request is about to be sent.
    Request(Box<Request>),
    /// The head of an answer came: of an interim one (1xx), or the final one. Told always.
    Head {
        /// On which connection.
        conn: Conn,
        /// What it says.
        head: Rc<Head>,
    },
    /// Fields came after the last chunk. Told always.
    Trailers {
        /// On which connection.
        conn: Conn,
        /// The fields, in order.
        fields: Vec<Field>,
    },
    /// An HTTP request is over.
    Answered(Box<Answered>),
    /// Asked for by SIGUSR1, or by the clock of who shows progress.
    Progress {
        /// What was carried so far.
        traffic: Traffic,
        /// Whether SIGUSR1 asked.
        asked: bool,
    },
    /// The kernel dropped datagrams that came, nearly always because they were not received in time.
    Missed {
        /// How many.
        datagrams: u64,
    },
    /// Ports were asked.
    Probed(Box<Probed>),
    /// Datagrams were not answered, since the user limits how many are in a second.
    Unanswered {
        /// How many.
        datagrams: u64,
    },
    /// Something went wrong.
    Failed {
        /// What that means for the run.
        weight: Weight,
        /// What went wrong.
        failure: Box<Failure>,
    },
}

impl Event {
    /// Something went wrong.
    pub fn failed(weight: Weight, failure: Failure) -> Self {
        Self::Failed { weight, failure: Box::new(failure) }
    }
}

/// Bytes as they were on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Of which connection.
    pub conn: Conn,
    /// With whom.
    pub peer: &'a Peer,
    /// Which way they went.
    pub way: Way,
    /// Where they lie in their stream.
    pub offset: u64,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// What a run, or a part of it, has carried so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    /// Bytes that sockets accepted.
    pub sent: u64,
    /// Bytes that came.
    pub received: u64,
    /// How many bytes will be sent, where that is known.
    pub expected: Option<u64>,
    /// How many bytes will come, where that is known.
    pub awaited: Option<u64>,
    /// Since the first connection stood.
    pub elapsed: Duration,
    /// Ports asked, where that is what is done.
    pub ports: Option<Tally>,
}

impl Traffic {
    /// Adds what another part has carried.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.expected = self.expected.or(other.expected);
        self.awaited = self.awaited.or(other.awaited);
        self.elapsed = self.elapsed.max(other.elapsed);
        self.ports = self.ports.or(other.ports);
    }
}

/// Whatever listens to events.
pub trait Tell {
    /// Takes note of an event, now.
    fn tell(&mut self, event: &Event);

    /// Tells what a probe found of a port. What of it is a result, for stdout.
    fn result(&mut self, finding: &Finding) -> String {
        let _ = finding;
        String::new()
    }

    /// Whether it dumps bytes.
    fn dumps(&self) -> bool {
        false
    }

    /// When it wants to be told of progress next.
    fn next_progress(&self) -> Option<Instant> {
        None
    }

    /// Dumps bytes, if it does.
    fn dump(&mut self, chunk: &Chunk<'_>) {
        let _ = chunk;
    }
}
