//! Datagrams: clients and listeners over UDP and Unix sockets, with std's sockets on the other side.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own")]

mod common;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use common::*;

/// The largest datagram of UDP over IPv4.
const LARGEST: usize = 65_507;

/// A bound socket that fails the test when it waits too long.
fn udp() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind((HOST, 0)).expect("a socket");
    socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    let port = socket.local_addr().expect("its address").port();
    (socket, port)
}

/// A socket that is connected to a listener.
fn speaker(listener: &Run) -> UdpSocket {
    let (socket, _) = udp();
    socket.connect((HOST, listener.port())).expect("connect");
    socket
}

fn receive(socket: &UdpSocket) -> Vec<u8> {
    receive_from(socket).0
}

fn receive_from(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut bytes = vec![0; 70_000];
    let (count, from) = socket.recv_from(&mut bytes).expect("a datagram");
    bytes.truncate(count);
    (bytes, from)
}

/// nsock sending datagrams to a port of this host.
fn client(port: u16, args: &[&str]) -> Program {
    dial(port, &["-u"]).args(args)
}

/// nsock receiving datagrams on a free port of this host.
fn bound(args: &[&str]) -> Program {
    listen(&["-u"]).args(args)
}

/// Writes to stdin until this is told: a socket that was closed lives on for a moment, in a child that another test has
/// forked and that has not yet become another program.
fn until_told(run: &mut Run, text: &str) {
    let began = std::time::Instant::now();
    while !run.told().contains(text) {
        assert!(began.elapsed() < LIMIT, "waited for {text:?}; it told:\n{}", run.told());
        let _ = run.stdin.as_mut().expect("a pipe").write_all(b"?"); // fails once it has ended, which is then told
        pass(0.02);
    }
}

/// Answers one question.
fn answer(answer: impl Into<Vec<u8>>) -> (u16, Task<Vec<u8>>) {
    let (socket, port) = udp();
    let answer = answer.into();
    let asked = task(move || {
        let (question, from) = receive_from(&socket);
        socket.send_to(&answer, from).expect("answer");
        question
    });
    (port, asked)
}

#[test]
fn a_question_prints_its_answer_and_ends_after_a_second() {
    let (port, asked) = answer("answer\n");
    client(port, &[]).stdin_bytes("question\n").run().exits(0).silent().wrote(b"answer\n").within(1.0, 5.0);
    assert_eq!(asked.join(), b"question\n");
}

#[test]
fn the_quiet_time_is_the_users() {
    for (args, least, most) in [
        (&["-q", "0.2"][..], 0.2, 0.9),
        (&["-w", "0.3"], 0.3, 0.95),
        (&["-q", "2"], 2.0, 6.0),
        (&["-w", "2"], 2.0, 6.0),
    ] {
        let (port, asked) = answer("answer");
        client(port, args).stdin_bytes("question").run().exits(0).wrote(b"answer").within(least, most);
        asked.join();
    }
}

#[test]
fn silence_before_stdins_end_is_a_time_out() {
    let (_socket, port) = udp();
    let outcome =
        client(port, &["-w", "0.3"]).hold_stdin().spawn().finish_with_stdin_open().exits(124).within(0.3, 3.0);
    assert!(outcome.one_line().contains("silent for too long"), "{}", outcome.stderr);
    let listener = bound(&["-w", "0.3"]).hold_stdin().spawn();
    speaker(&listener).send(b"x").expect("send");
    listener.finish_with_stdin_open().exits(124).wrote(b"x");
}

#[test]
fn success_is_told_only_after_an_answer() {
    let (_silent, port) = udp();
    let outcome = client(port, &["-v", "-q", "0.2"]).stdin_bytes("?").run().exits(0);
    assert!(!outcome.stderr.contains("succeeded"), "{}", outcome.stderr);
    let (port, asked) = answer("!");
    let outcome = client(port, &["-v"]).stdin_bytes("?").run().exits(0).wrote(b"!");
    assert!(outcome.stderr.starts_with(&format!("Connection to 127.0.0.1 {port} port [udp/")), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("] succeeded! ("), "{}", outcome.stderr);
    asked.join();
}

#[test]
fn an_empty_answer_is_an_answer_and_no_end() {
    let (socket, port) = udp();
    let run = client(port, &["--json"]).hold_stdin().spawn();
    run.stdin.as_ref().expect("a pipe").write_all(b"?").expect("write");
    let (_, from) = receive_from(&socket);
    socket.send_to(b"", from).expect("send");
    assert_eq!(run.event("connect")["proto"], "udp");
    socket.send_to(b"more", from).expect("send");
    run.finish().exits(0).wrote(b"more");
}

