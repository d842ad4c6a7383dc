//! nsock and the programs that others run at the other end: each takes what the other sends, whole, and both end well.
//!
//! Most of these programs lose bytes in some direction and exit 0. Here each gets the flags with which it behaves, so
//! that a failure is nsock's; where a flag surprises, a comment says what goes wrong without it. A program that is not
//! installed is skipped, and told; with `NSOCK_PEERS=required` it is a failure.

#![allow(
    clippy::disallowed_methods,
    reason = "a test has a clock of its own, and the kernel gives no event when another program listens"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

mod common;
#[path = "common/peers_needs.rs"]
mod needs;
#[path = "common/results.rs"]
mod results;

use common::{HOST, LIMIT, Program, Run, dial, listen, nsock, payload, same, take};

/// What is carried each way.
const BULK: usize = 30_000_000;

const QUESTION: &[u8] = b"what is the answer?\n";

/// Several times what any of these programs reads at once.
const ANSWER: usize = 700_000;

/// A program at the other end: its words in each role. `PORT` stands for the port.
struct Peer {
    program: &'static str,
    /// Listens, and writes what comes to stdout.
    takes: &'static str,
    /// Listens, and sends stdin.
    serves: &'static str,
    /// Connects, and sends stdin.
    sends: &'static str,
    /// Connects, and writes what comes to stdout.
    fetches: &'static str,
    /// Listens, sends stdin, and writes what comes to stdout.
    answers: &'static str,
    /// Connects, sends stdin, and writes what comes to stdout.
    asks: &'static str,
}

/// Without `--recv-only` it goes on reading stdin, without `--send-only` it waits for the peer after stdin's end.
const NCAT: Peer = Peer {
    program: "ncat",
    takes: "-l --recv-only 127.0.0.1 PORT",
    serves: "-l --send-only 127.0.0.1 PORT",
    sends: "--send-only 127.0.0.1 PORT",
    fetches: "--recv-only 127.0.0.1 PORT",
    answers: "-l 127.0.0.1 PORT",
    asks: "127.0.0.1 PORT",
};

/// Without `-N` it never half-closes, and two that wait for each other's end wait for ever.
const OPENBSD: Peer = Peer {
    program: "nc.openbsd",
    takes: "-l -d 127.0.0.1 PORT",
    serves: "-l -N 127.0.0.1 PORT",
    sends: "-N 127.0.0.1 PORT",
    fetches: "-d 127.0.0.1 PORT",
    answers: "-l -N 127.0.0.1 PORT",
    asks: "-N 127.0.0.1 PORT",
};

/// Without `-q` it stays after stdin's end until the peer closes, and does not half-close.
const TRADITIONAL: Peer = Peer {
    program: "nc.traditional",
    takes: "-l -s 127.0.0.1 -p PORT",
    serves: "-q 1 -l -s 127.0.0.1 -p PORT",
    sends: "-q 1 127.0.0.1 PORT",
    fetches: "127.0.0.1 PORT",
    answers: "-q 1 -l -s 127.0.0.1 -p PORT",
    asks: "-q 1 127.0.0.1 PORT",
};

/// Without `-u` it ends when stdin (here at its end at once) does, and without `-t` half a second after either end.
const SOCAT: Peer = Peer {
    program: "socat",
    takes: "-u TCP-LISTEN:PORT,bind=127.0.0.1 -",
    serves: "-u - TCP-LISTEN:PORT,bind=127.0.0.1",
    sends: "-u - TCP:127.0.0.1:PORT",
    fetches: "-u TCP:127.0.0.1:PORT -",
    answers: "-t 10 - TCP-LISTEN:PORT,bind=127.0.0.1",
    asks: "-t 10 - TCP:127.0.0.1:PORT",
};

/// It takes no address to listen on.
const BUSYBOX: Peer = Peer {
    program: "busybox",
    takes: "nc -l -p PORT",
    serves: "nc -l -p PORT",
    sends: "nc 127.0.0.1 PORT",
    fetches: "nc 127.0.0.1 PORT",
    answers: "nc -l -p PORT",
    asks: "nc 127.0.0.1 PORT",
};

