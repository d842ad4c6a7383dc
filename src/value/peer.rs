//! Who is at an end of a conversation: protocol, address, and the name that led to it.

use std::ffi::OsStr;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

/// How bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proto {
    /// A stream over IP.
    Tcp,
    /// Datagrams over IP (`-u`).
    Udp,
    /// A stream within this machine (`-U`).
    Unix,
    /// Datagrams within this machine (`-u -U`).
    UnixDatagram,
}

impl Proto {
    /// One word, as messages and `--json` have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Unix => "unix",
            Self::UnixDatagram => "unixgram",
        }
    }

    /// Whether it carries datagrams instead of a stream.
    pub const fn is_datagram(self) -> bool {
        matches!(self, Self::Udp | Self::UnixDatagram)
    }

    /// Whether it stays within this machine.
    pub const fn is_unix(self) -> bool {
        matches!(self, Self::Unix | Self::UnixDatagram)
    }
}

/// The name of a Unix socket (unix(7)).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UnixName {
    /// A file.
    Path(Rc<Path>),
    /// A name of Linux's abstract namespace, written `@name`.
    Abstract(Rc<[u8]>),
    /// None: what a socket has that was never bound.
    Unnamed,
}

impl UnixName {
    /// Parses a path, or `@name`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &OsStr) -> Result<Self, String> {
        let bytes = text.as_bytes();
        let name = match bytes.split_first() {
            None => return Err("the path is empty".into()),
            Some((b'@', [])) => return Err("@ lacks the name of an abstract socket; a file of that name is ./@".into()),
            Some((b'@', name)) => Self::Abstract(name.into()),
            Some(_) => Self::Path(Path::new(text).into()),
        };
        // sun_path has 108 bytes on Linux, and a file's needs its final NUL (unix(7)).
        match bytes.len() > UNIX_NAME_LIMIT {
            true => {
                Err(format!("a path of {} bytes is too long: a socket's has at most {UNIX_NAME_LIMIT}", bytes.len()))
            }
            false => Ok(name),
        }
    }
}

const UNIX_NAME_LIMIT: usize = 107;

impl fmt::Display for UnixName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Abstract(name) => write!(f, "@{}", String::from_utf8_lossy(name)),
            Self::Unnamed => f.write_str("(unnamed)"),
        }
    }
}

/// The address of a socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Addr {
    /// Of the internet.
    Inet(SocketAddr),
    /// Of this machine.
    Unix(UnixName),
}

impl Addr {
    /// The port, where there are ports.
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Inet(addr) => Some(addr.port()),
            Self::Unix(_) => None,
        }
    }

    /// The IP address, where there is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Inet(addr) => Some(addr.ip()),
            Self::Unix(_) => None,
        }
    }
}

/// The address without its port, with the scope that a link-local one needs.
impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(SocketAddr::V6(v6)) if v6.scope_id() != 0 => write!(f, "{}%{}", v6.ip(), v6.scope_id()),
            Self::Inet(addr) => addr.ip().fmt(f),
            Self::Unix(name) => name.fmt(f),
        }
    }
}

impl From<SocketAddr> for Addr {
    fn from(addr: SocketAddr) -> Self {
        Self::Inet(addr)
    }
}

/// One end of a conversation: how it is reached, and the name that led to it.
#[derive(Clone, Debug)]
pub struct Peer {
    /// By which protocol.
    pub proto: Proto,
    /// The name the user gave; none where the user gave an address, or none at all.
    pub host: Option<Rc<str>>,
    /// Where it is.
    pub addr: Addr,
}

impl Peer {
    /// An end without a name.
    pub fn at(proto: Proto, addr: impl Into<Addr>) -> Self {
        Self { proto, host: None, addr: addr.into() }
    }
}
