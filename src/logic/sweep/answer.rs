//! What came of a probe: what its owner saw, and the verdict that follows.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// What was seen of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A connection stands, or a datagram came back.
    Open,
    /// The host itself refused: RST, or for a datagram its ICMP port unreachable.
    Closed,
    /// The socket was joined to itself, which only a port that nobody listens on lets happen.
    Itself,
    /// Somebody on the way forbids it.
    Filtered(Reason),
    /// There is no way to the host.
    Unreachable(Reason),
}

impl Answer {
    /// What an ICMP error means for a port. The host's own refusal of a datagram is an answer; a connection's it refuses
    /// by RST, so that ICMP port unreachable is a packet filter's (the default of nft's and iptables' `reject`).
    pub fn icmp(icmp: Icmp, datagram: bool) -> Self {
        match icmp {
            Icmp::PortUnreachable if datagram => Self::Closed,
            Icmp::NetUnreachable
            | Icmp::HostUnreachable
            | Icmp::NoRoute
            | Icmp::AddrUnreachable
            | Icmp::BeyondScope
            | Icmp::RejectRoute
            | Icmp::TimeExceeded => Self::Unreachable(Reason::Icmp(icmp)),
            _ => Self::Filtered(Reason::Icmp(icmp)),
        }
    }

    /// The state that it shows, and why.
    pub(super) fn verdict(self) -> (State, Reason) {
        match self {
            Self::Open => (State::Open, Reason::Answered),
            Self::Closed => (State::Closed, Reason::Refused),
            Self::Itself => (State::Closed, Reason::Itself),
            Self::Filtered(reason) => (State::Filtered, reason),
            Self::Unreachable(reason) => (State::Unreachable, reason),
        }
    }

    /// Whether the time it took is the way to the host and back: who else answers may be nearer.
    pub(super) fn is_the_hosts(self) -> bool {
        matches!(self, Self::Open | Self::Closed)
    }
}

/// What is known of a port in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The number of the group that it belongs to ([`Group::place`](super::Group::place)).
    pub place: usize,
    /// Address and port.
    pub addr: SocketAddr,
    /// The verdict itself.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// How long the answer took, if there was one: that of the try that got it.
    pub rtt: Option<Duration>,
    /// How long answers were waited for, all tries together.
    pub waited: Duration,
    /// How often it was asked.
    pub tries: u32,
}

/// The state of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Somebody listens.
    Open,
    /// Nobody does.
    Closed,
    /// Nothing came back, or a refusal that is not the host's.
    Filtered,
    /// There is no way to the host.
    Unreachable,
    /// A datagram was not answered: services may be silent too.
    OpenOrFiltered,
}

impl State {
    /// Every state, in the order of a summary.
    pub const ALL: [Self; 5] = [Self::Open, Self::Closed, Self::Filtered, Self::Unreachable, Self::OpenOrFiltered];

    /// One word, as results and `--json` have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Filtered => "filtered",
            Self::Unreachable => "unreachable",
            Self::OpenOrFiltered => "open|filtered",
        }
    }
}

/// Why a port is in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It answered.
    Answered,
    /// It refused.
    Refused,
    /// The socket was joined to itself.
    Itself,
    /// Nothing came.
    Timeout,
    /// This machine knows no way there.
    NoRoute,
    /// The neighbour that is the host, or the way to it, does not answer (ARP, neighbour discovery).
    HostDown,
    /// This machine forbids it.
    NotPermitted,
    /// Somebody said so by ICMP.
    Icmp(Icmp),
    /// Another error of the system, by its number.
    Error(i32),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered => f.write_str("answered"),
            Self::Refused => f.write_str("refused"),
            Self::Itself => f.write_str("joined itself"),
            Self::Timeout => f.write_str("timeout"),
            Self::NoRoute => f.write_str("no route"),
            Self::HostDown => f.write_str("host down"),
            Self::NotPermitted => f.write_str("not permitted"),
            Self::Icmp(icmp) => write!(f, "icmp {}", icmp.word()),
            Self::Error(errno) => write!(f, "errno {errno}"),
        }
    }
}

