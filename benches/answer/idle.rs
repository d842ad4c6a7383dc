//! What a connection that says nothing costs its server. Each has made one trip, so that it is known to be served; the
//! kernel's part of it is not counted.

use crate::caller::Way;
use crate::common::contest::Contest;
use crate::common::figures::Unit;
use crate::common::memory::{Share, held};
use crate::common::tool::Tool;
use crate::crowd::Crowd;
use crate::roster::{Flags, Served};
use crate::server::Server;
use crate::settings::Settings;

pub(crate) struct Idle<'a> {
    settings: &'a Settings,
}

impl<'a> Idle<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }

    /// From the second connection on: the first wakes what the server needs only once.
    fn run(&self, tool: &Tool<Flags>, count: usize) -> Result<f64, String> {
        let limit = self.settings.limit();
        let share = if together(tool) { Share::Resident } else { Share::Proportional };
        let mut server = Server::start(tool, tool.flags.tcp_echo, Way::Tcp, limit)?;
        let first = Crowd::gather(Way::Tcp, &server, 1, limit).map_err(|error| server.explain(error))?;
        let before = held(&server.members(), share);
        let crowd = Crowd::gather(Way::Tcp, &server, count, limit).map_err(|error| server.explain(error))?;
        let after = held(&server.members(), share);
        drop((first, crowd));
        if before == 0 || after == 0 {
            return Err("/proc does not tell its memory".into());
        }
        #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
        Ok(after.saturating_sub(before) as f64 / count as f64)
    }

    fn connections(&self, tool: &Tool<Flags>) -> usize {
        if together(tool) { self.settings.idle } else { self.settings.forks }
    }
}

impl Contest for Idle<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let Settings { idle, forks, .. } = self.settings;
        format!(
            "memory of an idle TCP connection: {idle} to one process (RSS), {forks} to those that fork (sum of PSS)"
        )
    }

    fn unit(&self) -> Unit {
        Unit::Bytes { unit: 1.0, name: "bytes per connection" }
    }

    fn rounds(&self) -> usize {
        self.settings.runs
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.tcp_echo.is_some()
    }

    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        self.run(tool, self.connections(tool).min(100)).map(drop)
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<f64, String> {
        self.run(tool, self.connections(tool))
    }
}

fn together(tool: &Tool<Flags>) -> bool {
    tool.flags.served == Served::Together
}
