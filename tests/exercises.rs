//! The exercises of the classic socket tutorials, each answered by nsock on both sides, as a reader would type it.

#![allow(clippy::disallowed_methods, reason = "a test has a clock of its own, and some peers are slow by nature")]

mod common;
#[path = "common/peers_needs.rs"]
mod needs;
#[path = "common/results.rs"]
mod results;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use common::*;

/// "你好" and a line end, as GBK.
const HELLO_GBK: &[u8] = b"\xc4\xe3\xba\xc3\n";

/// One side of a chat: a person at a keyboard, and what is on the screen.
struct Chatter {
    keyboard: Terminal,
    screen: std::fs::File,
    run: Run,
}

impl Chatter {
    fn new(program: Program) -> Self {
        let keyboard = Terminal::new();
        let mut run = program.stdin(keyboard.stdio()).hold_stdout().spawn();
        let screen = run.stdout.take().expect("held");
        Self { keyboard, screen, run }
    }

    /// Types a line, which the other sees.
    fn says(&mut self, line: &str, to: &Self) {
        self.keyboard.person.write_all(line.as_bytes()).expect("type");
        assert_eq!(String::from_utf8_lossy(&take(&to.screen, line.len())), line);
    }

    fn leaves(self) {
        assert_eq!(slurp(self.screen), b"");
        self.run.finish().exits(0);
    }
}

fn udp() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind((HOST, 0)).expect("a socket");
    socket.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
    let port = socket.local_addr().expect("its address").port();
    (socket, port)
}

/// A UDP port that nobody has now.
fn free_udp_port() -> u16 {
    udp().1
}

/// A program of this machine, or none and a word about it.
fn found(program: &str) -> Option<Program> {
    let path = needs::find(program);
    if path.is_none() {
        assert!(!needs::required(), "{program} is not installed");
        needs::skip(&format!("{program} is not installed"));
    }
    path.map(Program::new)
}

/// A client as the tutorials write it, with Python's socket module, where this machine has it.
fn python(client: &str, port: u16) -> Option<Program> {
    const HEAD: &str =
        "import socket, sys, time\nhere = ('127.0.0.1', int(sys.argv[1]))\nsocket.setdefaulttimeout(20)\n";
    let program = found("python3")?.env("PYTHONUTF8", "1");
    Some(program.args(["-u", "-c", &format!("{HEAD}{client}"), &port.to_string()]))
}

// ---- 1: a client in steps ----

#[test]
fn a_client_tells_each_step_and_each_failure_by_its_own_name() {
    let server = server(|mut stream| {
        let question = slurp(&stream);
        stream.write_all(b"answer").expect("send");
        question
    });
    let port = server.port.to_string();
    let outcome = nsock(&["-4", "-v", "localhost", &port]).stdin_bytes("question").run().exits(0).wrote(b"answer");
    same(&server.join(), b"question");
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let begin = format!("Connection to localhost (127.0.0.1) {port} port [tcp/*] succeeded! (lookup ");
    assert!(lines[0].starts_with(&begin) && lines[0].contains(", connect "), "{}", outcome.stderr);
    assert!(lines[1].contains(" closed by ") && lines[1].contains("8 bytes sent, 6 received"), "{}", outcome.stderr);

    let outcome = nsock(&["-v", "-n", "nosuch.invalid", "80"]).run().exits(4);
    assert!(outcome.one_line().starts_with("nsock: lookup of nosuch.invalid failed: "));
    let (port, _bound) = closed_port();
    let outcome = dial(port, &["-v"]).run().exits(1);
    assert!(outcome.one_line().starts_with(&format!("nsock: connect to 127.0.0.1 port {port} (tcp) failed: ")));
}

#[test]
fn a_send_that_fails_is_told_as_one() {
    let server = self::server(|stream| {
        take(&stream, 1);
        reset(stream);
    });
    let mut client = dial(server.port, &["-v"]).hold_stdin().spawn();
    let stdin = client.stdin.as_mut().expect("held");
    stdin.write_all(b"a").expect("give");
    server.join();
    let _ = stdin.write_all(&[b'b'; 100_000]); // fails once nobody reads on
    let outcome = client.finish_with_stdin_open().exits(1);
    let told = outcome.stderr.lines().any(|line| line.starts_with("nsock: ") && line.contains("reset by peer"));
    assert!(told, "{}", outcome.stderr);
}

