//! The port probe (`-z`) beside scanners and the netcats that can probe, on the same ports: every port of a host that
//! refuses nearly all of them, and a host that drops nearly all, behind a path that takes its time, and loses packets
//! too.
//!
//! Time is that of the whole process. "49/50 found, 2 false" counts over all timed runs: of the open ports asked for 49
//! were told, and so were two that are not open (a socket that the kernel gave the very port it asked for joins
//! itself).
//!
//! All of it happens in network namespaces without a name, which take root to make (with `ip` and `nft`), and which the
//! kernel removes when this program ends, in whatever way. Without root 127.0.0.1 is probed as it is, and the path
//! cannot be made. The netcats take no part in that: one port after another, a second each, they are done in 1,000.

pub(crate) mod bare;
mod carrier;
mod far;
mod host;
mod listeners;
mod path;
mod reading;
mod roster;
mod scan;
mod space;
mod tally;

use clap::ValueEnum;

use crate::settings::Settings;
use crate::summary::{self, Row};
use crate::{contest, tool};
use far::Far;
use host::Host;

/// Percent of the packets that get lost each way.
const LOSS: f64 = 3.0;

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Work {
    /// Every port of this host.
    #[value(name = "probe.host")]
    Host,
    /// 1,000 ports 20 ms away, 990 silent.
    #[value(name = "probe.far")]
    Far,
    /// 1,000 ports 20 ms away, 990 silent, 3 % of packets lost each way.
    #[value(name = "probe.lossy")]
    Lossy,
}

pub(crate) fn rows(settings: &Settings) -> Vec<Row> {
    let tools = tool::installed(&roster::ROSTER, &settings.only);
    summary::rows(settings, |work| match work {
        Work::Host => Ok(contest::hold(&tools, settings.runs, &Host::new(settings)?)),
        Work::Far => Ok(contest::hold(&tools, settings.runs, &Far::new(settings, 0.0)?)),
        Work::Lossy => Ok(contest::hold(&tools, settings.runs, &Far::new(settings, LOSS)?)),
    })
}
