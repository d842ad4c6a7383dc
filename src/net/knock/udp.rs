//! One socket for each IP version that asks UDP ports by a datagram, and hears what comes back: an answer, or why there
//! is none. It does not know which ports were asked, nor what silence means.
//!
//! The socket is not connected. So one descriptor asks any number of ports at once, an answer from another port than
//! the one asked is heard (TFTP, RFC 1350, 4), and what ICMP says comes with the address that it is about: nothing is
//! credited to the wrong port. It is also the cheapest (65,535 ports of this host: 0.42 s, 0.48 s for one socket
//! connected anew for each port, 0.92 s for a new socket each). Other systems than Linux tell ICMP to connected sockets
//! only; there a closed port is silent.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::super::datagram::{Batch, Datagrams, Outgoing, Place, Refusal, Sent};
use super::super::socket::{Origin, bind_from, open};
use super::here::{is_ours, is_want, is_want_of_opening};
use super::shut::Shut;
use crate::error::{Deed, Exit, Failure, Object};
use crate::io::endpoint::Ready;
use crate::io::watch::Watch;
use crate::value::peer::{Peer, Proto};

/// Sockets that ask.
#[derive(Debug)]
pub struct Calls {
    origin: Origin,
    first: usize,
    v4: Option<Asking>,
    v6: Option<Asking>,
    batch: Batch,
}

#[derive(Debug)]
struct Asking {
    datagrams: Datagrams,
    port: u16,
}

/// What came of asking.
#[derive(Debug)]
pub enum Call {
    /// The datagram is on its way.
    Sent,
    /// No datagram can be sent now; an event will tell when.
    Blocked,
    /// The port is not open.
    Shut(Shut),
    /// The port was not asked, since this host has nothing left to ask with for now: ask it again.
    Unasked(io::Error),
    /// No port can be asked: the local end that the user wants cannot be had.
    Failed(Failure),
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    /// A datagram.
    Answer {
        /// Its sender.
        from: SocketAddr,
        /// What it says.
        bytes: &'a [u8],
    },
    /// A datagram sent there did not arrive.
    Shut {
        /// Where it was sent to.
        to: SocketAddr,
        /// Why.
        shut: Shut,
    },
}

impl Calls {
    /// Sockets with this local end, whose events come under the source numbers `first` (IPv4) and `first + 1` (IPv6).
    pub fn new(origin: Origin, first: usize) -> Self {
        Self { origin, first, v4: None, v6: None, batch: Batch::default() }
    }

    /// Asks a port. [`hear`](Self::hear) after each: this host answers before the call is over, and the system keeps no
    /// more than some two hundred refusals.
    pub fn ask(&mut self, to: SocketAddr, payload: &[u8], watch: Watch<'_>) -> Call {
        let asking = match self.asking(to, watch) {
            Ok(asking) => asking,
            Err(failure) => {
                return is_want_of_opening(&failure).map_or_else(|| Call::Failed(failure), Call::Unasked);
            }
        };
        // Our own port on this host: the socket would hear itself. Nobody else has the port, since we have it.
        if to.port() == asking.port && is_ours(to.ip(), to) {
            return Call::Shut(Shut::Itself);
        }
        let place = Place::Inet(to);
        match asking.datagrams.send([Outgoing { to: Some(&place), bytes: payload }]) {
            Sent::Accepted(_) => {
                if to.ip().is_loopback() {
                    asking.datagrams.look_for_refusal();
                }
                Call::Sent
            }
            Sent::Blocked => match asking.datagrams.await_room(watch) {
                Ok(()) => Call::Blocked,
                Err(error) => Call::Unasked(error),
            },
            Sent::Full => Call::Blocked,
            Sent::Failed(error) if error.raw_os_error().is_some_and(|errno| is_want(errno, to)) => Call::Unasked(error),
            Sent::Failed(error) => match rustix::io::Errno::from_io_error(&error) {
                Some(errno) => Call::Shut(Shut::by_errno(errno)),
                None => Call::Unasked(error),
            },
        }
    }

