//! A TCP socket to knock with: what it must be set to so that it can be used again and leaves nothing behind.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::Socket;

use super::super::datagram::refusal;
use super::super::socket::{Origin, bind_from, open};
use crate::cli::peer::{Peer, Proto};
use crate::error::Failure;

/// A socket for addresses of this family.
///
/// # Errors
/// Whatever the system says to making it, to an option, or to the local end.
pub(super) fn open_knocking(to: SocketAddr, origin: &Origin) -> Result<Socket, Failure> {
    let peer = Peer::at(Proto::Tcp, to);
    let socket = open(&peer, &origin.options)?;
    // The close of an open port's connection is RST: no TIME_WAIT is left here, and no half-closed one there.
    let _ = socket.set_linger(Some(Duration::ZERO));
    // Without it ICMPv6 is not kept for a TCP socket; ICMP is. It costs nothing (measured: 65,535 ports in 0.55 s with
    // and without), and while connecting every ICMP error is the end in any case (tcp_v4_err).
    let _ = refusal::keep(&socket, to);
    if origin.port.is_none() {
        choose_port_late(&socket);
    }
    bind_from(&socket, &peer, origin)?;
    Ok(socket)
}

/// Has the local port be chosen at each connect, when the peer is known: a port that bind(2) chose is held while the
/// socket lives, so that no more sockets can wait than there are local ports (ip(7), IP_BIND_ADDRESS_NO_PORT).
#[cfg(target_os = "linux")]
fn choose_port_late(socket: &Socket) {
    let _ = nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::IpBindAddressNoPort, &true);
}

#[cfg(not(target_os = "linux"))]
fn choose_port_late(_: &Socket) {}
