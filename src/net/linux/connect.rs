//! A socket that connects again and again.

use std::net::SocketAddr;

use rustix::io::Errno;
use socket2::Socket;

use crate::net::knock::begin::Step;

/// Whether a socket whose connect failed can connect again.
pub(in crate::net) const IS_FIT_AFTER_FAILURE: bool = true;

/// Looks how a connection under way went. The second connect(2) tells, and leaves the socket unconnected where it
/// failed (inet_stream_connect's `sock_error`); SO_ERROR would take the error and not do so, and the next connect fail
/// with ECONNABORTED.
pub(in crate::net) fn look(socket: &Socket, to: SocketAddr) -> Step {
    match rustix::net::connect(socket, &to) {
        Ok(()) | Err(Errno::ISCONN) => Step::Stands,
        Err(Errno::ALREADY | Errno::INPROGRESS | Errno::INTR) => Step::Pending,
        Err(error) => Step::Failed(error),
    }
}

/// Dissolves a connection under way, and says whether the socket is fit for the next port. An address of no family is
/// half the price of a new socket: 8.6 against 16.8 us for each port that stays silent (measured).
pub(in crate::net) fn dissolve(socket: &Socket) -> bool {
    rustix::net::connect_unspec(socket).is_ok()
}

/// Has the local port be chosen at each connect, when the peer is known: a port that bind(2) chose is held while the
/// socket lives, so that no more sockets can wait than there are local ports (ip(7), IP_BIND_ADDRESS_NO_PORT).
pub(in crate::net) fn choose_port_late(socket: &Socket) {
    let _ = nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::IpBindAddressNoPort, &true);
}
