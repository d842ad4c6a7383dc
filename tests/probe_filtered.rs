//! The probe in networks of its own: what firewalls, routers and lossy paths do to it, each told apart; and sweeps of
//! all ports where nobody else is, so that whatever is found and was not put there is a phantom.

#![allow(clippy::disallowed_methods, reason = "what the harness needs")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use serde_json::Value;

mod common;
#[path = "common/peers_needs.rs"]
mod needs;
#[path = "common/network.rs"]
mod network;
#[path = "common/results.rs"]
mod results;

use common::*;
use network::{HERE6, Net, THERE, THERE6, Wire};
use results::{open_places, open_ports, rows};

/// Listeners in a network, at any of its addresses.
fn listeners(net: &Net, ports: &[u16]) -> Vec<TcpListener> {
    let ports = ports.to_vec();
    net.inside(move || {
        let listen = |&port: &u16| TcpListener::bind(("::", port)).expect("listen");
        ports.iter().map(listen).collect()
    })
}

/// State and reason of each port asked, from what `--json --all` told.
#[track_caller]
fn verdicts(outcome: &Outcome) -> BTreeMap<u16, String> {
    let text = str::from_utf8(&outcome.stdout).expect("JSON is text");
    let told: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let verdict = |object: &Value| {
        let word = |field: &str| object[field].as_str().unwrap_or_else(|| panic!("no {field} in {object}")).to_owned();
        let port = object["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port");
        match word("state").as_str() {
            "open" => (port, "open".to_owned()),
            state => (port, format!("{state}: {}", word("reason"))),
        }
    };
    let verdicts: BTreeMap<u16, String> = told.iter().map(verdict).collect();
    assert_eq!(verdicts.len(), told.len(), "a port was told twice:\n{text}");
    verdicts
}

/// How many ports are in which state, of those that `--all` told; none was told twice.
#[track_caller]
fn states(outcome: &Outcome) -> Vec<(&str, usize)> {
    let text = str::from_utf8(&outcome.stdout).expect("results are text");
    let columns = || text.lines().map(str::split_whitespace);
    let places: BTreeSet<&str> = columns().filter_map(|mut columns| columns.next()).collect();
    assert_eq!(places.len(), text.lines().count(), "a port was told twice");
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for state in columns().filter_map(|mut columns| columns.nth(1)) {
        *states.entry(state).or_default() += 1;
    }
    states.into_iter().collect()
}

// ---- nobody but us ----

#[test]
fn where_nobody_is_nobody_is_found() {
    let Some(net) = Net::new() else { return };
    for host in ["127.0.0.1", "::1", "127.0.0.1", "127.5.6.7", "127.0.0.1"] {
        for args in [&[][..], &["-r"]] {
            let outcome = net.nsock(&["-z"]).args(args).args([host, "32768-60999"]).run().exits(1).wrote(b"");
            let start = format!("nsock: probe of {host}: none of 28232 ports open (28232 closed, ");
            assert!(outcome.one_line().starts_with(&start), "{}", outcome.stderr);
        }
    }
}

#[test]
fn a_probe_does_not_find_its_own_sockets() {
    let Some(net) = Net::new() else { return };
    // So few to come from that most tries are joined to themselves if nothing is done against it.
    net.set("net/ipv4/ip_local_port_range", "40000 40015").expect("a setting");
    for args in [&[][..], &["-P", "1"], &["-P", "500"]] {
        let outcome = net.nsock(&["-z"]).args(args).args(["127.0.0.1", "39900-40100"]).run().exits(1).wrote(b"");
        let start = "nsock: probe of 127.0.0.1: none of 201 ports open (201 closed, ";
        assert!(outcome.one_line().starts_with(start), "{args:?}: {}", outcome.stderr);
    }
}