// ---- 2: a site's front page ----

#[test]
fn a_front_page_is_saved_and_its_head_printed() {
    const PAGE: &[u8] = b"<html>\xff\x00\r\n</html>";
    let site = || {
        self::server(|mut stream| {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.extend(take(&stream, 1));
            }
            let answer = [b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n".as_slice(), PAGE].concat();
            stream.write_all(&answer).expect("send");
            slurp(&stream);
            String::from_utf8(head).expect("text")
        })
    };
    let server = site();
    let dir = tempfile::tempdir().expect("a directory");
    let page = dir.path().join("page.html");
    let script = format!("\"$NSOCK\" --http http://{HOST}:{}/ > {}", server.port, page.display());
    let outcome = shell(&script).run().exits(0);
    assert_eq!(outcome.stderr, "HTTP/1.1 200 OK\nContent-Length: 17\n");
    same(&std::fs::read(page).expect("read a page"), PAGE);
    assert!(server.join().starts_with("GET / HTTP/1.1\r\n"));

    let server = site();
    let script = "printf 'GET / HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n' | \"$NSOCK\"";
    let outcome = shell(&format!("{script} {HOST} {}", server.port)).run().exits(0);
    assert!(outcome.stdout.starts_with(b"HTTP/1.1 200 OK\r\n") && outcome.stdout.ends_with(PAGE));
    assert_eq!(server.join(), "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
}

// ---- 3: try port 81 ----

/// An address of this host at which no other test is.
const NEXT_DOOR: &str = "127.31.3.1";

#[test]
fn a_port_that_nobody_serves_is_refused() {
    let outcome = nsock(&["-z", NEXT_DOOR, "81"]).run().exits(1).wrote(b"");
    let line = outcome.one_line();
    let start = "nsock: connect to 127.31.3.1 port 81 (tcp) failed: Connection refused (errno 111, ";
    assert!(line.starts_with(start), "{line}");
}

#[test]
fn trying_every_port_finds_what_a_loop_of_connects_finds() {
    let listener = TcpListener::bind((NEXT_DOOR, 0)).expect("listen on a free port");
    let port = listener.local_addr().expect("its address").port();
    for range in [1..=1024, port - 200..=port.saturating_add(200)] {
        let words = format!("{}-{}", range.start(), range.end());
        let outcome = nsock(&["-z", NEXT_DOOR, &words]).run();
        let connects = |port: &u16| TcpStream::connect((NEXT_DOOR, *port)).is_ok();
        let found: Vec<u16> = range.filter(connects).collect();
        assert_eq!(outcome.code, Some(i32::from(found.is_empty())), "{}", outcome.stderr);
        assert_eq!(results::open_ports(&outcome), found);
        assert!(words.starts_with("1-") || found.contains(&port));
    }
}

// ---- 4: a hello server ----

/// It sends names without a line end, and takes one packet for each answer.
const HELLO_CLIENT: &str = r"
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect(here)
print(s.recv(1024).decode('utf-8'))
for data in [b'Michael', b'Tracy', b'Sarah']:
    s.send(data)
    print(s.recv(1024).decode('utf-8'))
s.send(b'exit')
print(s.recv(1024))
s.close()
";

const HELLOS: &[u8] = b"Welcome!\nHello, Michael!\nHello, Tracy!\nHello, Sarah!\nb''\n";

#[test]
fn a_hello_server_greets_answers_each_name_and_closes_on_exit() {
    let server = listen(&["-k", "--hello"]).spawn();
    let Some(client) = python(HELLO_CLIENT, server.port()) else { return };
    client.run().exits(0).silent().wrote(HELLOS);
    assert_eq!(server.event("close")["by"], "local");
}

#[test]
fn a_hello_server_thinks_before_each_answer_and_serves_many_at_once() {
    let server = listen(&["-k", "--hello", "--delay", "1s"]).spawn();
    let visit = |count: usize| {
        let clients: Option<Vec<Run>> =
            (0..count).map(|_| Some(python(HELLO_CLIENT, server.port())?.spawn())).collect();
        let outcomes = clients?.into_iter().map(|client| client.finish().exits(0).wrote(HELLOS));
        outcomes.map(|outcome| outcome.took).max()
    };
    let Some(alone) = visit(1) else { return };
    within(alone, 3.0, 10.0);
    let crowd = visit(5).expect("there was a client before");
    assert!(crowd < alone * 2, "{crowd:?} for five, {alone:?} for one");
}

#[test]
fn a_hello_server_gives_a_line_for_a_line() {
    let server = listen(&["-k", "--hello"]).spawn();
    let client = r"
s = socket.create_connection(here)
lines = s.makefile('rw', newline='')
print(s.recv(8))
for end in ['\n', '\r\n']:
    for name in ['Michael', '', 'a' * 3000]:
        print(name + end, end='', file=lines, flush=True)
        assert lines.readline() == 'Hello, ' + name + '!' + end
s.sendall(b'Tracy\r\nexit\r\nSarah\r\n')
print(lines.read().encode())
";
    let Some(client) = python(client, server.port()) else { return };
    client.run().exits(0).silent().wrote(b"b'Welcome!'\nb'Hello, Tracy!\\r\\n'\n");
}

// ---- 5: the same over UDP, at the same port ----

#[test]
fn a_udp_hello_server_stands_beside_the_tcp_one() {
    let streams = listen(&["-k", "--hello"]).spawn();
    let port = streams.port();
    let datagrams = nsock(&["--json", "-u", "-l", "--hello", HOST, &port.to_string()]).spawn();
    datagrams.event("listen");
    let client = r"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for data in [b'Michael', b'Tracy', b'Sarah']:
    s.sendto(data, here)
    print(s.recv(1024).decode('utf-8'))
s.close()
";
    let Some(client) = python(client, port) else { return };
    client.run().exits(0).silent().wrote(b"Hello, Michael!\nHello, Tracy!\nHello, Sarah!\n");
    let Some(client) = python(HELLO_CLIENT, port) else { return };
    client.run().exits(0).silent().wrote(HELLOS);
    assert!(datagrams.runs());
}

// ---- 6: a one-shot server ----

#[test]
fn a_one_shot_server_takes_one_client_reads_once_answers_and_closes() {
    let server = listen(&["--reply", "hi", "-W", "1"]).spawn();
    let client = r"
s = socket.create_connection(here)
s.sendall(b'hello, is anybody there?')
print(s.recv(1024), s.recv(1024))
";
    let Some(client) = python(client, server.port()) else { return };
    client.run().exits(0).silent().wrote(b"b'hi' b''\n");
    server.finish().exits(0).wrote(b"hello, is anybody there?");
}

#[test]
fn a_one_shot_udp_server_answers_one_datagram_and_leaves() {
    let server = listen(&["-u", "--reply", "hi", "-W", "1"]).spawn();
    let client = r"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'hello', here)
print(s.recvfrom(1024) == (b'hi', here))
";
    let Some(client) = python(client, server.port()) else { return };
    client.run().exits(0).silent().wrote(b"True\n");
    server.finish().exits(0).wrote(b"hello");
}

// ---- 7: a server that greets in Chinese ----

#[test]
fn a_greeting_server_shows_who_came_and_what_was_said_and_answers_in_chinese() {
    let server = nsock(&["-l", "-v", "--reply", "你好客户端\n\r", "-W", "1", HOST, "0"]).spawn();
    let client = r"
s = socket.create_connection(here)
s.sendall('你好服务端'.encode())
answer = b''
while data := s.recv(1024):
    answer += data
print(s.getsockname()[1], answer.decode(), end='')
";
    let Some(client) = python(client, server.port()) else { return };
    let outcome = client.run().exits(0).silent();
    let text = String::from_utf8(outcome.stdout).expect("text");
    let port = text.strip_suffix(" 你好客户端\n\r").unwrap_or_else(|| panic!("{text:?}"));
    let outcome = server.finish().exits(0).wrote("你好服务端".as_bytes());
    assert!(outcome.stderr.contains(&format!("Connection received on 127.0.0.1 {port}\n")), "{}", outcome.stderr);
}

// ---- 8: an echo for telnet ----

#[test]
fn many_a_telnet_sees_what_it_types() {
    let server = listen(&["-k", "--echo"]).spawn();
    let port = server.port().to_string();
    let mut people = Vec::new();
    for _ in 0..3 {
        let Some(telnet) = found("telnet") else { return };
        people.push(telnet.args([HOST, &port]).hold_stdin().hold_stdout().spawn());
    }
    server.events("accept", 3);
    for (n, person) in people.iter_mut().enumerate().rev() {
        let typed = format!("happy {n}\n");
        person.stdin.as_ref().expect("held").write_all(typed.as_bytes()).expect("type");
        let mut screen = String::new();
        while !screen.ends_with(&typed) {
            let next = take(person.stdout.as_ref().expect("held"), 1);
            screen += &String::from_utf8_lossy(&next).replace('\r', "");
        }
    }
    drop(people);
    server.events("close", 3);
}

// ---- 9: an answer with what was said in it ----

#[test]
fn an_ok_comes_with_what_was_sent() {
    let server = listen(&["-k", "--reply", "OK...{}"]).hold_stdout().spawn();
    let client = r"
s = socket.create_connection(here)
for said in ['first', 'and second', '你好', 'a line\n']:
    s.sendall(said.encode())
    print(s.recv(1024).decode(), end='|')
";
    for _ in 0..2 {
        let Some(client) = python(client, server.port()) else { return };
        client.run().exits(0).silent().wrote("OK...first|OK...and second|OK...你好|OK...a line\n|".as_bytes());
    }
}

// ---- 10: a chat of two ----

#[test]
fn two_people_chat_until_one_says_bye() {
    for listener_says_it in [true, false] {
        let mut server = Chatter::new(listen(&["--stop", "bye"]));
        let mut client = Chatter::new(dial(server.run.port(), &["--stop", "bye"]));
        client.says("hello, who is there?\n", &server);
        client.says("it is me\n", &server); // not in turn
        server.says("goodbye is not the word\n", &client);
        client.says("I see\n", &server);
        let (who, other) = if listener_says_it { (&mut server, &client) } else { (&mut client, &server) };
        who.says("bye\n", other);
        client.leaves();
        server.leaves();
    }
}

#[test]
fn a_chat_through_pipes_ends_for_who_hears_bye() {
    let mut server = listen(&["--stop", "bye"]).hold_stdin().hold_stdout().spawn();
    let mut client = dial(server.port(), &["--stop", "bye"]).hold_stdin().hold_stdout().spawn();
    let screens = [server.stdout.take().expect("held"), client.stdout.take().expect("held")];
    let type_in = |run: &Run, line: &str| run.stdin.as_ref().expect("held").write_all(line.as_bytes()).expect("type");
    type_in(&client, "hello\n");
    assert_eq!(take(&screens[0], 6), b"hello\n");
    type_in(&server, "bye\n");
    assert_eq!(slurp(&screens[1]), b"bye\n");
    client.finish_with_stdin_open().exits(0).silent();
    assert_eq!(slurp(&screens[0]), b"");
    server.finish().exits(0); // its stdin ends
}

// ---- 11: a UDP chat server ----

#[test]
fn a_udp_chat_server_hears_three_clients_and_answers_who_spoke_last() {
    let (keyboard, screen) = (Terminal::new(), Terminal::new());
    let server = nsock(&["--json", "-u", "-l", HOST, "0"]).stdin(keyboard.stdio()).stdout(screen.stdio()).spawn();
    let port = server.port();
    let mut clients: Vec<Run> = (0..3).map(|_| dial(port, &["-u"]).hold_stdin().hold_stdout().spawn()).collect();
    let heard: Vec<_> = clients.iter_mut().map(|client| client.stdout.take().expect("held")).collect();
    let mut person = (&screen.person, String::new());
    let mut shows = |text: &str| {
        while !person.1.contains(text) {
            let mut bytes = [0; 4096];
            let count = person.0.read(&mut bytes).expect("read the screen");
            person.1 += &String::from_utf8_lossy(&bytes[..count]);
        }
        person.1.clone()
    };
    for (n, name) in [(0, "ann"), (1, "bob"), (2, "cat"), (0, "ann again")] {
        let said = format!("this is {name}\n");
        clients[n].stdin.as_ref().expect("held").write_all(said.as_bytes()).expect("type");
        shows(&format!("this is {name}\r\n"));
        let answer = format!("welcome, {name}\n");
        (&keyboard.person).write_all(answer.as_bytes()).expect("type");
        assert_eq!(take(&heard[n], answer.len()), answer.as_bytes());
    }
    let shown = shows("");
    let accepts = server.events("accept", 3);
    let lines: Vec<&str> = shown.lines().collect();
    for (n, client) in [(1, 1), (2, 2), (3, 0)] {
        let port = &accepts[client]["port"];
        assert!(lines[n].contains("127.0.0.1") && lines[n].contains(&port.to_string()), "whose is {:?}?", lines[n]);
    }
    server.signal(Signal::INT);
    server.finish().died_of(Signal::INT);
}

#[test]
fn a_udp_chat_server_tells_who_came() {
    let server = nsock(&["-u", "-l", "-v", HOST, "0"]).spawn();
    let bound = server.line("Bound on ");
    let port = bound.split_whitespace().nth(3).expect("a port").parse().expect("a port");
    for n in 0..3 {
        let (socket, own) = udp();
        socket.send_to(format!("hello {n}\n").as_bytes(), (HOST, port)).expect("send");
        assert!(server.line(&own.to_string()).contains("127.0.0.1"));
    }
}

#[test]
fn a_udp_chat_server_colors_the_names() {
    let mut server = listen(&["-u", "--label", "--color", "always"]).hold_stdout().spawn();
    let stdout = server.stdout.take().expect("held");
    let (socket, own) = udp();
    socket.send_to(b"hello\n", (HOST, server.port())).expect("send");
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        line.extend(take(&stdout, 1));
    }
    let line = String::from_utf8(line).expect("text");
    assert!(line.contains(&own.to_string()) && line.contains('\x1b'), "{line:?}");
}

