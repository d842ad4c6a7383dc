//! What stands in for `linux/` where it is missing or not wanted (the feature `portable`): the same names, by what
//! every system has.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::Errno;
use rustix::net::SocketAddrUnix;
use socket2::Socket;

pub(super) use super::datagram::single::send as send_many;
use super::datagram::{Batch, Refusal};
use super::knock::begin::Step;
use super::stream::Path;

/// Whether a socket whose connect failed can connect again. POSIX leaves that open.
pub(super) const IS_FIT_AFTER_FAILURE: bool = false;

/// Errors of a call that no other system has for what ICMP said.
pub(super) const OWN_REFUSALS: [i32; 0] = [];

/// Looks how a connection under way went, as POSIX has it.
pub(super) fn look(socket: &Socket, _: SocketAddr) -> Step {
    match rustix::net::sockopt::socket_error(socket) {
        Ok(Err(error)) | Err(error) => return Step::Failed(error),
        Ok(Ok(())) => {}
    }
    match socket.peer_addr() {
        Ok(_) => Step::Stands,
        Err(_) => Step::Pending,
    }
}

/// A connection under way ends with its socket.
pub(super) fn dissolve(_: &Socket) -> bool {
    false
}

/// The local port is chosen when the system likes to.
pub(super) fn choose_port_late(_: &Socket) {}

/// A socket is not bound to an interface: by its address it can be.
pub(super) fn bind_interface(_: &Socket, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nobody measures a path.
pub(super) fn measure(_: &impl AsFd) -> Option<Path> {
    None
}

/// What ICMP says is not kept: the calls of a connected socket tell.
pub(super) fn keep_refusals(_: &Socket, _: SocketAddr) -> bool {
    false
}

/// Nothing was kept.
pub(super) fn next_refusal(_: &Socket) -> Option<Refusal> {
    None
}

/// Nobody counts.
pub(super) fn dropped(_: &Socket) -> u32 {
    0
}

/// Whether a Unix socket that is bound to no name gets a free one.
pub(super) const NAMES_THE_UNNAMED: bool = false;

/// Every Unix socket's name is a path.
pub(super) fn abstract_name(_: &SocketAddrUnix) -> Option<&[u8]> {
    None
}

/// Every Unix socket's name is a path.
pub(super) fn abstract_addr(_: &[u8]) -> rustix::io::Result<SocketAddrUnix> {
    Err(Errno::INVAL)
}

/// Datagrams are received one by one.
#[derive(Debug)]
pub(super) enum Headers {}

impl Headers {
    pub(super) fn new(_: SocketAddr) -> Option<Self> {
        None
    }

    pub(super) fn receive(&mut self, _: BorrowedFd<'_>, _: &mut Batch) -> io::Result<usize> {
        match *self {}
    }
}
