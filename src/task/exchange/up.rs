//! From stdin to the peer: what is read is cut into datagrams, filtered one by one, and sent in order.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use super::talk::{Key, Talk};
use crate::cli::plan::Relay;
use crate::cli::size::{Cut, LARGEST_DATAGRAM};
use crate::error::{Deed, Exit, Failure, Lost, Object, Way};
use crate::event::{Chunk, Event};
use crate::filter::Chain;
use crate::io::endpoint::{Endpoint, Io, Kind};
use crate::logic::cutter::{Cutter, READ};
use crate::logic::ends::{Role, Stdin};
use crate::net::datagram::{BATCH, Outgoing, Refusal, Sent};
use crate::task::local::Local;
use crate::task::{Cx, Turn};

/// How many batches before others get their turn.
const BATCHES: usize = 8;

/// How soon to try again where there is no room for a datagram, and no event will tell of it: at first, and when that
/// has come to nothing again and again.
const RETRY: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(50)];

/// A refusal is told at most so often while nothing ends by it.
const TOLD_AGAIN: Duration = Duration::from_secs(1);

/// More of what telnet answers than this does not wait to be sent: it can be asked again.
const ANSWERS: usize = 64;

/// So many bytes, and so many datagrams, that a mode answers with wait at most.
const MOST_BYTES: usize = 4 << 20;
const MOST_ANSWERS: usize = 16 * 1024;

/// What is on its way from stdin.
pub(super) struct Up {
    cutter: Cutter,
    chain: Chain,
    pending: Pending,
    /// Whom what is read goes to; nothing is read before there is somebody.
    pub(super) target: Option<Key>,
    kind: Stdin,
    /// Whether stdin is read at all.
    reads: bool,
    interval: Option<Duration>,
    /// Not before this time is more sent.
    next: Option<Instant>,
    pub(super) retry: Retry,
    first_sent: Option<Instant>,
}

/// There was no room for the first that waits.
#[derive(Default)]
pub(super) struct Retry {
    next: Option<Instant>,
    pause: Duration,
}

impl Retry {
    /// When to try again, where that is still to come.
    pub(super) fn at(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|&at| at > now)
    }

    fn put_off(&mut self, now: Instant) {
        self.pause = (2 * self.pause).clamp(RETRY[0], RETRY[1]);
        self.next = Some(now + self.pause);
    }
}

/// Datagrams to send, in order.
#[derive(Default)]
struct Pending {
    parcels: VecDeque<Parcel>,
    /// Their bytes.
    size: usize,
}

impl Pending {
    fn push(&mut self, parcel: Parcel) {
        self.size += parcel.bytes.len();
        self.parcels.push_back(parcel);
    }

    fn pop(&mut self) -> Option<Parcel> {
        let parcel = self.parcels.pop_front()?;
        self.size -= parcel.bytes.len();
        Some(parcel)
    }
}

/// A datagram to send.
struct Parcel {
    to: Key,
    bytes: Vec<u8>,
    /// Not before this time.
    due: Option<Instant>,
}

impl Up {
    pub(super) fn new(relay: &Relay, local: &Local, target: Option<Key>) -> Self {
        let kind = local.kind();
        Self {
            cutter: Cutter::new(cut(relay, local.stdin.as_ref())),
            chain: relay.bytes.filters.sending(),
            pending: Pending::default(),
            target,
            kind,
            reads: kind != Stdin::Unread,
            interval: relay.bytes.interval,
            next: None,
            retry: Retry::default(),
            first_sent: None,
        }
    }

    pub(super) fn first_sent(&self) -> Option<Instant> {
        self.first_sent
    }

    /// Until when what waits is held back by us (`-i`, `--delay`).
    pub(super) fn pause(&self, now: Instant) -> Option<Instant> {
        let due = self.pending.parcels.front()?.due;
        self.next.into_iter().chain(due).max().filter(|&at| at > now)
    }

    /// Sends something of our own along.
    pub(super) fn answer(&mut self, to: Key, bytes: Vec<u8>) {
        if self.pending.parcels.len() < ANSWERS {
            self.pending.push(Parcel { to, bytes, due: None });
        }
    }