#[test]
fn with_32_descriptors_all_ports_are_found_rightly() {
    let Some(net) = Net::new() else { return };
    let ports = [1, 22, 443, 8080, 32_768, 45_678, 60_999, 65_534, 65_535];
    let _listeners = listeners(&net, &ports);
    for host in ["127.0.0.1", "::1"] {
        let script = format!("ulimit -n 32; exec {NSOCK} -z {host} -");
        let outcome = net.program(&["sh", "-c", &script]).run().exits(0).silent();
        assert_eq!(open_ports(&outcome), ports);
    }
    let script = format!("ulimit -n 32; exec {NSOCK} -z --all 127.0.0.1 -");
    let outcome = net.program(&["sh", "-c", &script]).run().exits(1);
    assert_eq!(states(&outcome), [("closed", 65_535 - ports.len()), ("open", ports.len())]);
}

#[test]
fn a_sweep_of_all_ports_bothers_each_once_and_leaves_nothing() {
    let Some(net) = Net::new() else { return };
    let ports = [21, 25, 33_000, 50_000, 65_535];
    let listeners = listeners(&net, &ports);
    let outcome = net.nsock(&["-z", "127.0.0.1", "-"]).run().exits(0).silent();
    assert_eq!(open_ports(&outcome), ports);
    for listener in listeners {
        listener.set_nonblocking(true).expect("a listener can be nonblocking");
        let mut count = 0;
        while listener.accept().is_ok() {
            count += 1;
        }
        assert_eq!(count, 1, "{listener:?}");
    }
    let table = net.program(&["cat", "/proc/net/tcp", "/proc/net/tcp6"]).run().exits(0);
    assert!(!String::from_utf8_lossy(&table.stdout).contains(" 06 "), "something is in TIME_WAIT");
}

#[test]
fn a_sweep_of_all_udp_ports_finds_the_one_who_answers() {
    let Some(net) = Net::new() else { return };
    let socket = net.inside(|| UdpSocket::bind("127.0.0.1:5353").expect("a socket"));
    let service = task(move || {
        let (_, from) = socket.recv_from(&mut [0; 2048]).expect("a question");
        socket.send_to(b"an answer", from).expect("answer");
    });
    let outcome = net.nsock(&["-z", "-u", "--all", "127.0.0.1", "-"]).run().exits(1);
    service.join();
    assert_eq!(states(&outcome), [("closed", 65_534), ("open", 1)]);
    let text = String::from_utf8(outcome.stdout).expect("text");
    assert!(text.lines().any(|line| line.starts_with("127.0.0.1:5353 ") && line.contains(" open ")));
}

#[test]
fn well_known_udp_services_are_asked_in_their_own_words() {
    let Some(net) = Net::new() else { return };
    let heard = |port: u16| {
        let socket = net.inside(move || UdpSocket::bind(("127.0.0.1", port)).expect("a socket"));
        socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        let service = task(move || {
            let mut bytes = [0; 2048];
            let (count, from) = socket.recv_from(&mut bytes).expect("a question");
            socket.send_to(b"an answer", from).expect("answer");
            bytes[..count].to_vec()
        });
        let outcome = net.nsock(&["-z", "-u", "127.0.0.1", &port.to_string()]).run().exits(0).silent();
        assert_eq!(open_ports(&outcome), [port]);
        service.join()
    };
    // A question with one name, which asks for recursion or not: RFC 1035, 4.1.1.
    let dns = heard(53);
    assert!(dns.len() >= 17 && dns[2] & 0xf8 == 0 && dns[4..6] == [0, 1], "{dns:x?}");
    // A client's packet: RFC 5905, 7.3.
    let ntp = heard(123);
    assert!(ntp.len() >= 48 && ntp[0] & 7 == 3, "{ntp:x?}");
    // A sequence that is as long as the datagram: RFC 1157, 4.
    let snmp = heard(161);
    assert!(snmp.len() > 10 && snmp[0] == 0x30 && usize::from(snmp[1]) == snmp.len() - 2, "{snmp:x?}");
}

