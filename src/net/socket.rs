//! Sockets with their options: how one is made, bound and told to connect.

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use socket2::{Domain, Protocol, Socket, Type};

use super::here::is_exhaustion;
use super::name::sockaddr;
use super::options::set;
use super::resolve::numeric;
use super::system::NAMES_THE_UNNAMED;
use super::unix::{self, SocketFile};
use crate::error::{Deed, Exit, Failure, Object};
use crate::plan::{SocketOptions, Source};
use crate::value::peer::{Addr, Peer, Proto, UnixName};

/// The local end of a connection to make.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Address and IPv6 scope.
    pub addr: Option<(IpAddr, u32)>,
    /// Port.
    pub port: Option<u16>,
    /// The name of a Unix socket.
    pub unix: Option<UnixName>,
    /// Options.
    pub options: SocketOptions,
}

impl Origin {
    /// The local end that a plan asks for.
    ///
    /// # Errors
    /// An address of an interface that does not exist.
    pub fn of(from: &Source) -> Result<Self, Failure> {
        let addr = from.addr.as_ref().map(numeric).transpose()?.flatten();
        Ok(Self { addr, port: from.port, unix: from.unix.clone(), options: from.options.clone() })
    }

    /// Whether an address is of the IP version that this end has.
    pub fn can_reach(&self, to: &SocketAddr) -> bool {
        self.addr.is_none_or(|(from, _)| from.is_ipv4() == to.is_ipv4())
    }

    /// The address to bind before connecting, where something of it was asked for.
    fn addr_for(&self, to: &Peer) -> Option<Addr> {
        let port = self.port.unwrap_or(0);
        match (&to.addr, self.addr) {
            (Addr::Unix(_), _) => match (&self.unix, to.proto) {
                (Some(name), _) => Some(Addr::Unix(name.clone())),
                // A datagram without a name cannot be answered.
                (None, Proto::UnixDatagram) if NAMES_THE_UNNAMED => Some(Addr::Unix(UnixName::Unnamed)),
                (None, _) => None,
            },
            (_, Some((IpAddr::V6(ip), scope))) => Some(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, scope)).into()),
            (_, Some((ip, _))) => Some(SocketAddr::new(ip, port).into()),
            (_, None) if port == 0 => None,
            (Addr::Inet(SocketAddr::V4(_)), None) => Some(SocketAddr::from(([0; 4], port)).into()),
            (Addr::Inet(_), None) => Some(SocketAddr::from(([0; 16], port)).into()),
        }
    }
}

/// A non-blocking socket of a protocol, for an address of its family, with the options asked for.
///
/// # Errors
/// Whatever the system says to socket(2) or to one of the options, which is named.
pub fn open(at: &Peer, options: &SocketOptions) -> Result<Socket, Failure> {
    let domain = match &at.addr {
        Addr::Inet(addr) => Domain::for_address(*addr),
        Addr::Unix(_) => Domain::UNIX,
    };
    let (kind, protocol) = match at.proto {
        Proto::Tcp => (Type::STREAM, Some(Protocol::TCP)),
        Proto::Udp => (Type::DGRAM, Some(Protocol::UDP)),
        Proto::Unix => (Type::STREAM, None),
        Proto::UnixDatagram => (Type::DGRAM, None),
    };
    let socket = Socket::new(domain, kind, protocol)
        .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
        .map_err(|error| Failure::system(Deed::Open, Object::Peer(at.clone()), &error, Exit::Local))?;
    set(&socket, at, options)?;
    Ok(socket)
}

/// A socket with its local end, ready to connect; and its file, if that is a name in the file system.
///
/// # Errors
/// What the system says to the local end.
pub fn open_from(peer: &Peer, local: &Origin) -> Result<(Socket, Option<SocketFile>), Failure> {
    let socket = open(peer, &local.options)?;
    let file = bind_from(&socket, peer, local)?;
    Ok((socket, file))
}

/// Gives a socket its local end, where something of it was asked for.
///
/// # Errors
/// What the system says to it.
pub(super) fn bind_from(socket: &Socket, peer: &Peer, local: &Origin) -> Result<Option<SocketFile>, Failure> {
    let Some(from) = local.addr_for(peer) else { return Ok(None) };
    if local.port.is_some() && peer.proto == Proto::Tcp {
        // A fixed port is wanted again while its last connection lingers in TIME_WAIT.
        let _ = socket.set_reuse_address(true);
    }
    let bound = match &from {
        Addr::Unix(name) => unix::bind(socket, name),
        Addr::Inet(_) => sockaddr(&from).and_then(|addr| socket.bind(&addr)).map(|()| None),
    };
    bound.map_err(|error| {
        let object = Object::Peer(Peer::at(peer.proto, from));
        Failure::system(Deed::Bind, object, &error, Exit::Local)
    })
}

/// Begins to connect; the socket is writable when it is known how that went.
///
/// # Errors
/// What the system says at once.
pub fn begin_connect(socket: &Socket, peer: &Peer) -> Result<(), Failure> {
    match sockaddr(&peer.addr).and_then(|addr| socket.connect(&addr)) {
        Err(error) if !in_progress(&error) => Err(connect_failed(peer, &error, true)),
        _ => Ok(()),
    }
}

/// The failure of a connection to a peer. `at_once`: connect(2) itself said no; later EACCES and EPERM are what an ICMP
/// message means (administratively prohibited), and the network's.
pub fn connect_failed(peer: &Peer, error: &io::Error, at_once: bool) -> Failure {
    let exit = match error.raw_os_error() {
        Some(libc::EADDRNOTAVAIL | libc::EADDRINUSE) => Exit::Local,
        Some(libc::EACCES | libc::EPERM) if at_once => Exit::Local,
        Some(errno) if is_exhaustion(errno) => Exit::Local,
        _ => Exit::Network,
    };
    let mut failure = Failure::system(Deed::Connect, Object::Peer(peer.clone()), error, exit);
    if let (Addr::Inet(SocketAddr::V6(v6)), Some(libc::EINVAL)) = (&peer.addr, failure.errno)
        && v6.ip().is_unicast_link_local()
        && v6.scope_id() == 0
    {
        failure.reason += ": an address of one link needs its interface, as in fe80::1%eth0";
    }
    failure
}

fn in_progress(error: &io::Error) -> bool {
    [libc::EINPROGRESS, libc::EINTR].map(Some).contains(&error.raw_os_error())
}
