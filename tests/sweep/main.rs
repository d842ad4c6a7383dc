//! The Sweep over simulated networks, on a virtual clock: nothing here opens a socket or waits.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "an Instant has no other source, only its differences count; figures are shown by --nocapture"
)]

mod network;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use nsock::logic::sweep::{Answer, Group, Hosts, Rules, State, Step, Sweep};
use nsock::value::shard::Shard;
use nsock::value::targets::Net;
use proptest::prelude::*;

use network::{Limit, Network, Seen, Truth, ports, sweep};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// So many hosts from 10.0.0.0 on.
fn net(place: usize, count: u64, words: &str) -> Group {
    Group { place, hosts: Hosts::Net(Net { first: IpAddr::from([10, place as u8, 0, 0]), count }), ports: ports(words) }
}

fn count(seen: &Seen, state: State) -> usize {
    seen.verdicts.iter().filter(|(_, verdict)| verdict.state == state).count()
}

/// One in a hundred is open, the others are dropped.
const TEN_OF_A_THOUSAND: fn(SocketAddr) -> Truth =
    |addr| if addr.port() % 100 == 7 { Truth::Open } else { Truth::Dropped };

#[test]
fn a_silent_port_is_asked_thrice_in_two_seconds() {
    let silent = Network { truth: |_| Truth::Dropped, ..Network::default() };
    let seen = sweep(Rules::default(), vec![net(0, 1, "81")], &silent);
    assert_eq!(seen.starts.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [ms(0), ms(500), ms(1_500)]);
    let (at, verdict) = seen.verdicts[0];
    assert_eq!((at, verdict.waited, verdict.tries), (ms(2_000), ms(2_000), 3));
    assert_eq!((verdict.state, verdict.rtt), (State::Filtered, None));
}

#[test]
fn an_answer_says_how_long_it_took() {
    let seen = sweep(Rules::default(), vec![net(0, 1, "80")], &Network { delay: ms(11), ..Network::default() });
    let (_, verdict) = seen.verdicts[0];
    assert_eq!(verdict.state, State::Closed);
    assert_eq!((verdict.rtt, verdict.waited, verdict.tries), (Some(ms(11)), ms(11), 1));
    assert_eq!(verdict.addr, SocketAddr::from(([10, 0, 0, 0], 80)));
}

#[test]
fn a_thousand_ports_mostly_dropped_are_decided_by_the_round_trip() {
    let path = Network { truth: TEN_OF_A_THOUSAND, delay: ms(20), jitter: ms(2), ..Network::default() };
    let seen = sweep(Rules::default(), vec![net(0, 1, "1-1000")], &path);
    assert_eq!((count(&seen, State::Open), seen.verdicts.len()), (10, 1_000));
    assert!(seen.took < ms(600), "{:?}", seen.took);
    println!("1,000 ports, 990 dropped, 20 ms: {:?}", seen.took);
}

#[test]
fn three_percent_loss_each_way_hides_no_open_port() {
    let (mut missed, mut slowest, mut sum) = (0, Duration::ZERO, Duration::ZERO);
    const RUNS: u32 = 200;
    for seed in 0..RUNS {
        let path = Network {
            truth: TEN_OF_A_THOUSAND,
            delay: ms(20),
            jitter: ms(2),
            loss: 0.03,
            seed: seed.into(),
            ..Network::default()
        };
        let seen = sweep(Rules::default(), vec![net(0, 1, "1-1000")], &path);
        missed += 10 - count(&seen, State::Open);
        slowest = slowest.max(seen.took);
        sum += seen.took;
    }
    println!("3 % loss each way: {missed} of {} missed, {:?} in the mean, {slowest:?} at most", RUNS * 10, sum / RUNS);
    assert_eq!(missed, 0);
    assert!(slowest < ms(800), "{slowest:?}");
}

#[test]
fn loss_at_random_does_not_slow_a_sweep_of_all_ports() {
    let path = Network { delay: ms(20), jitter: ms(2), loss: 0.03, ..Network::default() };
    let seen = sweep(Rules::default(), vec![net(0, 1, "-")], &path);
    println!(
        "65,535 closed ports, 20 ms, 3 % loss each way: {} told closed, {:?}",
        count(&seen, State::Closed),
        seen.took
    );
    assert_eq!(count(&seen, State::Closed), 65_535);
    assert!(seen.took < ms(2_500), "{:?}", seen.took);
}

