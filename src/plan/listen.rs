//! A socket to listen on, and who is served there.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::{Limit, Place, SocketOptions};
use crate::session::{Mode, Script};
use crate::value::address::{Family, Host};
use crate::value::peer::Proto;

/// A socket to listen on.
#[derive(Clone, Debug)]
pub struct Listen {
    /// For which protocol.
    pub proto: Proto,
    /// The local address; every address where there is no host. Port 0 is any free one.
    pub at: Place<Option<Host>>,
    /// IP version.
    pub family: Family,
    /// `-n`: no name is looked up.
    pub no_dns: bool,
    /// Options.
    pub options: SocketOptions,
    /// How long looking ADDR up may take.
    pub lookup_limit: Limit,
    /// How long to wait for the first peer.
    pub accept_limit: Option<Duration>,
    /// Where to write the bound port.
    pub port_file: Option<PathBuf>,
    /// Many peers; else the first one only.
    pub many: Option<Many>,
    /// What answers the peers; stdin where there is none.
    pub answer: Option<Answer>,
}

/// A mode that answers peers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Which.
    pub mode: &'static Mode,
    /// What it says.
    pub script: Rc<Script>,
    /// So many datagrams are answered in a second at most.
    pub rate: Option<u32>,
}

/// How many peers are served.
#[derive(Clone, Copy, Debug)]
pub struct Many {
    /// At most so many at once.
    pub at_once: usize,
    /// At most so many at once from one address.
    pub per_host: usize,
    /// So many in all.
    pub in_all: u64,
    /// Whether a single peer is meant, which is served like many only for its label or its answers.
    pub alone: bool,
}
