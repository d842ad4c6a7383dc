//! The Sweep: which port is probed next and when, how long its answer is waited for, how often it is asked again, and
//! what is known of it in the end. It opens no socket and reads no clock: its owner does what a [`Step`] says and tells
//! what came of it.
//!
//! # A port's way
//!
//! Its host's turn comes (`group`), its own turn comes, and a try starts when the host's window (`window`), the room on
//! this machine (`room`) and the rate (`rhythm`) allow it. Any answer decides it. Silence (`waits`: as long as the
//! round trips to this host say, `rtt`) makes the owner close the socket, and the port is asked again, before any port
//! not yet asked, until its tries or its patience are spent. Two kinds of tries are not counted, and their port waits
//! for its turn again: one that this machine could not start, and one that was silent while a limit on the way let few
//! through, though its time is spent.
//!
//! # The order
//!
//! The hosts take turns, up to `turns::ABREAST` of them in the order written, each going through its ports in the order
//! written: kinder than one host after another, since each is asked more slowly, and what is known of a host need be
//! kept only while it is probed. In random order, the hosts of a group and the ports of each host are shuffled.
//!
//! # Bounds
//!
//! Numbers are computed from places: a sweep of 2^32 addresses at 65,535 ports is as small as one of a single port.
//! What is stored is what is under way or waits for a retry, at most [`Rules::parallel`] ports, and their hosts. Every
//! try has a deadline and every port a last try, so that a sweep ends, unless its machine can never again start a try
//! ([`Sweep::starving`]).

mod again;
mod answer;
mod group;
mod host;
mod rhythm;
mod room;
mod rtt;
mod rules;
mod share;
mod shuffle;
mod step;
mod tally;
mod turns;
mod waits;
mod window;

use std::time::{Duration, Instant};

use slab::Slab;

pub use again::Again;
pub use answer::{Answer, State, Verdict};
pub use group::{Group, Hosts};
pub use rules::Rules;
pub use step::{Id, Start, Step};
pub use tally::Tally;

use self::group::Feed;
use self::rhythm::Rhythm;
use self::room::Room;
use self::turns::Turns;
use self::waits::Waits;
use super::timers::Timers;

/// TCP sends its SYN again after a second (RFC 6298 section 2): what takes longer may answer that one, and is no round
/// trip.
const OWN_RETRY: Duration = Duration::from_secs(1);

/// A sweep over the ports of many hosts.
pub struct Sweep {
    rules: Rules,
    waits: Waits,
    room: Room,
    rhythm: Rhythm,
    tally: Tally,
    turns: Turns,
    /// Whether more hosts may be added.
    more: bool,
    ports: Slab<Port>,
    under_way: usize,
    /// Sockets that are no tries.
    others: usize,
    timers: Timers,
}

/// A port that is under way or waits for a retry.
#[derive(Clone, Copy, Debug)]
struct Port {
    host: usize,
    number: u16,
    /// Tries started.
    tries: u32,
    /// Those of them that do not count, since their silence says nothing.
    void: u32,
    /// How long the silent ones were waited for.
    waited: Duration,
    /// The one under way: when it started, and where it stands among those of its host.
    running: Option<(Instant, usize)>,
}

impl Sweep {
    /// A sweep over nothing yet.
    pub fn new(rules: Rules) -> Self {
        let room = Room::new(rules.parallel);
        Self {
            waits: Waits::new(rules.patience, rules.retries, rules.datagram),
            rhythm: Rhythm::new(rules.interval),
            turns: Turns::new(room.most(), rules.datagram),
            room,
            rules,
            tally: Tally::default(),
            more: true,
            ports: Slab::new(),
            under_way: 0,
            others: 0,
            timers: Timers::default(),
        }
    }

    /// Adds hosts, behind those that are there.
    pub fn add(&mut self, group: Group) {
        let feed = Feed::new(group, self.rules.shard, self.rules.random);
        self.tally.total += feed.count();
        self.turns.add(feed);
    }

