//! A descriptor that bytes come from or go to, and what is known of its readiness.
//!
//! Every endpoint is watched edge-triggered: readiness is remembered, and forgotten when a call (`calls.rs`) would
//! block. It does not know who is at the other end.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use mio::Interest;
use rustix::io::Errno;
use rustix::net::Shutdown;

pub use super::ask::Kind;
pub use super::calls::Io;
pub use super::ready::Ready;
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
    /// A read that does not fill its memory has drained it.
    pub(super) short_is_all: bool,
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

    /// One of TCP. Of it alone a short read tells that there is no more: a Unix stream ends a read behind bytes that
    /// descriptors came with (unix(7), SCM_RIGHTS), a socket of messages behind each.
    pub fn tcp(socket: OwnedFd) -> Self {
        Self { short_is_all: true, ..Self::socket(socket) }
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
            short_is_all: false,
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

    /// Whether a failure to write only says that the reader has left.
    pub fn reader_left(&self, error: &io::Error) -> bool {
        match Errno::from_io_error(error) {
            Some(Errno::PIPE | Errno::CONNRESET) => true,
            Some(Errno::IO) => self.kind == Kind::Terminal, // it was hung up
            _ => false,
        }
    }

    /// Whether it may have something to read, as far as is known.
    pub fn readable(&self) -> bool {
        self.readable
    }

    /// Whether it may take something, as far as is known.
    pub fn writable(&self) -> bool {
        self.writable
    }
}
