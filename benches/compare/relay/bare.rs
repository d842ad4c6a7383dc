//! This program started anew as a sender or a receiver by bare calls: the limit of the machine.
//! Each role is the shortest loop that does the work; none survives an error, and none knows of any tool.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{Shutdown, shutdown};
use rustix::stdio::{stdin, stdout};

use crate::anew;
use crate::carry::{self, PIPE, owned, splice, widen};

/// The most datagrams one call takes, and the room for each.
const DATAGRAMS: usize = 32;
const LONGEST: usize = 65_536;

pub(crate) fn act(role: &str, rest: &[&str]) -> io::Result<()> {
    let [place] = *rest else {
        return Err(anew::no_such_role());
    };
    match role {
        "send" => send(place),
        "send-polled" => send_polled(place),
        "receive-half-full" => carry::half_full(accept(place)?).map(drop),
        "receive-each-fill" => carry::each_fill(accept(place)?).map(drop),
        "receive-straight" => carry::straight(accept(place)?).map(drop),
        "ask" => ask(place),
        "udp-ask" => udp_ask(place),
        "udp-receive" => udp_receive(place),
        _ => Err(anew::no_such_role()),
    }
}

/// Stdin to the socket without a copy, then waits for the other side's end.
fn send(place: &str) -> io::Result<()> {
    let mut socket = connect(place)?;
    if File::from(stdin().try_clone_to_owned()?).metadata()?.is_file() {
        while rustix::fs::sendfile(&socket, stdin(), None, 1 << 30)? > 0 {}
    } else {
        widen(stdin());
        while splice(stdin(), &socket, PIPE)? > 0 {}
    }
    shutdown(&socket, Shutdown::Write)?;
    socket.read_to_end(&mut Vec::new())?;
    Ok(())
}

/// The file at stdin to the socket, but after a full socket only once it is worth it: one that blocks goes on as soon
/// as anything fits, and on a Unix socket then wakes for each block.
fn send_polled(place: &str) -> io::Result<()> {
    let mut socket = connect(place)?;
    ioctl_fionbio(&socket, true)?;
    loop {
        match rustix::fs::sendfile(&socket, stdin(), None, PIPE) {
            Ok(0) => break,
            Ok(_) => {}
            Err(Errno::AGAIN) => drop(poll(&mut [PollFd::new(&socket, PollFlags::OUT)], None)?),
            Err(error) => return Err(error.into()),
        }
    }
    ioctl_fionbio(&socket, false)?;
    shutdown(&socket, Shutdown::Write)?;
    socket.read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Stdin there, the answer to stdout.
fn ask(place: &str) -> io::Result<()> {
    let mut socket = connect(place)?;
    let mut bytes = Vec::new();
    owned(stdin())?.read_to_end(&mut bytes)?;
    socket.write_all(&bytes)?;
    shutdown(&socket, Shutdown::Write)?;
    bytes.clear();
    socket.read_to_end(&mut bytes)?;
    owned(stdout())?.write_all(&bytes)
}

/// Stdin there as one datagram, the first answer to stdout.
fn udp_ask(port: &str) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, number(port)?))?;
    let mut block = [0; 65536];
    let count = owned(stdin())?.read(&mut block)?;
    socket.send(&block[..count])?;
    let count = socket.recv(&mut block)?;
    owned(stdout())?.write_all(&block[..count])
}

/// Datagrams to stdout, many by each call, never asleep: waking up costs more than a datagram. Ends only when killed.
fn udp_receive(port: &str) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, number(port)?))?;
    let mut headers = MultiHeaders::<SockaddrIn>::preallocate(DATAGRAMS, None);
    let mut blocks = vec![[0; LONGEST]; DATAGRAMS];
    let mut sink = owned(stdout())?;
    loop {
        let mut room: Vec<_> = blocks.iter_mut().map(|block| [IoSliceMut::new(block)]).collect();
        let taken = match recvmmsg(socket.as_raw_fd(), &mut headers, &mut room, MsgFlags::MSG_DONTWAIT, None) {
            Err(nix::Error::EAGAIN) => continue,
            taken => taken?,
        };
        let sizes: Vec<usize> = taken.map(|datagram| datagram.bytes).collect();
        let mut filled: Vec<_> = blocks.iter().zip(&sizes).map(|(block, &size)| IoSlice::new(&block[..size])).collect();
        let mut rest = &mut filled[..];
        while !rest.is_empty() {
            let count = sink.write_vectored(rest)?;
            IoSlice::advance_slices(&mut rest, count);
        }
    }
}

/// A place is a TCP port, or else the path of a Unix socket.
fn connect(place: &str) -> io::Result<File> {
    let socket: OwnedFd = match number(place) {
        Ok(port) => TcpStream::connect((Ipv4Addr::LOCALHOST, port))?.into(),
        Err(_) => UnixStream::connect(place)?.into(),
    };
    Ok(socket.into())
}

fn accept(place: &str) -> io::Result<File> {
    widen(stdout());
    let socket: OwnedFd = match number(place) {
        Ok(port) => TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.accept()?.0.into(),
        Err(_) => UnixListener::bind(place)?.accept()?.0.into(),
    };
    Ok(socket.into())
}

fn number(port: &str) -> io::Result<u16> {
    port.parse().map_err(io::Error::other)
}
