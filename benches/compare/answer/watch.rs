//! What it takes a server to do a work: the time that passes, and the processor time of it and what it forked.

use std::time::Instant;

use super::server::Server;

/// A watch that runs.
pub(crate) struct Watch {
    used: f64,
    clock: Instant,
}

impl Watch {
    pub(crate) fn start(server: &Server) -> Result<Self, String> {
        Ok(Self { used: server.cpu_seconds()?, clock: Instant::now() })
    }

    /// Seconds by the clock and of the processor. Of a server that has left, the latter are known as long as it is not
    /// buried.
    pub(crate) fn read(&self, server: &Server) -> Result<[f64; 2], String> {
        let passed = self.clock.elapsed().as_secs_f64();
        Ok([passed, server.cpu_seconds()? - self.used])
    }
}
