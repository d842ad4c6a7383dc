//! A connection, of TCP or within this machine: the endpoint that holds its bytes, both its addresses, and what TCP
//! alone knows.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use socket2::{SockRef, Socket, TcpKeepalive};

use super::name::addr;
use super::system::measure;
use crate::event::PathInfo;
use crate::io::endpoint::Endpoint;
use crate::value::peer::{Addr, Peer, Proto, UnixName};

/// Once the peer has ended, it is asked each second whether it is still there. A Linux peer that has closed answers
/// with RST once its half of the connection is forgotten, after 60 s (measured: 61 s).
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// So many probes in a row may go unanswered, so that a minute without a path ends nothing.
const PROBES: u32 = 60;

/// What there is to know of a path, and of what was sent along it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub(super) info: PathInfo,
    /// What was sent and not acknowledged yet; a measure, and 0 when everything was.
    pub(super) outstanding: u64,
}

/// A connection.
#[derive(Debug)]
pub struct Stream {
    /// Its bytes.
    pub io: Endpoint,
    /// The other end.
    pub peer: Peer,
}

impl Stream {
    /// A socket that is connected.
    pub fn new(socket: Socket, peer: Peer) -> Self {
        let io = match peer.proto {
            Proto::Tcp => Endpoint::tcp(OwnedFd::from(socket)),
            _ => Endpoint::socket(OwnedFd::from(socket)),
        };
        Self { io, peer }
    }

    /// This end. Asked for when it is told, and not kept: many connections are idle.
    pub fn local(&self) -> Addr {
        let local = SockRef::from(&self.io.as_fd()).local_addr();
        local.map_or(Addr::Unix(UnixName::Unnamed), |local| addr(&local)) // only where the kernel has no memory
    }

    /// Tells the peer that nothing more will be sent. A connection that is gone already says so elsewhere.
    pub fn half_close(&self) {
        let _ = SockRef::from(&self.io.as_fd()).shutdown(Shutdown::Write);
    }

    /// Has the kernel ask a silent peer whether it is still there.
    pub fn probe_peer(&self) {
        let keepalive = TcpKeepalive::new().with_time(PROBE_EVERY).with_interval(PROBE_EVERY).with_retries(PROBES);
        let _ = SockRef::from(&self.io.as_fd()).set_tcp_keepalive(&keepalive);
    }

    /// Takes the error that the kernel holds for this connection.
    pub fn take_error(&self) -> Option<io::Error> {
        SockRef::from(&self.io.as_fd()).take_error().ok().flatten()
    }

    /// What the kernel has measured of the path.
    pub fn path(&self) -> Option<PathInfo> {
        measure(&self.io.as_fd()).map(|path| path.info)
    }

    /// A measure of what the peer has not acknowledged yet, 0 when it has everything; none where the system cannot
    /// tell.
    pub fn outstanding(&self) -> Option<u64> {
        measure(&self.io.as_fd()).map(|path| path.outstanding)
    }
}
