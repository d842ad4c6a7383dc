//! What happens on a connection: where bytes come from and go to, what is done to them, and when that ends.

use std::path::PathBuf;
use std::time::Duration;

use crate::filter::Filters;
use crate::value::duration::Patience;
use crate::value::size::Cut;

/// How stdin and stdout are joined to a connection, and when that ends.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Whether stdin is read at all.
    pub stdin: bool,
    /// Where what comes goes.
    pub output: Output,
    /// When our sending side is closed.
    pub half_close: HalfClose,
    /// How long the side still open is waited for; where it is none, as `logic/ends.rs` has it.
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
    /// Whether these prefixes are coloured; where it is none, on a terminal only.
    pub label_color: Option<bool>,
}

impl Bytes {
    /// Whether labels are coloured, where stdout is a terminal or not.
    pub fn colors(&self, terminal: bool) -> bool {
        self.label_color.unwrap_or(terminal)
    }
}
