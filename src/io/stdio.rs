//! stdin and stdout, whatever they are, made fit for a loop that never blocks.
//!
//! `O_NONBLOCK` belongs to the open file description, which the shell and its other programs share: setting it on an
//! inherited descriptor breaks them. So a pipe or a terminal is opened anew by way of `/proc`, a socket is told at each
//! call, and what cannot be opened anew (after su, or without `/proc`) is polled before each call. A file is never
//! opened anew: its offset would start over. A closed descriptor was replaced by `/dev/null` by std at start.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags};

use super::endpoint::{Access, Endpoint, Kind, POLLED_WRITE};

/// stdin, ready to be read.
pub fn stdin() -> Endpoint {
    let fd = rustix::stdio::stdin();
    let kind = kind(fd);
    let access = access(kind, || reopen(0, OFlags::RDONLY).and_then(|own| Ok(rustix::stdio::dup2_stdin(own)?)));
    Endpoint::stdin(kind, access)
}

/// stdout, ready to be written.
pub fn stdout() -> Endpoint {
    let fd = rustix::stdio::stdout();
    let kind = kind(fd);
    let access = access(kind, || reopen(1, OFlags::WRONLY).and_then(|own| Ok(rustix::stdio::dup2_stdout(own)?)));
    Endpoint::stdout(kind, access)
}

/// Writes a text whole to stdout, for help and the version, before any loop runs.
///
/// # Errors
/// Whatever the system says, but that the reader has gone.
pub fn print(text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), rest) {
            Ok(count) => rest = &rest[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::PIPE) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// stderr: the one place where the loop may wait, since an error is worth it. But not for ever: where nobody reads,
/// lines are dropped, and how many is told once somebody does.
#[derive(Debug, Default)]
pub struct Stderr {
    dropped: u64,
}

/// How long a line waits for somebody to read stderr. Once it has waited in vain, the next ones do not wait.
const STDERR_PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

impl Stderr {
    /// Writes whole lines. Where stderr is closed there is nobody to tell.
    pub fn write(&mut self, lines: &str) {
        if self.dropped > 0 {
            let note = format!("nsock: {} messages were dropped: nobody read stderr\n", self.dropped);
            if !self.accepts(&note) {
                self.dropped += 1;
                return;
            }
            self.dropped = 0;
        }
        if !lines.is_empty() && !self.accepts(lines) {
            self.dropped += 1;
        }
    }

    fn accepts(&self, lines: &str) -> bool {
        let patience = if self.dropped == 0 { STDERR_PATIENCE } else { Timespec::default() };
        lines.as_bytes().chunks(POLLED_WRITE).all(|chunk| {
            let stderr = rustix::stdio::stderr();
            let mut fds = [PollFd::from_borrowed_fd(stderr, PollFlags::OUT)];
            match rustix::io::retry_on_intr(|| poll(&mut fds, Some(&patience))) {
                Ok(0) => false,
                _ => {
                    let _ = rustix::io::retry_on_intr(|| rustix::io::write(stderr, chunk));
                    true
                }
            }
        })
    }
}

/// What of a source was not read yet: its bytes, and whether more may stand behind them.
pub fn left(source: &Endpoint) -> (u64, bool) {
    let fd = source.as_fd();
    match source.kind() {
        Kind::File => {
            let size = rustix::fs::fstat(fd).map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or(0));
            let offset = rustix::fs::tell(fd).unwrap_or(size);
            (size.saturating_sub(offset), false)
        }
        Kind::Pipe | Kind::Socket => (rustix::io::ioctl_fionread(fd).unwrap_or(0), true),
        Kind::Terminal | Kind::Device => (0, true),
    }
}

fn kind(fd: BorrowedFd<'_>) -> Kind {
    let Ok(stat) = rustix::fs::fstat(fd) else {
        return Kind::File; // the first call on it says why
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Socket => Kind::Socket,
        FileType::Fifo => Kind::Pipe,
        FileType::CharacterDevice if rustix::termios::isatty(fd) => Kind::Terminal,
        FileType::CharacterDevice => Kind::Device,
        _ => Kind::File,
    }
}

fn access(kind: Kind, reopen: impl FnOnce() -> io::Result<()>) -> Access {
    match kind {
        Kind::File => Access::Always,
        Kind::Socket => Access::DontWait,
        Kind::Device => Access::Polled, // until epoll says that it never blocks
        Kind::Pipe | Kind::Terminal => match reopen() {
            Ok(()) => Access::Nonblocking,
            Err(_) => Access::Polled,
        },
    }
}

/// Opens what a descriptor of this process stands for anew, as an open file description of our own.
#[cfg(target_os = "linux")]
fn reopen(number: u8, direction: OFlags) -> io::Result<OwnedFd> {
    let flags = direction | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(format!("/proc/self/fd/{number}"), flags, Mode::empty())?)
}

/// Elsewhere `/dev/fd` duplicates the description instead of opening it anew.
#[cfg(not(target_os = "linux"))]
fn reopen(_: u8, _: OFlags) -> io::Result<OwnedFd> {
    let _ = Mode::empty();
    Err(io::ErrorKind::Unsupported.into())
}
