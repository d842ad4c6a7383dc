//! The probe (`-z`): which ports are open, told exactly once and in time; what is told of them and of those that are
//! not; its order, its pace, its ends. What takes a network of its own is in `probe_filtered.rs`.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own, and some peers are silent by nature")]

mod common;
#[path = "common/results.rs"]
mod results;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use common::*;
use nsock::report::SCHEMA;
use results::{Row, open_places, open_ports, rows};
use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// nsock probing.
fn probe(args: &[&str]) -> Program {
    nsock(&["-z"]).args(args)
}

/// nsock probing ports of this host.
fn probe_ports(args: &[&str], ports: &[u16]) -> Program {
    probe(args).args([HOST, &list(ports)])
}

fn list(ports: &[u16]) -> String {
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(",")
}

/// Ports of this host that somebody listens on.
fn open(count: usize) -> (Vec<TcpListener>, Vec<u16>) {
    let listeners: Vec<TcpListener> = (0..count).map(|_| listener()).collect();
    let ports = listeners.iter().map(port_of).collect();
    (listeners, ports)
}

/// Ports of this host that are nobody's, and stay so.
fn closed(count: usize) -> (Vec<Socket>, Vec<u16>) {
    let (ports, bound): (Vec<u16>, Vec<Socket>) = (0..count).map(|_| closed_port()).unzip();
    (bound, ports)
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("its address").port()
}

fn sorted(ports: &[u16]) -> Vec<u16> {
    let mut ports = ports.to_vec();
    ports.sort_unstable();
    ports
}

/// Where connecting is not answered: a listener who has more clients than it wants, and accepts none.
struct Silent {
    listener: Socket,
    port: u16,
    _clients: Vec<TcpStream>,
}

fn silent() -> Silent {
    silent_at(Ipv4Addr::LOCALHOST)
}

fn silent_at(addr: Ipv4Addr) -> Silent {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    listener.bind(&SocketAddr::from((addr, 0)).into()).expect("bind a free port");
    listener.listen(0).expect("listen");
    let addr = listener.local_addr().expect("its address").as_socket().expect("an IP address");
    let mut clients = Vec::new();
    while let Ok(client) = TcpStream::connect_timeout(&addr, Duration::from_millis(100)) {
        clients.push(client);
        assert!(clients.len() < 100, "the kernel bounds what waits to be accepted");
    }
    Silent { listener, port: addr.port(), _clients: clients }
}

impl Silent {
    /// Takes all who wait, so that others are answered.
    fn speak(&self) {
        self.listener.set_nonblocking(true).expect("a socket can be nonblocking");
        while self.listener.accept().is_ok() {}
    }
}

/// How many connections wait to be accepted, and that each was reset.
#[track_caller]
fn resets(listener: &TcpListener) -> usize {
    listener.set_nonblocking(true).expect("a listener can be nonblocking");
    let mut count = 0;
    while let Ok((mut stream, _)) = listener.accept() {
        stream.set_nonblocking(false).expect("a socket can be blocking");
        stream.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        match stream.read(&mut [0; 8]) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => count += 1,
            other => unexpected(&other),
        }
    }
    count
}

/// Who connects to an address that begins so, and when. A listener at all addresses is found by the sweeps of other
/// tests too.
fn arrivals(listener: &TcpListener, start: &str) -> impl Iterator<Item = (TcpStream, Instant)> {
    let accepts = listener.incoming().map(|stream| (stream.expect("a client"), Instant::now()));
    accepts.filter(move |(stream, _)| {
        // Whose connection was reset still knows where it was.
        stream.local_addr().expect("its address").ip().to_string().starts_with(start)
    })
}

/// Whether this machine has `::1`; says so when it has not.
fn has_ipv6() -> bool {
    let has = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !has {
        skipped("this machine has no ::1");
    }
    has
}

/// Whether localhost is 127.0.0.1 and nothing else; says so when it is not.
fn resolves_to_ipv4_only() -> bool {
    let addrs = ("localhost", 0).to_socket_addrs().map(|addrs| addrs.map(|addr| addr.ip()).collect::<Vec<_>>());
    let only = addrs.is_ok_and(|addrs| addrs.iter().all(IpAddr::is_ipv4));
    if !only {
        skipped("localhost has an IPv6 address here");
    }
    only
}

/// The objects that `--json` told on stdout, each with the fields of the schema.
#[track_caller]
fn ports_told(outcome: &Outcome) -> Vec<Value> {
    objects(str::from_utf8(&outcome.stdout).expect("JSON is text"), "port")
}

#[track_caller]
fn objects(text: &str, name: &str) -> Vec<Value> {
    let (_, fields, _) = SCHEMA.iter().find(|(known, ..)| *known == name).expect("the schema has it");
    let want: Vec<&str> = ["time", "event"].into_iter().chain(fields.split_whitespace()).collect();
    let told = text.lines().map(|line| {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let keys: Vec<&str> = object.as_object().expect(line).keys().map(String::as_str).collect();
        assert_eq!(keys, want, "{line}");
        assert_eq!(object["event"], name, "{line}");
        object
    });
    told.collect()
}

fn port_numbers(told: &[Value]) -> Vec<u16> {
    let number = |object: &Value| object["port"].as_u64().and_then(|port| port.try_into().ok());
    told.iter().map(|object| number(object).unwrap_or_else(|| panic!("no port in {object}"))).collect()
}

// ---- which ports ----

#[test]
fn an_open_port_is_a_line_and_exit_0() {
    let (_listeners, ports) = open(1);
    let outcome = probe_ports(&[], &ports).run().exits(0).silent();
    let rows = rows(&outcome.stdout);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((rows[0].place.as_str(), rows[0].state.as_str()), (&*format!("{HOST}:{}", ports[0]), "open"));
    assert!((0.0..5.0).contains(&rows[0].seconds()), "{rows:?}");
    assert_eq!(rows[0].banner(), "");
}

#[test]
fn a_port_that_is_not_open_reads_as_a_connections_refusal_does() {
    let (_bound, ports) = closed(1);
    let untimed = |outcome: &Outcome| {
        let line = outcome.one_line();
        line.rsplit_once(", ").map(|(line, _)| line.to_owned()).unwrap_or_else(|| panic!("{line}"))
    };
    let probed = probe_ports(&[], &ports).run().exits(1).wrote(b"");
    let start = format!("nsock: connect to 127.0.0.1 port {} (tcp) failed: Connection refused (errno 111", ports[0]);
    assert_eq!(untimed(&probed), start);
    assert_eq!(untimed(&dial(ports[0], &[]).run().exits(1)), start);
}

#[test]
fn of_several_ports_those_that_are_open_are_told() {
    let (_listeners, opened) = open(3);
    let (_bound, shut) = closed(5);
    let mixed = [shut[0], opened[0], shut[1], shut[2], opened[1], shut[3], opened[2], shut[4]];
    let outcome = probe_ports(&[], &mixed).run().exits(0).silent();
    assert_eq!(open_ports(&outcome), sorted(&opened));
}

#[test]
fn of_several_ports_with_none_open_one_line_tells_how_many() {
    let (_bound, ports) = closed(7);
    let outcome = probe_ports(&[], &ports).run().exits(1).wrote(b"");
    let line = outcome.one_line();
    let rest = line.strip_prefix("nsock: probe of 127.0.0.1: none of 7 ports open (7 closed, ");
    assert!(rest.is_some_and(|rest| rest.ends_with("s)")), "{line}");
}

#[test]
fn a_range_is_what_connecting_to_each_port_finds() {
    // An address of its own, so that no listener of another test is bothered.
    const PLACE: &str = "127.31.7.1";
    let (_listeners, ports): (Vec<_>, Vec<_>) = (0..3)
        .map(|_| {
            let listener = TcpListener::bind((PLACE, 0)).expect("listen on a free port");
            let port = port_of(&listener);
            (listener, port)
        })
        .unzip();
    for port in ports {
        let (first, last) = (port - 100, port.saturating_add(100));
        let outcome = probe(&[PLACE, &format!("{first}-{last}")]).run().exits(0).silent();
        let connects: Vec<u16> = (first..=last).filter(|&port| TcpStream::connect((PLACE, port)).is_ok()).collect();
        assert_eq!(open_ports(&outcome), connects);
        assert!(connects.contains(&port));
    }
}