#[test]
fn each_address_of_a_name_is_asked() {
    let Some(net) = Net::new() else { return };
    let _listener = net.inside(|| TcpListener::bind("127.9.0.2:80").expect("listen"));
    let hosts = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(&hosts, "127.9.0.1 twin\n127.9.0.2 twin\n").expect("write a file");
    let twin = |words: &str| {
        let script = format!("mount --bind {} /etc/hosts && exec {NSOCK} {words}", hosts.path().display());
        net.program(&["unshare", "-m", "sh", "-c", &script]).run()
    };
    let outcome = twin("-z twin 80").exits(0);
    assert_eq!(open_places(&outcome), ["twin:80"]);
    let outcome = twin("-z --json --all twin 80-81").exits(1);
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let mut told: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect(line))
        .map(|port| format!("{} {} {} {}", port["host"], port["addr"], port["port"], port["state"]).replace('"', ""))
        .collect();
    told.sort();
    let want =
        ["twin 127.9.0.1 80 closed", "twin 127.9.0.1 81 closed", "twin 127.9.0.2 80 open", "twin 127.9.0.2 81 closed"];
    assert_eq!(told, want);
    let outcome = twin("-zv twin 80").exits(0);
    assert!(
        outcome.stderr.contains("Connection to twin (127.9.0.2) 80 port [tcp/http] succeeded!"),
        "{}",
        outcome.stderr
    );
}

// ---- what firewalls say ----

const RULES: [&str; 8] = [
    "tcp dport 101 reject",
    "tcp dport 102 reject with icmpx type admin-prohibited",
    "tcp dport 103 reject with tcp reset",
    "tcp dport 104 drop",
    "tcp dport 105 reject with icmpx type host-unreachable",
    "udp dport 101 reject",
    "udp dport 102 reject with icmpx type admin-prohibited",
    "udp dport 104 drop",
];

#[test]
fn what_a_firewall_does_is_told_apart() {
    let Some(wire) = Wire::new() else { return };
    wire.there.rules(&RULES);
    let _listeners = listeners(&wire.there, &[101, 102, 103, 104, 105, 106]);
    for host in [THERE, THERE6] {
        let here = |args: &[&str]| wire.here.nsock(&["-z", "-w", "1"]).args(args).args([host, "101-107"]).run();
        let told = verdicts(&here(&["--json", "--all"]).exits(1).within(0.0, 5.0));
        let want = [
            (101, "filtered: icmp port-unreachable"),
            (102, "filtered: icmp admin-prohibited"),
            (103, "closed: refused"),
            (104, "filtered: timeout"),
            (106, "open"),
            (107, "closed: refused"),
        ];
        for (port, want) in want {
            assert_eq!(told[&port], want, "port {port} of {host}");
        }
        assert_eq!(told.len(), 7);
        // nft makes it `addr-unreachable` for IPv6. The host said it of itself: it is there.
        assert!(told[&105].starts_with("filtered: icmp "), "{host}: {}", told[&105]);
        let outcome = here(&["--all"]).exits(1);
        let reasons: BTreeMap<u16, String> =
            rows(&outcome.stdout).into_iter().map(|row| (row.port(), row.last)).collect();
        assert_eq!((&*reasons[&102], &*reasons[&104]), ("icmp admin-prohibited", "timeout"), "{reasons:?}");
        let outcome = here(&["--json"]).exits(0);
        assert_eq!(verdicts(&outcome).into_keys().collect::<Vec<_>>(), [106]);
        let probed = outcome.event("probed");
        let counts = ["total", "open", "closed", "filtered"].map(|field| probed[field].as_u64());
        assert_eq!(counts, [7, 1, 2, 4].map(Some), "{probed}");
    }
}

#[test]
fn one_port_behind_a_firewall_is_told_as_an_error() {
    let Some(wire) = Wire::new() else { return };
    wire.there.rules(&RULES);
    for host in [THERE, THERE6] {
        for (port, reason) in
            [("101", ""), ("102", ""), ("103", "Connection refused (errno 111, "), ("104", "timed out (")]
        {
            let outcome = wire.here.nsock(&["-z", "-w", "1", host, port]).run().exits(1).wrote(b"");
            let start = format!("nsock: connect to {host} port {port} (tcp) failed: {reason}");
            assert!(outcome.one_line().starts_with(&start), "{}", outcome.stderr);
        }
    }
}

#[test]
fn a_firewalls_answer_ends_the_wait() {
    let Some(wire) = Wire::new() else { return };
    wire.there.rules(&RULES);
    for host in [THERE, THERE6] {
        wire.here.nsock(&["-z", host, "101-103,105-107"]).run().within(0.0, 1.5);
    }
}

