//! Unix sockets (`-U`): streams by path and by abstract name, whose file is replaced, kept and removed, what is told of
//! them, and that the rules of ends and limits are the same.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own, and some peers are slow by nature")]

mod common;

#[cfg(target_os = "linux")]
use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::AsFd;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, symlink};
#[cfg(target_os = "linux")]
use std::os::unix::net::SocketAddr;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::*;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use socket2::{Domain, SockAddr, Socket, Type};

const MB: usize = 1_000_000;

/// A directory for sockets, and names in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// nsock connecting to a path.
fn dial_path(path: &Path, args: &[&str]) -> Program {
    nsock(&["-U"]).args(args).args([path])
}

/// nsock listening at a path, telling its events as JSON.
fn listen_path(path: &Path, args: &[&str]) -> Program {
    nsock(&["--json", "-l", "-U"]).args(args).args([path])
}

/// Waits until it listens, and connects.
fn connect(listener: &Run, path: &Path) -> UnixStream {
    listener.event("listen");
    let stream = UnixStream::connect(path).expect("connect to what listens");
    stream.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    stream
}

/// Serves one client at a path, in a thread.
fn serve<T: Send + 'static>(path: &Path, work: impl FnOnce(UnixStream) -> T + Send + 'static) -> Task<T> {
    let listener = UnixListener::bind(path).expect("listen at a path");
    task(move || {
        let (stream, _) = listener.accept().expect("accept a client");
        stream.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        work(stream)
    })
}

fn half_close(stream: &UnixStream) {
    stream.shutdown(Shutdown::Write).expect("half-close");
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket())
}

