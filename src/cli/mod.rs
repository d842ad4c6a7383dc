//! The command line: from the words typed to a [`Plan`](plan::Plan) that cannot contradict itself.

pub mod address;
pub mod answer;
pub mod args;
pub mod duration;
mod foreign;
pub mod http;
pub mod peer;
pub mod plan;
pub mod port;
pub mod ports;
pub mod probe;
mod read;
pub mod shard;
pub mod size;
pub mod targets;
mod tos;
pub mod url;
mod usage;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

pub use usage::{Stop, Usage};

/// The whole command line interface, for help, man page and completions.
pub fn command() -> clap::Command {
    args::Args::command()
}

/// Reads the command line.
///
/// # Errors
/// A text to show instead of running: help or the version, or one line that says what is wrong.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<plan::Plan, Stop> {
    let args = args::Args::try_parse_from(words).map_err(|error| usage::explain(&error))?;
    read::plan(args).map_err(Stop::Wrong)
}
