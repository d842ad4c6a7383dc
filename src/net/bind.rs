//! Sockets with a local address that others can find: what listens, and what receives datagrams.

use std::io;
use std::net::SocketAddr;

use socket2::Socket;

use super::name::{addr, sockaddr};
use super::socket::{Origin, begin_connect, connect_failed, open, open_from};
use super::unix::{self, SocketFile};
use crate::cli::peer::{Addr, Peer, Proto};
use crate::cli::plan::SocketOptions;
use crate::error::{Deed, Exit, Failure, Object};

/// How many peers may wait to be accepted; the system caps it (`net.core.somaxconn`).
const BACKLOG: i32 = 4_096;

/// How often a free port is looked for that both IP versions have, with port 0.
const TRIES: usize = 16;

/// A socket that was bound, and for a stream listens.
#[derive(Debug)]
pub struct Bound {
    /// Its file, which goes with it.
    pub file: Option<SocketFile>,
    /// The socket.
    pub socket: Socket,
    /// Its address, with the port that it got.
    pub addr: Addr,
}

/// Binds each of the addresses. With port 0 all get the same free port.
///
/// # Errors
/// The first address that could not be had.
pub fn bind_all(proto: Proto, addrs: &[Addr], options: &SocketOptions) -> Result<Vec<Bound>, Failure> {
    let any_port = addrs.iter().any(|addr| addr.port() == Some(0));
    let mut tries = TRIES;
    loop {
        tries -= 1;
        match bind_once(proto, addrs, options) {
            // The port that the first address got for 0 may be taken on the second.
            Err(failure) if tries > 0 && any_port && failure.errno == Some(libc::EADDRINUSE) => {}
            done => return done,
        }
    }
}

fn bind_once(proto: Proto, addrs: &[Addr], options: &SocketOptions) -> Result<Vec<Bound>, Failure> {
    let mut all: Vec<Bound> = Vec::with_capacity(addrs.len());
    let mut missing = None;
    for wanted in addrs {
        let at = match (wanted, all.first().and_then(|first| first.addr.port())) {
            (Addr::Inet(inet), Some(port)) if inet.port() == 0 => SocketAddr::new(inet.ip(), port).into(),
            _ => wanted.clone(),
        };
        match bind(&Peer::at(proto, at), options) {
            Ok(bound) => all.push(bound),
            // A machine without IPv6 still listens, on what it has.
            Err(failure) if lacks_family(&failure) => missing = Some(failure),
            Err(failure) => return Err(failure),
        }
    }
    match missing {
        Some(failure) if all.is_empty() => Err(failure),
        _ => Ok(all),
    }
}

fn bind(at: &Peer, options: &SocketOptions) -> Result<Bound, Failure> {
    let deed = if at.proto.is_datagram() { Deed::Bind } else { Deed::Listen };
    let no = |error: io::Error| Failure::system(deed, Object::Peer(at.clone()), &error, Exit::Local);
    let socket = open(at, options)?;
    let file = match &at.addr {
        Addr::Unix(name) => unix::bind(&socket, name).map_err(no)?,
        Addr::Inet(inet) => {
            if inet.is_ipv6() {
                socket.set_only_v6(true).map_err(no)?; // IPv4 has its own socket, and so its own addresses
            }
            if at.proto == Proto::Tcp {
                socket.set_reuse_address(true).map_err(no)?;
            }
            sockaddr(&at.addr).and_then(|addr| socket.bind(&addr)).map_err(no)?;
            None
        }
    };
    if !at.proto.is_datagram() {
        socket.listen(BACKLOG).map_err(no)?;
    }
    let addr = addr(&socket.local_addr().map_err(no)?);
    Ok(Bound { socket, addr, file })
}

/// A datagram socket that is connected to its peer: it hears nobody else. A Unix one with a name of its own has a file.
///
/// # Errors
/// What the system says to the local end, or to the peer's.
pub fn connect_datagrams(peer: &Peer, origin: &Origin) -> Result<Bound, Failure> {
    let (socket, file) = open_from(peer, origin)?;
    begin_connect(&socket, peer)?;
    let addr = addr(&socket.local_addr().map_err(|error| connect_failed(peer, &error, true))?);
    Ok(Bound { socket, addr, file })
}

/// Whether an address is one of this host's: only such a one can be bound to. It is, where that cannot be found out.
pub fn is_of_this_host(mut addr: SocketAddr) -> bool {
    addr.set_port(0);
    let bound = std::net::UdpSocket::bind(addr);
    !bound.is_err_and(|error| error.raw_os_error() == Some(libc::EADDRNOTAVAIL))
}

fn lacks_family(failure: &Failure) -> bool {
    [libc::EAFNOSUPPORT, libc::EADDRNOTAVAIL, libc::EPROTONOSUPPORT].map(Some).contains(&failure.errno)
}