/// Whether nothing has the name, not even a broken link.
fn is_free(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

// ---- both ways ----

#[test]
fn megabytes_pass_both_ways_from_files() {
    let (up, down) = (payload(10 * MB, 1), payload(10 * MB, 2));
    let place = Place::new();
    let path = place.path("s");
    let sent = down.clone();
    let server = serve(&path, move |stream| {
        let mut voice = stream.try_clone().expect("duplicate a socket");
        let talk = task(move || {
            voice.write_all(&sent).expect("send");
            half_close(&voice);
        });
        let bytes = slurp(&stream);
        talk.join();
        bytes
    });
    let stdout = file_of(b"");
    let client = dial_path(&path, &[]).stdin_file(&up).stdout(stdout.try_clone().expect("duplicate a descriptor"));
    client.run().exits(0).silent();
    same(&contents(&stdout), &down);
    same(&server.join(), &up);
}

#[test]
fn megabytes_pass_both_ways_through_pipes_of_two_nsocks() {
    let (up, down) = (payload(10 * MB, 3), payload(10 * MB, 4));
    let place = Place::new();
    let path = place.path("s");
    let listener = listen_path(&path, &[]).stdin_bytes(down.clone()).spawn();
    listener.event("listen");
    dial_path(&path, &[]).stdin_bytes(up.clone()).run().exits(0).silent().wrote(&down);
    listener.finish().exits(0).wrote(&up);
}

#[test]
#[cfg(target_os = "linux")] // elsewhere a file's name may have to be text
fn a_path_may_be_any_bytes() {
    let place = Place::new();
    let (there, here) =
        (place.0.path().join(OsStr::from_bytes(b"\xff")), place.0.path().join(OsStr::from_bytes(b"\xfe")));
    let server = serve(&there, |stream| {
        let peer = stream.peer_addr().expect("the peer's name");
        slurp(&stream);
        peer.as_pathname().map(Path::to_owned)
    });
    nsock(&["-U", "-s"]).args([&here, &there]).run().exits(0).silent();
    assert_eq!(server.join(), Some(here));
}

#[test]
#[cfg(target_os = "linux")]
fn an_abstract_name_is_as_good_as_a_path() {
    let name = format!("nsock test {}", std::process::id());
    let at = format!("@{name}");
    let listener = nsock(&["--json", "-lU", &at]).stdin_bytes("answer").spawn();
    let told = listener.event("listen");
    assert_eq!(told["addr"], at.as_str());
    let addr = SocketAddr::from_abstract_name(&name).expect("an abstract name");
    let mut client = UnixStream::connect_addr(&addr).expect("connect to what listens");
    client.write_all(b"question").expect("send");
    half_close(&client);
    same(&slurp(&client), b"answer");
    listener.finish().exits(0).wrote(b"question");

    let server = UnixListener::bind_addr(&addr).expect("the name is free again");
    let server = task(move || {
        let (mut stream, _) = server.accept().expect("accept a client");
        stream.write_all(b"welcome").expect("send");
        slurp(&stream)
    });
    nsock(&["-U", &at]).stdin_bytes("thanks").run().exits(0).silent().wrote(b"welcome");
    same(&server.join(), b"thanks");
    nsock(&["-U", &at]).run().exits(1).one_line();
}

#[test]
#[cfg(target_os = "linux")]
fn an_abstract_name_that_is_taken_is_this_machines_no() {
    let name = format!("nsock taken {}", std::process::id());
    let addr = SocketAddr::from_abstract_name(&name).expect("an abstract name");
    let _taken = UnixListener::bind_addr(&addr).expect("a free name");
    let at = format!("@{name}");
    let outcome = nsock(&["-lU", &at]).run().exits(3);
    assert!(outcome.one_line().contains(&at) && outcome.stderr.contains("errno 98"), "{}", outcome.stderr);
}

#[test]
fn bytes_behind_descriptors_that_come_along_are_not_left_behind() {
    let place = Place::new();
    let path = place.path("s");
    let server = UnixListener::bind(&path).expect("listen at a path");
    let mut client = dial_path(&path, &["-d"]).hold_stdout().spawn();
    let mut stdout = client.stdout.take().expect("its stdout");
    let (mut stream, _) = server.accept().expect("accept a client");
    stream.write_all(b"0").expect("send");
    same(&take(&stdout, 1), b"0");
    client.signal(Signal::STOP); // so that all is there at its next read
    for byte in b"abc" {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let (mut along, descriptors) = (SendAncillaryBuffer::new(&mut space), [stream.as_fd()]);
        assert!(along.push(SendAncillaryMessage::ScmRights(&descriptors)));
        sendmsg(&stream, &[IoSlice::new(&[*byte])], &mut along, SendFlags::empty()).expect("send a descriptor");
    }
    stream.write_all(b"d").expect("send");
    client.signal(Signal::CONT);
    same(&task(move || take(&mut stdout, 4)).join(), b"abcd");
}

// ---- ends ----

#[test]
fn after_stdins_end_the_answer_is_waited_for() {
    let place = Place::new();
    let path = place.path("s");
    let server = serve(&path, |mut stream| {
        let question = slurp(&stream);
        pass(0.5);
        stream.write_all(b"answer").expect("send");
        question
    });
    dial_path(&path, &[]).stdin_bytes("question").run().exits(0).silent().wrote(b"answer");
    same(&server.join(), b"question");
}

#[test]
fn after_the_peers_end_an_upload_goes_on() {
    let upload = payload(10 * MB, 5);
    let place = Place::new();
    let path = place.path("s");
    let server = serve(&path, |stream| {
        half_close(&stream);
        pass(0.3);
        slurp(&stream)
    });
    dial_path(&path, &[]).stdin_bytes(upload.clone()).run().exits(0).silent().wrote(b"");
    same(&server.join(), &upload);
}

#[test]
fn a_listener_whose_stdin_is_empty_ends_only_after_its_peer() {
    let place = Place::new();
    let path = place.path("s");
    let listener = listen_path(&path, &[]).spawn();
    let mut client = connect(&listener, &path);
    client.set_read_timeout(Some(Duration::from_millis(300))).expect("SO_RCVTIMEO");
    let error = client.read(&mut [0]).expect_err("neither a byte nor an end comes");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    client.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    client.write_all(b"question").expect("send");
    half_close(&client);
    same(&slurp(&client), b"");
    listener.finish().exits(0).wrote(b"question");
}

#[test]
fn no_shutdown_never_half_closes() {
    let place = Place::new();
    let path = place.path("s");
    let server = serve(&path, |mut stream| {
        same(&take(&stream, 1), b"x");
        stream.set_read_timeout(Some(Duration::from_millis(300))).expect("SO_RCVTIMEO");
        let error = stream.read(&mut [0]).expect_err("neither a byte nor an end comes");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        stream.write_all(b"answer").expect("send");
    });
    dial_path(&path, &["--no-shutdown"]).stdin_bytes("x").run().exits(0).wrote(b"answer");
    server.join();
}

#[test]
fn a_peer_that_leaves_without_reading_makes_an_upload_fail() {
    let place = Place::new();
    let path = place.path("s");
    let server = serve(&path, |stream| _ = take(&stream, 1_000));
    let outcome = dial_path(&path, &["--json"]).stdin_file(&payload(10 * MB, 6)).run().exits(1);
    assert!(outcome.number("error", "lost_bytes") > 0, "{}", outcome.stderr);
    server.join();
}

#[test]
fn silence_and_patience_have_their_limits_on_unix_sockets_too() {
    let place = Place::new();
    let path = place.path("s");
    for (args, code) in [(["-w", "400ms"], 124), (["-q", "400ms"], 0), (["--deadline", "400ms"], 124)] {
        let server = serve(&path, |stream| (slurp(&stream), stream));
        dial_path(&path, &args).stdin_bytes("x").run().exits(code).within(0.38, 5.0);
        same(&server.join().0, b"x"); // which kept its side open all the while
        fs::remove_file(&path).expect("the server's file is there");
    }
    let listener = listen_path(&path, &["--accept-timeout", "300ms"]);
    listener.run().exits(124).within(0.28, 5.0);
    assert!(is_free(&path), "the file of a listener that gave up stays");
}

#[test]
fn chunks_and_stop_words_are_known_on_unix_sockets() {
    let place = Place::new();
    let path = place.path("s");
    for args in [["-W", "1"], ["--stop", "bye"]] {
        let listener = listen_path(&path, &args).hold_stdin().spawn();
        let mut client = connect(&listener, &path);
        client.write_all(b"bye\n").expect("send");
        same(&slurp(&client), b"");
        drop(client);
        listener.finish_with_stdin_open().exits(0).wrote(b"bye\n");
    }
}

#[test]
fn filters_work_on_unix_sockets() {
    let place = Place::new();
    let path = place.path("s");
    let server = serve(&path, |stream| slurp(&stream));
    dial_path(&path, &["-C"]).stdin_bytes("a\nb\r\n").run().exits(0).silent();
    same(&server.join(), b"a\r\nb\r\n");
}

// ---- files of sockets ----

#[test]
fn a_listeners_file_is_there_while_it_listens_and_gone_at_its_end() {
    let place = Place::new();
    let path = place.path("s");
    let listener = listen_path(&path, &[]).spawn();
    let client = connect(&listener, &path);
    drop(client);
    listener.finish().exits(0);
    assert!(is_free(&path), "the file stays");
}

#[test]
fn a_signal_takes_the_file_away_too() {
    let place = Place::new();
    for (name, connected) in [("a", false), ("b", true)] {
        for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
            let path = place.path(name);
            let listener = listen_path(&path, &[]).hold_stdin().spawn();
            listener.event("listen");
            assert!(is_socket(&path));
            let client = connected.then(|| UnixStream::connect(&path).expect("connect to what listens"));
            if connected {
                listener.event("accept");
            }
            listener.signal(signal);
            listener.finish_with_stdin_open().died_of(signal);
            assert!(is_free(&path), "{signal:?} leaves the file behind (connected: {connected})");
            drop(client);
        }
    }
}

