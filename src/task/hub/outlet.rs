//! What many peers say, on its way to one reader.

use std::io;

use crate::io::endpoint::Endpoint;
use crate::io::spout::Spout;
use crate::logic::label::{self, Label};
use crate::plan::Bytes;
use crate::value::peer::Peer;

/// stdout, or the file in its place, shared by all peers; while it is stuck nobody is read from.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) spout: Spout,
    label: Label,
    labelled: bool,
    color: bool,
    /// Who has spoken so far: at a terminal a second one makes labels of use.
    first: Option<u64>,
}

impl Outlet {
    pub(super) fn new(endpoint: Option<Endpoint>, bytes: &Bytes) -> Self {
        let spout = Spout::new(endpoint);
        let color = bytes.colors(spout.is_terminal());
        Self { spout, label: Label::default(), labelled: bytes.label, color, first: None }
    }

    /// Passes on what a peer says.
    pub(super) fn give(&mut self, speaker: u64, peer: &Peer, bytes: &[u8]) -> io::Result<()> {
        if !self.spout.is_read() {
            return Ok(());
        }
        let second = self.first.get_or_insert(speaker) != &speaker;
        let terminal = self.spout.is_terminal();
        self.labelled |= second && terminal;
        if self.labelled || terminal {
            let name = self.labelled.then(|| label::name(speaker, peer, self.color));
            self.label.run(speaker, name.as_deref(), bytes, self.spout.buffer());
        } else {
            self.spout.buffer().extend_from_slice(bytes);
        }
        self.spout.flush().map(|_| ())
    }
}
