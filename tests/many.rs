//! Many peers at once (`-k`): what each hears and says, that none of them holds up, cuts short or starves another, the
//! limits on how many are served, and what a crowd costs.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own, and some peers are slow by nature")]

mod common;

use std::fs;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use common::*;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

const MB: usize = 1_000_000;

/// nsock serving many peers on a free port of this host, telling its events as JSON.
fn hub(args: &[&str]) -> Program {
    listen(&["-k"]).args(args)
}

/// Connects so many, and waits until all of them are served.
fn crowd(hub: &Run, count: usize) -> Vec<TcpStream> {
    let before = count_told(hub, "accept");
    let crowd: Vec<TcpStream> = (0..count).map(|_| patient(hub.connect())).collect();
    hub.events("accept", before + count);
    crowd
}

/// Fails the test when it is waited for too long.
fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    stream
}

/// How many events of this name were told so far.
fn count_told(run: &Run, event: &str) -> usize {
    run.told().matches(&format!("\"event\":\"{event}\"")).count()
}

fn say(mut to: impl Write, bytes: impl AsRef<[u8]>) {
    to.write_all(bytes.as_ref()).expect("send");
}

/// Writes to the stdin of what runs.
fn type_in(run: &Run, bytes: impl AsRef<[u8]>) {
    say(run.stdin.as_ref().expect("held"), bytes);
}

fn port_of(stream: &TcpStream) -> u16 {
    stream.local_addr().expect("its address").port()
}

/// Reads to the end, which may be a reset.
fn until_closed(mut stream: &TcpStream) -> usize {
    let (mut bytes, mut all) = (vec![0; 65_536], 0);
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return all,
            Ok(count) => all += count,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return all,
            Err(error) => unexpected(&error),
        }
    }
}

/// Asserts that hardly any processor time is used for a second.
#[track_caller]
fn rests(run: &Run) {
    let before = run.ticks();
    pass(1.0);
    let spent = run.ticks() - before;
    assert!(spent <= 2, "{spent} ticks were spent on nothing");
}

/// May open few files.
const NARROW: &str = r#"ulimit -n 40; exec "$NSOCK" --json -lk 127.0.0.1 0"#;

/// How many more descriptors one that may open few files gets.
fn room(narrow: &Run) -> usize {
    let dir = fs::read_dir(format!("/proc/{}/fd", narrow.pid())).expect("read /proc/PID/fd");
    let names = dir.map(|entry| entry.expect("an entry").file_name());
    40 - names.filter(|name| name.to_str().expect("a number").parse::<u32>().expect("a number") < 40).count()
}

// ---- what they hear ----

#[test]
fn what_stdin_gives_goes_to_all_who_are_here() {
    let mut hub = hub(&[]).hold_stdin().spawn();
    let first = crowd(&hub, 3);
    type_in(&hub, "one\n");
    for peer in &first {
        assert_eq!(take(peer, 4), b"one\n");
    }
    let late = crowd(&hub, 1);
    type_in(&hub, "two\n");
    for peer in first.iter().chain(&late) {
        assert_eq!(take(peer, 4), b"two\n");
    }
    let big = payload(3 * MB, 1);
    let readers: Vec<_> = first.into_iter().chain(late).map(|peer| task(move || slurp(peer))).collect();
    type_in(&hub, &big);
    hub.stdin = None;
    for reader in readers {
        same(&reader.join(), &big);
    }
}

#[test]
fn stdin_is_read_once_somebody_is_there_to_hear_it() {
    let hub = hub(&[]).stdin_bytes("welcome\n").spawn();
    hub.event("listen");
    pass(0.3);
    assert_eq!(slurp(patient(hub.connect())), b"welcome\n");
}

#[test]
fn a_file_goes_whole_to_each_peer_from_its_offset_on() {
    let page = payload(3 * MB, 2);
    let mut file = file_of(&page);
    file.seek(SeekFrom::Start(1000)).expect("seek");
    let hub = hub(&[]).stdin(file).spawn();
    let readers: Vec<_> = crowd(&hub, 5).into_iter().map(|peer| task(move || slurp(peer))).collect();
    for reader in readers {
        same(&reader.join(), &page[1000..]);
    }
    same(&slurp(patient(hub.connect())), &page[1000..]); // who comes when the others have it all
}