#[test]
fn a_stale_file_is_replaced() {
    let place = Place::new();
    let path = place.path("s");
    drop(UnixListener::bind(&path).expect("listen at a path"));
    assert!(is_socket(&path));
    let listener = listen_path(&path, &[]).spawn();
    connect(&listener, &path).write_all(b"hello").expect("send");
    listener.finish().exits(0).wrote(b"hello");
    assert!(is_free(&path));
}

#[test]
fn what_a_killed_listener_leaves_is_replaced_by_the_next() {
    let place = Place::new();
    let path = place.path("s");
    let listener = listen_path(&path, &[]).spawn();
    listener.event("listen");
    listener.signal(Signal::KILL);
    listener.finish().died_of(Signal::KILL);
    assert!(is_socket(&path), "nobody could remove it");
    let listener = listen_path(&path, &[]).spawn();
    connect(&listener, &path).write_all(b"hello").expect("send");
    listener.finish().exits(0).wrote(b"hello");
}

#[test]
fn a_live_socket_is_left_alone() {
    let place = Place::new();
    let path = place.path("s");
    let live = UnixListener::bind(&path).expect("listen at a path");
    let outcome = nsock(&["-l", "-U"]).args([&path]).run().exits(3);
    let line = outcome.one_line();
    assert!(line.starts_with("nsock: listen on ") && line.contains(path.to_str().expect("ASCII")), "{line}");
    assert!(line.contains("Address already in use (errno 98"), "{line}");
    let client = UnixStream::connect(&path).expect("it is still live");
    drop((client, live));
}