#[test]
fn an_empty_datagram_does_not_end_a_listener() {
    let listener = bound(&["-W", "3"]).spawn();
    let speaker = speaker(&listener);
    for bytes in [&b"one"[..], b"", b"two"] {
        speaker.send(bytes).expect("send");
    }
    listener.finish().exits(0).wrote(b"onetwo");
}

#[test]
fn a_refusal_is_told_and_ends_a_client() {
    let (port, _taken) = closed_port();
    for program in [client(port, &[]).stdin_bytes("?"), client(port, &[]).stdin_file(b"?")] {
        let outcome = program.run().exits(1).within(0.0, 0.9);
        let line = outcome.one_line();
        let start = format!("nsock: send to 127.0.0.1 port {port} (udp) failed: Connection refused (errno 111, ");
        assert!(line.starts_with(&start), "{line}");
    }
    let outcome = client(port, &["--json"]).stdin_file(b"?").run().exits(1);
    assert_eq!(outcome.event("error")["proto"], "udp");
}

#[test]
fn a_refusal_does_not_end_who_may_still_speak() {
    let (port, _taken) = closed_port();
    let mut run = client(port, &[]).hold_stdin().spawn();
    run.stdin.as_mut().expect("a pipe").write_all(b"one").expect("write");
    run.line("Connection refused");
    let socket = UdpSocket::bind((HOST, port)).expect("the port is still free");
    socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    run.stdin.as_mut().expect("a pipe").write_all(b"two").expect("write");
    let (question, from) = receive_from(&socket);
    assert_eq!(question, b"two");
    socket.send_to(b"answer", from).expect("answer");
    run.finish().exits(1).wrote(b"answer");
}

#[test]
#[cfg_attr(feature = "portable", ignore = "ICMP is told to connected sockets only")]
fn a_listener_goes_on_after_a_refusal() {
    let mut listener = bound(&[]).hold_stdin().hold_stdout().spawn();
    let mut stdout = listener.stdout.take().expect("a pipe");
    let first = speaker(&listener);
    first.send(b"one").expect("send");
    assert_eq!(take(&mut stdout, 3), b"one");
    drop(first);
    until_told(&mut listener, "\"error\"");
    assert_eq!(listener.event("error")["fatal"], false);
    speaker(&listener).send(b"two").expect("send");
    assert_eq!(take(&mut stdout, 3), b"two");
    drop(stdout);
    listener.finish().exits(0);
}

#[test]
fn the_largest_datagrams_pass_whole_both_ways() {
    let (socket, port) = udp();
    let (sent, back) = (payload(LARGEST, 1), payload(LARGEST, 2));
    let run = client(port, &[]).stdin_file(&sent).spawn();
    let (got, from) = receive_from(&socket);
    same(&got, &sent);
    socket.send_to(&back, from).expect("answer");
    run.finish().exits(0).wrote(&back);
    for size in [20_000, LARGEST] {
        let sent = payload(size, 3);
        let listener = bound(&["-W", "1"]).spawn();
        speaker(&listener).send(&sent).expect("send");
        listener.finish().exits(0).wrote(&sent);
    }
}

#[test]
fn a_datagram_too_long_is_told_and_the_others_go_on() {
    let (socket, port) = udp();
    let mut lines = vec![b'\n'; 40_000];
    lines.extend(b"end");
    let run = client(port, &["-C", "-q", "0.2"]).stdin_file(&lines).spawn();
    let outcome = run.finish().exits(1);
    assert!(outcome.one_line().contains("Message too long (errno 90, "), "{}", outcome.stderr);
    assert!(outcome.one_line().contains("80003 bytes not delivered"), "{}", outcome.stderr);
    drop(socket);
}

