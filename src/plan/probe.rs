//! A probe: ports to ask, and how.

use std::time::Duration;

use super::{Limit, Source};
use crate::value::data::Data;
use crate::value::peer::{Proto, UnixName};
use crate::value::ports::{Ports, Reader};
use crate::value::shard::Shard;
use crate::value::targets::{Who, Word};

/// Ports to ask.
#[derive(Clone, Debug)]
pub struct Probe {
    /// By which protocol.
    pub proto: Proto,
    /// Which.
    pub what: Sought,
    /// The same, as it was written.
    pub text: String,
    /// From where.
    pub from: Source,
    /// How long looking a name up may take.
    pub lookup_limit: Limit,
    /// How long a port's answer is waited for, retries included.
    pub patience: Duration,
    /// How often a silent port is asked again.
    pub retries: u32,
    /// How many are asked at once, if the user said so.
    pub parallel: Option<usize>,
    /// The least time between two ports that are asked.
    pub interval: Duration,
    /// In a random order.
    pub random: bool,
    /// Which share of them.
    pub shard: Shard,
    /// Whether every port is told, and must be open.
    pub all: bool,
    /// Ask again until it is open, for so long.
    pub until_open: Option<Duration>,
    /// Whether what a service says first is told.
    pub banner: bool,
    /// What UDP ports are asked with; where it is none, with what their usual services answer.
    pub data: Option<Data>,
}

/// What is probed.
#[derive(Clone, Debug)]
pub enum Sought {
    /// Ports of hosts.
    Ports {
        /// Whose.
        word: Word,
        /// Which, for hosts that have none of their own.
        ports: Option<Ports>,
        /// Reads the ports that a list has.
        reader: Reader,
    },
    /// A Unix socket.
    Unix(UnixName),
}

impl Probe {
    /// Whether one port of one host is asked for, so that the answer is all about it.
    pub fn asks_one_port(&self) -> bool {
        if self.shard != Shard::WHOLE {
            return false;
        }
        let Sought::Ports { word: Word::Targets(targets), ports, .. } = &self.what else {
            return self.proto.is_unix();
        };
        let [target] = targets.as_slice() else { return false };
        let ports = target.ports.as_ref().or(ports.as_ref());
        matches!(target.who, Who::Host(_)) && ports.is_some_and(|ports| ports.count() == 1)
    }
}
