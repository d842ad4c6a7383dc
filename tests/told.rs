//! What is told on stderr: OpenBSD's sentences with `-v`, each step with `-vv`, events with `--json` as the schema has
//! them, nothing at all without any of these when all goes well, and colours only where they are wanted.

mod common;

use std::collections::BTreeSet;
use std::io::{Read, Write};

use common::*;
use nsock::report::SCHEMA;
use serde_json::Value;

/// Whether a text is like a pattern, in which each `*` stands for any text.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((first, later)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let Some(rest) = text.strip_prefix(first) else {
        return false;
    };
    (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| is_like(rest, later)))
}

#[track_caller]
fn like(text: &str, pattern: &str) {
    assert!(is_like(text, pattern), "{text}\nis not like\n{pattern}");
}

/// One question and its answer, with nsock as the client.
fn as_client(args: &[&str]) -> (u16, Outcome) {
    let server = server(|mut stream| {
        let up = slurp(&stream);
        stream.write_all(b"answer").expect("send");
        up
    });
    let port = server.port;
    let outcome = dial(port, args).stdin_bytes("question").run().exits(0).wrote(b"answer");
    same(&server.join(), b"question");
    (port, outcome)
}

/// One question and its answer, with nsock as the listener: its port, the client's, and what came of it.
fn as_listener(args: &[&str]) -> (u16, u16, Outcome) {
    let listener = nsock(args).args(["-l", HOST, "0"]).stdin_bytes("answer").spawn();
    let mut client = listener.connect();
    let ports = [client.peer_addr(), client.local_addr()].map(|addr| addr.expect("an address").port());
    client.write_all(b"question").expect("send");
    half_close(&client);
    same(&slurp(&client), b"answer");
    (ports[0], ports[1], listener.finish().exits(0).wrote(b"question"))
}

// ---- sentences ----

#[test]
fn without_verbose_nothing_is_told_when_all_goes_well() {
    as_client(&[]).1.silent();
    as_client(&["--quiet"]).1.silent();
}

#[test]
#[cfg_attr(feature = "portable", ignore = "no TCP_INFO")]
fn a_client_tells_openbsds_sentence_and_the_end() {
    let (port, outcome) = as_client(&["-v"]);
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    like(lines[0], &format!("Connection to 127.0.0.1 {port} port [tcp/*] succeeded! (connect *ms, from 127.0.0.1 *)"));
    like(
        lines[1],
        &format!(
            "Connection to 127.0.0.1 {port} closed by * (FIN, *s, 8 bytes sent, 6 received, rtt *, * retransmits)"
        ),
    );
}

#[test]
fn a_client_tells_the_name_with_its_address_and_the_lookup() {
    let server = server(slurp);
    let port = server.port;
    let outcome = nsock(&["-4v", "localhost", &port.to_string()]).stdin_bytes("up").run().exits(0);
    let line = outcome.stderr.lines().next().expect("a line");
    like(
        line,
        &format!(
            "Connection to localhost (127.0.0.1) {port} port [tcp/*] succeeded! (lookup *, connect *ms, from 127.0.0.1 *)"
        ),
    );
    server.join();
}

#[test]
#[cfg_attr(feature = "portable", ignore = "no TCP_INFO")]
fn a_listener_tells_openbsds_sentences_and_the_end() {
    let (port, client, outcome) = as_listener(&["-v"]);
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_eq!(lines[0], format!("Listening on 127.0.0.1 {port}"));
    assert_eq!(lines[1], format!("Connection received on 127.0.0.1 {client}"));
    like(
        lines[2],
        &format!(
            "Connection from 127.0.0.1 {client} closed by * (FIN, *s, 6 bytes sent, 8 received, rtt *, * retransmits)"
        ),
    );
}

