//! Ends: which side ends first, how, and what still arrives. Every rule of a TCP connection's end, as seen by whoever
//! is at the other end of the wire, of stdin and of stdout. Where the rule is a time, the time is measured.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own, and some peers are slow by nature")]

mod common;

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use common::*;
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

const MB: usize = 1_000_000;

// ---- each direction ends by itself ----

#[test]
fn a_listener_sends_its_whole_file_to_a_client_that_half_closed_first() {
    let file = payload(30 * MB, 1);
    let listener = listen(&[]).stdin_file(&file).spawn();
    let mut client = listener.connect();
    client.write_all(b"all of it, please").expect("send");
    half_close(&client);
    listener.peer_ended();
    same(&slurp(&client), &file);
    listener.finish().exits(0).wrote(b"all of it, please");
}

#[test]
fn an_answer_that_comes_long_after_our_end_is_written() {
    let server = server(|mut stream| {
        let question = slurp(&stream);
        pass(0.8);
        stream.write_all(b"answer").expect("send");
        question
    });
    dial(server.port, &[]).stdin_bytes("question").run().exits(0).wrote(b"answer").silent();
    same(&server.join(), b"question");
}

#[test]
fn an_upload_goes_on_after_the_server_has_half_closed() {
    for seed in [2, 3] {
        let upload = payload(30 * MB, seed);
        let (go, gone) = channel();
        let server = server(move |stream| {
            half_close(&stream);
            gone.recv().expect("the test goes on");
            slurp(&stream)
        });
        let program = dial(server.port, &["--json"]);
        let client = match seed {
            2 => program.stdin_file(&upload),
            _ => program.stdin_bytes(upload.clone()),
        };
        let client = client.spawn();
        client.peer_ended();
        go.send(()).expect("the server waits");
        client.finish().exits(0).wrote(b"");
        same(&server.join(), &upload);
    }
}

#[test]
fn a_pipe_that_a_slow_server_keeps_waiting_is_not_silent() {
    // The server spoke and half-closed, so that a pipe on stdin that is silent for 2 s ends the run: this one is not.
    let upload = payload(20 * MB, 4);
    let server = server(|mut stream| {
        stream.write_all(b"ready").expect("send");
        half_close(&stream);
        pass(3.5);
        slurp(&stream)
    });
    dial(server.port, &[]).stdin_bytes(upload.clone()).run().exits(0).wrote(b"ready").silent();
    same(&server.join(), &upload);
}

#[test]
fn a_hundred_megabytes_go_both_ways_at_once() {
    let bytes = Arc::new(payload(100 * MB, 5));
    let down = Arc::clone(&bytes);
    let server = server(move |stream| {
        let mut writer = stream.try_clone().expect("duplicate a socket");
        let sender = task(move || {
            writer.write_all(&down).expect("send");
            half_close(&writer);
        });
        let up = slurp(&stream);
        sender.join();
        up
    });
    dial(server.port, &[]).stdin_file(&bytes).run().exits(0).silent().wrote(&bytes);
    same(&server.join(), &bytes);
}

#[test]
fn stdout_ends_with_the_peer_while_stdin_goes_on() {
    let mut listener = listen(&[]).hold_stdin().hold_stdout().spawn();
    let mut client = listener.connect();
    client.write_all(b"question").expect("send");
    half_close(&client);
    let mut stdin = listener.stdin.take().expect("held");
    let stdout = listener.stdout.take().expect("held");
    same(&slurp(stdout), b"question");
    assert!(listener.runs(), "the peer's end is not stdin's");
    stdin.write_all(b"late answer").expect("give");
    drop(stdin);
    same(&slurp(&client), b"late answer");
    listener.finish().exits(0);
}

// ---- the peer has ended, and stdin is still open ----

#[test]
fn a_terminal_on_stdin_is_left_at_the_peers_end() {
    let terminal = Terminal::new();
    let server = server(|mut stream| stream.write_all(b"bye").expect("send"));
    dial(server.port, &[]).stdin(terminal.stdio()).run().exits(0).wrote(b"bye").within(0.0, 1.9);
}

#[test]
fn a_listener_at_a_terminal_leaves_at_the_peers_end() {
    let terminal = Terminal::new();
    let listener = listen(&[]).stdin(terminal.stdio()).spawn();
    drop(listener.connect());
    listener.finish().exits(0).within(0.0, 1.9);
}

#[test]
fn a_silent_pipe_on_stdin_is_left_two_seconds_after_an_answer() {
    let server = server(|mut stream| {
        stream.write_all(b"bye").expect("send");
        Instant::now()
    });
    let client = dial(server.port, &[]).hold_stdin().spawn();
    client.finish_with_stdin_open().exits(0).silent().wrote(b"bye").within(1.9, 6.0);
    server.join();
}

#[test]
fn what_a_pipe_gives_within_the_two_seconds_is_sent_and_waited_for_anew() {
    let (tell, told) = channel();
    let server = server(move |mut stream| {
        stream.write_all(b"bye").expect("send");
        half_close(&stream);
        tell.send(Instant::now()).expect("the test listens");
        slurp(&stream)
    });
    let mut client = dial(server.port, &["--json"]).hold_stdin().spawn();
    client.peer_ended();
    let ended = told.recv().expect("the server told");
    pass(1.2);
    client.stdin.as_mut().expect("held").write_all(b"wait").expect("give");
    client.finish_with_stdin_open().exits(0);
    within(ended.elapsed(), 3.1, 9.0);
    same(&server.join(), b"wait");
}

