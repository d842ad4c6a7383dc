//! The flags of what is told.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{ArgAction, Args as Group, ValueEnum};

use crate::plan::Color;

/// What is told.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Telling")]
pub struct Tell {
    /// Tell what happens on stderr; -vv tells each step
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// Print nothing, not even errors of the run: only the exit status speaks
    #[arg(long, conflicts_with_all = ["verbose", "json"])]
    pub quiet: bool,

    /// Tell the time of day with each line
    #[arg(short = 'D', long)]
    pub timestamps: bool,

    /// Dump what is sent and received, annotated, to stderr or FILE
    #[arg(short = 'x', long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    pub hex: Option<PathBuf>,

    /// Show bytes, rate and time left on stderr
    #[arg(long)]
    pub progress: bool,

    /// Tell every event on stderr as a JSON object, one a line
    #[arg(short, long)]
    pub json: bool,

    /// Colour what is told: auto (when stderr is a terminal), always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub color: Color,

    /// Show this help
    #[arg(short, long, action = ArgAction::HelpShort)]
    pub help: Option<bool>,

    /// Show the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    pub version: Option<bool>,
}

impl ValueEnum for Color {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Auto => PossibleValue::new("auto").help("When stderr is a terminal and NO_COLOR is not set"),
            Self::Always => PossibleValue::new("always").help("Always"),
            Self::Never => PossibleValue::new("never").help("Never"),
        })
    }
}
