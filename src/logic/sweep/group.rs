//! Hosts that share a list of ports, and the order in which one machine takes them. It keeps no more than where it is,
//! however many hosts there are.

use std::net::{IpAddr, SocketAddr};

use super::host::Host;
use super::share::Share;
use super::shuffle::{Shuffle, mix};
use super::window::Window;
use crate::value::ports::Ports;
use crate::value::shard::Shard;
use crate::value::targets::Net;

/// Hosts to probe, each at the same ports.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its place in the list of targets. Verdicts bear it, and where the dealing of shards begins hangs on it, so that
    /// it must be the same on every machine: what a target resolved to later keeps the target's place.
    pub place: usize,
    /// The hosts.
    pub hosts: Hosts,
    /// The ports.
    pub ports: Ports,
}

/// Hosts by their addresses.
#[derive(Clone, Debug)]
pub enum Hosts {
    /// These, in this order. What port they have is of no account.
    These(Vec<SocketAddr>),
    /// Every address of a network.
    Net(Net),
}

/// A group on its way.
#[derive(Debug)]
pub(super) struct Feed {
    group: Group,
    share: Share,
    order: Shuffle,
    seed: Option<u64>,
    next: u64,
}

impl Feed {
    /// The part of a group that this machine probes, in the random order of a seed or as written.
    ///
    /// A resolver gives the addresses of a name in any order; machines that share a probe must agree on one.
    pub(super) fn new(mut group: Group, shard: Shard, seed: Option<u64>) -> Self {
        let hosts = match &mut group.hosts {
            Hosts::These(addrs) => {
                if shard != Shard::WHOLE {
                    addrs.sort_unstable();
                }
                addrs.len() as u64
            }
            Hosts::Net(net) => net.count,
        };
        let share = Share::new(hosts, group.ports.count(), shard, group.place);
        let seed = seed.map(|seed| mix(seed ^ mix(group.place as u64)));
        Self { order: Shuffle::new(share.parts(), seed), group, share, seed, next: 0 }
    }

    /// How many ports there are to probe in all.
    pub(super) fn count(&self) -> u64 {
        self.share.count()
    }

    /// The next host, with this window.
    pub(super) fn next(&mut self, window: Window) -> Option<Host> {
        if self.next == self.share.parts() {
            return None;
        }
        let part = self.share.part(self.order.at(self.next));
        self.next += 1;
        let addr = match &self.group.hosts {
            Hosts::These(addrs) => addrs[part.host as usize],
            Hosts::Net(net) => SocketAddr::new(net.nth(part.host), 0),
        };
        let order = Shuffle::new(part.count.into(), self.seed.map(|seed| mix(seed ^ part.host)));
        Some(Host::new(self.group.place, addr, self.group.ports.clone(), part, order, window))
    }
}

impl From<IpAddr> for Hosts {
    fn from(addr: IpAddr) -> Self {
        Self::These(vec![SocketAddr::new(addr, 0)])
    }
}