// ---- 12: time-outs ----

#[test]
fn accepting_connecting_and_receiving_have_a_time_limit() {
    nsock(&["-l", "--accept-timeout", "300ms", HOST, "0"]).run().exits(124).within(0.3, 2.0);
    listen(&["--deadline", "300ms"]).run().exits(124).within(0.3, 2.0);
    let server = server(slurp);
    let outcome = dial(server.port, &["-w", "0.3"]).hold_stdin().spawn().finish_with_stdin_open();
    outcome.exits(124).within(0.3, 2.0);
    server.join();
}

#[test]
fn a_server_that_answers_has_the_same_time_limits() {
    nsock(&["-l", "-k", "--echo", "--accept-timeout", "300ms", HOST, "0"]).run().exits(124).within(0.3, 2.0);
    nsock(&["-u", "-l", "--echo", "--accept-timeout", "300ms", HOST, "0"]).run().exits(124).within(0.3, 2.0);
    for words in [&["-k", "--hello"][..], &["--reply", "hi"], &["-u", "--echo"]] {
        listen(&["--deadline", "300ms"]).args(words).run().exits(124).within(0.3, 2.0);
    }
    let client = r"
s = socket.create_connection(here)
began = time.monotonic()
print(s.recv(8), s.recv(8), time.monotonic() - began > 0.25)
";
    let server = listen(&["--hello", "-w", "0.3"]).spawn();
    let Some(client) = python(client, server.port()) else { return };
    client.run().exits(0).silent().wrote(b"b'Welcome!' b'' True\n");
    server.finish().exits(124);
}

