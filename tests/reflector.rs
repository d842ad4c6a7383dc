//! The answering modes over datagrams (`-u -l` with `--echo`, `--reply`, `--hello` or `--discard`): each datagram is a
//! message and is answered to its sender, whoever else speaks, and nothing that comes ends the run.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own, and some peers are slow by nature")]

mod common;

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::*;
use nsock::report::SCHEMA;
use rustix::process::Signal;
use serde_json::Value;

/// The largest datagram of UDP over IPv4.
const LARGEST: usize = 65_507;

/// nsock answering datagrams on a free port of this host, telling its events as JSON.
fn answering(args: &[&str]) -> Program {
    listen(&["-u"]).args(args)
}

/// A socket that is connected to a server.
fn speaker(server: &Run) -> UdpSocket {
    speaker_to(server.port())
}

fn speaker_to(port: u16) -> UdpSocket {
    let socket = UdpSocket::bind((HOST, 0)).expect("a socket");
    socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    socket.connect((HOST, port)).expect("connect");
    socket
}

fn port_of(socket: &UdpSocket) -> u16 {
    socket.local_addr().expect("its address").port()
}

fn say(socket: &UdpSocket, bytes: impl AsRef<[u8]>) {
    socket.send(bytes.as_ref()).expect("send");
}

fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut bytes = vec![0; 70_000];
    let count = socket.recv(&mut bytes).expect("a datagram");
    bytes.truncate(count);
    bytes
}

/// Asserts what comes next.
#[track_caller]
fn hears(socket: &UdpSocket, want: impl AsRef<[u8]>) {
    same(&receive(socket), want.as_ref());
}

/// Asserts what comes back for this.
#[track_caller]
fn answers(socket: &UdpSocket, said: impl AsRef<[u8]>, want: impl AsRef<[u8]>) {
    say(socket, said);
    hears(socket, want);
}

/// All datagrams that are here.
fn all_here(socket: &UdpSocket) -> Vec<Vec<u8>> {
    socket.set_nonblocking(true).expect("O_NONBLOCK");
    let (mut bytes, mut all) = (vec![0; 70_000], Vec::new());
    loop {
        match socket.recv(&mut bytes) {
            Ok(count) => all.push(bytes[..count].to_vec()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return all,
            Err(error) => unexpected(&error),
        }
    }
}

/// A directory for sockets, and names in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A socket in it, that is connected to a server's.
    fn speaker(&self, name: &str, server: &Path) -> UnixDatagram {
        let socket = UnixDatagram::bind(self.path(name)).expect("a socket");
        socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        socket.set_write_timeout(Some(LIMIT)).expect("SO_SNDTIMEO");
        socket.connect(server).expect("connect");
        socket
    }
}

/// nsock answering at a path, once it listens.
fn answering_at(path: &Path, args: &[&str]) -> Run {
    let server = nsock(&["--json", "-u", "-lU"]).args(args).args([path]).spawn();
    assert_eq!(server.event("listen")["proto"], "unixgram");
    server
}

#[track_caller]
fn answers_at(socket: &UnixDatagram, said: impl AsRef<[u8]>, want: impl AsRef<[u8]>) {
    socket.send(said.as_ref()).expect("send");
    let mut bytes = vec![0; 200_000];
    let count = socket.recv(&mut bytes).expect("a datagram");
    same(&bytes[..count], want.as_ref());
}

// ---- what is answered ----

#[test]
fn an_echo_gives_each_datagram_back_to_its_sender() {
    let server = answering(&["--echo", "-W", "14"]).spawn();
    let speakers = [0; 3].map(|_| speaker(&server));
    for (n, speaker) in speakers.iter().enumerate() {
        say(speaker, format!("I am {n}\n"));
    }
    for (n, speaker) in speakers.iter().enumerate().rev() {
        hears(speaker, format!("I am {n}\n"));
        for said in [&b""[..], b"\0\xff\r\n\n", b"no line end"] {
            answers(speaker, said, said);
        }
    }
    let largest = payload(LARGEST, 1);
    answers(&speakers[0], &largest, &largest);
    answers(&speakers[1], "", "");
    server.finish().exits(0).wrote(b"");
}

