//! Many datagrams by one call of the system. It does not know what an error means.

use std::array;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, SockaddrLike, recvmmsg};
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};

use crate::net::datagram::batch::{Head, slots};
use crate::net::datagram::{BATCH, Batch, Outgoing, Place};

/// What recvmmsg needs for UDP. Unix datagrams are received one by one: nix never sets the room for a sender's name
/// anew, so that a short name would cut those that come after it, and an unnamed sender lose them.
#[derive(Debug)]
pub(in crate::net) enum Headers {
    V4(MultiHeaders<SockaddrIn>),
    V6(MultiHeaders<SockaddrIn6>),
}

impl Headers {
    pub(in crate::net) fn new(local: SocketAddr) -> Option<Self> {
        Some(match local {
            SocketAddr::V4(_) => Self::V4(MultiHeaders::preallocate(BATCH, None)),
            SocketAddr::V6(_) => Self::V6(MultiHeaders::preallocate(BATCH, None)),
        })
    }

    /// Receives what is there, and says how many datagrams that was; 0 is none, for an error is one.
    pub(in crate::net) fn receive(&mut self, socket: BorrowedFd<'_>, batch: &mut Batch) -> io::Result<usize> {
        match self {
            Self::V4(headers) => receive(socket, headers, batch),
            Self::V6(headers) => receive(socket, headers, batch),
        }
    }
}

fn receive<S>(socket: BorrowedFd<'_>, headers: &mut MultiHeaders<S>, batch: &mut Batch) -> io::Result<usize>
where
    S: SockaddrLike + Copy + Into<SocketAddr>,
{
    let mut free = slots(&mut batch.memory);
    let mut iovs: [_; BATCH] = array::from_fn(|_| [IoSliceMut::new(free.next().unwrap_or_default())]);
    let received = recvmmsg(socket.as_raw_fd(), headers, &mut iovs, MsgFlags::empty(), None)?;
    batch.filled = 0;
    for (message, head) in received.zip(batch.heads.iter_mut()) {
        // UDP always names the sender.
        let from = message.address.map_or(Place::Unix(None), |addr| Place::Inet(addr.into()));
        *head = Head { from, len: message.bytes, cut: message.flags.contains(MsgFlags::MSG_TRUNC) };
        batch.filled += 1;
    }
    Ok(batch.filled)
}

/// Sends from the first on, and says how many were accepted; the error is that of the first.
pub(in crate::net) fn send_many(socket: impl AsFd, datagrams: &[Outgoing<'_>]) -> io::Result<usize> {
    let mut addrs: [Option<SocketAddrAny>; BATCH] = [const { None }; BATCH];
    let mut iovs = [[IoSlice::new(&[])]; BATCH];
    let mut count = 0;
    for datagram in datagrams.iter().take(BATCH) {
        match datagram.to.map(|to| to.to_system()).transpose() {
            Ok(addr) => addrs[count] = addr,
            Err(error) if count == 0 => return Err(error),
            Err(_) => break, // it is the next call's first
        }
        iovs[count] = [IoSlice::new(datagram.bytes)];
        count += 1;
    }
    let mut controls: [SendAncillaryBuffer<'_, '_, '_>; BATCH] = array::from_fn(|_| SendAncillaryBuffer::default());
    let mut fresh = addrs.iter().zip(&iovs);
    let mut headers = controls.each_mut().map(|control| match fresh.next() {
        Some((Some(addr), iov)) => MMsgHdr::new_with_addr(addr, iov, control),
        Some((None, iov)) => MMsgHdr::new(iov, control),
        None => MMsgHdr::new(&[], control),
    });
    Ok(sendmmsg(socket, &mut headers[..count], SendFlags::NOSIGNAL)?)
}
