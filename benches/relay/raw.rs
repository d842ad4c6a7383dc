//! This program started anew in one small role: the limit of the machine by bare calls, or a pipe's feed or drain.
//! Each role is the shortest loop that does the work; none survives an error, and none knows of any tool.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{Shutdown, shutdown};
use rustix::pipe::{SpliceFlags, fcntl_setpipe_size};
use rustix::stdio::{stdin, stdout};

/// Size of a receiver's own pipe, and the most one call is asked to move.
const PIPE: usize = 1 << 20;

/// What most programs that write in blocks write at once.
const BLOCK: usize = 128 << 10;

/// The most datagrams one call takes, and the room for each.
const DATAGRAMS: usize = 32;
const LONGEST: usize = 65_536;

/// Plays the role named in the arguments behind the flag.
pub(crate) fn act(mut args: impl Iterator<Item = String>) -> Result<(), String> {
    let role = args.next().unwrap_or_default();
    let place = &args.next().unwrap_or_default();
    let done = match role.as_str() {
        "send" => send(place),
        "send-polled" => send_polled(place),
        "receive-half-full" => receive_half_full(place),
        "receive-each-fill" => receive_each_fill(place),
        "receive-straight" => receive_straight(place),
        "ask" => ask(place),
        "udp-ask" => udp_ask(place),
        "udp-receive" => udp_receive(place),
        "feed-by-splice" => feed_by_splice(),
        "feed-by-write" => feed_by_write(),
        "drain" => drain(),
        _ => Err(io::Error::other("no such role")),
    };
    done.map_err(|error| format!("{role}: {error}"))
}

/// A larger pipe than a shell gives, where it is one: what a program that wants speed asks for.
fn widen(pipe: BorrowedFd<'_>) {
    let _ = fcntl_setpipe_size(pipe, PIPE);
}

/// Stdin to the socket without a copy, then waits for the other side's end.
fn send(place: &str) -> io::Result<()> {
    let mut socket = connect(place)?;
    if File::from(stdin().try_clone_to_owned()?).metadata()?.is_file() {
        while rustix::fs::sendfile(&socket, stdin(), None, 1 << 30)? > 0 {}
    } else {
        widen(stdin());
        while splice(stdin(), &socket, PIPE)? > 0 {}
    }
    shutdown(&socket, Shutdown::Write)?;
    socket.read_to_end(&mut Vec::new())?;
    Ok(())
}

/// The file at stdin to the socket, but after a full socket only once it is worth it: one that blocks goes on as soon
/// as anything fits, and on a Unix socket then wakes for each block.
fn send_polled(place: &str) -> io::Result<()> {
    let mut socket = connect(place)?;
    ioctl_fionbio(&socket, true)?;
    loop {
        match rustix::fs::sendfile(&socket, stdin(), None, PIPE) {
            Ok(0) => break,
            Ok(_) => {}
            Err(Errno::AGAIN) => drop(poll(&mut [PollFd::new(&socket, PollFlags::OUT)], None)?),
            Err(error) => return Err(error.into()),
        }
    }
    ioctl_fionbio(&socket, false)?;
    shutdown(&socket, Shutdown::Write)?;
    socket.read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Through an own pipe that is filled until the socket is empty or the pipe half full, then drained.
fn receive_half_full(place: &str) -> io::Result<()> {
    let socket = accept(place)?;
    ioctl_fionbio(&socket, true)?;
    let (reader, writer) = own_pipe()?;
    loop {
        let (held, ended) = fill(&socket, &writer)?;
        drain_pipe(&reader, held)?;
        if ended {
            return Ok(());
        }
        poll(&mut [PollFd::new(&socket, PollFlags::IN)], None)?;
    }
}

/// How many bytes the pipe holds now, and whether the socket has ended.
fn fill(socket: &File, pipe: &io::PipeWriter) -> io::Result<(usize, bool)> {
    let mut held = 0;
    while held < PIPE / 2 {
        match splice(socket, pipe, PIPE - held) {
            Ok(0) => return Ok((held, true)),
            Ok(count) => held += count,
            Err(Errno::AGAIN) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok((held, false))
}

/// Through an own pipe that is drained after each call that put something into it.
fn receive_each_fill(place: &str) -> io::Result<()> {
    let socket = accept(place)?;
    let (reader, writer) = own_pipe()?;
    loop {
        match splice(&socket, &writer, PIPE)? {
            0 => return Ok(()),
            held => drain_pipe(&reader, held)?,
        }
    }
}

/// From the socket to stdout, which has to be a pipe.
fn receive_straight(place: &str) -> io::Result<()> {
    let socket = accept(place)?;
    while splice(&socket, stdout(), PIPE)? > 0 {}
    Ok(())
}

/// Stdin there, the answer to stdout.
fn ask(place: &str) -> io::Result<()> {
    let mut socket = connect(place)?;
    let mut bytes = Vec::new();
    owned(stdin())?.read_to_end(&mut bytes)?;
    socket.write_all(&bytes)?;
    shutdown(&socket, Shutdown::Write)?;
    bytes.clear();
    socket.read_to_end(&mut bytes)?;
    owned(stdout())?.write_all(&bytes)
}

/// Stdin there as one datagram, the first answer to stdout.
fn udp_ask(port: &str) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, number(port)?))?;
    let mut block = [0; 65536];
    let count = owned(stdin())?.read(&mut block)?;
    socket.send(&block[..count])?;
    let count = socket.recv(&mut block)?;
    owned(stdout())?.write_all(&block[..count])
}

