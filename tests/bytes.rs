//! Bytes: what nsock does to them where it was asked to (`-C`, `-t`, `--encoding`, `-i`), what of them ends a run
//! (`-W`,
//! `--stop`), where they go (`-o`), and what is shown of them (`-x`, `-D`). Everything else stays exact.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own, and some peers are slow by nature")]

mod common;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use common::*;

const MB: usize = 1_000_000;

/// nsock connected to the test itself, with both ends of it held: what one side does, the other can wait for.
fn connected(args: &[&str]) -> (Run, TcpStream) {
    let listener = listener();
    let client = dial(port_of(&listener), args).hold_stdin().hold_stdout().spawn();
    (client, accept(&listener))
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("the address of a listener").port()
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().expect("accept a client");
    stream.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    stream
}

fn give(client: &mut Run, bytes: &[u8]) {
    client.stdin.as_mut().expect("held").write_all(bytes).expect("give");
}

/// Waits for so many bytes on nsock's stdout.
fn shown(client: &mut Run, count: usize) -> Vec<u8> {
    let mut stdout = client.stdout.as_ref().expect("held").try_clone().expect("duplicate a descriptor");
    task(move || {
        let mut bytes = vec![0; count];
        stdout.read_exact(&mut bytes).expect("read so many bytes");
        bytes
    })
    .join()
}

/// Waits for the end of nsock's stdout, and gives what came before it.
fn rest(client: &mut Run) -> Vec<u8> {
    let stdout = client.stdout.take().expect("held");
    task(move || slurp(stdout)).join()
}

// ---- line ends ----

#[test]
fn megabytes_of_lines_are_sent_with_crlf() {
    let mut text: Vec<u8> = payload(30 * MB, 1).iter().map(|byte| b"\n\rab\n cd"[usize::from(byte % 8)]).collect();
    text.push(b'\n');
    let mut expected = Vec::new();
    let mut last = b' ';
    for &byte in &text {
        if byte == b'\n' && last != b'\r' {
            expected.push(b'\r');
        }
        expected.push(byte);
        last = byte;
    }
    for file in [true, false] {
        let server = server(|stream| slurp(&stream));
        let client = dial(server.port, &["-C"]);
        let client = if file { client.stdin_file(&text) } else { client.stdin_bytes(text.clone()) };
        client.run().exits(0).silent();
        same(&server.join(), &expected);
    }
}

#[test]
fn a_crlf_that_is_typed_in_two_pieces_stays_one() {
    let (mut client, stream) = connected(&["-C"]);
    give(&mut client, b"a\r");
    same(&take(&stream, 2), b"a\r");
    give(&mut client, b"\n");
    same(&take(&stream, 1), b"\n");
    give(&mut client, b"\nb");
    same(&take(&stream, 3), b"\r\nb");
    give(&mut client, b"\n");
    client.stdin = None;
    same(&slurp(&stream), b"\r\n");
    drop(stream);
    client.finish().exits(0).silent();
}

#[test]
fn what_is_received_keeps_its_line_ends() {
    let server = server(|mut stream| stream.write_all(b"a\nb\r\nc\r").expect("send"));
    dial(server.port, &["-C"]).run().exits(0).wrote(b"a\nb\r\nc\r");
    server.join();
}

// ---- telnet ----

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

#[test]
fn telnet_options_are_refused_and_not_shown_however_they_are_cut() {
    let (mut client, mut stream) = connected(&["-t"]);
    let requests = [b'a', IAC, DO, 1, b'b', IAC, WILL, 3, b'c', IAC, IAC, b'd', IAC, DO, 24, b'e'];
    for byte in requests {
        stream.write_all(&[byte]).expect("send");
        pass(0.002); // each in a segment, and mostly in a read, of its own
    }
    same(&shown(&mut client, 6), b"abc\xffde");
    let mut answers: Vec<Vec<u8>> = take(&stream, 9).chunks(3).map(<[u8]>::to_vec).collect();
    answers.sort();
    assert_eq!(answers, [[IAC, WONT, 1], [IAC, WONT, 24], [IAC, DONT, 3]]);
    give(&mut client, b"hello");
    same(&take(&stream, 5), b"hello");
    drop(stream);
    client.finish().exits(0).silent();
}

