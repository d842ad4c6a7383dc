//! A datagram socket, connected or not, read and written in batches and never blocking: UDP and Unix datagrams. It does
//! not know who speaks to whom, nor what to do with a datagram that cannot be sent.

pub(super) mod batch;
mod place;
mod refusal;
pub(super) mod single;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use mio::Interest;
use socket2::Socket;

pub use batch::{BATCH, Batch, Datagram, LONGEST};
pub use place::{Place, UnixName};
pub use refusal::Refusal;

use super::system::{Headers, dropped, keep_refusals, next_refusal, send_many};
use crate::io::ask;
use crate::io::endpoint::Ready;
use crate::io::watch::Watch;

/// A datagram that gets an error is offered again so often: the error may have been an earlier one's, each is told
/// once, and one more may come in meanwhile.
const TRIES: usize = 4;

/// A datagram socket. As every endpoint it is watched edge-triggered: readiness is remembered, and forgotten when a
/// call would block.
///
/// After [`receive`](Self::receive), [`send`](Self::send), [`mark`](Self::mark) and
/// [`look_for_refusal`](Self::look_for_refusal) ask [`refusal`](Self::refusal) until it
/// has no more: what is not taken from there takes room from datagrams.
#[derive(Debug)]
pub struct Datagrams {
    socket: Socket,
    local: Place,
    /// Its number among those watched.
    source: usize,
    /// For recvmmsg; without it datagrams are received one by one.
    headers: Option<Headers>,
    readable: bool,
    writable: bool,
    /// The loop tells of room to send.
    awaits_room: bool,
    /// The system keeps refusals, with their addresses.
    keeps: bool,
    /// There may be some.
    refused: bool,
    /// What a call said, where the system keeps none; or what was looked for and found.
    told: Option<Refusal>,
    dropped: u32,
}

/// A datagram to send.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Where to; none for the peer of a connected socket.
    pub to: Option<&'a Place>,
    /// What.
    pub bytes: &'a [u8],
}

/// What came of sending.
#[derive(Debug)]
pub enum Sent {
    /// The first so many were accepted, at least one unless none was offered. Offer those after them anew.
    Accepted(usize),
    /// None can be accepted now; once [`await_room`](Datagrams::await_room) was asked, an event will tell when.
    Blocked,
    /// The Unix socket that the first is for has no room, and no event will tell when it has. Those after it can go.
    Full,
    /// The first cannot be sent, for this reason, and it alone: those after it can go. ENOBUFS: this host dropped it.
    Failed(io::Error),
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Datagrams {
    /// A socket that is bound, connected, or both.
    ///
    /// # Errors
    /// Whatever the system says to making it non-blocking and asking for its address.
    pub fn new(socket: Socket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let local = Place::of(Some(rustix::net::getsockname(&socket)?));
        let (headers, keeps) = match local {
            Place::Inet(local) => (Headers::new(local), keep_refusals(&socket, local)),
            Place::Unix(_) => (None, false),
        };
        Ok(Self {
            socket,
            local,
            source: 0,
            headers,
            readable: true,
            writable: true,
            awaits_room: false,
            keeps,
            refused: false,
            told: None,
            dropped: 0,
        })
    }

    /// Its own address, when it was made.
    pub fn local(&self) -> &Place {
        &self.local
    }

    /// Has the loop tell when there is something to receive. Not of room to send: Linux tells of that with each
    /// datagram that has left, so that every answer would cost the loop a turn of its own (sock_def_write_space).
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn watch(&mut self, watch: Watch<'_>, source: usize) -> io::Result<()> {
        self.source = source;
        watch.add(&*self, source, Interest::READABLE)
    }

    /// Has the loop tell of room to send, too, from now on, since a call found none.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn await_room(&mut self, watch: Watch<'_>) -> io::Result<()> {
        if !std::mem::replace(&mut self.awaits_room, true) {
            // But once: each time, what waits unread is told anew, which is no end of turns while stdout is stuck.
            watch.change(&*self, self.source, Interest::READABLE | Interest::WRITABLE)?;
        }
        Ok(())
    }

    /// Takes note of an event.
    pub fn mark(&mut self, ready: Ready) {
        self.readable |= ready.readable();
        self.writable |= ready.writable();
        self.refused |= ready.broken();
    }

