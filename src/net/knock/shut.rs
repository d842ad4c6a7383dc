//! Why a port is not open: what an errno and an ICMP message mean for the port that was asked.
//!
//! The errno alone cannot tell: nft's default reject of TCP is ECONNREFUSED as a RST is, and EHOSTUNREACH is what eight
//! messages become (icmp(7), icmp_err_convert).

use std::fmt;
use std::io;
use std::net::SocketAddr;

use rustix::io::Errno;

use super::super::icmp::Icmp;
use super::here::is_ours;
use crate::error::reason;

/// Why a port is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// Nobody listens there: the host itself said so.
    Closed,
    /// Nobody listens there, on this host: the socket was joined to itself, or would hear itself. No packet went
    /// anywhere.
    Itself,
    /// A rule forbids it, the host's or somebody's on the way, and said so.
    Filtered(Icmp),
    /// The system has itself given up asking (ETIMEDOUT, after two minutes).
    Silent,
    /// What is sent does not get there.
    Unreachable(Obstacle),
}

/// What is in the way to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A router knows no way, or nobody answers it on the host's link.
    Icmp(Icmp),
    /// Nobody answers us on the host's link: neither ARP nor neighbour discovery finds it.
    HostDown,
    /// This host has no route there.
    NoRoute,
    /// This host does not send it, for this errno: EPERM and EACCES are a rule of its own, or a broadcast address.
    System(i32),
}

impl Shut {
    /// One word, as results have it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Closed | Self::Itself => "closed",
            Self::Filtered(_) | Self::Silent => "filtered",
            Self::Unreachable(_) => "unreachable",
        }
    }

    /// The number that the system has for it.
    pub const fn errno(&self) -> Option<i32> {
        match self {
            Self::Closed | Self::Itself => Some(libc::ECONNREFUSED),
            Self::Filtered(_) | Self::Silent | Self::Unreachable(Obstacle::Icmp(_)) => None,
            Self::Unreachable(Obstacle::NoRoute) => Some(libc::ENETUNREACH),
            Self::Unreachable(Obstacle::HostDown) => Some(libc::EHOSTUNREACH),
            Self::Unreachable(Obstacle::System(errno)) => Some(*errno),
        }
    }

    /// What an errno means by itself.
    pub(super) fn by_errno(error: Errno) -> Self {
        match error {
            Errno::CONNREFUSED => Self::Closed,
            Errno::TIMEDOUT => Self::Silent,
            Errno::NETUNREACH => Self::Unreachable(Obstacle::NoRoute),
            _ => Self::Unreachable(Obstacle::System(error.raw_os_error())),
        }
    }

    /// What a message means for a TCP port that was asked.
    pub(super) fn by_icmp(icmp: Icmp, to: SocketAddr) -> Self {
        // Who says `host unreachable` of itself is there, and has a rule.
        match icmp.from.filter(|&from| from != to.ip()) {
            Some(from) if icmp.is_no_way() => match (is_ours(from, to), icmp.is_host_unreachable()) {
                (false, _) => Self::Unreachable(Obstacle::Icmp(icmp)),
                // What ARP did not find the kernel tells itself, by ICMP of its own. So does a REJECT in our own OUTPUT
                // that says `host unreachable`: these two cannot be told apart.
                (true, true) => Self::Unreachable(Obstacle::HostDown),
                (true, false) => Self::Filtered(icmp),
            },
            _ => Self::Filtered(icmp),
        }
    }

    /// What a message means for a UDP port that was asked.
    pub(super) fn by_icmp_of_udp(icmp: Icmp, to: SocketAddr) -> Self {
        // A host answers from the address that it was asked at (RFC 1122, 3.2.2); from another it is a firewall's.
        match icmp.from.is_none_or(|from| from == to.ip()) && icmp.is_port_unreachable() {
            true => Self::Closed,
            false => Self::by_icmp(icmp, to),
        }
    }
}

/// The reason, as results have it.
impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("refused"),
            Self::Itself => f.write_str("joined itself"),
            Self::Silent => f.write_str("timeout"),
            Self::Filtered(icmp) | Self::Unreachable(Obstacle::Icmp(icmp)) => icmp.fmt(f),
            Self::Unreachable(Obstacle::NoRoute) => f.write_str("no route"),
            Self::Unreachable(Obstacle::HostDown) => f.write_str("host down"),
            // What netfilter's OUTPUT drops or rejects, send(2) says so; connect(2) of TCP does not (measured).
            Self::Unreachable(Obstacle::System(libc::EPERM)) => f.write_str("local firewall"),
            Self::Unreachable(Obstacle::System(errno)) => f.write_str(&reason(&io::Error::from_raw_os_error(*errno))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTER: &str = "192.0.2.1";
    const HOST: &str = "192.0.2.7";
    const OURS: &str = "127.0.0.1";

    fn icmp(code: u8, from: &str) -> Icmp {
        Icmp { v6: false, kind: 3, code, from: Some(from.parse().expect("an address")) }
    }

    fn host() -> SocketAddr {
        SocketAddr::new(HOST.parse().expect("an address"), 80)
    }

    fn told(shut: Shut) -> String {
        format!("{} {shut}", shut.word())
    }

    #[test]
    fn an_errno_alone_tells_what_no_message_explains() {
        for (errno, expected) in [
            (Errno::CONNREFUSED, "closed refused"),
            (Errno::NETUNREACH, "unreachable no route"),
            (Errno::HOSTUNREACH, "unreachable No route to host"),
            (Errno::PERM, "unreachable local firewall"),
            (Errno::ACCESS, "unreachable Permission denied"),
            (Errno::TIMEDOUT, "filtered timeout"),
        ] {
            assert_eq!(told(Shut::by_errno(errno)), expected);
        }
    }

    #[test]
    fn a_message_means_what_its_sender_can_know() {
        for (code, from, tcp, udp) in [
            (3, HOST, "filtered icmp port-unreachable", "closed refused"),
            (3, ROUTER, "filtered icmp port-unreachable", "filtered icmp port-unreachable"),
            (13, ROUTER, "filtered icmp admin-prohibited", "filtered icmp admin-prohibited"),
            (1, HOST, "filtered icmp host-unreachable", "filtered icmp host-unreachable"),
            (1, ROUTER, "unreachable icmp host-unreachable", "unreachable icmp host-unreachable"),
            (0, ROUTER, "unreachable icmp net-unreachable", "unreachable icmp net-unreachable"),
            (1, OURS, "unreachable host down", "unreachable host down"),
            (0, OURS, "filtered icmp net-unreachable", "filtered icmp net-unreachable"),
        ] {
            assert_eq!(told(Shut::by_icmp(icmp(code, from), host())), tcp, "code {code} from {from}");
            assert_eq!(told(Shut::by_icmp_of_udp(icmp(code, from), host())), udp, "code {code} from {from}");
        }
    }
}