#[test]
fn a_server_that_shut_its_side_without_a_byte_still_gets_what_comes_later() {
    let server = server(|stream| {
        half_close(&stream);
        slurp(&stream)
    });
    let mut client = dial(server.port, &["--json"]).hold_stdin().spawn();
    client.peer_ended();
    pass(2.5);
    let mut stdin = client.stdin.take().expect("held");
    stdin.write_all(b"late").expect("give");
    drop(stdin);
    client.finish().exits(0);
    same(&server.join(), b"late");
}

#[test]
fn a_listener_takes_the_peers_end_for_a_half_close_and_waits_for_stdin() {
    let mut listener = listen(&[]).hold_stdin().spawn();
    let mut client = listener.connect();
    client.write_all(b"question").expect("send");
    half_close(&client);
    listener.peer_ended();
    stays_silent(&client, 2.5);
    let mut stdin = listener.stdin.take().expect("held");
    stdin.write_all(b"answer").expect("give");
    drop(stdin);
    same(&slurp(&client), b"answer");
    listener.finish().exits(0).wrote(b"question");
}

#[test]
fn a_peer_that_is_gone_ends_the_wait_for_a_silent_stdin() {
    let listener = listen(&[]).hold_stdin().spawn();
    let client = listener.connect();
    half_close(&client);
    listener.peer_ended();
    reset(client);
    listener.finish_with_stdin_open().exits(0);
}

#[test]
fn what_is_given_to_a_peer_that_closed_for_good_is_told_as_a_failure() {
    let mut listener = listen(&[]).hold_stdin().spawn();
    drop(listener.connect());
    listener.peer_ended();
    // The first byte meets a peer that is gone; its answer is RST.
    let stdin = listener.stdin.as_mut().expect("held");
    stdin.write_all(b"x").expect("give");
    listener.finish_with_stdin_open().exits(1);
}

// ---- stdin has ended, and the peer is still open ----

#[test]
fn a_listener_with_nothing_to_say_serves_an_upload_and_a_slow_client() {
    for args in [&[][..], &["-q", "0"], &["-w", "0"]] {
        let upload = payload(3 * MB, 6);
        let listener = listen(args).spawn();
        let mut client = listener.connect();
        stays_silent(&client, 0.7);
        client.write_all(&upload[..1]).expect("send");
        stays_silent(&client, 0.7);
        client.write_all(&upload[1..]).expect("send");
        half_close(&client);
        same(&slurp(&client), b"");
        listener.finish().exits(0).wrote(&upload);
    }
}

#[test]
fn a_listener_whose_file_was_sent_half_closes_before_its_peer() {
    let listener = listen(&[]).stdin_file(b"page").spawn();
    let mut client = listener.connect();
    same(&slurp(&client), b"page");
    client.write_all(b"thanks").expect("send");
    drop(client);
    listener.finish().exits(0).wrote(b"thanks");
}

#[test]
fn a_listener_told_to_half_closes_at_once() {
    let listener = listen(&["-N"]).spawn();
    let mut client = listener.connect();
    same(&slurp(&client), b"");
    client.write_all(b"still heard").expect("send");
    drop(client);
    listener.finish().exits(0).wrote(b"still heard");
}

#[test]
fn a_client_with_nothing_to_say_reads_to_the_peers_end() {
    let page = payload(3 * MB, 7);
    let sent = page.clone();
    let server = server(move |mut stream| {
        same(&slurp(&stream), b"");
        pass(0.5);
        stream.write_all(&sent).expect("send");
    });
    dial(server.port, &[]).run().exits(0).wrote(&page).silent();
    server.join();
}

// ---- no half-close where it kills the answer ----

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn a_request_by_hand_is_half_closed_upon_a_second_after_its_answer() {
    let server = server(|mut stream| {
        same(&take(&stream, REQUEST.len()), REQUEST.as_bytes());
        stays_silent(&stream, 1.5);
        stream.write_all(&ANSWER[..20]).expect("send");
        stays_silent(&stream, 0.7);
        let last = Instant::now();
        stream.write_all(&ANSWER[20..]).expect("send");
        same(&slurp(&stream), b"");
        last.elapsed()
    });
    dial(server.port, &[]).stdin_bytes(REQUEST).run().exits(0).wrote(ANSWER).silent();
    within(server.join(), 0.95, 5.0);
}

#[test]
fn a_request_by_hand_that_comes_in_pieces_is_recognized() {
    let server = server(|mut stream| {
        same(&take(&stream, 2), b"GE");
        stream.write_all(b".").expect("send");
        same(&take(&stream, REQUEST.len() - 2), &REQUEST.as_bytes()[2..]);
        stays_silent(&stream, 0.5);
        stream.write_all(ANSWER).expect("send");
        stays_silent(&stream, 0.7);
    });
    let mut client = dial(server.port, &["--json"]).hold_stdin().spawn();
    let mut stdin = client.stdin.take().expect("held");
    stdin.write_all(&REQUEST.as_bytes()[..2]).expect("give");
    client.event("first_byte"); // so the first piece has gone out alone
    stdin.write_all(&REQUEST.as_bytes()[2..]).expect("give");
    drop(stdin);
    server.join();
    client.finish().exits(0).wrote(&[b".", ANSWER].concat());
}