#[test]
fn three_clients_are_heard_and_who_spoke_last_is_answered() {
    let mut listener = bound(&[]).hold_stdin().hold_stdout().spawn();
    let mut stdout = listener.stdout.take().expect("a pipe");
    let speakers = [0; 3].map(|_| speaker(&listener));
    for n in [0, 1, 2, 0] {
        speakers[n].send(b"hello\n").expect("send");
        assert_eq!(take(&mut stdout, 6), b"hello\n");
        let words = format!("to {n}");
        listener.stdin.as_mut().expect("a pipe").write_all(words.as_bytes()).expect("write");
        assert_eq!(receive(&speakers[n]), words.as_bytes());
    }
    let accepts = listener.events("accept", 3);
    for (n, speaker) in speakers.iter().enumerate() {
        assert_eq!(accepts[n]["conn"], n + 1);
        assert_eq!(accepts[n]["port"], speaker.local_addr().expect("its address").port());
    }
    drop(stdout); // and its reader's leaving ends it, quietly
    let outcome = listener.finish_with_stdin_open().exits(0);
    assert_eq!(outcome.events().iter().filter(|event| event["event"] == "close").count(), 3);
}

#[test]
fn a_listener_reads_no_stdin_before_somebody_spoke() {
    let listener = bound(&["-W", "1"]).stdin_file(b"welcome").spawn();
    let speaker = speaker(&listener);
    speaker.send(b"hello").expect("send");
    assert_eq!(receive(&speaker), b"welcome");
    listener.finish().exits(0).wrote(b"hello");
}

#[test]
fn the_port_may_be_bound_and_the_text_be_gbk() {
    let listener = bound(&["--encoding", "gbk", "-W", "1"]).spawn();
    let (free, own) = udp();
    drop(free);
    let gbk = b"\xc4\xe3\xba\xc3\n";
    client(listener.port(), &["-q", "0", "-p", &own.to_string()]).stdin_bytes(*gbk).run().exits(0);
    let outcome = listener.finish().exits(0).wrote("你好\n".as_bytes());
    assert_eq!(outcome.number("accept", "port"), u64::from(own));
}

#[test]
fn stdin_is_cut_at_reads_sizes_or_lines() {
    let text = b"one\ntwo\r\n\nthree";
    for (args, want) in [
        (&[][..], &[&text[..]][..]),
        (&["--datagram", "6"], &[b"one\ntw", b"o\r\n\nth", b"ree"]),
        (&["--datagram", "line"], &[b"one\n", b"two\r\n", b"\n", b"three"]),
        (&["--datagram", "line", "-i", "0.05"], &[b"one\n", b"two\r\n", b"\n", b"three"]),
    ] {
        let (socket, port) = udp();
        let run = client(port, args).args(["-q", "0"]).stdin_bytes(*text).spawn();
        for want in want {
            assert_eq!(receive(&socket), *want);
        }
        run.finish().exits(0);
    }
    let (socket, port) = udp();
    let big = payload(100_000, 4);
    let run = client(port, &["--send-only", "-i", "0.01"]).stdin_file(&big).spawn();
    let got: Vec<u8> = (0..7).flat_map(|_| receive(&socket)).collect();
    same(&got, &big);
    run.finish().exits(0);
}

#[test]
fn an_interval_lies_between_datagrams() {
    let (_socket, port) = udp();
    client(port, &["--send-only", "--datagram", "line", "-i", "0.2"])
        .stdin_bytes("a\nb\nc\n")
        .run()
        .exits(0)
        .within(0.4, 3.0);
}

#[test]
fn a_word_or_a_count_stops_a_listener() {
    let listener = bound(&["--stop", "bye"]).spawn();
    let speaker = speaker(&listener);
    for bytes in [&b"bye bye\n"[..], b"bye\r\n"] {
        speaker.send(bytes).expect("send");
    }
    listener.finish().exits(0).wrote(b"bye bye\nbye\r\n");
    let (port, asked) = answer("bye");
    let mut client = client(port, &["--stop", "bye"]).hold_stdin().spawn();
    client.stdin.as_mut().expect("a pipe").write_all(b"?").expect("write");
    client.finish_with_stdin_open().exits(0).wrote(b"bye");
    asked.join();
}

#[test]
fn stdouts_reader_leaving_ends_it_quietly() {
    let mut listener = bound(&[]).hold_stdout().spawn();
    speaker(&listener).send(b"one").expect("send");
    assert_eq!(take(listener.stdout.as_mut().expect("a pipe"), 3), b"one");
    listener.stdout = None;
    let outcome = listener.finish_with_stdin_open().exits(0);
    assert!(!outcome.stderr.contains("\"error\""), "{}", outcome.stderr);
}