#[test]
fn a_file_has_its_lines_ends_changed_for_each_peer() {
    let text = "one\ntwo\r\nthree\n".repeat(50_000);
    let want = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let hub = hub(&["-C"]).stdin_file(text.as_bytes()).spawn();
    let readers: Vec<_> = crowd(&hub, 3).into_iter().map(|peer| task(move || slurp(peer))).collect();
    for reader in readers {
        same(&reader.join(), want.as_bytes());
    }
}

#[test]
fn a_slow_reader_of_a_file_gets_it_whole_and_holds_up_nobody() {
    let page = payload(20 * MB, 3);
    let hub = hub(&[]).stdin_file(&page).spawn();
    let slow = patient(hub.connect());
    hub.event("accept");
    same(&slurp(patient(hub.connect())), &page);
    pass(1.5); // its queue has had something in it for longer than anybody's patience
    same(&slurp(slow), &page);
    assert_eq!(count_told(&hub, "error"), 0, "{}", hub.told());
}

#[test]
fn a_file_goes_whole_to_a_peer_that_half_closed_first() {
    let page = payload(3 * MB, 8);
    let hub = hub(&[]).stdin_file(&page).spawn();
    let peer = patient(hub.connect());
    say(&peer, "GET /");
    half_close(&peer);
    same(&slurp(peer), &page);
    assert_eq!(hub.event("close")["sent_bytes"], page.len());
}

#[test]
fn what_is_left_of_a_file_is_told_to_the_byte_for_each_peer_that_leaves() {
    let hub = hub(&["--accept", "3"]).stdin_file(&payload(20 * MB, 9)).spawn();
    for peer in crowd(&hub, 3) {
        take(&peer, MB);
        reset(peer);
    }
    let outcome = hub.finish().exits(1);
    let of = |name: &str| outcome.events().into_iter().filter(|event| event["event"] == name).collect::<Vec<_>>();
    let (errors, closes) = (of("error"), of("close"));
    assert_eq!((errors.len(), closes.len()), (3, 3), "{}", outcome.stderr);
    for close in closes {
        let error = errors.iter().find(|error| error["port"] == close["port"]).expect("each one's loss is told");
        let (lost, sent) = (error["lost_bytes"].as_u64(), close["sent_bytes"].as_u64());
        assert_eq!(lost.expect("a number") + sent.expect("a number"), 20_000_000, "{error}");
    }
}

#[test]
fn the_end_of_stdin_is_the_end_for_those_who_heard_something() {
    let mut hub = hub(&[]).hold_stdin().hold_stdout().spawn();
    let stdout = hub.stdout.take().expect("held");
    let heard = crowd(&hub, 2);
    type_in(&hub, "all there is");
    hub.stdin = None;
    for peer in &heard {
        assert_eq!(slurp(peer), b"all there is");
        say(peer, "thanks");
        assert_eq!(take(&stdout, 6), b"thanks");
    }
    let late = crowd(&hub, 1);
    stays_silent(&late[0], 0.3);
    say(&late[0], "hello");
    assert_eq!(take(&stdout, 5), b"hello");
}

#[test]
fn with_nothing_on_stdin_the_peers_end_comes_first() {
    let mut hub = hub(&[]).hold_stdout().spawn();
    let stdout = hub.stdout.take().expect("held");
    let peers = crowd(&hub, 2);
    for peer in &peers {
        stays_silent(peer, 0.3);
        say(peer, "late");
        assert_eq!(take(&stdout, 4), b"late");
        half_close(peer);
        assert_eq!(slurp(peer), b"");
    }
    hub.events("close", 2);
}

// ---- what they say ----

#[test]
fn what_all_peers_say_comes_out_and_nothing_is_lost() {
    let hub = hub(&["--accept", "8"]).spawn();
    let speakers: Vec<_> = crowd(&hub, 8)
        .into_iter()
        .zip(b'a'..)
        .map(|(peer, letter)| task(move || say(peer, vec![letter; MB])))
        .collect();
    speakers.into_iter().for_each(Task::join);
    let outcome = hub.finish().exits(0);
    assert_eq!(outcome.stdout.len(), 8 * MB);
    for letter in b'a'..=b'h' {
        assert_eq!(outcome.stdout.iter().filter(|&&byte| byte == letter).count(), MB);
    }
}

