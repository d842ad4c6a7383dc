//! What of an answer comes out, and when it is whole.

use super::*;

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