/// What nsock says to a request that comes when it has found that its stdin gives nothing.
fn refusal_by(args: &[&str]) -> Vec<u8> {
    let server = server(|mut stream| {
        pass(0.3);
        stream.write_all(&[IAC, DO, 1, b'h', b'i']).expect("send");
        stream.set_read_timeout(Some(Duration::from_secs(2))).expect("SO_RCVTIMEO");
        let mut answer = Vec::new();
        let _ = (&stream).take(3).read_to_end(&mut answer);
        answer
    });
    dial(server.port, args).run().exits(0).silent().wrote(b"hi");
    server.join()
}

#[test]
fn telnet_options_are_refused_where_stdin_is_not_read() {
    assert_eq!(refusal_by(&["-t", "-d"]), [IAC, WONT, 1]);
}

#[test]
fn telnet_options_are_refused_where_stdin_is_empty() {
    assert_eq!(refusal_by(&["-t"]), [IAC, WONT, 1]);
}

#[test]
fn a_long_subnegotiation_is_swallowed_and_not_held() {
    let (mut client, mut stream) = connected(&["-t"]);
    stream.write_all(b"<").expect("send");
    same(&shown(&mut client, 1), b"<");
    let before = client.memory();
    let mut long = vec![IAC, SB, 24];
    for byte in payload(MB, 2) {
        long.push(byte);
        if byte == IAC {
            long.push(IAC);
        }
    }
    stream.write_all(&long).expect("send");
    stream.write_all(&[IAC]).expect("send");
    stream.write_all(&[SE, b'>']).expect("send");
    same(&shown(&mut client, 1), b">");
    let grown = client.memory().saturating_sub(before);
    assert!(grown < 700, "1 MB of subnegotiation took {grown} KiB of memory");
    drop(stream);
    same(&rest(&mut client), b"");
    client.finish().exits(0).silent();
}

#[test]
fn a_byte_255_of_stdin_is_doubled_for_telnet_as_its_rfc_says() {
    let server = server(|stream| slurp(&stream));
    dial(server.port, &["-t"]).stdin_bytes(*b"a\xffb").run().exits(0);
    same(&server.join(), b"a\xff\xffb");
}

#[test]
fn megabytes_among_telnet_commands_stay_exact() {
    let data = payload(5 * MB, 3);
    let mut wire = Vec::new();
    for (n, &byte) in data.iter().enumerate() {
        wire.push(byte);
        if byte == IAC {
            wire.push(IAC);
        }
        if n % 1_009 == 0 {
            wire.extend([IAC, WILL, 1, IAC, 241]);
        }
    }
    let server = server(move |mut stream| {
        stream.write_all(&wire).expect("send");
        half_close(&stream);
        slurp(&stream)
    });
    dial(server.port, &["-t", "-d"]).run().exits(0).silent().wrote(&data);
    assert_eq!(server.join(), [IAC, DONT, 1], "asked for again and again, it is refused once");
}

// ---- other encodings ----

#[test]
fn text_of_another_encoding_is_shown_as_utf8_and_sent_in_it() {
    let (mut client, mut stream) = connected(&["--encoding", "gbk"]);
    stream.write_all(b"a\xd6").expect("send");
    same(&shown(&mut client, 1), b"a");
    stream.write_all(b"\xd0b\xce\xc4").expect("send");
    same(&shown(&mut client, 7), "中b文".as_bytes());
    give(&mut client, b"a\xe4\xb8");
    same(&take(&stream, 1), b"a");
    give(&mut client, b"\xad");
    same(&take(&stream, 2), b"\xd6\xd0");
    give(&mut client, b"\xe6");
    give(&mut client, b"\x96\x87z");
    same(&take(&stream, 3), b"\xce\xc4z");
    drop(stream);
    client.finish().exits(0).silent();
}

#[test]
fn megabytes_of_another_encoding_stay_exact() {
    let utf8: String =
        payload(MB / 8, 4).iter().map(|byte| ['中', 'x', '文', '\n', '。'][usize::from(byte % 5)]).collect();
    let wide = |c: char| -> &[u8] {
        match c {
            '中' => b"\xd6\xd0",
            'x' => b"x",
            '文' => b"\xce\xc4",
            '\n' => b"\n",
            _ => b"\xa1\xa3",
        }
    };
    let gbk: Vec<u8> = utf8.chars().flat_map(|c| wide(c).to_vec()).collect();
    let download = gbk.clone();
    let server = server(move |mut stream| {
        stream.write_all(&download).expect("send");
        half_close(&stream);
        slurp(&stream)
    });
    let client = dial(server.port, &["--encoding", "gbk"]).stdin_file(utf8.as_bytes());
    client.run().exits(0).wrote(utf8.as_bytes());
    same(&server.join(), &gbk);
}