    /// Whether the turn of every host has come that was added. Who has many to add, or names to look up for it, may
    /// wait for this: what waits its turn is the one thing here that grows.
    pub fn is_hungry(&self) -> bool {
        self.turns.all_called()
    }

    /// No more hosts come: once all is decided, it is done.
    pub fn complete(&mut self) {
        self.more = false;
    }

    /// What to do now. To be asked until it says to wait, or that it is done; whoever does not ask for a while starts
    /// and gives up later, and loses nothing.
    ///
    /// What has come is to be told first, or its try might be given up unheard. A round trip is measured from the `now`
    /// of its start: where many start in one turn of the loop, the clock is to be read anew for each.
    pub fn step(&mut self, now: Instant) -> Step {
        if let Some(id) = self.overdue(now) {
            return Step::GiveUp(id);
        }
        if let Some(start) = self.start(now) {
            return Step::Start(start);
        }
        match !self.more && self.turns.is_over() {
            true => Step::Done,
            false => Step::Wait(self.next(now)),
        }
    }

    /// A try was answered. Its socket is the owner's to close. Of a try that is not under way nothing is believed.
    /// The verdict that follows.
    pub fn answered(&mut self, id: Id, answer: Answer, now: Instant) -> Option<Verdict> {
        let (port, started) = self.stop(id)?;
        self.room.ended();
        let rtt = now.saturating_duration_since(started);
        let host = &mut self.turns.hosts[port.host];
        if answer.is_the_hosts() && (self.rules.datagram || rtt < OWN_RETRY) {
            host.rtt.sample(rtt);
        }
        let base = self.waits.base(&host.rtt);
        host.window.answered(port.tries - 1, now, base);
        self.hurry(port.host);
        Some(self.decide(id, answer.state(), Some(rtt), port.waited + rtt))
    }

    /// A try was not answered in its time, and its socket is closed: its port is asked again, or this is the verdict.
    pub fn silent(&mut self, id: Id, now: Instant) -> Option<Verdict> {
        let (mut port, started) = self.stop(id)?;
        self.room.ended();
        let host = &mut self.turns.hosts[port.host];
        host.window.look(now, self.waits.base(&host.rtt));
        let loss = host.window.loss();
        port.waited += now.saturating_duration_since(started);
        port.void += u32::from(self.waits.is_void(loss, port.void));
        self.ports[id] = port;
        if self.waits.again(&host.rtt, loss, port.tries - port.void, port.waited) {
            host.waiting.push_back(id);
            self.turns.queue(port.host);
            return None;
        }
        let state = if self.rules.datagram { State::OpenOrFiltered } else { State::Filtered };
        Some(self.decide(id, state, None, port.waited))
    }

    /// So many sockets serve something else: together with them the tries under way stay within the limit.
    pub fn leave_room(&mut self, others: usize) {
        self.others = others;
    }

    /// A try could not start for want of descriptors, memory or local ports (EMFILE, ENFILE, ENOBUFS, ENOMEM,
    /// EADDRNOTAVAIL, EAGAIN). It did not happen: it will be started again, beside fewer others.
    pub fn shortage(&mut self, id: Id, now: Instant) {
        let Some((port, _)) = self.stop(id) else { return };
        self.room.short(self.under_way, now);
        self.tally.sent -= 1;
        self.ports[id].tries -= 1;
        self.turns.hosts[port.host].waiting.push_front(id);
        self.turns.queue(port.host);
    }

    /// Since when no try could be started at all, if the last ones could not. The shortage may be of a kind that does
    /// not pass; how long to bear with it is the owner's to say.
    pub fn starving(&self) -> Option<Instant> {
        self.room.starving()
    }

    /// What was done so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// How many tries are under way.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// The next try whose time has passed.
    fn overdue(&mut self, now: Instant) -> Option<Id> {
        while let Some(id) = self.timers.pop(now) {
            match self.deadline(id) {
                Some(deadline) if deadline > now => {
                    self.timers.set(id, Some(deadline)); // round trips have become longer since it was set
                }
                Some(_) => return Some(id),
                None => {}
            }
        }
        None
    }