#[test]
fn what_a_peer_says_at_once_comes_out_in_one_piece_however_slow_the_reader() {
    const SAID: usize = 30_000;
    let mut hub = hub(&["--accept", "7"]).hold_stdout().spawn();
    let mut stdout = hub.stdout.take().expect("held");
    let mut peers = crowd(&hub, 7);
    let first = peers.remove(0);
    let speaker = task(move || say(first, vec![b'.'; 500_000]));
    speaker.join(); // more than a pipe holds: nobody is read from now
    for (peer, letter) in peers.into_iter().zip(b'a'..) {
        say(peer, vec![letter; SAID]);
    }
    let (mut piece, mut all) = (vec![0; 7000], Vec::new());
    loop {
        match stdout.read(&mut piece).expect("read a pipe") {
            0 => break,
            count => all.extend_from_slice(&piece[..count]),
        }
    }
    let runs: Vec<_> = all.chunk_by(|a, b| a == b).filter(|run| run[0] != b'.').map(<[u8]>::len).collect();
    assert_eq!(runs, [SAID; 6]);
    hub.finish().exits(0);
}

#[test]
fn each_line_comes_out_whole_after_the_name_of_its_peer() {
    let hub = hub(&["--label", "--accept", "6"]).spawn();
    let peers = crowd(&hub, 6);
    let ports: Vec<u16> = peers.iter().map(port_of).collect();
    let speakers: Vec<_> = peers
        .into_iter()
        .map(|peer| task(move || (0..500).for_each(|n| say(&peer, format!("this is line {n}\n")))))
        .collect();
    speakers.into_iter().for_each(Task::join);
    let outcome = hub.finish().exits(0);
    let text = String::from_utf8(outcome.stdout).expect("text");
    assert_eq!(text.lines().count(), 3000);
    for port in ports {
        let label = format!("127.0.0.1 {port}: ");
        let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(&label)).collect();
        assert_eq!(lines, (0..500).map(|n| format!("this is line {n}")).collect::<Vec<_>>());
    }
}

#[test]
fn an_unfinished_line_is_ended_before_anothers_line() {
    let mut hub = hub(&["--label", "--accept", "2"]).hold_stdout().spawn();
    let stdout = hub.stdout.take().expect("held");
    let peers = crowd(&hub, 2);
    let labels: Vec<String> = peers.iter().map(|peer| format!("127.0.0.1 {}: ", port_of(peer))).collect();
    let hears = |n: usize, said: &str, want: String| {
        say(&peers[n], said);
        assert_eq!(String::from_utf8_lossy(&take(&stdout, want.len())), want);
    };
    hears(0, "hel", format!("{}hel", labels[0]));
    hears(0, "lo", "lo".into());
    hears(1, "one\n", format!("\n{}one\n", labels[1]));
    hears(0, "there\n", format!("{}there\n", labels[0]));
}

// ---- those who hold up others ----

#[test]
fn peers_that_never_read_are_closed_after_a_second_and_the_others_get_everything() {
    let bytes = payload(40 * MB, 4);
    let mut hub = hub(&[]).hold_stdin().spawn();
    let deaf = crowd(&hub, 20);
    let readers: Vec<_> = crowd(&hub, 3).into_iter().map(|peer| task(move || slurp(peer))).collect();
    let (mut stdin, fed) = (hub.stdin.take().expect("held"), bytes.clone());
    let began = Instant::now();
    let feeder = task(move || stdin.write_all(&fed).expect("feed stdin"));
    let closes = hub.events("close", 20);
    assert!(hub.memory() < 20_000, "{} KiB are held", hub.memory());
    within(began.elapsed(), 1.0, 6.0);
    for reader in readers {
        same(&reader.join(), &bytes);
    }
    within(began.elapsed(), 1.0, 8.0);
    feeder.join();
    assert!(hub.memory() < 20_000, "{} KiB are held", hub.memory());
    let errors = hub.events("error", 20);
    for (n, peer) in deaf.iter().enumerate() {
        let port = port_of(peer);
        let lost =
            errors.iter().find(|error| error["port"] == port).unwrap_or_else(|| panic!("peer {n} is not told of"));
        assert!(lost["lost_bytes"].as_u64() >= Some(256 * 1024), "{lost}");
        let close = closes.iter().find(|close| close["port"] == port).expect("its end is told");
        assert_eq!(close["by"], "local");
        assert!(close["duration_s"].as_f64() >= Some(1.0), "{close}");
    }
}

#[test]
fn who_reads_again_within_a_second_stays() {
    let bytes = payload(40 * MB, 5);
    let mut hub = hub(&[]).hold_stdin().spawn();
    let peer = crowd(&hub, 1).remove(0);
    let (mut stdin, fed) = (hub.stdin.take().expect("held"), bytes.clone());
    let feeder = task(move || stdin.write_all(&fed).expect("feed stdin"));
    let mut got = Vec::new();
    while got.len() < 20 * MB {
        got.extend(take(&peer, 5 * MB));
        pass(0.5);
    }
    got.extend(slurp(peer));
    same(&got, &bytes);
    feeder.join();
    assert_eq!(count_told(&hub, "error"), 0, "{}", hub.told());
}