#[test]
fn what_an_encoding_cannot_say_is_a_question_mark() {
    let server = server(|stream| slurp(&stream));
    dial(server.port, &["--encoding", "latin1"]).stdin_bytes("é中x\u{1f600}!").run().exits(0);
    same(&server.join(), b"\xe9?x?!");
}

#[test]
fn a_character_that_never_came_whole_is_marked_at_the_end() {
    let server = server(|mut stream| {
        stream.write_all(b"a\xd6").expect("send");
        half_close(&stream);
        slurp(&stream)
    });
    dial(server.port, &["--encoding", "gbk"]).stdin_bytes(*b"b\xe4\xb8").run().exits(0).wrote("a\u{fffd}".as_bytes());
    same(&server.join(), b"b?");
}

#[test]
fn an_encoding_with_states_is_left_in_its_first_one() {
    let server = server(|stream| slurp(&stream));
    dial(server.port, &["--encoding", "iso-2022-jp"]).stdin_bytes("日").run().exits(0);
    same(&server.join(), b"\x1b$BF|\x1b(B");
}

#[test]
fn line_ends_telnet_and_an_encoding_work_together() {
    let (mut client, mut stream) = connected(&["-C", "-t", "--encoding", "latin1"]);
    stream.write_all(&[IAC, IAC, IAC, DO, 1, 0xe9]).expect("send");
    same(&shown(&mut client, 4), "ÿé".as_bytes());
    same(&take(&stream, 3), &[IAC, WONT, 1]);
    give(&mut client, "ÿ\n".as_bytes());
    same(&take(&stream, 4), b"\xff\xff\r\n");
    drop(stream);
    client.finish().exits(0).silent();
}

#[test]
fn an_encoding_that_cannot_be_used_is_a_usage_error_in_one_line() {
    for name in ["klingon", "utf-16", "utf-16le", ""] {
        let outcome = nsock(&["--encoding", name, HOST, "1"]).run().exits(2).wrote(b"");
        let line = outcome.one_line();
        assert!(line.starts_with("nsock: ") && line.contains("--encoding"), "{line}");
    }
}

// ---- lines at a pace ----

#[test]
fn lines_are_sent_one_by_one_with_a_pause_between_them() {
    let listener = listener();
    let mut client = dial(port_of(&listener), &["-i", "600ms"]).stdin_file(b"one\ntwo\nthree\n").hold_stdout().spawn();
    let mut stream = accept(&listener);
    let began = Instant::now();
    same(&take(&stream, 4), b"one\n");
    let first = Instant::now();
    assert!(first - began < Duration::from_millis(500), "the first line came after {:?}", first - began);
    stream.write_all(b"meanwhile").expect("send");
    same(&shown(&mut client, 9), b"meanwhile");
    assert!(first.elapsed() < Duration::from_millis(500), "the pause holds up what the peer sends");
    same(&take(&stream, 4), b"two\n");
    let second = Instant::now();
    within(second - first, 0.55, 5.0);
    same(&take(&stream, 6), b"three\n");
    let third = Instant::now();
    within(third - second, 0.55, 5.0);
    same(&slurp(&stream), b"");
    assert!(third.elapsed() < Duration::from_millis(500), "after the last line it paused for {:?}", third.elapsed());
    drop(stream);
    client.finish().exits(0).silent();
}

#[test]
fn lines_of_a_pipe_are_paced_too_and_an_unfinished_one_is_sent_at_its_time() {
    let server = server(|stream| {
        same(&take(&stream, 2), b"a\n");
        let first = Instant::now();
        same(&take(&stream, 1), b"b");
        within(first.elapsed(), 0.25, 5.0);
        slurp(&stream)
    });
    dial(server.port, &["-i", "0.3"]).stdin_bytes("a\nb").run().exits(0).silent();
    same(&server.join(), b"");
}

#[test]
fn lines_that_wait_for_their_time_are_told_when_the_peer_resets() {
    let server = server(|stream| {
        same(&take(&stream, 4), b"one\n");
        reset(stream);
    });
    let outcome = dial(server.port, &["--json", "-i", "500ms"]).stdin_file(b"one\ntwo\nthree\n").run().exits(1);
    assert_eq!(outcome.number("close", "sent_bytes") + outcome.number("error", "lost_bytes"), 14, "{}", outcome.stderr);
    server.join();
}

