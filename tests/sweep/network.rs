//! A network on a virtual clock: hosts near and far, ports open, closed and dropped, loss, jitter, limits on connects
//! and on ICMP, and a machine short of descriptors. It also is the sweep's owner, and a strict one: it holds every step
//! against what the rules allow.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use nsock::logic::sweep::{Answer, Group, Rules, Step, Sweep, Verdict};
use nsock::value::peer::Proto;
use nsock::value::ports::{Ports, Reader};

/// What a port is in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Open,
    Closed,
    Dropped,
    /// Refused by ICMP (administratively prohibited).
    Rejected,
}

/// So many at once and so many a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) burst: f64,
    pub(crate) rate: f64,
}

/// A network in which all hosts are alike but for their ports.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) truth: fn(SocketAddr) -> Truth,
    /// The round trip at least, and how much longer it may be.
    pub(crate) delay: Duration,
    pub(crate) jitter: Duration,
    /// The share of packets lost each way.
    pub(crate) loss: f64,
    /// A middlebox before each host that lets only so many connects through.
    pub(crate) connects: Option<Limit>,
    /// The limit of each host on the ICMP errors it sends.
    pub(crate) icmp: Option<Limit>,
    /// How many sockets this machine has.
    pub(crate) sockets: usize,
    /// Groups that come later.
    pub(crate) late: Vec<(Duration, Group)>,
    pub(crate) seed: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            truth: |_| Truth::Closed,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            connects: None,
            icmp: None,
            sockets: usize::MAX,
            late: Vec::new(),
            seed: 1,
        }
    }
}

/// What a sweep did.
#[derive(Default)]
pub(crate) struct Seen {
    /// Verdicts and when they were told.
    pub(crate) verdicts: Vec<(Duration, Verdict)>,
    /// Tries, when each started.
    pub(crate) starts: Vec<(Duration, SocketAddr, u32)>,
    /// How long it took.
    pub(crate) took: Duration,
    /// The most tries under way at once.
    pub(crate) most: usize,
    /// How often a try could not start.
    pub(crate) shortages: usize,
}

/// Tokens left of a limit, and when they were counted.
struct Bucket {
    tokens: f64,
    at: Duration,
}

/// An answer on its way: when it is there, to which socket of which making.
type Mail = (Duration, usize, u64);

/// A network while it is probed.
struct World<'a> {
    net: &'a Network,
    now: Duration,
    random: u64,
    connects: HashMap<IpAddr, Bucket>,
    icmp: HashMap<IpAddr, Bucket>,
    mail: BinaryHeap<Reverse<Mail>>,
    /// The making of each open socket, and what it will be answered.
    sockets: HashMap<usize, (u64, Option<Answer>)>,
    made: u64,
}

/// Ports in words.
pub(crate) fn ports(words: &str) -> Ports {
    Reader::new(Proto::Tcp, None).and_then(|reader| reader.read([words])).expect("ports")
}