    /// Whether there may be something to receive, as far as is known.
    pub fn readable(&self) -> bool {
        self.readable
    }

    /// Fills a batch with what is there, and says how many datagrams that is; 0 when an event will tell of the next.
    ///
    /// # Errors
    /// Whatever the system says of the socket; what the network says of datagrams sent is a [`Refusal`].
    pub fn receive(&mut self, batch: &mut Batch) -> io::Result<usize> {
        batch.filled = 0;
        while self.readable {
            match self.take(batch) {
                Ok(count) => {
                    // A short batch has drained the socket, but where an error cut it short: behind it may be more, and
                    // its edge is past.
                    self.readable = count == BATCH || self.refused || self.told.is_some();
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.readable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if refusal::may_be_refusal(&error) => self.note(&error),
                Err(error) => return Err(error),
            }
        }
        Ok(0)
    }

    fn take(&mut self, batch: &mut Batch) -> io::Result<usize> {
        if let Some(headers) = &mut self.headers {
            return headers.receive(self.socket.as_fd(), batch);
        }
        let (count, stopped) = single::receive(&self.socket, batch)?;
        match stopped {
            Some(error) if refusal::may_be_refusal(&error) => self.note(&error),
            _ => {} // the socket's own error comes again
        }
        Ok(count)
    }

    /// Sends datagrams in their order, up to [`BATCH`] by one call.
    pub fn send<'a>(&mut self, datagrams: impl IntoIterator<Item = Outgoing<'a>>) -> Sent {
        let mut offered = [Outgoing { to: None, bytes: &[] }; BATCH];
        let count = offered.iter_mut().zip(datagrams).map(|(slot, datagram)| *slot = datagram).count();
        if count == 0 {
            return Sent::Accepted(0);
        }
        let mut tries = TRIES;
        while self.writable {
            match self.give(&offered[..count]) {
                Ok(accepted) => {
                    // The error that stopped it short is lost; if it was a refusal, that is kept.
                    self.refused |= accepted < count && self.keeps;
                    return Sent::Accepted(accepted);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.has_room() {
                        return Sent::Full;
                    }
                    self.writable = false;
                }
                Err(error) => {
                    tries -= 1;
                    let earlier = matches!(self.local, Place::Inet(_)) && refusal::may_be_refusal(&error);
                    if !earlier || tries == 0 {
                        self.told = None; // it was its own from the first
                        return Sent::Failed(error);
                    }
                    self.note(&error);
                }
            }
        }
        Sent::Blocked
    }

    fn give(&self, datagrams: &[Outgoing<'_>]) -> io::Result<usize> {
        match datagrams {
            [_] => single::send(&self.socket, datagrams),
            _ => send_many(&self.socket, datagrams),
        }
    }

    /// Whether a Unix socket is writable though a call said that it would block: then the one written to is full, and
    /// only a connected socket is told when it no more is (and is not writable until then).
    fn has_room(&self) -> bool {
        matches!(self.local, Place::Unix(_)) && ask::writable(self.socket.as_fd())
    }

    /// The next datagram that the network refused. Costs nothing while there is none.
    pub fn refusal(&mut self) -> Option<Refusal> {
        if let Some(told) = self.told.take() {
            return Some(told);
        }
        if self.refused {
            let next = next_refusal(&self.socket);
            self.refused = next.is_some();
            return next;
        }
        None
    }

    /// Looks whether what was just sent to this very host was refused: then that is known before the call is over,
    /// though nothing tells of it before the next, which fails by it and has to be made again.
    pub fn look_for_refusal(&mut self) {
        if self.keeps && self.told.is_none() {
            self.told = next_refusal(&self.socket);
        }
    }

    fn note(&mut self, error: &io::Error) {
        match self.keeps {
            true => self.refused = true,
            false => self.told = error.raw_os_error().map(|errno| Refusal { to: None, errno, icmp: None }),
        }
    }

    /// How many datagrams the kernel has dropped since this was last asked, nearly always because they were not
    /// received in time (a bad checksum counts too). 0 where the system does not tell.
    pub fn dropped(&mut self) -> u32 {
        let now = dropped(&self.socket);
        let since = now.wrapping_sub(self.dropped);
        self.dropped = now;
        since
    }
}

#[cfg(test)]
mod tests;