/// An ICMP error, by what it says (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFCs")]
pub enum Icmp {
    NetUnreachable,
    HostUnreachable,
    ProtoUnreachable,
    PortUnreachable,
    NetProhibited,
    HostProhibited,
    AdminProhibited,
    NoRoute,
    BeyondScope,
    AddrUnreachable,
    PolicyFail,
    RejectRoute,
    TimeExceeded,
    /// What ends no probe elsewhere, by type and code.
    Other(u8, u8),
}

impl Icmp {
    /// By type and code of IPv4's.
    pub const fn v4(kind: u8, code: u8) -> Self {
        match (kind, code) {
            (3, 0 | 6 | 11) => Self::NetUnreachable,
            (3, 1 | 7 | 8 | 12) => Self::HostUnreachable,
            (3, 2) => Self::ProtoUnreachable,
            (3, 3) => Self::PortUnreachable,
            (3, 9) => Self::NetProhibited,
            (3, 10) => Self::HostProhibited,
            (3, 13) => Self::AdminProhibited,
            (11, _) => Self::TimeExceeded,
            _ => Self::Other(kind, code),
        }
    }

    /// By type and code of IPv6's.
    pub const fn v6(kind: u8, code: u8) -> Self {
        match (kind, code) {
            (1, 0) => Self::NoRoute,
            (1, 1) => Self::AdminProhibited,
            (1, 2) => Self::BeyondScope,
            (1, 3) => Self::AddrUnreachable,
            (1, 4) => Self::PortUnreachable,
            (1, 5) => Self::PolicyFail,
            (1, 6) => Self::RejectRoute,
            (3, _) => Self::TimeExceeded,
            _ => Self::Other(kind, code),
        }
    }

    /// Its words, as packet filters spell them.
    fn word(self) -> String {
        match self {
            Self::NetUnreachable => "net-unreachable".into(),
            Self::HostUnreachable => "host-unreachable".into(),
            Self::ProtoUnreachable => "proto-unreachable".into(),
            Self::PortUnreachable => "port-unreachable".into(),
            Self::NetProhibited => "net-prohibited".into(),
            Self::HostProhibited => "host-prohibited".into(),
            Self::AdminProhibited => "admin-prohibited".into(),
            Self::NoRoute => "no-route".into(),
            Self::BeyondScope => "beyond-scope".into(),
            Self::AddrUnreachable => "addr-unreachable".into(),
            Self::PolicyFail => "policy-fail".into(),
            Self::RejectRoute => "reject-route".into(),
            Self::TimeExceeded => "time-exceeded".into(),
            Self::Other(kind, code) => format!("type {kind} code {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icmp_says_who_refused() {
        let reject = Icmp::v4(3, 3);
        assert_eq!(Answer::icmp(reject, true), Answer::Closed);
        assert_eq!(Answer::icmp(reject, false), Answer::Filtered(Reason::Icmp(Icmp::PortUnreachable)));
        for (icmp, state, text) in [
            (Icmp::v4(3, 13), State::Filtered, "icmp admin-prohibited"),
            (Icmp::v6(1, 1), State::Filtered, "icmp admin-prohibited"),
            (Icmp::v4(3, 10), State::Filtered, "icmp host-prohibited"),
            (Icmp::v4(3, 2), State::Filtered, "icmp proto-unreachable"),
            (Icmp::v4(3, 1), State::Unreachable, "icmp host-unreachable"),
            (Icmp::v6(1, 3), State::Unreachable, "icmp addr-unreachable"),
            (Icmp::v6(1, 0), State::Unreachable, "icmp no-route"),
            (Icmp::v4(11, 0), State::Unreachable, "icmp time-exceeded"),
            (Icmp::v4(3, 15), State::Filtered, "icmp type 3 code 15"),
        ] {
            let (told, reason) = Answer::icmp(icmp, false).verdict();
            assert_eq!((told, reason.to_string().as_str()), (state, text));
        }
    }
}
