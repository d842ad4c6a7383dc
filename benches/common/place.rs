//! Where a tool that cannot choose for itself is to listen, and the moment it really does.
//! That moment is read from the kernel's tables, never found by connecting: a netcat serves the first who comes.

use std::fmt::{Display, Formatter, Result as Fmt};
use std::fs::read_to_string;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::process::Running;

/// Something to listen on that nobody else has just now.
pub(crate) enum Place {
    /// A TCP port of 127.0.0.1.
    Tcp(u16),
    /// A UDP port of 127.0.0.1.
    Udp(u16),
    /// A Unix stream socket, in a directory of its own that goes with us: some tools leave the name behind.
    Unix(TempDir),
}

impl Place {
    /// Bound and closed without a connection, the port leaves no TIME_WAIT.
    pub(crate) fn tcp() -> Result<Self, String> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map(|address| Self::Tcp(address.port()))
            .map_err(|error| format!("find a free port: {error}"))
    }

    pub(crate) fn udp() -> Result<Self, String> {
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|socket| socket.local_addr())
            .map(|address| Self::Udp(address.port()))
            .map_err(|error| format!("find a free port: {error}"))
    }

    /// In the system's temporary directory, as the name of a socket has to be short.
    pub(crate) fn unix() -> Result<Self, String> {
        tempfile::tempdir().map(Self::Unix).map_err(|error| format!("make a directory for the socket: {error}"))
    }

    pub(crate) fn wait_for_listener(&self, listener: &mut Running, deadline: Instant) -> Result<(), String> {
        while !self.has_listener() {
            if listener.has_left()? {
                return Err(format!("{} left without listening", listener.role()));
            }
            if Instant::now() >= deadline {
                return Err(format!("{} never listened", listener.role()));
            }
            sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    fn has_listener(&self) -> bool {
        match self {
            Self::Tcp(port) => has_port("/proc/net/tcp", *port, "0A"), // LISTEN
            Self::Udp(port) => has_port("/proc/net/udp", *port, "07"), // not connected
            Self::Unix(dir) => has_path(&socket_in(dir)),
        }
    }
}

/// As the tools want it in their command lines.
impl Display for Place {
    fn fmt(&self, text: &mut Formatter<'_>) -> Fmt {
        match self {
            Self::Tcp(port) | Self::Udp(port) => port.fmt(text),
            Self::Unix(dir) => socket_in(dir).display().fmt(text),
        }
    }
}

fn socket_in(dir: &TempDir) -> PathBuf {
    dir.path().join("socket")
}

/// A line reads `0: 0100007F:1F90 00000000:0000 0A ...`: local address and port, peer, state.
fn has_port(table: &str, port: u16, state: &str) -> bool {
    let wanted = format!(":{port:04X}");
    let table = read_to_string(table).unwrap_or_default();
    table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        fields.next().is_some_and(|local| local.ends_with(&wanted)) && fields.nth(1) == Some(state)
    })
}

/// A line reads `0000000000000000: 00000002 00000000 00010000 0001 01 1338013 /tmp/socket`: the flag is "listens".
fn has_path(path: &Path) -> bool {
    let wanted = format!(" {}", path.display());
    let table = read_to_string("/proc/net/unix").unwrap_or_default();
    table.lines().any(|line| line.ends_with(&wanted) && line.split_whitespace().nth(3) == Some("00010000"))
}