#[test]
fn a_listener_on_every_address_tells_both_in_one_line() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        skipped("this machine has no ::1");
        return;
    }
    let listener = nsock(&["-v", "-l", "0"]).spawn();
    let port = listener.port();
    assert_eq!(listener.line("Listening"), format!("Listening on 0.0.0.0 {port} (and :: {port})\n"));
}

#[test]
fn each_address_that_failed_is_told_before_the_one_that_stood() {
    let (port, _bound) = closed_port();
    let outcome = nsock(&["-v", "localhost", &port.to_string()]).run().exits(1);
    for line in outcome.stderr.lines() {
        like(line, &format!("nsock: connect to localhost (*) port {port} (tcp) failed: * (errno *, *s)"));
    }
}

#[test]
fn a_reset_is_told_as_one() {
    let server = server(|mut stream| {
        stream.write_all(b"x").expect("send");
        take(&stream, 1);
        reset(stream);
    });
    let mut client = dial(server.port, &["-v"]).hold_stdin().hold_stdout().spawn();
    take(client.stdout.as_mut().expect("held"), 1);
    client.stdin.as_mut().expect("held").write_all(b"y").expect("give");
    server.join();
    let outcome = client.finish_with_stdin_open().exits(1);
    let lines: Vec<&str> = outcome.stderr.lines().skip(1).collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    like(lines[0], "nsock: * 127.0.0.1 port * (tcp) failed: Connection reset by peer (errno 104, *s)");
    like(lines[1], "Connection to 127.0.0.1 * closed by peer (RST, *s, 1 bytes sent, 1 received*)");
}

#[test]
fn a_peer_that_ends_without_a_byte_after_our_half_close_is_told_so() {
    let server = server(slurp);
    let outcome = dial(server.port, &["-v"]).stdin_bytes("question").run().exits(0);
    assert!(outcome.stderr.contains("try --no-shutdown"), "{}", outcome.stderr);
    server.join();
    assert!(!as_client(&["-v"]).1.stderr.contains("--no-shutdown"));

    let server = self::server(slurp);
    let outcome = dial(server.port, &["--json"]).stdin_bytes("question").run().exits(0);
    assert_eq!(outcome.event("close")["remark"], "unanswered");
    server.join();
    assert!(as_client(&["--json"]).1.event("close")["remark"].is_null());
}

#[test]
fn very_verbose_tells_each_step_and_what_is_waited_for() {
    let (port, outcome) = as_client(&["-vv"]);
    let mut lines = outcome.stderr.lines();
    for pattern in [
        &format!("nsock: connecting to 127.0.0.1 port {port} (tcp)"),
        "Connection to 127.0.0.1 * succeeded! *",
        "nsock: * (FIN sent)",
        "nsock: waiting for the peer's end",
        "nsock: first byte from the peer (*s)",
        "nsock: the peer sends no more (FIN received)",
        "Connection to 127.0.0.1 * closed by *",
    ] {
        assert!(lines.any(|line| is_like(line, pattern)), "no {pattern}, or not in order:\n{}", outcome.stderr);
    }
}

#[test]
fn very_verbose_tells_how_long_a_silent_stdin_is_waited_for() {
    let server = server(|mut stream| stream.write_all(b"bye").expect("send"));
    let client = dial(server.port, &["-vv"]).hold_stdin().spawn();
    client.line("nsock: waiting for stdin, ");
    client.finish().exits(0);
    server.join();
}

