//! The answering modes over streams (`-l` with `--echo`, `--reply`, `--hello` or `--discard`): what a message is,
//! however it comes, that no peer holds up, starves or harms another, who is let in and who goes, and what it costs.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own, and some peers are slow by nature")]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use common::*;
use nsock::report::SCHEMA;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

const MB: usize = 1_000_000;

/// What a server may hold at most, in KiB, whatever its peers do.
const MEMORY: u64 = 30_000;

/// nsock answering many peers on a free port of this host, telling its events as JSON.
fn answering(args: &[&str]) -> Program {
    listen(&["-k"]).args(args)
}

/// Waits until it listens, and connects.
fn connect(server: &Run) -> TcpStream {
    let stream = server.connect();
    stream.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    stream
}

/// Connects from another address of this host.
fn connect_from(addr: impl Into<Ipv4Addr>, port: u16) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((addr.into(), 0)).into()).expect("bind");
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).expect("connect");
    socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    socket.into()
}

/// Connects so many, and waits until all of them are served.
fn crowd(server: &Run, count: usize) -> Vec<TcpStream> {
    let before = count_told(server, "accept");
    let crowd = (0..count).map(|_| connect(server)).collect();
    server.events("accept", before + count);
    crowd
}

fn count_told(run: &Run, event: &str) -> usize {
    run.told().matches(&format!("\"event\":\"{event}\"")).count()
}

fn port_of(stream: &TcpStream) -> u16 {
    stream.local_addr().expect("its address").port()
}

fn say(mut to: impl Write, bytes: impl AsRef<[u8]>) {
    to.write_all(bytes.as_ref()).expect("send");
}

/// Asserts what comes next.
#[track_caller]
fn hears(from: impl Read, want: impl AsRef<[u8]>) {
    same(&take(from, want.as_ref().len()), want.as_ref());
}

/// Says all of it, half-closes, and gives all that comes back.
fn answer(server: &Run, said: impl AsRef<[u8]>) -> Vec<u8> {
    let stream = connect(server);
    let (sender, said) = (stream.try_clone().expect("duplicate"), said.as_ref().to_vec());
    let speaker = task(move || {
        say(&sender, said);
        half_close(&sender);
    });
    let answer = slurp(&stream);
    speaker.join();
    answer
}

/// Asserts what comes back when all of this is said.
#[track_caller]
fn answers(server: &Run, said: impl AsRef<[u8]>, want: impl AsRef<[u8]>) {
    same(&answer(server, said), want.as_ref());
}

/// Silence ends a line, so what has to be said without a pause is said again where this machine was held up.
fn without_a_pause<T>(mut attempt: impl FnMut() -> (T, Duration)) -> T {
    for _ in 0..50 {
        let (got, took) = attempt();
        if took < Duration::from_millis(40) {
            return got;
        }
    }
    panic!("this machine never does two things within 40 ms")
}

/// Asserts that hardly any processor time is used for a second.
#[track_caller]
fn rests(run: &Run) {
    let before = run.ticks();
    pass(1.0);
    let spent = run.ticks() - before;
    assert!(spent <= 2, "{spent} ticks were spent on nothing");
}

#[track_caller]
fn held_little(run: &Run) {
    let most = run.most_memory();
    assert!(most < MEMORY, "{most} KiB were held");
}

// ---- the modes ----

#[test]
fn an_echo_gives_back_what_came_and_shows_nothing() {
    let server = answering(&["--echo", "--accept", "3"]).spawn();
    let peer = connect(&server);
    for said in ["happy\r\n", "h", "\n", "\0\x1b"] {
        say(&peer, said);
        hears(&peer, said);
    }
    half_close(&peer);
    assert_eq!(slurp(&peer), b"");
    answers(&server, "", "");
    let binary = payload(3 * MB, 1);
    answers(&server, &binary, &binary);
    server.finish().exits(0).wrote(b"");
}

