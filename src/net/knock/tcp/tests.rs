//! Knocking at ports of the loopback, with std's listeners on the other side.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use mio::{Events, Poll};

use super::*;
use crate::io::watch::task_and_source;

const FIRST: usize = 7;

fn poll() -> Poll {
    Poll::new().expect("a poll")
}

fn knocks() -> Knocks {
    Knocks::new(Origin::default(), FIRST)
}

fn listener(ip: impl Into<std::net::IpAddr>) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((ip.into(), 0)).expect("a listener");
    let addr = listener.local_addr().expect("its address");
    (listener, addr)
}

/// A port that nobody has.
fn closed(ip: impl Into<std::net::IpAddr>) -> SocketAddr {
    listener(ip).1
}

fn descriptors(knocks: &Knocks) -> usize {
    knocks.slots.iter().filter(|slot| slot.socket.is_some()).count()
}

fn is_closed(knock: &Knock) -> bool {
    matches!(knock, Knock::Shut(Shut::Closed))
}

#[test]
#[cfg_attr(feature = "portable", ignore = "a socket that failed is not used again")]
fn one_socket_asks_many_closed_ports_and_is_never_watched() {
    let (poll, mut knocks) = (poll(), knocks());
    for _ in 0..20 {
        assert!(is_closed(&knocks.ask(closed(Ipv4Addr::LOCALHOST), Watch::new(poll.registry(), 0))));
    }
    assert_eq!(descriptors(&knocks), 1);
    assert!(!knocks.slots[0].watched);
}

#[test]
#[cfg_attr(feature = "portable", ignore = "a socket that failed is not used again")]
fn each_ip_version_has_sockets_of_its_own() {
    let (poll, mut knocks) = (poll(), knocks());
    let watch = Watch::new(poll.registry(), 0);
    for _ in 0..3 {
        assert!(is_closed(&knocks.ask(closed(Ipv4Addr::LOCALHOST), watch)));
        assert!(is_closed(&knocks.ask(closed(Ipv6Addr::LOCALHOST), watch)));
    }
    assert_eq!(descriptors(&knocks), 2);
}

#[test]
fn an_open_port_is_told_and_reset_when_dropped() {
    let (poll, mut knocks) = (poll(), knocks());
    for (listener, addr) in [listener(Ipv4Addr::LOCALHOST), listener(Ipv6Addr::LOCALHOST)] {
        let Knock::Open(opened) = knocks.ask(addr, Watch::new(poll.registry(), 0)) else { panic!("it is open") };
        let (accepted, _) = listener.accept().expect("a peer");
        drop(opened);
        let error = std::io::Read::read(&mut &accepted, &mut [0]).expect_err("it was reset");
        assert_eq!(error.raw_os_error(), Some(libc::ECONNRESET));
        assert_eq!(descriptors(&knocks), 0);
    }
}

#[test]
fn a_socket_joined_to_itself_has_found_nobody() {
    let poll = poll();
    for ip in [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED] {
        let port = closed(Ipv4Addr::LOCALHOST).port();
        let mut knocks = Knocks::new(Origin { port: Some(port), ..Origin::default() }, FIRST);
        let knock = knocks.ask(SocketAddr::from((ip, port)), Watch::new(poll.registry(), 0));
        assert!(matches!(knock, Knock::Shut(Shut::Itself)), "{ip}: {knock:?}");
    }
}

#[test]
#[cfg_attr(feature = "portable", ignore = "a socket that failed is not used again")]
fn a_silent_port_is_waited_for_and_given_up_and_its_socket_used_again() {
    let (mut poll, mut knocks) = (poll(), knocks());
    let (_listening, _let_in, source) = pending(&mut knocks, &poll);
    assert!(matches!(knocks.settle(source, Watch::new(poll.registry(), 3)), Knock::Pending(_)));
    assert!(knocks.give_up(source, Watch::new(poll.registry(), 3)).is_none());
    let before = descriptors(&knocks);
    assert!(is_closed(&knocks.ask(closed(Ipv4Addr::LOCALHOST), Watch::new(poll.registry(), 3))));
    assert_eq!(descriptors(&knocks), before);
    // It is still watched, and what is past says nothing.
    let mut events = Events::with_capacity(8);
    poll.poll(&mut events, Some(std::time::Duration::from_secs(10))).expect("poll");
    let (task, told) = events.iter().map(|event| task_and_source(event.token())).next().expect("an edge");
    assert_eq!((task, told), (3, source));
    assert!(matches!(knocks.settle(told, Watch::new(poll.registry(), 3)), Knock::Pending(_)));
}

