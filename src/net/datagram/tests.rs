//! Datagram sockets on the loopback, with std's sockets on the other side.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use mio::{Events, Poll};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;

use super::*;
use crate::io::watch::task_and_source;

/// How a socket is made: to receive in batches, or one datagram a call.
type Make = fn(Socket) -> io::Result<Datagrams>;

const BOTH: [Make; 2] = [Datagrams::new, plain];

fn plain(socket: Socket) -> io::Result<Datagrams> {
    Ok(Datagrams { headers: None, ..Datagrams::new(socket)? })
}

fn udp() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket")
}

fn addr(socket: &UdpSocket) -> SocketAddr {
    socket.local_addr().expect("its address")
}

fn inet(place: &Place) -> SocketAddr {
    match place {
        Place::Inet(addr) => *addr,
        Place::Unix(name) => panic!("{name:?} is no address"),
    }
}

fn to<'a>(place: &'a Place, bytes: &'a [u8]) -> Outgoing<'a> {
    Outgoing { to: Some(place), bytes }
}

fn to_peer(bytes: &[u8]) -> Outgoing<'_> {
    Outgoing { to: None, bytes }
}

/// A port that nobody has.
fn closed() -> Place {
    Place::Inet(addr(&udp()))
}

/// Waits until the system says so, as a loop would, for 10 s at most.
fn wait(socket: &mut Datagrams, what: PollFlags) {
    let mut fds = [PollFd::from_borrowed_fd(socket.socket.as_fd(), what)];
    let timeout = Timespec { tv_sec: 10, tv_nsec: 0 };
    let ready = poll(&mut fds, Some(&timeout)).expect("poll");
    assert!(ready > 0, "nothing came");
    let told = fds[0].revents();
    socket.refused |= told.contains(PollFlags::ERR);
    socket.readable |= told.intersects(PollFlags::IN | PollFlags::ERR);
    socket.writable |= told.intersects(PollFlags::OUT | PollFlags::ERR);
}

/// Receives so many datagrams.
fn receive(socket: &mut Datagrams, count: usize) -> Vec<(Place, Vec<u8>)> {
    let mut batch = Batch::default();
    let mut all = Vec::new();
    while all.len() < count {
        if socket.receive(&mut batch).expect("it can be received") == 0 {
            wait(socket, PollFlags::IN);
        }
        all.extend(batch.iter().map(|datagram| {
            assert!(!datagram.cut);
            (*datagram.from, datagram.bytes.to_vec())
        }));
    }
    assert_eq!(all.len(), count);
    all
}

/// The next refusal.
fn refusal(socket: &mut Datagrams) -> Refusal {
    loop {
        if let Some(refusal) = socket.refusal() {
            return refusal;
        }
        wait(socket, PollFlags::empty());
        if !socket.keeps {
            assert_eq!(socket.receive(&mut Batch::default()).expect("no error"), 0, "a call tells, and only once");
        }
    }
}

fn accepted(sent: Sent) -> usize {
    match sent {
        Sent::Accepted(count) => count,
        other => panic!("{other:?}"),
    }
}

