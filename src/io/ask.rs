//! What the system says of a descriptor, here and now, without waiting.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, SeekFrom};

use super::system::reopen;

/// What a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A socket.
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

/// How much of a file lies behind its offset. The offset is shared with other processes, and is not moved to learn
/// that.
pub(super) fn unread(fd: BorrowedFd<'_>) -> io::Result<u64> {
    let stat = rustix::fs::fstat(fd)?;
    let end = match FileType::from_raw_mode(stat.st_mode) {
        // It has its size at its end only, and an offset of our own to look there.
        FileType::BlockDevice => rustix::fs::seek(reopen(fd)?, SeekFrom::End(0))?,
        FileType::RegularFile => u64::try_from(stat.st_size).unwrap_or(0),
        _ => 0, // a directory has nothing to read
    };
    Ok(end.saturating_sub(rustix::fs::tell(fd)?))
}

/// Whether reading this terminal would not stop us (SIGTTIN): also where it is not our controlling one, ENOTTY.
pub(super) fn in_foreground(terminal: BorrowedFd<'_>) -> bool {
    rustix::termios::tcgetpgrp(terminal).map_or(true, |group| group == rustix::process::getpgrp())
}

/// So many bytes a blocking descriptor takes without a wait when poll(2) has just said that it is writable.
pub(super) fn polled_write(kind: Kind) -> usize {
    match kind {
        // A pseudo-terminal is writable with room for 256 bytes, and a line end takes two (measured: 4,096 block it).
        Kind::Terminal => 128,
        _ => 4_096, // PIPE_BUF; what is no pipe takes more
    }
}

/// Whether it is readable. An end or an error counts: the call that follows tells which.
pub(super) fn readable(fd: BorrowedFd<'_>) -> bool {
    ready([(fd, PollFlags::IN)]) == [true]
}

/// Whether it is writable, an error counting too.
pub fn writable(fd: BorrowedFd<'_>) -> bool {
    ready([(fd, PollFlags::OUT)]) == [true]
}

/// Which of these are ready, asked at the same time.
pub(super) fn ready<const N: usize>(asked: [(BorrowedFd<'_>, PollFlags); N]) -> [bool; N] {
    let mut fds = asked.map(|(fd, what)| PollFd::from_borrowed_fd(fd, what));
    let answered = rustix::io::retry_on_intr(|| poll(&mut fds, Some(&Timespec::default()))).is_ok();
    // Where poll(2) cannot tell, the call that it was asked for has to.
    fds.map(|fd| !answered || !fd.revents().is_empty())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::fd::AsFd;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn asking_what_is_unread_moves_nobodys_offset() {
        const LEN: usize = 50_000;
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&[b'x'; LEN]).expect("write");
        let mut reader = file.reopen().expect("the same file");
        assert_eq!(unread(reader.as_fd()).expect("its size"), LEN as u64);
        let (other, over) = (reader.try_clone().expect("a second descriptor"), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    unread(other.as_fd()).expect("its size");
                }
            });
            let read = (0..LEN).take_while(|_| reader.read(&mut [0]).is_ok_and(|count| count == 1)).count();
            over.store(true, Ordering::Relaxed);
            assert_eq!(read, LEN);
        });
        assert_eq!(unread(other.as_fd()).expect("its size"), 0);
    }
}
