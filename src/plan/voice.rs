//! What is told of the run, and how.

use std::ffi::OsStr;
use std::path::PathBuf;

/// What is told, and how.
#[derive(Clone, Debug)]
pub struct Voice {
    /// 0 tells errors only, 1 what happens, 2 each step.
    pub level: u8,
    /// Not even errors.
    pub quiet: bool,
    /// JSON instead of sentences.
    pub json: bool,
    /// The time of day with each line.
    pub timestamps: bool,
    /// When to colour.
    pub color: Color,
    /// Where the bytes are dumped.
    pub hex: Option<Hex>,
    /// Whether progress is shown in any case.
    pub progress: bool,
    /// Whether it is a probe that is told of.
    pub probes: bool,
}

/// Where the bytes are dumped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hex {
    /// Among what else is told.
    Stderr,
    /// Into a file.
    File(PathBuf),
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Where it goes to a terminal, unless the environment says no.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether to colour, where no terminal decides that: as the user says, or the environment.
    pub fn settled(self) -> Option<bool> {
        let says = |name, no: fn(&OsStr) -> bool| std::env::var_os(name).is_some_and(|value| no(&value));
        match self {
            Self::Always => Some(true),
            Self::Never => Some(false),
            Self::Auto => {
                let unwanted = says("NO_COLOR", |value| !value.is_empty()) || says("TERM", |value| value == "dumb");
                unwanted.then_some(false)
            }
        }
    }
}
