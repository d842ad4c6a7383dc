//! Which of a group's hosts and ports one machine of several probes (`--shard`). It knows their numbers only.
//!
//! The probes of a group are numbered, a host's ports one after another, and dealt out like cards: each machine gets
//! every N-th. So each is probed by exactly one machine, whatever the order is in which that one goes through its own.
//! Where the dealing begins turns with the place of the group, so that of many hosts with one port each machine gets
//! some.

use crate::value::shard::Shard;

/// The share of one machine in a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    hosts: u64,
    ports: u64,
    first: u64,
    step: u64,
}

/// The share of one machine in one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The number of the host.
    pub(super) host: u64,
    /// The number of its first port.
    first: u32,
    step: u32,
    /// How many ports.
    pub(super) count: u32,
}

impl Share {
    /// The share in a group of so many hosts and ports.
    pub(super) fn new(hosts: u64, ports: u32, shard: Shard, place: usize) -> Self {
        let (step, index) = (u64::from(shard.of), u64::from(shard.index));
        Self { hosts, ports: ports.into(), first: (index + place as u64 % step) % step, step }
    }

    /// How many probes it has.
    pub(super) fn count(&self) -> u64 {
        (self.hosts * self.ports).saturating_sub(self.first).div_ceil(self.step)
    }

    /// How many hosts have a part in it.
    pub(super) fn parts(&self) -> u64 {
        if self.ports < self.step { self.count() } else { self.hosts }
    }

    /// One of these.
    pub(super) fn part(&self, nth: u64) -> Part {
        if self.ports < self.step {
            // The numbers of two of its probes differ by more than a host has ports: each is of another host.
            let number = self.first + nth * self.step;
            return Part { host: number / self.ports, first: (number % self.ports) as u32, step: 1, count: 1 };
        }
        let begun = nth * self.ports % self.step; // by how much the host's first number lies past a round of dealing
        let first = (self.first + self.step - begun) % self.step;
        let count = (self.ports - first).div_ceil(self.step);
        Part { host: nth, first: first as u32, step: self.step as u32, count: count as u32 }
    }
}

impl Part {
    /// The number of its port with this place.
    pub(super) fn port(&self, place: u32) -> u32 {
        self.first + place * self.step
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn many_groups_of_one_probe_are_shared_too() {
        let counts = |index| (0..9).map(|place| Share::new(1, 1, Shard { index, of: 3 }, place).count()).sum::<u64>();
        assert_eq!([counts(0), counts(1), counts(2)], [3, 3, 3]);
    }

    #[test]
    fn the_largest_group_is_counted() {
        let share = Share::new(1 << 32, 65_535, Shard { index: 6, of: 7 }, 0);
        assert_eq!((share.count(), share.parts()), (((1 << 32) * 65_535 - 6u64).div_ceil(7), 1 << 32));
    }

    proptest! {
        #[test]
        fn shards_cover_every_probe_exactly_once(hosts in 1u64..12, ports in 1u32..12, of in 1u32..30, place in 0usize..9) {
            let mut seen = vec![0; hosts as usize * ports as usize];
            for index in 0..of {
                let share = Share::new(hosts, ports, Shard { index, of }, place);
                let mut count = 0;
                for part in (0..share.parts()).map(|nth| share.part(nth)) {
                    prop_assert!(part.count > 0);
                    count += u64::from(part.count);
                    for port in (0..part.count).map(|place| part.port(place)) {
                        prop_assert!(port < ports);
                        seen[(part.host * u64::from(ports)) as usize + port as usize] += 1;
                    }
                }
                prop_assert_eq!(count, share.count());
            }
            prop_assert!(seen.iter().all(|&times| times == 1));
        }
    }
}