#[test]
fn every_port_of_this_host_is_tried_at_once_and_once() {
    let seen = sweep(Rules::default(), vec![net(0, 1, "-")], &Network::default());
    assert_eq!((count(&seen, State::Closed), seen.starts.len(), seen.took), (65_535, 65_535, Duration::ZERO));
    let near = Network { delay: Duration::from_micros(50), ..Network::default() };
    let seen = sweep(Rules::default(), vec![net(0, 1, "-")], &near);
    assert_eq!((count(&seen, State::Closed), seen.starts.len()), (65_535, 65_535));
    assert!(seen.took < ms(6), "{:?}", seen.took); // 1,000 each 50 µs would be 3.3 ms
}

#[test]
fn the_first_answer_shortens_the_waits_under_way() {
    let path = Network {
        truth: |addr| if addr.port() == 2 { Truth::Closed } else { Truth::Dropped },
        delay: ms(40),
        ..Network::default()
    };
    let seen = sweep(Rules::default(), vec![net(0, 1, "1,2")], &path);
    let first = seen.starts.iter().filter(|(_, addr, _)| addr.port() == 1).map(|(at, ..)| *at).collect::<Vec<_>>();
    assert_eq!(first, [ms(0), ms(120), ms(360), ms(600)]); // three times the only sample, then twice that
}

#[test]
fn a_firewall_nearby_does_not_hide_the_host_behind_it() {
    // Refused by who is at 1 ms, all but two ports, which the host itself answers from afar.
    let mut sweep = Sweep::new(Rules::default());
    sweep.add(net(0, 1, "1-1000"));
    sweep.complete();
    let start = Instant::now();
    let (mut now, mut mail, mut open) = (start, Vec::new(), 0);
    loop {
        mail.sort_unstable();
        while let Some(&(at, id, port)) = mail.first()
            && at <= now
        {
            let answer = if port % 500 == 80 { Answer::Open } else { Answer::Closed };
            mail.remove(0);
            let verdict = sweep.answered(id, answer, now).expect("it was under way");
            open += usize::from(verdict.state == State::Open);
        }
        match sweep.step(now) {
            Step::Start(start) => {
                let port = start.addr.port();
                mail.push((now + if port % 500 == 80 { ms(200) } else { ms(1) }, start.id, port));
            }
            Step::GiveUp(id) => {
                mail.retain(|&(_, other, _)| other != id);
                sweep.silent(id, now);
            }
            Step::Wait(until) => now = until.into_iter().chain(mail.iter().map(|(at, ..)| *at)).min().expect("a time"),
            Step::Done => break,
        }
    }
    assert_eq!(open, 2);
}

#[test]
fn silent_hosts_cost_their_two_seconds_side_by_side() {
    let seen =
        sweep(Rules::default(), vec![net(0, 250, "1-4")], &Network { truth: |_| Truth::Dropped, ..Network::default() });
    assert_eq!((count(&seen, State::Filtered), seen.took), (1_000, ms(2_000)));
}

#[test]
fn hosts_take_turns_in_the_order_written() {
    let narrow = Rules { parallel: 1, ..Rules::default() };
    let seen = sweep(narrow, vec![net(0, 2, "80,22"), net(1, 1, "443")], &Network::default());
    let order: Vec<_> = seen.starts.iter().map(|(_, addr, _)| addr.to_string()).collect();
    assert_eq!(order, ["10.0.0.0:80", "10.0.0.1:80", "10.1.0.0:443", "10.0.0.0:22", "10.0.0.1:22"]);
}

#[test]
fn a_random_order_is_another_order_of_the_same() {
    let order = |random| {
        let rules = Rules { random, parallel: 1, ..Rules::default() };
        let seen = sweep(rules, vec![net(0, 5, "1-50")], &Network::default());
        seen.starts.iter().map(|(_, addr, _)| *addr).collect::<Vec<_>>()
    };
    let (written, one, two) = (order(None), order(Some(1)), order(Some(2)));
    assert!(written != one && one != two && one == order(Some(1)));
    for mut random in [one, two] {
        let mut plain = written.clone();
        random.sort_unstable();
        plain.sort_unstable();
        assert_eq!(random, plain);
    }
}

