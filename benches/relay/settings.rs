//! What the command line can change: which works, how often, how much, between which tools.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::common::size;
use crate::transfer::{Ends, Sink, Source, Way};

/// nsock beside every installed netcat: medians and ratios as Markdown.
#[derive(Parser)]
pub(crate) struct Settings {
    /// Timed runs of each tool.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) runs: usize,

    /// Timed runs of each tool in `start` and `udp-ask`, where one run is a few milliseconds.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub(crate) starts: usize,

    /// Bytes of each transfer: 500M, 2G (suffixes are powers of 1024).
    #[arg(long, default_value = "2G", value_parser = size::parse)]
    pub(crate) size: u64,

    /// Datagrams of each run of `udp-receive`.
    #[arg(long, default_value_t = 500_000, value_name = "N")]
    pub(crate) datagrams: usize,

    /// Size of the pipes at stdin and stdout before a tool asks for more; a shell gives 64K.
    #[arg(long, default_value = "64K", value_parser = size::parse)]
    pub(crate) pipe: u64,

    /// How the pipe at the sender's stdin is fed: by write, as programs do, or file pages by splice (faster).
    #[arg(long, value_enum, default_value = "write")]
    pub(crate) feed: Feed,

    /// Seconds after which a run counts as a hang.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    limit: u64,

    /// Works to do, comma-separated; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    work: Vec<Work>,

    /// Only tools whose name holds one of these words, comma-separated.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Where the file to send lies; the system's temporary directory by default.
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

/// A comparison, one table each.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// A file to /dev/null.
    FileNull,
    /// A pipe to /dev/null.
    PipeNull,
    /// A pipe to a pipe.
    PipePipe,
    /// A file to /dev/null, over a Unix stream socket.
    UnixNull,
    /// One line there and back, the whole process.
    Start,
    /// One datagram there and back, the whole process.
    UdpAsk,
    /// Datagrams into a listener, as fast as it takes them without loss, and what they cost it (two tables).
    UdpReceive,
}

impl Work {
    /// What stands at both ends of the tools and between them, if bytes are to be moved.
    pub(crate) fn ends(self) -> Option<Ends> {
        match self {
            Self::FileNull => Some(Ends { source: Source::File, way: Way::Tcp, sink: Sink::Null }),
            Self::PipeNull => Some(Ends { source: Source::Pipe, way: Way::Tcp, sink: Sink::Null }),
            Self::PipePipe => Some(Ends { source: Source::Pipe, way: Way::Tcp, sink: Sink::Pipe }),
            Self::UnixNull => Some(Ends { source: Source::File, way: Way::Unix, sink: Sink::Null }),
            Self::Start | Self::UdpAsk | Self::UdpReceive => None,
        }
    }
}

/// How a pipe is filled.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Feed {
    /// Pages of the cached file, not copied.
    Splice,
    /// Copies in blocks of 128 KiB, as most programs write.
    Write,
}