#[test]
fn while_stdouts_reader_stalls_nothing_grows_or_spins_and_then_all_arrives() {
    let mut hub = hub(&["--accept", "3"]).hold_stdout().spawn();
    let stdout = hub.stdout.take().expect("held");
    let (tell, stuck) = std::sync::mpsc::channel();
    let speakers: Vec<_> = crowd(&hub, 3)
        .into_iter()
        .zip(b'a'..)
        .map(|(mut peer, letter)| {
            let tell = tell.clone();
            peer.set_write_timeout(Some(Duration::from_millis(500))).expect("SO_SNDTIMEO");
            task(move || {
                let mut left = 20 * MB;
                while left > 0 {
                    match peer.write(&vec![letter; left.min(MB)]) {
                        Ok(count) => left -= count,
                        Err(error) if error.kind() == ErrorKind::WouldBlock => drop(tell.send(letter)),
                        Err(error) => unexpected(&error),
                    }
                }
            })
        })
        .collect();
    let mut halted = Vec::new();
    while halted.len() < 3 {
        let letter = stuck.recv_timeout(LIMIT).expect("all get stuck");
        if !halted.contains(&letter) {
            halted.push(letter);
        }
    }
    assert!(hub.memory() < 20_000, "{} KiB are held", hub.memory());
    rests(&hub);
    let written = slurp(stdout);
    speakers.into_iter().for_each(Task::join);
    assert_eq!(written.len(), 60 * MB);
    for letter in b'a'..=b'c' {
        assert_eq!(written.iter().filter(|&&byte| byte == letter).count(), 20 * MB);
    }
    hub.finish().exits(0);
}

#[test]
fn a_peer_that_resets_harms_nobody() {
    let mut hub = hub(&[]).hold_stdin().hold_stdout().spawn();
    let stdout = hub.stdout.take().expect("held");
    let mut peers = crowd(&hub, 3);
    type_in(&hub, "one");
    peers.iter().for_each(|peer| assert_eq!(take(peer, 3), b"one"));
    reset(peers.remove(1));
    let close = hub.event("close");
    assert_eq!((&close["conn"], &close["how"]), (&2.into(), &"rst".into()));
    type_in(&hub, "two");
    for peer in &peers {
        assert_eq!(take(peer, 3), b"two");
        say(peer, "here");
        assert_eq!(take(&stdout, 4), b"here");
    }
    assert_eq!(count_told(&hub, "close"), 1);
}

#[test]
fn a_peer_that_asks_without_reading_the_answers_costs_no_memory() {
    let hub = hub(&["-t"]).spawn();
    let mut peer = hub.connect();
    peer.set_write_timeout(Some(Duration::from_millis(500))).expect("SO_SNDTIMEO");
    let questions = b"\xff\xfd\x01".repeat(100_000);
    let (began, mut most) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(3) && peer.write_all(&questions).is_ok() {
        most = most.max(hub.memory());
    }
    assert!(most < 30_000, "{most} KiB were held");
    assert!(hub.runs());
}

// ---- how many ----

#[test]
fn with_few_descriptors_all_are_served_in_the_end() {
    let script = r#"ulimit -n 40; exec "$NSOCK" --json -lk --accept 100 127.0.0.1 0"#;
    let hub = shell(script).spawn();
    let crowd: Vec<TcpStream> = (0..100).map(|_| hub.connect()).collect();
    crowd.iter().for_each(|peer| say(peer, "x"));
    let error = hub.line("Too many open files");
    assert!(error.contains("\"fatal\":false"), "{error}");
    rests(&hub);
    assert!(hub.runs());
    drop(crowd);
    hub.finish().exits(0).wrote(&[b'x'; 100]);
}

#[test]
fn descriptors_that_just_suffice_are_no_reason_to_spin_once_peers_leave() {
    let hub = shell(NARROW).spawn();
    let first = crowd(&hub, 1); // it has opened all it needs
    let room = room(&hub);
    let crowd = crowd(&hub, room);
    rests(&hub);
    drop(first);
    hub.event("close");
    rests(&hub);
    drop(crowd);
    hub.events("close", room + 1);
    rests(&hub);
}