#[test]
fn a_request_by_hand_is_half_closed_upon_at_once_when_asked() {
    let server = server(|mut stream| {
        let began = Instant::now();
        same(&slurp(&stream), REQUEST.as_bytes());
        stream.write_all(ANSWER).expect("send");
        began.elapsed()
    });
    dial(server.port, &["-N"]).stdin_bytes(REQUEST).run().exits(0).wrote(ANSWER);
    within(server.join(), 0.0, 0.9);
}

#[test]
fn what_only_looks_like_a_request_at_first_is_half_closed_upon_at_once() {
    for text in ["GET lost\n", "GETTING STARTED HTTP/1.1 IS HARD, FRIENDS\n", "GE"] {
        let server = server(|mut stream| {
            let text = slurp(&stream);
            stream.write_all(b"ok").expect("send");
            text
        });
        dial(server.port, &[]).stdin_bytes(text).run().exits(0).wrote(b"ok").within(0.0, 1.9);
        same(&server.join(), text.as_bytes());
    }
}

#[test]
fn with_no_shutdown_the_server_never_sees_an_end() {
    for text in [REQUEST, "hello\n"] {
        let server = server(move |mut stream| {
            same(&take(&stream, text.len()), text.as_bytes());
            stream.write_all(ANSWER).expect("send");
            stays_silent(&stream, 1.7);
        });
        dial(server.port, &["--no-shutdown"]).stdin_bytes(text).run().exits(0).wrote(ANSWER);
        server.join();
    }
}

#[test]
fn without_stdin_nothing_is_sent_and_no_end() {
    let server = server(|mut stream| {
        stays_silent(&stream, 0.7);
        stream.write_all(b"banner").expect("send");
    });
    dial(server.port, &["-d"]).stdin_file(b"not to be sent").run().exits(0).wrote(b"banner").silent();
    server.join();
}

#[test]
fn without_stdin_a_file_on_it_is_not_read() {
    let file = file_of(b"not to be read");
    let server = server(|mut stream| stream.write_all(b"banner").expect("send"));
    dial(server.port, &["-d"]).stdin(share(&file)).run().exits(0);
    same(&slurp(&file), b"not to be read");
    server.join();
}

// ---- stdout's reader ----

#[test]
fn while_stdouts_reader_stalls_nothing_grows_or_spins_and_then_all_arrives() {
    // Random bytes leave a line unfinished, which is not to be taken for a word while nothing is read.
    survives_a_stall(&[]);
    survives_a_stall(&["--stop", "bye"]);
}

fn survives_a_stall(args: &[&str]) {
    let download = payload(30 * MB, 8);
    let sent = download.clone();
    let (tell, stuck) = channel();
    let server = server(move |mut stream| {
        stream.set_write_timeout(Some(Duration::from_millis(700))).expect("SO_SNDTIMEO");
        let mut rest = &sent[..];
        while !rest.is_empty() {
            match stream.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => _ = tell.send(()),
                Err(error) => panic!("send: {error}"),
            }
        }
    });
    let mut client = dial(server.port, args).hold_stdout().spawn();
    stuck.recv_timeout(LIMIT).expect("the server gets stuck");
    let before = client.ticks();
    assert!(client.memory() < 20_000, "{} KiB are held", client.memory());
    pass(1.0);
    let spent = client.ticks() - before;
    assert!(spent <= 2, "{spent} ticks were spent on nothing");
    let stdout = client.stdout.take().expect("held");
    same(&slurp(stdout), &download);
    client.finish().exits(0).silent();
    server.join();
}

#[test]
fn while_the_peer_stalls_nothing_grows_or_spins_and_then_all_arrives() {
    let upload = payload(30 * MB, 9);
    for file in [true, false] {
        let (go, gone) = channel();
        let server = server(move |mut stream| {
            stream.write_all(b"ready").expect("send");
            gone.recv().expect("the test goes on");
            slurp(&stream)
        });
        let program = dial(server.port, &["--json"]);
        let client = match file {
            true => program.stdin_file(&upload).spawn(),
            false => program.stdin_bytes(upload.clone()).spawn(),
        };
        client.event("first_byte");
        pass(0.5);
        let before = client.ticks();
        assert!(client.memory() < 20_000, "{} KiB are held", client.memory());
        pass(1.0);
        let spent = client.ticks() - before;
        assert!(spent <= 2, "{spent} ticks were spent on nothing");
        go.send(()).expect("the server waits");
        client.finish().exits(0).wrote(b"ready");
        same(&server.join(), &upload);
    }
}

#[test]
fn an_idle_connection_costs_nothing() {
    let (go, gone) = channel();
    let server = server(move |mut stream| {
        stream.write_all(b"x").expect("send");
        gone.recv().expect("the test goes on");
    });
    let client = dial(server.port, &["--json"]).hold_stdin().spawn();
    client.event("first_byte");
    let before = client.ticks();
    pass(1.0);
    let spent = client.ticks() - before;
    assert!(spent <= 1, "{spent} ticks were spent on nothing");
    go.send(()).expect("the server waits");
    server.join();
}