#[test]
fn a_reply_answers_each_datagram_and_shows_what_came() {
    let server = answering(&["--reply", r"OK...{}\x21", "-W", "7"]).spawn();
    let speaker = speaker(&server);
    for (said, want) in [
        (&b"happy"[..], &b"OK...happy!"[..]),
        (b"happy\n", b"OK...happy!\n"),
        (b"happy\r\n", b"OK...happy!\r\n"),
        (b"one\ntwo\n", b"OK...one\ntwo!\n"),
        (b"\n", b"OK...!\n"),
        (b"", b"OK...!"),
        (b"\0\r\xff", b"OK...\0\r\xff!"),
    ] {
        answers(&speaker, said, want);
    }
    server.finish().exits(0).wrote(b"happyhappy\nhappy\r\none\ntwo\n\n\0\r\xff");
}

#[test]
fn a_cr_alone_ends_no_line() {
    let server = answering(&["--reply", "<{}>"]).spawn();
    answers(&speaker(&server), "a\r", "<a\r>");
}

#[test]
fn a_hello_has_no_greeting_and_forgets_who_says_exit() {
    let server = answering(&["--hello"]).spawn();
    let (speaker, other) = (speaker(&server), speaker(&server));
    answers(&speaker, "Michael", "Hello, Michael!");
    answers(&other, "Bob\r\n", "Hello, Bob!\r\n");
    for word in ["exit", "exit\n", "exit\r\n"] {
        say(&speaker, word);
        answers(&speaker, "Tracy", "Hello, Tracy!"); // the next answer, so the word got none
    }
    say(&other, "exit");
    let closes = server.events("close", 4);
    assert_eq!(closes[3]["port"], port_of(&other));
    assert!(server.runs());
    server.signal(Signal::TERM);
    server.finish().died_of(Signal::TERM).wrote(b"");
}

#[test]
fn a_discard_answers_nothing() {
    let server = answering(&["--discard", "-W", "3"]).spawn();
    let speaker = speaker(&server);
    for said in ["one", "", "three"] {
        say(&speaker, said);
    }
    server.finish().exits(0).wrote(b"");
    assert_eq!(all_here(&speaker), [b""; 0]);
}

#[test]
fn so_many_datagrams_are_answered_in_all() {
    let server = answering(&["--reply", "hi", "-W", "2"]).spawn();
    let speakers = [0; 2].map(|_| speaker(&server));
    for speaker in &speakers {
        answers(speaker, "x\n", "hi\n");
    }
    server.finish().exits(0).wrote(b"x\nx\n");
}

#[test]
fn an_answer_that_no_datagram_can_hold_harms_nobody() {
    let server = answering(&["--reply", "{}{}"]).spawn();
    let speakers = [0; 2].map(|_| speaker(&server));
    say(&speakers[0], payload(40_000, 2));
    say(&speakers[0], payload(LARGEST, 3));
    answers(&speakers[1], "ab", "abab");
    let half = payload(32_000, 4);
    answers(&speakers[0], &half, [&half[..], &half].concat());
    assert!(server.runs());
}

#[test]
fn thinking_stops_nobody_else() {
    let server = answering(&["--hello", "--delay", "1s"]).spawn();
    let visit = |count: usize| {
        let began = Instant::now();
        let speakers: Vec<UdpSocket> = (0..count).map(|_| speaker(&server)).collect();
        speakers.iter().for_each(|speaker| say(speaker, "Michael"));
        speakers.iter().for_each(|speaker| hears(speaker, "Hello, Michael!"));
        began.elapsed()
    };
    let one = visit(1);
    within(one, 1.0, 3.0);
    let thirty = visit(30);
    assert!(thirty < one * 2, "{thirty:?} for thirty, {one:?} for one");
}

