//! One peer of a server that echoes: it asks with 64 bytes, hears them, and asks anew. No two questions are alike.

use std::io::{self, Error, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

/// Bytes of a question.
pub(crate) const SIZE: usize = 64;

/// How long a datagram's answer may take before the question is asked again.
pub(crate) const AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// How long the first answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the questions travel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Tcp,
    Udp,
}

/// A socket, what was asked last, and what was heard of that.
pub(crate) struct Caller {
    way: Way,
    socket: OwnedFd,
    pub(crate) trips: u64,
    question: [u8; SIZE],
    answer: [u8; SIZE],
    heard: usize,
}

impl Caller {
    /// Returns after the first trip: a connection alone may stand without the server's knowing.
    pub(crate) fn connect(way: Way, server: SocketAddr, number: usize) -> io::Result<Self> {
        let socket = match way {
            Way::Tcp => {
                let socket = TcpStream::connect_timeout(&server, PATIENCE)?;
                socket.set_nodelay(true)?;
                socket.set_nonblocking(true)?;
                socket.into()
            }
            Way::Udp => {
                let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
                socket.connect(server)?;
                socket.set_nonblocking(true)?;
                socket.into()
            }
        };
        let mut question = [b'.'; SIZE];
        question[8..16].copy_from_slice(&number.to_be_bytes());
        let mut caller = Self { way, socket, trips: 0, question, answer: [0; SIZE], heard: 0 };
        caller.stand()?;
        Ok(caller)
    }

    fn stand(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        self.ask()?;
        while Instant::now() < deadline {
            match poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&AGAIN))? {
                0 => self.ask_again()?,
                _ if self.hear()? => return Ok(()),
                _ => {}
            }
        }
        Err(Error::new(ErrorKind::TimedOut, "no answer"))
    }

    /// Asks the next question. Only that few bytes are under way, so they always fit.
    pub(crate) fn ask(&mut self) -> io::Result<()> {
        self.question[..8].copy_from_slice(&self.trips.to_be_bytes());
        self.heard = 0;
        match send(&self.socket, &self.question, SendFlags::NOSIGNAL) {
            Ok(SIZE) => Ok(()),
            Ok(_) => Err(Error::new(ErrorKind::WriteZero, "a question did not fit")),
            Err(Errno::CONNREFUSED) if self.way == Way::Udp => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The same question again, if it may have been lost.
    pub(crate) fn ask_again(&mut self) -> io::Result<()> {
        match self.way {
            Way::Tcp => Ok(()),
            Way::Udp => self.ask(),
        }
    }

    /// Reads once, and says whether the answer is complete.
    pub(crate) fn hear(&mut self) -> io::Result<bool> {
        let count = match recv(&self.socket, &mut self.answer[self.heard..], RecvFlags::empty()) {
            Ok((count, _)) => count,
            Err(Errno::AGAIN) => return Ok(false),
            // While a forking server takes one peer, the port is nobody's: the question is lost.
            Err(Errno::CONNREFUSED) if self.way == Way::Udp => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let complete = match self.way {
            Way::Tcp => self.hear_part(count)?,
            // What is no answer to this question is one to its double.
            Way::Udp => count == SIZE && self.answer == self.question,
        };
        self.trips += u64::from(complete);
        Ok(complete)
    }

    fn hear_part(&mut self, count: usize) -> io::Result<bool> {
        if count == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "a connection was closed"));
        }
        self.heard += count;
        if self.heard < SIZE {
            return Ok(false);
        }
        if self.answer != self.question {
            return Err(Error::new(ErrorKind::InvalidData, "SPOILT: an answer is another"));
        }
        Ok(true)
    }
}

impl AsFd for Caller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
