//! What the command line can change: which works, how often, what the path does, between which tools.

use std::time::Duration;

use clap::{Parser, ValueEnum};

/// nsock's port probe beside every installed scanner: medians, ports found and ratios as Markdown.
#[derive(Parser)]
pub(crate) struct Settings {
    /// Timed runs of each tool.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) runs: usize,

    /// Milliseconds that the path takes there and back.
    #[arg(long, default_value_t = 20, value_name = "MS")]
    delay: u64,

    /// Percent of the packets that the path of `lossy` loses each way.
    #[arg(long, default_value_t = 3.0, value_name = "PERCENT")]
    pub(crate) loss: f64,

    /// Seconds after which a run counts as a hang.
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
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

    pub(crate) fn one_way(&self) -> Duration {
        Duration::from_millis(self.delay) / 2
    }

    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(self.limit)
    }
}

/// A comparison, one table each.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// All ports of 127.0.0.1, a few of them open and the others closed.
    Host,
    /// 1,000 ports behind a path that takes its time, ten of them open and the others dropped.
    Far,
    /// The same over a path that loses packets each way.
    Lossy,
}
