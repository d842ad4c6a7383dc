//! What came of a probe: what its owner saw, and the verdict that follows. Why it is so the owner knows.

use std::net::SocketAddr;
use std::time::Duration;

/// What was seen of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A connection stands, or a datagram came back.
    Open,
    /// The host itself refused: RST, or for a datagram its ICMP port unreachable.
    Closed,
    /// This machine knows by itself that nobody listens: the socket was joined to itself.
    Itself,
    /// Somebody forbids it.
    Filtered,
    /// There is no way to the host.
    Unreachable,
}

impl Answer {
    /// The state that it shows.
    pub(super) const fn state(self) -> State {
        match self {
            Self::Open => State::Open,
            Self::Closed | Self::Itself => State::Closed,
            Self::Filtered => State::Filtered,
            Self::Unreachable => State::Unreachable,
        }
    }

    /// Whether the time it took is the way to the host and back: who else answers may be nearer.
    pub(super) const fn is_the_hosts(self) -> bool {
        matches!(self, Self::Open | Self::Closed)
    }
}

/// What is known of a port in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The number of the group that it belongs to ([`Group::place`](super::Group::place)).
    pub place: usize,
    /// Address and port.
    pub addr: SocketAddr,
    /// The verdict itself.
    pub state: State,
    /// How long the answer took, that of the try that got it; none where all was silent.
    pub rtt: Option<Duration>,
    /// How long answers were waited for, all tries together that count.
    pub waited: Duration,
    /// How often it was asked.
    pub tries: u32,
}

/// The state of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Somebody listens.
    Open,
    /// Nobody does.
    Closed,
    /// Nothing came back, or a refusal that is not the host's.
    Filtered,
    /// There is no way to the host.
    Unreachable,
    /// A datagram was not answered: services may be silent too.
    OpenOrFiltered,
}

impl State {
    /// Every state, in the order of a summary.
    pub const ALL: [Self; 5] = [Self::Open, Self::Closed, Self::Filtered, Self::Unreachable, Self::OpenOrFiltered];

    /// One word, as results and `--json` have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Filtered => "filtered",
            Self::Unreachable => "unreachable",
            Self::OpenOrFiltered => "open|filtered",
        }
    }
}
