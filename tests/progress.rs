//! Progress (`--progress`, SIGUSR1): when it is shown, what it says, and that stdout and the run do not notice.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::time::Duration;

use common::*;

const MB: usize = 1_000_000;

/// Sends a part, waits to be told, and sends the rest.
fn halting(part: usize, rest: usize) -> (Server<()>, std::sync::mpsc::Sender<()>) {
    let (go, gone) = channel();
    let server = server(move |mut stream| {
        let bytes = payload(part + rest, 1);
        stream.write_all(&bytes[..part]).expect("send");
        let _ = gone.recv();
        stream.write_all(&bytes[part..]).expect("send");
    });
    (server, go)
}

/// What a terminal shows, read in a thread until the program's side of it is gone.
fn watch(mut person: std::fs::File) -> Task<String> {
    task(move || {
        let (mut all, mut bytes) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = person.read(&mut bytes) {
            all.extend_from_slice(&bytes[..count]);
        }
        String::from_utf8_lossy(&all).into_owned()
    })
}

/// What stands on a terminal after it was written to: lines, without colors.
fn screen(written: &str) -> Vec<String> {
    let (mut lines, mut column) = (vec![Vec::new()], 0);
    let mut chars = written.chars();
    while let Some(char) = chars.next() {
        let line: &mut Vec<char> = lines.last_mut().expect("a line");
        match char {
            '\r' => column = 0,
            '\n' => lines.push(Vec::new()),
            '\x1b' => {
                if chars.find(char::is_ascii_alphabetic) == Some('K') {
                    line.clear();
                }
            }
            _ => {
                line.resize(line.len().max(column + 1), ' ');
                line[column] = char;
                column += 1;
            }
        }
    }
    lines.into_iter().map(|line| line.into_iter().collect::<String>().trim_end().to_owned()).collect()
}

/// Takes what is sent, a piece at a time, for so long.
fn slow_sink(seconds: f64) -> Server<usize> {
    server(move |mut stream| {
        take(&stream, 100_000);
        pass(seconds);
        100_000 + slurp(&mut stream).len()
    })
}

/// A listener whose queue is full, with those who wait in it, and its port: the next connect is not answered.
fn deaf() -> ((socket2::Socket, Vec<TcpStream>), u16) {
    let deaf = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
    deaf.bind(&any.into()).expect("bind");
    deaf.listen(0).expect("listen");
    let addr = deaf.local_addr().expect("its address").as_socket().expect("an IP address");
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&addr, Duration::from_millis(300)) {
        waiting.push(stream);
    }
    ((deaf, waiting), addr.port())
}

#[test]
fn asked_for_without_a_terminal_it_is_a_line_a_second() {
    let (server, go) = halting(3 << 20, 1000);
    let run = dial(server.port, &["--progress"]).spawn();
    run.line("s, "); // some line
    while run.told().lines().count() < 3 {
        assert!(run.runs());
        pass(0.05);
    }
    go.send(()).expect("the server waits");
    let outcome = run.finish().exits(0).within(2.9, 6.0).wrote(&payload((3 << 20) + 1000, 1));
    server.join();
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    for (n, line) in lines.iter().take(3).enumerate() {
        let begin = "nsock: 0 B sent, 3.0 MiB received, ";
        assert!(line.starts_with(begin) && line.contains("iB/s, "), "{line}");
        assert!(line.contains(&format!(", {}.", n + 1)), "the time in {line}");
    }
    assert!(!outcome.stderr.contains(['\r', '\x1b']), "{:?}", outcome.stderr);
}

#[test]
fn of_a_file_it_tells_how_much_there_is_and_how_long_it_takes() {
    let server = slow_sink(1.3);
    let bytes = payload(40 << 20, 2);
    let outcome = dial(server.port, &["--progress"]).stdin_file(&bytes).run().exits(0).wrote(b"");
    assert_eq!(server.join(), 40 << 20);
    let line = outcome.stderr.lines().next().expect("a line");
    assert!(line.contains(" of 40.0 MiB sent, 0 B received, ") && line.ends_with(" left"), "{line}");
}

