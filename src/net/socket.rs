//! Sockets with their options: how one is made, bound and told to connect.

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use socket2::{Domain, Protocol, Socket, Type};

use crate::cli::address::Peer;
use crate::error::{Deed, Exit, Failure, Object};

/// The local end of a connection to make.
#[derive(Clone, Debug, Default)]
pub struct Local {
    /// Address and IPv6 scope.
    pub addr: Option<(IpAddr, u32)>,
    /// Port.
    pub port: Option<u16>,
    /// Interface.
    pub interface: Option<String>,
}

impl Local {
    /// Whether an address is of the IP version that this end has.
    pub fn can_reach(&self, to: &SocketAddr) -> bool {
        self.addr.is_none_or(|(from, _)| from.is_ipv4() == to.is_ipv4())
    }
}

/// A non-blocking TCP socket.
///
/// # Errors
/// Whatever the system says to socket(2) or to binding it to the interface.
pub fn tcp(addr: &SocketAddr, interface: Option<&str>) -> Result<Socket, Failure> {
    let no = |error: io::Error| {
        let object = Object::Named(format!("a socket for {}", addr.ip()));
        Failure::system(Deed::Bind, object, &error, Exit::Local)
    };
    let socket = Socket::new(Domain::for_address(*addr), Type::STREAM, Some(Protocol::TCP)).map_err(no)?;
    socket.set_nonblocking(true).map_err(no)?;
    if let Some(name) = interface {
        bind_interface(&socket, name).map_err(|error| {
            Failure::system(Deed::Bind, Object::Named(format!("interface {name}")), &error, Exit::Local)
        })?;
    }
    Ok(socket)
}

#[cfg(target_os = "linux")]
fn bind_interface(socket: &Socket, name: &str) -> io::Result<()> {
    socket.bind_device(Some(name.as_bytes()))
}

#[cfg(not(target_os = "linux"))]
fn bind_interface(_: &Socket, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What every connection of ours is set to: bytes go out when they are written, and urgent data stays in the stream,
/// where no byte of it is lost and splice can pass it.
pub fn make_prompt(socket: &Socket) {
    let _ = socket.set_tcp_nodelay(true); // fails only on a connection that is gone, which the next call tells
    let _ = socket.set_out_of_band_inline(true);
}

/// Begins to connect; the socket is writable when it is known how that went.
///
/// # Errors
/// What the system says at once: to the local end (exit 3), or to the peer's (exit 1).
pub fn begin_connect(peer: &Peer, local: &Local) -> Result<Socket, Failure> {
    let socket = tcp(&peer.addr, local.interface.as_deref())?;
    if let Some(from) = local_end(&peer.addr, local) {
        if local.port.is_some() {
            // A fixed port is wanted again while its last connection lingers in TIME_WAIT.
            let _ = socket.set_reuse_address(true);
        }
        socket.bind(&from.into()).map_err(|error| {
            let object = Object::Peer(Peer { host: None, addr: from });
            Failure::system(Deed::Bind, object, &error, Exit::Local)
        })?;
    }
    make_prompt(&socket);
    match socket.connect(&peer.addr.into()) {
        Err(error) if !in_progress(&error) => Err(connect_failed(peer, &error, true)),
        _ => Ok(socket),
    }
}

/// The failure of a connection to a peer. `at_once`: connect(2) itself said no; later EACCES and EPERM are what an ICMP
/// message means (administratively prohibited), and the network's.
pub fn connect_failed(peer: &Peer, error: &io::Error, at_once: bool) -> Failure {
    let mut ours = vec![libc::EADDRNOTAVAIL, libc::EADDRINUSE, libc::ENOBUFS, libc::ENOMEM];
    if at_once {
        ours.extend([libc::EACCES, libc::EPERM]);
    }
    let exit = match error.raw_os_error() {
        Some(number) if ours.contains(&number) => Exit::Local,
        _ => Exit::Network,
    };
    let mut failure = Failure::system(Deed::Connect, Object::Peer(peer.clone()), error, exit);
    if let (SocketAddr::V6(v6), Some(libc::EINVAL)) = (&peer.addr, failure.errno)
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

/// The address to bind before connecting, where something of it was asked for.
fn local_end(to: &SocketAddr, local: &Local) -> Option<SocketAddr> {
    let port = local.port.unwrap_or(0);
    match local.addr {
        Some((IpAddr::V6(ip), scope)) => Some(SocketAddrV6::new(ip, port, 0, scope).into()),
        Some((ip, _)) => Some(SocketAddr::new(ip, port)),
        None if port == 0 => None,
        None if to.is_ipv4() => Some(SocketAddr::from(([0; 4], port))),
        None => Some(SocketAddr::from(([0; 16], port))),
    }
}