// ---- 13: Unix sockets ----

#[test]
fn two_processes_talk_over_a_unix_socket() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = place.path().join("chat");
    let server = nsock(&["--json", "-lU"]).args([&path]).stdin_bytes("from the server\n").spawn();
    server.event("listen");
    let client = nsock(&["-U"]).args([&path]).stdin_bytes("from the client\n").run();
    client.exits(0).silent().wrote(b"from the server\n");
    server.finish().exits(0).wrote(b"from the client\n");
    assert!(!path.exists(), "the socket is removed");
}

#[test]
fn two_processes_talk_in_unix_datagrams() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let (path, own) = (place.path().join("server"), place.path().join("client"));
    let mut server = nsock(&["--json", "-u", "-l", "-U"]).args([&path]).hold_stdin().hold_stdout().spawn();
    let stdout = server.stdout.take().expect("held");
    server.event("listen");
    let mut client = nsock(&["-u", "-U", "-s"]).args([&own, &path]).hold_stdin().hold_stdout().spawn();
    let back = client.stdout.take().expect("held");
    client.stdin.as_ref().expect("held").write_all(b"question\n").expect("type");
    assert_eq!(take(&stdout, 9), b"question\n");
    server.stdin.as_ref().expect("held").write_all(b"answer\n").expect("type");
    assert_eq!(take(&back, 7), b"answer\n");
    client.finish().exits(0).silent();
    server.signal(Signal::TERM);
    server.finish_with_stdin_open().died_of(Signal::TERM);
    assert!(!Path::new(&path).exists() && !own.exists(), "the sockets are removed");
}