#[test]
fn what_is_waited_for_is_a_sentence_for_people_and_a_word_for_programs() {
    let waits = |args: &[&str], text: &str, word: &str, sentence: &str| {
        for voice in ["-vv", "--json"] {
            let (go, gone) = std::sync::mpsc::channel::<()>();
            let length = text.len();
            let server = self::server(move |mut stream| {
                take(&stream, length);
                let _ = gone.recv();
                let _ = stream.write_all(b"answer"); // nobody need hear it
            });
            let program = dial(server.port, &[voice]).args(args);
            let client = match word {
                "stdin" => {
                    drop(go);
                    program.hold_stdin().spawn()
                }
                _ => program.stdin_bytes(text).spawn(),
            };
            match voice {
                "--json" => assert_eq!(client.event("wait")["for"], word),
                _ => like(client.line("waiting for ").trim_end(), &format!("nsock: waiting for {sentence}")),
            }
        }
    };
    let put_off = "half-close put off (-N does it at once)";
    waits(&[], "", "peer", "the peer's end");
    waits(&[], "", "stdin", "stdin, *s at most");
    waits(&["--no-shutdown"], "x", "peer", "the peer's end");
    waits(&["-t"], "", "peer_first", &format!("the peer's end, {put_off}"));
    let request = "GET / HTTP/1.1\r\n\r\n";
    waits(&[], request, "answer", &format!("the answer to what looks like an HTTP request, {put_off}"));
}

#[test]
fn very_verbose_tells_what_a_name_was_found_to_be() {
    let server = server(slurp);
    let outcome = nsock(&["-4vv", "localhost", &server.port.to_string()]).run().exits(0);
    like(outcome.stderr.lines().next().expect("a line"), "nsock: lookup of localhost: 127.0.0.1* (*s)");
    server.join();
}

// ---- colours ----

#[test]
fn colours_are_told_when_asked_for_and_never_when_refused() {
    let always = as_client(&["-v", "--color", "always"]).1.stderr;
    assert!(always.contains("\x1b[32msucceeded!\x1b[0m"), "{always:?}");
    for args in [&["-v"][..], &["-v", "--color", "never"], &["-v", "--color", "auto"]] {
        let told = as_client(args).1.stderr;
        assert!(!told.contains('\x1b'), "{told:?}");
    }
}

/// What a person at a terminal sees of a client that tells with `-v`.
fn seen(args: &[&str], env: &[(&str, &str)]) -> String {
    let terminal = Terminal::new();
    let server = server(|mut stream| stream.write_all(b"x").expect("send"));
    let mut program = dial(server.port, args).stderr(terminal.stdio());
    for (key, value) in env {
        program = program.env(key, value);
    }
    program.run().exits(0);
    server.join();
    all_of(terminal)
}

/// What was written to a terminal, once no program has it any more.
fn all_of(terminal: Terminal) -> String {
    let Terminal { mut person, line } = terminal;
    drop(line);
    let mut seen = Vec::new();
    let _ = person.read_to_end(&mut seen); // a terminal ends with an error
    String::from_utf8(seen).expect("text")
}

#[test]
fn at_a_terminal_colours_are_used_unless_the_environment_or_the_user_says_no() {
    assert!(seen(&["-v"], &[]).contains("\x1b[32msucceeded!"));
    assert!(seen(&["-v"], &[("NO_COLOR", "")]).contains('\x1b'), "an empty NO_COLOR is none");
    for (args, env) in [
        (&["-v"][..], &[("NO_COLOR", "1")][..]),
        (&["-v"], &[("TERM", "dumb")]),
        (&["-v", "--color", "never"], &[]),
        (&["--json"], &[]),
    ] {
        let told = seen(args, env);
        assert!(told.contains("succeeded!") || told.contains("\"connect\""), "{told:?}");
        assert!(!told.contains('\x1b'), "{args:?} {env:?}: {told:?}");
    }
    assert!(seen(&["-v", "--color", "always"], &[("NO_COLOR", "1")]).contains('\x1b'));
}

