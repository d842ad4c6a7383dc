//! Sockets that listen, and the connections that come in on them.

use std::io;
use std::time::{Duration, Instant};

use mio::Interest;
use socket2::{SockAddr, Socket};

use super::bind::Bound;
use super::here::is_exhaustion;
use super::name::addr;
use super::options::make_prompt;
use super::stream::Stream;
use crate::error::Object;
use crate::io::watch::Watch;
use crate::value::peer::{Peer, Proto};

/// How soon to accept again after this machine had nothing left for another connection.
const PAUSE: Duration = Duration::from_millis(100);

/// One or more listening sockets.
#[derive(Debug)]
pub struct Acceptor {
    proto: Proto,
    sockets: Vec<Bound>,
    ready: bool,
    /// Which socket is asked first: the next one each time, so that a crowd at one does not hide who comes to another.
    turn: usize,
    /// When to accept again, once this machine had nothing left for another connection.
    again: Option<Instant>,
    /// That was told, and somebody still waits.
    exhausted: bool,
}

/// What came of accepting.
pub enum Accepted {
    /// A peer.
    Peer(Stream),
    /// Nobody now; an event will tell, or [`Acceptor::again`] comes.
    Nobody,
    /// The same, since this machine has nothing left for another connection. Said once, however long that lasts.
    Exhausted(io::Error),
    /// It will not accept anybody.
    Failed(io::Error),
}

impl Acceptor {
    /// Accepts who comes in on these sockets, which listen.
    pub fn new(proto: Proto, sockets: Vec<Bound>) -> Self {
        Self { proto, sockets, ready: true, turn: 0, again: None, exhausted: false }
    }

    /// What a failure of waiting for a peer is about.
    pub fn object(&self) -> Object {
        match self.sockets.first() {
            Some(bound) => Object::Peer(Peer::at(self.proto, bound.addr.clone())),
            None => Object::Named("no address".into()),
        }
    }

    /// Has the loop tell when a peer comes.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn watch(&self, watch: Watch<'_>, source: usize) -> io::Result<()> {
        self.sockets.iter().try_for_each(|bound| watch.add(&bound.socket, source, Interest::READABLE))
    }

    /// Takes note of an event.
    pub fn mark(&mut self) {
        self.ready = true;
    }

    /// When to accept again, though no event told to.
    pub fn again(&self) -> Option<Instant> {
        self.again
    }

    /// Accepts one peer.
    pub fn accept(&mut self, now: Instant) -> Accepted {
        if self.again.is_some_and(|again| now < again) {
            return Accepted::Nobody;
        }
        self.again = None;
        while self.ready {
            self.ready = false;
            for n in 0..self.sockets.len() {
                let bound = &self.sockets[(self.turn + n) % self.sockets.len()];
                match bound.socket.accept() {
                    Ok((socket, from)) => {
                        self.ready = true; // there may be more
                        self.turn = (self.turn + n + 1) % self.sockets.len();
                        if let Some(stream) = welcome(self.proto, socket, &from) {
                            return Accepted::Peer(stream);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) if error.raw_os_error().is_some_and(is_exhaustion) => {
                        self.ready = true;
                        self.again = Some(now + PAUSE);
                        return match std::mem::replace(&mut self.exhausted, true) {
                            false => Accepted::Exhausted(error),
                            true => Accepted::Nobody,
                        };
                    }
                    Err(error) if is_of_the_peer(&error) => self.ready = true,
                    Err(error) => return Accepted::Failed(error),
                }
            }
        }
        self.exhausted = false; // whoever waited was accepted
        Accepted::Nobody
    }
}

fn welcome(proto: Proto, socket: Socket, from: &SockAddr) -> Option<Stream> {
    socket.set_nonblocking(true).ok()?;
    if proto == Proto::Tcp {
        make_prompt(&socket);
    }
    Some(Stream::new(socket, Peer::at(proto, addr(from))))
}

/// Errors of a connection that was over before it was accepted: not the listener's failure (accept(2)).
fn is_of_the_peer(error: &io::Error) -> bool {
    let theirs = [
        libc::ECONNABORTED,
        libc::EINTR,
        libc::EPROTO,
        libc::ENOPROTOOPT,
        libc::ENETDOWN,
        libc::ENETUNREACH,
        libc::EHOSTDOWN,
        libc::EHOSTUNREACH,
        libc::EOPNOTSUPP,
    ];
    theirs.map(Some).contains(&error.raw_os_error())
}