#[test]
fn two_listeners_do_not_take_each_others_place() {
    let place = Place::new();
    let path = place.path("s");
    let first = listen_path(&path, &[]).spawn();
    first.event("listen");
    listen_path(&path, &[]).run().exits(3);
    assert!(is_socket(&path), "the second has removed the first one's file");
    connect(&first, &path).write_all(b"hello").expect("send");
    first.finish().exits(0).wrote(b"hello");
}

#[test]
fn who_asks_whether_a_file_is_stale_is_no_peer() {
    let place = Place::new();
    let path = place.path("s");
    let first = listen_path(&path, &[]).spawn();
    first.event("listen");
    listen_path(&path, &["-u"]).run().exits(3);
    connect(&first, &path).write_all(b"hello").expect("send");
    first.finish().exits(0).wrote(b"hello");
}

#[test]
fn a_file_that_is_no_socket_is_never_deleted() {
    let place = Place::new();
    let path = place.path("s");
    fs::write(&path, b"precious").expect("a file");
    let outcome = nsock(&["-l", "-U"]).args([&path]).run().exits(3);
    assert!(outcome.one_line().contains(path.to_str().expect("ASCII")), "{}", outcome.stderr);
    assert_eq!(fs::read(&path).expect("it is still there"), b"precious");

    let directory = place.path("d");
    fs::create_dir(&directory).expect("a directory");
    nsock(&["-l", "-U"]).args([&directory]).run().exits(3).one_line();
    assert!(directory.is_dir());
}

#[test]
fn a_link_is_neither_followed_nor_deleted_by_a_listener() {
    let place = Place::new();
    let (stale, file, missing) = (place.path("stale"), place.path("file"), place.path("missing"));
    drop(UnixListener::bind(&stale).expect("listen at a path"));
    fs::write(&file, b"precious").expect("a file");
    for (n, target) in [&stale, &file, &missing].into_iter().enumerate() {
        let link = place.path(&format!("link{n}"));
        symlink(target, &link).expect("a link");
        let outcome = nsock(&["-l", "-U"]).args([&link]).run().exits(3);
        assert!(outcome.one_line().contains(link.to_str().expect("ASCII")), "{}", outcome.stderr);
        assert_eq!(&fs::read_link(&link).expect("it is still there"), target);
    }
    assert!(is_socket(&stale) && is_free(&missing));
    assert_eq!(fs::read(&file).expect("it is still there"), b"precious");
}