#[test]
fn hundreds_of_open_ports_are_all_told() {
    let (_listeners, opened) = open(300);
    let (_bound, shut) = closed(300);
    let all = [opened.clone(), shut].concat();
    for args in [&[][..], &["-P", "1"], &["-P", "7"], &["-r"], &["--retries", "0"]] {
        let outcome = probe_ports(args, &all).run().exits(0).silent();
        assert_eq!(open_ports(&outcome), sorted(&opened), "{args:?}");
    }
}

#[test]
fn an_ipv6_address_stands_in_brackets() {
    if !has_ipv6() {
        return;
    }
    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).expect("listen on a free port");
    let port = port_of(&listener).to_string();
    let want = [format!("[::1]:{port}")];
    for words in [&["::1", &port][..], &["[::1]", &port], &[&want[0]], &["-6", "::1", &port]] {
        assert_eq!(open_places(&probe(words).run().exits(0).silent()), want, "{words:?}");
    }
    drop(listener);
    let outcome = probe(&["::1", &port]).run().exits(1).wrote(b"");
    let start = format!("nsock: connect to ::1 port {port} (tcp) failed: Connection refused (errno 111, ");
    assert!(outcome.one_line().starts_with(&start), "{}", outcome.stderr);
}

#[test]
fn a_name_is_followed_by_nothing_but_its_port() {
    let (_listeners, ports) = open(1);
    let outcome = probe(&["-4", "localhost", &list(&ports)]).run().exits(0).silent();
    assert_eq!(open_places(&outcome), [format!("localhost:{}", ports[0])]);
    let (_bound, shut) = closed(1);
    let outcome = probe(&["-4", "localhost", &list(&shut)]).run().exits(1).wrote(b"");
    let start = format!("nsock: connect to localhost (127.0.0.1) port {} (tcp) failed: ", shut[0]);
    assert!(outcome.one_line().starts_with(&start), "{}", outcome.stderr);
}

#[test]
fn hosts_are_joined_by_commas_and_each_may_have_ports_of_its_own() {
    let (_listeners, ports) = open(3);
    let (_bound, shut) = closed(1);
    let [a, b, c] = [ports[0], ports[1], ports[2]];
    let want = |places: &[String]| places.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    let told = |words: &[&str]| open_places(&probe(words).run().exits(0).silent());
    let at = |port: u16| format!("{HOST}:{port}");
    assert_eq!(told(&[&at(a)]), [at(a)]);
    assert_eq!(told(&["-4", &format!("{HOST}:{a},localhost:{b}")]), want(&[at(a), format!("localhost:{b}")]));
    assert_eq!(
        told(&["-4", &format!("{HOST}:{a},localhost"), &c.to_string()]),
        want(&[at(a), format!("localhost:{c}")])
    );
    assert_eq!(
        told(&["-4", &format!("{HOST},localhost"), &list(&[shut[0], b])]),
        want(&[at(b), format!("localhost:{b}")])
    );
}

#[test]
fn hosts_are_asked_one_after_another_where_there_is_no_name_to_look_up() {
    let listener = TcpListener::bind("0.0.0.0:0").expect("listen on a free port");
    let (port, (_bound, shut)) = (port_of(&listener).to_string(), closed(1));
    for hosts in ["127.31.8.9,127.31.8.10", "127.31.8.9,127.31.8.10,127.31.8.16/30,127.31.8.11"] {
        let outcome = probe(&[hosts, &format!("{},{port}", shut[0])]).run().exits(0).silent();
        let count = if hosts.contains('/') { 7 } else { 2 };
        assert_eq!(open_places(&outcome).len(), count, "{hosts}");
    }
    let program = probe(&["127.31.8.9,127.31.8.10", &shut[0].to_string()]).stdout(file_of(b""));
    let outcome = program.run().exits(1);
    assert!(outcome.one_line().contains(": none of 2 ports open (2 closed, "), "{}", outcome.stderr);
}

#[test]
fn a_network_is_each_of_its_addresses() {
    let listener = TcpListener::bind("0.0.0.0:0").expect("listen on a free port");
    let port = port_of(&listener).to_string();
    let outcome = probe(&["127.31.8.3/30", &port]).run().exits(0).silent();
    assert_eq!(open_places(&outcome), [0, 1, 2, 3].map(|host| format!("127.31.8.{host}:{port}")));
}

#[test]
fn ports_are_written_in_every_way() {
    // Nobody is bothered at this address; what matters is which ports are asked.
    let asked = |words: &[&str]| {
        let outcome = probe(&["--json", "--all", "-P", "1", "127.31.9.1"]).args(words).run();
        port_numbers(&ports_told(&outcome))
    };
    assert_eq!(asked(&["22,80,8000-8003,https"]), [22, 80, 8000, 8001, 8002, 8003, 443]);
    assert_eq!(asked(&["8003", "22,80", "8000-8001"]), [8003, 22, 80, 8000, 8001]);
    assert_eq!(asked(&["65533-"]), [65_533, 65_534, 65_535]);
    assert_eq!(asked(&["80,http,79-81,80"]), [80, 79, 81]);
    assert_eq!(asked(&["--exclude", "8001-8002,http", "8000-8003", "80,81"]), [8000, 8003, 81]);
}

#[test]
fn a_service_is_told_by_its_name_and_a_dash_stands_for_none() {
    let outcome = probe(&["--all", "127.31.9.2", "http,ssh,1"]).run();
    let told = rows(&outcome.stdout);
    let services: Vec<(u16, &str)> = told.iter().map(|row| (row.port(), row.service.as_str())).collect();
    assert_eq!(services.len(), 3);
    assert!(services.contains(&(80, "http")) && services.contains(&(22, "ssh")), "{services:?}");
    let (_listeners, ports) = open(5);
    let outcome = probe_ports(&[], &ports).run().exits(0);
    assert!(rows(&outcome.stdout).iter().any(|row| row.service == "-"), "{outcome:?}");
}

#[test]
fn excluded_ports_are_never_asked() {
    let (listeners, ports) = open(3);
    let outcome = probe_ports(&["--exclude", &ports[1].to_string()], &ports).run().exits(0).silent();
    assert_eq!(open_ports(&outcome), sorted(&[ports[0], ports[2]]));
    assert_eq!(listeners.iter().map(resets).collect::<Vec<_>>(), [1, 0, 1]);
}

#[test]
fn the_same_port_twice_is_one_line() {
    let (listeners, ports) = open(1);
    let port = ports[0];
    let outcome = probe(&[HOST, &format!("{port},{port},{port}-{port}"), &port.to_string()]).run().exits(0).silent();
    assert_eq!(open_ports(&outcome), [port]);
    assert_eq!(resets(&listeners[0]), 1);
}

#[test]
fn a_probe_comes_from_the_address_asked_for() {
    let (listeners, ports) = open(2);
    probe_ports(&["-s", "127.31.9.3"], &ports).run().exits(0).silent();
    for listener in &listeners {
        let (_, from) = listener.accept().expect("a client");
        assert_eq!(from.ip().to_string(), "127.31.9.3");
    }
}

// ---- what is told ----

#[test]
fn columns_are_aligned_and_times_carry_their_unit() {
    let (_listeners, ports) = open(12);
    let outcome = probe_ports(&["-P", "1"], &ports).run().exits(0).silent();
    let text = String::from_utf8(outcome.stdout).expect("text");
    let columns: BTreeSet<usize> = text.lines().map(|line| line.find(" open ").expect(line)).collect();
    assert_eq!(columns.len(), 1, "{text}"); // free ports have five digits all
    for row in rows(text.as_bytes()) {
        assert!((0.0..5.0).contains(&row.seconds()), "{row:?}");
    }
}

#[test]
fn with_all_every_port_is_a_line_with_its_reason_and_all_must_be_open() {
    let (_listeners, opened) = open(2);
    let (_bound, shut) = closed(3);
    probe_ports(&["--all"], &opened).run().exits(0).silent();
    let outcome = probe_ports(&["--all"], &[opened.clone(), shut.clone()].concat()).run().exits(1);
    let told = rows(&outcome.stdout);
    assert_eq!(told.len(), 5, "{told:?}");
    for row in &told {
        match opened.contains(&row.port()) {
            true => assert_eq!(row.state, "open", "{row:?}"),
            false => assert_eq!((row.state.as_str(), row.last.as_str()), ("closed", "refused")),
        }
    }
    let outcome = probe_ports(&["--all"], &shut[..1]).run().exits(1);
    assert_eq!(rows(&outcome.stdout)[0].state, "closed");
}

