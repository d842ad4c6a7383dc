//! A TCP socket to knock with: what it must be set to so that it can be used again and leaves nothing behind.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::Socket;

use super::super::socket::{Origin, bind_from, open};
use super::super::system::{choose_port_late, keep_refusals};
use crate::error::Failure;
use crate::value::peer::{Peer, Proto};

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
    let _ = keep_refusals(&socket, to);
    if origin.port.is_none() {
        choose_port_late(&socket);
    }
    bind_from(&socket, &peer, origin)?;
    Ok(socket)
}