#[test]
fn a_file_that_took_our_files_place_is_not_removed() {
    let place = Place::new();
    let path = place.path("s");
    let listener = listen_path(&path, &[]).spawn();
    listener.event("listen");
    fs::remove_file(&path).expect("its file is there");
    let _theirs = UnixListener::bind(&path).expect("the path is free");
    listener.signal(Signal::TERM);
    listener.finish().died_of(Signal::TERM);
    assert!(UnixStream::connect(&path).is_ok(), "somebody else's socket was removed");
}

#[test]
fn a_clients_file_is_there_while_it_talks_gone_at_its_end_and_a_stale_one_replaced() {
    let place = Place::new();
    let (path, own) = (place.path("s"), place.path("own"));
    drop(UnixListener::bind(&own).expect("a socket file that is left behind"));
    let server = UnixListener::bind(&path).expect("listen at a path");
    for _ in 0..2 {
        let client = dial_path(&path, &["-s", own.to_str().expect("a path in UTF-8")]).spawn();
        let server = server.try_clone().expect("duplicate a socket");
        let (stream, from) = task(move || server.accept().expect("accept a client")).join();
        assert_eq!(from.as_pathname(), Some(own.as_path()));
        assert!(is_socket(&own));
        half_close(&stream);
        client.finish().exits(0).silent();
        assert!(is_free(&own));
    }
}

#[test]
fn a_missing_directory_is_this_machines_no() {
    let place = Place::new();
    let path = place.path("no/such/dir");
    let outcome = nsock(&["-l", "-U"]).args([&path]).run().exits(3);
    let line = outcome.one_line();
    assert!(line.contains(path.to_str().expect("ASCII")) && line.contains("errno 2"), "{line}");
}

#[test]
fn a_path_may_have_107_bytes_and_no_more() {
    let place = Place::new();
    let room = 107 - place.path("").as_os_str().len();
    let longest = place.path(&"x".repeat(room));
    assert_eq!(longest.as_os_str().len(), 107);
    let listener = listen_path(&longest, &[]).spawn();
    listener.event("listen");
    dial_path(&longest, &[]).stdin_bytes("hello").run().exits(0).silent();
    listener.finish().exits(0).wrote(b"hello");
    assert!(is_free(&longest));

    let too_long = place.path(&"x".repeat(room + 1));
    for program in [dial_path(&too_long, &[]), nsock(&["-l", "-U"]).args([&too_long])] {
        let outcome = program.run().exits(2).wrote(b"");
        assert!(outcome.one_line().starts_with("nsock: ") && outcome.stderr.contains("108"), "{}", outcome.stderr);
    }
    assert!(is_free(&too_long));
}

// ---- connecting ----

#[test]
fn nobody_at_a_path_is_told_with_its_reason() {
    let place = Place::new();
    let missing = place.path("missing");
    let file = place.path("file");
    fs::write(&file, b"").expect("a file");
    let stale = place.path("stale");
    drop(UnixListener::bind(&stale).expect("listen at a path"));
    for (path, reason) in [
        (&missing, "No such file or directory (errno 2,"),
        (&file, "Connection refused (errno 111,"),
        (&stale, "Connection refused (errno 111,"),
    ] {
        let outcome = dial_path(path, &[]).run().exits(1).wrote(b"");
        let line = outcome.one_line();
        assert!(line.starts_with(&format!("nsock: connect to {} (unix) failed: {reason}", path.display())), "{line}");
    }
    assert!(is_socket(&stale), "who connects removes nothing");
}

#[test]
fn a_client_follows_a_link() {
    let place = Place::new();
    let (path, link) = (place.path("s"), place.path("link"));
    symlink(&path, &link).expect("a link");
    let server = serve(&path, |stream| slurp(&stream));
    dial_path(&link, &[]).stdin_bytes("hello").run().exits(0).silent();
    same(&server.join(), b"hello");
}

#[test]
fn a_datagram_socket_is_no_place_to_connect_a_stream_to() {
    let place = Place::new();
    let path = place.path("s");
    let _bound = std::os::unix::net::UnixDatagram::bind(&path).expect("a datagram socket");
    dial_path(&path, &[]).run().exits(1).one_line();
}

