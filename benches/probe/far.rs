//! A host that drops nearly every packet, behind a path that takes its time: what counts is how long a tool waits
//! for answers that never come. The path and the host are made anew for each run, so that no run has the packets, the
//! connections or the measured round trips of another; each tool's n-th run meets the same dice.

use std::cell::RefCell;

use crate::common::contest::Contest;
use crate::common::figures::Unit;
use crate::common::tool::Tool;
use crate::path::{OPEN, Path};
use crate::roster::{Flags, RUSTSCAN_NAME};
use crate::scan::{self, Scan};
use crate::settings::Settings;
use crate::tally::Tally;

/// What the path does, and who has found the ports behind it.
pub(crate) struct Far<'a> {
    settings: &'a Settings,
    /// Of 100 packets.
    loss: f64,
    /// What a connection over the path takes when nothing is lost, in milliseconds.
    trip: f64,
    tally: RefCell<Tally>,
}

impl<'a> Far<'a> {
    /// Fails where no such path can be made.
    pub(crate) fn new(settings: &'a Settings, loss: f64) -> Result<Self, String> {
        let trip = Path::new(settings.one_way(), 0.0, 0)?.trip()?.as_secs_f64() * 1e3;
        Ok(Self { settings, loss, trip, tally: RefCell::default() })
    }

    /// The seed is the number of the run: a tool's first timed run is that of every other.
    fn run(&self, tool: &Tool<Flags>, seed: u64) -> Result<(Scan, Path), String> {
        let path = Path::new(self.settings.one_way(), self.loss, seed)?;
        let scan = scan::run(tool, tool.flags.far, &path.here, self.settings.limit())?;
        Ok((scan, path))
    }
}

impl Contest for Far<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let delay = (self.settings.one_way() * 2).as_millis();
        let loss = if self.loss > 0.0 { format!(" that loses {} % each way", self.loss) } else { String::new() };
        format!(
            "1,000 ports, {} of them open, the others dropped, behind a path of {delay} ms{loss} (a connection takes {:.1})",
            OPEN.len(),
            self.trip
        )
    }

    fn unit(&self) -> Unit {
        Unit::Milliseconds
    }

    fn rounds(&self) -> usize {
        self.settings.runs
    }

    fn rivals(&self) -> &'static [&'static str] {
        &[RUSTSCAN_NAME]
    }

    fn verdict_title(&self) -> &'static str {
        "ports of all runs, exits"
    }

    fn remark(&self, tool: &Tool<Flags>) -> Option<String> {
        self.tally.borrow().tell(tool.name)
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.far.is_some()
    }

    /// A tool that finds nothing at all is not at work; what it misses otherwise is counted, not held against its time.
    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        match self.run(tool, 0)?.0 {
            Scan { open, words, .. } if open.is_empty() => Err(format!("MISSED every port {words}").trim().into()),
            _ => Ok(()),
        }
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<f64, String> {
        let seed = self.tally.borrow().runs(tool.name) + 1;
        let (scan, path) = self.run(tool, seed)?;
        self.tally.borrow_mut().add(tool.name, &scan.open, path.open_ports());
        Ok(scan.seconds)
    }
}