#[test]
fn lines_that_wait_for_their_time_are_told_when_enough_was_received() {
    for args in [["-W", "1"], ["--stop", "bye"]] {
        let server = server(|mut stream| {
            same(&take(&stream, 4), b"one\n");
            stream.write_all(b"bye\n").expect("send");
            slurp(&stream)
        });
        let client = dial(server.port, &["--json", "-i", "15"]).args(args).stdin_file(b"one\ntwo\nthree\n");
        let outcome = client.run().exits(1).within(0.0, 5.0).wrote(b"bye\n");
        assert_eq!(outcome.number("error", "lost_bytes"), 10, "{}", outcome.stderr);
        same(&server.join(), b"");
    }
}

#[test]
fn a_signal_is_died_of_in_a_pause() {
    let (mut client, stream) = connected(&["--json", "-i", "15"]);
    give(&mut client, b"one\ntwo\n");
    same(&take(&stream, 4), b"one\n");
    client.signal(Signal::TERM);
    let outcome = client.finish_with_stdin_open().died_of(Signal::TERM);
    assert_eq!(outcome.number("error", "lost_bytes"), 4, "{}", outcome.stderr);
}

// ---- enough ----

/// A server that never stops talking, and then reads all of the answer.
fn talker(mut stream: TcpStream) -> std::io::Result<Vec<u8>> {
    let mut voice = stream.try_clone()?;
    voice.set_write_timeout(Some(LIMIT))?;
    let talk = task(move || while voice.write_all(&[b'.'; 4096]).is_ok() {});
    pass(0.3); // our close is over long before the answer is read
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    stream.shutdown(std::net::Shutdown::Both).ok();
    talk.join();
    read.map(|_| answer)
}

#[test]
fn after_so_many_chunks_the_run_ends_and_its_answer_arrives_whole() {
    let answer = payload(10_000, 5);
    let (mut client, mut stream) = connected(&["-W", "2"]);
    stream.write_all(b"one").expect("send");
    same(&shown(&mut client, 3), b"one");
    give(&mut client, &answer);
    same(&take(&stream, 1), &answer[..1]); // it went out in one piece
    stream.write_all(b"two").expect("send");
    same(&shown(&mut client, 3), b"two");
    let server = task(move || talker(stream));
    same(&rest(&mut client), b"");
    client.finish_with_stdin_open().exits(0).silent();
    same(&server.join().expect("no reset takes the answer away"), &answer[1..]);
}

#[test]
fn a_chunk_is_at_most_what_one_read_gives() {
    let (mut client, mut stream) = connected(&["-W", "1"]);
    stream.write_all(&[b'x'; 200_000]).expect("send");
    let bytes = rest(&mut client);
    assert!((1..=65_536).contains(&bytes.len()), "{} bytes are no chunk", bytes.len());
    client.finish_with_stdin_open().exits(0).silent();
}

#[test]
fn a_listener_counts_chunks_as_well() {
    let listener = listen(&["-W", "1"]).hold_stdin().spawn();
    let mut client = listener.connect();
    client.write_all(b"enough").expect("send");
    same(&slurp(&client), b"");
    listener.finish_with_stdin_open().exits(0).wrote(b"enough");
}

#[test]
fn no_chunk_is_no_number_of_chunks() {
    for number in ["0", "-1", "x", "1.5"] {
        nsock(&["-W", number, HOST, "1"]).run().exits(2).one_line();
    }
}

/// Sends pieces, each once the one before it was written. Whether nsock left by itself.
fn stops(pieces: &[&[u8]]) -> bool {
    let (mut client, mut stream) = connected(&["--json", "--stop", "exit"]);
    for (n, piece) in pieces.iter().enumerate() {
        stream.write_all(piece).expect("send");
        same(&shown(&mut client, piece.len()), piece);
        if n + 1 == pieces.len() {
            break;
        }
    }
    let began = Instant::now();
    while client.runs() && began.elapsed() < Duration::from_millis(250) {
        pass(0.01);
    }
    // Where it has stopped this is dropped; else it is shown.
    stream.write_all(b"\nmore\n").expect("send");
    half_close(&stream);
    let more = rest(&mut client);
    assert!(more.is_empty() || more == b"\nmore\n", "{}", more.escape_ascii());
    drop(stream);
    client.stdin = None;
    let outcome = client.finish().exits(0);
    assert_eq!(outcome.event("close")["by"] == "local", more.is_empty(), "{}", outcome.stderr);
    more.is_empty()
}