#[test]
fn who_leaves_before_the_others_are_served_again_is_no_reason_to_spin() {
    let hub = shell(NARROW).spawn();
    let first = crowd(&hub, 1);
    let room = room(&hub);
    let mut crowd = crowd(&hub, room);
    let next = hub.connect();
    hub.line("Too many open files");
    drop(first);
    let accepts = hub.events("accept", room + 2);
    assert_eq!(accepts[room + 1]["port"], port_of(&next));
    crowd.truncate(room / 2);
    hub.events("close", 1 + room - room / 2);
    rests(&hub);
}

#[test]
fn no_more_are_served_at_once_than_asked_for() {
    let mut hub = hub(&["-m", "2"]).hold_stdout().spawn();
    let stdout = hub.stdout.take().expect("held");
    let mut served = crowd(&hub, 2);
    let next = hub.connect();
    say(&next, "next");
    say(&served[0], "here");
    assert_eq!(take(&stdout, 4), b"here");
    pass(0.3);
    assert_eq!(count_told(&hub, "accept"), 2);
    drop(served.remove(0));
    assert_eq!(take(&stdout, 4), b"next");
    assert_eq!(hub.events("accept", 3)[2]["port"], port_of(&next));
}

#[test]
fn nobody_is_served_when_none_may_be() {
    let hub = hub(&["-m", "0"]).spawn();
    let peer = hub.connect();
    say(&peer, "hello");
    stays_silent(&peer, 0.5);
    assert_eq!(count_told(&hub, "accept"), 0);
    rests(&hub);
    hub.signal(Signal::TERM);
    hub.finish().died_of(Signal::TERM).wrote(b"");
}

#[test]
fn a_machine_gets_no_more_connections_than_asked_for_and_others_still_do() {
    let hub = hub(&["--max-conns-per-host", "2"]).spawn();
    let mut here = crowd(&hub, 2);
    assert_eq!(until_closed(&patient(hub.connect())), 0);
    let other = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let address = |address: Ipv4Addr, port: u16| SocketAddr::from((address, port)).into();
    other.bind(&address(Ipv4Addr::new(127, 0, 0, 2), 0)).expect("another address of this host");
    other.connect(&address(Ipv4Addr::LOCALHOST, hub.port())).expect("connect");
    assert_eq!(hub.events("accept", 3)[2]["addr"], "127.0.0.2");
    stays_silent(&here[0], 0.1);
    drop(here.pop());
    hub.event("close");
    let again = crowd(&hub, 1);
    stays_silent(&again[0], 0.1);
}

#[test]
fn who_is_turned_away_is_told_with_verbose_only() {
    for (args, told) in [(&["-v"][..], true), (&[], false)] {
        let port_file = PortFile::new();
        let hub = nsock(&["-lk", "--max-conns-per-host", "1"]).args(args).args(port_file.args()).args([HOST, "0"]);
        let hub = hub.hold_stdin().spawn();
        let port = port_file.port();
        let first = patient(TcpStream::connect((HOST, port)).expect("connect"));
        let second = patient(TcpStream::connect((HOST, port)).expect("connect"));
        assert_eq!(until_closed(&second), 0);
        drop(first);
        hub.signal(Signal::TERM);
        let outcome = hub.finish().died_of(Signal::TERM);
        assert_eq!(outcome.stderr.contains(&port_of(&second).to_string()), told, "{}", outcome.stderr);
    }
}

#[test]
fn it_leaves_when_as_many_were_served_as_asked_for() {
    let hub = hub(&["--accept", "3"]).spawn();
    let port = hub.port();
    let mut peers = crowd(&hub, 2);
    drop(peers.pop());
    hub.event("close");
    peers.extend(crowd(&hub, 1));
    let began = Instant::now(); // a closed socket lives on for a moment, in a child that another test has forked
    while TcpStream::connect((HOST, port)).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(2), "it listens on");
        pass(0.01);
    }
    assert_eq!(count_told(&hub, "accept"), 3);
    for peer in peers {
        assert!(hub.runs());
        say(&peer, "bye");
    }
    hub.finish().exits(0).wrote(b"byebye");
}

// ---- when one of them is over ----

