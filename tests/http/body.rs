//! The body of a request: a text, a file, a pipe, and what becomes of it when the server answers early or leaves.

use super::*;

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
    for (path, reason) in [("/nosuch", "No such file or directory (errno 2)"), ("/", "Is a directory (errno 21)")] {
        let outcome = ask(port, &["--data", &format!("@{path}")]).run().exits(3);
        assert_eq!(outcome.one_line(), format!("nsock: read from {path} failed: {reason}"));
    }
    listener.set_nonblocking(true).expect("a listener that does not wait");
    listener.accept().expect_err("nobody came");
}

#[test]
fn a_directory_on_stdin_has_no_bytes_to_lose() {
    let directory = std::fs::File::open("/").expect("open a directory");
    let server = server(|stream| slurp(&stream));
    let outcome = ask(server.port, &["--data", "@-"]).stdin(directory).run().exits(3);
    let line = outcome.one_line();
    assert!(line.starts_with("nsock: read from stdin failed: Is a directory (errno 21, "), "{line}");
    assert!(!line.contains("not delivered"), "{line}");
    server.join();
}

#[test]
fn the_writer_of_a_fifo_may_come_late() {
    let (_dir, path) = fifo();
    let at = format!("@{}", path.display());
    let server = server(move |mut stream| {
        let head = head(&stream);
        stays_silent(&stream, 0.3);
        let options = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK; // fails where nobody reads
        let writer = rustix::fs::open(&path, options, rustix::fs::Mode::empty()).expect("open a FIFO");
        rustix::io::write(&writer, b"late").expect("write to a FIFO");
        drop(writer);
        let body = unchunked(&stream);
        stream.write_all(&ok(b"got it")).expect("send");
        slurp(&stream);
        (head, body)
    });
    ask(server.port, &["--data", &at]).run().exits(0).wrote(b"got it");
    let (head, body) = server.join();
    assert!(head.ends_with("\r\nTransfer-Encoding: chunked\r\n\r\n"), "{head}");
    same(&body, b"late");
}

#[test]
fn the_writer_of_a_fifo_is_waited_for_as_long_as_may_be() {
    let (_dir, path) = fifo();
    let at = format!("@{}", path.display());
    for args in [["-w", "0.3"], ["--deadline", "0.3"]] {
        let server = keeps("");
        ask(server.port, &args).args(["--data", &at]).run().exits(124).within(0.3, 10.0);
        server.join();
    }
}

#[test]
fn a_pipe_that_its_writer_has_left_is_an_empty_body() {
    let (read, write) = pipe();
    drop(write);
    let server = takes_chunks();
    ask(server.port, &["--data", "@/dev/stdin"]).stdin(read).run().exits(0).wrote(b"got it");
    same(&server.join().1, b"");
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
fn nothing_more_is_sent_to_a_server_that_has_refused() {
    let server = server(|mut stream| {
        head(&stream);
        stream.write_all(b"HTTP/1.1 413 No\r\nContent-Length: 8\r\n\r\ntoo ").expect("send");
        stream.set_read_timeout(Some(std::time::Duration::from_millis(500))).expect("SO_RCVTIMEO");
        let (mut came, mut bytes) = (0, vec![0; 1 << 16]);
        while let Ok(count @ 1..) = stream.read(&mut bytes) {
            came += count;
        }
        stream.write_all(b"much").expect("send");
        slurp(&stream);
        came
    });
    ask(server.port, &["--data", "@-"]).stdin_file(&payload(80_000_000, 18)).run().exits(0).wrote(b"too much");
    let came = server.join();
    assert!(came < 80_000_000, "all of the body");
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