#[test]
fn what_a_firewall_does_to_udp_is_told_apart() {
    let Some(wire) = Wire::new() else { return };
    wire.there.rules(&RULES);
    let (v4, v6) = wire.there.inside(|| {
        (UdpSocket::bind("0.0.0.0:106").expect("a socket"), UdpSocket::bind("[2001:db8::2]:106").expect("a socket"))
    });
    for (host, socket) in [(THERE, v4), (THERE6, v6)] {
        socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        let service = task(move || {
            let (_, from) = socket.recv_from(&mut [0; 2048]).expect("a question");
            socket.send_to(b"an answer", from).expect("answer");
        });
        let program = wire.here.nsock(&["-z", "-u", "-w", "1", "--json", "--all", host, "101,102,104,106,107"]);
        let told = verdicts(&program.run().exits(1).within(0.0, 5.0));
        service.join();
        // That a firewall says `port unreachable` in the host's name cannot be told from the host's own.
        for (port, want) in [
            (101, "closed: refused"),
            (102, "filtered: icmp admin-prohibited"),
            (104, "open|filtered: timeout"),
            (106, "open"),
            (107, "closed: refused"),
        ] {
            assert_eq!(told[&port], want, "port {port} of {host}");
        }
    }
}

// ---- what routers say ----

#[test]
fn where_no_route_leads_is_told_at_once() {
    let Some(wire) = Wire::new() else { return };
    for host in ["198.51.100.1", "2001:db8:1::1"] {
        for args in [&["-z"][..], &["-z", "-u"]] {
            let program = wire.here.nsock(args).args(["--json", "--all", host, "80-81"]);
            let told = verdicts(&program.run().exits(1).within(0.0, 1.9));
            assert_eq!(told.values().collect::<Vec<_>>(), ["unreachable: no route"; 2], "{host} {args:?}");
        }
        let outcome = wire.here.nsock(&["-z", host, "80"]).run().exits(1).wrote(b"");
        let start = format!("nsock: connect to {host} port 80 (tcp) failed: Network is unreachable (errno 101");
        assert!(outcome.one_line().starts_with(&start), "{}", outcome.stderr);
    }
}

#[test]
fn what_a_router_says_is_told_apart() {
    let Some(wire) = Wire::new() else { return };
    let Wire { here, there } = &wire;
    there.set("net/ipv4/ip_forward", "1").expect("a setting");
    there.set("net/ipv6/conf/all/forwarding", "1").expect("a setting");
    here.ip(&format!("route add default via {THERE}")).expect("a route");
    here.ip(&format!("route add default via {THERE6} src {HERE6}")).expect("a route");
    for (kind, net, net6) in [
        ("unreachable", "198.51.100.0/25", "2001:db8:1::/48"),
        ("prohibit", "198.51.100.128/25", "2001:db8:2::/48"),
        ("blackhole", "203.0.113.0/24", "2001:db8:3::/48"),
    ] {
        there.ip(&format!("route add {kind} {net}")).expect("a route");
        there.ip(&format!("-6 route add {kind} {net6}")).expect("a route");
    }
    for (host, want) in [
        ("198.51.100.1", "unreachable: icmp host-unreachable"),
        ("2001:db8:1::1", "unreachable: icmp "),
        ("198.51.100.129", "filtered: icmp admin-prohibited"),
        ("2001:db8:2::1", "filtered: icmp admin-prohibited"),
        ("203.0.113.1", "filtered: timeout"),
        ("2001:db8:3::1", "filtered: timeout"),
    ] {
        let told = verdicts(&here.nsock(&["-z", "-w", "1", "--json", "--all", host, "80"]).run().exits(1));
        assert!(told[&80].starts_with(want), "{host}: {}", told[&80]);
        let program = here.nsock(&["-z", "-u", "-w", "1", "--json", "--all", host, "80"]);
        let told = verdicts(&program.run().exits(1));
        let want = want.replace("filtered: timeout", "open|filtered: timeout");
        assert!(told[&80].starts_with(&want), "{host} (udp): {}", told[&80]);
    }
}

