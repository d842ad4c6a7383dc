//! Round trips of 64 bytes: how many a server answers in a while, to one or to many at once, and what they cost it.

use crate::caller::{SIZE, Way};
use crate::common::contest::Contest;
use crate::common::figures::Unit;
use crate::common::tool::Tool;
use crate::crowd::Crowd;
use crate::measure::Measure;
use crate::roster::{Flags, Served};
use crate::server::Server;
use crate::settings::Settings;

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

    fn run(&self, tool: &Tool<Flags>) -> Result<f64, String> {
        let limit = self.settings.limit();
        let mut server = Server::start(tool, self.flags(tool), self.way, limit)?;
        let mut crowd = Crowd::gather(self.way, &server, self.peers, limit).map_err(|error| server.explain(error))?;
        let watch = self.measure.start(&server)?;
        let trips = crowd.talk(self.settings.window()).map_err(|error| server.explain(error))?;
        Ok(watch.read(&server)? / trips)
    }
}

impl Contest for Trips<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let what = self.measure.words();
        match self.way {
            Way::Tcp => format!("{SIZE} bytes there and back over TCP, connections: {}{what}", self.peers),
            Way::Udp => format!("a datagram of {SIZE} bytes there and back, peers: {}{what}", self.peers),
        }
    }

    fn unit(&self) -> Unit {
        self.measure.unit(1e-3, ["1,000 trips/s", "1,000 trips/CPU second"])
    }

    fn rounds(&self) -> usize {
        self.settings.runs
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        self.flags(tool).is_some() && !(self.measure == Measure::Cpu && tool.flags.served == Served::Anew)
    }

    /// As long as a timed run, in which every answer is looked at too: in less time many may hear nothing.
    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        self.run(tool).map(drop)
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<f64, String> {
        self.run(tool)
    }
}
