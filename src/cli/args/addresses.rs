//! The flags of where from and over what.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args as Group;

use crate::value::address::Family;
use crate::value::{duration, size, tos};

/// From where and over what.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Addresses")]
pub struct Addresses {
    /// IPv4 only
    #[arg(short = '4', long = "ipv4", conflicts_with = "ipv6")]
    pub ipv4: bool,

    /// IPv6 only
    #[arg(short = '6', long = "ipv6")]
    pub ipv6: bool,

    /// Numeric addresses only: no lookups
    #[arg(short = 'n', long, alias = "nodns")]
    pub no_dns: bool,

    /// The local port: to connect from, or with -l to listen on
    #[arg(short, long, value_name = "P", alias = "source-port")]
    pub port: Option<String>,

    /// The local address: to connect from, or with -l to listen on
    #[arg(short, long, value_name = "ADDR")]
    pub source: Option<OsString>,

    /// The network interface to use
    #[arg(short = 'I', long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub interface: Option<String>,
}

impl Addresses {
    /// The IP version asked for.
    pub const fn family(&self) -> Family {
        match (self.ipv4, self.ipv6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        }
    }
}

/// Socket options.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Socket options")]
pub struct Socket {
    /// Allow sending to a broadcast address
    #[arg(short, long)]
    pub broadcast: bool,

    /// Hops a packet may take (IP_TTL, IPV6_UNICAST_HOPS)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub ttl: Option<u8>,

    /// Type of service: lowdelay, throughput, reliability, ef, af11 ... af43, cs0 ... cs7, or a number
    #[arg(long, value_name = "NAME", value_parser = tos::parse)]
    pub tos: Option<u8>,

    /// Ask a silent peer each T whether it is still there (SO_KEEPALIVE)
    #[arg(long, value_name = "T", value_parser = duration::parse_keepalive, allow_negative_numbers = true)]
    pub keepalive: Option<Duration>,

    /// Size of the receive buffer, as 64k or 1M (SO_RCVBUF)
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub rcvbuf: Option<usize>,

    /// Size of the send buffer (SO_SNDBUF)
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub sndbuf: Option<usize>,
}
