//! Addresses in the words of the system's calls, and back.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

use socket2::SockAddr;

use crate::value::peer::{Addr, UnixName};

/// An address as the system takes it.
///
/// # Errors
/// A Unix name that is too long.
pub(super) fn sockaddr(addr: &Addr) -> io::Result<SockAddr> {
    match addr {
        Addr::Inet(addr) => Ok((*addr).into()),
        Addr::Unix(UnixName::Path(path)) => SockAddr::unix(path),
        Addr::Unix(UnixName::Abstract(name)) => {
            let bytes = [b"\0".as_slice(), name].concat();
            SockAddr::unix(OsStr::from_bytes(&bytes))
        }
        Addr::Unix(UnixName::Unnamed) => SockAddr::unix(""),
    }
}

/// An address as the system gives it.
pub(super) fn addr(addr: &SockAddr) -> Addr {
    if let Some(inet) = addr.as_socket() {
        return Addr::Inet(inet);
    }
    Addr::Unix(match (addr.as_pathname(), addr.as_abstract_namespace()) {
        (Some(path), _) => UnixName::Path(path.into()),
        (_, Some(name)) => UnixName::Abstract(name.into()),
        _ => UnixName::Unnamed,
    })
}
