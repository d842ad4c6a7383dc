//! Sockets that listen, and the connections that come in on them.

use std::io;
use std::net::SocketAddr;

use mio::Interest;
use socket2::Socket;

use super::socket::{make_prompt, tcp};
use super::stream::Stream;
use crate::cli::address::Peer;
use crate::error::{Deed, Exit, Failure, Object};
use crate::io::watch::Watch;

/// How many peers may wait to be accepted; the system caps it (`net.core.somaxconn`).
const BACKLOG: i32 = 4_096;

/// How often a free port is looked for that both IP versions have, with port 0.
const TRIES: usize = 16;

/// One or more listening sockets.
#[derive(Debug)]
pub struct Acceptor {
    sockets: Vec<(Socket, SocketAddr)>,
    ready: bool,
}

/// What came of accepting.
pub enum Accepted {
    /// A peer.
    Peer(Stream),
    /// Nobody now; an event will tell.
    Nobody,
    /// This machine has nothing left for another connection: try again later.
    Exhausted(io::Error),
    /// It will not accept anybody.
    Failed(io::Error),
}

impl Acceptor {
    /// Listens on each of the addresses. With port 0 all get the same free port.
    ///
    /// # Errors
    /// The first address that could not be had.
    pub fn bind(addrs: &[SocketAddr], interface: Option<&str>) -> Result<Self, Failure> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match Self::bind_once(addrs, interface) {
                // The port that the first address got for 0 may be taken on the second.
                Err(failure) if tries > 0 && failure.errno == Some(libc::EADDRINUSE) && any_port(addrs) => {}
                done => return done,
            }
        }
    }

    fn bind_once(addrs: &[SocketAddr], interface: Option<&str>) -> Result<Self, Failure> {
        let mut sockets: Vec<(Socket, SocketAddr)> = Vec::with_capacity(addrs.len());
        let mut missing = None;
        for &wanted in addrs {
            let mut addr = wanted;
            if let (0, Some((_, first))) = (addr.port(), sockets.first()) {
                addr.set_port(first.port());
            }
            match listen(addr, interface) {
                Ok(bound) => sockets.push(bound),
                // A machine without IPv6 still listens, on what it has.
                Err(failure) if lacks_family(&failure) => missing = Some(failure),
                Err(failure) => return Err(failure),
            }
        }
        match missing {
            Some(failure) if sockets.is_empty() => Err(failure),
            _ => Ok(Self { sockets, ready: true }),
        }
    }

    /// What a failure of waiting for a peer is about.
    pub fn object(&self) -> Object {
        match self.sockets.first() {
            Some((_, addr)) => Object::Peer(Peer { host: None, addr: *addr }),
            None => Object::Named("no address".into()),
        }
    }

    /// The addresses bound.
    pub fn addrs(&self) -> Vec<SocketAddr> {
        self.sockets.iter().map(|(_, addr)| *addr).collect()
    }

    /// Has the loop tell when a peer comes.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn watch(&self, watch: Watch<'_>, source: usize) -> io::Result<()> {
        self.sockets.iter().try_for_each(|(socket, _)| watch.add(socket, source, Interest::READABLE))
    }

    /// Takes note of an event.
    pub fn mark(&mut self) {
        self.ready = true;
    }

    /// Accepts one peer.
    pub fn accept(&mut self) -> Accepted {
        while self.ready {
            self.ready = false;
            for (socket, local) in &self.sockets {
                match socket.accept() {
                    Ok((socket, addr)) => {
                        self.ready = true; // there may be more
                        if let Some(stream) = welcome(socket, addr.as_socket(), *local) {
                            return Accepted::Peer(stream);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) if is_exhaustion(&error) => {
                        self.ready = true;
                        return Accepted::Exhausted(error);
                    }
                    Err(error) if is_of_the_peer(&error) => self.ready = true,
                    Err(error) => return Accepted::Failed(error),
                }
            }
        }
        Accepted::Nobody
    }
}

fn welcome(socket: Socket, addr: Option<SocketAddr>, bound: SocketAddr) -> Option<Stream> {
    socket.set_nonblocking(true).ok()?;
    make_prompt(&socket);
    let local = socket.local_addr().ok().and_then(|addr| addr.as_socket()).unwrap_or(bound);
    Some(Stream::new(socket, Peer { host: None, addr: addr? }, local))
}

fn listen(addr: SocketAddr, interface: Option<&str>) -> Result<(Socket, SocketAddr), Failure> {
    let no =
        |error: io::Error| Failure::system(Deed::Listen, Object::Peer(Peer { host: None, addr }), &error, Exit::Local);
    let socket = tcp(&addr, interface).map_err(|failure| Failure {
        deed: Deed::Listen,
        object: match failure.object {
            Object::Named(name) if name.starts_with("interface") => Object::Named(name),
            _ => Object::Peer(Peer { host: None, addr }),
        },
        ..failure
    })?;
    if addr.is_ipv6() {
        socket.set_only_v6(true).map_err(no)?; // IPv4 has its own socket, and so its own addresses
    }
    socket.set_reuse_address(true).map_err(no)?;
    socket.bind(&addr.into()).map_err(no)?;
    socket.listen(BACKLOG).map_err(no)?;
    let bound = socket.local_addr().map_err(no)?.as_socket().unwrap_or(addr);
    Ok((socket, bound))
}

fn any_port(addrs: &[SocketAddr]) -> bool {
    addrs.iter().any(|addr| addr.port() == 0)
}

fn lacks_family(failure: &Failure) -> bool {
    [libc::EAFNOSUPPORT, libc::EADDRNOTAVAIL, libc::EPROTONOSUPPORT].map(Some).contains(&failure.errno)
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

fn is_exhaustion(error: &io::Error) -> bool {
    [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM].map(Some).contains(&error.raw_os_error())
}
