//! What the command line can change: which works, how often, how much, between which tools.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Parser, ValueEnum};

use super::{answer, http, probe, relay, size};

/// The rooms, by which all works of one are asked for.
const ROOMS: [&str; 4] = ["relay", "answer", "probe", "http"];

/// nsock beside every installed peer: medians and ratios of each work, and one Markdown table of all.
#[derive(Parser)]
pub(crate) struct Settings {
    /// What to do: rooms, or single works; everything by default.
    #[arg(value_name = "WORK", value_parser = PossibleValuesParser::new(words()))]
    chosen: Vec<String>,

    /// Little of everything, once: does it all work? The figures are worth nothing.
    #[arg(long)]
    pub(crate) quick: bool,

    /// Timed runs of each tool; twenty times as many of those that take milliseconds.
    #[arg(long, default_value_t = 5, default_value_if("quick", "true", "1"), value_name = "N")]
    pub(crate) runs: usize,

    /// Bytes of each transfer and download: 500M, 2G (suffixes are powers of 1024).
    #[arg(long, default_value = "1G", default_value_if("quick", "true", "100M"), value_parser = size::parse)]
    pub(crate) size: u64,

    /// Only nsock and tools whose name holds one of these words, comma-separated.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(crate) only: Vec<String>,

    /// Seconds after which a run counts as a hang.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    limit: u64,

    /// Where the files lie that are sent and received; the system's temporary directory by default.
    #[arg(long, default_value_os_t = std::env::temp_dir(), hide_default_value = true)]
    dir: PathBuf,

    /// `cargo bench` adds it on its own; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Settings {
    /// The works of one room that were asked for.
    pub(crate) fn works<W: ValueEnum>(&self) -> Vec<W> {
        let asked = |work: &&W| {
            let value = work.to_possible_value();
            let holds = |word: &str| value.as_ref().is_some_and(|value| is_in(value.get_name(), word));
            self.chosen.is_empty() || self.chosen.iter().any(|word| holds(word))
        };
        W::value_variants().iter().filter(asked).cloned().collect()
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(self.limit)
    }
}

/// The command that does this work alone, with the settings we were given.
pub(crate) fn command_of(work: &str) -> String {
    let is_setting = |word: &String| word != "--bench" && words().all(|choice| choice.get_name() != word);
    let settings: Vec<String> = std::env::args().skip(1).filter(is_setting).chain([work.to_string()]).collect();
    format!("cargo bench --bench compare -- {}", settings.join(" "))
}

fn is_in(work: &str, word: &str) -> bool {
    work == word || work.strip_prefix(word).is_some_and(|rest| rest.starts_with('.'))
}

/// All that can be chosen, each room before its works.
fn words() -> impl Iterator<Item = PossibleValue> {
    let works = [of::<relay::Work>(), of::<answer::Work>(), of::<probe::Work>(), of::<http::Work>()];
    ROOMS.into_iter().zip(works).flat_map(|(room, works)| [PossibleValue::new(room)].into_iter().chain(works))
}

fn of<W: ValueEnum>() -> Vec<PossibleValue> {
    W::value_variants().iter().filter_map(W::to_possible_value).collect()
}