#[test]
fn a_flood_that_is_thought_about_is_not_held_whole() {
    let answers_to_flood = |mode: &[&str]| {
        let server = answering(mode).spawn();
        let flood = speaker(&server);
        for n in 0..2_000 {
            say(&flood, payload(60_000, n));
        }
        let other = speaker(&server);
        other.set_read_timeout(Some(Duration::from_secs(1))).expect("SO_RCVTIMEO");
        let (began, mut bytes) = (Instant::now(), [0; 9]);
        while !matches!(other.send(b"?").and_then(|_| other.recv(&mut bytes)), Ok(1..)) {
            assert!(began.elapsed() < LIMIT, "the flood stops all answers"); // it may have pushed the question out
        }
        assert!(server.most_memory() < 30_000, "{mode:?}: {} KiB were held", server.most_memory());
    };
    answers_to_flood(&["--echo", "--delay", "300ms"]);
    answers_to_flood(&["--reply", "{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}"]); // too large to be sent
}

#[test]
fn what_was_thought_about_is_answered_before_the_last_datagram_ends_it() {
    let server = answering(&["--reply", "{}!", "--delay", "300ms", "-W", "3"]).spawn();
    let speakers = [0; 3].map(|_| speaker(&server));
    speakers.iter().for_each(|speaker| say(speaker, "x"));
    speakers.iter().for_each(|speaker| hears(speaker, "x!"));
    server.finish().exits(0).wrote(b"xxx").within(0.3, 3.0);
}

#[test]
fn no_more_answers_go_out_than_asked_for() {
    let server = answering(&["--echo", "--rate", "5", "-W", "100"]).spawn();
    let flood = speaker(&server);
    (0..100).for_each(|n| say(&flood, format!("{n}")));
    server.finish().exits(0);
    let heard = all_here(&flood);
    assert!((5..=10).contains(&heard.len()), "{} of 100 were answered", heard.len());
    for (n, answer) in heard.iter().take(5).enumerate() {
        assert_eq!(answer, n.to_string().as_bytes(), "the first of them are");
    }
}

#[test]
fn a_while_after_a_flood_there_are_answers_again() {
    let server = answering(&["--reply", "{}", "--rate", "5"]).hold_stdout().spawn();
    let flood = speaker(&server);
    (0..100).for_each(|_| say(&flood, "x"));
    take(server.stdout.as_ref().expect("held"), 100); // all of it came
    pass(1.1);
    let later = speaker(&server);
    for said in ["1", "2", "3"] {
        answers(&later, said, said);
    }
}

// ---- what harms nobody ----

#[test]
fn a_sender_that_is_gone_harms_nobody() {
    let server = answering(&["--echo"]).spawn();
    let other = speaker(&server);
    for n in 0..50 {
        say(&speaker(&server), "x"); // its answer is refused
        answers(&other, n.to_string(), n.to_string());
    }
    assert!(server.runs());
}

#[test]
fn a_flood_without_an_ear_harms_nobody() {
    let server = answering(&["--echo"]).spawn();
    let (deaf, other) = (speaker(&server), speaker(&server));
    let before = server.descriptors();
    for n in 0..3_000 {
        say(&deaf, payload(1_000, n));
    }
    other.set_read_timeout(Some(Duration::from_millis(200))).expect("SO_RCVTIMEO");
    let began = Instant::now();
    let mut bytes = [0; 9];
    while !matches!(other.send(b"served?").and_then(|_| other.recv(&mut bytes)), Ok(7)) {
        assert!(began.elapsed() < LIMIT, "the flood stops all answers"); // it may have pushed the question out
    }
    assert_eq!(server.descriptors(), before);
    assert!(server.most_memory() < 30_000, "{} KiB were held", server.most_memory());
}

#[test]
fn many_senders_cost_no_descriptors_and_little_memory() {
    let server = answering(&["--reply", "{}!"]).spawn();
    answers(&speaker(&server), "x", "x!");
    let (port, before) = (server.port(), server.descriptors());
    for n in 0..2_000 {
        answers(&speaker_to(port), n.to_string(), format!("{n}!"));
    }
    assert_eq!(server.descriptors(), before);
    assert!(server.most_memory() < 30_000, "{} KiB were held", server.most_memory());
}

