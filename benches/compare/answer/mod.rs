//! The answering modes (`--echo`, `--discard`) beside the netcats that can answer too, under one load. The load is this
//! program: one thread with epoll, so that on two cores it has one and the server the other.

pub(crate) mod bare;
mod bytes;
mod caller;
mod crowd;
mod discard;
mod idle;
mod roster;
mod server;
mod trips;
mod watch;

use clap::ValueEnum;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::settings::Settings;
use crate::summary::{self, Row};
use crate::{contest, tool};
use bytes::Bytes;
use caller::Way;
use discard::Discard;
use idle::Idle;
use trips::Trips;

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Work {
    /// TCP echo of 64 bytes, 1 connection.
    #[value(name = "answer.tcp-1")]
    Tcp1,
    /// TCP echo of 64 bytes, 100 connections.
    #[value(name = "answer.tcp-100")]
    Tcp100,
    /// TCP echo of 64 bytes, 1,000 connections.
    #[value(name = "answer.tcp-1000")]
    Tcp1000,
    /// UDP echo of 64 bytes, 1 peer.
    #[value(name = "answer.udp-1")]
    Udp1,
    /// UDP echo of 64 bytes, 100 peers.
    #[value(name = "answer.udp-100")]
    Udp100,
    /// An idle connection.
    #[value(name = "answer.idle")]
    Idle,
    /// 40 MiB echoed to each of three at once.
    #[value(name = "answer.bytes")]
    Bytes,
    /// Many bytes to nowhere (`--discard`).
    #[value(name = "answer.discard")]
    Discard,
}

pub(crate) fn rows(settings: &Settings) -> Vec<Row> {
    let tools = tool::installed(&roster::ROSTER, &settings.only);
    allow_descriptors(idle::TOGETHER);
    let trips = |way, peers| Ok(contest::hold(&tools, settings.runs, &Trips::new(settings, way, peers)));
    summary::rows(settings, |work| match work {
        Work::Tcp1 => trips(Way::Tcp, 1),
        Work::Tcp100 => trips(Way::Tcp, 100),
        Work::Tcp1000 => trips(Way::Tcp, 1000),
        Work::Udp1 => trips(Way::Udp, 1),
        Work::Udp100 => trips(Way::Udp, 100),
        Work::Idle => Ok(contest::hold(&tools, settings.runs, &Idle::new(settings))),
        Work::Bytes => Ok(contest::hold(&tools, settings.runs, &Bytes::new(settings))),
        Work::Discard => Ok(contest::hold(&tools, settings.runs, &Discard::new(settings)?)),
    })
}

/// As many as every connection needs, for us and for the servers we start: root may, others get what they may have.
/// Should it not suffice, the tool that needed more shows it.
fn allow_descriptors(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    let wanted = connections as u64 + 1000;
    let raised = limit.maximum.map(|maximum| maximum.max(wanted));
    if setrlimit(Resource::Nofile, Rlimit { current: raised, maximum: raised }).is_err() {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}
