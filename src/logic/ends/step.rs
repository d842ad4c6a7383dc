//! What the rules of a connection's end are told when they are asked what to do, and what they answer.

use std::time::Instant;

/// Bytes that somebody has not taken yet: who gave them is not silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stuck {
    /// What stdin gives waits for the peer.
    pub up: bool,
    /// What the peer sent waits for stdout's reader.
    pub down: bool,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Go on; look again at this time at the latest.
    Wait(Option<Instant>),
    /// Close our side for sending, and ask again.
    HalfClose,
    /// End the connection.
    Leave(Why),
}

/// Why a connection is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Both sides have ended.
    BothEnded,
    /// stdin has ended, and nothing is to be received (`--send-only`).
    AllSent,
    /// Enough was received (`-W`, `--stop`). Not for these rules to say.
    Enough,
    /// The peer has ended, and a person at a terminal need not type an end.
    PeerEnded,
    /// The peer has ended, and the pipe on stdin was silent since.
    StdinSilent,
    /// One side has ended, and `-q` has passed.
    QuitAfter,
    /// Silence for as long as the user allows.
    Idle {
        /// stdin had ended and an answer had come: the silence is its end.
        answered: bool,
    },
}

/// What is waited for once one side has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The peer's end; our side was closed for sending.
    Peer,
    /// The peer's end, before our side is closed for sending.
    PeerFirst,
    /// The answer to what looks like an HTTP request, before our side is closed for sending.
    Answer,
    /// The end of stdin.
    Stdin,
}

impl Awaited {
    /// One word, as `--json` has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::PeerFirst => "peer_first",
            Self::Answer => "answer",
            Self::Stdin => "stdin",
        }
    }
}