#[test]
fn a_unix_datagram_of_another_program_is_received() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = place.path().join("server");
    let server = nsock(&["--json", "-u", "-l", "-W", "1", "-U"]).args([&path]).spawn();
    server.event("listen");
    UnixDatagram::unbound().expect("a socket").send_to(b"hello", &path).expect("send");
    server.finish().exits(0).wrote(b"hello");
}

// ---- 14: a bound port, and text of another encoding ----

#[test]
fn a_udp_client_speaks_from_the_port_it_was_told() {
    let (server, port) = udp();
    let own = free_udp_port();
    let client = dial(port, &["-u", "-p", &own.to_string()]).stdin_bytes("hello").spawn();
    let mut bytes = [0; 10];
    let (count, from) = server.recv_from(&mut bytes).expect("a datagram");
    assert_eq!((&bytes[..count], from.port()), (&b"hello"[..], own));
    server.send_to(b"answer", from).expect("answer");
    client.finish().exits(0).silent().wrote(b"answer");
}

#[test]
fn a_udp_server_receives_once_and_shows_text_that_came_as_gbk() {
    let server = listen(&["-u", "--encoding", "gbk", "-W", "1"]).spawn();
    udp().0.send_to(HELLO_GBK, (HOST, server.port())).expect("send");
    server.finish().exits(0).wrote("你好\n".as_bytes());
}