#[test]
fn a_reply_answers_each_message_and_shows_what_came() {
    let mut server = answering(&["--reply", "OK...{}"]).hold_stdout().spawn();
    let stdout = server.stdout.take().expect("held");
    let peer = connect(&server);
    for (said, want) in [
        ("happy\n", "OK...happy\n"),
        ("one\r\ntwo\n", "OK...one\r\nOK...two\n"),
        ("\n\r\n", "OK...\nOK...\r\n"),
        ("a\rb\r\r\n", "OK...a\rb\r\r\n"),
        ("{}\n", "OK...{}\n"),
        ("no line end", "OK...no line end"),
    ] {
        say(&peer, said);
        hears(&stdout, said);
        hears(&peer, want);
    }
}

#[test]
fn a_greeting_comes_first_and_the_word_exit_is_not_answered() {
    let server = answering(&["--hello", "--accept", "4"]).spawn();
    let peer = connect(&server);
    hears(&peer, "Welcome!");
    for (said, want) in [("Michael", "Hello, Michael!"), ("Bob\r\n", "Hello, Bob!\r\n"), ("exit \n", "Hello, exit !\n")]
    {
        say(&peer, said);
        hears(&peer, want);
    }
    say(&peer, "exit");
    assert_eq!(slurp(&peer), b"");
    for said in ["Michael\nexit\nBob\n", "Michael\nexit\r\nBob", "Michael\nexit"] {
        answers(&server, said, "Welcome!Hello, Michael!\n");
    }
    server.finish().exits(0).wrote(b"");
}

#[test]
fn a_discard_answers_nothing_and_tells_how_much_came_how_fast() {
    let server = nsock(&["-v", "-l", "--discard", HOST, "0"]).spawn();
    answers(&server, payload(10 * MB, 2), "");
    let outcome = server.finish().exits(0).wrote(b"");
    let closed = outcome.stderr.lines().find(|line| line.contains(" closed by peer (")).expect("the close is told");
    assert!(closed.contains("10000000 received") && closed.contains("/s"), "{closed}");
}

#[test]
fn without_k_one_peer_is_served_and_the_run_is_done() {
    for (mode, want) in [
        (&["--echo"][..], "ann\n"),
        (&["--reply", "hi"], "hi\n"),
        (&["--hello"], "Welcome!Hello, ann!\n"),
        (&["--discard"], ""),
    ] {
        let server = listen(mode).spawn();
        answers(&server, "ann\n", want);
        server.finish().exits(0);
    }
}

#[test]
fn a_text_may_have_braces_and_escapes() {
    let text = r"\x41\xff\t\0\\{}{{}}{}\r\n.";
    let server = answering(&["--reply", text, "--greeting", r"\x3e\x20\n"]).spawn();
    answers(&server, "ann\n", b"> \nA\xff\t\0\\ann{}ann\r\n.\n");
    let server = answering(&["--reply", "你好客户端\n\r"]).spawn();
    answers(&server, "hello", "你好客户端\n\r");
    let server = answering(&["--reply", ""]).spawn();
    answers(&server, "one\ntwo\r\nthree", "\n\r\n");
}

#[test]
fn any_mode_may_greet() {
    for (mode, want) in [("--echo", "> ann\n"), ("--discard", "> ")] {
        let server = answering(&[mode, "--greeting", "> "]).spawn();
        answers(&server, "ann\n", want);
    }
}

// ---- what a message is ----

#[test]
fn a_line_that_comes_in_two_parts_is_one_message_wherever_it_is_cut() {
    let (said, want) = ("ann\r\nbob\n\r\ncat\n", "Hello, ann!\r\nHello, bob!\nHello, !\r\nHello, cat!\n");
    let server = answering(&["--reply", "Hello, {}!"]).spawn();
    for cut in 1..said.len() {
        let heard = without_a_pause(|| {
            let peer = connect(&server);
            let seen = count_told(&server, "first_byte");
            let began = Instant::now();
            say(&peer, &said[..cut]);
            server.events("first_byte", seen + 1);
            say(&peer, &said[cut..]);
            half_close(&peer);
            let took = began.elapsed();
            (slurp(&peer), took)
        });
        assert_eq!(String::from_utf8_lossy(&heard), want, "cut at {cut}");
    }
}

