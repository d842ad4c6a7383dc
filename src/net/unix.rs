//! Files of Unix sockets: a stale one is replaced, one that somebody listens on is not, and ours goes with us.
//!
//! Whoever owns a socket and its file drops the file first: while the socket lives, nobody takes the file for a stale
//! one.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use socket2::{Domain, SockAddr, Socket, Type};

use super::name::sockaddr;
use crate::value::peer::{Addr, UnixName};

/// The file of a socket of ours, removed when it is dropped, unless another has taken its place.
#[derive(Debug)]
pub struct SocketFile {
    path: Rc<Path>,
    device: u64,
    inode: u64,
}

/// Binds a socket to a name. A file with that name is replaced if it is a socket that nobody has open any more.
///
/// # Errors
/// Whatever the system says; EADDRINUSE where the name is somebody's, or no socket's.
pub fn bind(socket: &Socket, name: &UnixName) -> io::Result<Option<SocketFile>> {
    let addr = sockaddr(&Addr::Unix(name.clone()))?;
    let UnixName::Path(path) = name else {
        return socket.bind(&addr).map(|()| None);
    };
    match socket.bind(&addr) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => replace(path, socket, &addr)?,
        done => done?,
    }
    let file = fs::symlink_metadata(path)?;
    Ok(Some(SocketFile { path: Rc::clone(path), device: file.dev(), inode: file.ino() }))
}

/// Takes the place of a stale file. Of two that start at once the second would remove what the first has just bound, so
/// that they take turns, by a lock on the directory: who comes in between finds the name taken.
fn replace(path: &Path, socket: &Socket, addr: &SockAddr) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let turn = fs::File::open(directory); // without it, or without locks there, it is tried without a turn
    let locked = turn.as_ref().map(|turn| flock(turn, FlockOperation::NonBlockingLockExclusive));
    if matches!(locked, Ok(Err(Errno::WOULDBLOCK))) || !is_stale(path, addr) {
        return Err(Errno::ADDRINUSE.into());
    }
    fs::remove_file(path)?;
    socket.bind(addr)
}

/// Whether a file is a socket that nobody has open. It is asked with a datagram socket, whatever is to be bound: whose
/// it is never sees that, while a stream would be accepted as their peer.
fn is_stale(path: &Path, addr: &SockAddr) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    let refused = || {
        let probe = Socket::new(Domain::UNIX, Type::DGRAM, None)?;
        probe.set_nonblocking(true)?;
        probe.connect(addr)
    };
    is_socket && refused().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = |file: &fs::Metadata| (file.dev(), file.ino()) == (self.device, self.inode);
        if fs::symlink_metadata(&self.path).as_ref().is_ok_and(ours) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_file_is_left_alone_while_another_is_about_to_replace_one() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("s");
        let socket = || Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        socket().bind(&SockAddr::unix(&path).expect("a path")).expect("a file that is left behind");
        let name = UnixName::Path(path.as_path().into());

        let turn = fs::File::open(place.path()).expect("the directory");
        flock(&turn, FlockOperation::NonBlockingLockExclusive).expect("the other's turn");
        let error = bind(&socket(), &name).expect_err("it is not our turn");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);

        drop(turn);
        let ours = socket();
        let file = bind(&ours, &name).expect("our turn");
        drop(file);
        assert!(!path.exists());
    }
}
