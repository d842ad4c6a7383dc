//! What the command line can change: which works, how often, how much, between which tools.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::common::size;

/// nsock --http beside curl and wget: medians and ratios as Markdown.
#[derive(Parser)]
pub(crate) struct Settings {
    /// Timed runs of each tool.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) runs: usize,

    /// Bytes of each download: 500M, 2G (suffixes are powers of 1024).
    #[arg(long, default_value = "1G", value_parser = size::parse)]
    pub(crate) size: u64,

    /// Size of the pipe at stdout before a tool asks for more; a shell gives 64K.
    #[arg(long, default_value = "64K", value_parser = size::parse)]
    pub(crate) pipe: u64,

    /// How the pipe at stdout is drained: by read, as programs do, or by splice to /dev/null (faster).
    #[arg(long, value_enum, default_value = "read")]
    pub(crate) drain: Drain,

    /// Seconds after which a run counts as a hang.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    limit: u64,

    /// Works to do, comma-separated; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    work: Vec<Work>,

    /// Only tools whose name holds one of these words, comma-separated.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Where the file lies that is served, and those that are received; the system's temporary directory by default.
    #[arg(long)]
    dir: Option<PathBuf>,

    /// `cargo bench` adds it on its own; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Settings {
    pub(crate) fn works(&self) -> &[Work] {
        if self.work.is_empty() { Work::value_variants() } else { &self.work }
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(std::env::temp_dir)
    }

    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(self.limit)
    }
}

/// Where the body goes; two tables each.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// To /dev/null.
    Null,
    /// Into a file that the disk never sees. What its memory costs depends on who had that before: look at the range.
    File,
    /// Into a pipe.
    Pipe,
}

/// How a pipe is emptied.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drain {
    /// Pages that nobody looks at.
    Splice,
    /// Copies in blocks of 128 KiB, as most programs read.
    Read,
}