#[test]
fn the_stop_word_ends_the_run_as_a_message_of_its_own() {
    let stopping: [&[&[u8]]; 8] = [
        &[b"exit\n"],
        &[b"exit\r\n"],
        &[b"exit"],
        &[b"hello\nexit\n"],
        &[b"hello", b" there\n", b"exit\n"],
        &[b"ex", b"it"],
        &[b"e", b"x", b"i", b"t", b"\r", b"\n"],
        &[b"\n", b"exit\r"],
    ];
    for pieces in stopping {
        // On a machine that is held up for 50 ms a silence may fall between two pieces.
        assert!((0..5).any(|_| stops(pieces)), "{pieces:?}");
    }
}

#[test]
fn the_stop_word_within_a_longer_line_ends_nothing() {
    let going_on: [&[&[u8]]; 7] =
        [&[b"exiting\n"], &[b"exit", b"ing"], &[b"no exit\n"], &[b"EXIT\n"], &[b" exit\n"], &[b"exit \n"], &[b"exi"]];
    for pieces in going_on {
        assert!((0..5).any(|_| !stops(pieces)), "{pieces:?}"); // as above
    }
}

#[test]
fn an_unfinished_stop_word_is_waited_for_only_shortly() {
    let (mut client, mut stream) = connected(&["--stop", "exit"]);
    stream.write_all(b"exit").expect("send");
    let began = Instant::now();
    same(&shown(&mut client, 4), b"exit");
    same(&slurp(&stream), b""); // it half-closes before it leaves
    within(began.elapsed(), 0.04, 1.5);
    drop(stream);
    client.finish_with_stdin_open().exits(0).silent();
}

#[test]
fn a_silence_ends_a_message_so_that_what_follows_is_another() {
    let (mut client, mut stream) = connected(&["--stop", "exit"]);
    stream.write_all(b"ex").expect("send");
    same(&shown(&mut client, 2), b"ex");
    pass(0.2);
    stream.write_all(b"it\n").expect("send");
    same(&shown(&mut client, 3), b"it\n");
    pass(0.2);
    assert!(client.runs(), "two messages were taken for one");
    stream.write_all(b"exit\n").expect("send");
    same(&rest(&mut client), b"exit\n");
    drop(stream);
    client.finish_with_stdin_open().exits(0).silent();
}

#[test]
fn the_stop_word_leaves_our_answer_whole_while_the_peer_talks_on() {
    let answer = payload(10_000, 6);
    let (mut client, mut stream) = connected(&["--stop", "bye"]);
    give(&mut client, &answer);
    same(&take(&stream, 1), &answer[..1]);
    stream.write_all(b"bye\n").expect("send");
    same(&shown(&mut client, 4), b"bye\n");
    let server = task(move || talker(stream));
    client.finish_with_stdin_open().exits(0).silent();
    same(&server.join().expect("no reset takes the answer away"), &answer[1..]);
}

#[test]
fn our_close_leaves_an_answer_whole_that_the_peer_has_not_received_yet() {
    let answer = payload(100_000, 21);
    let listener = listener();
    socket2::SockRef::from(&listener).set_recv_buffer_size(4_096).expect("SO_RCVBUF"); // the rest waits at our side
    let args = ["--json", "--stop", "bye", "--sndbuf", "200k"];
    let mut client = dial(port_of(&listener), &args).hold_stdin().hold_stdout().spawn();
    let mut stream = accept(&listener);
    give(&mut client, &answer);
    same(&take(&stream, 1), &answer[..1]);
    pass(0.3); // all of it goes to the socket, which the count at the end tells
    stream.write_all(b"bye\n").expect("send");
    same(&shown(&mut client, 4), b"bye\n");
    let server = task(move || talker(stream));
    let outcome = client.finish_with_stdin_open().exits(0);
    assert_eq!(outcome.number("close", "sent_bytes"), 100_000, "{}", outcome.stderr);
    same(&server.join().expect("no reset takes the answer away"), &answer[1..]);
}

// ---- to a file ----

