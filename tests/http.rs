//! The raw HTTP request against servers made of plain sockets: what is sent, what of the answer comes out, what is told,
//! and how hostile servers, slow readers and time limits end it. Real servers are in `http_peers.rs`.

mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use common::*;

/// nsock asking a server of this host.
fn ask(port: u16, args: &[&str]) -> Program {
    nsock(&["--http"]).args(args).args([format!("http://{HOST}:{port}/page")])
}

/// Reads a request's head.
fn head(mut stream: &TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).expect("receive"), 1, "the request ended within its head");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head of text")
}

/// Answers one request with these bytes, then keeps the connection until the client has left. The request's head.
fn keeps(answer: impl Into<Vec<u8>>) -> Server<String> {
    let answer = answer.into();
    server(move |mut stream| {
        let head = head(&stream);
        let _ = stream.write_all(&answer); // a client may have seen enough
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest); // nor be polite
        assert_eq!(rest, b"", "nothing follows the request");
        head
    })
}

/// The same, and then ends.
fn ends(answer: impl Into<Vec<u8>>) -> Server<()> {
    let answer = answer.into();
    server(move |mut stream| {
        head(&stream);
        stream.write_all(&answer).expect("send");
        half_close(&stream);
        slurp(&stream);
    })
}

fn ok(body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// What a request of these arguments is answered with, when the server keeps the connection.
#[track_caller]
fn answered(args: &[&str], answer: impl Into<Vec<u8>>) -> Outcome {
    let server = keeps(answer);
    let outcome = ask(server.port, args).run();
    server.join();
    outcome
}

// ---- the request ----

#[test]
fn a_request_is_what_a_tutorial_would_write_by_hand() {
    let server = keeps(ok(b""));
    ask(server.port, &[]).run().exits(0);
    let want = format!(
        "GET /page HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nUser-Agent: nsock/{}\r\nAccept: */*\r\n\r\n",
        server.port,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(server.join(), want);
}

#[test]
fn fields_method_user_and_path_are_the_users() {
    let server = keeps(ok(b""));
    let url = format!("me:pass%20word@{HOST}:{}/a b?c=\u{e9}#d", server.port);
    let args = ["--http", "-X", "PURGE", "-H", "Host: example", "-H", "accept:", "-H", "X-A: 1", "-H", "X-A: 2", &url];
    nsock(&args).run().exits(0);
    let want = format!(
        "PURGE /a%20b?c=%C3%A9 HTTP/1.1\r\nHost: example\r\nConnection: close\r\nUser-Agent: nsock/{}\r\n\
         Authorization: Basic bWU6cGFzcyB3b3Jk\r\nX-A: 1\r\nX-A: 2\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(server.join(), want);
}

#[test]
fn the_sending_side_stays_open_and_stdin_is_not_read() {
    let server = server(|mut stream| {
        head(&stream);
        stays_silent(&stream, 0.3);
        stream.write_all(&ok(b"hi")).expect("send");
        slurp(&stream);
    });
    ask(server.port, &[]).stdin_bytes("not for the server").run().exits(0).wrote(b"hi");
    server.join();
}

#[test]
fn an_ipv6_host_stands_in_brackets() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return skipped("this machine has no ::1") };
    let port = listener.local_addr().expect("its address").port();
    let server = task(move || {
        let (mut stream, _) = listener.accept().expect("accept");
        let head = head(&stream);
        stream.write_all(&ok(b"six")).expect("send");
        head
    });
    nsock(&["--http", &format!("[::1]:{port}")]).run().exits(0).wrote(b"six");
    assert!(server.join().contains(&format!("\r\nHost: [::1]:{port}\r\n")));
}

/// Takes a request with a body of so many bytes, and answers it. Its head and body.
fn takes(length: usize) -> Server<(String, Vec<u8>)> {
    server(move |mut stream| {
        let head = head(&stream);
        let body = take(&stream, length);
        stream.write_all(&ok(b"got it")).expect("send");
        assert_eq!(slurp(&stream), b"");
        (head, body)
    })
}

#[test]
fn a_text_goes_by_post_with_its_length() {
    let server = takes(6);
    ask(server.port, &["--data", "-a=b&c"]).run().exits(0).wrote(b"got it");
    let (head, body) = server.join();
    assert!(head.starts_with("POST /page HTTP/1.1\r\n") && head.ends_with("\r\nContent-Length: 6\r\n\r\n"), "{head}");
    same(&body, b"-a=b&c");
}

#[test]
fn an_empty_body_has_a_length_too() {
    for args in [&["--data", ""][..], &["-X", "POST"]] {
        let server = keeps(ok(b""));
        ask(server.port, args).run().exits(0);
        assert!(server.join().ends_with("\r\nContent-Length: 0\r\n\r\n"));
    }
}

#[test]
fn a_file_goes_whole_with_its_length() {
    let bytes = payload(20_000_000, 1);
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &bytes).expect("fill a file");
    let server = takes(bytes.len());
    let at = format!("@{}", file.path().display());
    ask(server.port, &["-X", "PUT", "--data", &at]).run().exits(0).wrote(b"got it");
    let (head, body) = server.join();
    assert!(head.starts_with("PUT ") && head.contains("\r\nContent-Length: 20000000\r\n"), "{head}");
    same(&body, &bytes);
}