#[test]
fn the_run_ends_at_once_when_stdouts_reader_leaves() {
    let (go, gone) = channel();
    let server = server(move |mut stream| {
        stream.write_all(b"first line\n").expect("send");
        gone.recv().expect("the test goes on");
    });
    let mut client = dial(server.port, &[]).hold_stdin().hold_stdout().spawn();
    let stdout = client.stdout.take().expect("held");
    same(&take(&stdout, 11), b"first line\n");
    let left = Instant::now();
    drop(stdout);
    client.finish_with_stdin_open().exits(0).silent();
    within(left.elapsed(), 0.0, 1.5);
    go.send(()).expect("the server waits");
    server.join();
}

#[test]
fn the_run_ends_at_once_when_stdouts_reader_leaves_in_mid_stream() {
    let download = payload(30 * MB, 10);
    let mut listener = listen(&[]).hold_stdin().hold_stdout().spawn();
    let mut client = listener.connect();
    let sender = task(move || client.write_all(&download));
    let stdout = listener.stdout.take().expect("held");
    take(&stdout, 2 * MB);
    let left = Instant::now();
    drop(stdout);
    let outcome = listener.finish_with_stdin_open().exits(0);
    within(left.elapsed(), 0.0, 1.5);
    let errors = outcome.events().iter().filter(|event| event["event"] == "error").count();
    assert_eq!(errors, 0, "{}", outcome.stderr);
    assert!(sender.join().is_err(), "the sender learns that nobody reads");
}

// ---- time limits ----

#[test]
fn quit_after_nought_leaves_at_stdins_end_and_loses_nothing() {
    for flag in ["-q", "-w"] {
        let upload = payload(5 * MB, 11);
        let server = server(move |stream| {
            let mut talker = stream.try_clone().expect("duplicate a socket");
            let talk = task(move || while talker.write_all(&[b'.'; 4096]).is_ok() {});
            let bytes = slurp(&stream);
            drop(talk);
            (stream, bytes)
        });
        dial(server.port, &[flag, "0"]).stdin_file(&upload).run().exits(0).silent().within(0.0, 5.0);
        let (stream, bytes) = server.join();
        same(&bytes, &upload);
        drop(stream);
    }
}

#[test]
fn quit_after_a_second_waits_a_second_for_the_answer() {
    let server = server(|mut stream| {
        let question = slurp(&stream);
        stream.write_all(b"one").expect("send");
        (stream, question)
    });
    dial(server.port, &["-q", "1"]).stdin_bytes("q").run().exits(0).wrote(b"one").silent().within(0.95, 5.0);
    server.join();
}

#[test]
fn quit_after_counts_from_the_peers_end_too() {
    for args in [&["-q", "1"][..], &["-q", "1", "-v"]] {
        let server = server(|mut stream| stream.write_all(b"bye").expect("send"));
        let client = dial(server.port, args).hold_stdin().spawn();
        client.finish_with_stdin_open().exits(0).wrote(b"bye").within(0.95, 1.9);
        server.join();
    }
}

#[test]
fn quit_after_never_waits_for_a_silent_pipe_for_ever() {
    let server = server(|mut stream| {
        stream.write_all(b"bye").expect("send");
        half_close(&stream);
        slurp(&stream)
    });
    let mut client = dial(server.port, &["--json", "-q", "-1"]).hold_stdin().spawn();
    client.peer_ended();
    pass(2.6);
    assert!(client.runs());
    let mut stdin = client.stdin.take().expect("held");
    stdin.write_all(b"late").expect("give");
    drop(stdin);
    client.finish().exits(0).wrote(b"bye");
    same(&server.join(), b"late");
}

#[test]
fn silence_ends_the_run_with_124() {
    for flag in ["-w", "--idle-timeout"] {
        let server = server(|stream| slurp(&stream));
        let client = dial(server.port, &[flag, "1"]).hold_stdin().spawn();
        let outcome = client.finish_with_stdin_open().exits(124).within(0.95, 5.0);
        assert!(outcome.one_line().contains("failed: "), "{}", outcome.stderr);
        server.join();
    }
}

#[test]
fn silence_after_stdins_end_and_an_answer_is_the_end() {
    let (go, gone) = channel();
    let server = server(move |mut stream| {
        slurp(&stream);
        stream.write_all(b"answer").expect("send");
        gone.recv().expect("the test goes on");
    });
    let outcome = dial(server.port, &["-w", "1"]).stdin_bytes("q").run();
    outcome.exits(0).wrote(b"answer").silent().within(0.95, 5.0);
    go.send(()).expect("the server waits");
    server.join();
}

#[test]
fn silence_after_stdins_end_without_an_answer_is_124() {
    let (go, gone) = channel();
    let server = server(move |stream| {
        slurp(&stream);
        gone.recv().expect("the test goes on");
    });
    dial(server.port, &["-w", "1"]).stdin_bytes("q").run().exits(124).within(0.95, 5.0);
    go.send(()).expect("the server waits");
    server.join();
}

#[test]
fn each_byte_either_way_breaks_the_silence() {
    let mut client = None;
    let server = server(|mut stream| {
        for _ in 0..3 {
            pass(0.8);
            stream.write_all(b".").expect("send");
        }
        let mut heard = Vec::new();
        for _ in 0..2 {
            heard.push(take(&stream, 1)[0]);
        }
        heard
    });
    let run = client.insert(dial(server.port, &["-w", "1.5"]).hold_stdin().hold_stdout().spawn());
    same(&take(run.stdout.as_mut().expect("held"), 3), b"...");
    for _ in 0..2 {
        pass(0.9);
        run.stdin.as_mut().expect("held").write_all(b"!").expect("give");
    }
    same(&server.join(), b"!!");
}

