//! Listening and the two ends of a connection: where a listener can be reached, for how long, how it tells its port,
//! and which address and port a client comes from.

mod common;

use std::io::Write;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use common::*;

/// Whether this machine has `::1`; says so when it has not.
fn has_ipv6() -> bool {
    let has = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !has {
        skipped("this machine has no ::1");
    }
    has
}

/// Sends a word to the listener over each of these addresses in turn, each time to a new listener, and gets one back.
fn is_reached(args: &[&str], over: &[&str]) {
    for host in over {
        let listener = nsock(&["--json"]).args(args).stdin_bytes("down").spawn();
        let addr: IpAddr = host.parse().expect("an address");
        let mut client = TcpStream::connect((addr, listener.port())).unwrap_or_else(|e| panic!("{args:?} {host}: {e}"));
        client.write_all(b"up").expect("send");
        half_close(&client);
        same(&slurp(&client), b"down");
        let outcome = listener.finish().exits(0).wrote(b"up");
        assert_eq!(outcome.event("accept")["addr"], *host, "{}", outcome.stderr);
    }
}

/// The addresses that a listener says it is bound to.
fn bound(args: &[&str], count: usize) -> Vec<String> {
    let listener = nsock(&["--json"]).args(args).spawn();
    let events = listener.events("listen", count);
    let port = listener.port();
    assert!(events.iter().all(|event| event["port"] == port && event["proto"] == "tcp"), "{events:?}");
    events.iter().map(|event| event["addr"].as_str().expect("an address").to_owned()).collect()
}

#[test]
fn every_form_of_listening_on_an_address_is_reached_there() {
    for args in [
        &["-l", HOST, "0"][..],
        &["-l", "127.0.0.1:0"],
        &["-l", "-s", HOST, "-p", "0"],
        &["-l", "-s", HOST, "0"],
        &["-l", "-p", "0", HOST],
        &["-lp0", HOST],
        &["-nl4", HOST, "0"],
    ] {
        is_reached(args, &[HOST]);
        assert_eq!(bound(args, 1), [HOST]);
    }
}

#[test]
fn every_form_of_listening_on_ipv6_is_reached_there() {
    if !has_ipv6() {
        return;
    }
    for args in [&["-l", "::1", "0"][..], &["-l", "[::1]:0"], &["-l6", "-s", "::1", "-p", "0"]] {
        is_reached(args, &["::1"]);
        assert_eq!(bound(args, 1), ["::1"]);
    }
}

#[test]
fn a_listener_without_an_address_is_reached_over_both_ip_versions_at_one_port() {
    let both = has_ipv6();
    for args in [&["-l", "0"][..], &["-l", "-p", "0"], &["-lp", "0"]] {
        is_reached(args, &[HOST]);
        if both {
            is_reached(args, &["::1"]);
            assert_eq!(bound(args, 2), ["0.0.0.0", "::"]);
        }
    }
}

#[test]
fn a_family_asked_for_is_the_only_one() {
    assert_eq!(bound(&["-4l", "0"], 1), ["0.0.0.0"]);
    if !has_ipv6() {
        return;
    }
    assert_eq!(bound(&["-6l", "0"], 1), ["::"]);
    for (flag, other) in [("-4", "::1"), ("-6", HOST)] {
        let listener = nsock(&["--json", flag, "-l", "0"]).spawn();
        let other: IpAddr = other.parse().expect("an address");
        assert!(TcpStream::connect((other, listener.port())).is_err(), "{flag} lets {other} in");
    }
}

#[test]
fn a_name_can_be_listened_on() {
    let listener = nsock(&["--json", "-4l", "localhost", "0"]).stdin_bytes("down").spawn();
    same(&slurp(listener.connect()), b"down");
    listener.finish().exits(0);
}

#[test]
fn the_listening_sockets_close_at_the_first_peer() {
    let both = has_ipv6();
    let listener = nsock(&["--json", "-l", "0"]).spawn();
    let port = listener.port();
    let mut first = listener.connect();
    listener.event("accept");
    first.write_all(b"first").expect("send");
    listener.event("first_byte"); // told by what was spawned after the sockets were dropped
    assert!(TcpStream::connect((HOST, port)).is_err());
    assert!(!both || TcpStream::connect((Ipv6Addr::LOCALHOST, port)).is_err());
    drop(first);
    listener.finish().exits(0).wrote(b"first");
}

#[test]
fn the_port_can_be_listened_on_again_at_once() {
    // The listener ends first, so that its side of the connection lingers in TIME_WAIT.
    let first = listen(&["-N"]).stdin_bytes("down").spawn();
    let port = first.port().to_string();
    same(&slurp(first.connect()), b"down");
    first.finish().exits(0);
    let second = nsock(&["--json", "-l", HOST, &port]).stdin_bytes("again").spawn();
    same(&slurp(second.connect()), b"again");
    second.finish().exits(0);
}

