//! What only Linux has, or only Linux promises. `plain.rs` has the same names, by what every system has.

mod ends;
mod express;

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use mio::Interest;
use mio::event::Event;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::RecvFlags;

pub(super) use express::Express;

/// What the poll says of a descriptor that it does not watch, since it never blocks.
pub(super) const NEVER_WATCHED: [Errno; 1] = [Errno::PERM];

/// Opens what a descriptor of this process stands for anew, as an open file description of our own. In the same
/// direction: a FIFO opened for both would lose its only writer, and be at its end.
pub(super) fn reopen(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let direction = rustix::fs::fcntl_getfl(fd)? & OFlags::RWMODE;
    let flags = direction | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(format!("/proc/self/fd/{}", fd.as_raw_fd()), flags, Mode::empty())?)
}

/// Urgent data too is of interest: splice stops at it.
pub(super) fn with_urgent(interest: Interest) -> Interest {
    interest | Interest::PRIORITY
}

/// Whether an event tells of urgent data.
pub(super) fn is_urgent(event: &Event) -> bool {
    event.is_priority()
}

/// Takes what has come to a stream socket, without a copy (tcp(7), MSG_TRUNC): the memory is left as it was.
pub(super) fn skip(socket: BorrowedFd<'_>, buf: &mut [u8]) -> rustix::io::Result<usize> {
    rustix::net::recv(socket, buf, RecvFlags::DONTWAIT | RecvFlags::TRUNC).map(|(_, count)| count)
}