#[test]
fn as_json_it_is_an_event_a_second() {
    let (server, go) = halting(MB, 0);
    let run = dial(server.port, &["--json", "--progress"]).spawn();
    let events = run.events("progress", 2);
    assert_eq!(events[0]["received_bytes"], MB);
    assert!(events[1]["duration_s"].as_f64() >= Some(1.9), "{}", events[1]);
    go.send(()).expect("the server waits");
    run.finish().exits(0).wrote(&payload(MB, 1));
    server.join();
}

#[test]
fn as_json_a_probe_counts_ports_and_all_else_bytes() {
    let open = [server(drop), server(drop)];
    let ports = format!("{},{}", open[0].port, open[1].port);
    let run = nsock(&["-z", "-i", "1.5", "--json", "--progress", HOST, &ports]).spawn();
    let progress = run.event("progress");
    let counts = ["ports_decided", "ports_total", "ports_open"];
    assert_eq!(counts.map(|count| progress[count].as_u64()), [1, 2, 1].map(Some), "{progress}");
    run.finish().exits(0);
    open.into_iter().for_each(Server::join);

    let (_deaf, port) = deaf();
    let run = dial(port, &["-w", "2", "--json"]).spawn();
    run.event("attempt");
    run.signal(Signal::USR1);
    let progress = run.event("progress");
    assert!(counts.iter().all(|count| progress[count].is_null()), "{progress}");
    run.finish().exits(124);
}

#[test]
fn as_json_at_a_terminal_no_line_is_drawn_between_the_objects() {
    let server = slow_sink(1.3);
    let terminal = Terminal::new();
    let run =
        dial(server.port, &["--json", "--progress"]).stdin_file(&payload(40 << 20, 8)).stderr(terminal.stdio()).spawn();
    let shown = watch(terminal.person.try_clone().expect("duplicate"));
    assert_eq!(server.join(), 40 << 20);
    run.finish().exits(0);
    drop(terminal);
    let shown = shown.join();
    let object = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {shown:?}"));
    let objects: Vec<serde_json::Value> = shown.lines().map(object).collect();
    assert!(objects.iter().any(|object| object["event"] == "progress"), "{shown:?}");
}

#[test]
fn without_a_terminal_nothing_is_shown_by_itself() {
    let server = slow_sink(2.5);
    dial(server.port, &[]).stdin_file(&payload(20 * MB, 3)).run().exits(0).silent().within(2.5, 6.0);
    assert_eq!(server.join(), 20 * MB);
}

#[test]
fn a_signal_asks_how_far_it_is_and_the_run_goes_on() {
    let (server, go) = halting(2 << 20, 5);
    let mut run = dial(server.port, &[]).hold_stdout().spawn();
    let stdout = run.stdout.take().expect("held");
    take(&stdout, 2 << 20);
    for n in 1..=2 {
        run.signal(Signal::USR1);
        while run.told().lines().count() < n {
            assert!(run.runs());
            pass(0.01);
        }
    }
    go.send(()).expect("the server waits");
    assert_eq!(slurp(stdout).len(), 5);
    let outcome = run.finish().exits(0);
    assert_eq!(outcome.stderr.lines().count(), 2, "{}", outcome.stderr);
    for line in outcome.stderr.lines() {
        assert!(line.starts_with("nsock: 0 B sent, 2.0 MiB received, "), "{line}");
    }
    server.join();
}

#[test]
fn a_signal_is_answered_while_listening() {
    let port_file = PortFile::new();
    let run = nsock(&["-l"]).args(port_file.args()).args([HOST, "0"]).spawn();
    let port = port_file.port();
    run.signal(Signal::USR1);
    assert!(run.line("received").starts_with("nsock: 0 B sent, 0 B received, "));
    let mut peer = TcpStream::connect((HOST, port)).expect("connect");
    peer.write_all(b"hello").expect("send");
    drop(peer);
    let outcome = run.finish().exits(0).wrote(b"hello");
    outcome.one_line();
}

