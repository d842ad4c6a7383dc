//! This program started anew as the bluntest probe of a near host: the limit of the machine. One thread connects to one
//! port after another; a socket that was refused is used again for the next. It knows neither pace nor time.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, getsockname, socket_with};

use crate::anew;

/// How long a host next door may be silent.
const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

pub(crate) fn act(role: &str, rest: &[&str]) -> io::Result<()> {
    match (role, rest) {
        ("knock", [host]) => knock(host.parse().map_err(io::Error::other)?),
        _ => Err(anew::no_such_role()),
    }
}

/// At every port.
fn knock(host: Ipv4Addr) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let mut kept = None;
    for port in 1..=u16::MAX {
        let socket = match kept.take() {
            Some(socket) => socket,
            None => new_socket()?,
        };
        let address = SocketAddrV4::new(host, port);
        match ask(&socket, address)? {
            Answer::Refused => kept = Some(socket),
            Answer::Open if !is_joined_to_itself(&socket, address)? => writeln!(stdout, "{port}")?,
            Answer::Open | Answer::Silent => {}
        }
    }
    Ok(())
}

fn new_socket() -> io::Result<OwnedFd> {
    Ok(socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?)
}

enum Answer {
    Open,
    Refused,
    Silent,
}

/// The first call starts the connection, and a near host answers within it; the second tells what the answer was.
fn ask(socket: &OwnedFd, address: SocketAddrV4) -> io::Result<Answer> {
    for _ in 0..3 {
        match connect(socket, &address) {
            Ok(()) | Err(Errno::ISCONN) => return Ok(Answer::Open),
            Err(Errno::CONNREFUSED) => return Ok(Answer::Refused),
            Err(Errno::INPROGRESS) => {}
            Err(Errno::ALREADY) if poll(&mut [PollFd::new(socket, PollFlags::OUT)], Some(&PATIENCE))? > 0 => {}
            Err(Errno::ALREADY) => return Ok(Answer::Silent),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Answer::Silent)
}

/// The kernel may have given the socket the very port it asks for.
fn is_joined_to_itself(socket: &OwnedFd, address: SocketAddrV4) -> io::Result<bool> {
    Ok(SocketAddr::try_from(getsockname(socket)?).is_ok_and(|own| own == SocketAddr::V4(address)))
}