/// A listening socket at a path whose backlog is full, and those who fill it.
fn busy(path: &Path) -> (Socket, Vec<Socket>) {
    let addr = SockAddr::unix(path).expect("a path");
    let busy = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    busy.bind(&addr).expect("bind a path");
    busy.listen(0).expect("listen");
    let mut fillers = Vec::new();
    loop {
        let filler = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        filler.set_nonblocking(true).expect("O_NONBLOCK");
        match filler.connect(&addr) {
            Ok(()) => fillers.push(filler),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return (busy, fillers),
            Err(error) => unexpected(&error),
        }
    }
}

#[test]
fn a_full_backlog_is_waited_for() {
    let place = Place::new();
    let path = place.path("s");
    let (busy, fillers) = busy(&path);
    let client = dial_path(&path, &["-v"]).stdin_bytes("hello").spawn();
    pass(0.2);
    let before = client.ticks();
    pass(0.5);
    assert!(client.runs() && client.told().is_empty(), "{}", client.told());
    assert!(client.ticks() - before < 10, "it waits by asking all the time");
    for _ in &fillers {
        busy.accept().expect("accept a client");
    }
    let (stream, _) = busy.accept().expect("nsock comes at last");
    same(&slurp(&stream), b"hello");
    drop(stream);
    let outcome = client.finish().exits(0);
    assert!(outcome.stderr.contains("succeeded!"), "{}", outcome.stderr);
}

#[test]
fn a_client_with_a_name_waits_for_a_backlog_with_that_name() {
    let place = Place::new();
    let (path, own) = (place.path("s"), place.path("own"));
    let (busy, fillers) = busy(&path);
    let client = dial_path(&path, &["-s", own.to_str().expect("a path in UTF-8")]).stdin_bytes("hello").spawn();
    pass(0.2);
    assert!(client.runs(), "{}", client.told());
    for _ in &fillers {
        busy.accept().expect("accept a client");
    }
    let (stream, from) = busy.accept().expect("nsock comes at last");
    assert_eq!(from.as_pathname(), Some(own.as_path()));
    same(&slurp(&stream), b"hello");
    drop(stream);
    client.finish().exits(0).silent();
}

#[test]
fn a_backlog_that_stays_full_is_told() {
    let place = Place::new();
    let path = place.path("s");
    let _busy = busy(&path);
    for flag in ["-w", "--connect-timeout"] {
        let outcome = dial_path(&path, &[flag, "300ms"]).run().exits(124).within(0.28, 5.0);
        let start = format!("nsock: connect to {} (unix) failed: timed out", path.display());
        assert!(outcome.one_line().starts_with(&start), "{}", outcome.stderr);
    }
}

#[test]
fn waiting_for_a_backlog_is_one_attempt() {
    let place = Place::new();
    let path = place.path("s");
    let _busy = busy(&path);
    let outcome = dial_path(&path, &["--json", "-w", "300ms"]).run().exits(124);
    let attempts = outcome.events().iter().filter(|event| event["event"] == "attempt").count();
    assert!(attempts <= 1, "{attempts} attempts are told");
}

// ---- what is told ----

#[test]
fn the_sentences_name_the_path() {
    let place = Place::new();
    let path = place.path("s");
    let name = path.display();
    let listener = nsock(&["-v", "-l", "-U"]).args([&path]).spawn();
    listener.line(&format!("Listening on {name}"));
    let client = dial_path(&path, &["-v"]).stdin_bytes("hello").run().exits(0);
    let lines: Vec<&str> = client.stderr.lines().collect();
    assert!(
        lines[0].starts_with(&format!("Connection to {name} ")) && lines[0].contains("succeeded! ("),
        "{}",
        lines[0]
    );
    assert!(lines[1].starts_with(&format!("Connection to {name} closed by ")), "{}", lines[1]);
    assert!(lines[1].contains("5 bytes sent, 0 received"), "{}", lines[1]);
    assert_eq!(lines.len(), 2, "{}", client.stderr);
    let outcome = listener.finish().exits(0).wrote(b"hello");
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(lines.len(), 3, "{}", outcome.stderr);
    assert_eq!(lines[0], format!("Listening on {name}"));
    assert!(lines[1].starts_with("Connection received on "), "{}", lines[1]);
    assert!(lines[2].starts_with("Connection from ") && lines[2].contains(" closed by peer (FIN, "), "{}", lines[2]);
    assert!(lines[2].contains("0 bytes sent, 5 received"), "{}", lines[2]);
}

