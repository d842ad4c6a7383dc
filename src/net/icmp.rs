//! ICMP and ICMPv6 messages that say why a packet did not arrive, and their names. It does not know which packet that
//! was, nor what follows for it.

use std::fmt;
use std::net::IpAddr;

/// An ICMP or ICMPv6 message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// Whether it is one of ICMPv6, whose numbers are others.
    pub v6: bool,
    /// Its type.
    pub kind: u8,
    /// Its code.
    pub code: u8,
    /// Who sent it.
    pub from: Option<IpAddr>,
}

impl Icmp {
    /// Its name, as nft spells it where it can send it; none for a message that has no place here.
    pub const fn name(&self) -> Option<&'static str> {
        Some(match (self.v6, self.kind, self.code) {
            // RFC 792 and RFC 1122, 3.2.2.1; 13 to 15: RFC 1812, 5.2.7.1.
            (false, 3, 0) => "net-unreachable",
            (false, 3, 1) => "host-unreachable",
            (false, 3, 2) => "proto-unreachable",
            (false, 3, 3) => "port-unreachable",
            (false, 3, 4) => "fragmentation-needed",
            (false, 3, 5) => "source-route-failed",
            (false, 3, 6) => "net-unknown",
            (false, 3, 7) => "host-unknown",
            (false, 3, 8) => "host-isolated",
            (false, 3, 9) => "net-prohibited",
            (false, 3, 10) => "host-prohibited",
            (false, 3, 11) => "net-unreachable-for-tos",
            (false, 3, 12) => "host-unreachable-for-tos",
            (false, 3, 13) => "admin-prohibited",
            (false, 3, 14) => "precedence-violation",
            (false, 3, 15) => "precedence-cutoff",
            (false, 11, _) => "time-exceeded",
            (false, 12, _) => "parameter-problem",
            // RFC 4443, 3.
            (true, 1, 0) => "no-route",
            (true, 1, 1) => "admin-prohibited",
            (true, 1, 2) => "beyond-scope",
            (true, 1, 3) => "addr-unreachable",
            (true, 1, 4) => "port-unreachable",
            (true, 1, 5) => "policy-fail",
            (true, 1, 6) => "reject-route",
            (true, 2, _) => "packet-too-big",
            (true, 3, _) => "time-exceeded",
            (true, 4, _) => "parameter-problem",
            _ => return None,
        })
    }

    /// Whether the packet came to the host, and its port or protocol is nobody's.
    pub(super) const fn is_port_unreachable(&self) -> bool {
        matches!((self.v6, self.kind, self.code), (false, 3, 3) | (true, 1, 4))
    }

    /// Whether the packet was on its last link, and nobody there answered to the host's address.
    pub(super) const fn is_host_unreachable(&self) -> bool {
        matches!((self.v6, self.kind, self.code), (false, 3, 1) | (true, 1, 3))
    }

    /// Whether the packet found no way to the host, without anybody's forbidding it.
    pub(super) const fn is_no_way(&self) -> bool {
        let lost = matches!((self.v6, self.kind, self.code), (false, 3, 0 | 6 | 7 | 8 | 11 | 12) | (true, 1, 0 | 2));
        let expired = matches!((self.v6, self.kind), (false, 11) | (true, 3));
        lost || expired || self.is_host_unreachable()
    }
}

/// As a result has it: `icmp admin-prohibited`.
impl fmt::Display for Icmp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "icmp {name}"),
            None => write!(f, "icmp type {} code {}", self.kind, self.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn icmp(v6: bool, kind: u8, code: u8) -> Icmp {
        Icmp { v6, kind, code, from: None }
    }

    #[test]
    fn messages_have_the_names_of_their_rfc() {
        assert_eq!(icmp(false, 3, 13).to_string(), "icmp admin-prohibited");
        assert_eq!(icmp(true, 1, 1).to_string(), "icmp admin-prohibited");
        assert_eq!(icmp(false, 3, 3).to_string(), "icmp port-unreachable");
        assert_eq!(icmp(true, 1, 4).to_string(), "icmp port-unreachable");
        assert_eq!(icmp(false, 11, 0).to_string(), "icmp time-exceeded");
        assert_eq!(icmp(false, 3, 99).to_string(), "icmp type 3 code 99");
    }

    #[test]
    fn the_two_versions_are_told_apart() {
        assert!(icmp(false, 3, 1).is_host_unreachable() && icmp(true, 1, 3).is_host_unreachable());
        assert!(!icmp(true, 3, 1).is_host_unreachable(), "ICMPv6 type 3 is time exceeded");
        assert!(icmp(true, 3, 1).is_no_way() && icmp(false, 11, 0).is_no_way());
        assert!(!icmp(false, 3, 13).is_no_way() && !icmp(false, 3, 10).is_no_way() && !icmp(true, 1, 6).is_no_way());
    }
}