#[test]
fn a_file_on_stdin_goes_from_where_it_stands() {
    use std::io::Seek;
    let bytes = payload(300_000, 2);
    let mut file = file_of(&bytes);
    file.seek(std::io::SeekFrom::Start(1000)).expect("seek");
    let server = takes(299_000);
    ask(server.port, &["--data", "@-"]).stdin(file).run().exits(0).wrote(b"got it");
    let (head, body) = server.join();
    assert!(head.contains("\r\nContent-Length: 299000\r\n"), "{head}");
    same(&body, &bytes[1000..]);
}

/// Reads a body in chunks.
fn unchunked(mut stream: &TcpStream) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(take(stream, 1));
        }
        let text = std::str::from_utf8(&line).expect("text").trim();
        let size = usize::from_str_radix(text, 16).unwrap_or_else(|_| panic!("no size: {text:?}"));
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).expect("receive a chunk");
        assert!(chunk.ends_with(b"\r\n"));
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return body;
        }
    }
}

/// Takes a request whose body comes in chunks.
fn takes_chunks() -> Server<(String, Vec<u8>)> {
    server(move |mut stream| {
        let head = head(&stream);
        let body = unchunked(&stream);
        stream.write_all(&ok(b"got it")).expect("send");
        assert_eq!(slurp(&stream), b"");
        (head, body)
    })
}

#[test]
fn a_pipe_goes_in_chunks() {
    let bytes = payload(3_000_000, 3);
    for want in [&b""[..], b"x", &bytes] {
        let server = takes_chunks();
        ask(server.port, &["--data", "@-"]).stdin_bytes(want).run().exits(0).wrote(b"got it");
        let (head, body) = server.join();
        assert!(head.starts_with("POST ") && head.ends_with("\r\nTransfer-Encoding: chunked\r\n\r\n"), "{head}");
        same(&body, want);
    }
}

#[test]
fn a_text_goes_in_chunks_where_the_user_wants_it() {
    let server = takes_chunks();
    ask(server.port, &["--data", "hello", "-H", "Transfer-Encoding: chunked"]).run().exits(0);
    let (head, body) = server.join();
    assert!(!head.contains("Content-Length"), "{head}");
    same(&body, b"hello");
}

#[test]
fn a_file_that_only_seems_empty_goes_whole() {
    let want = std::fs::read("/proc/self/mounts").expect("a file of the kernel's");
    let server = takes_chunks();
    ask(server.port, &["--data", "@/proc/self/mounts"]).run().exits(0);
    same(&server.join().1, &want);
}

#[test]
fn a_body_that_cannot_be_read_is_told_before_anybody_is_asked() {
    let listener = listener();
    let port = listener.local_addr().expect("its address").port();
    let outcome = ask(port, &["--data", "@/nosuch"]).run().exits(3);
    assert_eq!(outcome.one_line(), "nsock: read from /nosuch failed: No such file or directory (errno 2)");
    listener.set_nonblocking(true).expect("a listener that does not wait");
    listener.accept().expect_err("nobody came");
}