    /// Takes note of an event.
    pub fn mark(&mut self, source: usize, ready: Ready) {
        let asking = match source.wrapping_sub(self.first) {
            0 => &mut self.v4,
            1 => &mut self.v6,
            _ => return,
        };
        if let Some(asking) = asking {
            asking.datagrams.mark(ready);
        }
    }

    /// Tells what came back, until there is no more. Costs nothing while nothing is known to have come.
    ///
    /// # Errors
    /// Whatever the system says of a socket.
    pub fn hear(&mut self, mut each: impl FnMut(Heard<'_>)) -> io::Result<()> {
        for Asking { datagrams, .. } in [&mut self.v4, &mut self.v6].into_iter().flatten() {
            loop {
                while let Some(refusal) = datagrams.refusal() {
                    if let Some(shut) = shut(&refusal) {
                        each(shut);
                    }
                }
                if datagrams.receive(&mut self.batch)? == 0 {
                    break;
                }
                for datagram in self.batch.iter() {
                    if let Place::Inet(from) = datagram.from {
                        each(Heard::Answer { from: *from, bytes: datagram.bytes });
                    }
                }
            }
        }
        Ok(())
    }

    fn asking(&mut self, to: SocketAddr, watch: Watch<'_>) -> Result<&mut Asking, Failure> {
        let (asking, source) = match to.is_ipv4() {
            true => (&mut self.v4, self.first),
            false => (&mut self.v6, self.first + 1),
        };
        match asking {
            Some(asking) => Ok(asking),
            none => Ok(none.insert(Asking::open(to, &self.origin, watch, source)?)),
        }
    }
}

impl Asking {
    fn open(to: SocketAddr, origin: &Origin, watch: Watch<'_>, source: usize) -> Result<Self, Failure> {
        // Bound in any case: our own port must be known before the first datagram.
        let any = if to.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
        let origin = Origin { addr: origin.addr.or(Some((any, 0))), ..origin.clone() };
        let peer = Peer::at(Proto::Udp, to);
        let no = |error: io::Error| Failure::system(Deed::Open, Object::Peer(peer.clone()), &error, Exit::Local);
        let socket = open(&peer, &origin.options)?;
        if to.is_ipv6() {
            socket.set_only_v6(true).map_err(no)?; // else it hears what IPv4 asks its port
        }
        bind_from(&socket, &peer, &origin)?;
        Datagrams::new(socket)
            .and_then(|mut datagrams| {
                datagrams.watch(watch, source)?;
                let port = match datagrams.local() {
                    Place::Inet(local) => local.port(),
                    Place::Unix(_) => 0,
                };
                Ok(Self { datagrams, port })
            })
            .map_err(no)
    }
}

/// Which port a refusal is about, and what it means for it.
fn shut(refusal: &Refusal) -> Option<Heard<'static>> {
    let (Some(Place::Inet(to)), Some(icmp)) = (refusal.to, refusal.icmp) else { return None };
    Some(Heard::Shut { to, shut: Shut::by_icmp_of_udp(icmp, to) })
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use mio::{Events, Poll};

    use super::*;
    use crate::io::watch::task_and_source;

    const FIRST: usize = 3;

    struct Probe {
        poll: Poll,
        calls: Calls,
    }

    impl Probe {
        fn new() -> Self {
            Self { poll: Poll::new().expect("a poll"), calls: Calls::new(Origin::default(), FIRST) }
        }

        fn ask(&mut self, to: SocketAddr, payload: &[u8]) -> Call {
            self.calls.ask(to, payload, Watch::new(self.poll.registry(), 0))
        }

        /// What came, as soon as anything has, within 10 s.
        fn hear(&mut self) -> Vec<String> {
            let mut events = Events::with_capacity(8);
            let mut heard = self.hear_at_once();
            for _ in 0..100 {
                if !heard.is_empty() {
                    break;
                }
                self.poll.poll(&mut events, Some(Duration::from_millis(100))).expect("poll");
                for event in &events {
                    self.calls.mark(task_and_source(event.token()).1, event.into());
                }
                heard = self.hear_at_once();
            }
            heard
        }