#[test]
fn a_client_types_gbk_and_the_server_reads_it() {
    let server = listen(&["-u", "-W", "1"]).spawn();
    let own = free_udp_port();
    let client = ["-u", "--encoding", "gbk", "-q", "0", "-p", &own.to_string()];
    dial(server.port(), &client).stdin_bytes("你好\n").run().exits(0).silent();
    let outcome = server.finish().exits(0).wrote(HELLO_GBK);
    assert_eq!(outcome.number("accept", "port"), u64::from(own));
}

// ---- 15: short and long connections ----

#[test]
fn short_connections_silent_ones_and_too_many_of_a_machine_go_and_the_others_stay() {
    let mut server = listen(&["-k", "--idle-timeout", "700ms", "--max-conns-per-host", "2"]).hold_stdout().spawn();
    let stdout = server.stdout.take().expect("held");
    let connect = || {
        let stream = TcpStream::connect((HOST, server.port())).expect("connect");
        stream.set_read_timeout(Some(LIMIT)).expect("SO_RCVTIMEO");
        stream
    };
    let (mut talking, silent) = (connect(), connect());
    server.events("accept", 2);
    assert_eq!(slurp(connect()), b"", "the third of a machine is closed");
    for _ in 0..10 {
        talking.write_all(b"x").expect("send");
        assert_eq!(take(&stdout, 1), b"x");
        pass(0.1);
    }
    assert_eq!(slurp(silent), b"");
    assert_eq!(server.event("close")["conn"], 2);
    talking.write_all(b"y").expect("send");
    assert_eq!(take(&stdout, 1), b"y");
}

