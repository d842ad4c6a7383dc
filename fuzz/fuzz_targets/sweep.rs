//! The Sweep with an owner that does whatever the rules allow, on a clock that is stepped: answers too late or twice,
//! shortages, sockets for something else, hosts that come late, time that jumps. Each port gets one verdict, never more
//! are under way than may be, and it ends. Input: the rules, groups, then deeds.
#![no_main]

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use nsock::logic::sweep::{Answer, Group, Hosts, Id, Rules, State, Step, Sweep, Verdict};
use nsock::value::peer::Proto;
use nsock::value::ports::Reader;
use nsock::value::shard::Shard;
use nsock::value::targets::Net;
use nsock_fuzz::Input;

const ANSWERS: [Answer; 5] = [Answer::Open, Answer::Closed, Answer::Itself, Answer::Filtered, Answer::Unreachable];

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let rules = rules(&mut input);
    let mut owner = Owner::new(rules);
    for _ in 0..input.byte() % 4 {
        owner.add(&mut input);
    }
    while !input.0.is_empty() {
        owner.act(&mut input);
    }
    owner.finish();
});

fn rules(input: &mut Input<'_>) -> Rules {
    let flags = input.byte();
    let of = input.one_of(&[1, 1, 2, 7]);
    Rules {
        datagram: flags & 1 > 0,
        parallel: input.one_of(&[1, 2, 7, 60, 1_000]),
        interval: input.one_of(&[0, 0, 1, 10, 700]) * MILLI,
        retries: input.one_of(&[0, 1, 3, 30]),
        patience: input.one_of(&[1, 5, 100, 2_000, 60_000]) * MILLI,
        random: (flags & 2 > 0).then_some(flags.into()),
        shard: Shard { index: u32::from(flags >> 2) % of, of },
    }
}

const MILLI: Duration = Duration::from_millis(1);

/// Who does what a sweep says.
struct Owner {
    rules: Rules,
    sweep: Sweep,
    now: Instant,
    groups: usize,
    /// Tries under way: of which port, since when.
    running: HashMap<Id, (SocketAddr, Instant)>,
    /// How often each port was asked, and whether it is decided.
    ports: HashMap<(usize, SocketAddr), (u32, bool)>,
    sent: u64,
    decided: u64,
    others: usize,
}

impl Owner {
    fn new(rules: Rules) -> Self {
        let (running, ports) = (HashMap::new(), HashMap::new());
        Self {
            rules,
            sweep: Sweep::new(rules),
            now: Instant::now(),
            groups: 0,
            running,
            ports,
            sent: 0,
            decided: 0,
            others: 0,
        }
    }

    fn add(&mut self, input: &mut Input<'_>) {
        let ports = Reader::new(Proto::Tcp, None)
            .and_then(|reader| reader.read([input.one_of(&["80", "1-9", "7,5-30", "1-3"])]));
        let place = self.groups;
        let first = IpAddr::from([10, place as u8, 0, 0]);
        let hosts = match input.byte() {
            count @ 0..128 => Hosts::Net(Net { first, count: 1 << (count % 4) }),
            count => {
                Hosts::These((0..count % 4).map(|host| SocketAddr::from(([192, 0, place as u8, host], 9))).collect())
            }
        };
        self.groups += 1;
        self.sweep.add(Group { place, hosts, ports: ports.expect("ports") });
    }

    /// One deed of an owner.
    fn act(&mut self, input: &mut Input<'_>) {
        match input.byte() % 8 {
            0 | 1 => drop(self.step()),
            2 => drop((0..input.byte()).find(|_| self.step().is_some())),
            3 => self.wait(),
            4 => self.now += u32::from(input.byte()) * input.one_of(&[MILLI / 1_000, MILLI, 50 * MILLI]),
            5 => {
                let (id, answer) = (input.byte().into(), input.one_of(&ANSWERS));
                let verdict = self.sweep.answered(id, answer, self.now);
                self.ended(id, verdict, Some(answer));
            }
            6 => {
                let id = input.byte().into();
                self.sweep.shortage(id, self.now);
                if let Some((addr, _)) = self.running.remove(&id) {
                    self.sent -= 1;
                    let (tries, decided) =
                        self.ports.iter_mut().find(|((_, at), _)| *at == addr).expect("it was asked").1;
                    assert!(!*decided);
                    *tries -= 1;
                }
            }
            _ if input.byte() > 250 && self.groups < 4 => self.add(input),
            _ => {
                self.others = usize::from(input.byte()) * input.one_of(&[0, 1, 9]);
                self.sweep.leave_room(self.others);
            }
        }
        self.check();
    }