        /// What is known to have come.
        fn hear_at_once(&mut self) -> Vec<String> {
            let mut heard = Vec::new();
            let told = self.calls.hear(|what| {
                heard.push(match what {
                    Heard::Answer { from, bytes } => format!("{from} says {}", bytes.escape_ascii()),
                    Heard::Shut { to, shut } => format!("{to} is {} ({shut})", shut.word()),
                });
            });
            told.expect("the socket is sound");
            heard
        }
    }

    fn service(ip: impl Into<IpAddr>) -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind((ip.into(), 0)).expect("a socket");
        let addr = socket.local_addr().expect("its address");
        (socket, addr)
    }

    #[test]
    fn an_answer_is_heard_with_its_sender() {
        let mut probe = Probe::new();
        for (service, addr) in [service(Ipv4Addr::LOCALHOST), service(Ipv6Addr::LOCALHOST)] {
            assert!(matches!(probe.ask(addr, b"who?"), Call::Sent));
            let mut bytes = [0; 16];
            let (count, from) = service.recv_from(&mut bytes).expect("a question");
            service.send_to(b"me", from).expect("an answer");
            assert_eq!((&bytes[..count], probe.hear()), (&b"who?"[..], vec![format!("{addr} says me")]));
        }
    }

    #[test]
    #[cfg_attr(feature = "portable", ignore = "ICMP is told to connected sockets only")]
    fn closed_ports_of_this_host_are_told_at_once_each_by_its_own_address() {
        let mut probe = Probe::new();
        for ip in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
            let closed: Vec<SocketAddr> = (0..50).map(|_| service(ip).1).collect();
            for addr in closed {
                assert!(matches!(probe.ask(addr, b""), Call::Sent));
                assert_eq!(probe.hear_at_once(), [format!("{addr} is closed (refused)")]);
            }
        }
    }

    #[test]
    fn an_answer_from_another_port_is_heard_too() {
        let mut probe = Probe::new();
        let ((asked, addr), (other, from)) = (service(Ipv4Addr::LOCALHOST), service(Ipv4Addr::LOCALHOST));
        assert!(matches!(probe.ask(addr, b"file"), Call::Sent));
        let (_, asker) = asked.recv_from(&mut [0; 16]).expect("a question");
        other.send_to(b"no such file", asker).expect("an answer");
        assert_eq!(probe.hear(), [format!("{from} says no such file")]);
    }

    #[test]
    fn the_socket_does_not_answer_itself() {
        let mut probe = Probe::new();
        let (_service, addr) = service(Ipv4Addr::LOCALHOST);
        assert!(matches!(probe.ask(addr, b""), Call::Sent));
        let own = probe.calls.v4.as_ref().expect("a socket").port;
        for ip in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 9, 9, 9), Ipv4Addr::UNSPECIFIED] {
            assert!(matches!(probe.ask(SocketAddr::from((ip, own)), b"me?"), Call::Shut(Shut::Itself)), "{ip}");
        }
    }

    #[test]
    #[cfg_attr(feature = "portable", ignore = "ICMP is told to connected sockets only")]
    fn the_socket_of_one_ip_version_does_not_take_the_port_of_the_other() {
        let mut probe = Probe::new();
        let (_service, addr) = service(Ipv6Addr::LOCALHOST);
        assert!(matches!(probe.ask(addr, b""), Call::Sent));
        let own = probe.calls.v6.as_ref().expect("a socket").port;
        let other = SocketAddr::from((Ipv4Addr::LOCALHOST, own));
        assert!(matches!(probe.ask(other, b"me?"), Call::Sent));
        assert_eq!(probe.hear_at_once(), [format!("{other} is closed (refused)")]);
    }

    #[test]
    fn a_payload_too_long_is_this_hosts_no() {
        let mut probe = Probe::new();
        let (_service, addr) = service(Ipv4Addr::LOCALHOST);
        let call = probe.ask(addr, &[0; 65_536]);
        let Call::Shut(shut) = call else { panic!("{call:?}") };
        assert_eq!(shut.to_string(), "Message too long");
    }
}