/// Whether it takes one more; that it would block is no failure.
fn accepts(socket: &mut Datagrams) -> bool {
    match socket.send([to_peer(b"x")]) {
        Sent::Accepted(1) => true,
        Sent::Blocked => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hundred_datagrams_of_five_senders_keep_their_order_and_their_senders() {
    for make in BOTH {
        let mut socket = make(udp().into()).expect("a socket");
        let senders: Vec<UdpSocket> = (0..5).map(|_| udp()).collect();
        let mut sent = Vec::new();
        for number in 0..100_usize {
            let sender = &senders[number * 7 % 5];
            let bytes = vec![number as u8; number % 3]; // every third is empty
            sender.send_to(&bytes, inet(socket.local())).expect("it is sent");
            sent.push((Place::Inet(addr(sender)), bytes));
        }
        assert_eq!(receive(&mut socket, 100), sent);
        assert_eq!(socket.receive(&mut Batch::default()).expect("no error"), 0);
        assert!(!socket.readable());
        assert_eq!(socket.dropped(), 0);
    }
}

#[test]
fn the_longest_datagram_arrives_whole_both_ways() {
    let longest: Vec<u8> = (0..65_507_u32).map(|i| (i % 251) as u8).collect();
    for make in BOTH {
        let mut socket = make(udp().into()).expect("a socket");
        let other = udp();
        other.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let place = Place::Inet(addr(&other));
        other.send_to(&longest, inet(socket.local())).expect("it is sent");
        assert!(receive(&mut socket, 1) == [(place, longest.clone())]);
        for datagrams in [&[to(&place, &longest)][..], &[to(&place, &longest), to(&place, b"")]] {
            assert_eq!(accepted(socket.send(datagrams.iter().copied())), datagrams.len());
            let mut buf = vec![0; LONGEST];
            for datagram in datagrams {
                let count = other.recv(&mut buf).expect("it comes");
                assert!(buf[..count] == *datagram.bytes);
            }
        }
    }
}

#[test]
fn a_batch_goes_to_each_ones_own_address_and_on_after_one_that_cannot() {
    for make in BOTH {
        let mut socket = make(udp().into()).expect("a socket");
        let others = [udp(), udp(), udp()];
        let places = others.each_ref().map(|other| Place::Inet(addr(other)));
        let too_long = vec![0; LONGEST];
        let other_family = Place::Inet((Ipv6Addr::LOCALHOST, 9).into());
        let all = [
            to(&places[0], b"a"),
            to(&places[1], &too_long),
            to(&places[1], b""),
            to(&Place::Unix(None), b"to nobody"),
            to(&places[2], b"c"),
            to(&other_family, b"x"),
            to(&places[0], b"d"),
        ];
        let (mut at, mut failed) = (0, Vec::new());
        while at < all.len() {
            match socket.send(all[at..].iter().copied()) {
                Sent::Accepted(count) => at += count,
                Sent::Failed(error) => {
                    failed.push((at, error.raw_os_error()));
                    at += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        let reasons = [libc::EMSGSIZE, libc::EDESTADDRREQ, libc::EAFNOSUPPORT].map(Some);
        assert_eq!(failed, [1, 3, 5].into_iter().zip(reasons).collect::<Vec<_>>());
        assert_eq!(socket.refusal(), None, "what a call said already is not said again");
        for (other, expected) in [(0, &b"a"[..]), (1, b""), (2, b"c"), (0, b"d")] {
            let mut buf = [0; 16];
            let count = others[other].recv(&mut buf).expect("it comes");
            assert_eq!(&buf[..count], expected);
        }
    }
}

#[test]
#[cfg_attr(feature = "portable", ignore = "ICMP is told to connected sockets only")]
fn a_refusal_names_where_the_datagram_went_and_no_other_is_lost() {
    for make in BOTH {
        for local in [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))] {
            let bind = || UdpSocket::bind(local).expect("a socket");
            let mut socket = make(bind().into()).expect("a socket");
            let other = bind();
            let open = Place::Inet(addr(&other));
            let closed = [Place::Inet(addr(&bind())), Place::Inet(addr(&bind()))];
            let all: Vec<_> =
                [&open, &closed[0], &open, &closed[1], &open].into_iter().map(|place| to(place, b"x")).collect();
            let mut at = 0;
            while at < all.len() {
                at += accepted(socket.send(all[at..].iter().copied()));
            }
            for _ in 0..3 {
                assert_eq!(other.recv(&mut [0; 8]).expect("it comes"), 1);
            }
            for place in closed {
                let refusal = refusal(&mut socket);
                assert_eq!((refusal.to, refusal.errno), (Some(place), libc::ECONNREFUSED));
                let icmp = refusal.icmp.expect("a message");
                let port_unreachable = if local.is_ipv4() { (3, 3) } else { (1, 4) };
                assert_eq!(
                    (icmp.kind, icmp.code, icmp.from),
                    (port_unreachable.0, port_unreachable.1, Some(local.ip()))
                );
            }
            assert_eq!(socket.refusal(), None);
            other.send_to(b"still there", inet(socket.local())).expect("it is sent");
            assert_eq!(receive(&mut socket, 1), [(open, b"still there".to_vec())]);
        }
    }
}

#[test]
#[cfg_attr(feature = "portable", ignore = "ICMP is told to connected sockets only")]
fn a_refusal_does_not_hide_what_came_behind_it() {
    for make in BOTH {
        let mut socket = make(udp().into()).expect("a socket");
        let other = udp();
        for _ in 0..3 {
            other.send_to(b"before", inet(socket.local())).expect("it is sent");
        }
        assert_eq!(accepted(socket.send([to(&closed(), b"x")])), 1);
        other.send_to(b"behind", inet(socket.local())).expect("it is sent");
        assert_eq!(receive(&mut socket, 4)[3].1, b"behind");
        assert_eq!(refusal(&mut socket).errno, libc::ECONNREFUSED);
        assert_eq!(socket.refusal(), None);
    }
}

#[test]
#[cfg_attr(feature = "portable", ignore = "ICMP is told to connected sockets only")]
fn this_hosts_refusal_is_there_when_the_datagram_was_sent() {
    for make in BOTH {
        let mut socket = make(udp().into()).expect("a socket");
        for _ in 0..3 {
            let to_nobody = closed();
            assert_eq!(accepted(socket.send([to(&to_nobody, b"x")])), 1);
            assert_eq!(socket.refusal(), None, "nothing has told of it");
            socket.look_for_refusal();
            assert_eq!(socket.refusal().and_then(|refusal| refusal.to), Some(to_nobody));
            assert!(!socket.refused, "the next datagram is sent by one call");
        }
    }
}

#[test]
fn a_connected_socket_tells_of_its_peers_refusal_and_goes_on() {
    for make in BOTH {
        let client = udp();
        let peer = closed();
        client.connect(inet(&peer)).expect("it has a peer");
        let mut socket = make(client.into()).expect("a socket");
        for _ in 0..3 {
            assert_eq!(accepted(socket.send([to_peer(b"x")])), 1);
            let refusal = refusal(&mut socket);
            assert_eq!(refusal.errno, libc::ECONNREFUSED);
            assert!(refusal.to.is_none_or(|to| to == peer));
        }
        let revived = UdpSocket::bind(inet(&peer)).expect("the port is free again");
        let mut at = 0;
        while at < 3 {
            at += accepted(socket.send([&b"1"[..], b"2", b"3"].into_iter().map(to_peer).skip(at)));
        }
        for number in [b"1", b"2", b"3"] {
            let mut buf = [0; 8];
            let (count, from) = revived.recv_from(&mut buf).expect("it comes");
            assert_eq!(&buf[..count], number);
            revived.send_to(number, from).expect("it is sent");
        }
        let answers: Vec<_> = [b"1", b"2", b"3"].map(|number| (peer, number.to_vec())).into();
        assert_eq!(receive(&mut socket, 3), answers);
    }
}

#[test]
#[cfg_attr(feature = "portable", ignore = "nobody counts")]
fn what_the_kernel_dropped_is_counted() {
    for make in BOTH {
        let receiver = udp();
        SockRef::from(&receiver).set_recv_buffer_size(4_096).expect("a small buffer");
        let mut socket = make(receiver.into()).expect("a socket");
        let sender = udp();
        for _ in 0..1_000 {
            sender.send_to(&[7; 100], inet(socket.local())).expect("it is sent");
        }
        let mut batch = Batch::default();
        let (mut received, mut dropped) = (0, 0);
        while received + dropped < 1_000 {
            match socket.receive(&mut batch).expect("it can be received") {
                0 => dropped += socket.dropped(),
                count => received += count as u32,
            }
            socket.readable = true;
        }
        assert!(dropped > 0 && received > 0, "{received} received, {dropped} dropped");
        assert_eq!((received + dropped, socket.dropped()), (1_000, 0));
    }
}

#[test]
fn unix_datagrams_come_with_the_names_of_their_senders_if_they_have_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name);
    let place = |name: &str| {
        Place::Unix(Some(UnixName::new(path(name).as_os_str().as_encoded_bytes()).expect("a name that fits")))
    };
    for (run, make) in BOTH.into_iter().enumerate() {
        let (ours, long) = (format!("{run}"), format!("{run}-with-a-longer-name"));
        let mut socket = make(UnixDatagram::bind(path(&ours)).expect("a socket").into()).expect("a socket");
        assert_eq!(*socket.local(), place(&ours));
        let named = UnixDatagram::bind(path(&long)).expect("a socket");
        let unnamed = UnixDatagram::unbound().expect("a socket");
        for (sender, bytes) in [(&unnamed, &b"1"[..]), (&named, b""), (&unnamed, b"3"), (&named, b"4")] {
            sender.send_to(bytes, path(&ours)).expect("it is sent");
        }
        let (nobody, somebody) = (Place::Unix(None), place(&long));
        assert_eq!(
            receive(&mut socket, 4),
            [(nobody, b"1".to_vec()), (somebody, Vec::new()), (nobody, b"3".to_vec()), (somebody, b"4".to_vec())]
        );
        let absent = place("absent");
        let answers = [to(&somebody, b"a"), to(&absent, b"b"), to(&somebody, b"c")];
        assert_eq!(accepted(socket.send(answers)), 1);
        let Sent::Failed(error) = socket.send(answers[1..].iter().copied()) else { panic!("nobody is there") };
        assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
        assert_eq!(accepted(socket.send(answers[2..].iter().copied())), 1);
        for expected in [b"a", b"c"] {
            let mut buf = [0; 8];
            let count = named.recv(&mut buf).expect("it comes");
            assert_eq!(&buf[..count], expected);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_sender_with_the_longest_path_there_is_does_no_harm() {
    let dir = tempfile::tempdir().expect("a directory");
    let prefix = dir.path().join("x").into_os_string().into_encoded_bytes();
    for (length, named) in [(107, true), (108, false)] {
        let mut name = prefix.clone();
        name.resize(length, b'x');
        let sender = UnixDatagram::unbound().expect("a socket");
        let addr = rustix::net::SocketAddrUnix::new(&name[..]).expect("it fits");
        rustix::net::bind(&sender, &addr).expect("it is bound");
        let ours = UnixDatagram::bind(dir.path().join(length.to_string())).expect("a socket");
        let mut socket = Datagrams::new(ours.into()).expect("a socket");
        sender.send_to(b"x", dir.path().join(length.to_string())).expect("it is sent");
        let place = Place::Unix(Some(UnixName::new(&name).expect("it fits")));
        let from = if named { place } else { Place::Unix(None) };
        assert_eq!(receive(&mut socket, 1), [(from, b"x".to_vec())]);
        assert_eq!(accepted(socket.send([to(&place, b"answer")])), 1);
        assert_eq!(sender.recv(&mut [0; 8]).expect("it comes"), 6);
        drop(Datagrams::new(sender.into()).expect("its own name does no harm either"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_unix_datagram_too_long_says_that_it_is_cut() {
    let (ours, other) = UnixDatagram::pair().expect("a pair");
    other.send(&vec![1; LONGEST + 1]).expect("it is sent");
    other.send(&vec![2; LONGEST]).expect("it is sent");
    let mut socket = Datagrams::new(ours.into()).expect("a socket");
    let mut batch = Batch::default();
    assert_eq!(socket.receive(&mut batch).expect("no error"), 2);
    let seen: Vec<_> = batch.iter().map(|datagram| (datagram.bytes.len(), datagram.bytes[0], datagram.cut)).collect();
    assert_eq!(seen, [(LONGEST, 1, true), (LONGEST, 2, false)]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_unix_receiver_blocks_a_connected_sender_and_no_other() {
    let (ours, other) = UnixDatagram::pair().expect("a pair");
    let mut socket = Datagrams::new(ours.into()).expect("a socket");
    while accepts(&mut socket) {}
    while other.set_nonblocking(true).is_ok() && other.recv(&mut [0; 8]).is_ok() {}
    wait(&mut socket, PollFlags::OUT);
    assert_eq!(accepted(socket.send([to_peer(b"x")])), 1);

    let dir = tempfile::tempdir().expect("a directory");
    let [full, empty] = ["full", "empty"].map(|name| dir.path().join(name));
    let _held = [&full, &empty].map(|path| UnixDatagram::bind(path).expect("a socket"));
    let [full, empty] = [full, empty]
        .map(|path| Place::Unix(Some(UnixName::new(path.as_os_str().as_encoded_bytes()).expect("a name that fits"))));
    let mut socket = Datagrams::new(UnixDatagram::unbound().expect("a socket").into()).expect("a socket");
    let filled = loop {
        match socket.send([to(&full, b"x"), to(&full, b"y")]) {
            Sent::Accepted(_) => {}
            sent => break sent,
        }
    };
    assert!(matches!(filled, Sent::Full), "{filled:?}");
    assert_eq!(accepted(socket.send([to(&empty, b"x")])), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn room_is_told_of_once_it_is_awaited() {
    let (ours, other) = UnixDatagram::pair().expect("a pair");
    let mut socket = Datagrams::new(ours.into()).expect("a socket");
    let mut poll = Poll::new().expect("a poll");
    let mut events = Events::with_capacity(8);
    socket.watch(Watch::new(poll.registry(), 1), 7).expect("it is watched");
    for _ in 0..2 {
        while accepts(&mut socket) {}
        socket.await_room(Watch::new(poll.registry(), 1)).expect("it is awaited");
        while other.set_nonblocking(true).is_ok() && other.recv(&mut [0; 8]).is_ok() {}
        poll.poll(&mut events, Some(Duration::from_secs(10))).expect("poll");
        let told: Vec<_> = events.iter().map(|event| (task_and_source(event.token()), event.is_writable())).collect();
        assert_eq!(told, [((1, 7), true)]);
        events.iter().for_each(|event| socket.mark(event.into()));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_waits_unread_is_told_no_more_however_often_room_is_awaited() {
    let (ours, other) = UnixDatagram::pair().expect("a pair");
    let mut socket = Datagrams::new(ours.into()).expect("a socket");
    let mut poll = Poll::new().expect("a poll");
    let mut events = Events::with_capacity(8);
    socket.watch(Watch::new(poll.registry(), 1), 0).expect("it is watched");
    other.send(b"unread").expect("it is sent");
    while accepts(&mut socket) {}
    for told in [true, false, false] {
        socket.await_room(Watch::new(poll.registry(), 1)).expect("it is awaited");
        poll.poll(&mut events, Some(Duration::ZERO)).expect("poll");
        assert_eq!(!events.is_empty(), told);
    }
}

#[test]
fn what_was_sent_costs_the_loop_no_turn() {
    let other = udp();
    let mut socket = Datagrams::new(udp().into()).expect("a socket");
    let mut poll = Poll::new().expect("a poll");
    let mut events = Events::with_capacity(8);
    socket.watch(Watch::new(poll.registry(), 1), 0).expect("it is watched");
    for _ in 0..3 {
        assert_eq!(accepted(socket.send([to(&Place::Inet(addr(&other)), b"x")])), 1);
        other.recv(&mut [0; 8]).expect("it has come");
        poll.poll(&mut events, Some(Duration::ZERO)).expect("poll");
        assert!(events.is_empty(), "{events:?}");
    }
}

#[test]
fn an_edge_tells_of_each_datagram_and_refusal() {
    for make in BOTH {
        let mut poll = Poll::new().expect("a poll");
        let mut events = Events::with_capacity(8);
        let mut batch = Batch::default();
        let other = udp();
        let client = udp();
        client.connect(addr(&other)).expect("it has a peer");
        let mut socket = make(client.into()).expect("a socket");
        socket.watch(Watch::new(poll.registry(), 1), 0).expect("it is watched");
        let mut until = |socket: &mut Datagrams, done: &mut dyn FnMut(&mut Datagrams) -> bool| {
            while !done(socket) {
                poll.poll(&mut events, Some(Duration::from_secs(10))).expect("poll");
                assert!(!events.is_empty(), "no edge");
                events.iter().for_each(|event| socket.mark(event.into()));
            }
        };
        for _ in 0..3 {
            assert_eq!(socket.receive(&mut batch).expect("no error"), 0);
            assert!(!socket.readable());
            other.send_to(b"x", inet(socket.local())).expect("it is sent");
            until(&mut socket, &mut |socket| socket.receive(&mut batch).expect("no error") == 1);
        }
        drop(other);
        for _ in 0..3 {
            assert_eq!(accepted(socket.send([to_peer(b"x")])), 1);
            until(&mut socket, &mut |socket| {
                assert_eq!(socket.receive(&mut batch).expect("no error"), 0);
                socket.refusal().is_some()
            });
        }
    }
}