/// Datagrams to stdout, many by each call, never asleep: waking up costs more than a datagram. Ends only when killed.
fn udp_receive(port: &str) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, number(port)?))?;
    let mut headers = MultiHeaders::<SockaddrIn>::preallocate(DATAGRAMS, None);
    let mut blocks = vec![[0; LONGEST]; DATAGRAMS];
    let mut sink = owned(stdout())?;
    loop {
        let mut room: Vec<_> = blocks.iter_mut().map(|block| [IoSliceMut::new(block)]).collect();
        let taken = match recvmmsg(socket.as_raw_fd(), &mut headers, &mut room, MsgFlags::MSG_DONTWAIT, None) {
            Err(nix::Error::EAGAIN) => continue,
            taken => taken?,
        };
        let sizes: Vec<usize> = taken.map(|datagram| datagram.bytes).collect();
        let mut filled: Vec<_> = blocks.iter().zip(&sizes).map(|(block, &size)| IoSlice::new(&block[..size])).collect();
        let mut rest = &mut filled[..];
        while !rest.is_empty() {
            let count = sink.write_vectored(rest)?;
            IoSlice::advance_slices(&mut rest, count);
        }
    }
}

/// The file at stdin into the pipe at stdout, page by page and not copied.
fn feed_by_splice() -> io::Result<()> {
    while splice(stdin(), stdout(), PIPE)? > 0 {}
    Ok(())
}

/// The file at stdin into the pipe at stdout, read and written as a program without tricks does.
fn feed_by_write() -> io::Result<()> {
    let (mut file, mut pipe) = (owned(stdin())?, owned(stdout())?);
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(()),
            count => pipe.write_all(&block[..count])?,
        }
    }
}

/// The pipe at stdin into the file at stdout; how much it was is said on stderr.
fn drain() -> io::Result<()> {
    let mut total = 0_u64;
    loop {
        match splice(stdin(), stdout(), PIPE)? {
            0 => break,
            count => total += count as u64,
        }
    }
    eprintln!("{total}");
    Ok(())
}

/// A place is a TCP port, or else the path of a Unix socket.
fn connect(place: &str) -> io::Result<File> {
    let socket: OwnedFd = match number(place) {
        Ok(port) => TcpStream::connect((Ipv4Addr::LOCALHOST, port))?.into(),
        Err(_) => UnixStream::connect(place)?.into(),
    };
    Ok(socket.into())
}

fn accept(place: &str) -> io::Result<File> {
    widen(stdout());
    let socket: OwnedFd = match number(place) {
        Ok(port) => TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.accept()?.0.into(),
        Err(_) => UnixListener::bind(place)?.accept()?.0.into(),
    };
    Ok(socket.into())
}

fn number(port: &str) -> io::Result<u16> {
    port.parse().map_err(io::Error::other)
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

/// A stdio stream as a file without a buffer of its own.
fn owned(stream: BorrowedFd<'_>) -> io::Result<File> {
    Ok(File::from(stream.try_clone_to_owned()?))
}

fn splice(from: impl AsFd, to: impl AsFd, most: usize) -> rustix::io::Result<usize> {
    rustix::pipe::splice(from, None, to, None, most, SpliceFlags::MOVE)
}
