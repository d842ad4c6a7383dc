//! Which address to try next, and when: IPv6 and IPv4 raced as RFC 8305 has it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::value::peer::Addr;

/// How long one attempt is given before the next begins beside it (RFC 8305 section 5, the recommended value).
const HEAD_START: Duration = Duration::from_millis(250);

/// A race between the addresses of one host.
#[derive(Debug)]
pub struct Race {
    waiting: VecDeque<Addr>,
    running: usize,
    next_start: Option<Instant>,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Connect to this address, and ask again.
    Start(Addr),
    /// Wait for the attempts that run; look again at this time, if there is one.
    Wait(Option<Instant>),
    /// Every address has failed.
    Lost,
}

impl Race {
    /// A race over addresses in the order of the resolver, which has sorted them by RFC 6724.
    pub fn new(addrs: Vec<Addr>) -> Self {
        Self { waiting: interleave(addrs), running: 0, next_start: None }
    }

    /// The next move.
    pub fn step(&mut self, now: Instant) -> Move {
        if let Some(start) = self.next_start
            && now < start
        {
            return Move::Wait(self.next_start.filter(|_| !self.waiting.is_empty()));
        }
        match self.waiting.pop_front() {
            Some(addr) => {
                self.running += 1;
                self.next_start = Some(now + HEAD_START);
                Move::Start(addr)
            }
            None if self.running > 0 => Move::Wait(None),
            None => Move::Lost,
        }
    }

    /// An address could not be tried now; it is the next one, at this time.
    pub fn postpone(&mut self, addr: Addr, until: Instant) {
        self.running -= 1;
        self.waiting.push_front(addr);
        self.next_start = Some(until);
    }

    /// An attempt failed: the next one need not wait for its turn.
    pub fn failed(&mut self) {
        self.running -= 1;
        self.next_start = None;
    }
}

/// Alternates the families, beginning with that of the first address (RFC 8305 section 4).
fn interleave(addrs: Vec<Addr>) -> VecDeque<Addr> {
    let is_v6 = |addr: &Addr| addr.ip().is_some_and(|ip| ip.is_ipv6());
    let total = addrs.len();
    let first_is_v6 = addrs.first().is_some_and(is_v6);
    let (first, second): (Vec<_>, Vec<_>) = addrs.into_iter().partition(|addr| is_v6(addr) == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut order = VecDeque::with_capacity(total);
    while order.len() < total {
        order.extend(first.next());
        order.extend(second.next());
    }
    order
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use super::*;

    fn addrs(texts: &[&str]) -> Vec<Addr> {
        texts.iter().map(|text| Addr::Inet(text.parse().expect("an address"))).collect()
    }

    #[test]
    fn families_alternate_from_the_resolvers_first() {
        let order = interleave(addrs(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1"]));
        assert_eq!(order, addrs(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "3.3.3.3:1"]));
    }

    #[test]
    fn the_next_begins_after_a_head_start_or_at_once_after_a_failure() {
        let list = addrs(&["[::1]:1", "1.1.1.1:1", "[::2]:1"]);
        let mut race = Race::new(list.clone());
        let start = Instant::now();
        assert_eq!(race.step(start), Move::Start(list[0].clone()));
        assert_eq!(race.step(start), Move::Wait(Some(start + HEAD_START)));
        assert_eq!(race.step(start + HEAD_START), Move::Start(list[1].clone()));
        race.failed();
        assert_eq!(race.step(start + HEAD_START), Move::Start(list[2].clone()));
        assert_eq!(race.step(start + HEAD_START), Move::Wait(None));
        race.failed();
        assert_eq!(race.step(start + HEAD_START), Move::Wait(None));
        race.failed();
        assert_eq!(race.step(start + HEAD_START), Move::Lost);
    }

    #[test]
    fn a_race_of_nobody_is_lost() {
        assert_eq!(Race::new(Vec::new()).step(Instant::now()), Move::Lost);
    }
}
