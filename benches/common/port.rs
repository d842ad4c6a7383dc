//! Ports for tools that cannot choose one themselves, and the moment a tool really listens.

use std::fs::read_to_string;
use std::net::{Ipv4Addr, TcpListener};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::process::Running;

/// A port nobody listens on just now. Bound and closed without a connection, it leaves no TIME_WAIT.
pub(crate) fn free() -> Result<u16, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("find a free port: {error}"))
}

/// Waits until the kernel's table shows the listener. Never by connecting: a netcat serves the first who comes.
pub(crate) fn wait_for_listener(port: u16, listener: &mut Running, deadline: Instant) -> Result<(), String> {
    while !has_listener(port) {
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

/// A line reads `0: 0100007F:1F90 00000000:0000 0A ...`: local address and port, peer, state (0A is LISTEN).
fn has_listener(port: u16) -> bool {
    let wanted = format!(":{port:04X}");
    let table = read_to_string("/proc/net/tcp").unwrap_or_default();
    table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        fields.next().is_some_and(|local| local.ends_with(&wanted)) && fields.nth(1) == Some("0A")
    })
}