#[test]
fn the_silent_one_goes_and_the_talking_one_stays() {
    let hub = hub(&["--idle-timeout", "600ms"]).hold_stdin().spawn();
    let began = Instant::now();
    let peers = crowd(&hub, 2);
    let (talking, silent) = (&peers[0], peers[1].try_clone().expect("duplicate"));
    let gone = task(move || (until_closed(&silent), Instant::now()));
    for _ in 0..15 {
        say(talking, "I am here\n");
        pass(0.1);
    }
    let (bytes, at) = gone.join();
    assert_eq!(bytes, 0);
    within(at - began, 0.6, 1.3);
    let close = hub.event("close");
    assert_eq!((&close["conn"], &close["by"], &close["how"]), (&2.into(), &"idle".into(), &"timeout".into()));
    assert_eq!(count_told(&hub, "close"), 1);
    type_in(&hub, "yes");
    assert_eq!(take(talking, 3), b"yes");
}

#[test]
fn a_pause_between_lines_is_no_silence() {
    let hub = hub(&["-i", "1.5", "-w", "0.7"]).hold_stdin().spawn();
    let mut peer = crowd(&hub, 1).remove(0);
    type_in(&hub, "one\ntwo\n");
    assert_eq!(take(&mut peer, 8), b"one\ntwo\n");
}

#[test]
fn silence_is_a_time_out_whatever_was_not_delivered() {
    let hub = hub(&["--accept", "1", "-w", "0.5"]).stdin_file(&payload(12 * MB, 23)).spawn();
    let peer = hub.connect();
    let outcome = hub.finish().exits(124);
    assert_eq!(outcome.event("error")["reason"], "silent for too long");
    drop(peer);
}

#[test]
fn so_many_chunks_are_taken_of_each_peer() {
    let mut hub = hub(&["-W", "2"]).hold_stdout().spawn();
    let stdout = hub.stdout.take().expect("held");
    let peers = crowd(&hub, 2);
    for (n, said) in [(0, "one"), (1, "two"), (0, "six")] {
        say(&peers[n], said);
        assert_eq!(take(&stdout, 3), said.as_bytes());
    }
    assert_eq!(slurp(&peers[0]), b"");
    stays_silent(&peers[1], 0.2);
    say(&peers[1], "ten");
    assert_eq!(take(&stdout, 3), b"ten");
    assert_eq!(slurp(&peers[1]), b"");
    let late = crowd(&hub, 1);
    say(&late[0], "new");
    assert_eq!(take(&stdout, 3), b"new");
}

#[test]
fn a_word_stops_who_says_it_and_nobody_else() {
    let mut hub = hub(&["--stop", "bye"]).hold_stdin().hold_stdout().spawn();
    let stdout = hub.stdout.take().expect("held");
    let peers = crowd(&hub, 2);
    say(&peers[0], "goodbye\n");
    assert_eq!(take(&stdout, 8), b"goodbye\n");
    say(&peers[0], "bye\n");
    assert_eq!(take(&stdout, 4), b"bye\n");
    assert_eq!(slurp(&peers[0]), b"");
    type_in(&hub, "who is left?");
    assert_eq!(take(&peers[1], 12), b"who is left?");
    say(&peers[1], "bye"); // without a line end
    assert_eq!(slurp(&peers[1]), b"");
    assert!(hub.runs());
}

#[test]
fn a_line_that_a_slow_reader_parts_is_no_word_that_stops() {
    let (stdout, mut write) = pipe();
    rustix::pipe::fcntl_setpipe_size(&write, 4096).expect("F_SETPIPE_SZ");
    say(&mut write, [b'.'; 4096]);
    let hub = hub(&["--accept", "1", "--stop", "bye"]).stdout(write).spawn();
    let peer = hub.connect();
    say(&peer, "\nbye");
    hub.event("first_byte");
    pass(0.3); // longer than a silence that ends a line, but nobody listens
    say(&peer, "bye\n");
    half_close(&peer);
    assert_eq!(slurp(stdout)[4096..], *b"\nbyebye\n");
    hub.finish().exits(0);
}

#[test]
fn each_peers_telnet_options_are_refused() {
    let mut hub = hub(&["-t"]).hold_stdout().spawn();
    let stdout = hub.stdout.take().expect("held");
    let peers = crowd(&hub, 3);
    for peer in &peers {
        say(peer, b"he\xff\xfd\x01l\xff\xfb\x03lo");
        assert_eq!(take(peer, 6), b"\xff\xfc\x01\xff\xfe\x03");
        assert_eq!(take(&stdout, 5), b"hello");
    }
    say(&peers[0], b"\xff"); // one's unfinished sequence
    say(&peers[1], b"\xfb\xff\xff");
    assert_eq!(take(&stdout, 2), b"\xfb\xff"); // is not another's
}