#[test]
fn results_and_labels_at_a_terminal_are_coloured_by_the_same_rule() {
    for (key, value, coloured) in
        [("TERM", "xterm", true), ("TERM", "dumb", false), ("NO_COLOR", "", true), ("NO_COLOR", "1", false)]
    {
        let server = server(drop);
        let terminal = Terminal::new();
        let probe = nsock(&["-z", HOST, &server.port.to_string()]).env(key, value).stdout(terminal.stdio());
        probe.run().exits(0);
        server.join();
        let results = all_of(terminal);
        assert!(results.contains("open"), "{results:?}");
        assert_eq!(results.contains('\x1b'), coloured, "{key}={value}: {results:?}");

        let terminal = Terminal::new();
        let hub = listen(&["-k", "--label", "--accept", "1"]).env(key, value).stdout(terminal.stdio()).spawn();
        hub.connect().write_all(b"hello").expect("send");
        hub.finish().exits(0);
        let labels = all_of(terminal);
        assert!(labels.contains("127.0.0.1 ") && labels.contains(": hello"), "{labels:?}");
        assert_eq!(labels.contains('\x1b'), coloured, "{key}={value}: {labels:?}");
    }
}

// ---- events ----

/// Asserts that every line is an event as the schema has it, and gives the names of the events.
#[track_caller]
fn checked(outcome: &Outcome) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut last = String::new();
    for line in outcome.stderr.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let event = event.as_object().unwrap_or_else(|| panic!("no object: {line}"));
        let name = event["event"].as_str().expect(line);
        let (_, fields, _) = SCHEMA.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("{line}"));
        let keys: Vec<&str> = event.keys().map(String::as_str).collect();
        let want: Vec<&str> = ["time", "event"].into_iter().chain(fields.split_whitespace()).collect();
        assert_eq!(keys, want, "{line}");

        let time = event["time"].as_str().expect(line);
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{line}");
        assert!(time >= last.as_str(), "time runs backwards: {line}");
        time.clone_into(&mut last);

        for (key, value) in event {
            if key.ends_with("_s") && !value.is_null() {
                assert!(value.as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)), "{key}: {line}");
            }
            if key.ends_with("_bytes") && !value.is_null() {
                assert!(value.as_u64().is_some(), "{key}: {line}");
            }
            assert!(!value.is_object(), "fields are flat: {line}");
        }
        names.insert(name.to_owned());
    }
    names
}

#[test]
fn every_event_is_as_the_schema_has_it() {
    let mut names = BTreeSet::new();
    let (client_port, client) = as_client(&["--json"]);
    names.extend(checked(&client));
    let (port, from, listener) = as_listener(&["--json"]);
    names.extend(checked(&listener));
    let server = server(slurp);
    let named = nsock(&["--json", "localhost", &server.port.to_string()]).run().exits(0);
    names.extend(checked(&named));
    server.join();
    let (closed, _bound) = closed_port();
    let refused = dial(closed, &["--json"]).run().exits(1);
    names.extend(checked(&refused));
    let server = self::server(|mut stream| {
        stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nc").expect("send");
        slurp(&stream)
    });
    let asked = nsock(&["--json", "--http", &format!("localhost:{}/", server.port)]).run().exits(0);
    names.extend(checked(&asked));
    server.join();
    names.extend(["dropped", "missed", "port", "probed", "progress", "turned_away", "unanswered"].map(Into::into)); // have tests of their own
    let known: BTreeSet<String> = SCHEMA.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(names, known, "each event of the schema is raised in this test");

    let close = client.event("close");
    assert_eq!((&close["sent_bytes"], &close["received_bytes"]), (&8.into(), &6.into()));
    assert_eq!((close["how"].as_str(), close["port"].as_u64()), (Some("fin"), Some(client_port.into())));
    assert_eq!(client.event("connect")["port"], client_port);
    assert_eq!(client.event("connect")["conn"], close["conn"]);
    assert_eq!(listener.event("listen")["port"], port);
    assert_eq!(listener.event("accept")["port"], from);
    assert_eq!(listener.event("accept")["local_port"], port);
    assert_eq!(named.event("resolve")["host"], "localhost");
    assert_eq!(named.event("close")["host"], "localhost");
    let error = refused.event("error");
    assert_eq!((&error["deed"], &error["addr"]), (&"connect".into(), &HOST.into()));
    assert_eq!((&error["errno"], &error["exit"], &error["port"]), (&111.into(), &1.into(), &closed.into()));
    assert_eq!(error["fatal"], true);
    assert_eq!(error["reason"], "Connection refused");
}

