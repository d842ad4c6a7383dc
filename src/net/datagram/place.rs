//! Where a datagram came from or goes to, and how the system writes that. It does not know what names mean.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg;
use rustix::net::{AddressFamily, SocketAddrAny, SocketAddrUnix};

use super::super::system;
use crate::value::peer::{self as cli, Addr};

/// The longest name of a Unix socket (`sun_path`, unix(7)). A path of this length can be sent to, but not told as a
/// sender's.
const LONGEST: usize = 108;

/// The address of a datagram socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// UDP.
    Inet(SocketAddr),
    /// A Unix socket; one that has no name can be heard but not answered.
    Unix(Option<UnixName>),
}

/// The name of a Unix socket, kept in place: a datagram's sender costs no allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnixName {
    len: u8,
    bytes: [u8; LONGEST],
}

impl UnixName {
    /// A path, or a NUL and an abstract name.
    ///
    /// # Errors
    /// ENAMETOOLONG.
    pub fn new(name: &[u8]) -> io::Result<Self> {
        let mut bytes = [0; LONGEST];
        bytes.get_mut(..name.len()).ok_or(Errno::NAMETOOLONG)?.copy_from_slice(name);
        Ok(Self { len: name.len() as u8, bytes })
    }

    /// The path, or a NUL and the abstract name.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Debug for UnixName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.bytes().escape_ascii())
    }
}

impl Place {
    /// Whether a datagram can be sent to it.
    pub fn has_name(&self) -> bool {
        !matches!(self, Self::Unix(None))
    }

    /// The address as everybody else writes it.
    pub fn addr(&self) -> Addr {
        let name = match self {
            Self::Inet(addr) => return Addr::Inet(*addr),
            Self::Unix(name) => name.as_ref().map(UnixName::bytes),
        };
        Addr::Unix(match name {
            None => cli::UnixName::Unnamed,
            Some([0, name @ ..]) => cli::UnixName::Abstract(name.into()),
            Some(path) => cli::UnixName::Path(Path::new(OsStr::from_bytes(path)).into()),
        })
    }

    /// The place that the system names; nothing stands for a Unix socket without a name.
    pub(super) fn of(addr: Option<SocketAddrAny>) -> Self {
        let Some(addr) = addr else { return Self::Unix(None) };
        match addr.address_family() {
            // The kernel adds a NUL to a path of 108 bytes, which is then longer than sun_path, and rustix panics
            // there: whoever is bound to one has no name here.
            AddressFamily::UNIX if addr.addr_len() as usize > size_of::<libc::sockaddr_un>() => Self::Unix(None),
            AddressFamily::UNIX => Self::Unix(SocketAddrUnix::try_from(addr).ok().and_then(|addr| unix_name(&addr))),
            _ => SocketAddr::try_from(addr).map_or(Self::Unix(None), Self::Inet),
        }
    }

    /// The place in the system's words.
    ///
    /// # Errors
    /// EDESTADDRREQ: it has no name.
    pub(in crate::net) fn to_system(self) -> io::Result<SocketAddrAny> {
        match self {
            Self::Inet(addr) => Ok(addr.as_any()),
            Self::Unix(None) => Err(Errno::DESTADDRREQ.into()),
            Self::Unix(Some(name)) => Ok(unix_addr(name.bytes())?.as_any()),
        }
    }
}

fn unix_name(addr: &SocketAddrUnix) -> Option<UnixName> {
    if let Some(name) = system::abstract_name(addr) {
        let mut bytes = [0; LONGEST];
        bytes.get_mut(1..=name.len())?.copy_from_slice(name);
        return Some(UnixName { len: name.len() as u8 + 1, bytes });
    }
    // rustix keeps the NUL of a path of 107 bytes, which it takes for one of 108 that has none.
    let path = addr.path_bytes()?;
    UnixName::new(path.split(|&byte| byte == 0).next().unwrap_or(path)).ok()
}

fn unix_addr(name: &[u8]) -> io::Result<SocketAddrUnix> {
    match name {
        [0, name @ ..] => Ok(system::abstract_addr(name)?),
        path => Ok(SocketAddrUnix::new(path)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(place: Place) {
        assert_eq!(Place::of(Some(place.to_system().expect("it has a name"))), place);
    }

    #[test]
    fn a_place_survives_the_systems_words() {
        for addr in ["192.0.2.7:65535", "[2001:db8::7]:1", "[fe80::1%3]:53"] {
            there_and_back(Place::Inet(addr.parse().expect("an address")));
        }
        for name in [&b"/tmp/socket"[..], &[b'p'; LONGEST - 1]] {
            there_and_back(Place::Unix(Some(UnixName::new(name).expect("it fits"))));
        }
    }

    #[test]
    #[cfg_attr(feature = "portable", ignore = "every name is a path")]
    fn an_abstract_name_keeps_its_first_and_last_nul() {
        there_and_back(Place::Unix(Some(UnixName::new(b"\0name\0").expect("it fits"))));
        there_and_back(Place::Unix(Some(UnixName::new(&[0; LONGEST]).expect("it fits"))));
    }

    #[test]
    fn a_name_too_long_and_no_name_are_errors() {
        let error = UnixName::new(&[b'p'; LONGEST + 1]).expect_err("it is too long");
        assert_eq!(error.raw_os_error(), Some(libc::ENAMETOOLONG));
        let error = Place::Unix(None).to_system().expect_err("nobody is there");
        assert_eq!(error.raw_os_error(), Some(libc::EDESTADDRREQ));
    }
}
