//! Every port of this host, nearly all of them closed: what counts is the cost of a refusal.
//! In a namespace of its own if we are root, so that nobody else's connection disturbs it or is disturbed.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use rustix::process::geteuid;

use super::listeners::{Listeners, listening};
use super::roster::Flags;
use super::scan;
use super::space::Space;
use super::tally::Tally;
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::settings::Settings;
use crate::tool::Tool;

/// First and last, at both ends of the range from which the kernel takes its own (32768 to 60999), and in it.
const OPEN: [u16; 10] = [1, 22, 1080, 8080, 20000, 32767, 40000, 50001, 61000, 65535];

/// A host with its listeners, and who has found them.
pub(crate) struct Host<'a> {
    settings: &'a Settings,
    space: Space,
    listeners: Listeners,
    tally: RefCell<Tally>,
}

impl<'a> Host<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Result<Self, String> {
        let space = if geteuid().is_root() { Space::new()? } else { Space::ours() };
        let listeners = space.inside(|| Listeners::open(Ipv4Addr::LOCALHOST, &OPEN))?;
        Ok(Self { settings, space, listeners, tally: RefCell::default() })
    }

    /// A tool that misses one of the ports has no time: it may have left before it asked.
    fn run(&self, tool: &Tool<Flags>) -> Result<(f64, BTreeSet<u16>), String> {
        self.listeners.drain();
        let before = self.others()?;
        let scan = scan::run(tool, tool.flags.host, &self.space, self.settings.limit())?;
        let others = &before | &self.others()?;
        let missed = self.listeners.ports.difference(&scan.open).count();
        if missed > 0 {
            let words = scan.words;
            return Err(format!("MISSED {missed} of {} ports {words}", self.listeners.ports.len()).trim().into());
        }
        Ok((scan.seconds, &scan.open - &others))
    }

    /// What else is open, if the namespace is not our own: neither to be found nor false.
    fn others(&self) -> Result<BTreeSet<u16>, String> {
        Ok(&self.space.inside(|| Ok(listening()))? - &self.listeners.ports)
    }
}

impl Contest for Host<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        format!("all 65,535 ports of 127.0.0.1, {} of them open, the others closed", self.listeners.ports.len())
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
        tool.flags.host.is_some()
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        let (seconds, found) = self.run(tool)?;
        self.tally.borrow_mut().add(tool.name, &found, &self.listeners.ports);
        Ok(vec![Some(seconds)])
    }
}
