//! What a probe finds: of each port, and in all.

use std::io;
use std::time::Duration;

use crate::error::{Deed, Exit, Failure, Object, reason};
use crate::logic::sweep::{State, Tally};
use crate::value::peer::Peer;

/// What a probe found of one port.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Whose port.
    pub peer: Peer,
    /// Its state.
    pub state: State,
    /// Why, in a word or two: `refused`, `icmp admin-prohibited`, `timeout`.
    pub reason: String,
    /// The system's number for that, where it has one.
    pub errno: Option<i32>,
    /// How long the answer took, if there was one.
    pub rtt: Option<Duration>,
    /// How long answers were waited for in all.
    pub waited: Duration,
    /// How often it was asked.
    pub tries: u32,
    /// What the service said first, if that was waited for.
    pub banner: Option<Vec<u8>>,
    /// Whether it is a result: open, or all were to be told.
    pub listed: bool,
    /// Whether it is the only port that was asked for.
    pub alone: bool,
}

impl Finding {
    /// What failed, where the port is not open.
    pub fn failure(&self) -> Failure {
        let deed = if self.peer.proto.is_datagram() { Deed::Probe } else { Deed::Connect };
        let text = match (self.errno, self.rtt) {
            (Some(errno), _) => reason(&io::Error::from_raw_os_error(errno)),
            (None, Some(_)) => self.reason.clone(),
            (None, None) => "timed out".into(),
        };
        let tries = self.rtt.is_none().then_some(self.tries);
        let failure = Failure::new(deed, Object::Peer(self.peer.clone()), text, Exit::Network);
        Failure { errno: self.errno, tries, ..failure }.after(self.rtt.unwrap_or(self.waited))
    }
}

/// What a probe found in all.
#[derive(Clone, Debug)]
pub struct Probed {
    /// What was probed, as it was written.
    pub what: String,
    /// The counts.
    pub tally: Tally,
    /// Since it began.
    pub took: Duration,
    /// Whether it was one port, which has told everything.
    pub alone: bool,
}
