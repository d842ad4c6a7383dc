//! A host while it is probed: which of its ports come next, what is under way or waits for a retry, and what was learnt
//! of the way to it. It is made when its turn comes and forgotten with its last verdict, so that there are never more
//! of them than ports under way, but for a few.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::rtt::Rtt;
use super::share::Part;
use super::shuffle::Shuffle;
use super::window::Window;
use crate::value::ports::Ports;

/// A host that is probed.
#[derive(Debug)]
pub(super) struct Host {
    /// The place of its group.
    pub(super) place: usize,
    addr: SocketAddr,
    ports: Ports,
    part: Part,
    order: Shuffle,
    next: u32,
    /// The way to it.
    pub(super) rtt: Rtt,
    /// How much it bears.
    pub(super) window: Window,
    /// The wait of a first try that the deadlines under way were set by, at most.
    pub(super) set_by: Duration,
    /// The most tries that loss has asked for.
    pub(super) most_tries: u32,
    /// Its tries under way, in no order.
    pub(super) under_way: Vec<usize>,
    /// Its ports that wait for a retry.
    pub(super) waiting: VecDeque<usize>,
    /// Whether it stands in the queue of those with retries.
    pub(super) queued_to_retry: bool,
    /// Whether it stands in the queue of those with ports not asked yet.
    pub(super) queued_to_begin: bool,
}

impl Host {
    pub(super) fn new(
        place: usize,
        addr: SocketAddr,
        ports: Ports,
        part: Part,
        order: Shuffle,
        window: Window,
    ) -> Self {
        Self {
            place,
            addr,
            ports,
            part,
            order,
            next: 0,
            rtt: Rtt::default(),
            window,
            set_by: Duration::ZERO,
            most_tries: 0,
            under_way: Vec::new(),
            waiting: VecDeque::new(),
            queued_to_retry: false,
            queued_to_begin: false,
        }
    }

    /// Its address with a port.
    pub(super) fn at(&self, port: u16) -> SocketAddr {
        let mut addr = self.addr;
        addr.set_port(port);
        addr
    }

    /// Whether a retry waits and may start.
    pub(super) fn may_retry(&self) -> bool {
        !self.waiting.is_empty() && self.under_way.len() < self.window.size()
    }

    /// Whether a port not asked yet may be begun. Those that wait for a retry count: a port is decided before another
    /// is begun in its stead.
    pub(super) fn may_begin(&self) -> bool {
        self.next < self.part.count && self.under_way.len() + self.waiting.len() < self.window.size()
    }

    /// Whether nothing is left to do.
    pub(super) fn is_done(&self) -> bool {
        self.next == self.part.count && self.under_way.is_empty() && self.waiting.is_empty()
    }

    /// The next port.
    pub(super) fn begin(&mut self) -> u16 {
        let place = self.order.at(self.next.into()) as u32;
        self.next += 1;
        self.ports.nth(self.part.port(place))
    }
}