    /// Starts the next try, if one may start.
    fn start(&mut self, now: Instant) -> Option<Start> {
        if !self.has_room() || self.room.pause(now).is_some() || self.rhythm.next(now).is_some() {
            return None;
        }
        let id = self.turns.next_retry().or_else(|| self.next_port(now))?;
        self.rhythm.started(now);
        self.tally.sent += 1;
        self.under_way += 1;
        let port = &mut self.ports[id];
        let host = &mut self.turns.hosts[port.host];
        port.tries += 1;
        port.running = Some((now, host.under_way.len()));
        host.under_way.push(id);
        let base = self.waits.base(&host.rtt);
        host.set_by = if host.under_way.len() == 1 { base } else { host.set_by.max(base) };
        let start = Start { id, place: host.place, addr: host.at(port.number), attempt: port.tries };
        let host = port.host;
        let deadline = self.deadline(id);
        self.timers.set(id, deadline);
        self.turns.queue(host);
        Some(start)
    }

    fn has_room(&self) -> bool {
        self.room.has(self.under_way + self.others)
    }

    /// The next port that was not asked yet.
    fn next_port(&mut self, now: Instant) -> Option<Id> {
        if self.ports.len() >= self.room.most() {
            return None;
        }
        let (host, number) = self.turns.next_port(now)?;
        Some(self.ports.insert(Port { host, number, tries: 0, void: 0, waited: Duration::ZERO, running: None }))
    }

    /// Takes a try out of those under way. What its port was, and when it started.
    fn stop(&mut self, id: Id) -> Option<(Port, Instant)> {
        let port = self.ports.get_mut(id)?;
        let (started, at) = port.running.take()?;
        let port = *port;
        let fellows = &mut self.turns.hosts[port.host].under_way;
        fellows.swap_remove(at);
        if let Some(&moved) = fellows.get(at)
            && let Some((_, place)) = &mut self.ports[moved].running
        {
            *place = at;
        }
        self.under_way -= 1;
        self.timers.set(id, None);
        Some((port, started))
    }

    /// When a try under way is given up, by what is known now.
    fn deadline(&self, id: Id) -> Option<Instant> {
        let port = self.ports.get(id)?;
        let (started, _) = port.running?;
        let host = &self.turns.hosts[port.host];
        Some(started + self.waits.wait(&host.rtt, host.window.loss(), port.tries - port.void, port.waited))
    }

    /// Sets the deadlines of a host anew where they turn out too late: with its first answer above all, which shows how
    /// short its round trips are, and where loss asks for more tries, so that what was the last is so no longer. Those
    /// that are too early are looked at when they are reached.
    fn hurry(&mut self, number: usize) {
        let host = &mut self.turns.hosts[number];
        let (base, tries) = (self.waits.base(&host.rtt), self.waits.tries(host.window.loss()));
        if base >= host.set_by * 3 / 4 && tries <= host.most_tries {
            return;
        }
        host.set_by = base;
        host.most_tries = host.most_tries.max(tries);
        for at in 0..self.turns.hosts[number].under_way.len() {
            let id = self.turns.hosts[number].under_way[at];
            let deadline = self.deadline(id);
            self.timers.set(id, deadline);
        }
    }

    /// Decides a port that is not under way, and forgets it, and its host with its last one.
    fn decide(&mut self, id: Id, state: State, rtt: Option<Duration>, waited: Duration) -> Verdict {
        let port = self.ports.remove(id);
        let host = &self.turns.hosts[port.host];
        let addr = host.at(port.number);
        let verdict = Verdict { place: host.place, addr, state, rtt, waited, tries: port.tries };
        self.tally.add(state);
        self.turns.decided(port.host);
        verdict
    }

    /// When to look again.
    fn next(&self, now: Instant) -> Option<Instant> {
        let may = self.turns.may_retry() || self.turns.may_begin() && self.ports.len() < self.room.most();
        let held = self.room.pause(now).max(self.rhythm.next(now));
        let start = held.filter(|_| may && self.has_room());
        let end = self.timers.next().filter(|_| self.under_way > 0);
        [start, end].into_iter().flatten().min()
    }
}