#[test]
fn bytes_that_are_stuck_at_stdout_are_no_silence() {
    let download = payload(MB, 12);
    let sent = download.clone();
    let server = server(move |mut stream| stream.write_all(&sent).expect("send"));
    let mut client = dial(server.port, &["-w", "0.7"]).hold_stdin().hold_stdout().spawn();
    let stdout = client.stdout.take().expect("held");
    same(&take(&stdout, 1), &download[..1]);
    pass(2.0);
    assert!(client.runs(), "{}", client.told());
    same(&slurp(stdout), &download[1..]);
    server.join();
}

#[test]
fn the_deadline_ends_the_run_whatever_it_does() {
    let deadline = ["--deadline", "700ms"];
    let server = server(|mut stream| while stream.write_all(&[b'.'; 100]).is_ok() {});
    let outcome = dial(server.port, &deadline).hold_stdin().spawn().finish_with_stdin_open();
    let outcome = outcome.exits(124).within(0.65, 5.0);
    // A second line, where stdout's reader is behind just then, says what was not written.
    let mut lines = outcome.stderr.lines().peekable();
    assert!(lines.peek().is_some() && lines.all(|line| line.contains("deadline")), "{}", outcome.stderr);
    server.join();
    let outcome = nsock(&deadline).args(["-l", HOST, "0"]).run().exits(124).within(0.65, 5.0);
    assert!(outcome.one_line().contains("deadline"), "{}", outcome.stderr);
}

#[test]
fn the_deadline_tells_what_was_not_delivered() {
    let (go, gone) = channel();
    let server = server(move |_stream| gone.recv().expect("the test goes on"));
    let outcome = dial(server.port, &["--json", "--deadline", "1"]).stdin_file(&payload(20 * MB, 13)).run().exits(124);
    let (sent, lost) = (outcome.number("close", "sent_bytes"), outcome.number("error", "lost_bytes"));
    assert_eq!(sent + lost, 20_000_000, "{}", outcome.stderr);
    go.send(()).expect("the server waits");
    server.join();
}

#[test]
fn a_listener_waits_for_its_peer_as_long_as_it_was_told() {
    let outcome = nsock(&["-l", "--accept-timeout", "0.7", HOST, "0"]).run().exits(124).within(0.65, 5.0);
    assert!(outcome.one_line().contains("timed out"), "{}", outcome.stderr);
}

#[test]
fn a_peer_that_came_in_time_is_not_bound_by_the_accept_timeout() {
    let listener = listen(&["--accept-timeout", "1"]).spawn();
    let mut client = listener.connect();
    stays_silent(&client, 1.5);
    client.write_all(b"slow").expect("send");
    drop(client);
    listener.finish().exits(0).wrote(b"slow");
}

/// A port of this host where connecting gets no answer: the backlog of its listener is full.
fn deaf_port() -> (u16, Vec<Socket>) {
    let any: SockAddr = std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into();
    let deaf = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    deaf.bind(&any).expect("bind a free port");
    deaf.listen(0).expect("listen");
    let addr = deaf.local_addr().expect("an address");
    let mut sockets = vec![deaf];
    loop {
        let filler = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let full = filler.connect_timeout(&addr, Duration::from_millis(300)).is_err();
        sockets.push(filler);
        if full {
            return (addr.as_socket().expect("an IP address").port(), sockets);
        }
    }
}

#[test]
fn connecting_takes_as_long_as_it_was_told() {
    let (port, _deaf) = deaf_port();
    for flag in ["-w", "--connect-timeout"] {
        let outcome = dial(port, &[flag, "0.7"]).run().exits(124).within(0.65, 5.0);
        let line = outcome.one_line();
        let start = format!("nsock: connect to {HOST} port {port} (tcp) failed: timed out (");
        assert!(line.starts_with(&start), "{line}");
    }
}

#[test]
fn connecting_gives_up_by_itself_after_ten_seconds() {
    let (port, _deaf) = deaf_port();
    let outcome = dial(port, &[]).run().exits(1).within(9.5, 15.0);
    assert!(outcome.one_line().contains("timed out"), "{}", outcome.stderr);
}

// ---- resets, and what is not delivered ----

#[test]
fn a_reset_in_mid_stream_is_a_failure_told_in_one_line() {
    let download = payload(3 * MB, 14);
    let sent = download.clone();
    let (go, gone) = channel();
    let server = server(move |mut stream| {
        stream.write_all(&sent).expect("send");
        gone.recv().expect("the test goes on");
        reset(stream);
    });
    let mut client = dial(server.port, &[]).hold_stdin().hold_stdout().spawn();
    let stdout = client.stdout.take().expect("held");
    same(&take(&stdout, download.len()), &download);
    go.send(()).expect("the server waits");
    same(&slurp(stdout), b"");
    let outcome = client.finish_with_stdin_open().exits(1);
    let line = outcome.one_line();
    assert!(line.contains(" failed: Connection reset by peer (errno 104"), "{line}");
    server.join();
}

