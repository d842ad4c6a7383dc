//! Sockets that ask TCP ports by connecting to them, each used again for port after port. It knows which of them wait
//! for an answer, not for how long.

use std::io;
use std::net::SocketAddr;

use mio::Interest;
use rustix::io::Errno;
use socket2::Socket;

use super::super::icmp::Icmp;
use super::super::socket::Origin;
use super::super::system::{IS_FIT_AFTER_FAILURE, dissolve, look, next_refusal};
use super::begin::{Step, begin};
use super::here::{is_want, is_want_of_opening};
use super::open::open_knocking;
use super::shut::Shut;
use crate::error::Failure;
use crate::io::watch::Watch;

/// Sockets that knock. Each that ever had to wait is watched from then on, under a source number of its own; one that
/// never had to is not.
#[derive(Debug)]
pub struct Knocks {
    origin: Origin,
    first: usize,
    slots: Vec<Slot>,
    /// Slots whose socket is fit for the next port, by IP version: the last used first, so that on a near host, which
    /// answers at once, one socket that nobody watches does it all.
    idle_v4: Vec<usize>,
    idle_v6: Vec<usize>,
    vacant: Vec<usize>,
}

#[derive(Debug)]
struct Slot {
    socket: Option<Socket>,
    to: SocketAddr,
    pending: bool,
    watched: bool,
}

/// What came of knocking.
#[derive(Debug)]
pub enum Knock {
    /// Nothing yet. An event for this source will tell.
    Pending(usize),
    /// Somebody listens.
    Open(Opened),
    /// The port is not open.
    Shut(Shut),
    /// The port was not asked, since this host has nothing left to ask with for now: ask it again.
    Unasked(io::Error),
    /// No port can be asked: the local end that the user wants cannot be had.
    Failed(Failure),
}

/// A connection to an open port. It is reset when it is dropped.
#[derive(Debug)]
pub struct Opened(pub(in crate::net) Socket);

impl Knocks {
    /// Sockets with this local end, whose events come under the source numbers from `first` on.
    pub fn new(origin: Origin, first: usize) -> Self {
        Self { origin, first, slots: Vec::new(), idle_v4: Vec::new(), idle_v6: Vec::new(), vacant: Vec::new() }
    }

    /// Asks a port.
    #[inline(always)] // see `begin`
    pub fn ask(&mut self, to: SocketAddr, watch: Watch<'_>) -> Knock {
        let at = match self.socket_for(to) {
            Ok(at) => at,
            Err(failure) => {
                return is_want_of_opening(&failure).map_or_else(|| Knock::Failed(failure), Knock::Unasked);
            }
        };
        let slot = &mut self.slots[at];
        slot.to = to;
        let Some(socket) = &slot.socket else { return Knock::Pending(self.first + at) };
        match begin(socket, to) {
            Step::Pending => self.wait(at, watch),
            Step::Stands => self.stands(at, watch),
            // On the loopback everything has come before the call is over, and ICMP that comes so early ends no
            // connection (see `settle`): this is RST. A call less for each port is a tenth of the time that all of them
            // take.
            Step::Failed(Errno::CONNREFUSED) if to.ip().is_loopback() => {
                self.leave(at);
                Knock::Shut(Shut::Closed)
            }
            Step::Failed(error) => self.failed(at, error),
        }
    }

    /// Takes note of an event. [`Knock::Pending`] is also the answer to an event of a socket that waits for none: those
    /// that are used again have edges of what is past.
    pub fn settle(&mut self, source: usize, watch: Watch<'_>) -> Knock {
        let at = source.wrapping_sub(self.first);
        let Some(Slot { socket: Some(socket), to, pending: true, .. }) = self.slots.get(at) else {
            return Knock::Pending(source);
        };
        let to = *to;
        match look(socket, to) {
            Step::Stands => return self.stands(at, watch),
            Step::Failed(error) => return self.failed(at, error),
            Step::Pending => {}
        }
        // ICMP that came while the connect call was not over yet does not end the connection, which tries again after a
        // second (measured with nft; tcp_v4_err, `sock_owned_by_user`). But it was kept, and tells all.
        match take_icmp(socket) {
            Some(icmp) => {
                self.dissolve(at);
                Knock::Shut(Shut::by_icmp(icmp, to))
            }
            None => Knock::Pending(source),
        }
    }

    /// Ends the wait for an answer. One that came at the last moment is told, though its event was not heard yet; one
    /// that comes later is heard by nobody.
    pub fn give_up(&mut self, source: usize, watch: Watch<'_>) -> Option<Knock> {
        match self.settle(source, watch) {
            Knock::Pending(_) => {
                self.dissolve(source.wrapping_sub(self.first));
                None
            }
            knock => Some(knock),
        }
    }

