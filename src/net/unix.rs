//! Files of Unix sockets: a stale one is replaced, one that somebody listens on is not, and ours goes with us.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::rc::Rc;

use socket2::{Domain, SockAddr, Socket, Type};

use super::name::sockaddr;
use crate::cli::peer::{Addr, UnixName};

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
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path, socket, &addr) => {
            fs::remove_file(path)?;
            socket.bind(&addr)?;
        }
        done => done?,
    }
    let file = fs::symlink_metadata(path)?;
    Ok(Some(SocketFile { path: Rc::clone(path), device: file.dev(), inode: file.ino() }))
}

/// Whether a file is a socket that nobody has open. It is asked with a socket of the other type: if it is somebody's, that
/// is refused as the wrong one (EPROTOTYPE), and they never see it; a stream would be accepted as their peer.
fn is_stale(path: &Path, like: &Socket, addr: &SockAddr) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    let refused = || {
        let other = if like.r#type()? == Type::STREAM { Type::DGRAM } else { Type::STREAM };
        let probe = Socket::new(Domain::UNIX, other, None)?;
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