#[test]
fn a_short_connection_is_closed_after_one_answer_and_a_long_one_is_held() {
    let client = r"
for _ in range(3):
    s = socket.create_connection(here)
    s.sendall(b'question\n')
    print(s.makefile().read(), end='')
";
    let server = listen(&["-k", "--reply", "answer", "-W", "1"]).spawn();
    let Some(client) = python(client, server.port()) else { return };
    client.run().exits(0).silent().wrote(b"answer\nanswer\nanswer\n");
    let client = r"
s = socket.create_connection(here)
for n in range(3):
    s.sendall(b'question\n')
    print(s.recv(100))
";
    let server = listen(&["-k", "--reply", "answer"]).spawn();
    let Some(client) = python(client, server.port()) else { return };
    client.run().exits(0).silent().wrote(&b"b'answer\\n'\n".repeat(3));
}

#[test]
fn an_echo_server_drops_the_silent_ones_and_whom_a_machine_has_too_many_of() {
    let client = r"
talking, silent, third = [socket.create_connection(here) for _ in range(3)]
print(third.recv(1))
for n in range(10):
    talking.sendall(b'x')
    assert talking.recv(1) == b'x'
    time.sleep(0.1)
print(silent.recv(1))
talking.sendall(b'y')
print(talking.recv(1))
";
    let server = listen(&["-k", "--echo", "--idle-timeout", "700ms", "--max-conns-per-host", "2"]).spawn();
    let Some(client) = python(client, server.port()) else { return };
    client.run().exits(0).silent().wrote(b"b''\nb''\nb'y'\n");
    let close = &server.events("close", 1)[0];
    assert_eq!((&close["conn"], &close["by"], &close["how"]), (&2.into(), &"idle".into(), &"timeout".into()));
}

// ---- 16: errors ----

#[test]
fn a_port_in_use_is_named_with_the_systems_number_and_text() {
    let taken = TcpListener::bind((HOST, 0)).expect("a port");
    let port = taken.local_addr().expect("its address").port();
    let outcome = nsock(&["-l", HOST, &port.to_string()]).run().exits(3).wrote(b"");
    let want = format!("nsock: listen on 127.0.0.1 port {port} (tcp) failed: Address already in use (errno 98");
    assert!(outcome.one_line().starts_with(&want), "{}", outcome.stderr);
}

// ---- 17: the handshake and the close ----

#[test]
#[cfg_attr(feature = "portable", ignore = "no TCP_INFO")]
fn very_verbose_tells_each_step_of_a_connection_and_who_closed_it() {
    let server = server(|mut stream| {
        assert_eq!(take(&stream, 4), b"ping");
        stream.write_all(b"pong!").expect("send");
    });
    let outcome = dial(server.port, &["-vv"]).stdin_bytes("ping").run().exits(0).wrote(b"pong!");
    let port = server.port;
    server.join();
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let at = |parts: &[&str]| {
        let found = lines.iter().position(|line| parts.iter().all(|part| line.contains(part)));
        found.unwrap_or_else(|| panic!("no line with {parts:?} in:\n{}", outcome.stderr))
    };
    let port = port.to_string();
    let begun = lines.iter().position(|line| line.contains(&port) && !line.contains("succeeded")).expect("a beginning");
    let made = at(&["Connection to 127.0.0.1", &port, "succeeded!", "connect ", "from 127.0.0.1 "]);
    let closed = at(&["closed by ", "FIN", "4 bytes sent, 5 received", "rtt ", "retransmits"]);
    assert!(begun < made && made < closed, "{}", outcome.stderr);
}