#[test]
fn quiet_tells_nothing_and_the_status_speaks() {
    let (_listeners, opened) = open(2);
    let (_bound, shut) = closed(2);
    let both = [opened.clone(), shut.clone()].concat();
    for (args, ports, code) in [
        (&["--quiet"][..], &opened[..1], 0),
        (&["--quiet"], &both, 0),
        (&["--quiet", "--all"], &both, 1),
        (&["--quiet", "--all"], &opened, 0),
        (&["--quiet"], &shut[..1], 1),
        (&["--quiet"], &shut, 1),
    ] {
        probe_ports(args, ports).run().exits(code).silent().wrote(b"");
    }
    probe(&["--quiet", "-n", "localhost", "80"]).run().exits(4).silent().wrote(b"");
    probe(&["--quiet", "nosuch.invalid", "80"]).run().exits(4).silent().wrote(b"");
}

#[test]
fn with_verbose_openbsds_sentence_is_told_beside_the_result() {
    let (_listeners, opened) = open(2);
    let (_bound, shut) = closed(3);
    let outcome = probe_ports(&["-v"], &[opened.clone(), shut.clone()].concat()).run().exits(0);
    assert_eq!(open_ports(&outcome), sorted(&opened));
    for port in opened {
        let start = format!("Connection to 127.0.0.1 {port} port [tcp/");
        let line = outcome.stderr.lines().find(|line| line.starts_with(&start));
        assert!(line.is_some_and(|line| line.contains("] succeeded!")), "{}", outcome.stderr);
    }
    for port in shut {
        let refusal = format!("nsock: connect to 127.0.0.1 port {port} (tcp) failed: Connection refused (errno 111, ");
        assert!(outcome.stderr.lines().any(|line| line.starts_with(&refusal)), "{}", outcome.stderr);
    }
    let summary = outcome.stderr.lines().last().expect("a summary");
    assert!(summary.starts_with("nsock: probe of 127.0.0.1: 2 of 5 ports open (3 closed, "), "{summary}");
    assert!(summary.ends_with(" ports/s)"), "{summary}");
    assert_eq!(outcome.stderr.lines().count(), 6, "{}", outcome.stderr);
}

