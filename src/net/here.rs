//! What this host has, and what it may have too little of.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, SockAddr, Socket, Type};

/// Whether an error says that there is too much of something here already: descriptors, memory, or what epoll watches
/// (ENOSPC: max_user_watches, epoll_ctl(2)).
pub(super) fn is_exhaustion(errno: i32) -> bool {
    [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM, libc::ENOSPC].contains(&errno)
}

/// Whether an address is this host's: only such a one can be bound. None where that cannot be found out.
pub fn is_ours(mut addr: SocketAddr) -> Option<bool> {
    addr.set_port(0);
    let bound = datagram_socket(addr).and_then(|socket| {
        if addr.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.bind(&SockAddr::from(addr))
    });
    match bound {
        Ok(()) => Some(true),
        Err(error) => (error.raw_os_error() == Some(libc::EADDRNOTAVAIL)).then_some(false),
    }
}

/// Whether this host has an address to reach that one from. Connecting a datagram socket looks for it, and sends
/// nothing.
pub(super) fn has_source(to: SocketAddr) -> bool {
    let asked = datagram_socket(to).and_then(|socket| socket.connect(&SockAddr::from(to)));
    !asked.is_err_and(|error| error.raw_os_error() == Some(libc::EADDRNOTAVAIL))
}

fn datagram_socket(of: SocketAddr) -> io::Result<Socket> {
    Socket::new(Domain::for_address(of), Type::DGRAM, None)
}
