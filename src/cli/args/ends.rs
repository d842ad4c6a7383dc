//! The flags of how long a run takes and how its connections end.

use std::time::Duration;

use clap::Args as Group;

use crate::value::duration::{self, Patience};

/// How long.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Time limits")]
pub struct Time {
    /// Give up after T: on connecting, and on silence once connected (-w 0 is no limit: it means -q 0)
    #[arg(short = 'w', long, value_name = "T", alias = "wait", value_parser = duration::parse)]
    #[arg(allow_negative_numbers = true)]
    pub timeout: Option<Duration>,

    /// Looking up and connecting take at most T (without it 10 s)
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true)]
    #[arg(conflicts_with = "listen")]
    pub connect_timeout: Option<Duration>,

    /// Leave after T without a byte either way
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true)]
    pub idle_timeout: Option<Duration>,

    /// A listener waits at most T for its peer (-w does not limit that)
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true)]
    pub accept_timeout: Option<Duration>,

    /// The whole run takes at most T
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true)]
    pub deadline: Option<Duration>,
}

impl Time {
    /// The limit that `-w` sets.
    pub fn wait(&self) -> Option<Duration> {
        self.timeout.filter(|time| !time.is_zero())
    }

    /// Whether it is `-w 0`, by which other netcats are told not to wait: as a limit it would forbid connecting at all.
    pub fn no_wait(&self) -> bool {
        self.timeout == Some(Duration::ZERO)
    }
}

/// How a connection ends.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Ends")]
pub struct Ends {
    /// When one side has ended, wait T for the other; -1 for ever
    #[arg(short, long, value_name = "T", value_parser = duration::parse_patience, allow_negative_numbers = true)]
    pub quit_after: Option<Patience>,

    /// Half-close at once at stdin's end, in every case
    #[arg(short = 'N', long = "shutdown", conflicts_with = "no_shutdown")]
    pub shutdown: bool,

    /// Never half-close
    #[arg(long)]
    pub no_shutdown: bool,

    /// Never read stdin, never half-close
    #[arg(short = 'd', long, alias = "recv-only", conflicts_with = "send_only")]
    pub no_stdin: bool,

    /// Write nothing to stdout; leave at stdin's end
    #[arg(long)]
    pub send_only: bool,

    /// Leave after N received chunks (reads of at most 64 KiB) of each peer, or N datagrams; -W 1: the first answer
    #[arg(short = 'W', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_chunks: Option<u64>,

    /// Stop when the peer's message, a line or a datagram, is WORD
    #[arg(long, value_name = "WORD")]
    pub stop: Option<String>,
}
