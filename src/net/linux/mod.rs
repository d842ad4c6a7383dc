//! What only Linux has, or only Linux promises. `plain.rs` has the same names, by what every system has.

mod connect;
mod many;
mod path;
mod refusal;

use std::io;

use rustix::net::SocketAddrUnix;
use socket2::Socket;

pub(super) use connect::{IS_FIT_AFTER_FAILURE, choose_port_late, dissolve, look};
pub(super) use many::{Headers, send_many};
pub(super) use path::measure;
pub(super) use refusal::{OWN_REFUSALS, dropped, keep_refusals, next_refusal};

/// Binds a socket to an interface (socket(7), SO_BINDTODEVICE).
pub(super) fn bind_interface(socket: &Socket, name: &str) -> io::Result<()> {
    socket.bind_device(Some(name.as_bytes()))
}

/// Whether a Unix socket that is bound to no name gets a free one (unix(7), autobind).
pub(super) const NAMES_THE_UNNAMED: bool = true;

/// The name of a Unix socket that is no path (unix(7)), without its first NUL.
pub(super) fn abstract_name(addr: &SocketAddrUnix) -> Option<&[u8]> {
    addr.abstract_name()
}

/// The address of such a name.
pub(super) fn abstract_addr(name: &[u8]) -> rustix::io::Result<SocketAddrUnix> {
    SocketAddrUnix::new_abstract_name(name)
}
