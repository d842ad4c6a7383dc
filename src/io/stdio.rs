//! stdin and stdout, whatever they are, made fit for a loop that never blocks.
//!
//! `O_NONBLOCK` belongs to the open file description, which the shell and its other programs share: setting it on an
//! inherited descriptor breaks them. So a pipe or a terminal is opened anew by way of `/proc`, a socket is told at each
//! call, and what cannot be opened anew (after su, or without `/proc`) is polled before each call. A file is never
//! opened anew: its offset would start over. A closed descriptor was replaced by `/dev/null` by std at start.

use std::io;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::ask;
use super::endpoint::{Access, Endpoint, Kind};
use super::system::reopen;

/// stdin, ready to be read.
pub fn stdin() -> Endpoint {
    let fd = rustix::stdio::stdin();
    let kind = ask::kind(fd);
    let access = access(kind, || reopen(fd).and_then(|own| Ok(rustix::stdio::dup2_stdin(own)?)));
    Endpoint::stdin(kind, access)
}

/// stdout, ready to be written.
pub fn stdout() -> Endpoint {
    let fd = rustix::stdio::stdout();
    let kind = ask::kind(fd);
    let access = access(kind, || reopen(fd).and_then(|own| Ok(rustix::stdio::dup2_stdout(own)?)));
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
            Err(Errno::INTR) => {}
            Err(Errno::PIPE) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// How long a line waits for somebody to read stderr: a reader on a busy machine may be late, one that is stuck stalls
/// the loop once for so long.
const STDERR_PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Makes stderr fit for the loop too, where it is a pipe or a terminal.
pub fn prepare_stderr() {
    let stderr = rustix::stdio::stderr();
    if matches!(ask::kind(stderr), Kind::Pipe | Kind::Terminal)
        && let Ok(own) = reopen(stderr)
    {
        let _ = rustix::stdio::dup2_stderr(own); // else it stays as it was inherited
    }
}

/// Writes whole lines to stderr: the one place where the loop may wait, since an error is worth it, but a moment only.
/// False where nobody has read stderr meanwhile. Where it is closed there is nobody to tell.
pub fn complain(lines: &str, wait: bool) -> bool {
    let stderr = rustix::stdio::stderr();
    let mut patience = wait.then_some(STDERR_PATIENCE);
    let (mut rest, most) = (lines.as_bytes(), ask::polled_write(ask::kind(stderr)));
    while !rest.is_empty() {
        // Asked first, and given no more than it surely takes: where it could not be opened anew, it blocks.
        let chunk = &rest[..rest.len().min(most)];
        let written = match ask::writable(stderr) {
            true => rustix::io::retry_on_intr(|| rustix::io::write(stderr, chunk)),
            false => Err(Errno::AGAIN),
        };
        match (written, patience.take()) {
            (Ok(count), _) => {
                rest = &rest[count..];
                patience = wait.then_some(STDERR_PATIENCE); // somebody reads
            }
            (Err(Errno::AGAIN), None) => return false,
            (Err(Errno::AGAIN), Some(time)) => {
                let mut fds = [PollFd::from_borrowed_fd(stderr, PollFlags::OUT)];
                let _ = rustix::io::retry_on_intr(|| poll(&mut fds, Some(&time)));
            }
            (Err(_), _) => return true,
        }
    }
    true
}

/// Whether stderr is a terminal, and we are in its foreground.
pub fn stderr_is_ours() -> bool {
    let stderr = rustix::stdio::stderr();
    rustix::termios::isatty(stderr) && ask::in_foreground(stderr)
}

/// Whether what comes is written to a terminal.
pub fn stdout_is_terminal() -> bool {
    rustix::termios::isatty(rustix::stdio::stdout())
}

/// Whether stdout is where stderr is.
pub fn stdout_is_stderr() -> bool {
    ask::same_file(rustix::stdio::stdout(), rustix::stdio::stderr())
}

/// Whether stdin or stdout is a file, whose end is of interest.
pub fn carries_a_file() -> bool {
    ask::is_regular(rustix::stdio::stdin()) || ask::is_regular(rustix::stdio::stdout())
}

fn access(kind: Kind, reopen: impl FnOnce() -> io::Result<()>) -> Access {
    match kind {
        Kind::Socket => Access::DontWait,
        // Until epoll says that it never blocks: there are files that do (/proc/kmsg).
        Kind::File | Kind::Device => Access::Polled,
        Kind::Pipe | Kind::Terminal => match reopen() {
            Ok(()) => Access::Nonblocking,
            Err(_) => Access::Polled,
        },
    }
}
