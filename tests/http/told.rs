//! What is told of a request and when: its phases, time limits and signals.

use std::sync::mpsc::{Sender, channel};

use super::*;

#[test]
fn a_slow_first_byte_is_seen_in_the_timing() {
    let server = server(|mut stream| {
        head(&stream);
        pass(0.4);
        stream.write_all(&ok(b"late")).expect("send");
        slurp(&stream);
    });
    let outcome = ask(server.port, &["--json"]).run().exits(0);
    let response = outcome.event("response");
    let seconds = |field: &str| response[field].as_f64().unwrap_or_else(|| panic!("no {field}: {response}"));
    assert!((0.4..5.0).contains(&seconds("first_byte_s")), "{response}");
    assert!(seconds("total_s") >= seconds("first_byte_s"), "{response}");
    assert!(seconds("connect_s") < 0.3 && seconds("request_s") < 0.3, "{response}");
    server.join();
}

#[test]
fn silence_and_the_deadline_end_with_124() {
    for args in [&["-w", "0.3"][..], &["--idle-timeout", "300ms"], &["--deadline", "0.3"]] {
        let server = keeps("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
        let outcome = ask(server.port, args).run().exits(124).within(0.3, 10.0).wrote(b"hello");
        let line = outcome.stderr.lines().last().expect("a line");
        assert!(line.starts_with("nsock: connection with 127.0.0.1 port "), "{line}");
        server.join();
    }
}

#[test]
fn a_server_that_speaks_in_time_is_not_silent() {
    let server = server(|mut stream| {
        head(&stream);
        for piece in ["HTTP/1.1 200 OK\r\n", "Content-Length: 4\r\n\r\n", "sl", "ow"] {
            pass(0.3);
            stream.write_all(piece.as_bytes()).expect("send");
        }
        slurp(&stream);
    });
    ask(server.port, &["-w", "0.8"]).run().exits(0).wrote(b"slow");
    server.join();
}

#[test]
fn who_refuses_or_has_no_name_is_told_as_when_connecting() {
    let (port, _bound) = closed_port();
    let outcome = ask(port, &[]).run().exits(1);
    assert!(outcome.one_line().contains("Connection refused (errno 111, "), "{}", outcome.stderr);
    nsock(&["--http", "-n", "http://localhost/"]).run().exits(4);
}

#[test]
fn what_came_of_a_head_is_shown_though_its_rest_never_comes() {
    let server = server(|mut stream| {
        head(&stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nX: a\r\n").expect("send");
        slurp(&stream) // until the client has left
    });
    ask(server.port, &["-w", "0.3"]).run().exits(124).wrote(b"HTTP/1.1 200 OK\r\nX: a\r\n");
    server.join();
}

#[test]
fn a_signal_ends_it_with_what_came_written() {
    let server = keeps("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    let mut run = ask(server.port, &["-v"]).hold_stdout().spawn();
    let mut stdout = run.stdout.take().expect("held");
    same(&take(&stdout, 5), b"hello");
    run.signal(Signal::TERM);
    assert_eq!(slurp(&mut stdout), b"");
    let outcome = run.finish().died_of(Signal::TERM);
    let last = outcome.stderr.lines().last().expect("a line");
    assert!(last.starts_with("Response 200 from 127.0.0.1 ") && last.contains(" cut short ("), "{last}");
    server.join();
}

#[test]
fn the_head_is_told_always_and_with_verbose_the_request_and_each_phase_too() {
    let answer =
        "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX: y\r\n\r\nhello";
    let outcome = answered(&[], answer).exits(0);
    let told = "HTTP/1.1 103 Early Hints\nLink: a\nHTTP/1.1 200 Fine\nContent-Length: 5\nX: y\n";
    assert_eq!(outcome.stderr, told);

    let server = keeps(answer);
    let outcome = ask(server.port, &["-v"]).run().exits(0).wrote(b"hello");
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let want = format!(
        "> GET /page HTTP/1.1\n> Host: 127.0.0.1:{}\n> Connection: close\n> User-Agent: nsock/{}\n> Accept: */*",
        server.port,
        env!("CARGO_PKG_VERSION")
    );
    assert!(lines[0].starts_with("Connection to 127.0.0.1 "), "{}", outcome.stderr);
    assert_eq!(lines[1..6].join("\n"), want);
    let came: Vec<String> = told.lines().map(|line| format!("< {line}")).collect();
    assert_eq!(lines[6..11], came);
    let [_, last] = lines[10..] else { panic!("{}", outcome.stderr) };
    assert!(last.starts_with(&format!("Response 200 from 127.0.0.1 {} complete (connect ", server.port)), "{last}");
    for phase in [", request ", ", first byte ", ", total ", ", 5 bytes, "] {
        assert!(last.contains(phase), "{phase}: {last}");
    }
    assert!(last.ends_with("/s)"), "{last}");
    server.join();
}

#[test]
fn a_head_is_coloured_where_that_is_wanted_and_never_drives_the_terminal() {
    let answer = "HTTP/1.1 200 \x07OK\r\nContent-Length: 0\r\nX: \t\x1b[2Jy\r\n\r\n";
    let outcome = answered(&[], answer.replace("\x07", "").replace("\x1b", "\u{9b}"));
    assert_eq!(outcome.exits(0).stderr, "HTTP/1.1 200 OK\nContent-Length: 0\nX: \\u{9b}[2Jy\n");
    let red = answered(&["--color", "always"], "HTTP/1.1 500 No\r\nA: b\r\nContent-Length: 0\r\n\r\n").stderr;
    assert!(red.starts_with("\x1b[31mHTTP/1.1 500 No\x1b[0m\n\x1b[1mA\x1b[0m: b\n"), "{red:?}");
    let garbage = answered(&[], answer);
    assert!(!garbage.exits(1).stderr.contains(['\x1b', '\x07']));
}

#[test]
fn quiet_tells_nothing_of_it() {
    answered(&["--quiet"], ok(b"page")).exits(0).silent().wrote(b"page");
    answered(&["--quiet"], "garbage").exits(1).silent();
}

#[test]
fn json_has_every_phase_as_a_number_and_headers_as_pairs() {
    let answer = "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: u\r\n\r\n";
    let server = keeps(answer);
    let url = format!("localhost:{}/x?y", server.port);
    let outcome = nsock(&["--http", "-4", "--json", "-H", "Accept:", &url]).run().exits(0).wrote(b"hi");
    server.join();
    let request = outcome.event("request");
    assert_eq!((&request["method"], &request["target"]), (&"GET".into(), &"/x?y".into()));
    assert_eq!(request["headers"][1], serde_json::json!(["Connection", "close"]));
    let head = outcome.event("head");
    assert_eq!((&head["version"], &head["status"], &head["reason"]), (&"1.1".into(), &200.into(), &"OK".into()));
    let response = outcome.event("response");
    let pairs = serde_json::json!([["Set-Cookie", "a"], ["Set-Cookie", "b"], ["Transfer-Encoding", "chunked"]]);
    assert_eq!((&response["headers"], &head["headers"]), (&pairs, &pairs));
    assert_eq!(response["trailers"], serde_json::json!([["T", "u"]]));
    for phase in ["resolve_s", "connect_s", "request_s", "first_byte_s", "total_s"] {
        assert!(response[phase].as_f64().is_some_and(|seconds| (0.0..20.0).contains(&seconds)), "{phase}: {response}");
    }
    assert_eq!((&response["complete"], &response["written_bytes"]), (&true.into(), &2.into()));
    assert_eq!(response["received_bytes"], answer.len());
    assert_eq!((&response["host"], &response["status"]), (&"localhost".into(), &200.into()));
}

#[test]
fn both_directions_can_be_dumped() {
    let outcome = answered(&["-x"], ok(&payload(300_000, 13))).exits(0);
    assert!(outcome.stderr.contains("GET /page HTTP/1"), "{}", &outcome.stderr[..2000]);
    let offset = format!("{:08x}", 300_000 / 16 * 16);
    assert!(outcome.stderr.contains(&offset), "the last row");
}

#[test]
fn a_run_that_a_signal_ends_before_the_answer_says_how_far_it_came() {
    for (answer, received) in [("", "0 received"), ("HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 ", "30 received")] {
        let server = server(move |mut stream| {
            head(&stream);
            stream.write_all(answer.as_bytes()).expect("send");
            stream
        });
        let mut run = ask(server.port, &["-v"]).hold_stdout().spawn();
        let (port, stream) = (server.port, server.join());
        if !answer.is_empty() {
            run.line("< HTTP/1.1 100 Wait");
        }
        run.signal(Signal::INT);
        slurp(run.stdout.take().expect("held"));
        let outcome = run.finish().died_of(Signal::INT);
        let last = outcome.stderr.lines().last().expect("a line");
        assert!(last.starts_with(&format!("No response from 127.0.0.1 {port} (connect ")), "{last}");
        assert!(last.contains(", request ") && last.contains(", waited ") && last.contains(", total "), "{last}");
        assert!(last.ends_with(&format!(" bytes sent, {received})")), "{last}");
        drop(stream);
    }
}

#[test]
fn an_upload_that_a_signal_ends_says_so_after_what_was_lost() {
    let server = server(|stream| {
        head(&stream);
        stream
    });
    let run = ask(server.port, &["-v", "--data", "@-"]).stdin_file(&payload(50_000_000, 19)).spawn();
    let stream = server.join(); // which is not read
    run.signal(Signal::INT);
    let outcome = run.finish().died_of(Signal::INT);
    let lines: Vec<&str> = outcome.stderr.lines().rev().take(2).collect();
    let [last, error] = lines[..] else { panic!("{}", outcome.stderr) };
    assert!(error.contains(" failed: ended by a signal (") && error.ends_with(" bytes not delivered)"), "{error}");
    assert!(last.ends_with(" bytes sent, 0 received); the request was not sent whole"), "{last}");
    drop(stream);
}

/// Answers with a quarter of a page of four times this length, and with the rest once it is told to. How long the
/// answer is.
fn quarter_first(part: usize) -> (Server<usize>, Sender<()>) {
    let (go, gone) = channel();
    let server = server(move |mut stream| {
        head(&stream);
        let page = ok(&payload(4 * part, 20));
        let (quarter, rest) = page.split_at(page.len() - 3 * part);
        stream.write_all(quarter).expect("send");
        gone.recv().expect("the test tells");
        stream.write_all(rest).expect("send");
        slurp(&stream);
        page.len()
    });
    (server, go)
}

#[test]
fn progress_of_a_page_whose_length_is_known_says_how_much_is_left() {
    let (server, go) = quarter_first(1 << 20);
    let run = ask(server.port, &["--progress"]).spawn();
    let line = run.line(" 1.0 MiB of 4.0 MiB received, ");
    assert!(line.starts_with("nsock: ") && line.contains(" B sent, 1.0 "), "{line}");
    assert!(line.contains(", 25%, ") && line.trim_end().ends_with(" left"), "{line}");
    go.send(()).expect("the server waits");
    run.finish().exits(0);
    server.join();

    let (server, go) = quarter_first(1000);
    let run = ask(server.port, &["--progress", "--json"]).spawn();
    let event = run.event("progress");
    go.send(()).expect("the server waits");
    run.finish().exits(0);
    let length = server.join();
    assert_eq!((&event["awaited_bytes"], &event["received_bytes"]), (&length.into(), &(length - 3000).into()));
}

#[test]
fn progress_of_the_longest_page_that_can_be_said_is_told_too() {
    let server = keeps("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nhello");
    let run = ask(server.port, &["--progress", "--json"]).spawn();
    assert_eq!(run.event("progress")["awaited_bytes"], u64::MAX);
    run.signal(Signal::TERM);
    run.finish().died_of(Signal::TERM);
    server.join();
}
