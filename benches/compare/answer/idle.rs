//! What a connection that says nothing costs its server. Each has made one trip, so that it is known to be served; the
//! kernel's part of it is not counted.

use super::caller::Way;
use super::crowd::Crowd;
use super::roster::{Flags, Served};
use super::server::Server;
use crate::common::memory::{Share, held};
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::settings::Settings;
use crate::tool::Tool;

/// Connections to a server that is one process, and to one that forks for each.
pub(crate) const TOGETHER: usize = 8000;
const APART: usize = 100;

pub(crate) struct Idle<'a> {
    settings: &'a Settings,
}

impl<'a> Idle<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }

    /// From the second connection on: the first wakes what the server needs only once.
    fn run(&self, tool: &Tool<Flags>) -> Result<f64, String> {
        let limit = self.settings.limit();
        let (count, share) = match tool.flags.served {
            Served::Together => (TOGETHER, Share::Resident),
            Served::Apart | Served::Anew => (APART, Share::Proportional),
        };
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
}

impl Contest for Idle<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        format!(
            "memory of an idle TCP connection: {TOGETHER} to one process (RSS), {APART} to those that fork (sum of PSS)"
        )
    }

    fn units(&self) -> Vec<Unit> {
        vec![Unit::Bytes { unit: 1.0, name: "bytes per connection" }]
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.tcp_echo.is_some()
    }

    /// Each connection has made a trip, which was looked at.
    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        Ok(vec![Some(self.run(tool)?)])
    }
}
