//! Bare calls that carry a socket's bytes to stdout until they end, each the shortest loop of its kind; how many there
//! were.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::pipe::{SpliceFlags, fcntl_setpipe_size};
use rustix::stdio::stdout;

/// Size of a receiver's own pipe, and the most one call is asked to move.
pub(crate) const PIPE: usize = 1 << 20;

/// A larger pipe than a shell gives, where it is one: what a program that wants speed asks for.
pub(crate) fn widen(pipe: BorrowedFd<'_>) {
    let _ = fcntl_setpipe_size(pipe, PIPE);
}

/// Through an own pipe that is filled until the socket is empty or the pipe half full, then drained.
pub(crate) fn half_full(socket: impl AsFd) -> io::Result<u64> {
    ioctl_fionbio(&socket, true)?;
    let (reader, writer) = own_pipe()?;
    let mut total = 0;
    loop {
        let (held, ended) = fill(&socket, &writer)?;
        drain_pipe(&reader, held)?;
        total += held as u64;
        if ended {
            return Ok(total);
        }
        poll(&mut [PollFd::new(&socket, PollFlags::IN)], None)?;
    }
}

/// How many bytes the pipe holds now, and whether the socket has ended.
fn fill(socket: impl AsFd, pipe: &io::PipeWriter) -> io::Result<(usize, bool)> {
    let mut held = 0;
    while held < PIPE / 2 {
        match splice(&socket, pipe, PIPE - held) {
            Ok(0) => return Ok((held, true)),
            Ok(count) => held += count,
            Err(Errno::AGAIN) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok((held, false))
}

/// Through an own pipe that is drained after each call that put something into it.
pub(crate) fn each_fill(socket: impl AsFd) -> io::Result<u64> {
    let (reader, writer) = own_pipe()?;
    let mut total = 0;
    loop {
        match splice(&socket, &writer, PIPE)? {
            0 => return Ok(total),
            held => {
                drain_pipe(&reader, held)?;
                total += held as u64;
            }
        }
    }
}

/// From there to stdout; one of the two has to be a pipe.
pub(crate) fn straight(from: impl AsFd) -> io::Result<u64> {
    let mut total = 0;
    loop {
        match splice(&from, stdout(), PIPE)? {
            0 => return Ok(total),
            count => total += count as u64,
        }
    }
}

/// A stdio stream as a file without a buffer of its own.
pub(crate) fn owned(stream: BorrowedFd<'_>) -> io::Result<File> {
    Ok(File::from(stream.try_clone_to_owned()?))
}

pub(crate) fn splice(from: impl AsFd, to: impl AsFd, most: usize) -> rustix::io::Result<usize> {
    rustix::pipe::splice(from, None, to, None, most, SpliceFlags::MOVE)
}

fn own_pipe() -> io::Result<(io::PipeReader, io::PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    fcntl_setpipe_size(&writer, PIPE)?;
    Ok((reader, writer))
}

fn drain_pipe(pipe: &io::PipeReader, mut held: usize) -> io::Result<()> {
    while held > 0 {
        held -= splice(pipe, stdout(), held)?;
    }
    Ok(())
}
