//! The flags of what is done to bytes.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as Group;

use crate::filter;
use crate::value::{duration, size};

/// What is done to bytes.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Bytes")]
pub struct Bytes {
    /// Send LF as CRLF
    #[arg(short = 'C', long)]
    pub crlf: bool,

    /// Refuse telnet options, and keep them out of stdout
    #[arg(short, long)]
    pub telnet: bool,

    /// Show received text of this encoding as UTF-8, and send stdin in it (gbk, big5, latin1 ...)
    #[arg(long, value_name = "NAME", value_parser = filter::encoding)]
    pub encoding: Option<&'static filter::Encoding>,

    /// Wait T between lines sent
    #[arg(short, long, value_name = "T", value_parser = duration::parse, allow_negative_numbers = true)]
    pub interval: Option<Duration>,

    /// How stdin is cut into datagrams: at SIZE bytes (16k by itself), or after each line
    #[arg(long, value_name = "SIZE|line", value_parser = size::cut)]
    pub datagram: Option<size::Cut>,

    /// Received bytes go to FILE instead of stdout
    #[arg(short, long, value_name = "FILE", conflicts_with = "send_only", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}
