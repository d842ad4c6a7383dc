//! Round trips of 64 bytes: how many a server answers in a while, to one or to many at once, and what they cost it.
//! The cost tells more: where the load is the slower of the two, or the machine is busy, the clock makes all alike.

use std::time::Duration;

use crate::caller::{SIZE, Way};
use crate::common::contest::Contest;
use crate::common::figures::Unit;
use crate::common::tool::Tool;
use crate::crowd::Crowd;
use crate::roster::{Flags, Served};
use crate::server::Server;
use crate::settings::Settings;

/// How long a tool is looked at before it is timed.
const SAMPLE: Duration = Duration::from_millis(200);

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// The time that passes.
    Clock,
    /// The processor time of the server, with what it forked.
    Cpu,
}

/// One of the works with everything it needs.
pub(crate) struct Trips<'a> {
    settings: &'a Settings,
    way: Way,
    peers: usize,
    measure: Measure,
}

impl<'a> Trips<'a> {
    pub(crate) fn new(settings: &'a Settings, way: Way, peers: usize, measure: Measure) -> Self {
        Self { settings, way, peers, measure }
    }

    fn flags(&self, tool: &Tool<Flags>) -> Option<&'static str> {
        match self.way {
            Way::Tcp => tool.flags.tcp_echo,
            Way::Udp => tool.flags.udp_echo,
        }
    }

    fn run(&self, tool: &Tool<Flags>, window: Duration) -> Result<f64, String> {
        let limit = self.settings.limit();
        let mut server = Server::start(tool, self.flags(tool), self.way, limit)?;
        let mut crowd = Crowd::gather(self.way, &server, self.peers, limit).map_err(|error| server.explain(error))?;
        let used = server.cpu_seconds()?;
        let (trips, seconds) = crowd.talk(window).map_err(|error| server.explain(error))?;
        match self.measure {
            Measure::Clock => Ok(seconds / trips),
            Measure::Cpu => Ok((server.cpu_seconds()? - used) / trips),
        }
    }
}

impl Contest for Trips<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let what = match self.measure {
            Measure::Clock => "",
            Measure::Cpu => ", the server's CPU",
        };
        match self.way {
            Way::Tcp => format!("{SIZE} bytes there and back over TCP, connections: {}{what}", self.peers),
            Way::Udp => format!("a datagram of {SIZE} bytes there and back, peers: {}{what}", self.peers),
        }
    }

    fn unit(&self) -> Unit {
        let name = match self.measure {
            Measure::Clock => "1,000 trips/s",
            Measure::Cpu => "1,000 trips/CPU second",
        };
        Unit::Rate { amount: 1e-3, name }
    }

    fn rounds(&self) -> usize {
        self.settings.runs
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        self.flags(tool).is_some() && !(self.measure == Measure::Cpu && tool.flags.served == Served::Anew)
    }

    /// Every answer is looked at in the timed runs too.
    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        self.run(tool, SAMPLE).map(drop)
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<f64, String> {
        self.run(tool, self.settings.window())
    }
}