/// The same conversations with each of them, as tests of its own name.
macro_rules! conversations {
    ($($name:ident: $peer:expr;)*) => { $(
        mod $name {
            #[test]
            fn takes_all_that_nsock_sends() {
                super::takes_all_that_nsock_sends(&$peer);
            }

            #[test]
            fn serves_all_that_nsock_fetches() {
                super::serves_all_that_nsock_fetches(&$peer);
            }

            #[test]
            fn sends_all_to_a_listening_nsock() {
                super::sends_all_to_a_listening_nsock(&$peer);
            }

            #[test]
            fn fetches_all_that_nsock_serves() {
                super::fetches_all_that_nsock_serves(&$peer);
            }

            #[test]
            fn answers_a_question_of_nsock() {
                super::answers_a_question_of_nsock(&$peer);
            }

            #[test]
            fn asks_nsock_and_gets_the_whole_answer() {
                super::asks_nsock_and_gets_the_whole_answer(&$peer);
            }
        }
    )* };
}

conversations! {
    ncat: crate::NCAT;
    openbsd_netcat: crate::OPENBSD;
    traditional_netcat: crate::TRADITIONAL;
    socat: crate::SOCAT;
    busybox_netcat: crate::BUSYBOX;
}

fn takes_all_that_nsock_sends(peer: &Peer) {
    let Some(program) = peer.found() else { return };
    let port = unused_port();
    let peer = program.args(words(peer.takes, port)).spawn();
    wait_for_listener(port, &peer);
    dial(port, &[]).stdin_file(bulk()).run().exits(0).silent().wrote(b"");
    peer.finish().exits(0).wrote(bulk());
}

/// nsock is told not to read stdin: a half-close before the end of what they serve makes all but socat leave (OpenBSD's
/// after 16,384 bytes, with exit 0).
fn serves_all_that_nsock_fetches(peer: &Peer) {
    let Some(program) = peer.found() else { return };
    let port = unused_port();
    let peer = program.args(words(peer.serves, port)).stdin_file(bulk()).spawn();
    wait_for_listener(port, &peer);
    dial(port, &["-d"]).run().exits(0).silent().wrote(bulk());
    peer.finish().exits(0).wrote(b"");
}

fn sends_all_to_a_listening_nsock(peer: &Peer) {
    let Some(program) = peer.found() else { return };
    let nsock = listen(&[]).spawn();
    let words = words(peer.sends, nsock.port());
    program.args(words).stdin_file(bulk()).run().exits(0).wrote(b"");
    nsock.finish().exits(0).wrote(bulk());
}

fn fetches_all_that_nsock_serves(peer: &Peer) {
    let Some(program) = peer.found() else { return };
    let nsock = listen(&[]).stdin_file(bulk()).spawn();
    let words = words(peer.fetches, nsock.port());
    program.args(words).run().exits(0).wrote(bulk());
    nsock.finish().exits(0).wrote(b"");
}

/// These listeners take a half-close for the end and cut their answer there (ncat at 16,384 bytes), which is what
/// `--no-shutdown` is for.
fn answers_a_question_of_nsock(peer: &Peer) {
    let Some(program) = peer.found() else { return };
    let answer = payload(ANSWER, 2);
    let port = unused_port();
    let peer = program.args(words(peer.answers, port)).stdin_file(&answer).spawn();
    wait_for_listener(port, &peer);
    dial(port, &["--no-shutdown"]).stdin_bytes(QUESTION).run().exits(0).silent().wrote(&answer);
    peer.finish().exits(0).wrote(QUESTION);
}

fn asks_nsock_and_gets_the_whole_answer(peer: &Peer) {
    let Some(program) = peer.found() else { return };
    let answer = payload(ANSWER, 2);
    let nsock = listen(&[]).stdin_file(&answer).spawn();
    let words = words(peer.asks, nsock.port());
    program.args(words).stdin_file(QUESTION).run().exits(0).wrote(&answer);
    nsock.finish().exits(0).wrote(QUESTION);
}

/// The one listener of theirs that goes on serving after a half-close.
#[test]
fn socat_answers_a_question_that_was_half_closed() {
    let Some(program) = SOCAT.found() else { return };
    let answer = payload(ANSWER, 2);
    let port = unused_port();
    let socat = program.args(words(SOCAT.answers, port)).stdin_file(&answer).spawn();
    wait_for_listener(port, &socat);
    dial(port, &[]).stdin_bytes(QUESTION).run().exits(0).silent().wrote(&answer);
    socat.finish().exits(0).wrote(QUESTION);
}

/// telnet leaves at stdin's end without a look at what comes, so its stdin stays open.
#[test]
fn telnet_talks_with_a_listening_nsock() {
    let Some(program) = found("telnet") else { return };
    let mut nsock = listen(&[]).hold_stdin().hold_stdout().spawn();
    let mut telnet = program.args([HOST, &nsock.port().to_string()]).hold_stdin().spawn();
    say(&mut telnet, b"hello\n");
    let mut heard = nsock.stdout.take().expect("stdout is held"); // until the end: a reader that leaves ends nsock
    same(&take(&mut heard, 7), b"hello\r\n");
    say(&mut nsock, b"good bye\n");
    nsock.finish().exits(0);
    let telnet = telnet.finish_with_stdin_open().exits(0);
    let screen = String::from_utf8_lossy(&telnet.stdout);
    assert!(screen.ends_with("good bye\n"), "telnet showed {screen:?}");
}

