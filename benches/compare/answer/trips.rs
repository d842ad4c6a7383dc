//! Round trips of 64 bytes: how many a server answers in a while, to one or to many at once, and what they cost it.

use std::time::Duration;

use super::caller::{SIZE, Way};
use super::crowd::Crowd;
use super::roster::{Flags, Served};
use super::server::Server;
use super::watch::Watch;
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::settings::Settings;
use crate::tool::Tool;

/// One of the works with everything it needs.
pub(crate) struct Trips<'a> {
    settings: &'a Settings,
    way: Way,
    peers: usize,
}

impl<'a> Trips<'a> {
    pub(crate) fn new(settings: &'a Settings, way: Way, peers: usize) -> Self {
        Self { settings, way, peers }
    }

    fn flags(&self, tool: &Tool<Flags>) -> Option<&'static str> {
        match self.way {
            Way::Tcp => tool.flags.tcp_echo,
            Way::Udp => tool.flags.udp_echo,
        }
    }

    /// How long trips are counted, once all connections stand.
    fn window(&self) -> Duration {
        Duration::from_millis(if self.settings.quick { 300 } else { 1000 })
    }

    /// Seconds of a trip.
    fn run(&self, tool: &Tool<Flags>) -> Result<[f64; 2], String> {
        let limit = self.settings.limit();
        let mut server = Server::start(tool, self.flags(tool), self.way, limit)?;
        let mut crowd = Crowd::gather(self.way, &server, self.peers, limit).map_err(|error| server.explain(error))?;
        let watch = Watch::start(&server)?;
        let trips = crowd.talk(self.window()).map_err(|error| server.explain(error))?;
        Ok(watch.read(&server)?.map(|seconds| seconds / trips))
    }
}

impl Contest for Trips<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        match self.way {
            Way::Tcp => {
                format!("{SIZE} bytes there and back over TCP, connections: {}, and the server's CPU", self.peers)
            }
            Way::Udp => {
                format!("a datagram of {SIZE} bytes there and back, peers: {}, and the server's CPU", self.peers)
            }
        }
    }

    fn units(&self) -> Vec<Unit> {
        let (amount, what) = (1.0, "trips");
        vec![Unit::Rate { amount, what }, Unit::CpuRate { amount, what }]
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        self.flags(tool).is_some()
    }

    /// Every answer is looked at. What was used by a process that is gone is not to be had.
    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        let [passed, used] = self.run(tool)?;
        Ok(vec![Some(passed), Some(used).filter(|_| tool.flags.served != Served::Anew)])
    }
}