#[test]
fn the_port_file_holds_the_port_and_a_line_end() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("port");
    std::fs::write(&path, "an older port, longer than the new one\n").expect("write");
    let listener = listen(&["--port-file", path.to_str().expect("a path of ASCII")]).spawn();
    let port = listener.port();
    assert_eq!(std::fs::read_to_string(&path).expect("read"), format!("{port}\n"));
    let files = std::fs::read_dir(directory.path()).expect("list").count();
    assert_eq!(files, 1, "nothing else is left there");
}

#[test]
fn the_port_file_may_be_a_fifo_and_without_verbose_nothing_else_is_told() {
    let file = PortFile::new();
    let listener = nsock(&["-l", HOST, "0"]).args(file.args()).stdin_bytes("down").spawn();
    let client = TcpStream::connect((HOST, file.port())).expect("connect");
    half_close(&client);
    same(&slurp(&client), b"down");
    listener.finish().exits(0).silent();
}

#[test]
fn the_port_file_may_be_a_descriptor() {
    let script =
        format!(r#"exec 3>&1 >/dev/null; exec "$NSOCK" -l --port-file /dev/fd/3 --accept-timeout 0.1 {HOST} 0"#);
    let outcome = shell(&script).run().exits(124);
    let text = String::from_utf8(outcome.stdout).expect("ASCII");
    assert!(text.trim().parse::<u16>().is_ok_and(|port| port > 0), "{text:?}");
}

/// What a server sees of the client's address.
fn seen_from(args: &[&str]) -> SocketAddr {
    let server = server(|stream| stream.peer_addr().expect("an address"));
    dial(server.port, args).run().exits(0).silent();
    server.join()
}

#[test]
fn the_source_address_and_port_are_what_was_asked_for() {
    let other: IpAddr = "127.0.0.2".parse().expect("an address");
    assert_eq!(seen_from(&["-s", "127.0.0.2"]).ip(), other);
    assert_eq!(seen_from(&["-s", "127.0.0.2", "-p", "0"]).ip(), other);
    let (port, bound) = closed_port();
    drop(bound);
    assert_eq!(seen_from(&["-p", &port.to_string()]).port(), port);
    let (port, bound) = closed_port();
    drop(bound);
    let port = port.to_string();
    assert_eq!(seen_from(&["-s", "127.0.0.2", "-p", &port]).to_string(), format!("127.0.0.2:{port}"));
}

#[test]
#[cfg_attr(feature = "portable", ignore = "no SO_BINDTODEVICE")]
fn the_interface_is_what_was_asked_for() {
    let server = server(|stream| stream.peer_addr().expect("an address"));
    let outcome = dial(server.port, &["-I", "lo"]).run();
    if outcome.stderr.contains("(errno 1)") {
        skipped("this user may not choose an interface");
        let _ = TcpStream::connect(server.addr);
        return;
    }
    outcome.exits(0).silent();
    server.join();
    is_reached(&["-l", "-I", "lo", HOST, "0"], &[HOST]);
}

#[test]
fn a_socket_that_met_itself_is_nobody_listening() {
    let (port, bound) = closed_port();
    drop(bound);
    let port = port.to_string();
    let outcome = nsock(&["-p", &port, "-s", HOST, HOST, &port]).run().exits(1);
    let line = outcome.one_line();
    assert!(line.starts_with(&format!("nsock: connect to {HOST} port {port} (tcp) failed: ")), "{line}");
    assert!(line.contains("nobody listens"), "{line}");
    nsock(&["-p", &port, HOST, &port]).run().exits(1);
}

#[test]
fn a_name_is_connected_to_over_whichever_address_answers() {
    // localhost may be ::1 first: nobody listens there.
    let server = server(|mut stream| {
        let up = slurp(&stream);
        stream.write_all(b"down").expect("send");
        up
    });
    let port = server.port.to_string();
    nsock(&["localhost", &port]).stdin_bytes("up").run().exits(0).silent().wrote(b"down");
    same(&server.join(), b"up");
}

#[test]
fn every_form_of_connecting_reaches_the_host() {
    for form in ["127.0.0.1:P", "127.0.0.1 P", "localhost:P", "-4 localhost P", "-n 127.0.0.1 P"] {
        let server = server(slurp);
        let line = form.replace('P', &server.port.to_string());
        let words: Vec<&str> = line.split_whitespace().collect();
        nsock(&words).stdin_bytes("up").run().exits(0).silent();
        same(&server.join(), b"up");
    }
}

#[test]
fn ipv6_is_connected_to_in_every_form() {
    if !has_ipv6() {
        return;
    }
    for form in ["::1 P", "[::1]:P", "-6 ::1 P"] {
        let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).expect("listen");
        let line = form.replace('P', &listener.local_addr().expect("an address").port().to_string());
        let words: Vec<&str> = line.split_whitespace().collect();
        let server = task(move || slurp(listener.accept().expect("accept").0));
        nsock(&words).stdin_bytes("up").run().exits(0).silent();
        same(&server.join(), b"up");
    }
}
