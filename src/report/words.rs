//! What sentences are made of: ends of connections, spans of time.

use std::time::Duration;

use colored::Colorize;

pub(super) use crate::logic::escape::escaped;
use crate::value::peer::{Addr, Peer};
use crate::value::port::service;

/// Name and address, or the address alone.
pub(super) fn who(peer: &Peer) -> String {
    let addr = escaped(&peer.addr.to_string());
    match &peer.host {
        Some(host) => format!("{} ({addr})", escaped(host).bold()),
        None => addr.bold().to_string(),
    }
}

/// An end as failures name it: `host (192.0.2.7) port 80 (tcp)`.
pub(super) fn place(peer: &Peer) -> String {
    let (who, proto) = (who(peer), peer.proto.word());
    match peer.addr.port() {
        Some(port) => format!("{who} port {} ({proto})", port.to_string().bold()),
        None => format!("{who} ({proto})"),
    }
}

/// An end as OpenBSD's sentence names it: `host (192.0.2.7) 80 port [tcp/http]`.
pub(super) fn port_of(peer: &Peer) -> String {
    let (who, proto) = (who(peer), peer.proto.word());
    match peer.addr.port() {
        Some(port) => {
            let service = service(port, peer.proto).unwrap_or("*");
            format!("{who} {} port [{proto}/{service}]", port.to_string().bold())
        }
        None => format!("{who} [{proto}]"),
    }
}

/// An end without colours: name or address, and port.
pub fn spaced(peer: &Peer) -> String {
    let who = peer.host.as_deref().map_or_else(|| peer.addr.to_string(), Into::into);
    match peer.addr.port() {
        Some(port) => format!("{} {port}", escaped(&who)),
        None => escaped(&who),
    }
}

pub(super) fn bold(addr: &Addr) -> String {
    let text = escaped(&addr.to_string()).bold();
    match addr.port() {
        Some(port) => format!("{text} {}", port.to_string().bold()),
        None => text.to_string(),
    }
}

/// A duration with its unit and no blank, so that awk and `-w` read it back.
pub(super) fn span(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.999_95 => format!("{:.1}ms", seconds * 1e3),
        seconds => format!("{seconds:.2}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_back() {
        for (micros, text) in
            [(100, "0.1ms"), (11_240, "11.2ms"), (999_940, "999.9ms"), (999_960, "1.00s"), (3_410_000, "3.41s")]
        {
            assert_eq!(span(Duration::from_micros(micros)), text);
            assert!(crate::value::duration::parse(text).is_ok(), "{text}");
        }
    }
}