#[test]
fn a_page_asked_for_by_hand_comes_whole_from_pythons_server() {
    let Some(program) = found("python3") else { return };
    let page = payload(1_000_000, 3);
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join("page"), &page).expect("write a page");
    let mut server = program
        .args(["-u", "-m", "http.server", "0", "--bind", HOST, "--directory"])
        .args([dir.path()])
        .hold_stdout()
        .spawn();
    let port = served_port(&mut server);
    let request = "GET /page HTTP/1.0\r\nHost: here\r\n\r\n";
    let outcome = dial(port, &[]).stdin_bytes(request).run().exits(0).silent();
    let (head, body) = head_and_body(&outcome.stdout);
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
    same(body, &page);
}

#[test]
fn curl_gets_a_response_of_known_length_from_nsock() {
    curl_gets("Content-Length: 1000000\r\nConnection: close\r\n");
}

#[test]
fn curl_gets_a_response_that_nsocks_close_ends() {
    curl_gets("");
}

fn curl_gets(headers: &str) {
    let Some(program) = found("curl") else { return };
    let page = payload(1_000_000, 4);
    let response = [b"HTTP/1.1 200 OK\r\n", headers.as_bytes(), b"\r\n", &page].concat();
    let nsock = listen(&[]).stdin_file(&response).spawn();
    let url = format!("http://{HOST}:{}/page", nsock.port());
    program
        .args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "15", &url])
        .run()
        .exits(0)
        .silent()
        .wrote(&page);
    let nsock = nsock.finish().exits(0);
    let request = String::from_utf8_lossy(&nsock.stdout);
    assert!(request.starts_with("GET /page HTTP/1.1\r\n") && request.ends_with("\r\n\r\n"), "{request}");
}

/// An upload whose answer nsock holds back until it has seen all of it, as someone who types it would.
#[test]
fn curl_uploads_a_file_and_gets_an_answer() {
    let Some(program) = found("curl") else { return };
    let mut nsock = listen(&[]).hold_stdin().hold_stdout().spawn();
    let port = nsock.port();
    let upload = payload(1_000_000, 5);
    let curl = program
        .args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "15"])
        .args(["--header", "Expect:", "--data-binary", "@-", &format!("http://{HOST}:{port}/")])
        .stdin_file(&upload)
        .spawn();
    let mut heard = BufReader::new(nsock.stdout.take().expect("stdout is held"));
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        heard.read_line(&mut line).expect("a line of the request's head");
    }
    same(&take(&mut heard, upload.len()), &upload);
    say(&mut nsock, b"HTTP/1.1 201 Created\r\nConnection: close\r\n\r\nthank you");
    nsock.finish().exits(0);
    curl.finish().exits(0).wrote(b"thank you");
}

// ---- others who probe ----

/// Ports of an address of this host that no other test is at, some of them open; nothing else here listens at any
/// address on ports as low as these.
const RANGE: &str = "9800-10300";
const NEXT_DOOR: &str = "127.31.13.1";

fn doors() -> (Vec<TcpListener>, Vec<u16>) {
    let ports: Vec<u16> = vec![9800, 9801, 9900, 10_050, 10_299, 10_300];
    let listeners = ports.iter().map(|&port| TcpListener::bind((NEXT_DOOR, port)).expect("listen")).collect();
    (listeners, ports)
}

#[test]
fn nmap_and_openbsd_netcat_find_what_a_probe_finds() {
    let (_doors, ports) = doors();
    let outcome = nsock(&["-z", NEXT_DOOR, RANGE]).run().exits(0).silent();
    let told = results::open_ports(&outcome);
    assert!(ports.iter().all(|port| told.contains(port)), "{told:?}");

    if let Some(nmap) = found("nmap") {
        let outcome = nmap.args(["-sT", "-Pn", "-n", "-oG", "-", "-p", RANGE, NEXT_DOOR]).run().exits(0);
        // `Host: 127.31.13.1 ()	Ports: 9800/open/tcp//davsrcs///, 9801/open/tcp//...`
        let text = String::from_utf8_lossy(&outcome.stdout);
        let list = text.split_once("Ports: ").map_or("", |(_, list)| list);
        let open = |entry: &str| entry.split_once("/open/")?.0.trim().parse().ok();
        assert_eq!(list.split(',').filter_map(open).collect::<Vec<u16>>(), told, "{text}");
    }
    if let Some(netcat) = found("nc.openbsd") {
        let theirs = netcat.args(["-z", "-v", "-n", NEXT_DOOR, RANGE]).run();
        assert_eq!(succeeded(&theirs.stderr), told, "{}", theirs.stderr);
        let ours = nsock(&["-z", "-v", "-n", NEXT_DOOR, RANGE]).run().exits(0);
        assert_eq!(succeeded(&ours.stderr), told, "{}", ours.stderr);
    }
}