/// A port that is silent, since its queue is full (listen(2)): who listens, who is in the queue, and who waits.
fn pending(knocks: &mut Knocks, poll: &Poll) -> (Socket, Vec<Opened>, usize) {
    let socket = Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a port");
    socket.listen(0).expect("it listens");
    let addr = socket.local_addr().expect("its address").as_socket().expect("of the internet");
    let mut let_in = Vec::new();
    loop {
        match knocks.ask(addr, Watch::new(poll.registry(), 3)) {
            Knock::Pending(source) => return (socket, let_in, source),
            Knock::Open(opened) => let_in.push(opened),
            other => panic!("{other:?}"),
        }
    }
}

/// Settles when an event tells to.
fn settled(knocks: &mut Knocks, poll: &mut Poll) -> Knock {
    let mut events = Events::with_capacity(8);
    loop {
        poll.poll(&mut events, Some(std::time::Duration::from_secs(10))).expect("poll");
        let (task, source) = events.iter().map(|event| task_and_source(event.token())).next().expect("an event");
        assert_eq!(task, 3);
        match knocks.settle(source, Watch::new(poll.registry(), task)) {
            Knock::Pending(_) => {}
            knock => return knock,
        }
    }
}

#[test]
fn a_port_that_answers_late_is_open() {
    let (mut poll, mut knocks) = (poll(), knocks());
    let (listening, _let_in, _) = pending(&mut knocks, &poll);
    while listening.set_nonblocking(true).and_then(|()| listening.accept()).is_ok() {}
    let knock = settled(&mut knocks, &mut poll); // when TCP asks again, after a second
    assert!(matches!(knock, Knock::Open(_)), "{knock:?}");
    assert_eq!(descriptors(&knocks), 0);
}

#[test]
fn an_answer_that_came_at_the_last_moment_is_told() {
    let (mut poll, mut knocks) = (poll(), knocks());
    let (listening, _let_in, source) = pending(&mut knocks, &poll);
    drop(listening);
    let mut events = Events::with_capacity(8);
    poll.poll(&mut events, Some(std::time::Duration::from_secs(10))).expect("poll");
    let knock = knocks.give_up(source, Watch::new(poll.registry(), 3)).expect("it was there");
    assert!(is_closed(&knock), "{knock:?}");
}

#[test]
fn a_fixed_local_port_asks_several_ports_at_once() {
    let (poll, mut others) = (poll(), knocks());
    let (listening, _let_in, _) = pending(&mut others, &poll);
    let silent = listening.local_addr().expect("its address").as_socket().expect("of the internet");
    let port = Some(closed(Ipv4Addr::LOCALHOST).port());
    let (mut knocks, watch) =
        (Knocks::new(Origin { port, ..Origin::default() }, FIRST), Watch::new(poll.registry(), 4));
    assert!(matches!(knocks.ask(silent, watch), Knock::Pending(FIRST)));
    assert!(is_closed(&knocks.ask(closed(Ipv4Addr::LOCALHOST), watch)));
    // From one port the same one cannot be asked twice at once.
    let again = knocks.ask(silent, watch);
    assert!(matches!(&again, Knock::Unasked(error) if error.kind() == io::ErrorKind::AddrNotAvailable), "{again:?}");
}

#[test]
#[cfg_attr(feature = "portable", ignore = "a socket that failed is not used again")]
fn a_port_that_refuses_late_is_closed_and_the_socket_used_again() {
    let (mut poll, mut knocks) = (poll(), knocks());
    let (listening, _, _) = pending(&mut knocks, &poll);
    drop(listening);
    let knock = settled(&mut knocks, &mut poll);
    assert!(is_closed(&knock), "{knock:?}");
    assert!(is_closed(&knocks.ask(closed(Ipv4Addr::LOCALHOST), Watch::new(poll.registry(), 3))));
    assert_eq!(descriptors(&knocks), 1);
}

#[test]
fn numbers_that_are_nobodys_are_harmless() {
    let (poll, mut knocks) = (poll(), knocks());
    for source in [0, FIRST, FIRST + 1, usize::MAX] {
        assert!(knocks.give_up(source, Watch::new(poll.registry(), 0)).is_none());
        assert!(matches!(knocks.settle(source, Watch::new(poll.registry(), 0)), Knock::Pending(_)));
    }
}

#[test]
fn a_local_end_that_cannot_be_had_is_a_failure() {
    let poll = poll();
    let addr = Some((std::net::IpAddr::from([192, 0, 2, 1]), 0));
    let mut knocks = Knocks::new(Origin { addr, ..Origin::default() }, FIRST);
    let knock = knocks.ask(closed(Ipv4Addr::LOCALHOST), Watch::new(poll.registry(), 0));
    let Knock::Failed(failure) = knock else { panic!("{knock:?}") };
    assert_eq!(failure.errno, Some(libc::EADDRNOTAVAIL));
}