#[test]
fn events_are_written_at_once_and_in_the_order_they_happen() {
    let server = server(|mut stream| {
        let question = take(&stream, 1);
        stream.write_all(b"x").expect("send");
        half_close(&stream);
        slurp(&stream);
        question
    });
    let mut client = dial(server.port, &["--json"]).hold_stdin().spawn();
    client.event("connect"); // while nothing else has happened
    client.stdin.as_mut().expect("held").write_all(b"q").expect("give");
    client.peer_ended();
    let outcome = client.finish().exits(0);
    checked(&outcome);
    let names: Vec<String> = outcome
        .events()
        .iter()
        .map(|event| format!("{}{}", event["event"].as_str().expect("a name"), event["by"].as_str().unwrap_or("")))
        .collect();
    let want = ["attempt", "connect", "first_byte", "half_closepeer", "wait", "closepeer"];
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| want.contains(name)).collect();
    assert_eq!(names, want, "{}", outcome.stderr);
    server.join();
}

#[test]
fn a_signal_and_a_silence_are_told_as_what_ended_the_connection() {
    let quiet = || {
        server(|mut stream| {
            stream.write_all(b"x").expect("send");
            slurp(&stream)
        })
    };
    let server = quiet();
    let client = dial(server.port, &["--json"]).hold_stdin().spawn();
    client.event("first_byte");
    client.signal(Signal::TERM);
    let outcome = client.finish_with_stdin_open().died_of(Signal::TERM);
    checked(&outcome);
    assert_eq!(outcome.event("close")["by"], "signal");
    let server = quiet();
    let client = dial(server.port, &["--json", "-w", "0.3"]).hold_stdin().spawn();
    let outcome = client.finish_with_stdin_open().exits(124);
    checked(&outcome);
    assert_eq!(outcome.event("close")["by"], "idle");
    assert_eq!(outcome.event("close")["how"], "timeout");
    assert_eq!(outcome.event("error")["exit"], 124);
}

#[test]
fn with_json_no_sentence_is_told_and_stdout_holds_data_only() {
    for args in [&["--json", "-v"][..], &["-jvv"]] {
        let (_, outcome) = as_client(args);
        checked(&outcome);
        let (_, _, outcome) = as_listener(args);
        checked(&outcome);
    }
}

#[test]
fn odd_text_does_not_break_a_line_of_json() {
    let path = "/nosuch/evil\x1b[2J\n\"name";
    let outcome = nsock(&["--json", "-l", "--port-file", path, HOST, "0"]).run().exits(3);
    checked(&outcome);
    assert_eq!(outcome.event("error")["object"], path);
}

#[test]
fn a_stderr_that_nobody_reads_stops_nothing_and_what_was_dropped_is_counted() {
    let (mut reader, writer) = pipe();
    let size = rustix::pipe::fcntl_getpipe_size(&writer).expect("F_GETPIPE_SZ");
    (&writer).write_all(&vec![b'\n'; size]).expect("fill the pipe");
    let server = server(|mut stream| {
        stream.write_all(b"data goes on").expect("send");
        slurp(&stream)
    });
    let mut client = dial(server.port, &["--json"]).hold_stdin().hold_stdout().stderr(writer).spawn();
    let stdout = client.stdout.take().expect("held");
    same(&take(&stdout, 12), b"data goes on");
    take(&reader, size); // now somebody reads, before the last events come
    let told = task(move || slurp(&mut reader));
    client.finish().exits(0);
    server.join();
    let told = String::from_utf8(told.join()).expect("JSON is text");
    let dropped = told
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .find(|event| event["event"] == "dropped")
        .expect("that something was dropped is told");
    assert!(dropped["events"].as_u64().is_some_and(|events| events > 0), "{told}");
}