#[test]
fn what_came_before_a_reset_is_written_even_when_stdout_is_slow() {
    let download = payload(40_000, 15);
    let (read, write) = pipe();
    rustix::pipe::fcntl_setpipe_size(&write, 4096).expect("F_SETPIPE_SZ");
    let listener = listen(&[]).stdout(write).spawn();
    let mut client = listener.connect();
    client.write_all(&download).expect("send");
    listener.event("first_byte");
    reset(client);
    same(&slurp(read), &download);
    listener.finish().exits(1);
}

#[test]
fn what_came_before_a_reset_in_a_big_stream_is_written_and_counted() {
    let download = payload(30 * MB, 28);
    let sent = download.clone();
    let (tell, stuck) = channel();
    let server = server(move |mut stream| {
        stream.set_write_timeout(Some(Duration::from_millis(500))).expect("SO_SNDTIMEO");
        let error = stream.write_all(&sent).expect_err("nobody reads on");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        reset(stream);
        tell.send(()).expect("the test listens");
    });
    let mut client = dial(server.port, &["--json"]).hold_stdin().hold_stdout().spawn();
    let stdout = client.stdout.take().expect("held");
    stuck.recv_timeout(LIMIT).expect("the server gets stuck");
    let written = slurp(stdout);
    same(&written, &download[..written.len()]);
    let outcome = client.finish_with_stdin_open().exits(1);
    assert_eq!(outcome.number("close", "received_bytes"), written.len() as u64);
    assert_eq!(outcome.event("close")["how"], "rst");
    server.join();
}

#[test]
fn a_reset_after_the_peers_end_is_no_failure_when_stdin_has_ended() {
    let download = payload(40_000, 16);
    let (read, write) = pipe();
    rustix::pipe::fcntl_setpipe_size(&write, 4096).expect("F_SETPIPE_SZ");
    let listener = listen(&[]).stdout(write).spawn();
    let mut client = listener.connect();
    client.write_all(&download).expect("send");
    half_close(&client);
    listener.event("first_byte");
    reset(client);
    same(&slurp(read), &download);
    listener.finish().exits(0);
}

#[test]
fn what_is_left_of_a_file_when_the_peer_resets_is_told_to_the_byte() {
    let size = 12 * MB;
    for args in [&["--json"][..], &["--json", "-q", "5"]] {
        let server = server(|stream| {
            take(&stream, 100_000);
            reset(stream);
        });
        let outcome = dial(server.port, args).stdin_file(&payload(size, 17)).run().exits(1);
        let (sent, lost) = (outcome.number("close", "sent_bytes"), outcome.number("error", "lost_bytes"));
        assert!(sent >= 100_000 && lost > 0, "{}", outcome.stderr);
        assert_eq!(sent + lost, size as u64, "{}", outcome.stderr);
        server.join();
    }
}

#[test]
fn what_is_not_delivered_is_told_in_words() {
    for file in [true, false] {
        let (go, gone) = channel();
        let server = server(move |stream| {
            gone.recv().expect("the test goes on");
            reset(stream);
        });
        let client = if file {
            let client = dial(server.port, &["-v"]).stdin_file(&payload(12 * MB, 18)).spawn();
            client.line("succeeded!");
            client
        } else {
            let mut client = dial(server.port, &["-v"]).hold_stdin().spawn();
            fill(client.stdin.as_mut().expect("held"));
            client
        };
        go.send(()).expect("the server waits");
        let outcome = client.finish_with_stdin_open().exits(1);
        let line = outcome.stderr.lines().find(|line| line.starts_with("nsock: ")).expect("an error is told");
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "bytes").expect(line);
        assert_eq!(words[at..], ["bytes", "not", "delivered)"], "{line}");
        assert!(words[at - 1].trim_start_matches('(').parse::<u64>().is_ok_and(|count| count > 0), "{line}");
        assert_eq!(words[at - 2] == "least", !file, "a pipe may hold more, a file tells its size: {line}");
        server.join();
    }
}

/// Writes to a pipe until it has been full for so long that nobody reads from it.
fn fill(pipe: &mut std::fs::File) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let flags = rustix::fs::fcntl_getfl(&*pipe).expect("F_GETFL"); // of our end alone
    rustix::fs::fcntl_setfl(&*pipe, flags | rustix::fs::OFlags::NONBLOCK).expect("F_SETFL");
    let patience = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };
    loop {
        match pipe.write(&[b'.'; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut fds = [PollFd::new(pipe, PollFlags::OUT)];
                if poll(&mut fds, Some(&patience)).expect("poll") == 0 {
                    return;
                }
            }
            Err(error) => unexpected(&error),
        }
    }
}

#[test]
fn a_server_that_closes_during_an_upload_makes_it_fail() {
    let server = server(|mut stream| {
        stream.write_all(b"413 too much").expect("send");
        take(&stream, 100_000);
    });
    let outcome = dial(server.port, &["--json"]).stdin_file(&payload(12 * MB, 19)).run().exits(1);
    assert!(outcome.number("error", "lost_bytes") > 0);
    server.join();
}

// ---- signals ----

#[test]
fn a_signal_is_died_of_in_silence() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let server = server(|mut stream| {
            stream.write_all(b"x").expect("send");
            slurp(&stream)
        });
        let mut client = dial(server.port, &[]).hold_stdin().hold_stdout().spawn();
        take(client.stdout.as_mut().expect("held"), 1);
        client.signal(signal);
        client.finish_with_stdin_open().died_of(signal).silent();
        server.join();
    }
}

