//! What each tool has found in all its runs, beside what was there to be found.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(crate) struct Tally(BTreeMap<&'static str, Count>);

#[derive(Default)]
struct Count {
    runs: u64,
    found: usize,
    asked: usize,
    false_ones: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, tool: &'static str, found: &BTreeSet<u16>, there: &BTreeSet<u16>) {
        let count = self.0.entry(tool).or_default();
        count.runs += 1;
        count.found += found.intersection(there).count();
        count.asked += there.len();
        count.false_ones += found.difference(there).count();
    }

    /// How often the tool was counted.
    pub(crate) fn runs(&self, tool: &str) -> u64 {
        self.0.get(tool).map_or(0, |count| count.runs)
    }

    pub(crate) fn tell(&self, tool: &str) -> Option<String> {
        self.0.get(tool).map(|count| format!("{}/{} found, {} false", count.found, count.asked, count.false_ones))
    }

    /// The same of a tool that has missed a port, or told one that is not open.
    pub(crate) fn flaw(&self, tool: &str) -> Option<String> {
        let count = self.0.get(tool)?;
        if count.found == count.asked && count.false_ones == 0 { None } else { self.tell(tool) }
    }
}