    /// Sends what a mode answers, at its time.
    pub(super) fn reply(&mut self, to: Key, bytes: Vec<u8>, due: Option<Instant>) {
        let bytes = match self.chain.is_empty() {
            true => bytes,
            false => {
                let mut filtered = Vec::new();
                self.chain.run(&bytes, &mut filtered);
                self.chain.end(&mut filtered);
                filtered
            }
        };
        self.pending.push(Parcel { to, bytes, due });
    }

    /// Whether as many wait as there may be answers.
    pub(super) fn is_full(&self) -> bool {
        self.pending.size >= MOST_BYTES || self.pending.parcels.len() >= MOST_ANSWERS
    }

    /// Whether nothing waits to be sent.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.parcels.is_empty()
    }

    /// Bytes of stdin that were not sent, beside what is left there.
    pub(super) fn held(&self) -> u64 {
        (self.pending.size + self.cutter.held()) as u64
    }
}

impl Talk {
    /// True while there is more to send at once; a turn when that was the end.
    pub(super) fn carry_up(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        for _ in 0..BATCHES {
            self.read(cx);
            if !self.give(cx)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads stdin until a batch waits to be sent.
    fn read(&mut self, cx: &mut Cx<'_>) {
        let Some(to) = self.up.target else {
            return;
        };
        while self.up.pending.parcels.len() < BATCH
            && let Some(stdin) = &mut self.local.stdin
        {
            match stdin.read(&mut cx.scratch[..READ]) {
                Ok(Io::Moved(count)) => {
                    let Up { cutter, chain, pending, .. } = &mut self.up;
                    cutter.take(&cx.scratch[..count], |piece| push(chain, pending, to, piece));
                }
                Ok(Io::Blocked) => return,
                Ok(Io::End) => self.end_stdin(cx, to),
                Err(error) => {
                    let failure = Failure::system(Deed::Read, Object::stdin(), &error, Exit::Local);
                    self.trouble(cx, failure);
                    self.end_stdin(cx, to); // what was read before still goes out
                }
            }
        }
    }

    fn end_stdin(&mut self, cx: &mut Cx<'_>, to: Key) {
        let Up { cutter, chain, pending, .. } = &mut self.up;
        cutter.end(|piece| push(chain, pending, to, piece));
        self.close_stdin(cx);
    }

    /// Sends a batch. Whether anything went.
    fn give(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        let up = &mut self.up;
        let Some(first) = up.pending.parcels.front() else {
            if self.local.stdin.is_none() && up.reads {
                self.quiet.stdin_ended(cx.now);
            }
            return Ok(false);
        };
        let is_due = |parcel: &Parcel| parcel.due.is_none_or(|due| due <= cx.now);
        if up.next.is_some_and(|next| cx.now < next) || up.retry.at(cx.now).is_some() || !is_due(first) {
            return Ok(false);
        }
        up.next = None;
        let (to, connected) = (first.to, self.peer.is_some());
        let most = if up.interval.is_some() { 1 } else { BATCH };
        let parcels =
            up.pending.parcels.iter().take_while(|parcel| parcel.to.wire == to.wire && is_due(parcel)).take(most);
        let outgoing =
            parcels.map(|parcel| Outgoing { to: (!connected).then_some(&parcel.to.place), bytes: &parcel.bytes });
        match self.wires[to.wire].socket.send(outgoing) {
            Sent::Accepted(count) => {
                for _ in 0..count {
                    self.gave(cx);
                }
                self.up.retry = Retry::default();
                self.up.next = self.up.interval.map(|interval| cx.now + interval);
                return Ok(count > 0);
            }
            Sent::Blocked => {}
            // Others wait for their answers: who does not read gets none.
            Sent::Full if self.answerer.is_some() => {
                self.not_sent(cx, &io::Error::from_raw_os_error(libc::EAGAIN))?;
                return Ok(true);
            }
            Sent::Full => self.up.retry.put_off(cx.now),
            Sent::Failed(error) if is_shortage(&error) => self.up.retry.put_off(cx.now),
            Sent::Failed(error) => {
                self.not_sent(cx, &error)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first that waited was accepted.
    fn gave(&mut self, cx: &mut Cx<'_>) {
        let Some(Parcel { to, bytes, .. }) = self.up.pending.pop() else {
            return;
        };
        self.quiet.sent(cx.now);
        self.up.first_sent.get_or_insert(cx.now);
        let Some((conn, offset)) = self.peers.sent(&to, bytes.len() as u64) else {
            return;
        };
        if cx.report.dumps() {
            let peer = &self.peer_of(&to);
            cx.report.dump(&Chunk { conn, peer, way: Way::Up, offset, bytes: &bytes });
        }
    }

    /// The first that waited cannot be sent, which says nothing of the others unless the peer is gone.
    fn not_sent(&mut self, cx: &mut Cx<'_>, error: &io::Error) -> Result<(), Turn> {
        let gone = match error.raw_os_error() {
            Some(libc::EMSGSIZE) => false,
            Some(libc::ECONNREFUSED | libc::ECONNRESET | libc::ENOTCONN | libc::EPIPE) => {
                self.peer.is_some() && self.proto.is_unix()
            }
            _ => false,
        };
        if gone {
            return Err(self.broke(cx, Deed::Send, error)); // its socket will not be there again
        }
        if let Some(Parcel { to, bytes, .. }) = self.up.pending.pop() {
            let failure = Failure::system(Deed::Send, Object::Peer(self.peer_of(&to)), error, Exit::Network);
            let failure = failure.after(cx.now - self.began).losing(Lost::up(bytes.len() as u64, false));
            match self.answerer {
                Some(_) => cx.tell(&Event::Refused(Box::new(failure))), // who serves many goes on
                None => self.trouble(cx, failure),
            }
        }
        Ok(())
    }

    /// Tells what the network refused; a turn when nothing else can come of it.
    pub(super) fn hear_refusals(&mut self, cx: &mut Cx<'_>) -> Result<(), Turn> {
        for wire in 0..self.wires.len() {
            while let Some(refusal) = self.wires[wire].socket.refusal() {
                self.hear_refusal(cx, wire, &refusal)?;
            }
        }
        Ok(())
    }

    fn hear_refusal(&mut self, cx: &mut Cx<'_>, wire: usize, refusal: &Refusal) -> Result<(), Turn> {
        let error = io::Error::from_raw_os_error(refusal.errno);
        if self.role == Role::Listening {
            let object = match refusal.to {
                Some(place) => Object::Peer(self.peer_of(&Key { wire, place })),
                None => self.object(),
            };
            let failure = Failure::system(Deed::Send, object, &error, Exit::Network);
            cx.tell(&Event::Refused(Box::new(failure)));
            return Ok(());
        }
        // Who still types, or feeds a pipe, may reach a server that starts later; a file has nobody to wait for that.
        let waits = matches!(self.up.kind, Stdin::Terminal | Stdin::Pipe) && !self.quiet.stdin_done();
        if !waits {
            return Err(self.broke(cx, Deed::Send, &error));
        }
        self.worst = Exit::Network;
        if self.refused.is_none_or(|told| told + TOLD_AGAIN <= cx.now) {
            self.refused = Some(cx.now);
            let failure = Failure::system(Deed::Send, self.object(), &error, Exit::Network);
            self.trouble(cx, failure.after(cx.now - self.began));
        }
        Ok(())
    }
}

/// Filters a datagram, and lets it wait. One that the filters make nothing of is none.
fn push(chain: &mut Chain, pending: &mut Pending, to: Key, piece: &[u8]) {
    let mut bytes = Vec::new();
    if chain.is_empty() {
        bytes.extend_from_slice(piece);
    } else {
        chain.run(piece, &mut bytes);
        chain.end(&mut bytes);
    }
    if !bytes.is_empty() {
        pending.push(Parcel { to, bytes, due: None });
    }
}

/// How stdin is cut: as asked for, and a file that fits into one datagram not at all.
fn cut(relay: &Relay, stdin: Option<&Endpoint>) -> Option<Cut> {
    let fits = |stdin: &Endpoint| stdin.kind() == Kind::File && stdin.left().0 <= LARGEST_DATAGRAM as u64;
    relay.cut.or_else(|| stdin.is_some_and(fits).then_some(Cut::Size(LARGEST_DATAGRAM)))
}

/// This host had no room for the datagram.
fn is_shortage(error: &io::Error) -> bool {
    [libc::ENOBUFS, libc::ENOMEM].map(Some).contains(&error.raw_os_error())
}
