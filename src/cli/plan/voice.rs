//! What is told of the run, and how.

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
    /// When stderr is a terminal and NO_COLOR is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether to colour, where no terminal decides that.
    pub fn settled(self) -> Option<bool> {
        match self {
            Self::Always => Some(true),
            Self::Never => Some(false),
            Self::Auto => std::env::var_os("NO_COLOR").filter(|value| !value.is_empty()).map(|_| false),
        }
    }
}
