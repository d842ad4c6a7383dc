//! What went wrong, and the exit status that follows. Knows neither how a failure is shown nor who ran into it.

mod exit;

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

pub use exit::Exit;

use crate::value::peer::Peer;

/// What was being done when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Resolving a name.
    Lookup,
    /// Making a socket.
    Open,
    /// Setting an option of a socket.
    Set,
    /// Giving a connecting socket its local address, port or interface.
    Bind,
    /// Connecting.
    Connect,
    /// Asking a port without connecting, or many ports.
    Probe,
    /// Binding a port and listening on it.
    Listen,
    /// Waiting for a peer on a listening socket.
    Accept,
    /// Holding a connection open.
    Connection,
    /// Sending to the peer.
    Send,
    /// Receiving from the peer.
    Receive,
    /// Reading stdin or a file.
    Read,
    /// Writing stdout or a file.
    Write,
    /// Starting the event loop.
    Start,
}

impl Deed {
    /// One word, as `--json` has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::Open => "open",
            Self::Set => "set",
            Self::Bind => "bind",
            Self::Connect => "connect",
            Self::Probe => "probe",
            Self::Listen => "listen",
            Self::Accept => "accept",
            Self::Connection => "connection",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Read => "read",
            Self::Write => "write",
            Self::Start => "start",
        }
    }
}

/// What a deed was done to.
#[derive(Clone, Debug)]
pub enum Object {
    /// A socket's address, this host's or the peer's.
    Peer(Peer),
    /// A name to look up.
    Host(Rc<str>),
    /// An interface, stdin, stdout, the event loop.
    Named(String),
    /// A file.
    File(PathBuf),
}

impl Object {
    /// Where what is sent comes from.
    pub fn stdin() -> Self {
        Self::Named("stdin".into())
    }

    /// Where what comes goes.
    pub fn stdout() -> Self {
        Self::Named("stdout".into())
    }
}

/// Bytes that were taken in and did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// How many, at least.
    pub bytes: u64,
    /// Whether there may be more: what waits behind a pipe cannot be counted.
    pub at_least: bool,
    /// Which way they were going.
    pub way: Way,
}

impl Lost {
    /// So many bytes on their way to the peer; none where there are none.
    pub fn up(bytes: u64, at_least: bool) -> Option<Self> {
        (bytes > 0).then_some(Self { bytes, at_least, way: Way::Up })
    }

    /// So many bytes on their way from the peer; none where there are none.
    pub fn down(bytes: u64, at_least: bool) -> Option<Self> {
        (bytes > 0).then_some(Self { bytes, at_least, way: Way::Down })
    }
}

/// The two directions of a connection, as seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From stdin to the peer.
    Up,
    /// From the peer to stdout.
    Down,
}

impl Way {
    /// One word, as `--json` has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// One thing that went wrong: a deed, its object, the reason.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What was being done.
    pub deed: Deed,
    /// To what.
    pub object: Object,
    /// The system's text, or ours where no system call failed.
    pub reason: String,
    /// The system's number, where a system call failed.
    pub errno: Option<i32>,
    /// How often it was tried in vain.
    pub tries: Option<u32>,
    /// How long it took to fail.
    pub duration: Option<Duration>,
    /// What did not arrive because of it.
    pub lost: Option<Lost>,
    /// The exit status that follows from it.
    pub exit: Exit,
}

impl Failure {
    /// A failure for a reason of ours, without a number.
    pub fn new(deed: Deed, object: Object, reason: impl Into<String>, exit: Exit) -> Self {
        Self { deed, object, reason: reason.into(), errno: None, tries: None, duration: None, lost: None, exit }
    }

    /// A failure of a system call.
    pub fn system(deed: Deed, object: Object, error: &io::Error, exit: Exit) -> Self {
        Self { errno: error.raw_os_error(), ..Self::new(deed, object, reason(error), exit) }
    }

    /// The same, with the time it took.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self { duration: Some(duration), ..self }
    }

    /// The same, with what was lost by it.
    #[must_use]
    pub fn losing(self, lost: Option<Lost>) -> Self {
        Self { lost, ..self }
    }
}

/// The system's text for an error, without the number that std appends to it.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
