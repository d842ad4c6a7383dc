//! How a connection ended, and what it carried.

use std::io;
use std::time::Duration;

use super::Conn;
use crate::value::peer::Peer;

/// A connection that is over.
#[derive(Clone, Debug)]
pub struct Close {
    /// Which connection.
    pub conn: Conn,
    /// Its other end.
    pub peer: Peer,
    /// Whether it was accepted here (else connected from here).
    pub accepted: bool,
    /// Who ended first.
    pub by: By,
    /// How.
    pub how: How,
    /// Bytes that the socket accepted.
    pub sent: u64,
    /// Bytes that came.
    pub received: u64,
    /// From connected to closed.
    pub duration: Duration,
    /// Measurements of the path, where the system has them.
    pub path: Option<PathInfo>,
    /// What the reader may want to know besides.
    pub remark: Option<Remark>,
}

/// Who made an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The other side.
    Peer,
    /// This side.
    Local,
    /// Silence that lasted longer than `-w` or `--idle-timeout` allow.
    Idle,
    /// A signal to this process.
    Signal,
}

impl By {
    /// One word, as `--json` has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Local => "local",
            Self::Idle => "idle",
            Self::Signal => "signal",
        }
    }
}

/// In what manner a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// In order: a FIN, and all bytes before it.
    Fin,
    /// A reset: the other side is gone or refused what was sent.
    Rst,
    /// A time limit.
    Timeout,
    /// Another error.
    Error,
}

impl How {
    /// How a connection ended that an error ended.
    pub fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused | io::ErrorKind::BrokenPipe => Self::Rst,
            io::ErrorKind::TimedOut => Self::Timeout,
            _ => Self::Error,
        }
    }

    /// One word, as `--json` has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Timeout => "timeout",
            Self::Error => "error",
        }
    }
}

/// What may surprise about a connection's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The peer ended without a byte after our half-close.
    Unanswered,
}

impl Remark {
    /// One word, as `--json` has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unanswered => "unanswered",
        }
    }
}

/// A path's measurements as the kernel took them (Linux's TCP_INFO).
#[derive(Clone, Copy, Debug)]
pub struct PathInfo {
    /// Smoothed round-trip time.
    pub rtt: Duration,
    /// Segments sent again over the life of the connection.
    pub retransmits: u64,
}
