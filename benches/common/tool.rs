//! A program that takes part in a comparison, and where it is installed. Its flags are the benchmark's affair.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::PathBuf;
use std::process::Command;

/// What a tool stands for when the ratios are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The program under test.
    Nsock,
    /// A rival.
    Peer,
    /// What the machine can do at all.
    Limit,
}

/// One program and the flags it needs for each part of the benchmark.
pub(crate) struct Tool<F> {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) program: PathBuf,
    pub(crate) flags: F,
}

impl<F> Tool<F> {
    /// The command for a line of flags such as `-l 127.0.0.1 {port}` or `-lU {path}`, with the place put in;
    /// no shell, so no quoting either.
    pub(crate) fn command(&self, flags: &str, place: impl Display) -> Command {
        let mut command = Command::new(&self.program);
        let place = place.to_string();
        let fill_in = |flag: &str| flag.replace("{port}", &place).replace("{path}", &place);
        command.args(flags.split_whitespace().map(fill_in));
        command
    }
}

/// Where PATH has the program, if it is installed at all.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(OsStr::new(&path)).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// The tools of a roster that this machine has and whose name holds one of the words (any name, if there are none).
pub(crate) fn installed_of<F>(
    roster: impl IntoIterator<Item = (&'static str, Kind, Option<PathBuf>, F)>,
    only: &[String],
) -> Vec<Tool<F>> {
    roster
        .into_iter()
        .filter(|(name, ..)| only.is_empty() || only.iter().any(|word| name.contains(word.as_str())))
        .filter_map(|(name, kind, program, flags)| Some(Tool { name, kind, program: program?, flags }))
        .collect()
}