#[test]
fn a_line_that_came_in_time_is_one_message_however_late_it_is_read() {
    let server = answering(&["--reply", "Hello, {}!"]).spawn();
    let heard = without_a_pause(|| {
        let peer = connect(&server);
        let seen = count_told(&server, "first_byte");
        let began = Instant::now();
        say(&peer, "Mich");
        server.events("first_byte", seen + 1);
        server.signal(Signal::STOP);
        say(&peer, "ael\n");
        let took = began.elapsed();
        pass(0.2); // the silence is the server's
        server.signal(Signal::CONT);
        half_close(&peer);
        (slurp(&peer), took)
    });
    assert_eq!(String::from_utf8_lossy(&heard), "Hello, Michael!\n");
}

#[test]
fn a_line_that_comes_byte_by_byte_is_one_message() {
    let server = answering(&["--reply", "Hello, {}!"]).spawn();
    let heard = without_a_pause(|| {
        let (peer, began) = (connect(&server), Instant::now());
        "Michael\r\nBob\nTracy".bytes().for_each(|byte| say(&peer, [byte]));
        half_close(&peer);
        let took = began.elapsed();
        (slurp(&peer), took)
    });
    assert_eq!(String::from_utf8_lossy(&heard), "Hello, Michael!\r\nHello, Bob!\nHello, Tracy!");
}

#[test]
fn an_echo_gives_back_each_byte_as_it_comes() {
    let server = answering(&["--echo"]).spawn();
    let peer = connect(&server);
    for byte in payload(500, 3) {
        say(&peer, [byte]);
        hears(&peer, [byte]);
    }
}

#[test]
fn an_unfinished_line_is_a_message_after_a_silence() {
    let server = answering(&["--reply", "Hello, {}!"]).spawn();
    let peer = connect(&server);
    let began = Instant::now();
    say(&peer, "Bob\nMich");
    hears(&peer, "Hello, Bob!\n");
    hears(&peer, "Hello, Mich!");
    within(began.elapsed(), 0.05, 2.0);
    say(&peer, "ael\n");
    hears(&peer, "Hello, ael!\n");
}

#[test]
fn a_peers_end_ends_its_line() {
    let server = answering(&["--reply", "Hello, {}!"]).spawn();
    answers(&server, "Michael", "Hello, Michael!");
    answers(&server, "Bob\nMichael", "Hello, Bob!\nHello, Michael!");
    answers(&server, "", "");
}

#[test]
fn many_messages_in_one_packet_are_answered_in_order() {
    let server = answering(&["--reply", "<{}>"]).spawn();
    let lines = |words: [&str; 2]| (0..5000).map(|n| format!("{}{n}{}\n", words[0], words[1])).collect::<String>();
    answers(&server, lines(["", ""]), lines(["<", ">"]));
}

#[test]
fn a_cr_alone_ends_no_line() {
    let server = answering(&["--reply", "<{}>"]).spawn();
    answers(&server, "a\rb", "<a\rb>");
    answers(&server, "a\r", "<a\r>");
}

#[test]
fn any_bytes_are_a_message() {
    let server = answering(&["--reply", "{}"]).spawn();
    for said in [payload(3 * MB, 4), vec![b'\n'; 100_000], b"\r\n".repeat(50_000), b"\0\n\xff\r\n\r\r\n\x80".to_vec()] {
        answers(&server, &said, &said);
    }
}

#[test]
fn a_line_without_an_end_is_answered_in_pieces_and_never_held_whole() {
    let mut said = vec![b'x'; 10 * MB];
    for args in [&["--reply", "{}", "--accept", "2"][..], &["--echo", "--accept", "2"]] {
        let server = answering(args).spawn();
        let waiting = connect(&server);
        answers(&server, &said, &said);
        held_little(&server);
        drop(waiting);
        let shown = if args[0] == "--reply" { &said[..] } else { b"" };
        server.finish().exits(0).wrote(shown);
    }
    said.push(b'\n');
    let server = answering(&["--reply", "!"]).spawn();
    let heard = answer(&server, &said);
    assert!(heard.len() > said.len() / 65_536 && heard.ends_with(b"!\n"), "{} answers", heard.len());
    held_little(&server);
}

// ---- others ----

