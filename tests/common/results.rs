//! What a probe wrote on stdout, taken apart: `HOST:PORT  STATE  SERVICE  TIME  BANNER`, a line for each port.

#![allow(dead_code, reason = "each test file uses a part of this")]

use super::common::Outcome;

/// A line of a probe's results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// `HOST:PORT`, or a path.
    pub(crate) place: String,
    pub(crate) state: String,
    pub(crate) service: String,
    /// The time or the reason, and the banner where there is one.
    pub(crate) last: String,
}

impl Row {
    #[track_caller]
    pub(crate) fn of(line: &str) -> Self {
        let mut rest = line;
        let mut word = || {
            let (word, more) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = more.trim_start_matches(' ');
            assert!(!word.is_empty(), "a column is missing: {line:?}");
            word.to_owned()
        };
        let (place, state, service) = (word(), word(), word());
        assert!(!rest.is_empty(), "neither a time nor a reason: {line:?}");
        Self { place, state, service, last: rest.to_owned() }
    }

    /// The port at the end of its place.
    #[track_caller]
    pub(crate) fn port(&self) -> u16 {
        let port = self.place.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        port.unwrap_or_else(|| panic!("no port in {self:?}"))
    }

    /// The time of an open port, in seconds.
    #[track_caller]
    pub(crate) fn seconds(&self) -> f64 {
        let text = self.last.split(' ').next().unwrap_or_default();
        let (number, unit) = match text.strip_suffix("ms") {
            Some(number) => (number, 0.001),
            None => (text.strip_suffix('s').unwrap_or_else(|| panic!("no time in {self:?}")), 1.0),
        };
        number.parse::<f64>().unwrap_or_else(|_| panic!("no time in {self:?}")) * unit
    }

    /// What stands after the time of an open port.
    pub(crate) fn banner(&self) -> &str {
        self.last.split_once(' ').map_or("", |(_, banner)| banner.trim_start_matches(' '))
    }
}

/// The lines of a probe's results, in the order told.
#[track_caller]
pub(crate) fn rows(stdout: &[u8]) -> Vec<Row> {
    let text = str::from_utf8(stdout).expect("results are text");
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole: {text:?}");
    text.lines().map(Row::of).collect()
}

/// The places told as open, sorted; nothing else was told.
#[track_caller]
pub(crate) fn open_places(outcome: &Outcome) -> Vec<String> {
    let rows = rows(&outcome.stdout);
    let mut places: Vec<String> = rows
        .into_iter()
        .map(|row| {
            assert_eq!(row.state, "open", "{row:?}");
            row.place
        })
        .collect();
    places.sort();
    places
}

/// The ports told as open, sorted; nothing else was told.
#[track_caller]
pub(crate) fn open_ports(outcome: &Outcome) -> Vec<u16> {
    let mut ports: Vec<u16> = rows(&outcome.stdout)
        .into_iter()
        .map(|row| {
            assert_eq!(row.state, "open", "{row:?}");
            row.port()
        })
        .collect();
    ports.sort_unstable();
    ports
}
