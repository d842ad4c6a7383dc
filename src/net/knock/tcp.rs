//! Sockets that ask TCP ports by connecting to them, each used again for port after port. It knows which of them wait for
//! an answer, not for how long.

use std::io;
use std::net::SocketAddr;

use mio::Interest;
use rustix::io::Errno;
use socket2::Socket;

use super::super::datagram::refusal;
use super::super::icmp::Icmp;
use super::super::socket::Origin;
use super::begin::{IS_FIT_AFTER_FAILURE, Step, begin, dissolve, look};
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
pub struct Opened {
    /// Its socket.
    pub socket: Socket,
    /// Its other end.
    pub peer: SocketAddr,
    /// This end, where the system tells.
    pub local: Option<SocketAddr>,
}

impl Knocks {
    /// Sockets with this local end, whose events come under the source numbers from `first` on.
    pub fn new(origin: Origin, first: usize) -> Self {
        Self { origin, first, slots: Vec::new(), idle_v4: Vec::new(), idle_v6: Vec::new(), vacant: Vec::new() }
    }

    /// Asks a port.
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
                self.give_up(source);
                Knock::Shut(Shut::by_icmp(icmp, to))
            }
            None => Knock::Pending(source),
        }
    }

    /// Ends the wait for an answer. One that comes later is heard by nobody.
    pub fn give_up(&mut self, source: usize) {
        let at = source.wrapping_sub(self.first);
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
        let (socket, to) = (slot.socket.take(), slot.to);
        if let Some(socket) = socket.as_ref().filter(|_| slot.watched) {
            watch.remove(socket);
        }
        self.retire(at);
        socket.and_then(|socket| opened(socket, to)).map_or(Knock::Shut(Shut::Closed), Knock::Open)
    }

    fn failed(&mut self, at: usize, error: Errno) -> Knock {
        let to = self.slots[at].to;
        // After the error has been read: taking what was kept also takes the error away, and leaves ECONNABORTED
        // (measured; sock_dequeue_err_skb).
        let icmp = self.slots[at].socket.as_ref().and_then(take_icmp);
        match IS_FIT_AFTER_FAILURE {
            true => self.rest(at),
            false => self.retire(at),
        }
        match icmp {
            Some(icmp) => Knock::Shut(Shut::by_icmp(icmp, to)),
            None if is_want(error.raw_os_error(), to) => Knock::Unasked(error.into()),
            None => Knock::Shut(Shut::by_errno(error)),
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

/// The connection that stands; none if the socket was joined to itself: a port of this host that the kernel also chose as
/// our own (RFC 9293, 3.5). Nobody listens there, since it chooses none that is bound. The peer is asked for, since who
/// connects to 0.0.0.0 is joined to 127.0.0.1.
fn opened(socket: Socket, to: SocketAddr) -> Option<Opened> {
    let of = |addr: io::Result<socket2::SockAddr>| addr.ok().and_then(|addr| addr.as_socket());
    let (local, peer) = (of(socket.local_addr()), of(socket.peer_addr()));
    (local.is_none() || local != peer).then_some(Opened { socket, peer: to, local })
}

/// Takes all ICMP messages that were kept for a socket, and tells the first.
fn take_icmp(socket: &Socket) -> Option<Icmp> {
    let mut first = None;
    while let Some(refusal) = refusal::next(socket) {
        first = first.or(refusal.icmp);
    }
    first
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};

    use mio::{Events, Poll};

    use super::*;
    use crate::io::watch::task_and_source;

    const FIRST: usize = 7;

    fn poll() -> Poll {
        Poll::new().expect("a poll")
    }

    fn knocks() -> Knocks {
        Knocks::new(Origin::default(), FIRST)
    }

    fn listener(ip: impl Into<std::net::IpAddr>) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((ip.into(), 0)).expect("a listener");
        let addr = listener.local_addr().expect("its address");
        (listener, addr)
    }

    /// A port that nobody has.
    fn closed(ip: impl Into<std::net::IpAddr>) -> SocketAddr {
        listener(ip).1
    }

    /// A port that answers nothing: its queue is full, and what more comes is dropped (listen(2)).
    fn silent() -> (Socket, Vec<TcpStream>, SocketAddr) {
        let socket = Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a port");
        socket.listen(0).expect("it listens");
        let addr = socket.local_addr().expect("its address").as_socket().expect("of the internet");
        let full = vec![TcpStream::connect(addr).expect("room for one")];
        (socket, full, addr)
    }

    fn descriptors(knocks: &Knocks) -> usize {
        knocks.slots.iter().filter(|slot| slot.socket.is_some()).count()
    }

    fn is_closed(knock: &Knock) -> bool {
        matches!(knock, Knock::Shut(Shut::Closed))
    }

    #[test]
    fn one_socket_asks_many_closed_ports_and_is_never_watched() {
        let (poll, mut knocks) = (poll(), knocks());
        for _ in 0..20 {
            assert!(is_closed(&knocks.ask(closed(Ipv4Addr::LOCALHOST), Watch::new(poll.registry(), 0))));
        }
        assert_eq!(descriptors(&knocks), 1);
        assert!(!knocks.slots[0].watched);
    }

    #[test]
    fn each_ip_version_has_sockets_of_its_own() {
        let (poll, mut knocks) = (poll(), knocks());
        let watch = Watch::new(poll.registry(), 0);
        for _ in 0..3 {
            assert!(is_closed(&knocks.ask(closed(Ipv4Addr::LOCALHOST), watch)));
            assert!(is_closed(&knocks.ask(closed(Ipv6Addr::LOCALHOST), watch)));
        }
        assert_eq!(descriptors(&knocks), 2);
    }

    #[test]
    fn an_open_port_is_told_with_both_ends_and_reset_when_dropped() {
        let (poll, mut knocks) = (poll(), knocks());
        for (listener, addr) in [listener(Ipv4Addr::LOCALHOST), listener(Ipv6Addr::LOCALHOST)] {
            let Knock::Open(opened) = knocks.ask(addr, Watch::new(poll.registry(), 0)) else { panic!("it is open") };
            let (accepted, from) = listener.accept().expect("a peer");
            assert_eq!((opened.peer, opened.local), (addr, Some(from)));
            drop(opened);
            let error = std::io::Read::read(&mut &accepted, &mut [0]).expect_err("it was reset");
            assert_eq!(error.raw_os_error(), Some(libc::ECONNRESET));
            assert_eq!(descriptors(&knocks), 0);
        }
    }

    #[test]
    fn a_socket_joined_to_itself_has_found_nobody() {
        let poll = poll();
        for ip in [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED] {
            let port = closed(Ipv4Addr::LOCALHOST).port();
            let mut knocks = Knocks::new(Origin { port: Some(port), ..Origin::default() }, FIRST);
            let knock = knocks.ask(SocketAddr::from((ip, port)), Watch::new(poll.registry(), 0));
            assert!(is_closed(&knock), "{ip}: {knock:?}");
        }
    }

    #[test]
    fn a_silent_port_is_waited_for_and_given_up_and_its_socket_used_again() {
        let (mut poll, mut knocks) = (poll(), knocks());
        let (_listening, _full, addr) = silent();
        // Whether the first is still let in depends on the system; the queue is full after it.
        let pending = (0..4).find_map(|_| match knocks.ask(addr, Watch::new(poll.registry(), 3)) {
            Knock::Pending(source) => Some(source),
            Knock::Open(opened) => {
                std::mem::forget(opened); // stays in the queue
                None
            }
            other => panic!("{other:?}"),
        });
        let source = pending.expect("the queue is full");
        assert!(matches!(knocks.settle(source, Watch::new(poll.registry(), 3)), Knock::Pending(_)));
        knocks.give_up(source);
        let before = descriptors(&knocks);
        assert!(is_closed(&knocks.ask(closed(Ipv4Addr::LOCALHOST), Watch::new(poll.registry(), 3))));
        assert_eq!(descriptors(&knocks), before);
        // It is still watched, and what is past says nothing.
        let mut events = Events::with_capacity(8);
        poll.poll(&mut events, Some(std::time::Duration::from_secs(10))).expect("poll");
        let (task, told) = events.iter().map(|event| task_and_source(event.token())).next().expect("an edge");
        assert_eq!((task, told), (3, source));
        assert!(matches!(knocks.settle(told, Watch::new(poll.registry(), 3)), Knock::Pending(_)));
    }

    #[test]
    fn numbers_that_are_nobodys_are_harmless() {
        let (poll, mut knocks) = (poll(), knocks());
        for source in [0, FIRST, FIRST + 1, usize::MAX] {
            knocks.give_up(source);
            assert!(matches!(knocks.settle(source, Watch::new(poll.registry(), 0)), Knock::Pending(_)));
        }
    }

    #[test]
    fn a_local_end_that_cannot_be_had_is_a_failure() {
        let poll = poll();
        let addr = Some((std::net::IpAddr::from([192, 0, 2, 1]), 0));
        let mut knocks = Knocks::new(Origin { addr, ..Origin::default() }, FIRST);
        let knock = knocks.ask(closed(Ipv4Addr::LOCALHOST), Watch::new(poll.registry(), 0));
        let Knock::Failed(failure) = knock else { panic!("{knock:?}") };
        assert_eq!(failure.errno, Some(libc::EADDRNOTAVAIL));
    }
}
