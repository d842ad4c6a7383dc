//! This program started anew as a server by bare calls: the limit of the machine.
//! Each role is the shortest loop that does the work in one thread, with nothing allocated for a trip; none survives
//! an error of its own, and none ever ends unless its work does.

use std::array;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::net::{RecvFlags, recv};
use slab::Slab;

use crate::anew;

/// How much one call takes.
const BLOCK: usize = 64 << 10;
const UNREAD: usize = 1 << 20;
const EVENTS: usize = 1024;
const DATAGRAMS: usize = 32;
const LONGEST: usize = 2048;

/// The name of the listener among the events.
const LISTENER: u64 = u64::MAX;

pub(crate) fn act(role: &str, rest: &[&str]) -> io::Result<()> {
    let [port] = *rest else {
        return Err(anew::no_such_role());
    };
    let port = port.parse().map_err(io::Error::other)?;
    match role {
        "echo" => echo(port),
        "udp-echo" => udp_echo(port),
        "discard" => discard(port),
        "discard-unread" => discard_unread(port),
        _ => Err(anew::no_such_role()),
    }
}

/// Whatever a connection brings goes back, by edges: a call is told of once, and then there is nothing more to do.
fn echo(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut guests: Slab<Guest> = Slab::new();
    let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
    let mut block = vec![0; BLOCK];
    loop {
        epoll::wait(&epoll, spare_capacity(&mut events), None)?;
        for event in events.drain(..) {
            let key = event.data.u64();
            if key == LISTENER {
                welcome(&listener, &epoll, &mut guests)?;
                continue;
            }
            let key = usize::try_from(key).map_err(io::Error::other)?;
            let flags = event.flags;
            let ends = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
            if !guests[key].answer(&mut block, ends) {
                guests.remove(key); // The kernel forgets it with its last descriptor.
            }
        }
    }
}

fn welcome(listener: &TcpListener, epoll: &OwnedFd, guests: &mut Slab<Guest>) -> io::Result<()> {
    loop {
        let socket = match listener.accept() {
            Ok((socket, _)) => socket,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        let place = guests.vacant_entry();
        let edges = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(epoll, &socket, EventData::new_u64(place.key() as u64), edges)?;
        place.insert(Guest { socket, rest: Vec::new() });
    }
}

/// A connection, and what did not fit into it.
struct Guest {
    socket: TcpStream,
    rest: Vec<u8>,
}

impl Guest {
    /// Whether it stays. A read that does not fill the block has emptied the socket, but for its end.
    fn answer(&mut self, block: &mut [u8], ends: bool) -> bool {
        loop {
            if !self.rest.is_empty() {
                let rest = std::mem::take(&mut self.rest);
                if !self.say(&rest) {
                    return false;
                }
            }
            if !self.rest.is_empty() {
                return true;
            }
            match self.socket.read(block) {
                Ok(0) => return false,
                Ok(count) if !self.say(&block[..count]) => return false,
                Ok(count) if count < block.len() && !ends => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }

    /// Sends what fits and keeps the rest.
    fn say(&mut self, bytes: &[u8]) -> bool {
        let sent = match self.socket.write(bytes) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => return false,
        };
        self.rest.extend_from_slice(&bytes[sent..]);
        true
    }
}

/// All the datagrams that are there by one call, and back by another.
fn udp_echo(port: u16) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port))?;
    let fd = socket.as_raw_fd();
    let mut heads = MultiHeaders::<SockaddrIn>::preallocate(DATAGRAMS, None);
    let mut answers = MultiHeaders::<SockaddrIn>::preallocate(DATAGRAMS, None);
    let mut blocks = [[0; LONGEST]; DATAGRAMS];
    let mut senders: [Option<SockaddrIn>; DATAGRAMS] = [None; DATAGRAMS];
    let mut sizes = [0; DATAGRAMS];
    loop {
        let mut room = blocks.each_mut().map(|block| [IoSliceMut::new(block)]);
        let mut count = 0;
        for datagram in recvmmsg(fd, &mut heads, &mut room, MsgFlags::MSG_WAITFORONE, None)? {
            senders[count] = datagram.address;
            sizes[count] = datagram.bytes;
            count += 1;
        }
        let filled: [_; DATAGRAMS] = array::from_fn(|i| [IoSlice::new(&blocks[i][..sizes[i]])]);
        let mut sent = 0;
        while sent < count {
            let slices = &filled[sent..count];
            sent += sendmmsg(fd, &mut answers, slices, &senders[sent..count], [], MsgFlags::empty())?.count();
        }
    }
}

/// Read as any program reads.
fn discard(port: u16) -> io::Result<()> {
    let (mut socket, _) = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.accept()?;
    let mut block = vec![0; BLOCK];
    while socket.read(&mut block)? > 0 {}
    Ok(())
}

/// Taken out of the socket and never copied.
fn discard_unread(port: u16) -> io::Result<()> {
    let (socket, _) = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.accept()?;
    let mut block = vec![0; UNREAD];
    while recv(&socket, &mut block[..], RecvFlags::TRUNC)?.1 > 0 {}
    Ok(())
}