#[test]
fn the_largest_sweep_is_as_small_as_any() {
    let mut sweep = Sweep::new(Rules { random: Some(7), shard: Shard { index: 2, of: 3 }, ..Rules::default() });
    let now = Instant::now();
    sweep.add(net(0, 1 << 32, "-"));
    assert_eq!(sweep.tally().total, ((1 << 32) * 65_535 - 2u64).div_ceil(3));
    let mut started = 0;
    while let Step::Start(_) = sweep.step(now) {
        started += 1;
    }
    assert_eq!(started, 1_000);
}

#[test]
fn a_rate_is_kept_evenly() {
    let rules = Rules { interval: ms(10), ..Rules::default() };
    let path = Network { truth: TEN_OF_A_THOUSAND, delay: ms(15), ..Network::default() };
    let seen = sweep(rules, vec![net(0, 1, "1-30")], &path);
    assert!(seen.starts.windows(2).all(|pair| pair[1].0 - pair[0].0 >= ms(10)));
    assert!(seen.starts[..30].windows(2).all(|pair| pair[1].0 - pair[0].0 == ms(10)), "no time is lost");
}

#[test]
fn thirty_two_descriptors_are_enough_for_every_port() {
    let near = Network { delay: Duration::from_micros(50), sockets: 20, ..Network::default() };
    let seen = sweep(Rules::default(), vec![net(0, 1, "-")], &near);
    assert_eq!((count(&seen, State::Closed), seen.starts.len(), seen.most), (65_535, 65_535, 20));
    assert!(seen.shortages < 4_000, "{}", seen.shortages);
}

#[test]
fn a_machine_without_any_descriptor_is_waited_for() {
    let mut sweep = Sweep::new(Rules::default());
    sweep.add(net(0, 1, "80"));
    sweep.complete();
    let (mut now, begin) = (Instant::now(), Instant::now());
    for _ in 0..20 {
        let Step::Start(start) = sweep.step(now) else { panic!("a start") };
        assert_eq!(start.attempt, 1);
        sweep.shortage(start.id, now);
        let Step::Wait(Some(until)) = sweep.step(now) else { panic!("a pause") };
        now = until;
    }
    assert!(sweep.starving().is_some());
    assert!(now - begin > ms(10_000) && now - begin < ms(15_000), "{:?}", now - begin);
    assert!(matches!(sweep.step(now), Step::Start(start) if start.attempt == 1));
}

/// Two in a hundred are open, the others closed.
const NO_FILTER: fn(SocketAddr) -> Truth = |addr| if addr.port() % 50 == 7 { Truth::Open } else { Truth::Closed };

/// 2,000 ports behind a limit of so many at once and so many a second, by so many tries at once.
fn limited(truth: fn(SocketAddr) -> Truth, burst: u32, rate: u32, delay: Duration, seed: u64) -> Seen {
    let limit = Some(Limit { burst: burst.into(), rate: rate.into() });
    let path = Network { truth, delay, jitter: delay / 10, connects: limit, seed, ..Network::default() };
    let rules = Rules { parallel: 4_096, random: Some(seed), ..Rules::default() };
    sweep(rules, vec![net(0, 1, "1-2000")], &path)
}

#[test]
fn behind_a_limit_on_connects_every_port_is_told_rightly() {
    for (burst, rate) in [(5, 200), (50, 200), (50, 1_000), (200, 2_000)] {
        for delay in [Duration::from_micros(200), ms(20), ms(100)] {
            let mut slowest = Duration::ZERO;
            for seed in 0..5 {
                let seen = limited(NO_FILTER, burst, rate, delay, seed);
                let told = (count(&seen, State::Open), count(&seen, State::Closed));
                assert_eq!(told, (40, 1_960), "{burst} at once, {rate} a second, {delay:?}, seed {seed}");
                slowest = slowest.max(seen.took);
            }
            let least = Duration::from_secs((2_000 - burst).into()) / rate;
            println!("{burst} at once, {rate} a second, {delay:?}: {slowest:?} at most, {least:?} at least");
            assert!(slowest < least * 2 + delay * 400, "{slowest:?}");
        }
    }
}

#[test]
fn behind_a_limit_silent_ports_cost_more_and_hide_few_open_ones() {
    let half: fn(SocketAddr) -> Truth = |addr| if addr.port() % 2 == 0 { Truth::Dropped } else { NO_FILTER(addr) };
    let (mut open, mut slowest) = (0, Duration::ZERO);
    for seed in 0..10 {
        let seen = limited(half, 50, 1_000, ms(20), seed);
        open += count(&seen, State::Open);
        slowest = slowest.max(seen.took);
    }
    println!("half dropped, 50 at once, 1,000 a second: {open} of 400 found, {slowest:?} at most");
    assert!(open >= 396 && slowest < Duration::from_secs(60), "{open} {slowest:?}");
}

