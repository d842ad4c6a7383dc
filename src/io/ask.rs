//! What the system says of a descriptor, here and now, without waiting.

use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, SeekFrom};

use super::endpoint::Kind;

/// A pipe accepts a write of so many bytes whole when poll(2) says that it is writable (PIPE_BUF).
pub(super) const POLLED_WRITE: usize = 4_096;

/// What it is.
pub(super) fn kind(fd: BorrowedFd<'_>) -> Kind {
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

/// Whether it is a regular file.
pub(super) fn is_regular(fd: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file())
}

/// Whether two are the same file or socket.
pub(super) fn same_file(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    let id = |fd| rustix::fs::fstat(fd).map(|stat| (stat.st_dev, stat.st_ino));
    id(one).is_ok_and(|one| id(other) == Ok(one))
}

/// How much of a file lies behind its offset. A block device has its size at its end only; a directory, whose end is
/// anywhere, has nothing to read.
pub(super) fn unread(fd: BorrowedFd<'_>) -> rustix::io::Result<u64> {
    if FileType::from_raw_mode(rustix::fs::fstat(fd)?.st_mode).is_dir() {
        return Ok(0);
    }
    let offset = rustix::fs::tell(fd)?;
    let end = rustix::fs::seek(fd, SeekFrom::End(0))?;
    rustix::fs::seek(fd, SeekFrom::Start(offset))?;
    Ok(end.saturating_sub(offset))
}

/// Whether reading this terminal would not stop us (SIGTTIN): also where it is not our controlling one, ENOTTY.
pub(super) fn in_foreground(terminal: BorrowedFd<'_>) -> bool {
    rustix::termios::tcgetpgrp(terminal).map_or(true, |group| group == rustix::process::getpgrp())
}

/// Whether it is readable. An end or an error counts: the call that follows tells which.
pub(super) fn readable(fd: BorrowedFd<'_>) -> bool {
    ready([(fd, PollFlags::IN)]) == [true]
}

/// Whether it is writable, an error counting too.
pub(super) fn writable(fd: BorrowedFd<'_>) -> bool {
    ready([(fd, PollFlags::OUT)]) == [true]
}

/// Which of these are ready, asked at the same time.
pub(super) fn ready<const N: usize>(asked: [(BorrowedFd<'_>, PollFlags); N]) -> [bool; N] {
    let mut fds = asked.map(|(fd, what)| PollFd::from_borrowed_fd(fd, what));
    let answered = rustix::io::retry_on_intr(|| poll(&mut fds, Some(&Timespec::default()))).is_ok();
    // Where poll(2) cannot tell, the call that it was asked for has to.
    fds.map(|fd| !answered || !fd.revents().is_empty())
}