#[test]
fn a_signal_prints_the_summary_that_verbose_asks_for() {
    let server = server(|stream| slurp(&stream));
    let mut client = dial(server.port, &["-v"]).hold_stdin().spawn();
    client.stdin.as_mut().expect("held").write_all(b"hello").expect("give");
    client.line("succeeded!");
    client.signal(Signal::INT);
    let outcome = client.finish_with_stdin_open().died_of(Signal::INT);
    let last = outcome.stderr.lines().last().expect("a line");
    assert!(last.starts_with(&format!("Connection to {HOST} ")) && last.contains("by a signal"), "{last}");
    server.join();
}

#[test]
fn a_listener_without_a_peer_dies_of_a_signal() {
    let listener = listen(&[]).spawn();
    listener.port();
    listener.signal(Signal::TERM);
    listener.finish().died_of(Signal::TERM);
}

#[test]
fn a_signal_tells_what_was_not_delivered() {
    let (go, gone) = channel();
    let server = server(move |mut stream| {
        stream.write_all(b"x").expect("send");
        gone.recv().expect("the test goes on");
    });
    let client = dial(server.port, &["--json"]).stdin_file(&payload(20 * MB, 20)).spawn();
    client.event("first_byte");
    client.signal(Signal::INT);
    let outcome = client.finish().died_of(Signal::INT);
    let (sent, lost) = (outcome.number("close", "sent_bytes"), outcome.number("error", "lost_bytes"));
    assert_eq!(sent + lost, 20_000_000, "{}", outcome.stderr);
    assert_eq!(outcome.event("close")["by"], "signal");
    go.send(()).expect("the server waits");
    server.join();
}

#[test]
fn a_signal_tells_what_came_and_was_not_written() {
    let download = payload(30 * MB, 21);
    let sent = download.clone();
    let server = server(move |mut stream| _ = stream.write_all(&sent));
    let mut client = dial(server.port, &["--json"]).hold_stdin().hold_stdout().spawn();
    let stdout = client.stdout.take().expect("held");
    take(&stdout, 1);
    pass(0.3); // stdout's pipe fills, and what came after it is held
    client.signal(Signal::INT);
    let outcome = client.finish_with_stdin_open().died_of(Signal::INT);
    let written = 1 + slurp(stdout).len() as u64;
    let (received, lost) = (outcome.number("close", "received_bytes"), outcome.number("error", "lost_bytes"));
    assert_eq!(outcome.event("error")["lost_way"], "down");
    assert_eq!(outcome.event("error")["lost_at_least"], true, "the peer may have more");
    assert!(lost >= received - written, "what the kernel has counts too: {}", outcome.stderr);
    server.join();
}

#[test]
fn a_signal_that_was_switched_off_stays_off() {
    let server = server(|mut stream| {
        stream.write_all(b"x").expect("send");
        slurp(&stream)
    });
    let script = format!("trap '' INT; exec \"$NSOCK\" {HOST} {}", server.port);
    let mut client = shell(&script).hold_stdin().hold_stdout().spawn();
    take(client.stdout.as_mut().expect("held"), 1);
    client.signal(Signal::INT);
    client.signal(Signal::TERM);
    client.finish_with_stdin_open().died_of(Signal::TERM);
    server.join();
}

// ---- one way only ----

#[test]
fn a_sender_delivers_all_to_a_server_that_talks_back_all_the_time() {
    let upload = payload(8 * MB, 22);
    let server = server(|stream| {
        let mut talker = stream.try_clone().expect("duplicate a socket");
        let talk = task(move || while talker.write_all(&[b'.'; 4096]).is_ok() {});
        pass(0.3); // what the talker says piles up where nobody may read it
        let bytes = slurp(&stream);
        drop(talk);
        (stream, bytes)
    });
    dial(server.port, &["--send-only"]).stdin_file(&upload).run().exits(0).silent().wrote(b"");
    same(&server.join().1, &upload);
}

#[test]
fn a_sender_leaves_a_server_that_does_nothing_but_talk() {
    let server = server(|stream| {
        let talk = |mut talker: TcpStream| task(move || while talker.write_all(&[b'.'; 1 << 20]).is_ok() {});
        let talks = [(); 2].map(|()| talk(stream.try_clone().expect("duplicate a socket")));
        talks.into_iter().for_each(Task::join);
    });
    dial(server.port, &["--send-only"]).stdin_bytes("note").run().exits(0).silent().within(0.0, 3.0);
    server.join();
}

#[test]
fn a_sender_leaves_at_stdins_end() {
    let (go, gone) = channel();
    let server = server(move |stream| {
        let bytes = slurp(&stream);
        gone.recv().expect("the test goes on");
        bytes
    });
    dial(server.port, &["--send-only"]).stdin_bytes("note").run().exits(0).silent().within(0.0, 1.9);
    go.send(()).expect("the server waits");
    same(&server.join(), b"note");
}

// ---- two of a kind ----

