//! A plan: what the words of the command line mean, as plain data. The words themselves stay behind, and who receives a
//! plan need not ask again whether its parts fit: what contradicts itself was refused before.

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
    /// What is to be done.
    pub work: Work,
    /// What is told, and how.
    pub voice: Voice,
    /// How long the whole run may take.
    pub deadline: Option<Duration>,
}

/// What a run does.
#[derive(Clone, Debug)]
pub enum Work {
    /// Connects, and relays.
    Connect(Connect, Relay),
    /// Listens, and relays to whoever comes, or answers.
    Listen(Listen, Relay),
    /// Asks which ports are open.
    Probe(Box<Probe>),
    /// Sends an HTTP request.
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