#[test]
fn who_never_reads_holds_up_nobody_and_still_gets_everything() {
    for args in [&["--echo"][..], &["--reply", "{}"]] {
        let server = answering(args).spawn();
        let mut deaf = connect(&server);
        deaf.set_write_timeout(Some(Duration::from_millis(500))).expect("SO_SNDTIMEO");
        let (mut said, line) = (0, [vec![b'x'; 999], vec![b'\n']].concat().repeat(1000));
        loop {
            match deaf.write(&line[said % line.len()..]) {
                Ok(count) => said += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => unexpected(&error),
            }
            assert!(said < 100 * MB, "all of it was taken, and no answer read");
        }
        let began = Instant::now();
        let next = connect(&server);
        say(&next, "served?\n");
        hears(&next, "served?\n");
        within(began.elapsed(), 0.0, 1.0);
        held_little(&server);
        rests(&server); // with what the deaf one said last being no whole line
        half_close(&deaf);
        let heard = slurp(&deaf);
        same(&heard, &line.repeat(said / line.len() + 1)[..said]);
    }
}

#[test]
fn much_is_echoed_to_three_at_once() {
    let server = answering(&["--echo"]).spawn();
    let speakers: Vec<_> = (0..3)
        .map(|seed| {
            let peer = connect(&server);
            task(move || {
                let said = payload(40 * MB, seed);
                let (sender, copy) = (peer.try_clone().expect("duplicate"), said.clone());
                let sending = task(move || {
                    say(&sender, copy);
                    half_close(&sender);
                });
                same(&slurp(&peer), &said);
                sending.join();
            })
        })
        .collect();
    speakers.into_iter().for_each(Task::join);
    held_little(&server);
}

#[test]
fn a_storm_of_garbage_and_resets_leaves_nothing_behind() {
    for (mode, want) in [
        (&["--echo"][..], "ann\n"),
        (&["--reply", "hi"], "hi\n"),
        (&["--hello", "--delay", "1s"], "Welcome!Hello, ann!\n"),
        (&["--discard"], ""),
    ] {
        let server = answering(mode).spawn();
        let port = server.port();
        drop(crowd(&server, 1));
        server.event("close");
        pass(0.1); // it is told before it is done
        let before = server.descriptors();
        let storms: Vec<_> = (0..4)
            .map(|n| {
                task(move || {
                    for m in 0..750 {
                        let mut stream = TcpStream::connect((HOST, port)).expect("connect");
                        let _ = stream.write_all(&payload(1_000, n * 1000 + m)); // fails when it was reset first
                        reset(stream);
                    }
                })
            })
            .collect();
        storms.into_iter().for_each(Task::join);
        let next = connect_from([127, 0, 0, 2], port); // no port tells who it is: those of the storm are used again
        server.line("\"127.0.0.2\""); // it is served, and so were all who came before
        let (accepts, began) = (count_told(&server, "accept"), Instant::now());
        while count_told(&server, "close") < accepts - 1 {
            assert!(began.elapsed() < LIMIT, "not all who are gone are closed");
            pass(0.02); // rather than look at thousands of events for each one that comes
        }
        rests(&server);
        assert_eq!(server.descriptors(), before + 1, "{mode:?}");
        held_little(&server);
        say(&next, "ann\n");
        half_close(&next);
        hears(&next, want);
        assert_eq!(slurp(&next), b"");
    }
}

#[test]
fn what_one_peer_left_behind_is_never_anothers() {
    for mode in [&["--echo"][..], &["--echo", "--greeting", ""], &["--reply", "{}"], &["--reply", "{}", "-W", "9"]] {
        let server = answering(mode).spawn();
        for n in 0..30 {
            let gone = connect(&server);
            say(&gone, payload(20_000, n));
            reset(gone);
            answers(&server, "mine\n", "mine\n");
        }
    }
}