#[test]
fn its_stdin_and_a_closed_stdout_do_not_matter() {
    for ends in ["</dev/null", "<&-", "</etc/passwd", ">&-", "<&- >&-"] {
        for mode in ["--echo", "--reply {}"] {
            let server = shell(&format!(r#"exec "$NSOCK" --json -u -l {mode} {HOST} 0 {ends}"#)).spawn();
            let speaker = speaker(&server);
            for said in ["one", "", "two\n"] {
                answers(&speaker, said, said);
            }
            assert!(server.runs(), "{ends}");
        }
    }
}

#[test]
fn stdouts_reader_leaving_ends_it_quietly() {
    let mut server = answering(&["--reply", "x"]).hold_stdout().spawn();
    let speaker = speaker(&server);
    answers(&speaker, "one", "x");
    let stdout = server.stdout.take().expect("held");
    assert_eq!(take(&stdout, 1), b"o");
    drop(stdout);
    let _ = speaker.send(b"two"); // refused when it has left before
    let outcome = server.finish_with_stdin_open().exits(0);
    assert!(!outcome.stderr.contains("\"error\""), "{}", outcome.stderr);
}

#[test]
fn what_came_can_go_to_a_file_and_have_labels() {
    let place = Place::new();
    let file = place.path("out");
    let server =
        answering(&["--reply", "hi", "-W", "2", "--label", "-o", file.to_str().expect("a path of ASCII")]).spawn();
    let speakers = [0; 2].map(|_| speaker(&server));
    for speaker in &speakers {
        answers(speaker, "hello\n", "hi\n");
    }
    server.finish().exits(0).wrote(b"");
    let want: String = speakers.iter().map(|speaker| format!("127.0.0.1 {}: hello\n", port_of(speaker))).collect();
    assert_eq!(fs::read_to_string(&file).expect("the file"), want);
}

// ---- where it listens ----

#[test]
fn both_ip_versions_are_answered_at_one_port() {
    if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return skipped("this machine has no ::1");
    }
    let server = nsock(&["--json", "-u", "-l", "--echo", "0"]).spawn();
    assert_eq!(server.events("listen", 2)[1]["proto"], "udp");
    for (addr, from) in [
        (SocketAddr::from((Ipv4Addr::LOCALHOST, server.port())), "127.0.0.1:0"),
        (SocketAddr::from((Ipv6Addr::LOCALHOST, server.port())), "[::1]:0"),
    ] {
        let socket = UdpSocket::bind(from).expect("a socket");
        socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        socket.connect(addr).expect("connect");
        answers(&socket, "happy", "happy");
    }
}

#[test]
fn a_stream_server_has_the_same_port_number() {
    let streams = listen(&["-k", "--hello"]).spawn();
    let port = streams.port();
    let datagrams = nsock(&["--json", "-u", "-l", "--hello", HOST, &port.to_string()]).spawn();
    answers(&speaker(&datagrams), "Michael", "Hello, Michael!");
    let mut peer = TcpStream::connect((HOST, port)).expect("connect");
    peer.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    peer.write_all(b"Michael").expect("send");
    assert_eq!(take(&peer, 23), b"Welcome!Hello, Michael!");
    answers(&speaker(&datagrams), "Bob", "Hello, Bob!");
}

// ---- Unix sockets ----

#[test]
fn unix_datagrams_are_answered_to_their_senders() {
    let place = Place::new();
    let path = place.path("server");
    let server = answering_at(&path, &["--echo"]);
    let speakers = ["a", "b", "c"].map(|name| place.speaker(name, &path));
    for (n, speaker) in speakers.iter().enumerate() {
        let large = payload(LARGEST, 5);
        for said in [format!("I am {n}\n").as_bytes(), b"", b"\0\xff", &large] {
            answers_at(speaker, said, said);
        }
    }
    server.signal(Signal::TERM);
    server.finish().died_of(Signal::TERM);
    assert!(!path.exists(), "the socket's file was left behind");
    let server = answering_at(&path, &["--hello"]);
    let speaker = place.speaker("d", &path);
    answers_at(&speaker, "Michael\n", "Hello, Michael!\n");
    speaker.send(b"exit").expect("send");
    answers_at(&speaker, "Bob", "Hello, Bob!");
    drop(server);
    let _ = fs::remove_file(&path);
    let server = answering_at(&path, &["--reply", "hi", "-W", "2"]);
    let speaker = place.speaker("e", &path);
    answers_at(&speaker, "one\n", "hi\n");
    answers_at(&speaker, "", "hi");
    server.finish().exits(0).wrote(b"one\n");
}

#[test]
fn who_has_no_name_or_left_or_never_reads_harms_no_unix_peer() {
    let place = Place::new();
    let path = place.path("server");
    let server = answering_at(&path, &["--echo"]);
    let (deaf, gone, other) = (place.speaker("deaf", &path), place.speaker("gone", &path), place.speaker("o", &path));
    let nameless = UnixDatagram::unbound().expect("a socket");
    nameless.connect(&path).expect("connect");
    nameless.send(b"who am I?").expect("send");
    answers_at(&other, "one", "one");
    gone.send(b"x").expect("send");
    fs::remove_file(place.path("gone")).expect("remove a socket's file");
    drop(gone);
    answers_at(&other, "two", "two");
    for n in 0..200 {
        deaf.send(b"more than its queue holds").expect("send");
        if n % 10 == 0 {
            answers_at(&other, n.to_string(), n.to_string());
        }
    }
    let before = server.ticks();
    pass(0.5);
    assert!(server.ticks() - before <= 2, "it spins while a peer's queue is full");
    answers_at(&other, "three", "three");
    assert!(server.runs());
}

// ---- what is told ----

#[test]
fn events_are_as_the_schema_has_them() {
    let server = answering(&["--hello", "-W", "2"]).spawn();
    let speaker = speaker(&server);
    answers(&speaker, "ann", "Hello, ann!");
    answers(&speaker, "", "Hello, !");
    let outcome = server.finish().exits(0);
    let mut names = Vec::new();
    for line in outcome.stderr.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let keys: Vec<&str> = event.as_object().expect("an object").keys().map(String::as_str).collect();
        let name = event["event"].as_str().expect("a name");
        let (_, fields, _) = SCHEMA.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(keys, ["time", "event"].into_iter().chain(fields.split(' ')).collect::<Vec<_>>(), "{line}");
        names.push(name.to_owned());
    }
    for name in ["listen", "accept", "close"] {
        assert_eq!(names.iter().filter(|told| *told == name).count(), 1, "{name} in {names:?}");
    }
    let close = outcome.event("close");
    assert_eq!((close["sent_bytes"].as_u64(), close["received_bytes"].as_u64()), (Some(19), Some(3)));
    assert_eq!((&close["by"], &close["port"]), (&"local".into(), &port_of(&speaker).into()));
}

#[test]
fn verbose_tells_who_spoke() {
    let server = nsock(&["-v", "-u", "-l", "--echo", HOST, "0"]).spawn();
    let bound = server.line("Bound on 127.0.0.1 ");
    let port: u16 = bound.split_whitespace().nth(3).expect("a port").parse().expect("a port");
    let socket = UdpSocket::bind((HOST, 0)).expect("a socket");
    socket.send_to(b"happy", (HOST, port)).expect("send");
    server.line(&format!("Connection received on 127.0.0.1 {}", port_of(&socket)));
}

#[test]
fn an_answer_that_a_signal_cuts_short_is_told_with_whom_it_was_for() {
    let server = answering(&["--echo", "--delay", "1h"]).spawn();
    let socket = speaker(&server);
    say(&socket, "hello");
    server.event("accept");
    server.signal(Signal::TERM);
    let outcome = server.finish().died_of(Signal::TERM);
    let error = outcome.event("error");
    assert_eq!((&error["port"], &error["lost_bytes"]), (&port_of(&socket).into(), &5.into()), "{error}");
}