#[test]
fn a_signal_is_answered_while_many_are_served() {
    let run = listen(&["-k", "--accept", "2"]).spawn();
    let mut peers = [run.connect(), run.connect()];
    run.events("accept", 2);
    for peer in &mut peers {
        peer.write_all(b"12345").expect("send");
    }
    run.events("first_byte", 2);
    run.signal(Signal::USR1);
    assert_eq!(run.event("progress")["received_bytes"], 10);
    drop(peers);
    run.finish().exits(0).wrote(b"1234512345");
}

#[test]
fn a_signal_is_answered_while_connecting() {
    let (_deaf, port) = deaf();
    let run = dial(port, &["-w", "2", "-vv"]).spawn();
    run.line("127.0.0.1"); // it has begun
    run.signal(Signal::USR1);
    assert!(run.line("received").starts_with("nsock: 0 B sent, 0 B received, "));
    run.finish().exits(124);
}

#[test]
fn with_a_file_at_a_terminal_it_shows_by_itself_after_two_seconds_and_goes_at_the_end() {
    let server = slow_sink(3.0);
    let terminal = Terminal::new();
    let run = dial(server.port, &[]).stdin_file(&payload(40 << 20, 4)).stderr(terminal.stdio()).spawn();
    let shown = watch(terminal.person.try_clone().expect("duplicate"));
    assert_eq!(server.join(), 40 << 20);
    run.finish().exits(0).wrote(b"");
    drop(terminal);
    let shown = shown.join();
    assert!(shown.contains(" of 40.0 MiB sent, "), "{shown:?}");
    for early in [" 0.", " 1."] {
        assert!(!shown.split(['\r', '\n']).any(|line| line.contains(&format!("iB/s,{early}"))), "{shown:?}");
    }
    assert_eq!(screen(&shown), [""], "{shown:?}");
}

#[test]
fn a_short_run_at_a_terminal_shows_nothing() {
    let server = slow_sink(0.5);
    let terminal = Terminal::new();
    let run = dial(server.port, &[]).stdin_file(&payload(20 * MB, 5)).stderr(terminal.stdio()).spawn();
    let shown = watch(terminal.person.try_clone().expect("duplicate"));
    assert_eq!(server.join(), 20 * MB);
    run.finish().exits(0);
    drop(terminal);
    assert_eq!(shown.join(), "");
}

#[test]
fn at_a_terminal_it_does_not_show_while_stdout_is_the_screen_or_quiet_was_asked_for() {
    for (args, screen) in [(&[][..], true), (&["--quiet"], false)] {
        let server = slow_sink(2.5);
        let terminal = Terminal::new();
        let mut program = dial(server.port, args).stdin_file(&payload(20 * MB, 6)).stderr(terminal.stdio());
        if screen {
            program = program.stdout(terminal.stdio());
        }
        let run = program.spawn();
        let shown = watch(terminal.person.try_clone().expect("duplicate"));
        assert_eq!(server.join(), 20 * MB);
        run.finish().exits(0);
        drop(terminal);
        assert_eq!(shown.join(), "");
    }
}

#[test]
fn what_is_told_at_a_terminal_stands_in_whole_lines_and_the_progress_goes() {
    let server = slow_sink(1.0);
    let terminal = Terminal::new();
    let run =
        dial(server.port, &["--progress", "-v"]).stdin_file(&payload(40 << 20, 7)).stderr(terminal.stdio()).spawn();
    let shown = watch(terminal.person.try_clone().expect("duplicate"));
    assert_eq!(server.join(), 40 << 20);
    run.finish().exits(0);
    drop(terminal);
    let shown = shown.join();
    assert!(shown.contains(" of 40.0 MiB sent, "), "{shown:?}");
    let screen = screen(&shown);
    let [made, closed, rest] = &screen[..] else { unexpected(&shown) };
    assert!(made.starts_with("Connection to 127.0.0.1 ") && made.contains(" succeeded! ("), "{shown:?}");
    assert!(closed.starts_with("Connection to 127.0.0.1 ") && closed.contains(" closed by us (FIN, "), "{shown:?}");
    assert_eq!(rest, "");
}