#[test]
fn a_host_that_is_not_there_is_unreachable() {
    let Some(wire) = Wire::new() else { return };
    for host in ["192.0.2.77", "2001:db8::77"] {
        // The kernel asks for the neighbour three times, a second apart.
        let program = wire.here.nsock(&["-z", "-w", "8", "--json", "--all", host, "80"]);
        let told = verdicts(&program.run().exits(1).within(0.0, 8.5));
        assert!(told[&80].starts_with("unreachable: "), "{host}: {}", told[&80]);
    }
}

// ---- a path that loses packets ----

#[test]
fn on_a_lossy_path_every_open_port_is_found() {
    let Some(wire) = Wire::new() else { return };
    let open: Vec<u16> = (0..20).map(|n| 10_000 + n * 26 + 7).collect();
    let set = open.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
    let loss = "numgen random mod 100 < 3 counter drop";
    let (but, range) = (format!("tcp dport 10000-10519 tcp dport != {{ {set} }} drop"), "10000-10519");
    wire.here.rules(&[loss]);
    wire.there.rules(&[&but, loss]);
    let _listeners = listeners(&wire.there, &open);
    for host in [THERE, THERE6, THERE, THERE6, THERE] {
        let outcome = wire.here.nsock(&["-z", host, range]).run().exits(0).silent();
        assert_eq!(open_ports(&outcome), open, "{host}");
    }
    assert!(wire.here.counted() + wire.there.counted() > 0, "nothing was lost");
}

#[test]
fn on_a_path_that_loses_much_more_nothing_hangs_and_nothing_is_invented() {
    let Some(wire) = Wire::new() else { return };
    wire.there.rules(&["numgen random mod 100 < 40 drop"]);
    let open = [200, 300, 400];
    let _listeners = listeners(&wire.there, &open);
    let outcome = wire.here.nsock(&["-z", "--json", "--all", THERE, "101-500"]).run().exits(1);
    let verdicts = verdicts(&outcome);
    assert_eq!(verdicts.len(), 400);
    for (port, verdict) in verdicts {
        let may = if open.contains(&port) { "open" } else { "closed: refused" };
        assert!(verdict == may || verdict == "filtered: timeout", "{port}: {verdict}");
    }
}

#[test]
fn behind_a_limit_on_connects_every_open_port_is_found() {
    let Some(wire) = Wire::new() else { return };
    let open: Vec<u16> = (0..20).map(|n| 10_000 + n * 50 + 7).collect();
    wire.there.rules(&["tcp flags syn limit rate over 200/second burst 50 packets counter drop"]);
    let _listeners = listeners(&wire.there, &open);
    for host in [THERE, THERE6] {
        let outcome = wire.here.nsock(&["-z", host, "10000-10999"]).run().exits(0).silent();
        assert_eq!(open_ports(&outcome), open, "{host}");
    }
    assert!(wire.there.counted() > 0, "nothing was held up");
}

// ---- pace over a wire ----

#[test]
fn a_rate_holds_for_retries_too() {
    let Some(wire) = Wire::new() else { return };
    wire.there.rules(&["tcp dport 101-120 counter drop"]);
    let program = wire.here.nsock(&["-z", "-w", "1", "--retries", "2", "--rate", "20", THERE, "101-120"]);
    let outcome = program.run().exits(1).wrote(b"");
    let (asked, took) = (wire.there.counted(), outcome.took.as_secs_f64());
    assert!(asked as f64 <= 20.0 * took + 2.0, "{asked} packets in {took:.2} s");
    assert!(asked >= 20, "{asked} packets");
}

#[test]
fn an_interface_is_asked_through() {
    let Some(wire) = Wire::new() else { return };
    let listeners = wire.there.inside(|| TcpListener::bind((Ipv4Addr::UNSPECIFIED, 106)).expect("listen"));
    wire.here.nsock(&["-z", "-I", "wire", THERE, "106"]).run().exits(0).silent();
    listeners.set_nonblocking(true).expect("a listener can be nonblocking");
    let (_, from): (_, SocketAddr) = listeners.accept().expect("a client");
    assert_eq!(from.ip().to_string(), network::HERE);
    let outcome = wire.here.nsock(&["-z", "-w", "500ms", "-I", "lo", THERE, "106"]).run().exits(1);
    assert!(outcome.took < Duration::from_secs(5));
}