    /// What is to be waited for; none where something was done.
    fn step(&mut self) -> Option<Step> {
        match self.sweep.step(self.now) {
            Step::Start(start) => {
                assert!(start.id < self.rules.parallel);
                assert!(self.running.len() + self.others < self.rules.parallel, "there is no room");
                assert!(self.running.insert(start.id, (start.addr, self.now)).is_none(), "its number is in use");
                let (tries, decided) = self.ports.entry((start.place, start.addr)).or_default();
                *tries += 1;
                self.sent += 1;
                assert_eq!((*tries, *decided), (start.attempt, false));
                None
            }
            Step::GiveUp(id) => {
                let (_, since) = self.running[&id];
                assert!(since < self.now, "given up at once");
                let verdict = self.sweep.silent(id, self.now);
                self.ended(id, verdict, None);
                None
            }
            step => Some(step),
        }
    }

    /// Time passes, until there is something to do.
    fn wait(&mut self) {
        match self.step() {
            Some(Step::Wait(Some(until))) => {
                assert!(until > self.now, "it waits for the past");
                self.now = until;
            }
            Some(Step::Wait(None)) => assert!(self.running.is_empty(), "nobody would look at them again"),
            _ => {}
        }
    }

    /// A try has ended, if it was under way.
    fn ended(&mut self, id: Id, verdict: Option<Verdict>, answer: Option<Answer>) {
        let Some((addr, since)) = self.running.remove(&id) else {
            return assert_eq!(verdict, None, "nobody asked");
        };
        let Some(verdict) = verdict else {
            return assert_eq!(answer, None, "an answer decides");
        };
        let state = match answer {
            Some(Answer::Open) => State::Open,
            Some(Answer::Closed | Answer::Itself) => State::Closed,
            Some(Answer::Unreachable) => State::Unreachable,
            None if self.rules.datagram => State::OpenOrFiltered,
            None | Some(Answer::Filtered) => State::Filtered,
        };
        let waited = self.now - since;
        assert_eq!((verdict.addr, verdict.state, verdict.rtt), (addr, state, answer.map(|_| waited)));
        assert!(verdict.waited >= waited);
        let (tries, decided) = self.ports.get_mut(&(verdict.place, addr)).expect("it was asked");
        assert!(!std::mem::replace(decided, true), "one verdict each");
        self.decided += 1;
        assert_eq!(verdict.tries, *tries);
        assert!(*tries <= self.rules.retries.saturating_add(3));
    }

    fn check(&self) {
        let tally = self.sweep.tally();
        assert_eq!((tally.decided(), tally.sent), (self.decided, self.sent));
        assert_eq!(self.sweep.under_way(), self.running.len());
    }

    /// Silence, to the end.
    fn finish(mut self) {
        self.others = 0;
        self.sweep.leave_room(0);
        self.sweep.complete();
        let total = self.sweep.tally().total;
        let mut turns = 0;
        loop {
            match self.step() {
                None => turns = 0,
                Some(Step::Done) => break,
                Some(Step::Wait(until)) => {
                    turns += 1;
                    assert!(turns < 100, "it spins");
                    let until = until.expect("it is not stuck");
                    assert!(until > self.now, "it waits for the past");
                    self.now = until;
                }
                Some(_) => unreachable!("it was done"),
            }
        }
        self.check();
        assert!(self.running.is_empty() && self.ports.values().all(|(_, decided)| *decided));
        assert_eq!((self.sweep.tally().total, self.ports.len() as u64), (total, total));
    }
}
