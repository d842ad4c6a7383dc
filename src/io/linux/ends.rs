//! What the ways through the kernel (`express.rs`) ask of an endpoint.

use std::os::fd::AsFd;

use rustix::event::PollFlags;
use rustix::net::RecvFlags;

use crate::io::ask;
use crate::io::endpoint::{Access, Endpoint, Kind};

impl Endpoint {
    /// Whether splice and sendfile can move its bytes without ever blocking.
    pub(super) fn takes_express(&self) -> bool {
        match self.kind {
            Kind::Terminal => false,
            Kind::Socket | Kind::Pipe => self.access == Access::Nonblocking,
            Kind::File | Kind::Device => self.access == Access::Always,
        }
    }

    /// Whether it never says that it would block.
    pub(super) fn never_blocks(&self) -> bool {
        self.access == Access::Always
    }

    /// Whether a half-filled segment goes out at once. Switching that on sends what was held back.
    pub(super) fn set_nodelay(&self, on: bool) {
        let _ = rustix::net::sockopt::set_tcp_nodelay(self.as_fd(), on); // no TCP, no segments
    }

    /// Asks whether one is readable and the other writable now, and remembers each no. Both must be watched.
    pub(super) fn ask_both(from: &mut Self, to: &mut Self) -> bool {
        [from.readable, to.writable] = ask::ready([(from.as_fd(), PollFlags::IN), (to.as_fd(), PollFlags::OUT)]);
        from.readable && to.writable
    }

    /// Remembers that a call on it would block.
    pub(super) fn drained(&mut self) {
        self.readable = false;
    }

    /// Whether an urgent mark may lie in the stream, at which splice stops.
    pub(super) fn eventful(&self) -> bool {
        self.eventful
    }

    /// Whether the peer of a stream socket has truly sent its last byte.
    pub(super) fn at_end(&self) -> bool {
        let peeked = rustix::net::recv(self.as_fd(), &mut [0u8; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        matches!(peeked, Ok((0, _)))
    }
}