    fn dissolve(&mut self, at: usize) {
        let Some(Slot { socket: Some(socket), pending: true, .. }) = self.slots.get(at) else { return };
        match dissolve(socket) {
            true => {
                take_icmp(socket); // what was kept would be the next port's
                self.rest(at);
            }
            false => self.retire(at),
        }
    }

    fn wait(&mut self, at: usize, watch: Watch<'_>) -> Knock {
        let (source, slot) = (self.first + at, &mut self.slots[at]);
        if let Some(socket) = slot.socket.as_ref().filter(|_| !slot.watched) {
            if let Err(error) = watch.add(socket, source, Interest::WRITABLE) {
                self.retire(at);
                return Knock::Unasked(error);
            }
            slot.watched = true;
        }
        slot.pending = true;
        Knock::Pending(source)
    }

    fn stands(&mut self, at: usize, watch: Watch<'_>) -> Knock {
        let slot = &mut self.slots[at];
        let socket = slot.socket.take();
        if let Some(socket) = socket.as_ref().filter(|_| slot.watched) {
            watch.remove(socket);
        }
        self.retire(at);
        match socket {
            Some(socket) if !is_joined_to_itself(&socket) => Knock::Open(Opened(socket)),
            _ => Knock::Shut(Shut::Itself),
        }
    }

    fn failed(&mut self, at: usize, error: Errno) -> Knock {
        let to = self.slots[at].to;
        // After the error has been read: taking what was kept also takes the error away, and leaves ECONNABORTED
        // (measured; sock_dequeue_err_skb).
        let icmp = self.slots[at].socket.as_ref().and_then(take_icmp);
        self.leave(at);
        match icmp {
            Some(icmp) => Knock::Shut(Shut::by_icmp(icmp, to)),
            None if is_want(error.raw_os_error(), to) => Knock::Unasked(error.into()),
            None => Knock::Shut(Shut::by_errno(error)),
        }
    }

    /// Its connect has failed.
    fn leave(&mut self, at: usize) {
        match IS_FIT_AFTER_FAILURE {
            true => self.rest(at),
            false => self.retire(at),
        }
    }

    /// A slot whose socket is fit for a port of this address.
    fn socket_for(&mut self, to: SocketAddr) -> Result<usize, Failure> {
        if let Some(at) = self.idle(to.is_ipv4()).pop() {
            return Ok(at);
        }
        let socket = match open_knocking(to, &self.origin) {
            // Descriptors are short: one that rests for the other IP version makes room.
            Err(failure) if is_want_of_opening(&failure).is_some() => match self.idle(!to.is_ipv4()).pop() {
                Some(at) => {
                    self.retire(at);
                    open_knocking(to, &self.origin)?
                }
                None => return Err(failure),
            },
            done => done?,
        };
        let slot = Slot { socket: Some(socket), to, pending: false, watched: false };
        Ok(match self.vacant.pop() {
            Some(at) => {
                self.slots[at] = slot;
                at
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        })
    }

    fn idle(&mut self, v4: bool) -> &mut Vec<usize> {
        if v4 { &mut self.idle_v4 } else { &mut self.idle_v6 }
    }

    /// Its socket is fit for the next port.
    fn rest(&mut self, at: usize) {
        self.slots[at].pending = false;
        let v4 = self.slots[at].to.is_ipv4();
        self.idle(v4).push(at);
    }

    /// Its socket is used no more.
    fn retire(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        (slot.socket, slot.pending, slot.watched) = (None, false, false);
        self.vacant.push(at);
    }
}

/// Whether a socket was joined to itself: by a port of this host that the kernel also chose as our own (RFC 9293, 3.5).
/// Nobody listens there, since it chooses none that is bound. The peer is asked for, since who connects to 0.0.0.0 is
/// joined to 127.0.0.1.
fn is_joined_to_itself(socket: &Socket) -> bool {
    let of = |addr: io::Result<socket2::SockAddr>| addr.ok().and_then(|addr| addr.as_socket());
    let (local, peer) = (of(socket.local_addr()), of(socket.peer_addr()));
    local.is_some() && local == peer
}

/// Takes all ICMP messages that were kept for a socket, and tells the first.
fn take_icmp(socket: &Socket) -> Option<Icmp> {
    let mut first = None;
    while let Some(refusal) = next_refusal(socket) {
        first = first.or(refusal.icmp);
    }
    first
}

#[cfg(test)]
mod tests;
