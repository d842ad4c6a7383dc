//! stdin and stdout, whatever they are: the same bytes go through files, pipes, terminals and sockets, and what is
//! shared with the shell and its other programs (offset, blocking mode, terminal settings) is left as it was.

mod common;

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};

use common::*;
use socket2::{Domain, Socket, Type};

const BULK: usize = 3_000_000;

/// A server that keeps what it is sent.
fn sink() -> Server<Vec<u8>> {
    server(slurp)
}

/// A server that sends all of this and ends; it says what it was sent.
fn source(bytes: &[u8]) -> Server<Vec<u8>> {
    let bytes = bytes.to_vec();
    server(move |mut stream| {
        stream.write_all(&bytes).expect("send");
        half_close(&stream);
        slurp(&stream)
    })
}

/// A server that waits for the test's word in the middle of what it sends.
fn halting_source(bytes: &[u8]) -> (Server<()>, Sender<()>) {
    let bytes = bytes.to_vec();
    let (go, gone): (_, Receiver<()>) = channel();
    let server = server(move |mut stream| {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        stream.write_all(first).expect("send");
        gone.recv().expect("the test goes on");
        stream.write_all(second).expect("send");
    });
    (server, go)
}

fn both<T>(of: impl Fn(usize, u64) -> T) -> [T; 2] {
    [of(100, 1), of(BULK, 2)] // what stays in memory, and what takes a way through the kernel
}

// ---- stdin ----

#[test]
fn a_file_on_stdin_is_sent_from_its_offset_on_and_its_offset_is_then_its_end() {
    for bytes in both(payload) {
        let mut file = file_of(&bytes);
        file.seek(std::io::SeekFrom::Start(7)).expect("seek");
        let server = sink();
        dial(server.port, &[]).stdin(share(&file)).run().exits(0).silent();
        same(&server.join(), &bytes[7..]);
        assert_eq!(file.stream_position().expect("tell"), bytes.len() as u64);
    }
}