#[test]
fn two_nsocks_exchange_everything_every_time() {
    let (page, upload) = (payload(600_000, 23), payload(600_000, 24));
    for (down, up) in [(&page[..], &upload[..]), (&page, b""), (b"", &upload)] {
        for _ in 0..10 {
            let listener = match down {
                b"" => listen(&[]),
                down => listen(&[]).stdin_file(down),
            };
            let listener = listener.spawn();
            let client = match up {
                b"" => dial(listener.port(), &[]),
                up => dial(listener.port(), &[]).stdin_file(up),
            };
            client.run().exits(0).silent().wrote(down);
            listener.finish().exits(0).wrote(up);
        }
    }
}

#[test]
fn two_nsocks_exchange_everything_through_pipes() {
    let (page, upload) = (payload(5 * MB, 25), payload(5 * MB, 26));
    let listener = listen(&[]).stdin_bytes(page.clone()).spawn();
    dial(listener.port(), &[]).stdin_bytes(upload.clone()).run().exits(0).silent().wrote(&page);
    listener.finish().exits(0).wrote(&upload);
}

// ---- urgent data ----

/// Sends all, and of every piece the last byte as urgent data.
fn send_urgently(stream: &TcpStream, bytes: &[u8]) {
    let socket = SockRef::from(stream);
    for piece in bytes.chunks(50_000) {
        let (last, rest) = piece.split_last().expect("no piece is empty");
        (&*socket).write_all(rest).expect("send");
        assert_eq!(socket.send_out_of_band(&[*last]).expect("send urgently"), 1);
    }
}

#[test]
fn urgent_data_stays_in_the_stream() {
    let download = payload(8 * MB, 27);
    for small in [1_000, 8 * MB] {
        let sent = download[..small].to_vec();
        let server = server(move |stream| {
            send_urgently(&stream, &sent);
            half_close(&stream);
            slurp(&stream)
        });
        dial(server.port, &[]).run().exits(0).silent().wrote(&download[..small]);
        server.join();

        let listener = listen(&[]).spawn();
        let client = listener.connect();
        send_urgently(&client, &download[..small]);
        client.shutdown(Shutdown::Write).expect("half-close");
        same(&slurp(&client), b"");
        listener.finish().exits(0).wrote(&download[..small]);
    }
}

// ---- enough was received ----

#[test]
fn what_was_enough_is_written_however_slow_the_reader() {
    let chunks = [&["-W", "2"][..], &["--stop", "exit"]];
    for flags in chunks {
        let (go, gone) = channel();
        let server = server(move |mut stream| {
            stream.write_all(&[b'x'; 200_000]).expect("send");
            stream.write_all(b"\nexit\n").expect("send");
            let _ = gone.recv(); // the peer's end is not what ends it
        });
        let (read, write) = pipe();
        rustix::pipe::fcntl_setpipe_size(&write, 4096).expect("F_SETPIPE_SZ");
        let client = dial(server.port, &["-d", "--json"]).args(flags).stdout(write).spawn();
        client.event("first_byte");
        pass(0.5);
        let written = slurp(read).len() as u64;
        let outcome = client.finish().exits(0);
        assert_eq!(outcome.number("close", "received_bytes"), written, "{}", outcome.stderr);
        go.send(()).expect("the server waits");
        server.join();
    }
}

#[test]
fn no_deadline_spoils_a_run_whose_work_is_done() {
    let (go, gone) = channel();
    let server = server(move |mut stream| {
        stream.write_all(b"hi\n").expect("send");
        let _ = gone.recv();
    });
    let outcome = dial(server.port, &["-d", "-W", "1", "--deadline", "500ms"]).run();
    outcome.exits(0).wrote(b"hi\n").silent();
    go.send(()).expect("the server waits");
    server.join();
}

#[test]
fn the_next_program_sees_the_end_before_our_close_is_over() {
    let (go, gone) = channel();
    let server = server(move |mut stream| {
        stream.write_all(b"hi\n").expect("send");
        let _ = gone.recv();
    });
    let mut client = dial(server.port, &["--json", "-d", "-W", "1"]).hold_stdout().spawn();
    assert_eq!(slurp(client.stdout.take().expect("held")), b"hi\n");
    assert!(client.runs(), "{}", client.told());
    go.send(()).expect("the client waits for the server");
    client.finish().exits(0);
    server.join();
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let server = server(|mut stream| stream.write_all(b"hi\n").expect("send"));
    let outcome = dial(server.port, &["-d", "-o", "/dev/full"]).run().exits(3);
    assert!(outcome.one_line().contains("write to /dev/full failed: No space left"), "{}", outcome.stderr);
    server.join();
}

#[test]
#[cfg_attr(feature = "portable", ignore = "what a peer has acknowledged only Linux tells")]
fn a_peer_that_takes_what_the_system_holds_is_not_silent() {
    for flags in [&["-w", "0.6"][..], &["-w", "0.6", "-i", "0"]] {
        let upload = payload(3 * MB, 31);
        let want = upload.clone();
        let server = server(move |mut stream| {
            let mut got = Vec::new();
            while got.len() < want.len() {
                got.extend(take(&mut stream, 100_000.min(want.len() - got.len())));
                pass(0.05); // much slower than what this side's buffer takes at once
            }
            same(&got, &want);
        });
        // All of it is the system's at once: nothing moves here while it goes out.
        let flags = [flags, &["--sndbuf", "4M"]].concat();
        dial(server.port, &flags).stdin_file(&upload).run().exits(0).silent();
        server.join();
    }
}
