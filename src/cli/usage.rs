//! What is wrong with a command line, in one line.

use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::foreign;

/// One line that says what is wrong with the command line, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T: Into<String>> From<T> for Usage {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// A reason not to run.
#[derive(Clone, Debug)]
pub enum NoPlan {
    /// Help or the version was asked for: this text, on stdout.
    Asked(String),
    /// The command line makes no sense.
    Wrong(Usage),
}

/// Turns clap's paragraphs into one line.
pub(super) fn explain(error: &clap::Error) -> NoPlan {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return NoPlan::Asked(error.render().to_string());
    }
    if let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg)
        && error.kind() == ErrorKind::UnknownArgument
        && let Some(way) = foreign::way_out(flag)
    {
        return NoPlan::Wrong(format!("no {flag} here: {way}").into());
    }
    // clap writes `error: what`, then blank-line separated paragraphs: a tip, the usage, a pointer to --help.
    let text = error.render().to_string();
    let line = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.starts_with("tip: to pass")) // as an operand: nobody means that
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    NoPlan::Wrong(format!("{line} (nsock -h shows how)").into())
}
