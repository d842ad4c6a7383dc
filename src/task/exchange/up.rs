//! From stdin to the peer: what is read is cut into datagrams, filtered one by one, and sent in order.

use std::io;
use std::time::{Duration, Instant};

use super::parcels::{Parcel, Parcels, Retry};
use super::talk::{Key, Talk};
use crate::error::{Deed, Exit, Failure, Object, Way};
use crate::event::Chunk;
use crate::io::endpoint::{Endpoint, Io, Kind};
use crate::logic::cutter::{Cutter, READ};
use crate::logic::side::Stdin;
use crate::net::datagram::{BATCH, Outgoing, Sent};
use crate::plan::Relay;
use crate::task::local::Local;
use crate::task::{Cx, Turn};
use crate::value::size::{Cut, LARGEST_DATAGRAM};

/// How many batches before others get their turn.
const BATCHES: usize = 8;

/// More of what telnet answers than this does not wait to be sent: it can be asked again.
const ANSWERS: usize = 64;

/// So many bytes, and so many datagrams, that a mode answers with wait at most.
const MOST_BYTES: usize = 4 << 20;
const MOST_ANSWERS: usize = 16 * 1024;

/// What is on its way from stdin.
pub(super) struct Up {
    cutter: Cutter,
    pub(super) parcels: Parcels,
    /// Whom what is read goes to; nothing is read before there is somebody.
    pub(super) target: Option<Key>,
    pub(super) kind: Stdin,
    /// Whether stdin is read at all.
    reads: bool,
    interval: Option<Duration>,
    /// Not before this time is more sent.
    next: Option<Instant>,
    pub(super) retry: Retry,
    first_sent: Option<Instant>,
}

impl Up {
    pub(super) fn new(relay: &Relay, local: &Local, target: Option<Key>) -> Self {
        let kind = local.kind();
        Self {
            cutter: Cutter::new(cut(relay, local.stdin.as_ref())),
            parcels: Parcels::new(relay.bytes.filters.sending()),
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
        let due = self.parcels.first()?.due;
        self.next.into_iter().chain(due).max().filter(|&at| at > now)
    }

    /// Sends something of our own along.
    pub(super) fn answer(&mut self, to: Key, bytes: Vec<u8>) {
        if self.parcels.count() < ANSWERS {
            self.parcels.push_raw(to, bytes, None);
        }
    }

    /// Whether as many wait as there may be answers.
    pub(super) fn is_full(&self) -> bool {
        self.parcels.size() >= MOST_BYTES || self.parcels.count() >= MOST_ANSWERS
    }

    /// Whether nothing waits to be sent.
    pub(super) fn is_empty(&self) -> bool {
        self.parcels.first().is_none()
    }

    /// Bytes of stdin that were not sent, beside what is left there.
    pub(super) fn held(&self) -> u64 {
        (self.parcels.size() + self.cutter.held()) as u64
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
        while self.up.parcels.count() < BATCH
            && let Some(stdin) = &mut self.local.stdin
        {
            match stdin.read(&mut cx.scratch[..READ]) {
                Ok(Io::Moved(count)) => {
                    let Up { cutter, parcels, .. } = &mut self.up;
                    cutter.take(&cx.scratch[..count], |piece| parcels.push(to, piece.to_vec(), None));
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
        let Up { cutter, parcels, .. } = &mut self.up;
        cutter.end(|piece| parcels.push(to, piece.to_vec(), None));
        self.close_stdin(cx);
    }

    /// Sends a batch. Whether anything went.
    fn give(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        let up = &mut self.up;
        let Some(first) = up.parcels.first() else {
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
        let parcels = up.parcels.iter().take_while(|parcel| parcel.to.wire == to.wire && is_due(parcel)).take(most);
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
            Sent::Blocked => {
                let room = self.wires[to.wire].socket.await_room(cx.watch);
                room.map_err(|error| self.broke(cx, Deed::Send, &error))?;
            }
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
        let Some(Parcel { to, bytes, .. }) = self.up.parcels.pop() else {
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
