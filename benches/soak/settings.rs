//! What the command line can change: how long, and how many at once.

use std::time::Duration;

use clap::Parser;

/// nsock's servers under a rude load for long: do they stay right, small and quiet?
#[derive(Parser)]
pub(crate) struct Settings {
    /// How long; the first minute is what the others are held against.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    minutes: u64,

    /// How many call each server at the same time.
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub(crate) callers: usize,

    /// `cargo bench` adds it on its own; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Settings {
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs(60 * self.minutes)
    }
}
