//! Whose turn it is: hosts are called in the order in which they were added, up to [`ABREAST`] of them, and take turns,
//! those with a port to ask again apart from those with a port to begin with. It does not know when a try may start.
//!
//! A host may stand in a queue in vain: who takes it out looks again. But what it stands there for is taken only by who
//! takes it out, so that a host that is done stands in none.

use std::collections::VecDeque;
use std::time::Instant;

use slab::Slab;

use super::group::Feed;
use super::host::Host;
use super::window::Window;

/// So many hosts take turns, where there are so many.
pub(super) const ABREAST: usize = 64;

/// A host's window does not close further by loss: one try a round trip would be slower than any limit met in practice.
const LEAST_WINDOW: usize = 4;

/// Nor for datagrams: what is lost there is mostly the ICMP error of a closed port, by a limit (`Waits::base` has it)
/// that no sweep worth waiting for could keep. The silent ones are told as `open|filtered`, which is what is known of
/// them. Systems that limit the errors of the whole host, to some hundred a second, are met by a window like this:
/// fifty is also the burst that Linux allowed to all destinations together before it allowed more (icmp_msgs_burst,
/// ip-sysctl.rst).
const LEAST_DATAGRAM_WINDOW: usize = 50;

/// Hosts on their way through a sweep.
pub(super) struct Turns {
    /// The bounds of a host's window.
    least: usize,
    most: usize,
    /// Hosts whose turn has not come.
    feeds: VecDeque<Feed>,
    /// Those whose turn has come, by their numbers.
    pub(super) hosts: Slab<Host>,
    /// Those that may have a retry to start, in turn.
    retrying: VecDeque<usize>,
    /// Those that may have a port to begin with, in turn.
    beginning: VecDeque<usize>,
}

impl Turns {
    /// Nobody yet. Of each host no more than `most` ports are asked at once.
    pub(super) fn new(most: usize, datagram: bool) -> Self {
        Self {
            least: if datagram { LEAST_DATAGRAM_WINDOW } else { LEAST_WINDOW },
            most,
            feeds: VecDeque::new(),
            hosts: Slab::new(),
            retrying: VecDeque::new(),
            beginning: VecDeque::new(),
        }
    }

    /// Adds hosts, behind those that are there.
    pub(super) fn add(&mut self, feed: Feed) {
        self.feeds.push_back(feed);
    }

    /// Whether every host was called.
    pub(super) fn all_called(&self) -> bool {
        self.feeds.is_empty()
    }

    /// Whether every host that was added is done.
    pub(super) fn is_over(&self) -> bool {
        self.feeds.is_empty() && self.hosts.is_empty()
    }

    /// Whether a port to ask again may be there.
    pub(super) fn may_retry(&self) -> bool {
        !self.retrying.is_empty()
    }

    /// Whether a port not asked yet may be there.
    pub(super) fn may_begin(&self) -> bool {
        !self.beginning.is_empty() || !self.feeds.is_empty()
    }

    /// The next port to ask again.
    pub(super) fn next_retry(&mut self) -> Option<usize> {
        while let Some(number) = self.retrying.pop_front() {
            let host = &mut self.hosts[number];
            host.queued_to_retry = false;
            if host.may_retry() {
                return host.waiting.pop_front();
            }
        }
        None
    }

    /// The next port that was not asked yet, behind the number of its host.
    pub(super) fn next_port(&mut self, now: Instant) -> Option<(usize, u16)> {
        loop {
            self.call(now);
            let number = self.beginning.pop_front()?;
            let host = &mut self.hosts[number];
            host.queued_to_begin = false;
            if host.may_begin() {
                return Some((number, host.begin()));
            }
        }
    }

    /// Lets a host stand in the queues of what it may do.
    pub(super) fn queue(&mut self, number: usize) {
        let host = &mut self.hosts[number];
        if !host.queued_to_retry && host.may_retry() {
            host.queued_to_retry = true;
            self.retrying.push_back(number);
        }
        if !host.queued_to_begin && host.may_begin() {
            host.queued_to_begin = true;
            self.beginning.push_back(number);
        }
    }

    /// One of a host's ports is decided: it goes on, or is done and forgotten.
    pub(super) fn decided(&mut self, number: usize) {
        match self.hosts[number].is_done() {
            true => drop(self.hosts.remove(number)),
            false => self.queue(number),
        }
    }

    /// Calls hosts whose turn has come, until enough are abreast.
    fn call(&mut self, now: Instant) {
        while self.beginning.len() < ABREAST
            && let Some(feed) = self.feeds.front_mut()
        {
            match feed.next(Window::new(self.least, self.most, now)) {
                Some(host) => {
                    let number = self.hosts.insert(host);
                    self.queue(number);
                }
                None => drop(self.feeds.pop_front()),
            }
        }
    }
}