#[test]
fn a_signal_is_told_for_each_peer_and_died_of() {
    let hub = hub(&[]).hold_stdin().spawn();
    let peers = crowd(&hub, 3);
    type_in(&hub, "hello");
    peers.iter().for_each(|peer| assert_eq!(take(peer, 5), b"hello"));
    hub.signal(Signal::TERM);
    let outcome = hub.finish_with_stdin_open().died_of(Signal::TERM);
    let closes: Vec<_> = outcome.events().into_iter().filter(|event| event["event"] == "close").collect();
    assert_eq!(closes.len(), 3, "{}", outcome.stderr);
    for close in closes {
        assert_eq!((&close["by"], &close["sent_bytes"]), (&"signal".into(), &5.into()));
    }
}

#[test]
fn what_a_signal_keeps_from_peers_is_told() {
    let mut hub = hub(&[]).hold_stdin().spawn();
    let peer = crowd(&hub, 1).remove(0);
    let mut stdin = hub.stdin.take().expect("held");
    let (tell, fed) = std::sync::mpsc::channel();
    let feeder = task(move || while stdin.write_all(&[b'x'; 10_000]).is_ok() && tell.send(()).is_ok() {});
    while fed.recv_timeout(Duration::from_millis(300)).is_ok() {} // until all is full, which lasts a second
    hub.signal(Signal::TERM);
    let outcome = hub.finish().died_of(Signal::TERM);
    feeder.join();
    let got = until_closed(&peer) as u64;
    let (sent, lost) = (outcome.number("close", "sent_bytes"), outcome.number("error", "lost_bytes"));
    assert!(lost >= 256 * 1024 && got <= sent, "{}", outcome.stderr);
}

#[test]
fn what_waits_for_its_time_when_a_signal_comes_is_told() {
    let hub = hub(&["-i", "60"]).hold_stdin().spawn();
    let mut peer = crowd(&hub, 1).remove(0);
    type_in(&hub, "one\ntwo\n");
    assert_eq!(take(&mut peer, 4), b"one\n");
    hub.signal(Signal::TERM);
    let outcome = hub.finish().died_of(Signal::TERM);
    assert_eq!(outcome.number("error", "lost_bytes"), 4);
}

#[test]
fn no_deadline_spoils_a_run_whose_work_is_done() {
    let hub = hub(&["--accept", "1", "-W", "1", "--deadline", "900ms"]).spawn();
    let peer = hub.connect();
    say(&peer, "x");
    let outcome = hub.finish().exits(0).wrote(b"x");
    assert_eq!((&outcome.event("close")["by"], &outcome.event("close")["how"]), (&"local".into(), &"fin".into()));
    assert!(!outcome.stderr.contains("\"error\""), "{}", outcome.stderr);
}

#[test]
fn the_run_ends_when_stdouts_reader_leaves() {
    let mut hub = hub(&[]).hold_stdin().hold_stdout().spawn();
    let peers = crowd(&hub, 2);
    say(&peers[0], "x");
    drop(hub.stdout.take());
    let outcome = hub.finish_with_stdin_open().exits(0);
    assert_eq!(outcome.events().iter().filter(|event| event["event"] == "error").count(), 0, "{}", outcome.stderr);
    assert_eq!(until_closed(&peers[1]), 0);
}

// ---- what a crowd costs ----

#[test]
fn two_thousand_idle_peers_cost_next_to_nothing() {
    const PEERS: usize = 2000;
    let limit = getrlimit(Resource::Nofile);
    let enough = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if setrlimit(Resource::Nofile, enough).is_err() || limit.maximum.is_some_and(|most| most < 5000) {
        return skipped("this process may not open enough files");
    }
    let hub = hub(&[]).stderr(std::process::Stdio::null()).hold_stdin().hold_stdout();
    let port_file = PortFile::new();
    let mut hub = hub.args(port_file.args()).spawn();
    let (port, stdout) = (port_file.port(), hub.stdout.take().expect("held"));
    let connect = || TcpStream::connect((HOST, port)).expect("connect");
    let first: Vec<TcpStream> = (0..100).map(|_| connect()).collect(); // so that nothing is done for the first time
    say(&first[99], "x");
    take(&stdout, 1);
    let before = hub.memory();
    let crowd: Vec<TcpStream> = (0..PEERS).map(|_| connect()).collect();
    say(&crowd[PEERS - 1], "x");
    take(&stdout, 1);
    let each = (hub.memory() - before) * 1024 / PEERS as u64;
    assert!(each < 512, "{each} bytes for each peer");
    rests(&hub);
    type_in(&hub, "all");
    for peer in first.into_iter().chain(crowd) {
        assert_eq!(take(patient(peer), 3), b"all");
    }
}

