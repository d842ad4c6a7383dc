//! A plan: what the words of the command line mean. No illegal combination can be written down in it. Plain data, which
//! the program receives: the words themselves nobody here knows.

mod connect;
mod http;
mod listen;
mod probe;
mod relay;
mod voice;

use std::time::Duration;

pub use connect::{Connect, Place, SocketOptions, Source};
pub use http::Http;
pub use listen::{Answer, Listen, Many};
pub use probe::{Probe, Sought};
pub use relay::{Bytes, HalfClose, Output, Relay};
pub use voice::{Color, Hex, Voice};

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

/// A time limit, and whose it is: the user's ends a run with 124, our own with 1.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How long.
    pub time: Duration,
    /// Whether the user set it.
    pub asked: bool,
}
