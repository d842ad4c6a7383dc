//! A program that takes part in a comparison, and where it is installed. Its flags are the room's affair.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::Command;

use super::anew;

/// What a tool stands for when the ratios are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The program under test.
    Nsock,
    /// A rival, and its name in PATH.
    Peer(&'static str),
    /// What the machine can do at all: this program, started anew.
    Limit,
}

/// A line of a roster: what it stands for, its name in the tables, and its flags.
pub(crate) type Line<F> = (Kind, &'static str, F);

/// One program and the flags it needs for each work of a room.
pub(crate) struct Tool<F> {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    program: PathBuf,
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

/// The tools of a roster that this machine has and whose name holds one of the words (any name, if there are none).
/// Without nsock there would be nothing to compare.
pub(crate) fn installed<F: Copy>(roster: &[Line<F>], only: &[String]) -> Vec<Tool<F>> {
    let wanted = |kind, name: &str| {
        kind == Kind::Nsock || only.is_empty() || only.iter().any(|word| name.contains(word.as_str()))
    };
    roster
        .iter()
        .filter(|&&(kind, name, _)| wanted(kind, name))
        .filter_map(|&(kind, name, flags)| Some(Tool { name, kind, program: program_of(kind)?, flags }))
        .collect()
}

/// Where PATH has the program, or the directory that only root's PATH has (nginx); if it is installed at all.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    dirs.map(|dir| dir.join(program)).find(|file| file.is_file())
}

fn program_of(kind: Kind) -> Option<PathBuf> {
    match kind {
        Kind::Nsock => Some(env!("CARGO_BIN_EXE_nsock").into()),
        Kind::Peer(program) => find(program),
        Kind::Limit => anew::program().ok(),
    }
}