#[test]
fn a_listener_is_reached_over_both_ip_versions_at_one_port() {
    if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return skipped("this machine has no ::1");
    }
    let mut listener = nsock(&["--json", "-u", "-l", "0"]).hold_stdin().hold_stdout().spawn();
    let mut stdout = listener.stdout.take().expect("a pipe");
    assert_eq!(listener.events("listen", 2)[1]["proto"], "udp");
    let port = listener.port();
    for (addr, from) in [
        (SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "127.0.0.1:0"),
        (SocketAddr::from((Ipv6Addr::LOCALHOST, port)), "[::1]:0"),
    ] {
        let socket = UdpSocket::bind(from).expect("a socket");
        socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        socket.send_to(b"up", addr).expect("send");
        assert_eq!(take(&mut stdout, 2), b"up");
        listener.stdin.as_mut().expect("a pipe").write_all(b"down").expect("write");
        assert_eq!(receive_from(&socket), (b"down".to_vec(), addr));
    }
}

#[test]
fn bound_is_what_a_listener_says() {
    let listener = nsock(&["-v", "-u", "-l", HOST, "0"]).hold_stdin().spawn();
    let line = listener.line("Bound on 127.0.0.1 ");
    let port: u16 = line.split_whitespace().nth(3).expect("a port").parse().expect("a port");
    let (socket, own) = udp();
    socket.send_to(b"hello", (HOST, port)).expect("send");
    listener.line(&format!("Connection received on 127.0.0.1 {own}"));
    listener.signal(Signal::INT);
    let outcome = listener.finish_with_stdin_open().died_of(Signal::INT).wrote(b"hello");
    assert!(
        outcome.stderr.contains(&format!("Connection from 127.0.0.1 {own} closed by a signal")),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_busy_port_and_nobody_coming_are_errors() {
    let (_socket, port) = udp();
    let outcome = nsock(&["-u", "-l", HOST, &port.to_string()]).run().exits(3);
    assert!(outcome.one_line().contains("Address already in use (errno 98"), "{}", outcome.stderr);
    nsock(&["-u", "-l", "--accept-timeout", "0.2", HOST, "0"]).run().exits(124).within(0.2, 3.0);
    nsock(&["-u", "-l", "--deadline", "0.2", HOST, "0"]).run().exits(124).within(0.2, 3.0);
}

#[test]
fn labels_say_who_spoke() {
    let listener = bound(&["--label", "-W", "2"]).spawn();
    let (one, two) = (speaker(&listener), speaker(&listener));
    one.send(b"a\nb").expect("send");
    listener.events("accept", 1);
    two.send(b"c\n").expect("send");
    let [a, b] = [&one, &two].map(|socket| socket.local_addr().expect("its address").port());
    let want = format!("127.0.0.1 {a}: a\n127.0.0.1 {a}: b\n127.0.0.1 {b}: c\n");
    listener.finish().exits(0).wrote(want.as_bytes());
}

#[test]
fn nothing_is_lost_while_stdout_is_stuck() {
    let mut listener = bound(&["-W", "12", "--rcvbuf", "1M"]).hold_stdout().spawn();
    let speaker = speaker(&listener);
    let sent: Vec<_> = (0..12).map(|n| payload(8_000, n)).collect();
    for datagram in &sent {
        speaker.send(datagram).expect("send");
    }
    let stdout = listener.stdout.take().expect("a pipe");
    let got = task(move || slurp(stdout));
    listener.finish().exits(0);
    same(&got.join(), &sent.concat());
}

/// A name for a Unix socket in a directory that goes with the test.
fn dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ASCII")
}

#[test]
#[cfg_attr(feature = "portable", ignore = "a client without -s has no name to be answered by")]
fn unix_datagrams_go_both_ways() {
    let dir = dir();
    let path = dir.path().join("socket");
    drop(UnixDatagram::bind(&path).expect("a socket file that is left behind"));
    let mut listener = nsock(&["--json", "-u", "-lU", text(&path)]).hold_stdin().hold_stdout().spawn();
    assert_eq!(listener.event("listen")["proto"], "unixgram");
    let run = nsock(&["-u", "-U", text(&path)]).hold_stdin().hold_stdout().spawn();
    let mut client = run;
    client.stdin.as_mut().expect("a pipe").write_all(b"question").expect("write");
    assert_eq!(take(listener.stdout.as_mut().expect("a pipe"), 8), b"question");
    listener.stdin.as_mut().expect("a pipe").write_all(b"answer").expect("write");
    assert_eq!(take(client.stdout.as_mut().expect("a pipe"), 6), b"answer");
    nsock(&["-u", "-lU", text(&path)]).run().exits(3);
    client.finish().exits(0);
    listener.signal(Signal::TERM);
    listener.finish_with_stdin_open().died_of(Signal::TERM);
    assert!(!path.exists(), "the socket's file was left behind");
}

#[test]
fn an_abstract_name_and_a_named_client_are_heard() {
    let dir = dir();
    let (name, own) = (format!("@nsock-{}", std::process::id()), dir.path().join("own"));
    let listener = nsock(&["--json", "-u", "-lU", "-W", "1", &name]).spawn();
    listener.event("listen");
    let sender = nsock(&["-u", "-U", "-q", "0", "-s", text(&own), &name]).stdin_bytes("hello").run();
    sender.exits(0).silent();
    let outcome = listener.finish().exits(0).wrote(b"hello");
    assert_eq!(outcome.event("accept")["addr"], text(&own));
    assert!(!own.exists(), "the client's file was left behind");
}

#[test]
fn a_unix_socket_without_a_listener_is_an_error() {
    let dir = dir();
    let path = dir.path().join("socket");
    let outcome = nsock(&["-u", "-U", text(&path)]).run().exits(1);
    assert!(outcome.one_line().contains("No such file or directory (errno 2"), "{}", outcome.stderr);
    let server = UnixDatagram::bind(&path).expect("a socket");
    let mut run = nsock(&["-u", "-U", text(&path)]).hold_stdin().spawn();
    run.stdin.as_mut().expect("a pipe").write_all(b"x").expect("write");
    server.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    server.recv(&mut [0; 9]).expect("a datagram");
    drop(server);
    until_told(&mut run, "errno");
    let outcome = run.finish_with_stdin_open().exits(1);
    let line = outcome.one_line();
    assert!(line.contains(", at least ") && line.contains(" bytes not delivered)"), "{}", outcome.stderr);
}

#[test]
fn a_slow_unix_peer_gets_everything() {
    let dir = dir();
    let path = dir.path().join("socket");
    let server = UnixDatagram::bind(&path).expect("a socket");
    server.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    let bytes = payload(100 * 1_000, 5);
    let run = nsock(&["-u", "-U", "--send-only", "--datagram", "1000", "-x", text(&path)]).stdin_file(&bytes).spawn();
    run.line("sent to");
    pass(0.1); // so that it has surely met a full queue, and waits to be told of room
    let mut got = Vec::new();
    let mut datagram = [0; 2_000];
    while got.len() < bytes.len() {
        let count = server.recv(&mut datagram).expect("a datagram");
        got.extend_from_slice(&datagram[..count]);
    }
    same(&got, &bytes);
    run.finish().exits(0);
}

#[test]
fn datagrams_are_dumped() {
    let (port, asked) = answer("pong");
    let outcome = client(port, &["-x"]).stdin_bytes("ping").run().exits(0).wrote(b"pong");
    for text in [format!("sent to 127.0.0.1 {port}: 4 bytes at 0"), "received from".into(), "70 6f 6e 67".into()] {
        assert!(outcome.stderr.contains(&text), "{}", outcome.stderr);
    }
    asked.join();
}

#[test]
fn what_comes_can_go_to_a_file() {
    let dir = dir();
    let file = dir.path().join("out");
    let (port, asked) = answer("pong");
    client(port, &["-o", text(&file)]).stdin_bytes("ping").run().exits(0).wrote(b"");
    asked.join();
    let mut got = Vec::new();
    std::fs::File::open(&file).expect("the file").read_to_end(&mut got).expect("read it");
    assert_eq!(got, b"pong");
}

#[test]
#[cfg_attr(feature = "portable", ignore = "nobody counts")]
fn what_the_kernel_dropped_is_counted_and_told() {
    let listener = bound(&[]).spawn();
    let speaker = speaker(&listener);
    listener.signal(Signal::STOP);
    for _ in 0..2_000 {
        speaker.send(&[b'x'; 1_000]).expect("send");
    }
    listener.signal(Signal::CONT);
    listener.signal(Signal::TERM);
    let outcome = listener.finish().died_of(Signal::TERM);
    let missed = outcome.event("missed");
    assert!(missed["datagrams"].as_u64().is_some_and(|count| (1..2_000).contains(&count)), "{missed}");
    assert_eq!(missed.as_object().expect("an object").keys().collect::<Vec<_>>(), ["time", "event", "datagrams"]);
}

#[test]
fn what_a_signal_leaves_of_stdin_is_told() {
    let dir = dir();
    let path = dir.path().join("socket");
    let _server = UnixDatagram::bind(&path).expect("a socket");
    let run = nsock(&["-u", "-U", "--datagram", "1000", "-x", text(&path)]).stdin_file(&payload(1_000_000, 6)).spawn();
    run.line("sent to");
    let before = run.ticks();
    pass(0.5);
    assert!(run.ticks() - before < 10, "it spins while the peer is full");
    run.signal(Signal::TERM);
    let outcome = run.finish().died_of(Signal::TERM);
    let told = outcome.stderr.lines().last().expect("a line");
    assert!(told.contains("ended by a signal (") && told.ends_with("bytes not delivered)"), "{told}");
}

#[test]
fn a_client_may_only_send_or_only_receive() {
    let (socket, port) = udp();
    client(port, &["--send-only"]).stdin_bytes("x").run().exits(0).silent().within(0.0, 0.9);
    assert_eq!(receive(&socket), b"x");
    let (free, own) = udp();
    drop(free);
    let run = client(port, &["-d", "-p", &own.to_string(), "-W", "2", "-vv"]).stdin_bytes("never sent").spawn();
    run.line("connecting to");
    let began = std::time::Instant::now();
    while run.runs() && began.elapsed() < LIMIT {
        let _ = socket.send_to(b"y", (HOST, own)); // refused until it is bound
        pass(0.02);
    }
    run.finish().exits(0).wrote(b"yy");
}

#[test]
fn a_deadline_ends_a_client_and_its_lookup() {
    let (_socket, port) = udp();
    let outcome = client(port, &["--deadline", "0.3"]).hold_stdin().spawn().finish_with_stdin_open().exits(124);
    assert!(outcome.one_line().contains("the deadline has passed"), "{}", outcome.stderr);
}

#[test]
fn a_name_is_looked_up_and_told() {
    let (port, asked) = answer("!");
    let run = nsock(&["-v", "-4", "-u", "localhost", &port.to_string()]).stdin_bytes("?").run().exits(0).wrote(b"!");
    assert!(
        run.stderr.starts_with(&format!("Connection to localhost (127.0.0.1) {port} port [udp/")),
        "{}",
        run.stderr
    );
    asked.join();
    nsock(&["-u", "-n", "localhost", &port.to_string()]).run().exits(4);
    nsock(&["-u", "nosuch.invalid", &port.to_string()]).run().exits(4);
}

#[test]
fn at_a_terminal_the_second_peer_brings_labels() {
    let mut terminal = Terminal::new();
    let listener = bound(&["-W", "3"]).stdout(terminal.stdio()).spawn();
    let (one, two) = (speaker(&listener), speaker(&listener));
    let ports = [&one, &two].map(|socket| socket.local_addr().expect("its address").port());
    one.send(b"alone").expect("send");
    assert_eq!(take(&mut terminal.person, 5), b"alone");
    two.send(b"hello\n").expect("send");
    let want = format!("\r\n\x1b[33m127.0.0.1 {}\x1b[0m: hello\r\n", ports[1]); // the terminal makes CRLF of LF
    assert_eq!(String::from_utf8_lossy(&take(&mut terminal.person, want.len())), want);
    one.send(b"x").expect("send");
    let want = format!("\x1b[32m127.0.0.1 {}\x1b[0m: x", ports[0]); // in a colour of its own
    assert_eq!(String::from_utf8_lossy(&take(&mut terminal.person, want.len())), want);
    listener.finish().exits(0);
}

#[test]
fn a_peer_that_takes_nothing_is_silent() {
    let dir = dir();
    let (path, own) = (dir.path().join("listener"), dir.path().join("own"));
    let lines = "a line\n".repeat(5000);
    let flags = ["--json", "-u", "-lU", "-w", "1", "--datagram", "line", text(&path)];
    let listener = nsock(&flags).stdin_file(lines.as_bytes()).spawn();
    listener.event("listen");
    let deaf = UnixDatagram::bind(&own).expect("a socket");
    deaf.send_to(b"x", &path).expect("a datagram");
    let outcome = listener.finish().exits(124).within(0.9, 8.0);
    assert!(outcome.number("error", "lost_bytes") > 0, "{}", outcome.stderr);
}
