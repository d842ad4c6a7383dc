//! Answers that are cut short, malformed, endless or none, and a stdout that is full.

use super::*;

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
        (
            b"HTTP/1.1 200 OK\r\n",
            b"A: b\r\n".repeat(1000),
            "its head is longer than 262144 bytes; no more of what came",
        ),
        (b"HTTP/1.1 200 OK\r\n", line, "its head is longer than 262144 bytes"),
        (b"HTTP/1.1 200 ", vec![b'a'; 10_000], "its head is longer than 262144 bytes"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100), "and interim ones (1xx) are longer than"),
        (b"", vec![0xff; 10_000], "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", vec![b'a'; 10_000], "does not end"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            b"A: b\r\n".repeat(1000),
            "and trailers are longer than",
        ),
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