#[test]
fn events_have_the_path_for_an_address_and_no_port() {
    let place = Place::new();
    let path = place.path("s");
    let listener = listen_path(&path, &[]).spawn();
    let told = listener.event("listen");
    assert_eq!((&told["proto"], &told["addr"]), (&"unix".into(), &path.to_str().into()), "{told}");
    assert!(told["port"].is_null(), "{told}");
    let client = dial_path(&path, &["--json"]).stdin_bytes("hello").run().exits(0);
    let told = client.event("connect");
    assert_eq!((&told["proto"], &told["addr"]), (&"unix".into(), &path.to_str().into()), "{told}");
    assert!(told["port"].is_null() && told["local_port"].is_null() && told["service"].is_null(), "{told}");
    let told = client.event("close");
    assert_eq!((&told["addr"], &told["sent_bytes"]), (&path.to_str().into(), &5.into()), "{told}");
    assert!(told["port"].is_null() && told["rtt_s"].is_null() && told["retransmits"].is_null(), "{told}");
    let outcome = listener.finish().exits(0);
    let told = outcome.event("accept");
    assert_eq!(told["local_addr"], path.to_str().expect("ASCII"), "{told}");
    assert!(told["port"].is_null() && told["local_port"].is_null(), "{told}");

    let told = dial_path(&path, &["--json"]).run().exits(1).event("error");
    assert_eq!((&told["proto"], &told["addr"]), (&"unix".into(), &path.to_str().into()), "{told}");
    assert_eq!((&told["errno"], &told["exit"]), (&2.into(), &1.into()), "{told}");
    assert!(told["port"].is_null(), "{told}");
}

#[test]
fn a_path_that_would_drive_the_terminal_is_shown_escaped() {
    let place = Place::new();
    let path = place.path("a\u{1b}[2Jb\nc");
    let outcome = dial_path(&path, &[]).run().exits(1);
    let line = outcome.one_line();
    assert!(!line.contains('\u{1b}') && line.contains("[2Jb"), "{}", line.escape_debug());
}

#[test]
fn a_dump_names_the_path() {
    let place = Place::new();
    let path = place.path("s");
    let server = serve(&path, |mut stream| {
        stream.write_all(b"down").expect("send");
        slurp(&stream)
    });
    let outcome = dial_path(&path, &["-x"]).stdin_bytes("up").run().exits(0).wrote(b"down");
    for header in ["sent to", "received from"] {
        let header = format!(" {header} {}: ", path.display());
        assert!(
            outcome.stderr.lines().any(|line| line.starts_with("# ") && line.contains(&header)),
            "{}",
            outcome.stderr
        );
    }
    server.join();
}

#[test]
fn a_word_too_many_or_none_is_a_usage_error() {
    for args in [&["-U"][..], &["-U", "-l"], &["-U", ""], &["-U", "@"], &["-lU", "/tmp/a", "80"]] {
        let outcome = nsock(args).run().exits(2).wrote(b"");
        assert!(outcome.one_line().starts_with("nsock: "), "{}", outcome.stderr);
    }
}

#[test]
fn the_listening_socket_takes_one_peer_only() {
    let place = Place::new();
    let path = place.path("s");
    let listener = listen_path(&path, &[]).hold_stdin().spawn();
    let client = connect(&listener, &path);
    listener.event("accept");
    let began = Instant::now();
    while UnixStream::connect(&path).is_ok() {
        assert!(began.elapsed() < LIMIT, "it still listens");
    }
    drop(client);
    listener.finish().exits(0);
}
