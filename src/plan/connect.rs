//! A connection to make, and what any socket of ours has.

use std::net::IpAddr;
use std::time::Duration;

use super::Limit;
use crate::value::address::{Family, Host};
use crate::value::peer::{Proto, UnixName};

/// A connection to make.
#[derive(Clone, Debug)]
pub struct Connect {
    /// By which protocol.
    pub proto: Proto,
    /// Where to.
    pub to: Place<Host>,
    /// From where.
    pub from: Source,
    /// How long lookup and handshake may take together.
    pub limit: Limit,
}

/// A place in the network, or in this machine.
#[derive(Clone, Debug)]
pub enum Place<H> {
    /// A host and its port.
    Inet(H, u16),
    /// The name of a Unix socket.
    Unix(UnixName),
}

/// The local end of a connection to make.
#[derive(Clone, Debug)]
pub struct Source {
    /// IP version.
    pub family: Family,
    /// `-n`: no name is looked up.
    pub no_dns: bool,
    /// Local address.
    pub addr: Option<Host>,
    /// Local port.
    pub port: Option<u16>,
    /// Local name of a Unix socket.
    pub unix: Option<UnixName>,
    /// Options.
    pub options: SocketOptions,
}

impl Source {
    /// Why an address cannot be asked from here, said of it as `it is ...`; none where it can.
    pub fn unfit(&self, to: IpAddr) -> Option<String> {
        let own = self.addr.as_ref().and_then(Host::ip).filter(|own| own.is_ipv4() != to.is_ipv4());
        self.family.unfit(to).or_else(|| own.map(|own| format!("of another IP version than -s {own}")))
    }
}

/// Options of a socket. What is none stays as the system has it.
#[derive(Clone, Debug, Default)]
pub struct SocketOptions {
    /// Network interface.
    pub interface: Option<String>,
    /// Whether a datagram may go to a broadcast address.
    pub broadcast: bool,
    /// Hops a packet may take.
    pub ttl: Option<u8>,
    /// Type of service.
    pub tos: Option<u8>,
    /// Time between keepalive probes.
    pub keepalive: Option<Duration>,
    /// Size of the receive buffer, in bytes.
    pub rcvbuf: Option<usize>,
    /// Size of the send buffer, in bytes.
    pub sndbuf: Option<usize>,
}