/// A sweep over some groups, to its end.
pub(crate) fn sweep(rules: Rules, groups: Vec<Group>, net: &Network) -> Seen {
    let (mut sweep, start) = (Sweep::new(rules), Instant::now());
    groups.into_iter().for_each(|group| sweep.add(group));
    let mut late = net.late.clone();
    let mut seen = Seen::default();
    let mut world = World {
        net,
        now: Duration::ZERO,
        random: net.seed,
        connects: HashMap::new(),
        icmp: HashMap::new(),
        mail: BinaryHeap::new(),
        sockets: HashMap::new(),
        made: 0,
    };
    let mut idle = 0;
    loop {
        while late.first().is_some_and(|(at, _)| *at <= world.now) {
            sweep.add(late.remove(0).1);
        }
        if late.is_empty() {
            sweep.complete();
        }
        seen.verdicts.extend(world.deliver(&mut sweep, start));
        idle += 1;
        assert!(idle < 1_000, "it spins");
        match sweep.step(start + world.now) {
            Step::Start(try_) => {
                idle = 0;
                assert!(try_.id < rules.parallel, "id {} of {}", try_.id, rules.parallel);
                if world.sockets.len() >= net.sockets {
                    seen.shortages += 1;
                    sweep.shortage(try_.id, start + world.now);
                    continue;
                }
                seen.starts.push((world.now, try_.addr, try_.attempt));
                world.connect(try_.id, try_.addr, rules.datagram);
                seen.most = seen.most.max(world.sockets.len());
                assert!(sweep.under_way() <= rules.parallel, "the window holds");
            }
            Step::GiveUp(id) => {
                idle = 0;
                assert!(world.sockets.remove(&id).is_some(), "what is given up was under way");
                seen.verdicts.extend(sweep.silent(id, start + world.now).map(|verdict| (world.now, verdict)));
            }
            Step::Wait(until) => {
                let until = until.map(|until| until - start);
                assert!(until.is_none_or(|until| until > world.now), "it waits for the past");
                let mail = world.mail.peek().map(|Reverse((at, ..))| *at);
                let group = late.first().map(|(at, _)| *at);
                world.now = [until, mail, group].into_iter().flatten().min().expect("a sweep that is stuck");
            }
            Step::Done => break,
        }
    }
    assert!(world.sockets.is_empty(), "no socket is left open");
    let tally = sweep.tally();
    assert_eq!((tally.decided(), tally.total), (seen.verdicts.len() as u64, tally.total));
    assert_eq!((tally.total, tally.sent), (seen.verdicts.len() as u64, seen.starts.len() as u64));
    seen.took = world.now;
    seen
}

impl World<'_> {
    /// Gives the sweep what has arrived.
    fn deliver(&mut self, sweep: &mut Sweep, start: Instant) -> Vec<(Duration, Verdict)> {
        let mut verdicts = Vec::new();
        while let Some(&Reverse((at, id, made))) = self.mail.peek()
            && at <= self.now
        {
            self.mail.pop();
            if self.sockets.get(&id).is_some_and(|(making, _)| *making == made)
                && let Some((_, Some(answer))) = self.sockets.remove(&id)
            {
                let verdict = sweep.answered(id, answer, start + self.now).expect("it was under way");
                verdicts.push((self.now, verdict));
            }
        }
        verdicts
    }

    fn connect(&mut self, id: usize, addr: SocketAddr, datagram: bool) {
        self.made += 1;
        let answer = self.answer(addr, datagram);
        assert!(self.sockets.insert(id, (self.made, answer)).is_none(), "an id is used again while it is under way");
        if answer.is_some() {
            let delay = self.net.delay + self.net.jitter.mul_f64(self.chance());
            self.mail.push(Reverse((self.now + delay, id, self.made)));
        }
    }

    fn answer(&mut self, addr: SocketAddr, datagram: bool) -> Option<Answer> {
        if self.chance() < self.net.loss || !allow(&mut self.connects, self.net.connects, addr.ip(), self.now) {
            return None;
        }
        let answer = match (self.net.truth)(addr) {
            Truth::Open => Answer::Open,
            Truth::Closed => Answer::Closed,
            Truth::Dropped => return None,
            Truth::Rejected => Answer::Filtered,
        };
        let by_icmp = datagram && answer != Answer::Open || answer == Answer::Filtered;
        if by_icmp && !allow(&mut self.icmp, self.net.icmp, addr.ip(), self.now) {
            return None;
        }
        (self.chance() >= self.net.loss).then_some(answer)
    }

    /// A number from 0 to 1 (SplitMix64).
    fn chance(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Whether a limit has a token left for a host.
fn allow(buckets: &mut HashMap<IpAddr, Bucket>, limit: Option<Limit>, host: IpAddr, now: Duration) -> bool {
    let Some(Limit { burst, rate }) = limit else { return true };
    let bucket = buckets.entry(host).or_insert(Bucket { tokens: burst, at: now });
    bucket.tokens = (bucket.tokens + (now - bucket.at).as_secs_f64() * rate).min(burst);
    bucket.at = now;
    let granted = bucket.tokens >= 1.0;
    bucket.tokens -= if granted { 1.0 } else { 0.0 };
    granted
}