#[test]
fn on_a_far_and_lossy_way_no_port_takes_more_than_its_patience() {
    let half: fn(SocketAddr) -> Truth = |addr| if addr.port() % 2 == 0 { Truth::Dropped } else { Truth::Closed };
    for datagram in [false, true] {
        let rules = Rules { datagram, ..Rules::default() };
        let path = Network { truth: half, delay: ms(800), jitter: ms(20), loss: 0.3, ..Network::default() };
        let seen = sweep(rules, vec![net(0, 1, "1-40")], &path);
        println!("40 ports, half dropped, 800 ms, 30 % loss each way: {:?}", seen.took);
        assert!(seen.took <= rules.patience, "{:?}", seen.took);
    }
}

#[test]
fn a_limit_on_icmp_hides_closed_ports_and_never_makes_one_open() {
    let rules = Rules { datagram: true, ..Rules::default() };
    let linux = Some(Limit { burst: 6.0, rate: 1.0 });
    let far = Network {
        truth: |addr| if addr.port() == 53 { Truth::Open } else { Truth::Closed },
        delay: ms(20),
        icmp: linux,
        ..Network::default()
    };
    let seen = sweep(rules, vec![net(0, 1, "1-100")], &far);
    let (open, closed) = (count(&seen, State::Open), count(&seen, State::Closed));
    println!("100 datagram ports, one open, Linux's ICMP limit: {open} open, {closed} closed, {:?}", seen.took);
    assert_eq!((open, count(&seen, State::OpenOrFiltered)), (1, 99 - closed));
    assert!(closed >= 6 && seen.took <= ms(2_500), "{closed} {:?}", seen.took);
    let thousand = sweep(rules, vec![net(0, 1, "1-1000")], &far);
    println!("1,000 of them: {} closed, {:?}", count(&thousand, State::Closed), thousand.took);
    let bsd = Network { icmp: Some(Limit { burst: 250.0, rate: 250.0 }), ..far.clone() };
    let thousand = sweep(rules, vec![net(0, 1, "1-1000")], &bsd);
    println!("1,000 of them, 250 ICMP a second: {} closed, {:?}", count(&thousand, State::Closed), thousand.took);
    assert!(count(&thousand, State::Closed) > 600 && thousand.took < ms(2_500), "{:?}", thousand.took);
    let near = Network { icmp: None, delay: ms(0), ..far };
    assert_eq!(count(&sweep(rules, vec![net(0, 1, "1-1000")], &near), State::Closed), 999);
}

#[test]
fn hosts_that_come_late_are_swept_like_the_others() {
    let late = vec![(ms(30), net(1, 3, "1-9")), (ms(5_000), net(2, 1, "7"))];
    let seen = sweep(Rules::default(), vec![net(0, 1, "1-9")], &Network { late, delay: ms(5), ..Network::default() });
    assert_eq!((seen.verdicts.len(), seen.took), (37, ms(5_005)));
}

#[test]
fn a_sweep_of_nothing_is_done() {
    let mut sweep = Sweep::new(Rules::default());
    let now = Instant::now();
    assert_eq!((sweep.step(now), sweep.is_hungry()), (Step::Wait(None), true));
    sweep.add(Group { place: 0, hosts: Hosts::These(Vec::new()), ports: ports("80") });
    sweep.complete();
    assert_eq!(sweep.step(now), Step::Done);
}

/// What the ports of a made-up network are.
fn truths() -> impl Strategy<Value = fn(SocketAddr) -> Truth> {
    let mixed: fn(SocketAddr) -> Truth = |addr| match addr.port() % 5 {
        0 => Truth::Open,
        1 => Truth::Dropped,
        2 => Truth::Rejected,
        _ => Truth::Closed,
    };
    let by_host: fn(SocketAddr) -> Truth = |addr| match addr.ip() {
        IpAddr::V4(ip) if ip.octets()[3] % 2 == 0 => Truth::Dropped,
        _ => Truth::Open,
    };
    prop_oneof![Just(TEN_OF_A_THOUSAND), Just(mixed), Just(by_host)]
}

