//! A descriptor that bytes come from or go to, and what is known of its readiness.
//!
//! Every endpoint is watched edge-triggered: readiness is remembered, and forgotten when a call would block. It knows
//! how to call without ever blocking, whatever the descriptor is; it does not know who is at the other end.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use mio::Interest;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown};

use super::watch::Watch;
use super::{ask, system};

/// A source or a sink of bytes.
#[derive(Debug)]
pub struct Endpoint {
    fd: Fd,
    pub(super) kind: Kind,
    pub(super) access: Access,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// An edge told more than that bytes came (an end, an error, urgent data): a short read does not mean drained.
    pub(super) eventful: bool,
    broken: bool,
}

/// What a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A stream socket.
    Socket,
    /// A pipe or FIFO.
    Pipe,
    /// A regular file, a block device, a directory (which cannot be read, and says so).
    File,
    /// A terminal.
    Terminal,
    /// Another character device, such as `/dev/null`.
    Device,
}

/// How a call on it is kept from blocking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its open file description is ours, and non-blocking.
    Nonblocking,
    /// It never blocks; epoll refuses it.
    Always,
    /// A socket that is shared with others: each call says so.
    DontWait,
    /// It is shared with others and blocks: poll(2) is asked before each call.
    Polled,
}

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

/// What an event says of a descriptor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ready {
    readable: bool,
    writable: bool,
    eventful: bool,
    broken: bool,
}

impl Ready {
    /// Whether there may be something to read, an error or an end included.
    pub fn readable(self) -> bool {
        self.readable
    }

    /// Whether something may be written.
    pub fn writable(self) -> bool {
        self.writable
    }

    /// Whether it tells of an error, or that nobody takes what is written.
    pub fn broken(self) -> bool {
        self.broken
    }
}

impl From<&mio::event::Event> for Ready {
    fn from(event: &mio::event::Event) -> Self {
        Self {
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable() || event.is_write_closed() || event.is_error(),
            eventful: event.is_read_closed() || event.is_error() || system::is_urgent(event),
            broken: event.is_error() || event.is_write_closed(),
        }
    }
}

#[derive(Debug)]
enum Fd {
    Owned(OwnedFd),
    Stdin,
    Stdout,
}

impl AsFd for Endpoint {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.fd {
            Fd::Owned(fd) => fd.as_fd(),
            Fd::Stdin => rustix::stdio::stdin(),
            Fd::Stdout => rustix::stdio::stdout(),
        }
    }
}

impl Endpoint {
    /// A non-blocking stream socket of our own.
    pub fn socket(socket: OwnedFd) -> Self {
        Self::new(Fd::Owned(socket), Kind::Socket, Access::Nonblocking)
    }