#[test]
fn received_bytes_go_to_the_file_and_nowhere_else() {
    let download = payload(5 * MB, 7);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("copy");
    fs::write(&path, vec![b'o'; 6 * MB]).expect("an older and longer file");
    let sent = download.clone();
    let server = server(move |mut stream| {
        stream.write_all(&sent).expect("send");
        half_close(&stream);
        slurp(&stream)
    });
    let name = path.to_str().expect("ASCII");
    dial(server.port, &["-o", name]).stdin_bytes("up").run().exits(0).silent().wrote(b"");
    same(&fs::read(&path).expect("read the copy"), &download);
    same(&server.join(), b"up");

    let listener = listen(&["--output", name]).spawn();
    listener.connect().write_all(b"short").expect("send");
    listener.finish().exits(0).wrote(b"");
    same(&fs::read(&path).expect("read the copy"), b"short");
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_sent() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let missing = dir.path().join("no/such/dir/file");
    let here = dir.path().to_str().expect("ASCII");
    for (flag, path) in [("-o", missing.to_str().expect("ASCII")), ("-o", here)] {
        let listener = listener();
        listener.set_nonblocking(true).expect("O_NONBLOCK");
        let outcome = dial(port_of(&listener), &[flag, path]).stdin_bytes("x").run().exits(3).wrote(b"");
        let line = outcome.one_line();
        assert!(line.starts_with("nsock: ") && line.contains(path) && line.contains("errno "), "{line}");
        let error = listener.accept().expect_err("nobody connects");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
    let outcome = listen(&["-o", here]).run().exits(3);
    assert!(outcome.events().iter().all(|event| event["event"] == "error"), "{}", outcome.stderr);
}

#[test]
fn a_dump_that_cannot_be_written_is_told_before_anything_is_sent() {
    let listener = listener();
    listener.set_nonblocking(true).expect("O_NONBLOCK");
    let outcome = dial(port_of(&listener), &["--hex=/no/such/dir/file"]).stdin_bytes("x").run().exits(3).wrote(b"");
    let line = outcome.one_line();
    assert!(line.starts_with("nsock: ") && line.contains("/no/such/dir/file"), "{line}");
    assert_eq!(listener.accept().expect_err("nobody connects").kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_full_disk_is_told_with_what_was_not_written() {
    if !std::path::Path::new("/dev/full").exists() {
        return skipped("there is no /dev/full here");
    }
    let server = server(|mut stream| {
        stream.write_all(&[b'x'; 1_000]).expect("send");
        slurp(&stream)
    });
    let outcome = dial(server.port, &["-o", "/dev/full"]).hold_stdin().spawn().finish_with_stdin_open().exits(3);
    let line = outcome.one_line();
    assert!(line.contains("(errno 28") && line.contains("1000 bytes received not written"), "{line}");
    server.join();
}

#[test]
fn a_dump_that_fails_is_told_once_and_holds_up_nothing() {
    if !std::path::Path::new("/dev/full").exists() {
        return skipped("there is no /dev/full here");
    }
    let (up, down) = (payload(300_000, 17), payload(MB, 18));
    let (outcome, _) = exchange(&["--hex=/dev/full"], &up, &down, None);
    let line = outcome.one_line();
    assert!(line.starts_with("nsock: ") && line.contains("errno 28"), "{line}");
}

#[test]
fn an_output_fifo_that_nobody_reads_does_not_hang_the_run() {
    let (_dir, path) = fifo();
    let listener = listener();
    let client = dial(port_of(&listener), &["--deadline", "500ms", "-o", path.to_str().expect("ASCII")]);
    let outcome = client.hold_stdin().spawn().finish_with_stdin_open().within(0.0, 5.0);
    assert!(matches!(outcome.code, Some(124 | 3)), "{outcome:?}");
}

#[test]
fn a_dump_fifo_that_nobody_reads_does_not_hang_the_run() {
    let (_dir, path) = fifo();
    let listener = listener();
    let client = dial(port_of(&listener), &["--deadline", "500ms", &format!("-x={}", path.display())]);
    let outcome = client.hold_stdin().spawn().finish_with_stdin_open().within(0.0, 5.0);
    assert!(matches!(outcome.code, Some(124 | 3)), "{outcome:?}");
}

#[test]
fn a_dump_whose_reader_is_stuck_does_not_hang_the_run() {
    let (_dir, path) = fifo();
    let _stuck = File::options().read(true).write(true).open(&path).expect("open a FIFO");
    let server = server(|mut stream| {
        let _ = stream.write_all(&payload(MB, 19));
        slurp(&stream)
    });
    let client = dial(server.port, &["--deadline", "1", &format!("-x={}", path.display())]);
    let outcome = client.hold_stdin().spawn().finish_with_stdin_open().within(0.0, 5.0);
    assert!(matches!(outcome.code, Some(124 | 3)), "{outcome:?}");
}

// ---- dumps ----

/// Reads a dump: the bytes of each direction by the words of its headers (`sent to 127.0.0.1 80`). Each chunk must lie
/// where its direction has come to and be as long as its header says.
fn undump(dump: &str) -> HashMap<String, Vec<u8>> {
    let mut streams: HashMap<String, Vec<u8>> = HashMap::new();
    let mut current: Option<(String, usize)> = None;
    for line in dump.lines() {
        assert!(line.chars().all(|c| (' '..='~').contains(&c)), "a line that drives a terminal: {line:?}");
        if let Some(header) = line.strip_prefix("# ") {
            let done = current.as_ref().is_none_or(|(_, left)| *left == 0);
            assert!(done, "a chunk is shorter than its header says, before {line}");
            let (who, count) = header.rsplit_once(": ").expect(line);
            let (time, who) = who.split_once(' ').expect(line);
            assert!(is_time(time), "{line}");
            let (count, at) = count.split_once(" bytes at ").expect(line);
            let stream = streams.entry(who.to_owned()).or_default();
            assert_eq!(at, stream.len().to_string(), "a chunk lies elsewhere: {line}");
            current = Some((who.to_owned(), count.parse().expect(line)));
            continue;
        }
        let (who, left) = current.as_mut().expect("a header comes first");
        let stream = streams.get_mut(who).expect("its header was seen");
        let (offset, columns) = line.split_once(": ").expect(line);
        assert_eq!(u64::from_str_radix(offset, 16).expect(line), stream.len() as u64, "{line}");
        let (digits, text) = columns.split_at(47);
        let row: Vec<u8> = digits
            .split([' ', '-'])
            .filter(|digits| !digits.is_empty())
            .map(|digits| u8::from_str_radix(digits, 16).expect(line))
            .collect();
        let readable: String =
            row.iter().map(|&byte| if (b' '..=b'~').contains(&byte) { byte as char } else { '.' }).collect();
        assert_eq!(text, format!("  {readable}"), "{line}");
        *left = left.checked_sub(row.len()).expect("no more bytes than the header says");
        stream.extend(row);
    }
    assert!(current.is_none_or(|(_, left)| left == 0), "the last chunk is shorter than its header says");
    streams
}

/// Whether a word is a time of RFC 3339 in UTC with microseconds.
fn is_time(word: &str) -> bool {
    let pattern = b"dddd-dd-ddTdd:dd:dd.ddddddZ";
    word.len() == pattern.len()
        && word.bytes().zip(pattern).all(|(byte, &p)| if p == b'd' { byte.is_ascii_digit() } else { byte == p })
}

/// Both directions at once, in chunks of any length.
fn exchange(args: &[&str], up: &[u8], down: &[u8], stderr: Option<File>) -> (Outcome, u16) {
    let (upload, download) = (up.to_vec(), down.to_vec());
    let server = server(move |stream| {
        let mut voice = stream.try_clone().expect("duplicate a socket");
        let talk = task(move || {
            let (mut rest, mut n) = (&download[..], 1);
            while !rest.is_empty() {
                n = (n * 7_919 + 13) % 100_003;
                let (piece, later) = rest.split_at(rest.len().min(n));
                voice.write_all(piece).expect("send");
                rest = later;
            }
            half_close(&voice);
        });
        let bytes = slurp(&stream);
        talk.join();
        same(&bytes, &upload);
    });
    let port = server.port;
    let mut program = dial(port, args).stdin_bytes(up);
    if let Some(file) = stderr {
        program = program.stderr(file);
    }
    let outcome = program.run().exits(0).wrote(down);
    server.join();
    (outcome, port)
}

fn check_dump(dump: &str, port: u16, up: &[u8], down: &[u8]) {
    let streams = undump(dump);
    assert_eq!(streams.len(), 2, "{:?}", streams.keys());
    same(&streams[&format!("sent to {HOST} {port}")], up);
    same(&streams[&format!("received from {HOST} {port}")], down);
}

#[test]
fn a_dump_on_stderr_reads_back_to_the_bytes_of_each_direction() {
    let every: Vec<u8> = (0..=255).cycle().take(1_000).collect();
    for (up, down) in [(every.clone(), payload(777, 8)), (b"\x1b[2J\x9b\r\x07".to_vec(), every)] {
        let (outcome, port) = exchange(&["-x"], &up, &down, None);
        check_dump(&outcome.stderr, port, &up, &down);
    }
}

#[test]
fn a_dump_in_a_file_reads_back_to_megabytes_of_each_direction() {
    let (up, down) = (payload(2 * MB, 9), payload(5 * MB, 10));
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("dump");
    fs::write(&path, vec![b'o'; 40 * MB]).expect("an older and longer file");
    let flag = format!("--hex={}", path.display());
    let (outcome, port) = exchange(&[&flag], &up, &down, None);
    outcome.silent();
    check_dump(&fs::read_to_string(&path).expect("read the dump"), port, &up, &down);
}

#[test]
fn a_dump_on_stderr_that_is_a_file_is_complete_and_the_data_exact() {
    let (up, down) = (payload(MB, 11), payload(5 * MB, 12));
    let stderr = file_of(b"");
    let (_, port) = exchange(&["-x"], &up, &down, Some(stderr.try_clone().expect("duplicate a descriptor")));
    check_dump(&String::from_utf8(contents(&stderr)).expect("a dump is ASCII"), port, &up, &down);
}

#[test]
fn a_dump_through_a_pipe_that_is_read_is_complete() {
    let (up, down) = (payload(300_000, 13), payload(3 * MB, 14));
    let (outcome, port) = exchange(&["-x"], &up, &down, None);
    check_dump(&outcome.stderr, port, &up, &down);
}

#[test]
fn a_dump_on_stderr_that_nobody_reads_holds_up_no_data() {
    let download = payload(5 * MB, 20);
    let sent = download.clone();
    let server = server(move |mut stream| {
        stream.write_all(&sent).expect("send");
        half_close(&stream);
        slurp(&stream)
    });
    let (_unread, stderr) = pipe();
    dial(server.port, &["-x"]).stderr(stderr).run().exits(0).wrote(&download);
    server.join();
}

#[test]
fn from_file_to_file_a_dump_sees_every_byte_too() {
    let (up, down) = (payload(2 * MB, 15), payload(3 * MB, 16));
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("dump");
    let (upload, download) = (up.clone(), down.clone());
    let server = server(move |mut stream| {
        stream.write_all(&download).expect("send");
        half_close(&stream);
        same(&slurp(&stream), &upload);
    });
    let stdout = file_of(b"");
    let flag = format!("-x={}", path.display());
    let client =
        dial(server.port, &[&flag]).stdin_file(&up).stdout(stdout.try_clone().expect("duplicate a descriptor"));
    client.run().exits(0).silent();
    same(&contents(&stdout), &down);
    check_dump(&fs::read_to_string(&path).expect("read the dump"), server.port, &up, &down);
    server.join();
}

#[test]
fn a_listeners_dump_names_its_peer() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("dump");
    let listener = listen(&[&format!("--hex={}", path.display())]).stdin_bytes("answer").spawn();
    let mut client = listener.connect();
    let port = client.local_addr().expect("an address").port();
    same(&take(&client, 6), b"answer");
    client.write_all(b"question").expect("send");
    drop(client);
    listener.finish().exits(0).wrote(b"question");
    check_dump(&fs::read_to_string(&path).expect("read the dump"), port, b"answer", b"question");
}

// ---- times ----

#[test]
fn each_line_begins_with_its_time_where_times_are_asked_for() {
    let server = server(|mut stream| stream.write_all(b"data").expect("send"));
    let outcome = dial(server.port, &["-vv", "-D"]).run().exits(0).wrote(b"data");
    server.join();
    assert!(outcome.stderr.lines().count() >= 2, "{}", outcome.stderr);
    for line in outcome.stderr.lines() {
        let (time, said) = line.split_once(' ').expect(line);
        assert!(is_time(time), "{line}");
        assert!(said.starts_with("Connection to ") || said.starts_with("nsock: "), "{line}");
    }

    let (port, _closed) = closed_port();
    let outcome = dial(port, &["-D"]).run().exits(1);
    let (time, said) = outcome.one_line().split_once(' ').expect("words");
    assert!(is_time(time) && said.starts_with("nsock: connect to "), "{time} {said}");
}

#[test]
fn data_has_no_times() {
    let (tell, told) = channel();
    let server = server(move |mut stream| {
        stream.write_all(b"a\nb\n").expect("send");
        tell.send(slurp(&stream)).expect("the test listens");
    });
    dial(server.port, &["-D"]).stdin_bytes("c\nd\n").run().exits(0).silent().wrote(b"a\nb\n");
    same(&told.recv_timeout(LIMIT).expect("the server reads"), b"c\nd\n");
    server.join();
}
