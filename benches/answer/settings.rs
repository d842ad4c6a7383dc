//! What the command line can change: which works, how often, how much, between which tools.

use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::common::size;

/// nsock's answering modes beside every installed netcat that can answer: medians and ratios as Markdown.
#[derive(Parser)]
pub(crate) struct Settings {
    /// Timed runs of each tool.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) runs: usize,

    /// Milliseconds during which round trips are counted, once all connections stand.
    #[arg(long, default_value_t = 1000, value_name = "MS")]
    window: u64,

    /// Idle connections to a server that is one process.
    #[arg(long, default_value_t = 8000, value_name = "N")]
    pub(crate) idle: usize,

    /// Idle connections to a server that forks for each.
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) forks: usize,

    /// Bytes that each client of `bytes` gets back: 500K, 40M, 1G (suffixes are powers of 1024).
    #[arg(long, default_value = "40M", value_parser = size::parse)]
    pub(crate) size: u64,

    /// Bytes of `discard`.
    #[arg(long, default_value = "1G", value_parser = size::parse)]
    pub(crate) sink: u64,

    /// Seconds after which a run counts as a hang.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    limit: u64,

    /// Works to do, comma-separated; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    work: Vec<Work>,

    /// Only tools whose name holds one of these words, comma-separated.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// `cargo bench` adds it on its own; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Settings {
    pub(crate) fn works(&self) -> &[Work] {
        if self.work.is_empty() { Work::value_variants() } else { &self.work }
    }

    pub(crate) fn window(&self) -> Duration {
        Duration::from_millis(self.window)
    }

    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(self.limit)
    }
}

/// A comparison, one table each.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// 64 bytes there and back over one TCP connection, again and again (the rate, and its cost: two tables, here and below).
    #[value(name = "tcp-1")]
    Tcp1,
    /// The same over 100 at once.
    #[value(name = "tcp-100")]
    Tcp100,
    /// The same over 1,000 at once.
    #[value(name = "tcp-1000")]
    Tcp1000,
    /// A datagram of 64 bytes there and back, again and again.
    #[value(name = "udp-1")]
    Udp1,
    /// The same from 100 peers at once.
    #[value(name = "udp-100")]
    Udp100,
    /// What a connection costs in memory.
    Idle,
    /// Many bytes echoed to three clients at once: time, cost and memory (three tables).
    Bytes,
    /// Many bytes to nowhere (two tables).
    Discard,
}