    /// Opens a file, or what else its name leads to, as a source.
    ///
    /// # Errors
    /// Whatever the system says; a directory is none.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        if file.metadata()?.is_dir() {
            return Err(Errno::ISDIR.into()); // which the first read would say, when others rely on it
        }
        let mut source = Self::file(file);
        // A FIFO reads as ended until its first writer has come, which an event tells. But a pipe that has no name
        // (`<(...)`, /dev/stdin) may have been left by its last writer, which no event tells.
        let named = path.canonicalize().is_ok();
        source.readable = source.kind != Kind::Pipe || !named;
        Ok(source)
    }

    /// A file, or what else its name led to, that was opened non-blocking.
    pub fn file(file: File) -> Self {
        let kind = ask::kind(file.as_fd());
        let access = if kind == Kind::Pipe { Access::Nonblocking } else { Access::Polled };
        Self::new(Fd::Owned(file.into()), kind, access)
    }

    /// Our own `/dev/null`.
    ///
    /// # Errors
    /// Whatever the system says to opening it.
    pub fn null() -> io::Result<Self> {
        let file = File::options().read(true).write(true).open("/dev/null")?;
        Ok(Self::new(Fd::Owned(file.into()), Kind::Device, Access::Always))
    }

    /// Descriptor 0, prepared by [`super::stdio`].
    pub(super) fn stdin(kind: Kind, access: Access) -> Self {
        Self::new(Fd::Stdin, kind, access)
    }

    /// Descriptor 1, prepared by [`super::stdio`].
    pub(super) fn stdout(kind: Kind, access: Access) -> Self {
        Self::new(Fd::Stdout, kind, access)
    }

    fn new(fd: Fd, kind: Kind, access: Access) -> Self {
        Self {
            fd,
            kind,
            access,
            // A FIFO reopened after its writer has gone gives no event, not even of the end: try once before waiting.
            // A terminal must not be read before it has a line: SIGTTIN stops who reads it from the background.
            readable: kind != Kind::Terminal,
            writable: true,
            eventful: false,
            broken: false,
        }
    }

    /// What the descriptor is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Has the loop tell of its readiness.
    ///
    /// # Errors
    /// Whatever the system says, but that the descriptor cannot be watched: then it never blocks.
    pub fn watch(&mut self, watch: Watch<'_>, source: usize) -> io::Result<()> {
        let interest = match self.fd {
            Fd::Owned(_) => Interest::READABLE | Interest::WRITABLE,
            Fd::Stdin => Interest::READABLE,
            Fd::Stdout => Interest::WRITABLE,
        };
        let interest = match self.kind {
            Kind::Socket => system::with_urgent(interest),
            _ => interest,
        };
        match watch.add(&*self, source, interest) {
            Err(error) if Errno::from_io_error(&error).is_some_and(|error| system::NEVER_WATCHED.contains(&error)) => {
                self.access = Access::Always;
                self.readable = true;
                Ok(())
            }
            done => done,
        }
    }

    /// Stops watching, and closes. Descriptors 0 and 1 stay taken, by `/dev/null`: else the next socket would be one.
    pub fn close(self, watch: Watch<'_>) {
        // Before the close: where the shell shares the description, epoll would go on telling of it.
        watch.remove(&self);
        if matches!(self.fd, Fd::Stdout)
            && self.kind == Kind::Socket
            && ask::same_file(self.as_fd(), rustix::stdio::stdin())
        {
            // One socket for both (inetd, socat EXEC): while it is also stdin, closing it ends nothing for its reader.
            let _ = rustix::net::shutdown(self.as_fd(), Shutdown::Write);
        }
        let null = match self.fd {
            Fd::Owned(_) => return,
            Fd::Stdin | Fd::Stdout => Self::null(),
        };
        // Without /dev/null (a bare chroot) the descriptor stays open until the process ends.
        if let Ok(null) = null {
            let _ = match self.fd {
                Fd::Stdin => rustix::stdio::dup2_stdin(null.as_fd()),
                _ => rustix::stdio::dup2_stdout(null.as_fd()),
            };
        }
    }

    /// Where in a regular file it stands; none where it is none.
    pub fn file_offset(&self) -> Option<u64> {
        ask::is_regular(self.as_fd()).then(|| rustix::fs::tell(self).ok()).flatten()
    }

    /// Reads a regular file at an offset of the caller's own.
    ///
    /// # Errors
    /// Whatever the system says, but that it was interrupted.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::retry_on_intr(|| rustix::io::pread(self, &mut *buf, offset))?)
    }

    /// What of a source was not read yet, as far as the system tells; and whether more may stand behind it.
    pub fn left(&self) -> (u64, bool) {
        let fd = self.as_fd();
        match self.kind {
            Kind::File => (ask::unread(fd).unwrap_or(0), false),
            Kind::Pipe | Kind::Socket => (rustix::io::ioctl_fionread(fd).unwrap_or(0), true),
            Kind::Terminal | Kind::Device => (0, true),
        }
    }

    /// Takes note of an event.
    pub fn mark(&mut self, ready: Ready) {
        self.readable |= ready.readable;
        self.writable |= ready.writable;
        self.eventful |= ready.eventful;
        self.broken |= ready.broken;
    }

    /// Whether an event told of an error, or that nobody takes what is written.
    pub fn broken(&self) -> bool {
        self.broken
    }

    /// Whether it may have something to read, as far as is known.
    pub fn readable(&self) -> bool {
        self.readable
    }

    /// Whether it may take something, as far as is known.
    pub fn writable(&self) -> bool {
        self.writable
    }

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

    /// A short read has drained a socket, so the call that would only say so is saved. But data and FIN may come in one
    /// edge, and there is no second one.
    fn got(&mut self, count: usize, room: usize) -> Io {
        if count < room && self.kind == Kind::Socket && !self.eventful {
            self.readable = false;
        }
        Io::Moved(count)
    }

    /// Takes what has come to a socket and forgets it: at most so many bytes as there is memory for. Linux need not even
    /// copy it (tcp(7), MSG_TRUNC), so the memory may be left as it was.
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
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<Io> {
        loop {
            if !self.writable || (self.access == Access::Polled && !self.ask_writable()) {
                return Ok(Io::Blocked);
            }
            let put = match (self.access, self.kind) {
                // As write(2), it raises no signal where nobody reads: std ignores SIGPIPE.
                (Access::DontWait, _) => rustix::net::send(self.as_fd(), bytes, SendFlags::DONTWAIT),
                (Access::Polled, _) => rustix::io::write(self.as_fd(), &bytes[..bytes.len().min(ask::POLLED_WRITE)]),
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
