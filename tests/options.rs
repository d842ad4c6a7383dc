//! Socket options, read back from the sockets themselves: the kernel gives the test a duplicate of nsock's descriptor
//! (`pidfd_getfd`), so what is asserted is what is set on the connection that carries the bytes.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use common::*;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use socket2::{Domain, SockAddr, Socket, Type};

/// Duplicates of the sockets that a program has.
fn sockets_of(run: &Run) -> Vec<Socket> {
    let pid = Pid::from_raw(run.pid()).expect("a process has a number");
    let process = pidfd_open(pid, PidfdFlags::empty()).expect("pidfd_open of a child");
    let entries = fs::read_dir(format!("/proc/{}/fd", run.pid())).expect("list the descriptors of a child");
    entries
        .filter_map(|entry| {
            let path = entry.expect("an entry").path();
            let target = fs::read_link(&path).ok()?; // closed meanwhile
            let number = path.file_name()?.to_str()?.parse().ok()?;
            let socket = target.to_string_lossy().starts_with("socket:");
            socket.then(|| pidfd_getfd(&process, number, PidfdGetfdFlags::empty()).ok()).flatten().map(Socket::from)
        })
        .collect()
}

/// Its socket that is connected to this address.
fn socket_to(run: &Run, peer: SocketAddr) -> Socket {
    let mut sockets = sockets_of(run);
    sockets.retain(|socket| socket.peer_addr().is_ok_and(|addr| addr.as_socket() == Some(peer)));
    assert_eq!(sockets.len(), 1, "sockets connected to {peer}");
    sockets.pop().expect("one")
}

/// A connection of nsock's, idle, as the one who connected and as the one who listened.
struct Pair {
    /// Our descriptor of nsock's socket.
    socket: Socket,
    run: Run,
    peer: TcpStream,
}

impl Pair {
    fn connecting(host: &str, args: &[&str]) -> Self {
        let listener = TcpListener::bind((host, 0)).expect("listen on a free port");
        let addr = listener.local_addr().expect("the address of a listener");
        let run = nsock(&["--json"]).args(args).args([host, &addr.port().to_string()]).hold_stdin().spawn();
        let (peer, _) = listener.accept().expect("accept a client");
        run.event("connect");
        Self { socket: socket_to(&run, addr), run, peer }
    }

    fn listening(host: &str, args: &[&str]) -> Self {
        let run = nsock(&["--json", "-l"]).args(args).args([host, "0"]).hold_stdin().spawn();
        let peer = TcpStream::connect((host, run.port())).expect("connect to what listens");
        run.event("accept");
        Self { socket: socket_to(&run, peer.local_addr().expect("an address")), run, peer }
    }

