//! The ports that are open. Nobody serves them: the kernel accepts, and what it has accepted is dropped between runs.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::net::{Ipv4Addr, TcpListener};

/// Sockets that listen.
pub(crate) struct Listeners {
    sockets: Vec<TcpListener>,
    pub(crate) ports: BTreeSet<u16>,
}

impl Listeners {
    /// On those of the ports that can be had.
    pub(crate) fn open(address: Ipv4Addr, ports: &[u16]) -> Result<Self, String> {
        let bound = ports.iter().filter_map(|&port| Some((TcpListener::bind((address, port)).ok()?, port)));
        let (sockets, ports): (Vec<_>, BTreeSet<_>) = bound.unzip();
        if sockets.is_empty() {
            return Err(format!("no port of {address} can be listened on"));
        }
        for socket in &sockets {
            socket.set_nonblocking(true).map_err(|error| format!("set up a listener: {error}"))?;
        }
        Ok(Self { sockets, ports })
    }

    /// Drops the connections of the last run, lest a queue ever be full.
    pub(crate) fn drain(&self) {
        for socket in &self.sockets {
            while socket.accept().is_ok() {}
        }
    }
}

/// The ports on which somebody listens in the namespace of this thread, be it at whatever address.
/// A line reads `0: 0100007F:1F90 00000000:0000 0A ...`: local address and port, peer, state (0A is LISTEN).
pub(crate) fn listening() -> BTreeSet<u16> {
    let tables = ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"];
    let text: String = tables.iter().filter_map(|table| read_to_string(table).ok()).collect();
    let port = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (_, port) = fields.next()?.rsplit_once(':')?;
        (fields.nth(1) == Some("0A")).then(|| u16::from_str_radix(port, 16).ok())?
    };
    text.lines().filter_map(port).collect()
}