#[test]
fn an_answer_that_comes_before_the_request_is_sent_is_read() {
    let refusal = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much";
    let server = server(|mut stream| {
        let head = head(&stream);
        stream.write_all(refusal).expect("send");
        (head, stream) // and the body stays unread, until the client has left
    });
    let outcome = ask(server.port, &["-v", "--data", "@-"]).stdin_file(&payload(50_000_000, 4)).run().exits(0);
    let outcome = outcome.wrote(b"too much");
    assert!(outcome.stderr.contains("; it came before the request was sent whole"), "{}", outcome.stderr);
    server.join();
}

#[test]
fn an_answer_of_a_server_that_then_resets_is_read() {
    let server = server(|mut stream| {
        head(&stream);
        stream.write_all(b"HTTP/1.1 413 No\r\nContent-Length: 8\r\n\r\ntoo much").expect("send");
        drop(stream); // with bytes unread, which is a reset
    });
    ask(server.port, &["--data", "@-"]).stdin_file(&payload(50_000_000, 5)).run().exits(0).wrote(b"too much");
    server.join();
}

#[test]
fn an_upload_that_the_server_has_welcomed_is_sent_to_its_end() {
    let body = payload(20_000_000, 16);
    let wanted = body.clone();
    let server = server(move |mut stream| {
        head(&stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").expect("send");
        same(&take(&stream, wanted.len()), &wanted);
    });
    ask(server.port, &["--data", "@-"]).stdin_file(&body).run().exits(0).wrote(b"ok");
    server.join();
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
fn a_request_that_is_cut_off_says_how_much_was_not_delivered() {
    let server = server(|stream| {
        head(&stream);
        reset(stream);
    });
    let outcome = ask(server.port, &["--data", "@-"]).stdin_file(&payload(50_000_000, 14)).run().exits(1);
    server.join();
    let line = outcome.one_line();
    // Where the reset comes within a sendfile(2), that tells a short count, and the next one a broken pipe.
    let reset = ["Connection reset by peer (errno 104, ", "Broken pipe (errno 32, "];
    assert!(reset.iter().any(|reason| line.contains(&format!(" failed: {reason}"))), "{line}");
    assert!(line.ends_with(" bytes not delivered)"), "{line}");
}

#[test]
fn a_file_that_becomes_shorter_is_told_and_not_waited_for() {
    let file = file_of(&payload(40_000_000, 15));
    let shrinking = file.try_clone().expect("duplicate a descriptor");
    let server = server(move |mut stream| {
        head(&stream);
        shrinking.set_len(30_000_000).expect("shorten a file"); // while most of it cannot have been sent
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        rest.len()
    });
    let outcome = ask(server.port, &["--data", "@-"]).stdin(file).run().exits(3);
    assert_eq!(server.join(), 30_000_000);
    let line = outcome.one_line();
    assert!(line.starts_with("nsock: read from stdin failed: it ended 10000000 bytes before the length"), "{line}");
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
fn a_page_can_be_appended_and_shown_on_a_terminal() {
    let page = payload(700_000, 16);
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), b"before").expect("fill a file");
    let append = std::fs::OpenOptions::new().append(true).open(file.path()).expect("open a file");
    let server = keeps(ok(&page));
    ask(server.port, &["--quiet"]).stdout(append).run().exits(0);
    server.join();
    same(&std::fs::read(file.path()).expect("read a file"), &[b"before".as_slice(), &page].concat());

    let terminal = Terminal::new();
    let server = keeps(ok(&b"line\n".repeat(100_000)));
    let run = ask(server.port, &["--quiet"]).stdout(terminal.stdio()).spawn();
    let Terminal { mut person, line } = terminal;
    drop(line);
    let seen = take(&mut person, 600_000);
    assert_eq!(seen, b"line\r\n".repeat(100_000));
    run.finish().exits(0);
    server.join();
}

// ---- the answer ----

#[test]
fn a_page_is_written_byte_for_byte_though_the_server_keeps_the_connection() {
    for length in [0, 1, 4096, 65_536, 131_072, 131_073, 1_000_000] {
        let page = payload(length, 6);
        answered(&[], ok(&page)).exits(0).wrote(&page);
    }
}

#[test]
fn a_big_page_comes_whole_into_a_pipe_and_a_file() {
    let page = payload(60_000_000, 7);
    answered(&[], ok(&page)).exits(0).wrote(&page);

    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("a path of text");
    answered(&["-o", path], ok(&page)).exits(0).wrote(b"");
    same(&std::fs::read(path).expect("read a file"), &page);

    let server = keeps(ok(&page));
    let stdout = tempfile::tempfile().expect("a file");
    ask(server.port, &[]).stdout(share(&stdout)).run().exits(0);
    server.join();
    same(&contents(&stdout), &page);
}

#[test]
fn without_a_length_the_page_ends_with_the_connection() {
    let page = payload(5_000_000, 8);
    let server = ends([b"HTTP/1.0 200 OK\r\n\r\n".as_slice(), &page].concat());
    ask(server.port, &[]).run().exits(0).wrote(&page);
    server.join();
}

#[test]
fn chunks_are_put_together_however_they_are_cut() {
    let page = payload(1_000_000, 9);
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for (n, chunk) in page.chunks(3_333).enumerate() {
        answer.extend(format!("{:x};n=\"{n}\"\r\n", chunk.len()).into_bytes());
        answer.extend_from_slice(chunk);
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"0\r\nX-Sum: 12\r\n\r\n");
    for size in [777, answer.len()] {
        let sent = answer.clone();
        let server = server(move |mut stream| {
            head(&stream);
            stream.set_nodelay(true).expect("TCP_NODELAY");
            for piece in sent.chunks(size) {
                stream.write_all(piece).expect("send");
            }
            slurp(&stream);
        });
        let outcome = ask(server.port, &[]).run().exits(0).wrote(&page);
        assert_eq!(outcome.stderr, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nX-Sum: 12\n");
        server.join();
    }
    answered(&["--raw"], answer.clone()).exits(0).wrote(&answer);
}

#[test]
fn raw_is_every_byte_of_the_answer() {
    let folded = b"HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 204 No\r\nA: b\r\n folded\r\n\r\n";
    for answer in [ok(&payload(700_000, 10)), ok(b""), folded.to_vec()] {
        answered(&["--raw"], answer.clone()).exits(0).wrote(&answer);
    }
}

#[test]
fn what_has_no_body_ends_with_its_head() {
    for (args, answer) in [
        (&["-X", "HEAD"][..], "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"),
        (&[], "HTTP/1.1 204 No Content\r\n\r\n"),
        (&[], "HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n"),
    ] {
        answered(args, answer).exits(0).wrote(b"");
    }
}

#[test]
fn a_status_of_400_and_above_is_a_failure_only_where_that_was_asked_for() {
    let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone";
    answered(&[], missing).exits(0).wrote(b"gone");
    answered(&["-f"], missing).exits(1).wrote(b"gone");
    answered(&["--fail", "--quiet"], missing).exits(1).silent();
    answered(&["-f"], "HTTP/1.1 399 Odd\r\nContent-Length: 0\r\n\r\n").exits(0);
}

#[test]
fn stdouts_reader_may_leave() {
    let server = server(|mut stream| {
        head(&stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(b"line\n").is_ok() {}
    });
    let mut run = ask(server.port, &["--quiet"]).hold_stdout().spawn();
    take(run.stdout.as_mut().expect("held"), 5);
    run.stdout = None;
    run.finish().exits(0).silent();
    server.join();
}

#[test]
fn a_reader_that_waits_is_waited_for_and_holds_no_memory() {
    let server = server(|mut stream| {
        head(&stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
        for _ in 0..400 {
            stream.write_all(&chunk).expect("send");
        }
        stream.write_all(b"0\r\n\r\n").expect("send");
        slurp(&stream);
    });
    let mut run = ask(server.port, &["--json", "-w", "0.3"]).hold_stdout().spawn();
    run.event("head");
    pass(0.8); // longer than -w allows for silence, which this is not
    assert!(run.most_memory() < 32 * 1024, "{} KiB", run.most_memory());
    let page = slurp(run.stdout.as_mut().expect("held"));
    assert_eq!(page.len(), 400 * 0x10000);
    run.finish().exits(0);
    server.join();
}

// ---- what is wrong ----

/// One clear line with this reason, exit status 1, and these bytes on stdout.
#[track_caller]
fn broken(outcome: Outcome, reason: &str, wrote: &[u8]) {
    let outcome = outcome.exits(1).wrote(wrote);
    let errors: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("nsock: ")).collect();
    let [line] = errors[..] else { panic!("one error line was to be told:\n{}", outcome.stderr) };
    assert!(line.starts_with("nsock: receive from 127.0.0.1 port ") && line.contains(reason), "{line}");
}

#[test]
fn an_answer_that_is_cut_short_is_written_as_far_as_it_came() {
    for (answer, reason, wrote) in [
        (&b""[..], "no answer came", &b""[..]),
        (b"HTTP/1.1 200 OK\r\nA: b", "within its head", b"HTTP/1.1 200 OK\r\nA: b"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "4 bytes before its end", b"hello"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "before its last chunk", b"hello"),
    ] {
        let server = ends(answer);
        broken(ask(server.port, &[]).run(), reason, wrote);
        server.join();
    }
    let page = payload(2_000_000, 11);
    let server = ends([b"HTTP/1.1 200 OK\r\nContent-Length: 2000001\r\n\r\n".as_slice(), &page].concat());
    broken(ask(server.port, &[]).run(), "1 bytes before its end", &page);
    server.join();
}

#[test]
fn a_reset_is_told_as_one_and_what_came_is_written() {
    for head_line in ["Content-Length: 9\r\n", ""] {
        let server = server(move |mut stream| {
            head(&stream);
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{head_line}\r\nhello").as_bytes()).expect("send");
            take(&stream, 0);
            stream
        });
        let mut run = ask(server.port, &[]).hold_stdout().spawn();
        let mut stdout = run.stdout.take().expect("held");
        same(&take(&stdout, 5), b"hello");
        reset(server.join());
        assert_eq!(slurp(&mut stdout), b"");
        broken(run.finish(), "Connection reset by peer (errno 104, ", b"");
    }
}

#[test]
fn what_is_not_http_is_written_as_it_is() {
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.2p1\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x46", // TLS: an alert
        b"<html>HTTP/0.9</html>",
        b"HTTP/2 200 \r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\nhello",
        &payload(5_000, 12),
    ] {
        let server = ends(bytes);
        let outcome = ask(server.port, &[]).run();
        let reason = match bytes {
            [b'H', .., b'x'] => "no status line",
            [b'H', ..] => "malformed",
            _ => "not HTTP",
        };
        broken(outcome, reason, bytes);
        server.join();
        // And a server that then says nothing is not waited for.
        let server = keeps(bytes);
        broken(ask(server.port, &[]).run().within(1.0, 10.0), reason, bytes);
        server.join();
    }
}

#[test]
fn lengths_that_contradict_each_other_are_an_error_and_what_came_is_written() {
    for (fields, reason) in [
        ("Content-Length: 5\r\nContent-Length: 6", "contradict"),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", "both Content-Length and Transfer-Encoding"),
        ("Content-Length: -5", "'-5' is no length"),
        ("Content-Length: 99999999999999999999", "is no length"),
        ("Transfer-Encoding: chunked, gzip", "'chunked, gzip' makes no sense"),
    ] {
        let server = ends(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nhello"));
        broken(ask(server.port, &[]).run(), reason, b"hello");
        server.join();
    }
}

#[test]
fn chunks_that_make_no_sense_are_an_error_at_once() {
    for (chunks, reason) in [
        ("-5\r\nhello\r\n", "size is malformed"),
        ("fffffffffffffffff\r\nhello\r\n", "size is malformed"),
        ("0x5\r\nhello\r\n", "size is malformed"),
        ("5 hello", "size is malformed"),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n{chunks}");
        broken(answered(&[], answer), reason, b"yes");
    }
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyesterday\r\n";
    broken(answered(&[], answer), "longer than its size", b"yes");
}

#[test]
fn a_server_that_never_ends_is_left_and_holds_no_memory() {
    let line = [b"A: ".as_slice(), &vec![b'a'; 3 << 20], b"\r\n\r\n"].concat();
    let cases: [(&[u8], Vec<u8>, &str); 7] = [
        (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n".repeat(1000), "longer than 262144 bytes; no more of what came"),
        (b"HTTP/1.1 200 OK\r\n", line, "longer than 262144 bytes"),
        (b"HTTP/1.1 200 ", vec![b'a'; 10_000], "longer than 262144 bytes"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100), "longer than 262144 bytes"),
        (b"", vec![0xff; 10_000], "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", vec![b'a'; 10_000], "does not end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n".repeat(1000), "longer than"),
    ];
    for (begin, piece, reason) in cases {
        let begin = begin.to_vec();
        let server = server(move |mut stream| {
            head(&stream);
            let _ = stream.write_all(&begin);
            while stream.write_all(&piece).is_ok() {}
        });
        // 100 MB of address space: what is endless cannot be held.
        let script = format!("ulimit -v 100000 && exec \"$NSOCK\" --http http://{HOST}:{}/", server.port);
        let outcome = shell(&script).run().exits(1);
        assert!(outcome.stderr.contains(reason), "{reason}: {}", outcome.stderr.lines().last().unwrap_or(""));
        assert!(outcome.stdout.len() <= 256 * 1024, "{reason}: {}", outcome.stdout.len());
        server.join();
    }
}

#[test]
fn bytes_after_the_end_are_told_and_not_written() {
    let page = payload(3_000_000, 17);
    answered(&[], [ok(&page), b"GARBAGE".to_vec()].concat()).exits(0).wrote(&page);
    let outcome = answered(&["-v"], [ok(b"page"), b"GARBAGE".to_vec()].concat()).exits(0).wrote(b"page");
    assert!(outcome.stderr.ends_with("; 7 bytes came after its end, and were not written\n"), "{}", outcome.stderr);
}

#[test]
fn a_stdout_that_is_full_is_this_machines_no() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let server = keeps(ok(b"page"));
    let outcome = ask(server.port, &["--quiet"]).stdout(full).run().exits(3);
    outcome.silent();
    server.join();
    let server = keeps(ok(b"page"));
    let outcome = ask(server.port, &["-o", "/dev/full"]).run().exits(3);
    let line = outcome.stderr.lines().last().expect("a line");
    assert!(line.starts_with("nsock: write to /dev/full failed: No space left on device (errno 28, "), "{line}");
    assert!(line.ends_with(", 4 bytes received not written)"), "{line}");
    server.join();
}

// ---- time ----

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

// ---- what is told ----

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

// ---- the command line ----

#[test]
fn what_makes_no_sense_is_one_line_and_2() {
    for (line, why) in [
        ("--http", "URL is missing"),
        ("--http https://host/", "no TLS"),
        ("--http ftp://host/", "http:// only, not ftp://"),
        ("--http host 80", "write nsock --http host:80/"),
        ("--http -X CONNECT h", "tunnel"),
        ("--http -X a/b h", "no method"),
        ("--http -H nocolon h", "lacks the colon"),
        ("--http -l 80", "cannot be used with"),
        ("--http -z h 80", "cannot be used with"),
        ("--http -u h", "-u has no meaning beside --http"),
        ("--http -U h", "-U has no meaning beside --http"),
        ("--http -d x", "a body is --data"),
        ("--http -N h", "-N has no meaning beside --http"),
        ("--http -q 1 h", "-q has no meaning beside --http"),
        ("--http -W 1 h", "-W has no meaning beside --http"),
        ("--http -C h", "-C has no meaning beside --http"),
        ("--http -k h", "-k has a meaning only beside -l"),
        ("--http --all h", "--all has a meaning only beside -z"),
        ("--http -4 [::1]", "no IPv4 address"),
        ("-H a:b host 80", "-H has a meaning only beside --http"),
        ("-X GET host 80", "-X has a meaning only beside --http"),
        ("--data x host 80", "--data has a meaning only beside --http"),
        ("--raw host 80", "--raw has a meaning only beside --http"),
        ("-f host 80", "-f has a meaning only beside --http"),
        ("http://host/", "nsock --http http://host/"),
        ("--request GET host", "-X or --method"),
    ] {
        let outcome = nsock(&line.split(' ').collect::<Vec<_>>()).run().exits(2);
        assert!(outcome.one_line().contains(why), "{line}: {}", outcome.stderr);
    }
    let outcome = nsock(&["--http", "-H", "A: b\r\nC: d", "h"]).run().exits(2);
    assert!(outcome.one_line().contains("line break"), "{}", outcome.stderr);
}