/// What netcat and nsock say of one open port is the same sentence, up to what nsock adds in parentheses.
#[test]
fn a_probe_speaks_openbsd_netcats_sentence() {
    let Some(netcat) = found("nc.openbsd") else { return };
    let door = TcpListener::bind((HOST, 0)).expect("listen on a free port");
    let port = door.local_addr().expect("its address").port().to_string();
    let theirs = netcat.args(["-z", "-v", HOST, &port]).run().exits(0);
    let ours = nsock(&["-z", "-v", HOST, &port]).run().exits(0);
    let ours = ours.stderr.split(" (").next().expect("a sentence");
    assert_eq!(theirs.one_line(), ours);
}

/// The ports of `Connection to HOST PORT port [tcp/...] succeeded!`, sorted.
fn succeeded(told: &str) -> Vec<u16> {
    let of = |line: &str| line.strip_prefix("Connection to ")?.split(' ').nth(1)?.parse().ok();
    let mut ports: Vec<u16> = told.lines().filter(|line| line.contains(" succeeded!")).filter_map(of).collect();
    ports.sort_unstable();
    ports
}

impl Peer {
    fn found(&self) -> Option<Program> {
        found(self.program)
    }
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

fn words(words: &str, port: u16) -> Vec<String> {
    let port = port.to_string();
    words.split(' ').map(|word| word.replace("PORT", &port)).collect()
}

fn bulk() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| payload(BULK, 1))
}

/// Writes to a program's stdin; what ends it is [`Run::finish`].
fn say(run: &mut Run, bytes: &[u8]) {
    let stdin = run.stdin.as_mut().expect("stdin is held");
    stdin.write_all(bytes).expect("write to stdin");
}

/// A port for a program that cannot choose one itself: below those that the kernel gives to connections, so that no
/// connection of another test takes it meanwhile, and each one only once in this run.
fn unused_port() -> u16 {
    const FIRST: u16 = 16_384;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 12_000).expect("a remainder");
    for _ in 0..1_000 {
        let port = FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 16_000;
        // Without SO_REUSEADDR, which not all of them set: an old connection in TIME_WAIT would bar them.
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        let any = std::net::SocketAddr::from(([0, 0, 0, 0], port));
        if socket.bind(&any.into()).is_ok() {
            return port;
        }
    }
    panic!("no port is unused");
}

/// Waits until the kernel's tables show the listener. Never by connecting: a netcat serves the first who comes.
fn wait_for_listener(port: u16, peer: &Run) {
    let deadline = Instant::now() + LIMIT;
    while !has_listener(port) {
        assert!(peer.runs(), "it left without listening, and told: {}", peer.told());
        assert!(Instant::now() < deadline, "it never listened, and told: {}", peer.told());
        sleep(Duration::from_millis(2));
    }
}

/// A line reads `0: 0100007F:1F90 00000000:0000 0A ...`: local address and port, peer, state (0A is LISTEN).
fn has_listener(port: u16) -> bool {
    let wanted = format!(":{port:04X}");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines()).any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        fields.next().is_some_and(|local| local.ends_with(&wanted)) && fields.nth(1) == Some("0A")
    })
}

/// The port in python's `Serving HTTP on 127.0.0.1 port 43210 (http://...) ...`.
fn served_port(server: &mut Run) -> u16 {
    let stdout = server.stdout.take().expect("stdout is held");
    let line = common::task(move || {
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("read a line");
        line
    })
    .join();
    let mut words = line.split_whitespace().skip_while(|word| *word != "port");
    words.nth(1).and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("no port in {line:?}"))
}

fn head_and_body(response: &[u8]) -> (String, &[u8]) {
    let end = response.windows(4).position(|window| window == b"\r\n\r\n").expect("an empty line ends the head");
    (String::from_utf8_lossy(&response[..end + 4]).into_owned(), &response[end + 4..])
}