#[test]
fn what_another_program_has_read_of_stdin_is_not_sent() {
    let server = sink();
    let script = format!(r#"read line; "$NSOCK" {HOST} {}; read line || echo "nothing left after $line""#, server.port);
    let outcome = shell(&script).stdin_file(b"first\nsecond\nthird\n").run().exits(0).silent();
    same(&server.join(), b"second\nthird\n");
    outcome.wrote(b"nothing left after \n");
}

#[test]
fn a_pipe_on_stdin_is_sent_and_never_made_nonblocking() {
    for bytes in both(payload) {
        let (read, mut write) = pipe();
        let server = sink();
        let client = dial(server.port, &["--json"]).stdin(share(&read)).spawn();
        write.write_all(&bytes[..50]).expect("give");
        client.event("connect");
        assert!(!nonblocking(&read) && !nonblocking(&write));
        write.write_all(&bytes[50..]).expect("give");
        assert!(!nonblocking(&read) && !nonblocking(&write));
        drop(write);
        client.finish().exits(0);
        same(&server.join(), &bytes);
        assert!(!nonblocking(&read));
    }
}

#[test]
fn a_pipe_whose_writer_has_left_already_is_sent_to_its_end() {
    for bytes in [&b""[..], b"left behind"] {
        let (read, mut write) = pipe();
        write.write_all(bytes).expect("give");
        drop(write);
        let server = sink();
        dial(server.port, &[]).stdin(read).run().exits(0).silent();
        same(&server.join(), bytes);
    }
}

#[test]
fn a_pipe_whose_writer_left_before_the_peer_came_is_sent_to_its_end() {
    let listener = listen(&[]).stdin_bytes("left behind").spawn();
    listener.port();
    same(&slurp(listener.connect()), b"left behind");
    listener.finish().exits(0);
}

#[test]
fn a_socket_on_stdin_is_sent_and_never_made_nonblocking() {
    for bytes in both(payload) {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        let server = sink();
        let client = dial(server.port, &["--json"]).stdin(share(&theirs)).spawn();
        (&ours).write_all(&bytes[..50]).expect("give");
        client.event("connect");
        assert!(!nonblocking(&theirs));
        (&ours).write_all(&bytes[50..]).expect("give");
        assert!(!nonblocking(&theirs));
        ours.shutdown(Shutdown::Write).expect("half-close");
        client.finish().exits(0);
        same(&server.join(), &bytes);
        assert!(!nonblocking(&theirs));
    }
}

#[test]
fn messages_that_wait_in_a_socket_on_stdin_are_all_sent() {
    for kind in [Type::SEQPACKET, Type::DGRAM] {
        let (ours, theirs) = Socket::pair(Domain::UNIX, kind, None).expect("a pair of sockets");
        for message in ["one ", "two ", "three"] {
            ours.send(message.as_bytes()).expect("give");
        }
        let server = server(|stream| take(stream, 13));
        let _client = dial(server.port, &[]).stdin(OwnedFd::from(theirs)).spawn();
        same(&server.join(), b"one two three");
    }
}

#[test]
fn lines_typed_at_a_terminal_are_sent_as_they_come_until_ctrl_d() {
    let mut terminal = Terminal::new();
    let (tell, told) = channel();
    let server = server(move |stream| {
        let first = take(&stream, 6);
        tell.send(()).expect("the test listens");
        [first, slurp(&stream)]
    });
    let client = dial(server.port, &[]).stdin(terminal.stdio()).spawn();
    terminal.person.write_all(b"first\n").expect("type");
    told.recv_timeout(LIMIT).expect("the first line is sent before the second is typed");
    assert!(!nonblocking(&terminal.line));
    terminal.person.write_all(b"second\n\x04").expect("type");
    client.finish().exits(0).silent();
    assert_eq!(server.join(), [b"first\n".to_vec(), b"second\n".to_vec()]);
    assert!(!nonblocking(&terminal.line));
}

#[test]
fn a_terminal_that_hangs_up_is_the_end_of_stdin() {
    let Terminal { mut person, line } = Terminal::new();
    let server = server(|mut stream| {
        let typed = slurp(&stream);
        stream.write_all(b"bye").expect("send");
        typed
    });
    let client = dial(server.port, &["--json"]).stdin(line).spawn();
    person.write_all(b"typed\n").expect("type");
    client.event("connect");
    drop(person);
    client.finish().exits(0).wrote(b"bye");
    server.join();
}

#[test]
fn a_terminals_settings_stay_as_they_were() {
    let modes = |terminal: &Terminal| {
        let now = rustix::termios::tcgetattr(&terminal.line).expect("tcgetattr");
        (now.input_modes, now.output_modes, now.control_modes, now.local_modes)
    };
    for ending in [Some(Signal::INT), None] {
        let terminal = Terminal::new();
        let before = modes(&terminal);
        let (server, go) = halting_source(b"x");
        let program = dial(server.port, &["--json"]).stdin(terminal.stdio()).stdout(terminal.stdio());
        let client = program.spawn();
        client.event("connect");
        assert_eq!(modes(&terminal), before);
        if let Some(signal) = ending {
            client.signal(signal);
            client.finish().died_of(signal);
            go.send(()).expect("the server waits");
        } else {
            go.send(()).expect("the server waits");
            client.finish().exits(0);
        }
        assert_eq!(modes(&terminal), before);
        server.join();
    }
}

#[test]
fn dev_null_and_a_closed_stdin_are_empty() {
    for (script, answer) in [("< /dev/null", &b"down"[..]), ("<&-", b"down")] {
        let server = source(answer);
        let script = format!(r#"exec "$NSOCK" {HOST} {} {script}"#, server.port);
        shell(&script).stdin_bytes("not to be read").run().exits(0).silent().wrote(answer);
        same(&server.join(), b"");
    }
}

#[test]
fn a_stdin_that_cannot_be_read_is_told_and_the_answer_still_comes() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let unreadable = File::options().write(true).open(file.path()).expect("open for writing only");
    let server = source(b"down");
    let outcome = dial(server.port, &[]).stdin(unreadable).run().exits(3).wrote(b"down");
    let line = outcome.one_line();
    assert!(line.starts_with("nsock: read from stdin failed: Bad file descriptor (errno 9"), "{line}");
    same(&server.join(), b"");
}

// ---- stdout ----

#[test]
fn a_file_on_stdout_is_written_from_its_offset_on() {
    for bytes in both(payload) {
        let mut file = file_of(b"head");
        file.seek(std::io::SeekFrom::End(0)).expect("seek");
        let server = source(&bytes);
        dial(server.port, &[]).stdout(share(&file)).run().exits(0).silent();
        server.join();
        file.write_all(b"tail").expect("write");
        same(&contents(&file), &[b"head", &bytes[..], b"tail"].concat());
    }
}

#[test]
fn a_file_to_append_to_is_appended_to() {
    for bytes in both(payload) {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "head").expect("write");
        let server = source(&bytes);
        let script = format!(r#""$NSOCK" {HOST} {} >> "$FILE"; echo tail >> "$FILE""#, server.port);
        let path = file.path().to_str().expect("a path of ASCII");
        shell(&script).env("FILE", path).run().exits(0).silent();
        server.join();
        same(&std::fs::read(file.path()).expect("read"), &[b"head", &bytes[..], b"tail\n"].concat());
    }
}

#[test]
fn a_pipe_on_stdout_gets_all_and_is_never_made_nonblocking() {
    for bytes in both(payload) {
        let (read, write) = pipe();
        let (server, go) = halting_source(&bytes);
        let client = dial(server.port, &[]).stdout(share(&write)).spawn();
        let mut got = take(&read, bytes.len() / 2);
        assert!(!nonblocking(&read) && !nonblocking(&write));
        go.send(()).expect("the server waits");
        got.extend(take(&read, bytes.len() - got.len()));
        client.finish().exits(0).silent();
        same(&got, &bytes);
        assert!(!nonblocking(&read) && !nonblocking(&write));
        server.join();
    }
}

#[test]
fn a_socket_on_stdout_gets_all_and_is_never_made_nonblocking() {
    for bytes in both(payload) {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        let (server, go) = halting_source(&bytes);
        let client = dial(server.port, &[]).stdout(share(&theirs)).spawn();
        let mut got = take(&ours, bytes.len() / 2);
        assert!(!nonblocking(&theirs));
        go.send(()).expect("the server waits");
        got.extend(take(&ours, bytes.len() - got.len()));
        client.finish().exits(0).silent();
        same(&got, &bytes);
        assert!(!nonblocking(&theirs));
        server.join();
    }
}

#[test]
fn one_socket_for_stdin_and_stdout_carries_both_ways() {
    let (up, down) = (payload(BULK, 3), payload(BULK, 4));
    let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    let sent = down.clone();
    let server = server(move |stream| {
        let mut writer = stream.try_clone().expect("duplicate a socket");
        let sender = task(move || {
            writer.write_all(&sent).expect("send");
            half_close(&writer);
        });
        let up = slurp(&stream);
        sender.join();
        up
    });
    let client = dial(server.port, &[]).stdin(share(&theirs)).stdout(OwnedFd::from(theirs)).spawn();
    let mut writer = ours.try_clone().expect("duplicate a socket");
    let bytes = up.clone();
    let sender = task(move || {
        writer.write_all(&bytes).expect("give");
        writer.shutdown(Shutdown::Write).expect("half-close");
    });
    same(&slurp(&ours), &down);
    sender.join();
    client.finish().exits(0).silent();
    same(&server.join(), &up);
}

#[test]
fn a_terminal_on_stdout_gets_all() {
    for len in [100, 200_000] {
        let bytes: Vec<u8> = payload(len, 5).iter().map(|byte| b'0' + byte % 64).collect();
        let terminal = Terminal::new();
        let server = source(&bytes);
        let client = dial(server.port, &[]).stdout(terminal.stdio()).spawn();
        same(&take(&terminal.person, bytes.len()), &bytes);
        assert!(!nonblocking(&terminal.line));
        client.finish().exits(0).silent();
        server.join();
    }
}

#[test]
fn a_terminal_on_stdout_that_hangs_up_is_a_reader_that_leaves() {
    let Terminal { person, line } = Terminal::new();
    let server = server(|mut stream| while stream.write_all(&[b'.'; 4096]).is_ok() {});
    let client = dial(server.port, &[]).hold_stdin().stdout(line).spawn();
    take(&person, 4096);
    drop(person);
    client.finish_with_stdin_open().exits(0).silent();
    server.join();
}

#[test]
fn dev_null_takes_all() {
    for bytes in both(payload) {
        let server = source(&bytes);
        dial(server.port, &[]).stdout(Stdio::null()).run().exits(0).silent();
        server.join();
    }
}

#[test]
fn a_closed_stdout_does_not_send_the_peers_bytes_back_to_it() {
    for closed in [">&-", "<&- >&-", "<&- >&- 2>&-"] {
        let server = source(&payload(BULK, 6));
        let script = format!(r#"exec "$NSOCK" {HOST} {} {closed}"#, server.port);
        shell(&script).run().exits(0).silent().wrote(b"");
        same(&server.join(), b"");
    }
}

#[test]
fn a_stdout_that_cannot_be_written_is_told_with_what_was_lost() {
    for bytes in both(payload) {
        let server = server(move |mut stream| {
            let _ = stream.write_all(&bytes); // the client leaves in between
        });
        let unwritable = File::open("/dev/null").expect("open for reading only");
        let client = dial(server.port, &[]).stdout(unwritable);
        let outcome = client.run().exits(3);
        let line = outcome.one_line();
        assert!(line.starts_with("nsock: write to stdout failed: Bad file descriptor (errno 9, "), "{line}");
        assert!(line.ends_with(" bytes received not written)"), "{line}");
        server.join();
    }
}

// ---- when this machine has little left ----

#[test]
fn with_few_descriptors_it_says_so_or_does_it_all() {
    // Somewhere between, a pipe cannot be opened anew, and none is to be had for a way through the kernel.
    let (up, down) = (payload(300_000, 7), payload(300_000, 8));
    let mut done = 0;
    for limit in 6..18 {
        let listener = listener();
        let port = listener.local_addr().expect("an address").port();
        let script = format!(r#"ulimit -n {limit}; exec "$NSOCK" {HOST} {port}"#);
        let sent = down.clone();
        let serve = task(move || {
            let (mut stream, _) = listener.accept().expect("accept");
            let _ = stream.write_all(&sent);
            let _ = stream.shutdown(Shutdown::Write);
            let mut got = Vec::new();
            let _ = stream.read_to_end(&mut got);
            got
        });
        let outcome = shell(&script).stdin_bytes(up.clone()).run();
        if outcome.code == Some(0) {
            outcome.silent().wrote(&down);
            same(&serve.join(), &up);
            done += 1;
        } else if outcome.code == Some(3) {
            let line = outcome.one_line();
            assert!(line.starts_with("nsock: ") && line.contains("Too many open files (errno 24"), "{line}");
            let _ = std::net::TcpStream::connect((HOST, port)); // nobody else may have
        } else {
            // Below that not even the program can be loaded.
            assert_eq!(done, 0, "{outcome:?}");
            assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
            let _ = std::net::TcpStream::connect((HOST, port));
        }
    }
    assert!(done > 0);
}

#[test]
fn a_stdin_without_end_is_not_read_before_there_is_a_peer() {
    let (read, mut write) = pipe();
    let (go, gone): (Sender<()>, Receiver<()>) = channel();
    let listener = listen(&[]).stdin(share(&read)).spawn();
    listener.port();
    write.write_all(b"for the peer").expect("give");
    assert_eq!(waiting(&read), 12, "a listener alone leaves stdin to whoever needs it");
    let client = listener.connect();
    same(&take(&client, 12), b"for the peer");
    drop((write, go));
    assert!(gone.recv().is_err());
    assert_eq!(slurp(&client), b"");
    drop(client);
    listener.finish().exits(0);
}

fn waiting(fd: &impl AsFd) -> u64 {
    rustix::io::ioctl_fionread(fd).expect("FIONREAD")
}

#[test]
fn a_slow_reader_on_a_terminal_gets_all() {
    // A terminal takes little at a time; what waits for it is held, not lost.
    let bytes: Vec<u8> = payload(60_000, 9).iter().map(|byte| b'0' + byte % 64).collect();
    let terminal = Terminal::new();
    let server = source(&bytes);
    let client = dial(server.port, &[]).stdout(terminal.stdio()).spawn();
    let mut got = Vec::new();
    while got.len() < bytes.len() {
        let mut piece = [0; 100];
        match (&terminal.person).read(&mut piece) {
            Ok(count) => got.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => unexpected(&error),
        }
    }
    same(&got, &bytes);
    client.finish().exits(0).silent();
    server.join();
}

#[test]
fn a_terminal_that_nobody_reads_does_not_hold_the_run() {
    // With the feature `portable` it blocks, and is asked before each write: for no more than it takes.
    let terminal = Terminal::new();
    let server = server(|mut stream| {
        let _ = stream.write_all(&b"\n".repeat(BULK)); // fails at nsock's end
    });
    let client = dial(server.port, &[]).stdout(terminal.stdio()).spawn();
    assert_eq!(take(&terminal.person, 2), b"\r\n");
    pass(0.3); // nobody reads on
    client.signal(Signal::TERM);
    client.finish().died_of(Signal::TERM);
    server.join();
}

#[test]
fn a_fifo_opened_for_both_is_not_at_its_end() {
    let server = server(|mut stream| {
        let came = take(&stream, 5);
        stream.write_all(b"ok").expect("send");
        came
    });
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    // Opened for both, stdin never ends: the run does, 2 s after the peer.
    let script = format!(
        "mkfifo {0} && {{ \"$NSOCK\" {HOST} {1} 0<>{0} & echo late > {0}; wait $!; }}",
        fifo.display(),
        server.port
    );
    shell(&script).run().exits(0).wrote(b"ok");
    same(&server.join(), b"late\n");
}
