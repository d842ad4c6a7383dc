//! The calls that move an endpoint's bytes: none blocks, whatever the descriptor is, and each remembers what it learns
//! of its readiness.

use std::io;
use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::ask::{self, Kind};
use super::endpoint::{Access, Endpoint};
use super::system;

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Io {
    /// So many bytes were moved.
    Moved(usize),
    /// Nothing can be moved now; an event will tell when.
    Blocked,
    /// Nothing will come any more.
    End,
}

impl Endpoint {
    /// Asks the system whether it is readable now, and remembers a no.
    pub(super) fn ask_readable(&mut self) -> bool {
        self.readable = self.access == Access::Always || ask::readable(self.as_fd());
        self.readable
    }

    /// Asks the system whether it is writable now, and remembers a no.
    pub(super) fn ask_writable(&mut self) -> bool {
        self.writable = self.access == Access::Always || ask::writable(self.as_fd());
        self.writable
    }

    /// Reads once, without blocking.
    ///
    /// # Errors
    /// Whatever the system says, but that it would block or was interrupted.
    #[inline(always)] // dear to return from (`net/knock/begin.rs`): with those of the hub, 9 % of the CPU of an echo to 100 peers
    pub fn read(&mut self, buf: &mut [u8]) -> io::Result<Io> {
        loop {
            if self.kind == Kind::Terminal && self.readable && !ask::in_foreground(self.as_fd()) {
                self.readable = false; // what is typed is the shell's; once in the foreground, the next line tells
            }
            if !self.readable || (self.access == Access::Polled && !self.ask_readable()) {
                return Ok(Io::Blocked);
            }
            let got = match self.access {
                Access::DontWait => rustix::net::recv(self.as_fd(), &mut *buf, RecvFlags::DONTWAIT).map(|(n, _)| n),
                _ => rustix::io::read(self.as_fd(), &mut *buf),
            };
            match got {
                Ok(0) => return Ok(Io::End),
                Ok(count) => return Ok(self.got(count, buf.len())),
                Err(Errno::AGAIN) if self.access != Access::Always => self.readable = false,
                Err(Errno::INTR) => {}
                // How a terminal ends whose other side is gone.
                Err(Errno::IO) if self.kind == Kind::Terminal => return Ok(Io::End),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Where a short read tells that there is no more, the call that would only say so is saved. But data and FIN may
    /// come in one edge, and there is no second one.
    fn got(&mut self, count: usize, room: usize) -> Io {
        if count < room && self.short_is_all && !self.eventful {
            self.readable = false;
        }
        Io::Moved(count)
    }

    /// Takes what has come to a socket and forgets it: at most so many bytes as there is memory for. Linux need not
    /// even copy it (tcp(7), MSG_TRUNC), so the memory may be left as it was.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn skip(&mut self, buf: &mut [u8]) -> io::Result<Io> {
        while self.readable && self.kind == Kind::Socket {
            match system::skip(self.as_fd(), buf) {
                Ok(0) => return Ok(Io::End),
                Ok(count) => return Ok(self.got(count, buf.len())),
                Err(Errno::AGAIN) => self.readable = false,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.read(buf)
    }

    /// Writes once, without blocking; never says [`Io::End`].
    ///
    /// # Errors
    /// Whatever the system says, but that it would block or was interrupted.
    #[inline(always)] // see `read`
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<Io> {
        loop {
            if !self.writable || (self.access == Access::Polled && !self.ask_writable()) {
                return Ok(Io::Blocked);
            }
            let put = match (self.access, self.kind) {
                // As write(2), it raises no signal where nobody reads: std ignores SIGPIPE.
                (Access::DontWait, _) => rustix::net::send(self.as_fd(), bytes, SendFlags::DONTWAIT),
                (Access::Polled, kind) => {
                    rustix::io::write(self.as_fd(), &bytes[..bytes.len().min(ask::polled_write(kind))])
                }
                _ => rustix::io::write(self.as_fd(), bytes),
            };
            match put {
                Ok(count) => return Ok(Io::Moved(count)),
                Err(Errno::AGAIN) if self.access != Access::Always => self.writable = false,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