    fn both(host: &str, args: &[&str]) -> [(&'static str, Self); 2] {
        [("connecting", Self::connecting(host, args)), ("listening", Self::listening(host, args))]
    }

    fn end(self) {
        drop((self.socket, self.peer));
        self.run.finish().exits(0);
    }
}

fn has_ipv6() -> bool {
    let has = TcpListener::bind(("::1", 0)).is_ok();
    if !has {
        skipped("there is no ::1 here");
    }
    has
}

#[test]
fn bytes_go_out_when_they_are_written() {
    for (role, pair) in Pair::both(HOST, &[]) {
        assert!(pair.socket.tcp_nodelay().expect("TCP_NODELAY"), "{role}");
        pair.end();
    }
}

#[test]
fn a_connection_is_not_asked_for_signs_of_life_by_itself() {
    for (role, pair) in Pair::both(HOST, &[]) {
        assert!(!pair.socket.keepalive().expect("SO_KEEPALIVE"), "{role}");
        pair.end();
    }
}

#[test]
fn keepalive_asks_a_silent_peer_at_that_pace() {
    for (text, seconds) in [("7", 7), ("90s", 90), ("2m", 120)] {
        for (role, pair) in Pair::both(HOST, &["--keepalive", text]) {
            let time = Duration::from_secs(seconds);
            assert!(pair.socket.keepalive().expect("SO_KEEPALIVE"), "{role}");
            assert_eq!(pair.socket.tcp_keepalive_time().expect("TCP_KEEPIDLE"), time, "{role}");
            assert_eq!(pair.socket.tcp_keepalive_interval().expect("TCP_KEEPINTVL"), time, "{role}");
            pair.end();
        }
    }
}

#[test]
fn packets_take_as_many_hops_as_they_may() {
    for hops in [1, 77, 255] {
        for (role, pair) in Pair::both(HOST, &["--ttl", &hops.to_string()]) {
            assert_eq!(pair.socket.ttl_v4().expect("IP_TTL"), hops, "{role}");
            pair.end();
        }
    }
    if has_ipv6() {
        for (role, pair) in Pair::both("::1", &["--ttl", "77"]) {
            assert_eq!(pair.socket.unicast_hops_v6().expect("IPV6_UNICAST_HOPS"), 77, "{role}, IPv6");
            pair.end();
        }
    }
}

#[test]
fn packets_carry_their_type_of_service() {
    for (name, tos) in [
        ("lowdelay", 0x10),
        ("throughput", 0x08),
        ("ef", 0xb8),
        ("AF11", 0x28),
        ("cs6", 0xc0),
        ("0x20", 0x20),
        ("4", 4),
    ] {
        for (role, pair) in Pair::both(HOST, &["--tos", name]) {
            assert_eq!(pair.socket.tos_v4().expect("IP_TOS"), tos, "{role}, {name}");
            pair.end();
        }
    }
    if has_ipv6() {
        for (role, pair) in Pair::both("::1", &["--tos", "ef"]) {
            assert_eq!(pair.socket.tclass_v6().expect("IPV6_TCLASS"), 0xb8, "{role}, IPv6");
            pair.end();
        }
    }
}

#[test]
fn an_ipv4_peer_of_a_listener_for_both_families_gets_the_options_too() {
    if !has_ipv6() {
        return;
    }
    let run = nsock(&["--json", "-l", "--ttl", "77", "--tos", "ef", "0"]).hold_stdin().spawn();
    let peer = run.connect();
    run.event("accept");
    let mut sockets = sockets_of(&run);
    let port = peer.local_addr().expect("an address").port();
    sockets
        .retain(|socket| socket.peer_addr().is_ok_and(|addr| addr.as_socket().is_some_and(|addr| addr.port() == port)));
    let socket = sockets.pop().expect("the socket of the connection");
    assert_eq!(socket.ttl_v4().expect("IP_TTL"), 77);
    assert_eq!(socket.tos_v4().expect("IP_TOS"), 0xb8);
    drop((peer, socket));
    run.finish().exits(0);
}

/// What the kernel makes of a buffer size here: it doubles it, within its limits (socket(7)).
fn kernels(size: usize) -> (usize, usize) {
    let like = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    like.set_recv_buffer_size(size).expect("SO_RCVBUF");
    like.set_send_buffer_size(size).expect("SO_SNDBUF");
    (like.recv_buffer_size().expect("SO_RCVBUF"), like.send_buffer_size().expect("SO_SNDBUF"))
}

#[test]
fn buffers_have_the_size_asked_for() {
    for (text, size) in [("8192", 8_192), ("64k", 65_536), ("100K", 102_400)] {
        let (receive, send) = kernels(size);
        for (role, pair) in Pair::both(HOST, &["--rcvbuf", text, "--sndbuf", text]) {
            assert_eq!(pair.socket.recv_buffer_size().expect("SO_RCVBUF"), receive, "{role}, {text}");
            assert_eq!(pair.socket.send_buffer_size().expect("SO_SNDBUF"), send, "{role}, {text}");
            pair.end();
        }
    }
}

#[test]
fn one_buffers_size_leaves_the_other_alone() {
    let plain = Pair::connecting(HOST, &[]);
    let send = plain.socket.send_buffer_size().expect("SO_SNDBUF");
    plain.end();
    let pair = Pair::connecting(HOST, &["--rcvbuf", "8k"]);
    assert_eq!(pair.socket.recv_buffer_size().expect("SO_RCVBUF"), kernels(8_192).0);
    assert_eq!(pair.socket.send_buffer_size().expect("SO_SNDBUF"), send);
    pair.end();
}

#[test]
fn unix_sockets_have_buffers_too() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).expect("listen at a path");
    let run = nsock(&["--json", "-U", "--sndbuf", "64k"]).args([&path]).hold_stdin().spawn();
    let (peer, _) = listener.accept().expect("accept a client");
    run.event("connect");
    let there = SockAddr::unix(&path).expect("a path");
    let mut sockets = sockets_of(&run);
    sockets.retain(|socket| socket.peer_addr().is_ok_and(|addr| addr.as_pathname() == there.as_pathname()));
    let socket = sockets.pop().expect("the socket of the connection");
    assert_eq!(socket.send_buffer_size().expect("SO_SNDBUF"), kernels(65_536).1);
    drop((peer, socket));
    run.finish().exits(0);
}

