//! The command line: from the words typed to a [`Plan`], or to one line that says what is wrong with them. Each floor
//! of this room names only those below it:
//!
//! ```text
//! parse ─┬─▶ fits ─┬─▶ args
//!        └─▶ read ─┘
//! ```

pub mod args;
mod fits;
mod foreign;
mod read;
mod usage;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches};

use self::args::Args;
use crate::plan::Plan;

pub use self::usage::{NoPlan, Usage};

/// The whole command line interface, for help, man page and completions.
pub fn command() -> clap::Command {
    Args::command()
}

/// Reads the command line.
///
/// # Errors
/// A text to show instead of running: help or the version, or one line that says what is wrong.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Plan, NoPlan> {
    let mut command = command();
    let typed = command.try_get_matches_from_mut(words);
    let args = typed.and_then(|typed| Ok((Args::from_arg_matches(&typed)?, typed)));
    let (args, typed) = args.map_err(|error| usage::explain(&error))?;
    fits::check(&command, &typed, &args).and_then(|()| read::plan(&args)).map_err(NoPlan::Wrong)
}
