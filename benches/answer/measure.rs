//! What is looked at while a server works. Of the time that passes and the processor time the latter tells more: where
//! the load is the slower of the two, or the machine is busy with others, the clock makes all servers alike.

use std::time::Instant;

use crate::common::figures::Unit;
use crate::common::memory::{Share, held};
use crate::server::Server;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// The time that passes.
    Clock,
    /// The processor time of the server, with what it forked.
    Cpu,
    /// The most memory the server ever had, with what it forked.
    Peak,
}

impl Measure {
    /// For a title, behind what is done.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Clock => "",
            Self::Cpu => ", the server's CPU",
            Self::Peak => ", the server's memory (VmHWM, the sum over its processes)",
        }
    }

    /// How figures are shown if each is about so much of something; the names are those of a rate by clock and by CPU.
    pub(crate) fn unit(self, amount: f64, names: [&'static str; 2]) -> Unit {
        match self {
            Self::Clock => Unit::Rate { amount, name: names[0] },
            Self::Cpu => Unit::Rate { amount, name: names[1] },
            Self::Peak => Unit::Bytes { unit: f64::from(1 << 20), name: "MiB" },
        }
    }

    /// The watch runs from now on.
    pub(crate) fn start(self, server: &Server) -> Result<Watch, String> {
        Ok(Watch { measure: self, used: server.cpu_seconds()?, clock: Instant::now() })
    }
}

/// A measure being taken.
pub(crate) struct Watch {
    measure: Measure,
    used: f64,
    clock: Instant,
}

impl Watch {
    /// Seconds, or bytes. Of a server that has left, the processor time is known as long as it is not buried.
    pub(crate) fn read(&self, server: &Server) -> Result<f64, String> {
        match self.measure {
            Measure::Clock => Ok(self.clock.elapsed().as_secs_f64()),
            Measure::Cpu => Ok(server.cpu_seconds()? - self.used),
            Measure::Peak => match held(&server.members(), Share::Peak) {
                0 => Err("/proc does not tell its memory".into()),
                #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
                bytes => Ok(bytes as f64),
            },
        }
    }
}
