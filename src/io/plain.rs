//! What stands in for `linux/` where it is missing or not wanted (the feature `portable`): the same names, by what
//! every system has.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Instant;

use mio::Interest;
use mio::event::Event;
use rustix::io::Errno;
use rustix::net::RecvFlags;

use super::broken::Broken;
use super::endpoint::Endpoint;
use super::express::{Count, Step};

/// What the poll says of a descriptor that it does not watch, since it never blocks: epoll_ctl(2), kqueue(2).
pub(super) const NEVER_WATCHED: [Errno; 4] = [Errno::PERM, Errno::INVAL, Errno::NODEV, Errno::OPNOTSUPP];

/// Without `/proc` nothing can be opened anew: `/dev/fd` duplicates the description.
pub(super) fn reopen(_: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Urgent data lies in the stream (SO_OOBINLINE), and needs no event of its own.
pub(super) fn with_urgent(interest: Interest) -> Interest {
    interest
}

/// Whether an event tells of urgent data.
pub(super) fn is_urgent(_: &Event) -> bool {
    false
}

/// Takes what has come to a stream socket.
pub(super) fn skip(socket: BorrowedFd<'_>, buf: &mut [u8]) -> rustix::io::Result<usize> {
    rustix::net::recv(socket, buf, RecvFlags::DONTWAIT).map(|(_, count)| count)
}

/// No way through the kernel: every flow stays in memory.
#[derive(Debug)]
pub(super) enum Express {}

impl Express {
    pub(super) fn between(_: &Endpoint, _: &Endpoint) -> Option<Self> {
        None
    }

    pub(super) fn wake(&self) -> Option<Instant> {
        match *self {}
    }

    pub(super) fn held(&self) -> usize {
        match *self {}
    }

    pub(super) fn take_back(&mut self, _: &mut [u8]) -> io::Result<Option<usize>> {
        match *self {}
    }

    pub(super) fn step(
        &mut self,
        _: &mut Endpoint,
        _: &mut Endpoint,
        _: &mut Count,
        _: Instant,
    ) -> Result<Option<Step>, Broken> {
        match *self {}
    }
}
