//! A host that drops nearly every packet, behind a path that takes its time: what counts is how long a tool waits
//! for answers that never come. The path and the host are made anew for each run, so that no run has the packets, the
//! connections or the measured round trips of another; each tool's n-th run meets the same dice.

use std::cell::RefCell;
use std::time::Duration;

use super::path::{OPEN, Path};
use super::roster::Flags;
use super::scan::{self, Scan};
use super::tally::Tally;
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::settings::Settings;
use crate::tool::Tool;

/// How long a packet is on the path.
const ONE_WAY: Duration = Duration::from_millis(10);

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
        let trip = Path::new(ONE_WAY, 0.0, 0)?.trip()?.as_secs_f64() * 1e3;
        Ok(Self { settings, loss, trip, tally: RefCell::default() })
    }

    /// The seed is the number of the run: a tool's first timed run is that of every other.
    fn run(&self, tool: &Tool<Flags>, seed: u64) -> Result<(Scan, Path), String> {
        let path = Path::new(ONE_WAY, self.loss, seed)?;
        let scan = scan::run(tool, tool.flags.far, &path.here, self.settings.limit())?;
        Ok((scan, path))
    }
}

impl Contest for Far<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let delay = (ONE_WAY * 2).as_millis();
        let loss = if self.loss > 0.0 { format!(" that loses {} % each way", self.loss) } else { String::new() };
        format!(
            "1,000 ports, {} of them open, the others dropped, behind a path of {delay} ms{loss} (a connection takes {:.1})",
            OPEN.len(),
            self.trip
        )
    }

    fn units(&self) -> Vec<Unit> {
        vec![Unit::Milliseconds]
    }

    fn verdict_title(&self) -> &'static str {
        "ports of all runs, exits"
    }

    fn remark(&self, tool: &Tool<Flags>) -> Option<String> {
        self.tally.borrow().tell(tool.name)
    }

    fn flaw(&self, tool: &Tool<Flags>) -> Option<String> {
        self.tally.borrow().flaw(tool.name)
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.far.is_some()
    }

    /// A tool that finds nothing at all is not at work; what it misses otherwise is counted, not held against its time.
    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        let seed = self.tally.borrow().runs(tool.name) + 1;
        let (scan, path) = self.run(tool, seed)?;
        if scan.open.is_empty() {
            return Err(format!("MISSED every port {}", scan.words).trim().into());
        }
        self.tally.borrow_mut().add(tool.name, &scan.open, path.open_ports());
        Ok(vec![Some(scan.seconds)])
    }
}
