//! A plan: what the words of the command line mean. No illegal combination can be written down in it.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::address::{Family, Host};
use super::args::Color;
use super::duration::Patience;
use super::peer::{Proto, UnixName};
use super::ports::{Ports, Reader};
use super::shard::Shard;
use super::size::Cut;
use super::targets::Word;
use crate::filter::Filters;
use crate::session::http::Request;
use crate::session::{Mode, Script};

/// A whole run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the peer comes from.
    pub deed: Deed,
    /// What happens once there is a connection.
    pub relay: Relay,
    /// What is told, and how.
    pub voice: Voice,
    /// How long the whole run may take.
    pub deadline: Option<Duration>,
}

/// Where the peer comes from.
#[derive(Clone, Debug)]
pub enum Deed {
    /// We connect.
    Connect(Connect),
    /// We listen.
    Listen(Listen),
    /// We ask which ports are open.
    Probe(Box<Probe>),
    /// We send an HTTP request.
    Http(Box<Http>),
}

/// An HTTP request to send.
#[derive(Clone, Debug)]
pub struct Http {
    /// Where to.
    pub to: Connect,
    /// All of it but its body.
    pub request: Request,
    /// Its body.
    pub data: Option<Data>,
    /// Whether the answer is written as it comes, instead of its body.
    pub raw: bool,
    /// Whether a status of 400 and above is a failure.
    pub fail: bool,
}

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
    pub from: From,
    /// How long looking a name up may take.
    pub lookup_limit: Limit,
    /// How long a port's answer is waited for, retries included.
    pub patience: Duration,
    /// How often a silent port is asked again.
    pub retries: u32,
    /// How many are asked at once; as many as there are descriptors for where it is none.
    pub parallel: Option<usize>,
    /// The time between two that are asked.
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
    /// What UDP ports are asked with; what their usual services answer where it is none.
    pub data: Option<Data>,
}

/// What is probed.
#[derive(Clone, Debug)]
pub enum Sought {
    /// Ports of hosts.
    Ports {
        /// Whose.
        word: Word,
        /// Which, where the hosts have none of their own.
        ports: Option<Ports>,
        /// Reads those that a list has.
        reader: Reader,
    },
    /// A Unix socket.
    Unix(UnixName),
}

/// Bytes to send that the user names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// These.
    Text(String),
    /// Those of a file.
    File(PathBuf),
    /// Those of stdin.
    Stdin,
}

/// A place in the network, or in this machine.
#[derive(Clone, Debug)]
pub enum Place<H> {
    /// A host and its port.
    Inet(H, u16),
    /// The name of a Unix socket.
    Unix(UnixName),
}

/// A connection to make.
#[derive(Clone, Debug)]
pub struct Connect {
    /// By which protocol.
    pub proto: Proto,
    /// Where to.
    pub to: Place<Host>,
    /// From where.
    pub from: From,
    /// How long lookup and handshake may take together.
    pub limit: Limit,
}

/// The local end of a connection to make.
#[derive(Clone, Debug)]
pub struct From {
    /// IP version.
    pub family: Family,
    /// `-n`: no name is looked up.
    pub no_dns: bool,
    /// Local address.
    pub addr: Option<Host>,
    /// Local port.
    pub port: Option<u16>,
    /// Local name of a Unix socket.
    pub unix: Option<UnixName>,
    /// Options.
    pub options: SocketOptions,
}

/// A time limit, and whose it is: the user's ends a run with 124, our own with 1.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How long.
    pub time: Duration,
    /// Whether the user set it.
    pub asked: bool,
}

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
    /// It is one peer, and no server of many.
    pub alone: bool,
}

/// Options of a socket; each is the system's where it is none.
#[derive(Clone, Debug, Default)]
pub struct SocketOptions {
    /// Network interface.
    pub interface: Option<String>,
    /// Whether a datagram may go to a broadcast address.
    pub broadcast: bool,
    /// Hops a packet may take.
    pub ttl: Option<u8>,
    /// Type of service.
    pub tos: Option<u8>,
    /// Time between keepalive probes.
    pub keepalive: Option<Duration>,
    /// Size of the receive buffer, in bytes.
    pub rcvbuf: Option<usize>,
    /// Size of the send buffer, in bytes.
    pub sndbuf: Option<usize>,
}

/// When our sending side is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfClose {
    /// At stdin's end, unless that would kill the answer.
    Careful,
    /// At stdin's end, whatever comes of it (`-N`).
    AtOnce,
    /// Never (`--no-shutdown`).
    Never,
}

/// How stdin and stdout are joined to a connection, and when that ends.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Whether stdin is read at all.
    pub stdin: bool,
    /// Where what comes goes.
    pub output: Output,
    /// When our sending side is closed.
    pub half_close: HalfClose,
    /// How long the side still open is waited for; the defaults of [`crate::logic::ends`] where none.
    pub quit_after: Option<Patience>,
    /// How long the connection may be silent.
    pub idle: Option<Duration>,
    /// After how many chunks of a peer, or datagrams in all, to stop.
    pub chunks: Option<u64>,
    /// The message upon which to stop.
    pub stop: Option<String>,
    /// What is done to bytes.
    pub bytes: Bytes,
    /// How stdin is cut into datagrams.
    pub cut: Option<Cut>,
}

/// Where received bytes go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nowhere; the run leaves at stdin's end.
    Nowhere,
    /// stdout.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// What is done to bytes on their way.
#[derive(Clone, Debug, Default)]
pub struct Bytes {
    /// What changes them.
    pub filters: Filters,
    /// Time between lines sent.
    pub interval: Option<Duration>,
    /// Whether each line of a peer is prefixed with its address.
    pub label: bool,
    /// Whether these prefixes are coloured; none for on a terminal only.
    pub label_color: Option<bool>,
}

impl Bytes {
    /// Whether labels are coloured, where stdout is a terminal or not.
    pub fn colors(&self, terminal: bool) -> bool {
        self.label_color.unwrap_or(terminal)
    }
}

/// What is told, and how.
#[derive(Clone, Debug)]
pub struct Voice {
    /// 0 tells errors only, 1 what happens, 2 each step.
    pub level: u8,
    /// Not even errors.
    pub quiet: bool,
    /// JSON instead of sentences.
    pub json: bool,
    /// The time of day with each line.
    pub timestamps: bool,
    /// When to colour.
    pub color: Color,
    /// Where the bytes are dumped.
    pub hex: Option<Hex>,
    /// Whether progress is shown in any case.
    pub progress: bool,
    /// Whether it is a probe that is told of.
    pub probes: bool,
}

/// Where the bytes are dumped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hex {
    /// Among what else is told.
    Stderr,
    /// Into a file.
    File(PathBuf),
}