#[test]
fn a_storm_of_garbage_and_resets_leaves_nothing_behind() {
    let hub = hub(&[]).spawn();
    let port = hub.port();
    drop(crowd(&hub, 1));
    hub.event("close");
    pass(0.1); // it is told before it is done
    let before = hub.descriptors();
    let storms: Vec<_> = (0..4)
        .map(|n| {
            task(move || {
                for m in 0..250 {
                    let mut stream = TcpStream::connect((HOST, port)).expect("connect");
                    let _ = stream.write_all(&payload(10_000, n * 1000 + m)); // fails when it was reset first
                    reset(stream);
                }
            })
        })
        .collect();
    storms.into_iter().for_each(Task::join);
    let next = patient(hub.connect());
    say(&next, "x");
    hub.line(&format!("\"port\":{},", port_of(&next))); // it is served, and so were all who came before
    let accepts = count_told(&hub, "accept");
    hub.events("close", accepts - 1);
    rests(&hub);
    assert_eq!(hub.descriptors(), before + 1);
    say(&next, "served");
    half_close(&next);
    assert_eq!(slurp(&next), b"");
    hub.signal(Signal::TERM);
    assert!(hub.finish().died_of(Signal::TERM).stdout.ends_with(b"served"));
}

// ---- Unix sockets ----

#[test]
fn peers_on_a_unix_socket_hear_and_say_the_same() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = place.path().join("socket");
    let mut hub =
        nsock(&["--json", "-lkU", "--label", "--accept", "3"]).args([&path]).hold_stdin().hold_stdout().spawn();
    hub.event("listen");
    let stdout = hub.stdout.take().expect("held");
    let peers = [0; 3].map(|_| UnixStream::connect(&path).expect("connect"));
    hub.events("accept", 3);
    type_in(&hub, "hello");
    hub.stdin = None;
    for mut peer in peers {
        peer.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        assert_eq!(slurp(&peer), b"hello");
        peer.write_all(b"thanks\n").expect("send");
    }
    let text = String::from_utf8(slurp(stdout)).expect("text");
    assert_eq!(text.lines().filter(|line| line.ends_with(": thanks")).count(), 3, "{text}");
    hub.finish().exits(0);
}

#[test]
fn a_file_goes_whole_to_each_peer_on_a_unix_socket() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = place.path().join("socket");
    let page = payload(3 * MB, 7);
    let hub = nsock(&["--json", "-lkU", "-m", "2", "--accept", "5"]).args([&path]).stdin_file(&page).spawn();
    hub.event("listen");
    let readers: Vec<_> = (0..5)
        .map(|_| {
            let stream = UnixStream::connect(&path).expect("connect");
            task(move || slurp(stream))
        })
        .collect();
    for reader in readers {
        same(&reader.join(), &page);
    }
    hub.finish().exits(0);
    assert!(!path.exists());
}

#[test]
#[cfg_attr(feature = "portable", ignore = "what a peer has acknowledged only Linux tells")]
fn a_peer_that_reads_slowly_gets_all_of_a_file_before_we_close() {
    let page = payload(3 * MB, 21);
    let hub = hub(&["--accept", "1", "-q", "0"]).stdin_file(&page).spawn();
    let mut peer = patient(hub.connect());
    let mut got = Vec::new();
    loop {
        let _ = peer.write(b"?"); // what we have not read must not reset away what it has not
        let mut some = vec![0; 100_000];
        match peer.read(&mut some).expect("read") {
            0 => break,
            count => got.extend_from_slice(&some[..count]),
        }
        pass(0.05);
    }
    same(&got, &page);
    hub.finish().exits(0);
}

#[test]
fn a_slow_peer_that_holds_nobody_up_is_waited_for() {
    let upload = payload(2 * MB, 22);
    let hub = hub(&["--accept", "1"]).stdin_bytes(upload.clone()).spawn();
    let peer = patient(hub.connect());
    pass(1.5);
    same(&slurp(peer), &upload);
    hub.finish().exits(0);
}

#[test]
fn stdin_that_cannot_be_read_is_this_machines_no() {
    let hub = hub(&["--accept", "1"]).stdin(fs::File::open("/").expect("a directory")).spawn();
    drop(hub.connect());
    let outcome = hub.finish().exits(3);
    assert_eq!(outcome.event("error")["reason"], "Is a directory");
}