#[test]
fn a_script_that_greps_for_succeeded_finds_it() {
    let (_listeners, ports) = open(1);
    let port = ports[0];
    let script = format!(r#""$NSOCK" -zv {HOST} {port} 2>&1 | grep succeeded"#);
    let outcome = shell(&script).run().exits(0).silent();
    let text = String::from_utf8(outcome.stdout).expect("text");
    assert!(text.starts_with(&format!("Connection to 127.0.0.1 {port} port [tcp/")), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    // The sentence is in the place of the result, where both would be read in one stream.
    let script = format!(r#"exec "$NSOCK" -zv {HOST} {port} 2>&1"#);
    let outcome = shell(&script).run().exits(0).silent();
    let text = String::from_utf8(outcome.stdout).expect("text");
    assert!(!text.contains(&format!("{HOST}:{port}")), "{text}");
    let (_bound, shut) = closed(1);
    let script = format!(r#""$NSOCK" -zv {HOST} {} 2>&1 | grep -c succeeded"#, shut[0]);
    shell(&script).run().exits(1).wrote(b"0\n");
}

#[test]
fn the_sentence_tells_the_name_with_its_address() {
    let (_listeners, ports) = open(1);
    let outcome = probe(&["-4v", "localhost", &list(&ports)]).run().exits(0);
    let start = format!("Connection to localhost (127.0.0.1) {} port [tcp/", ports[0]);
    assert!(outcome.stderr.lines().any(|line| line.starts_with(&start)), "{}", outcome.stderr);
}

#[test]
fn at_a_terminal_a_summary_is_told_when_some_are_open_too() {
    let (_listeners, opened) = open(2);
    let (_bound, shut) = closed(5);
    let Terminal { mut person, line } = Terminal::new();
    let program = probe_ports(&[], &[opened, shut].concat()).env("TERM", "dumb").stderr(share(&line));
    drop(line);
    program.run().exits(0);
    let mut seen = Vec::new();
    let _ = person.read_to_end(&mut seen); // a terminal ends with an error
    let seen = String::from_utf8(seen).expect("text");
    assert!(seen.contains("nsock: probe of 127.0.0.1: 2 of 7 ports open (5 closed, "), "{seen:?}");
    assert!(seen.contains(" ports/s)"), "{seen:?}");
}

#[test]
fn results_are_coloured_where_that_is_asked_for() {
    let (_listeners, opened) = open(1);
    let (_bound, shut) = closed(1);
    let both = [opened, shut].concat();
    let text = |args: &[&str]| String::from_utf8(probe_ports(args, &both).run().exits(1).stdout).expect("text");
    let always = text(&["--all", "--color", "always"]);
    assert!(always.contains("\x1b[32mopen") && always.contains("\x1b[31mclosed"), "{always:?}");
    for args in [&["--all"][..], &["--all", "--color", "never"]] {
        assert!(!text(args).contains('\x1b'));
    }
}

#[test]
fn results_are_told_as_they_are_found() {
    let (_listeners, ports) = open(2);
    let mut run = probe_ports(&["-i", "15"], &ports).hold_stdout().spawn();
    let mut line = String::new();
    BufReader::new(run.stdout.take().expect("held")).read_line(&mut line).expect("a line");
    assert_eq!(Row::of(line.trim_end()).port(), ports[0]);
    assert!(run.runs());
}

// ---- as JSON ----

#[test]
fn with_json_open_ports_are_objects_on_stdout_and_the_counts_are_one_on_stderr() {
    let (_listeners, opened) = open(2);
    let (_bound, shut) = closed(3);
    let both = [opened.clone(), shut.clone()].concat();
    let outcome = probe_ports(&["--json"], &both).run().exits(0);
    let told = ports_told(&outcome);
    assert_eq!(sorted(&port_numbers(&told)), sorted(&opened));
    for port in &told {
        assert_eq!((&port["state"], &port["addr"], &port["proto"]), (&"open".into(), &HOST.into(), &"tcp".into()));
        assert_eq!(port["tries"], 1, "{port}");
        assert!(port["rtt_s"].as_f64().is_some_and(|rtt| (0.0..5.0).contains(&rtt)), "{port}");
    }
    let probed = &objects(&outcome.stderr, "probed")[0];
    let counts = ["total", "open", "closed", "filtered", "unreachable", "open_or_filtered"];
    assert_eq!(counts.map(|field| probed[field].as_u64()), [5, 2, 3, 0, 0, 0].map(Some), "{probed}");

    let outcome = probe_ports(&["--json", "--all"], &both).run().exits(1);
    let told = ports_told(&outcome);
    assert_eq!(sorted(&port_numbers(&told)), sorted(&both));
    for port in told.iter().filter(|port| port["state"] != "open") {
        assert_eq!((&port["state"], &port["reason"]), (&"closed".into(), &"refused".into()), "{port}");
    }
}

#[test]
fn with_json_a_port_asked_alone_is_always_told() {
    let (_bound, shut) = closed(1);
    let outcome = probe_ports(&["--json"], &shut).run().exits(1);
    let told = ports_told(&outcome);
    assert_eq!(port_numbers(&told), shut);
    assert_eq!((&told[0]["state"], &told[0]["reason"]), (&"closed".into(), &"refused".into()));
    assert_eq!(outcome.event("probed")["closed"], 1);
}

#[test]
fn with_json_a_name_is_told_with_its_address() {
    let (_listeners, ports) = open(1);
    let told = ports_told(&probe(&["--json", "-4", "localhost", &list(&ports)]).run().exits(0));
    assert_eq!((&told[0]["host"], &told[0]["addr"]), (&"localhost".into(), &HOST.into()));
}

// ---- what makes no sense ----

#[test]
fn a_probe_that_makes_no_sense_is_told_in_one_line() {
    for (line, why) in [
        ("-z", "HOST"),
        ("-z 127.0.0.1", "PORTS"),
        ("-z 127.0.0.1 70000", "70000"),
        ("-z 127.0.0.1 0", "port 0"),
        ("-z 127.0.0.1 90-80", "90-80"),
        ("-z 127.0.0.1 22,,80", "empty"),
        ("-z 127.0.0.1 22,nosuchservice", "nosuchservice"),
        ("-z 127.0.0.1 80 10.0.0.2", "commas"),
        ("-z 127.0.0.1 80 example.org", "@FILE"),
        ("-z 127.0.0.1 80 --exclude 80", "--exclude"),
        ("-z 127.0.0.1 80 --exclude nosuchservice", "nosuchservice"),
        ("-z 10.0.0.0/33 80", "10.0.0.0/33"),
        ("-z 2001:db8::/64 80", "2001:db8::/64"),
        ("-z 127.0.0.1,,::1 80", "empty"),
        ("-z -4 ::1 80", "IPv4"),
        ("-z -6 127.0.0.1 80", "IPv6"),
        ("-z --shard 0/4 127.0.0.1 80", "0/4"),
        ("-z --shard 5/4 127.0.0.1 80", "5/4"),
        ("-z --shard 4 127.0.0.1 80", "--shard"),
        ("-z --rate 0 127.0.0.1 80", "--rate"),
        ("-z -P 0 127.0.0.1 80", "--parallel"),
        ("-z --until-open 1 127.0.0.1 80,81", "--until-open"),
        ("-z --until-open 1 10.0.0.0/30 80", "--until-open"),
        ("-z --until-open 0 127.0.0.1 80", "leaves no time"),
        ("-z --data x 127.0.0.1 80", "--data"),
        ("-z -u --banner 127.0.0.1 80", "--banner"),
        ("-z -l 127.0.0.1 80", "cannot be used with"),
        ("-z -q 1 127.0.0.1 80", "-q"),
        ("-z -p 22,80 127.0.0.1", "22,80"),
        ("-z @", "@"),
        ("-r 127.0.0.1 80", "-z"),
        ("-P 4 127.0.0.1 80", "-z"),
        ("--all 127.0.0.1 80", "-z"),
        ("--banner 127.0.0.1 80", "-z"),
        ("--until-open 3 127.0.0.1 80", "-z"),
        ("--shard 1/2 127.0.0.1 80", "-z"),
        ("127.0.0.1 80,81", "-z"),
        ("127.0.0.1 80-90", "-z"),
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let outcome = nsock(&words).run().exits(2).wrote(b"");
        let told = outcome.one_line();
        assert!(told.starts_with("nsock: ") && told.contains(why), "{line}: {told}");
    }
}

#[test]
fn no_text_of_a_probe_drives_the_terminal() {
    for args in [
        &["evil\x1b[2J\nhost", "80"][..],
        &[HOST, "evil\x1b[2J\nport"],
        &["@/nosuch/evil\x1b[2J\n", "80"],
        &["--exclude", "evil\x1b[2J\n", HOST, "80"],
        &["--shard", "evil\x1b[2J\n", HOST, "80"],
    ] {
        let outcome = probe(args).run().wrote(b"");
        assert!(outcome.code.is_some_and(|code| (2..=4).contains(&code)), "{outcome:?}");
        assert!(!outcome.one_line().contains(char::is_control), "{outcome:?}");
    }
}

// ---- names that do not resolve ----

#[test]
fn a_name_that_does_not_resolve_is_exit_4() {
    for ports in ["80", "80-90"] {
        let outcome = probe(&["nosuch.invalid", ports]).run().exits(4).wrote(b"");
        let line = outcome.stderr.lines().next().expect("a line");
        assert!(line.starts_with("nsock: lookup of nosuch.invalid failed: "), "{line}");
    }
    let outcome = probe(&["-n", "localhost", "80"]).run().exits(4).wrote(b"");
    assert!(outcome.one_line().starts_with("nsock: lookup of localhost failed: "), "{}", outcome.stderr);
    probe(&["nosuch.invalid,neither.invalid", "80"]).run().exits(4).wrote(b"");
}

#[test]
fn a_name_that_does_not_resolve_among_others_is_a_line_and_counts_as_not_open() {
    let (_listeners, opened) = open(1);
    let (_bound, shut) = closed(1);
    let hosts = format!("nosuch.invalid,{HOST}");
    let probe_both = |args: &[&str], port: u16| probe(args).args([&hosts, &port.to_string()]).run();
    let outcome = probe_both(&[], opened[0]).exits(0);
    assert!(outcome.one_line().starts_with("nsock: lookup of nosuch.invalid failed: "), "{}", outcome.stderr);
    assert_eq!(open_ports(&outcome), opened);
    let outcome = probe_both(&["--all"], opened[0]).exits(1);
    assert_eq!(open_ports(&outcome), opened);
    let outcome = probe_both(&[], shut[0]).exits(1).wrote(b"");
    assert!(outcome.stderr.contains("lookup of nosuch.invalid failed"), "{}", outcome.stderr);
}

#[test]
fn a_name_that_is_not_to_be_looked_up_holds_up_nobody() {
    let (_listeners, opened) = open(1);
    for hosts in ["localhost,127.0.0.1", "127.0.0.1,localhost", "127.0.0.1,localhost,127.31.9.7"] {
        let outcome = probe(&["-n", hosts, &list(&opened)]).run().exits(0).within(0.0, 5.0);
        assert_eq!(open_ports(&outcome), opened, "{hosts}");
        assert!(outcome.one_line().starts_with("nsock: lookup of localhost failed: "), "{}", outcome.stderr);
        let (_bound, shut) = closed(1);
        // A file gives no event that would wake who forgot to go on.
        let program = probe(&["-n", hosts, &list(&shut)]).stdout(file_of(b""));
        let outcome = program.run().exits(1).within(0.0, 5.0);
        assert!(outcome.stderr.contains("nsock: lookup of localhost failed: "), "{}", outcome.stderr);
    }
}

#[test]
fn a_want_of_descriptors_is_never_told_as_a_name_that_is_not_there() {
    let (_bound, shut) = closed(1);
    let mut wants = 0;
    for limit in 4..12 {
        let script = format!("ulimit -n {limit}; exec {NSOCK} -z localhost {}", shut[0]);
        let outcome = Program::new("sh").args(["-c", &script]).run();
        let told = outcome.stderr.starts_with("nsock: lookup of localhost failed: Too many open files");
        wants += usize::from(told);
        match outcome.code {
            Some(1) => assert!(!told, "{limit}: {}", outcome.stderr),
            Some(3) => assert!(outcome.stderr.contains("Too many open files"), "{limit}: {}", outcome.stderr),
            code => panic!("{limit}: exit {code:?}, {}", outcome.stderr),
        }
    }
    assert!(wants > 0, "no limit left a lookup without a descriptor");
}

// ---- lists of hosts ----

#[test]
fn a_directory_is_neither_a_list_nor_a_payload() {
    for args in [&["@/", "80"][..], &["-u", "--data", "@/", HOST, "80"]] {
        let outcome = probe(args).run().exits(3).wrote(b"");
        assert_eq!(outcome.one_line(), "nsock: read from / failed: Is a directory (errno 21)");
    }
}

#[test]
fn hosts_are_listed_in_a_file_or_on_stdin_some_with_ports_of_their_own() {
    let (_listeners, ports) = open(3);
    let (_bound, shut) = closed(1);
    let [a, b, c] = [ports[0], ports[1], ports[2]];
    let listed = format!("# ours\n{HOST}\n\n   \n{HOST}:{b},{}  # two of them\r\n127.31.9.4\n{HOST}:{c}", shut[0]);
    let want = sorted(&[a, b, c]);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("hosts");
    fs::write(&path, &listed).expect("write a list");
    let file = format!("@{}", path.display());
    assert_eq!(open_ports(&probe(&[&file, &a.to_string()]).run().exits(0).silent()), want);
    let stdin = probe(&["@-", &a.to_string()]);
    assert_eq!(open_ports(&stdin.stdin_bytes(listed.as_bytes()).run().exits(0).silent()), want);
    let stdin = probe(&["@-", &a.to_string()]);
    assert_eq!(open_ports(&stdin.stdin_file(listed.as_bytes()).run().exits(0).silent()), want);
    let stdin = probe(&["@-"]).stdin_bytes(format!("{HOST}:{a}\n{HOST}:{b}-{b}\n"));
    assert_eq!(open_ports(&stdin.run().exits(0).silent()), sorted(&[a, b]));
}

#[test]
fn a_long_list_on_stdin_is_probed_whole() {
    let listener = TcpListener::bind("0.0.0.0:0").expect("listen on a free port");
    let port = port_of(&listener).to_string();
    let hosts: Vec<String> =
        (0..3_000).map(|n| format!("127.{}.{}.{}", 100 + n / 2000, n / 200 % 200, 1 + n % 200)).collect();
    assert_eq!(hosts.iter().collect::<BTreeSet<_>>().len(), 3_000);
    let accepts = task(move || arrivals(&listener, "127.10").take(3_000).count());
    let outcome = probe(&["@-", &port]).stdin_bytes(hosts.join("\n")).run().exits(0).silent();
    let mut want: Vec<String> = hosts.iter().map(|host| format!("{host}:{port}")).collect();
    want.sort();
    assert_eq!(open_places(&outcome), want);
    assert_eq!(accepts.join(), 3_000);
}

#[test]
fn who_of_a_list_has_another_ip_version_is_told_and_the_others_are_asked() {
    let (_listener, ports) = open(1);
    let port = ports[0].to_string();
    let listed = format!("::1/128\n{HOST}\n");
    for (args, why) in [(&["-4"][..], "it is no IPv4 address"), (&["-s", HOST], "it is of another IP version than -s")]
    {
        let all_but_one = probe(args).args(["@-", &port]).stdin_bytes(listed.as_bytes()).run().exits(0);
        assert_eq!(open_ports(&all_but_one), ports);
        let nobody = probe(args).args(["@-", &port]).stdin_bytes("::1\n").run().exits(2).wrote(b"");
        for (outcome, who) in [(all_but_one, "::1/128"), (nobody, "::1")] {
            let line = outcome.one_line();
            assert!(line.starts_with(&format!("nsock: probe of {who} failed: {why}")), "{line}");
        }
        probe(args).args(["--all", "@-", &port]).stdin_bytes(listed.as_bytes()).run().exits(1);
    }
}

#[test]
fn a_name_is_asked_only_at_addresses_of_the_ip_version_of_its_source() {
    if !resolves_to_ipv4_only() || !has_ipv6() {
        return;
    }
    let (_listener, ports) = open(1);
    let outcome = probe(&["-s", "::1", "localhost", &ports[0].to_string()]).run().exits(4).wrote(b"");
    let line = outcome.one_line();
    assert!(line.starts_with("nsock: lookup of localhost failed: it has no address of the IP version of -s"), "{line}");
}

#[test]
fn a_list_may_be_in_a_file_of_any_name() {
    let (_listener, ports) = open(1);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join(OsStr::from_bytes(b"hosts \xff"));
    fs::write(&path, HOST).expect("write a list");
    let file = [b"@", path.as_os_str().as_bytes()].concat();
    let words = [OsStr::from_bytes(&file), ports[0].to_string().as_ref()].map(OsStr::to_owned);
    assert_eq!(open_ports(&probe(&[]).args(words).run().exits(0).silent()), ports);
}

#[test]
fn a_bad_line_of_a_list_is_named_with_its_number() {
    for (listed, number, why) in [
        (&b"127.0.0.1\n\n127.0.0.1:99999\n"[..], "line 3", "99999"),
        (b"# one\nhost name\n", "line 2", "host name"),
        (b"127.0.0.1\n\xff\xfe\n", "line 2", "UTF-8"),
        (b"10.0.0.0/40\n", "line 1", "10.0.0.0/40"),
    ] {
        let outcome = probe(&["@-", "80"]).stdin_bytes(listed).run().exits(2).wrote(b"");
        let line = outcome.one_line();
        assert!(line.starts_with("nsock: ") && line.contains(number) && line.contains(why), "{line}");
    }
    let outcome = probe(&["@-"]).stdin_bytes("127.0.0.1:80\n127.0.0.1\n").run().exits(2).wrote(b"");
    assert!(outcome.one_line().contains("PORTS"), "{}", outcome.stderr);
    probe(&["@-", "80"]).stdin_bytes("# nobody\n").run().exits(2).wrote(b"").one_line();
    let outcome = probe(&["@/nosuch/list", "80"]).run().exits(3).wrote(b"");
    assert!(
        outcome.one_line().contains("/nosuch/list failed: No such file or directory (errno 2"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn stdin_is_not_read_without_being_asked_for() {
    let (_listeners, ports) = open(1);
    let run = probe_ports(&[], &ports).hold_stdin().spawn();
    run.finish_with_stdin_open().exits(0).silent();
    let file = file_of(b"not a byte of it");
    probe_ports(&[], &ports).stdin(share(&file)).run().exits(0).silent();
    assert_eq!(rustix::fs::tell(&file).expect("its offset"), 0);
}

// ---- silence ----

#[test]
fn a_listener_who_takes_nobody_is_waited_for_two_seconds() {
    let silent = silent();
    let outcome = probe_ports(&[], &[silent.port]).run().exits(1).wrote(b"").within(2.0, 4.0);
    let line = outcome.one_line();
    let start = format!("nsock: connect to 127.0.0.1 port {} (tcp) failed: timed out (no answer to ", silent.port);
    let rest = line.strip_prefix(&start).unwrap_or_else(|| panic!("{line}"));
    let (tries, time) = rest.split_once(" tries, ").unwrap_or_else(|| panic!("{line}"));
    assert!(tries.parse::<u32>().is_ok_and(|tries| (2..=4).contains(&tries)), "{line}");
    assert!(time.starts_with("2.0") && time.ends_with("s)"), "{line}");
}

#[test]
fn how_long_and_how_often_is_the_users() {
    let silent = silent();
    probe_ports(&["-w", "0.5"], &[silent.port]).run().exits(1).wrote(b"").within(0.5, 2.0);
    let outcome = probe_ports(&["-w", "0.5", "--retries", "0"], &[silent.port]).run().exits(1).within(0.5, 2.0);
    assert!(outcome.one_line().contains("(no answer to 1 try, 5"), "{}", outcome.stderr);
    let outcome = probe_ports(&["--all", "-w", "0.5"], &[silent.port]).run().exits(1);
    let told = rows(&outcome.stdout);
    assert_eq!((told[0].state.as_str(), told[0].last.as_str()), ("filtered", "timeout"));
}

#[test]
fn a_port_that_answers_only_later_is_open() {
    let silent = silent();
    let run = probe_ports(&["-w", "10"], &[silent.port]).spawn();
    pass(0.5);
    silent.speak();
    let outcome = run.finish().exits(0).silent().within(0.5, 8.0);
    assert_eq!(open_ports(&outcome), [silent.port]);
}

#[test]
fn silence_holds_up_nobody_else() {
    let (_listeners, opened) = open(50);
    let silents: Vec<Silent> = (0..3).map(|_| silent()).collect();
    let ports = [silents.iter().map(|silent| silent.port).collect(), opened.clone()].concat();
    // How long the silent ones are waited for is by then known from those who answer.
    let outcome = probe_ports(&["--json", "--all", "-w", "2"], &ports).run().exits(1).within(0.0, 4.0);
    let states = |wanted: &str| {
        let told = ports_told(&outcome);
        let some: Vec<Value> = told.into_iter().filter(|port| port["state"] == wanted).collect();
        for port in some.iter().filter(|port| port["state"] == "filtered") {
            assert!(port["tries"].as_u64() > Some(1), "{port}");
        }
        sorted(&port_numbers(&some))
    };
    assert_eq!(states("open"), sorted(&opened));
    assert_eq!(states("filtered"), sorted(&silents.iter().map(|silent| silent.port).collect::<Vec<_>>()));
}

// ---- how a port is left ----

#[test]
fn each_open_port_is_bothered_once_and_reset() {
    let (listeners, ports) = open(40);
    let (_bound, shut) = closed(40);
    probe_ports(&[], &[ports, shut].concat()).run().exits(0).silent();
    for listener in &listeners {
        assert_eq!(resets(listener), 1);
    }
}

#[test]
fn nothing_is_left_in_time_wait() {
    // An address of its own, which no other connection in the kernel's table has.
    const PLACE: Ipv4Addr = Ipv4Addr::new(127, 31, 15, 1);
    let (_listeners, ports): (Vec<_>, Vec<_>) = (0..40)
        .map(|_| {
            let listener = TcpListener::bind((PLACE, 0)).expect("listen on a free port");
            let port = port_of(&listener);
            (listener, port)
        })
        .unzip();
    let outcome = probe(&[&PLACE.to_string(), &list(&ports)]).run().exits(0).silent();
    assert_eq!(open_ports(&outcome), sorted(&ports));
    // `0: 010F1F7F:1F90 0100007F:C350 06 ...`: local address and port, remote ones, state. 0A listens.
    let place = format!("{:08X}:", u32::from_ne_bytes(PLACE.octets()));
    let table = fs::read_to_string("/proc/net/tcp").expect("the kernel's table");
    let mut ours = table.lines().filter(|line| line.contains(&place));
    assert!(ours.clone().count() >= 40, "{table}");
    assert!(ours.all(|line| line.split_whitespace().nth(3) == Some("0A")), "{table}");
}

// ---- order and shares ----

/// The ports in the order they were told.
#[track_caller]
fn order(args: &[&str], ports: &[u16]) -> Vec<u16> {
    let outcome = probe_ports(args, ports).run().exits(0).silent();
    rows(&outcome.stdout).iter().map(Row::port).collect()
}

#[test]
fn one_at_a_time_the_order_is_the_one_written() {
    let (_listeners, mut ports) = open(40);
    assert_eq!(order(&["-P", "1"], &ports), ports);
    ports.reverse();
    assert_eq!(order(&["-P", "1"], &ports), ports);
}

#[test]
fn in_random_order_each_run_has_another_and_all_have_the_same_ports() {
    let (_listeners, ports) = open(40);
    let runs = [1, 2, 3].map(|_| order(&["-r", "-P", "1"], &ports));
    for run in &runs {
        assert_eq!(sorted(run), sorted(&ports));
        assert_ne!(run, &ports);
    }
    assert_ne!(runs[0], runs[1]);
    assert_ne!(runs[1], runs[2]);
}

#[test]
fn shares_ask_each_port_exactly_once_in_all() {
    for (args, count) in [(&[][..], 4), (&["-r"], 3), (&[], 1), (&["-r"], 7)] {
        let mut all = Vec::new();
        for share in 1..=count {
            let share = format!("{share}/{count}");
            let outcome = probe(&["--json", "--all", "--shard", &share, "127.31.9.5,127.31.9.6", "30000-30099"]);
            let told = ports_told(&outcome.args(args).run());
            assert!(told.len() >= 200 / count - 2, "shares are about as large: {} in {share}", told.len());
            all.extend(told.iter().map(|port| format!("{} {}", port["addr"], port["port"])));
        }
        assert_eq!(all.len(), 200, "{args:?} {count}");
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 200, "{args:?} {count}");
    }
}

// ---- pace ----

/// When each of 32 addresses with one port was connected to, and what came of the probe.
fn pace(net: &str, args: &[&str]) -> (Vec<Instant>, Outcome) {
    let listener = TcpListener::bind("0.0.0.0:0").expect("listen on a free port");
    let port = port_of(&listener).to_string();
    let start = net.rsplit_once('.').expect("an IPv4 network").0.to_owned();
    let times = task(move || arrivals(&listener, &start).take(32).map(|(_, at)| at).collect::<Vec<_>>());
    let outcome = probe(args).args(["--all", net, &port]).run();
    let told = rows(&outcome.stdout);
    let missed: Vec<&Row> = told.iter().filter(|row| row.state != "open").collect();
    assert_eq!((told.len(), missed), (32, vec![]));
    (times.join(), outcome.exits(0).silent())
}

/// Asserts that they are so far apart: nearly all by themselves, since this test may have been held up, and all on the
/// whole.
#[track_caller]
fn evenly_spaced(times: &[Instant], interval: f64) {
    let gaps: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    let short = gaps.iter().filter(|&&gap| gap < interval / 2.0).count();
    assert!(short <= 3, "{short} of them came in a burst: {gaps:?}");
    for (n, pair) in times.windows(11).enumerate() {
        let ten = (pair[10] - pair[0]).as_secs_f64();
        assert!(ten > interval * 9.0, "ten from {n} on took {ten:.3} s: {gaps:?}");
    }
}

#[test]
fn a_rate_holds_and_is_evenly_spaced() {
    let (times, outcome) = pace("127.31.10.0/27", &["--rate", "20"]);
    evenly_spaced(&times, 0.05);
    outcome.within(31.0 / 20.0, 31.0 / 20.0 + 3.0);
}

#[test]
fn an_interval_is_waited_between_ports() {
    let (times, outcome) = pace("127.31.11.0/27", &["-i", "0.04"]);
    evenly_spaced(&times, 0.04);
    outcome.within(31.0 * 0.04, 31.0 * 0.04 + 3.0);
}

#[test]
fn a_rate_that_is_higher_than_can_be_changes_nothing() {
    let (_listeners, ports) = open(20);
    let outcome = probe_ports(&["--rate", "1000000"], &ports).run().exits(0).silent().within(0.0, 2.0);
    assert_eq!(open_ports(&outcome), sorted(&ports));
}

// ---- stdout ----

#[test]
fn a_reader_who_leaves_ends_the_probe_quietly() {
    let mut run = probe(&["--all", "127.31.12.1", "-"]).hold_stdout().spawn();
    let mut line = String::new();
    BufReader::new(run.stdout.take().expect("held")).read_line(&mut line).expect("a line");
    run.finish().exits(0).silent();
    let script = r#"{ "$NSOCK" -z --all 127.31.12.2 -; echo "status $?" >&2; } | head -1"#;
    let outcome = shell(script).run().exits(0);
    assert_eq!(outcome.one_line(), "status 0");
    assert_eq!(rows(&outcome.stdout).len(), 1);
}

#[test]
fn a_stdout_that_nobody_reads_for_a_while_loses_nothing_and_costs_nothing() {
    let mut run = probe(&["--all", "127.31.12.3", "-"]).hold_stdout().spawn();
    let stdout = run.stdout.take().expect("held");
    take(&stdout, 1000); // it is under way
    pass(1.5); // and has filled the pipe
    let before = run.ticks();
    pass(1.0);
    assert!(run.ticks() - before <= 2, "it waits for its reader");
    let half = task(move || (take(&stdout, 500_000), stdout));
    let (mut text, mut stdout) = half.join();
    assert!(run.most_memory() < 25_000, "{} KiB were held", run.most_memory());
    pass(0.5);
    let rest = task(move || {
        stdout.read_to_end(&mut text).expect("the rest");
        text
    });
    let text = rest.join();
    let outcome = run.finish();
    assert!(matches!(outcome.code, Some(0 | 1)), "{outcome:?}");
    let text = String::from_utf8(text).expect("text");
    let ports: BTreeSet<&str> = text
        .lines()
        .skip(1) // began in what was taken first
        .map(|line| line.split([':', ' ']).nth(1).expect("a port"))
        .collect();
    assert_eq!(ports.len(), text.lines().count() - 1, "none twice");
    let known = 65_535 - ports.len();
    assert!((10..=40).contains(&known), "{known} lines were lost or in the first 1,000 bytes");
}

#[test]
fn a_full_disk_is_told() {
    let (_listeners, ports) = open(1);
    let full = File::options().write(true).open("/dev/full").expect("open /dev/full");
    let outcome = probe_ports(&[], &ports).stdout(full).run().exits(3);
    let start = "nsock: write to stdout failed: No space left on device (errno 28";
    assert!(outcome.one_line().starts_with(start), "{}", outcome.stderr);
}

#[test]
fn a_closed_stdout_and_a_closed_stderr_break_nothing() {
    let (_listeners, opened) = open(1);
    let (_bound, shut) = closed(1);
    for (port, closed, code) in [
        (opened[0], ">&-", 0),
        (shut[0], ">&-", 1),
        (opened[0], "2>&-", 0),
        (shut[0], "2>&-", 1),
        (opened[0], "<&- >&- 2>&-", 0),
        (shut[0], "<&- >&- 2>&-", 1),
    ] {
        let script = format!(r#"exec "$NSOCK" -z {HOST} {port} {closed}"#);
        let outcome = shell(&script).run().exits(code);
        assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
    }
}

// ---- its own ends ----

#[test]
fn a_signal_ends_it_with_what_is_known() {
    let (_listeners, opened) = open(2);
    let (_bound, shut) = closed(3);
    // At an address that nobody has answered from, so that nothing is known of how long an answer takes.
    let silent = silent_at(Ipv4Addr::new(127, 31, 14, 1));
    for signal in [Signal::INT, Signal::TERM] {
        let targets = format!("127.31.14.1:{},{HOST}:{},{}", silent.port, list(&opened), list(&shut));
        let mut run = probe(&["-v", "-w", "15", &targets]).hold_stdout().spawn();
        let mut stdout = BufReader::new(run.stdout.take().expect("held"));
        let mut told = String::new();
        for _ in &opened {
            stdout.read_line(&mut told).expect("a line");
        }
        run.line(&format!(" port {} (tcp) failed", shut[2]));
        run.signal(signal);
        stdout.read_to_string(&mut told).expect("the rest");
        let outcome = run.finish().died_of(signal).within(0.0, 10.0);
        let ports: Vec<u16> = rows(told.as_bytes()).iter().map(Row::port).collect();
        assert_eq!(sorted(&ports), sorted(&opened));
        let summary = outcome.stderr.lines().last().expect("a summary");
        assert!(summary.starts_with("nsock: probe of ") && summary.contains(": 2 of "), "{summary}");
        assert!(summary.contains("3 closed"), "{summary}");
    }
}

#[test]
fn a_signal_leaves_whole_results_to_a_reader_who_is_slow() {
    let mut run = probe(&["--all", "127.31.12.4", "-"]).hold_stdout().spawn();
    let mut stdout = run.stdout.take().expect("held");
    take(&stdout, 1000); // it is under way, and will have filled the pipe
    pass(0.5);
    run.signal(Signal::INT);
    run.finish().died_of(Signal::INT).within(0.0, 10.0);
    let mut text = String::new();
    stdout.read_to_string(&mut text).expect("the rest");
    assert!(text.lines().count() > 500, "what the pipe had taken is there");
}

#[test]
fn a_deadline_ends_it_with_124_and_what_is_known() {
    let (_listeners, opened) = open(2);
    let outcome = probe_ports(&["-i", "15", "--deadline", "0.6"], &opened).run().exits(124).within(0.6, 3.0);
    assert_eq!(open_ports(&outcome), opened[..1]);
    let silent = silent();
    let program = probe_ports(&["-w", "15", "--deadline", "0.6"], &[silent.port]);
    let outcome = program.run().exits(124).wrote(b"").within(0.6, 3.0);
    assert!(!outcome.stderr.is_empty());
    probe_ports(&["--deadline", "10"], &opened).run().exits(0).silent().within(0.0, 5.0);
}

#[test]
fn until_open_ends_at_once_when_it_is() {
    let (listeners, ports) = open(1);
    let outcome = probe_ports(&["--until-open", "10"], &ports).run().exits(0).silent().within(0.0, 3.0);
    assert_eq!(open_ports(&outcome), ports);
    assert_eq!(resets(&listeners[0]), 1);
}

#[test]
fn until_open_waits_for_who_listens_later() {
    let (port, socket) = closed_port();
    let run = probe_ports(&["--until-open", "15"], &[port]).spawn();
    pass(0.8); // a few refusals
    assert!(run.runs(), "{}", run.told());
    assert_eq!(run.told(), "");
    let began = Instant::now();
    socket.listen(8).expect("listen");
    let outcome = run.finish().exits(0).silent();
    within(began.elapsed(), 0.0, 5.0);
    assert_eq!(open_ports(&outcome), [port]);
    assert_eq!(resets(&socket.into()), 1);
}

#[test]
fn until_open_waits_for_who_answers_later() {
    let silent = silent();
    let run = probe_ports(&["--until-open", "15"], &[silent.port]).spawn();
    pass(2.5); // longer than a silent port is waited for otherwise
    assert!(run.runs(), "{}", run.told());
    silent.speak();
    let outcome = run.finish().exits(0).silent();
    assert_eq!(open_ports(&outcome), [silent.port]);
}

#[test]
fn until_open_gives_up_exactly_at_its_time() {
    let (_bound, shut) = closed(1);
    for (time, least) in [("1.2", 1.2), ("300ms", 0.3)] {
        let run = probe_ports(&["--until-open", time], &shut).spawn();
        let outcome = run.finish().exits(124).wrote(b"").within(least, least + 0.7);
        let line = outcome.one_line();
        assert!(line.starts_with("nsock: ") && line.contains(&shut[0].to_string()), "{line}");
    }
    let silent = silent();
    let program = probe_ports(&["--until-open", "1.2"], &[silent.port]);
    program.run().exits(124).wrote(b"").within(1.2, 1.9).one_line();
}

#[test]
fn until_open_asks_with_pauses() {
    let (_bound, shut) = closed(1);
    let run = probe_ports(&["--until-open", "1.5"], &shut).spawn();
    pass(1.0);
    assert!(run.ticks() <= 10, "{} ticks were spent on asking", run.ticks());
    run.finish().exits(124);
}

// ---- UDP ----

/// A service that answers whatever it is asked, once, and tells what that was.
fn udp_service() -> (u16, Task<Vec<u8>>) {
    let socket = udp();
    let port = udp_port(&socket);
    let work = task(move || {
        let mut asked = vec![0; 65_536];
        let (count, from) = socket.recv_from(&mut asked).expect("a question");
        socket.send_to(b"an answer", from).expect("answer");
        asked.truncate(count);
        asked
    });
    (port, work)
}

fn udp() -> UdpSocket {
    let socket = UdpSocket::bind((HOST, 0)).expect("a socket");
    socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    socket
}

fn udp_port(socket: &UdpSocket) -> u16 {
    socket.local_addr().expect("its address").port()
}

/// A UDP port that answers by ICMP, and is nobody else's meanwhile: its socket hears one peer, who is not the probe.
fn udp_closed() -> (UdpSocket, u16) {
    let (socket, other) = (udp(), udp());
    socket.connect((HOST, udp_port(&other))).expect("connect");
    let port = udp_port(&socket);
    (socket, port)
}

/// What a service was asked and did not answer.
fn asked_of(socket: &UdpSocket) -> Vec<Vec<u8>> {
    socket.set_nonblocking(true).expect("a socket can be nonblocking");
    let mut all = Vec::new();
    let mut bytes = [0; 65_536];
    while let Ok(count) = socket.recv(&mut bytes) {
        all.push(bytes[..count].to_vec());
    }
    all
}

#[test]
fn a_udp_service_that_answers_is_open() {
    let (port, service) = udp_service();
    let outcome = probe_ports(&["-u"], &[port]).run().exits(0).silent().within(0.0, 1.9);
    assert_eq!(open_ports(&outcome), [port]);
    service.join();
    let (port, service) = udp_service();
    let outcome = probe_ports(&["-uv"], &[port]).run().exits(0);
    let start = format!("Connection to 127.0.0.1 {port} port [udp/");
    assert!(
        outcome.stderr.lines().any(|line| line.starts_with(&start) && line.contains("] succeeded!")),
        "{}",
        outcome.stderr
    );
    service.join();
}

#[test]
fn a_udp_service_is_asked_with_what_the_user_says() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("question");
    let bytes = payload(1200, 1);
    fs::write(&path, &bytes).expect("write a file");
    let file = format!("@{}", path.display());
    for (data, stdin, want) in [
        ("are you there?", &b""[..], &b"are you there?"[..]),
        ("", b"", b""),
        (&file, b"", &bytes),
        ("@-", b"\x00\xffraw\n", b"\x00\xffraw\n"),
    ] {
        let (port, service) = udp_service();
        let program = probe_ports(&["-u", "--data", data], &[port]);
        let outcome = program.stdin_bytes(stdin).run().exits(0).silent();
        assert_eq!(open_ports(&outcome), [port]);
        same(&service.join(), want);
    }
    let (_socket, port) = udp_closed();
    let outcome = probe_ports(&["-u", "--data", "@/nosuch/question"], &[port]).run().exits(3).wrote(b"");
    assert!(outcome.one_line().contains("/nosuch/question failed: No such file"), "{}", outcome.stderr);
}

#[test]
fn a_udp_port_that_icmp_refuses_is_closed() {
    let (_socket, port) = udp_closed();
    let outcome = probe_ports(&["-u"], &[port]).run().exits(1).wrote(b"").within(0.0, 1.9);
    let line = outcome.one_line();
    assert!(
        line.starts_with(&format!("nsock: probe of 127.0.0.1 port {port} (udp) failed: Connection refused")),
        "{line}"
    );
    let outcome = probe_ports(&["-u", "--all"], &[port]).run().exits(1);
    let told = rows(&outcome.stdout);
    assert_eq!((told[0].state.as_str(), told[0].last.as_str()), ("closed", "refused"));
}

#[test]
fn a_udp_service_that_is_silent_may_be_open_or_filtered() {
    let socket = udp();
    let port = udp_port(&socket);
    let outcome = probe_ports(&["-u"], &[port]).run().exits(1).wrote(b"").within(2.0, 4.0);
    let line = outcome.one_line();
    let start = format!("nsock: probe of 127.0.0.1 port {port} (udp) failed: timed out (no answer to ");
    let rest = line.strip_prefix(&start).unwrap_or_else(|| panic!("{line}"));
    let tries: usize = rest.split(' ').next().and_then(|tries| tries.parse().ok()).expect(line);
    assert_eq!(asked_of(&socket).len(), tries, "{line}");
    assert!((2..=4).contains(&tries), "{line}");

    let outcome = probe_ports(&["-u", "--all", "-w", "0.4", "--retries", "0"], &[port]).run().exits(1).within(0.4, 2.0);
    let told = rows(&outcome.stdout);
    assert_eq!((told[0].state.as_str(), told[0].last.as_str()), ("open|filtered", "timeout"));
    assert_eq!(asked_of(&socket).len(), 1);
}

#[test]
fn udp_ports_of_every_kind_are_told_apart() {
    let (answers, service) = udp_service();
    let (silent, (_socket, shut)) = (udp(), udp_closed());
    let ports = [answers, udp_port(&silent), shut];
    let outcome = probe_ports(&["-u", "--json", "--all", "-w", "0.6"], &ports).run().exits(1);
    let mut states: Vec<(u16, String)> = Vec::new();
    for port in ports_told(&outcome) {
        assert_eq!(port["proto"], "udp");
        states.push((port_numbers(std::slice::from_ref(&port))[0], port["state"].as_str().expect("a state").into()));
    }
    states.sort();
    let mut want = [(ports[0], "open".into()), (ports[1], "open|filtered".into()), (ports[2], "closed".into())];
    want.sort();
    assert_eq!(states, want);
    let probed = outcome.event("probed");
    let counts = ["open", "closed", "open_or_filtered"];
    assert_eq!(counts.map(|field| probed[field].as_u64()), [Some(1); 3], "{probed}");
    service.join();
}

#[test]
fn an_answer_that_comes_late_counts() {
    let socket = udp();
    let port = udp_port(&socket);
    let service = task(move || {
        let (_, from) = socket.recv_from(&mut [0; 2048]).expect("a question");
        pass(0.7);
        socket.send_to(b"sorry", from).expect("answer");
    });
    let outcome = probe_ports(&["-u"], &[port]).run().exits(0).silent().within(0.7, 1.9);
    assert_eq!(open_ports(&outcome), [port]);
    service.join();
}

#[test]
fn until_open_waits_for_a_udp_service_that_comes_later() {
    let port = udp_port(&udp()); // nobody's from here on
    let run = probe_ports(&["-u", "--until-open", "15"], &[port]).spawn();
    pass(0.5);
    assert!(run.runs(), "{}", run.told());
    let socket = UdpSocket::bind((HOST, port)).expect("the port is free");
    socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    let service = task(move || {
        let (_, from) = socket.recv_from(&mut [0; 2048]).expect("a question");
        socket.send_to(b"an answer", from).expect("answer");
    });
    let outcome = run.finish().exits(0).silent();
    assert_eq!(open_ports(&outcome), [port]);
    service.join();
}

// ---- what a service says first ----

/// A probe with `--banner` of a service that does this.
fn banner<T: Send + 'static>(serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> (Row, Outcome, T) {
    let server = server(serve);
    let outcome = probe_ports(&["--banner"], &[server.port]).run().exits(0).silent();
    let told = rows(&outcome.stdout);
    assert_eq!((told.len(), told[0].port()), (1, server.port), "{told:?}");
    let served = server.join();
    (told[0].clone(), outcome, served)
}

#[test]
fn a_banner_is_told_at_the_end_of_the_line_and_the_service_sees_an_end_in_order() {
    let (row, outcome, rest) = banner(|mut stream| {
        stream.write_all(b"SSH-2.0-Test_1.0 nsock\r\n").expect("send");
        slurp(&stream) // fails on a reset
    });
    assert_eq!(row.banner(), "SSH-2.0-Test_1.0 nsock");
    assert_eq!(rest, b"");
    outcome.within(0.0, 4.0);
}

#[test]
fn a_banner_drives_no_terminal() {
    let (row, ..) = banner(|mut stream| {
        stream.write_all(b"\x00\xff\xfeevil\x1b[2J\r\nsecond\tline\x9b").expect("send");
        slurp(&stream)
    });
    assert!(!row.last.contains(char::is_control), "{row:?}");
    assert!(row.banner().contains("evil") && row.banner().contains("1b"), "{row:?}");
}

#[test]
fn a_service_that_says_nothing_is_open_without_a_banner() {
    let (row, outcome, _) = banner(slurp);
    assert_eq!(row.banner(), "");
    outcome.within(0.0, 5.0);
    let (row, outcome, ()) = banner(drop);
    assert_eq!(row.banner(), "");
    outcome.within(0.0, 5.0);
}

#[test]
fn a_banner_without_an_end_is_bounded() {
    let (row, outcome, _) = banner(|mut stream| {
        stream.set_write_timeout(Some(LIMIT)).expect("SO_SNDTIMEO");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    assert!((1..=4096).contains(&row.banner().len()), "{} bytes of it are told", row.banner().len());
    outcome.within(0.0, 5.0);
}

#[test]
fn a_banner_that_drips_is_bounded_in_time() {
    let (row, outcome, _) = banner(|mut stream| {
        while stream.write_all(b"drip ").is_ok() {
            pass(0.05);
        }
    });
    assert!(row.banner().starts_with("drip"), "{row:?}");
    outcome.within(0.0, 6.0);
}

#[test]
fn many_banners_are_each_beside_its_own_port() {
    let servers: Vec<_> = (0..20)
        .map(|n| {
            server(move |mut stream| {
                stream.write_all(format!("220 number {n}\r\n").as_bytes()).expect("send");
                slurp(&stream)
            })
        })
        .collect();
    let ports: Vec<u16> = servers.iter().map(|server| server.port).collect();
    let outcome = probe_ports(&["--banner"], &ports).run().exits(0).silent();
    let told = rows(&outcome.stdout);
    assert_eq!(told.len(), 20);
    for row in told {
        let n = ports.iter().position(|&port| port == row.port()).expect("one of them");
        assert_eq!(row.banner(), format!("220 number {n}"));
    }
    for server in servers {
        assert_eq!(server.join(), b"");
    }
}

#[test]
fn with_json_a_banner_is_a_field() {
    let server = server(|mut stream| {
        stream.write_all(b"220 \"hello\"\r\n").expect("send");
        slurp(&stream)
    });
    let told = ports_told(&probe_ports(&["--banner", "--json"], &[server.port]).run().exits(0));
    assert_eq!(told[0]["banner"].as_str().map(str::trim_end), Some("220 \"hello\""));
    server.join();
    let (_listeners, ports) = open(1);
    assert_eq!(ports_told(&probe_ports(&["--json"], &ports).run().exits(0))[0]["banner"], Value::Null);
}

// ---- Unix sockets ----

#[test]
fn a_unix_socket_is_probed_by_its_path() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("a path of ASCII").to_owned();
    let listener = UnixListener::bind(path("open")).expect("listen at a path");
    let outcome = probe(&["-U", &path("open")]).run().exits(0).silent();
    let told = rows(&outcome.stdout);
    assert_eq!((told[0].place.as_str(), told[0].state.as_str()), (path("open").as_str(), "open"));
    drop(UnixListener::bind(path("stale")).expect("listen at a path"));
    for (name, reason) in
        [("absent", "No such file or directory (errno 2,"), ("stale", "Connection refused (errno 111,")]
    {
        let outcome = probe(&["-U", &path(name)]).run().exits(1).wrote(b"");
        let start = format!("nsock: connect to {} (unix) failed: {reason}", path(name));
        assert!(outcome.one_line().starts_with(&start), "{}", outcome.stderr);
    }
    let outcome = probe(&["-U", "--until-open", "0.3", &path("absent")]).run().exits(124).wrote(b"");
    outcome.within(0.3, 2.0).one_line();
    drop(listener);
}

#[test]
fn an_abstract_unix_socket_is_probed_by_its_name() {
    let name = format!("nsock-probe-{}", std::process::id());
    let addr = std::os::unix::net::SocketAddr::from_abstract_name(&name).expect("a name");
    let listener = UnixListener::bind_addr(&addr).expect("listen at a name");
    let at = format!("@{name}");
    let outcome = probe(&["-zU", &at]).run().exits(0).silent();
    assert_eq!(rows(&outcome.stdout)[0].place, at);
    drop(listener);
    probe(&["-U", &at]).run().exits(1).wrote(b"").one_line();
}
