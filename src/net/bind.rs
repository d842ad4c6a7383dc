//! Sockets with a local address that others can find: what listens, and what receives datagrams.

use std::io;
use std::net::SocketAddr;

use socket2::Socket;

use super::name::{addr, sockaddr};
use super::socket::{Origin, begin_connect, connect_failed, open, open_from};
use super::unix::{self, SocketFile};
use crate::error::{Deed, Exit, Failure, Object};
use crate::plan::SocketOptions;
use crate::value::peer::{Addr, Peer, Proto};

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

/// Binds each of the addresses, with port 0 to the same free port. Also tells which of them this host does not have: a
/// machine without IPv6 still listens, on what it has.
///
/// # Errors
/// The first address that could not be had.
pub fn bind_all(proto: Proto, addrs: &[Addr], options: &SocketOptions) -> Result<(Vec<Bound>, Vec<Failure>), Failure> {
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

fn bind_once(proto: Proto, addrs: &[Addr], options: &SocketOptions) -> Result<(Vec<Bound>, Vec<Failure>), Failure> {
    let mut all: Vec<Bound> = Vec::with_capacity(addrs.len());
    let mut missing = Vec::new();
    for wanted in addrs {
        let at = match (wanted, all.first().and_then(|first| first.addr.port())) {
            (Addr::Inet(inet), Some(port)) if inet.port() == 0 => SocketAddr::new(inet.ip(), port).into(),
            _ => wanted.clone(),
        };
        match bind(&Peer::at(proto, at), options) {
            Ok(bound) => all.push(bound),
            Err(failure) if lacks(&failure) => missing.push(failure),
            Err(failure) => return Err(failure),
        }
    }
    Ok((all, missing))
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

/// Whether this host does not have the address, or the whole family.
fn lacks(failure: &Failure) -> bool {
    [libc::EAFNOSUPPORT, libc::EADDRNOTAVAIL, libc::EPROTONOSUPPORT].map(Some).contains(&failure.errno)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_host_has_not_of_several_addresses_is_told() {
        let addr = |text: &str| Addr::Inet(text.parse().expect("an address"));
        let addrs = ["192.0.2.1:0", "127.0.0.1:0", "[2001:db8::1]:0"].map(addr);
        let (bound, missing) = bind_all(Proto::Tcp, &addrs, &SocketOptions::default()).expect("one of them");
        assert_eq!(bound.iter().map(|bound| bound.addr.ip()).collect::<Vec<_>>(), [addrs[1].ip()]);
        let missing: Vec<_> = missing.iter().map(|failure| failure.errno).collect();
        assert_eq!(missing, [Some(libc::EADDRNOTAVAIL); 2]);
    }
}