#[test]
fn with_few_descriptors_all_are_answered_in_the_end() {
    for mode in ["--echo", "--reply {}"] {
        let script = format!(r#"ulimit -n 40; exec "$NSOCK" --json -lk {mode} --accept 100 {HOST} 0"#);
        let server = shell(&script).spawn();
        let crowd: Vec<TcpStream> = (0..100).map(|_| connect(&server)).collect();
        crowd.iter().enumerate().for_each(|(n, peer)| say(peer, format!("{n}\n")));
        rests(&server);
        for (n, peer) in crowd.into_iter().enumerate() {
            hears(&peer, format!("{n}\n"));
        }
        server.finish().exits(0);
    }
}

#[test]
fn while_stdouts_reader_stalls_nothing_grows_or_spins_and_then_all_arrives() {
    let mut server = answering(&["--reply", "", "--accept", "1"]).hold_stdout().spawn();
    let stdout = server.stdout.take().expect("held");
    let mut peer = connect(&server);
    peer.set_write_timeout(Some(Duration::from_millis(500))).expect("SO_SNDTIMEO");
    let mut said = 0;
    loop {
        match peer.write(&[b'x'; 100_000]) {
            Ok(count) => said += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => unexpected(&error),
        }
        assert!(said < 100 * MB, "all of it was taken, and nothing is shown");
    }
    held_little(&server);
    rests(&server);
    half_close(&peer);
    let shown = task(move || slurp(stdout));
    assert_eq!(slurp(&peer), b"");
    same(&shown.join(), &vec![b'x'; said]);
    server.finish().exits(0);
}

// ---- thinking ----

#[test]
fn thinking_stops_nobody_else() {
    let server = answering(&["--hello", "--delay", "1s"]).spawn();
    let visit = |count: usize| {
        let began = Instant::now();
        let peers: Vec<TcpStream> = (0..count).map(|_| connect(&server)).collect();
        peers.iter().for_each(|peer| say(peer, "Michael\n"));
        peers.iter().for_each(|peer| hears(peer, "Welcome!"));
        peers.iter().for_each(|peer| hears(peer, "Hello, Michael!\n"));
        began.elapsed()
    };
    let one = visit(1);
    within(one, 1.0, 3.0);
    let thirty = visit(30);
    assert!(thirty < one * 2, "{thirty:?} for thirty, {one:?} for one");
}

#[test]
fn each_answer_is_thought_about_in_its_turn() {
    let server = answering(&["--reply", "{}!", "--delay", "300ms"]).spawn();
    for ends in [false, true] {
        let (peer, began) = (connect(&server), Instant::now());
        say(&peer, "one\ntwo\nthree\n");
        if ends {
            half_close(&peer);
        }
        for (want, least) in [("one!\n", 0.3), ("two!\n", 0.6), ("three!\n", 0.9)] {
            hears(&peer, want);
            within(began.elapsed(), least, least + 2.0);
        }
        if ends {
            assert_eq!(slurp(&peer), b"");
        }
    }
}

#[test]
fn an_echo_thinks_too() {
    let server = answering(&["--echo", "--delay", "300ms"]).spawn();
    let peer = connect(&server);
    for said in ["one\n", "two\n"] {
        let began = Instant::now();
        say(&peer, said);
        hears(&peer, said);
        within(began.elapsed(), 0.3, 2.0);
    }
    let began = Instant::now();
    answers(&server, "three\n", "three\n"); // and half-closes while it thinks
    within(began.elapsed(), 0.3, 2.0);
}

#[test]
fn while_it_thinks_or_waits_it_rests() {
    for mode in [&["--echo", "--delay", "3s"][..], &["--reply", "{}", "--delay", "3s"], &["--hello"], &["--echo"]] {
        let server = answering(mode).spawn();
        let peers = crowd(&server, 3);
        peers.iter().for_each(|peer| say(peer, "ann\nunfinished"));
        pass(0.3);
        rests(&server);
    }
}

// ---- who goes, and who is let in ----

#[test]
fn so_many_chunks_of_each_peer_are_answered() {
    let server = answering(&["--reply", "hi", "-W", "1"]).spawn();
    for (said, want) in [("x", "hi"), ("x\n", "hi\n"), ("x\ny\r\nz", "hi\nhi\r\nhi")] {
        let peer = connect(&server);
        say(&peer, said);
        assert_eq!(String::from_utf8_lossy(&slurp(&peer)), want);
    }
    let server = listen(&["--echo", "-W", "2"]).spawn();
    let peer = connect(&server);
    for said in ["one", "two"] {
        say(&peer, said);
        hears(&peer, said);
    }
    assert_eq!(slurp(&peer), b"");
    server.finish().exits(0);
}

#[test]
fn who_says_the_word_is_closed_gently_and_nobody_else_is() {
    let server = answering(&["--reply", "{}!", "--stop", "bye"]).spawn();
    let other = connect(&server);
    let rest = payload(100_000, 5); // unread input must not make a reset of the close
    for word in ["bye\n", "bye\r\n"] {
        let peer = connect(&server);
        say(&peer, [b"good bye\n", word.as_bytes(), &rest].concat());
        assert_eq!(slurp(&peer), b"good bye!\n");
    }
    let peer = connect(&server);
    say(&peer, "bye"); // without a line end
    assert_eq!(slurp(&peer), b"");
    say(&other, "byebye\n");
    hears(&other, "byebye!\n");
    let server = answering(&["--echo", "--stop", "bye"]).spawn();
    answers(&server, "good bye\nbye now\nbye\nmore", "good bye\nbye now\n");
    let server = listen(&["--reply", "{}!", "--stop", "bye"]).spawn();
    let peer = connect(&server);
    say(&peer, "bye\n");
    assert_eq!(slurp(&peer), b"");
    server.finish().exits(0).wrote(b"bye\n");
}

#[test]
fn the_peers_half_close_comes_after_all_answers() {
    let server = answering(&["--hello", "--delay", "1ms"]).spawn();
    let names: Vec<String> = (0..200).map(|n| format!("{n}")).collect();
    let hellos: String = names.iter().map(|name| format!("Hello, {name}!\n")).collect();
    answers(&server, names.join("\n") + "\n", format!("Welcome!{hellos}"));
    let said = payload(MB, 6);
    let server = listen(&["--echo"]).spawn();
    answers(&server, &said, &said);
    let outcome = server.finish().exits(0);
    assert_eq!(outcome.number("close", "sent_bytes"), 1_000_000);
    assert_eq!(outcome.event("close")["how"], "fin");
}

#[test]
fn it_leaves_when_as_many_were_served_as_asked_for() {
    let server = answering(&["--echo", "--accept", "2"]).spawn();
    let peers = crowd(&server, 2);
    for peer in &peers {
        assert!(server.runs());
        say(peer, "here\n");
        hears(peer, "here\n");
        half_close(peer);
    }
    server.finish().exits(0);
}

#[test]
fn the_silent_one_goes_and_the_talking_one_stays() {
    let server = answering(&["--echo", "--idle-timeout", "600ms"]).spawn();
    let began = Instant::now();
    let peers = crowd(&server, 2);
    let (talking, silent) = (&peers[0], peers[1].try_clone().expect("duplicate"));
    let gone = task(move || (slurp(&silent), Instant::now()));
    for _ in 0..15 {
        say(talking, "x");
        hears(talking, "x");
        pass(0.1);
    }
    let (heard, at) = gone.join();
    assert_eq!(heard, b"");
    within(at - began, 0.6, 1.3);
    let close = server.event("close");
    assert_eq!((&close["conn"], &close["by"], &close["how"]), (&2.into(), &"idle".into(), &"timeout".into()));
    assert_eq!(count_told(&server, "close"), 1);
    say(talking, "y");
    hears(talking, "y");
}

#[test]
fn who_takes_no_answers_is_silent_too() {
    for (mode, line) in [("--echo", &b"xxxx\n"[..]), ("--reply={}", b"xxxx\n"), ("--reply={}", b"unfinished")] {
        let server = answering(&[mode, "--idle-timeout", "500ms"]).spawn();
        let deaf = connect(&server);
        deaf.set_write_timeout(Some(Duration::from_millis(200))).expect("SO_SNDTIMEO");
        let lines = line.repeat(10_000);
        while (&deaf).write_all(&lines).is_ok() {}
        assert_eq!(server.event("close")["by"], "idle", "{mode} {}", line.escape_ascii());
    }
}

#[test]
fn time_limits_hold_for_those_who_answer_too() {
    for mode in ["--echo", "--hello", "--discard"] {
        nsock(&["-l", mode, "--accept-timeout", "300ms", HOST, "0"]).run().exits(124).within(0.3, 2.0);
        answering(&[mode, "--deadline", "300ms"]).run().exits(124).within(0.3, 2.0);
        let server = listen(&[mode, "-w", "300ms"]).spawn();
        let _silent = connect(&server);
        server.finish().exits(124);
    }
}

#[test]
fn no_more_are_served_at_once_than_asked_for() {
    let server = answering(&["--echo", "-m", "2"]).spawn();
    let mut served = crowd(&server, 2);
    let next = connect(&server);
    say(&next, "next");
    stays_silent(&next, 0.3);
    next.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    say(&served[1], "here");
    hears(&served[1], "here");
    drop(served.remove(0));
    hears(&next, "next");
    assert_eq!(server.events("accept", 3)[2]["port"], port_of(&next));
}

#[test]
fn a_machine_gets_no_more_connections_than_asked_for() {
    let server = answering(&["--hello", "--max-conns-per-host", "2"]).spawn();
    let mut here = crowd(&server, 2);
    here.iter().for_each(|peer| hears(peer, "Welcome!"));
    assert_eq!(slurp(connect(&server)), b"", "the third is closed at once");
    drop(here.pop());
    server.event("close");
    let again = crowd(&server, 1);
    hears(&again[0], "Welcome!");
    say(&here[0], "ann\n");
    hears(&here[0], "Hello, ann!\n");
}

// ---- its own ends ----

#[test]
fn its_stdin_does_not_matter() {
    for stdin in ["</dev/null", "<&-", "</etc/passwd"] {
        let server = shell(&format!(r#"exec "$NSOCK" --json -lk --echo {HOST} 0 {stdin}"#)).spawn();
        answers(&server, "one\n", "one\n");
        answers(&server, "two\n", "two\n");
        rests(&server);
    }
    let server = answering(&["--reply", "{}"]).hold_stdin().spawn();
    say(server.stdin.as_ref().expect("held"), "not to be read\n");
    answers(&server, "one\n", "one\n");
}

#[test]
fn a_closed_stdout_is_no_reason_not_to_answer() {
    for mode in ["--echo", "--reply {}", "--hello"] {
        for closed in [">&-", "<&- >&-"] {
            let server = shell(&format!(r#"exec "$NSOCK" --json -lk {mode} {HOST} 0 {closed}"#)).spawn();
            let heard = [(); 2].map(|()| answer(&server, "one\n"));
            assert!(heard.iter().all(|heard| heard.ends_with(b"one\n") || heard.ends_with(b"one!\n")), "{heard:?}");
        }
    }
}

#[test]
fn what_came_can_go_to_a_file() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let file = place.path().join("out");
    let server = answering(&["--reply", "hi", "--accept", "2", "-o", file.to_str().expect("a path of ASCII")]).spawn();
    answers(&server, b"one\r\n\xff", "hi\r\nhi");
    answers(&server, "two", "hi");
    server.finish().exits(0).wrote(b"");
    assert_eq!(std::fs::read(&file).expect("the file"), b"one\r\n\xfftwo");
}

#[test]
fn labels_say_who_was_answered() {
    let mut server = answering(&["--reply", "hi", "--label"]).hold_stdout().spawn();
    let stdout = server.stdout.take().expect("held");
    let peers = crowd(&server, 2);
    for (n, line) in [(0, "one\n"), (1, "two\n"), (0, "three\n")] {
        say(&peers[n], line);
        hears(&stdout, format!("127.0.0.1 {}: {line}", port_of(&peers[n])));
        hears(&peers[n], "hi\n");
    }
}

#[test]
fn stdouts_reader_leaving_ends_it_quietly() {
    let mut server = answering(&["--reply", "x"]).hold_stdout().spawn();
    let stdout = server.stdout.take().expect("held");
    let peer = connect(&server);
    say(&peer, "one\n");
    hears(&stdout, "o");
    drop(stdout);
    let _ = (&peer).write_all(b"two\n"); // fails when it has left before
    let outcome = server.finish_with_stdin_open().exits(0);
    assert!(!outcome.stderr.contains("\"error\""), "{}", outcome.stderr);
}

#[test]
fn a_signal_is_told_for_each_peer_and_died_of() {
    let server = answering(&["--hello"]).spawn();
    let peers = crowd(&server, 3);
    peers.iter().for_each(|peer| hears(peer, "Welcome!"));
    server.signal(Signal::TERM);
    let outcome = server.finish().died_of(Signal::TERM);
    let closes: Vec<_> = outcome.events().into_iter().filter(|event| event["event"] == "close").collect();
    assert_eq!(closes.len(), 3, "{}", outcome.stderr);
    assert!(closes.iter().all(|close| close["by"] == "signal" && close["sent_bytes"] == 8), "{}", outcome.stderr);
}

// ---- where it listens ----

#[test]
fn both_ip_versions_are_answered_at_one_port() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return skipped("this machine has no ::1");
    }
    let server = nsock(&["--json", "-lk", "--echo", "0"]).spawn();
    server.events("listen", 2);
    let port = server.port();
    for addr in [(Ipv4Addr::LOCALHOST, port).into(), std::net::SocketAddr::from((Ipv6Addr::LOCALHOST, port))] {
        let peer = TcpStream::connect(addr).expect("connect");
        peer.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        say(&peer, "happy\n");
        hears(&peer, "happy\n");
    }
    assert_eq!(server.events("accept", 2)[0]["addr"], HOST, "a mapped address is shown as it is");
}

#[test]
fn peers_on_a_unix_socket_are_answered_too() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = place.path().join("socket");
    for (mode, want) in
        [(&["--echo"][..], "ann\r\n"), (&["--hello"], "Welcome!Hello, ann!\r\n"), (&["--reply", "hi"], "hi\r\n")]
    {
        let server = nsock(&["--json", "-lkU", "--accept", "3"]).args(mode).args([&path]).spawn();
        server.event("listen");
        let peers = [0; 3].map(|_| UnixStream::connect(&path).expect("connect"));
        for mut peer in peers {
            peer.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
            peer.write_all(b"ann\r\n").expect("send");
            hears(&peer, want);
            peer.shutdown(std::net::Shutdown::Write).expect("half-close");
            assert_eq!(slurp(peer), b"");
        }
        server.finish().exits(0);
        assert!(!path.exists(), "the socket's file was left behind");
    }
}

// ---- what is told ----

#[test]
fn events_are_as_the_schema_has_them() {
    let server = listen(&["--hello"]).spawn();
    let peer = connect(&server);
    let own = port_of(&peer);
    hears(&peer, "Welcome!");
    say(&peer, "ann\n");
    hears(&peer, "Hello, ann!\n");
    half_close(&peer);
    assert_eq!(slurp(&peer), b"");
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
    for name in ["listen", "accept", "first_byte", "close"] {
        assert_eq!(names.iter().filter(|told| *told == name).count(), 1, "{name}");
    }
    assert!(names.contains(&"half_close".to_owned()), "{names:?}");
    let close = outcome.event("close");
    assert_eq!((close["sent_bytes"].as_u64(), close["received_bytes"].as_u64()), (Some(20), Some(4)));
    assert_eq!((&close["by"], &close["how"], &close["port"]), (&"peer".into(), &"fin".into(), &own.into()));
}

#[test]
fn verbose_tells_who_came_and_went() {
    let server = nsock(&["-v", "-lk", "--echo", HOST, "0"]).spawn();
    let peer = connect(&server);
    let own = port_of(&peer);
    server.line(&format!("Connection received on 127.0.0.1 {own}"));
    say(&peer, "happy");
    hears(&peer, "happy");
    drop(peer);
    let closed = server.line(&format!("Connection from 127.0.0.1 {own} closed by peer (FIN, "));
    assert!(closed.contains("5 bytes sent, 5 received"), "{closed}");
}

// ---- what cannot be asked for ----

#[test]
fn what_cannot_be_asked_for_is_a_usage_error_in_one_line() {
    for args in [
        &["--echo"][..],
        &["--hello"],
        &["--discard"],
        &["--reply", "x"],
        &["-u", "--echo"],
        &["-z", "--echo"],
        &["-l", "--echo", "--discard"],
        &["-l", "--echo", "--hello"],
        &["-l", "--hello", "--reply", "x"],
        &["-l", "--reply", "x", "--discard"],
        &["-l", "--delay", "1"],
        &["-l", "--greeting", "x"],
        &["--greeting", "x"],
        &["-l", "--echo", "--delay", "soon"],
        &["-l", "--reply", r"\q"],
        &["-l", "--reply", r"\x4"],
        &["-l", "--reply", r"\xgg"],
        &["-l", "--reply", "\\"],
        &["-l", "--echo", "--greeting", r"\u"],
    ] {
        let outcome = nsock(args).args([HOST, "1"]).run().exits(2).wrote(b"");
        assert!(outcome.one_line().starts_with("nsock: "), "{args:?}: {}", outcome.stderr);
    }
}
