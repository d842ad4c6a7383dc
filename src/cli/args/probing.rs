//! The flags of the probe.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args as Group;

use crate::value::duration;
use crate::value::shard::Shard;

/// Probing.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Probing (with -z)")]
pub struct Probing {
    /// Ask in a random order
    #[arg(short, long)]
    pub random: bool,

    /// Ask at most N ports at once (4096, where there are descriptors for so many)
    #[arg(short = 'P', long, value_name = "N")]
    pub parallel: Option<NonZeroUsize>,

    /// Ask at most N times a second, evenly spaced; with -u and an answering mode: answer at most N datagrams a second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,

    /// Ask a silent port again N times (3)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100))]
    pub retries: Option<u32>,

    /// Show every port, not only open ones; exit 0 only if all are open
    #[arg(long)]
    pub all: bool,

    /// Ask one port until it is open, for T at most
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true)]
    pub until_open: Option<Duration>,

    /// Tell what a service says first
    #[arg(long)]
    pub banner: bool,

    /// Do not ask these ports
    #[arg(long, value_name = "PORTS")]
    pub exclude: Option<String>,

    /// Ask only share I of N, so that N machines ask each port once: 1/4 to 4/4
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    pub shard: Option<Shard>,
}
