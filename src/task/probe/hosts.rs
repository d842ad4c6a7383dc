//! From targets to the addresses that the sweep asks: known ones at once, names as their lookups are answered, a few at
//! a time.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use crate::error::{Deed, Exit, Failure, Object};
use crate::event::Event;
use crate::logic::sweep::{Group, Hosts as Addrs, Sweep};
use crate::net::resolve::{Lookup, Resolving, live_lookups, resolve};
use crate::plan::{self, Limit};
use crate::task::Cx;
use crate::value::ports::Ports;
use crate::value::targets::{Target, Who};

/// So many names are looked up at once, where there are the descriptors: each has a thread.
const ABREAST: usize = 16;

/// What a lookup holds open at once: two servers, and a file.
pub(super) const DESCRIPTORS: usize = 3;

/// How many names may be looked up at once, by so many descriptors for them and for asking: those get half of few.
pub(super) fn abreast(descriptors: usize) -> usize {
    (descriptors / 2 / DESCRIPTORS).clamp(1, ABREAST)
}

/// Targets on their way to the sweep.
pub(super) struct Hosts {
    ports: Option<Ports>,
    limit: Limit,
    abreast: usize,
    waiting: VecDeque<(usize, Target)>,
    lookups: Vec<(usize, Lookup, Ports)>,
    /// The names of those that were written as names.
    names: HashMap<usize, Rc<str>>,
    /// The last of those that there is no address for.
    pub(super) last_failure: Option<Failure>,
    /// Whether any target has an address.
    found: bool,
}

impl Hosts {
    /// Targets, with the ports of those that have none of their own; so many names are looked up at once.
    pub(super) fn new(targets: Vec<Target>, ports: Option<Ports>, limit: Limit, abreast: usize) -> Self {
        Self {
            ports,
            limit,
            abreast,
            waiting: targets.into_iter().enumerate().collect(),
            lookups: Vec::new(),
            names: HashMap::new(),
            last_failure: None,
            found: false,
        }
    }

    /// The name of the target with this place, if it was written as one.
    pub(super) fn name(&self, place: usize) -> Option<Rc<str>> {
        self.names.get(&place).cloned()
    }

    /// When a lookup has taken too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.lookups.iter().map(|(_, lookup, _)| lookup.began() + self.limit.time).min()
    }

    /// Feeds the sweep, as long as it is hungry.
    pub(super) fn feed(&mut self, cx: &mut Cx<'_>, plan: &plan::Probe, sweep: &mut Sweep) {
        while sweep.is_hungry()
            && live_lookups() < self.abreast
            && let Some((place, target)) = self.waiting.pop_front()
        {
            let Some(ports) = target.ports.or_else(|| self.ports.clone()) else { continue };
            if let Some(what) = target.who.ip().and_then(|ip| plan.from.unfit(ip)) {
                let who = Object::Named(target.who.to_string());
                self.lose(cx, Failure::new(Deed::Probe, who, format!("it is {what}"), Exit::Usage));
                continue;
            }
            let host = match target.who {
                Who::Host(host) => host,
                Who::Net(net) => {
                    self.found = true;
                    sweep.add(Group { place, hosts: Addrs::Net(net), ports });
                    continue;
                }
            };
            match resolve(&host, 0, plan.from.family, plan.from.no_dns, cx.bell(), cx.now) {
                Ok(Resolving::Known(addr)) => {
                    self.found = true;
                    sweep.add(Group { place, hosts: Addrs::These(vec![addr]), ports });
                }
                Ok(Resolving::Asked(lookup)) => self.lookups.push((place, lookup, ports)),
                Err(failure) => self.lose(cx, failure),
            }
        }
        if self.waiting.is_empty() && self.lookups.is_empty() {
            sweep.complete();
        }
    }

    /// All is asked: whether a name had no address, which is told.
    ///
    /// # Errors
    /// None had one.
    pub(super) fn finish(&mut self, cx: &mut Cx<'_>) -> Result<bool, Failure> {
        match self.last_failure.take() {
            None => Ok(false),
            Some(failure) if !self.found => Err(failure),
            Some(failure) => {
                cx.trouble(failure);
                Ok(true)
            }
        }
    }

    /// Takes the answers that lookups have.
    pub(super) fn hear(&mut self, cx: &mut Cx<'_>, plan: &plan::Probe, sweep: &mut Sweep) {
        for (place, lookup, ports) in std::mem::take(&mut self.lookups) {
            match lookup.step(cx.now, self.limit) {
                Ok(None) => self.lookups.push((place, lookup, ports)),
                Ok(Some(mut addrs)) => {
                    let (host, took) = (Rc::clone(lookup.name()), cx.now - lookup.began());
                    let told = addrs.iter().map(SocketAddr::ip).collect();
                    cx.tell(&Event::Resolve { host: Rc::clone(&host), addrs: told, took });
                    addrs.retain(|addr| plan.from.unfit(addr.ip()).is_none());
                    if addrs.is_empty() {
                        let failure = lookup.failed("it has no address of the IP version of -s", Exit::Name);
                        self.lose(cx, failure.after(took));
                        continue;
                    }
                    self.names.insert(place, host);
                    self.found = true;
                    sweep.add(Group { place, hosts: Addrs::These(addrs), ports });
                }
                Err(failure) => self.lose(cx, failure),
            }
        }
    }

    /// A name has no address: told, but for the last one where none has, which the whole probe fails by.
    fn lose(&mut self, cx: &mut Cx<'_>, failure: Failure) {
        if let Some(earlier) = self.last_failure.replace(failure) {
            cx.trouble(earlier);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_leave_at_least_half_of_few_descriptors_to_asking() {
        assert_eq!([0, 8, 16, 90, 1_008, usize::MAX].map(abreast), [1, 1, 2, 15, 16, 16]);
        for few in [8, 16, 90, 1_008] {
            assert!(abreast(few) * DESCRIPTORS <= few / 2, "{few}");
        }
    }
}