#[test]
#[cfg_attr(feature = "portable", ignore = "no SO_BINDTODEVICE")]
fn an_interface_is_the_only_one_used() {
    let like = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    if let Err(error) = like.bind_device(Some(b"lo")) {
        skipped(&format!("a socket cannot be bound to the interface lo here: {error}"));
        return;
    }
    let pair = Pair::connecting(HOST, &["-I", "lo"]);
    assert_eq!(pair.socket.device().expect("SO_BINDTODEVICE").as_deref(), Some(&b"lo"[..]));
    pair.end();
    let run = nsock(&["--json", "-l", "-I", "lo", HOST, "0"]).hold_stdin().spawn();
    run.port();
    let bound = |socket: &Socket| socket.device().is_ok_and(|name| name.as_deref() == Some(b"lo"));
    assert!(sockets_of(&run).iter().any(bound), "no listening socket is bound to lo");
    let peer = run.connect();
    run.event("accept");
    drop(peer);
    run.finish().exits(0);
}

#[test]
#[cfg_attr(feature = "portable", ignore = "no SO_BINDTODEVICE")]
fn an_interface_that_is_not_there_is_this_machines_no() {
    let listener = listener();
    let port = listener.local_addr().expect("an address").port();
    for program in [dial(port, &["-I", "nosuch0"]), nsock(&["-l", "-I", "nosuch0", HOST, "0"])] {
        let outcome = program.run().exits(3).wrote(b"");
        let line = outcome.one_line();
        assert!(line.starts_with("nsock: ") && line.contains("nosuch0") && line.contains("errno "), "{line}");
    }
}

#[test]
fn a_value_that_no_option_can_have_is_a_usage_error() {
    for (flag, values) in [
        ("--ttl", &["0", "256", "-1", "x", "", "1.5"][..]),
        ("--tos", &["256", "-1", "fast", "", "0x100"]),
        ("--keepalive", &["0", "-1", "x", "", "100000"]),
        ("--rcvbuf", &["0", "-1", "x", "", "3G", "64kk"]),
        ("--sndbuf", &["0", "-1", "x", "", "3G", "1.5M"]),
    ] {
        for value in values {
            let outcome = nsock(&[flag, value, HOST, "1"]).run().exits(2).wrote(b"");
            let line = outcome.one_line();
            assert!(line.starts_with("nsock: "), "{flag} {value:?}: {line}");
        }
    }
}

#[test]
fn an_interface_without_a_name_is_not_passed_over() {
    let server = server(|stream| slurp(&stream));
    let outcome = dial(server.port, &["-I", ""]).run();
    assert!(matches!(outcome.code, Some(2 | 3)), "-I '' was passed over: {outcome:?}");
    outcome.one_line();
    drop(server);
}

#[test]
fn options_leave_the_bytes_as_they_are() {
    let (up, down) = (payload(3_000_000, 1), payload(3_000_000, 2));
    let sent = down.clone();
    let server = server(move |mut stream| {
        let reader = stream.try_clone().expect("duplicate a socket");
        let read = task(move || slurp(reader));
        std::io::Write::write_all(&mut stream, &sent).expect("send");
        half_close(&stream);
        read.join()
    });
    let args = ["--ttl", "9", "--tos", "lowdelay", "--keepalive", "1", "--rcvbuf", "4k", "--sndbuf", "4k"];
    dial(server.port, &args).stdin_bytes(up.clone()).run().exits(0).silent().wrote(&down);
    same(&server.join(), &up);
}