fn limits() -> impl Strategy<Value = Option<Limit>> {
    prop::option::of((1u32..60, 1u32..500).prop_map(|(burst, rate)| Limit { burst: burst.into(), rate: rate.into() }))
}

prop_compose! {
    fn networks()(
        truth in truths(), delay in 0u64..240, jitter in 0u64..240, loss in prop_oneof![Just(0.0), 0.0..0.6],
        connects in limits(), icmp in limits(), sockets in prop_oneof![Just(usize::MAX), 1usize..40], seed: u64,
    ) -> Network {
        Network { truth, delay: ms(delay), jitter: ms(jitter), loss, connects, icmp, sockets, late: Vec::new(), seed }
    }
}

prop_compose! {
    fn rules()(
        datagram: bool, parallel in 1usize..200, interval in prop_oneof![Just(0u64), 1u64..5_000], retries in 0u32..6,
        patience in 1_000u64..4_000, random: Option<u64>, of in 1u32..9, index in 0u32..9,
    ) -> Rules {
        let shard = Shard { index: index % of, of };
        let (interval, patience) = (Duration::from_micros(interval), ms(patience));
        Rules { datagram, parallel, interval, retries, patience, random, shard }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The network's owner holds ids, window and end at every step; here is the rest.
    #[test]
    fn every_network_is_swept_wholly_and_by_the_rules(
        rules in rules(), network in networks(), hosts in 1u64..20, last in 1u16..60, more in prop::option::of(0u64..4_000),
    ) {
        let words = format!("1-{last}");
        let late = more.map(|at| (ms(at), net(1, 3, "5-9"))).into_iter().collect();
        let network = Network { late, ..network };
        let seen = sweep(rules, vec![net(0, hosts, &words)], &network);
        let mut tries: HashMap<SocketAddr, Vec<(Duration, u32)>> = HashMap::new();
        for (at, addr, attempt) in &seen.starts {
            tries.entry(*addr).or_default().push((*at, *attempt));
        }
        prop_assert!(seen.most <= rules.parallel);
        // The clock stands still while a burst is made up for, which is two milliseconds of the rhythm at the most.
        let late = ms(2).as_micros().div_ceil(rules.interval.as_micros().max(1)) as u32;
        for (count, (at, ..)) in seen.starts.iter().enumerate() {
            let grid = rules.interval * (count as u32).saturating_sub(late);
            prop_assert!(*at >= grid, "start {} at {:?}", count, at);
        }
        for (at, verdict) in &seen.verdicts {
            let tried = tries.remove(&verdict.addr).expect("each verdict is of a port that was tried, and the only one");
            prop_assert_eq!(tried.iter().map(|(_, attempt)| *attempt).collect::<Vec<_>>(), (1..=verdict.tries).collect::<Vec<_>>());
            prop_assert!(verdict.tries >= 1 && verdict.tries <= rules.retries + 11);
            prop_assert!(verdict.waited <= rules.patience && *at >= verdict.waited);
            let truth = (network.truth)(verdict.addr);
            let sure = network.loss == 0.0 && network.connects.is_none();
            match verdict.state {
                State::Open => prop_assert_eq!(truth, Truth::Open),
                State::Closed => prop_assert_eq!(truth, Truth::Closed),
                _ => prop_assert!(!(truth == Truth::Open && sure), "missed {:?}", verdict),
            }
        }
        prop_assert!(tries.is_empty(), "each port tried has its verdict");
    }

    #[test]
    fn shards_sweep_every_port_exactly_once(
        hosts in 1u64..9, last in 1u16..40, of in 1u32..50, seeds in prop::collection::vec(any::<Option<u64>>(), 50),
    ) {
        let words = format!("1-{last}");
        let mut seen: Vec<SocketAddr> = Vec::new();
        for index in 0..of {
            let rules = Rules { shard: Shard { index, of }, random: seeds[index as usize], ..Rules::default() };
            let share = sweep(rules, vec![net(0, hosts, &words), net(1, 1, "80")], &Network::default());
            seen.extend(share.verdicts.iter().map(|(_, verdict)| verdict.addr));
        }
        let total = seen.len();
        seen.sort_unstable();
        seen.dedup();
        prop_assert_eq!((total, seen.len()), (hosts as usize * usize::from(last) + 1, total));
    }
}
