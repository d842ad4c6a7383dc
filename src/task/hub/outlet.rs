//! What many peers say, on its way to one reader.

use std::io;

use crate::cli::peer::Peer;
use crate::cli::plan::Bytes;
use crate::io::endpoint::{Endpoint, Io, Kind};
use crate::io::watch::Watch;
use crate::logic::label::{self, Label};

/// stdout, or the file in its place, shared by all peers.
#[derive(Debug)]
pub(super) struct Outlet {
    /// None where nobody reads.
    endpoint: Option<Endpoint>,
    /// What the reader has not taken yet; while there is some, nobody is read from.
    held: Vec<u8>,
    label: Label,
    labelled: bool,
    color: bool,
    /// Who has spoken so far: at a terminal a second one makes labels of use.
    first: Option<u64>,
}

impl Outlet {
    pub(super) fn new(endpoint: Option<Endpoint>, bytes: &Bytes) -> Self {
        let color = bytes.colors(is_terminal(endpoint.as_ref()));
        Self { endpoint, held: Vec::new(), label: Label::default(), labelled: bytes.label, color, first: None }
    }

    pub(super) fn endpoint(&mut self) -> Option<&mut Endpoint> {
        self.endpoint.as_mut()
    }

    /// Whether the reader has not taken everything.
    pub(super) fn stuck(&self) -> bool {
        !self.held.is_empty()
    }

    /// How many bytes it has not taken.
    pub(super) fn held(&self) -> u64 {
        self.held.len() as u64
    }

    /// Whether the reader has left.
    pub(super) fn broken(&self) -> bool {
        self.endpoint.as_ref().is_some_and(Endpoint::broken)
    }

    /// Passes on what a peer says.
    pub(super) fn give(&mut self, speaker: u64, peer: &Peer, bytes: &[u8]) -> io::Result<()> {
        if self.endpoint.is_none() {
            return Ok(());
        }
        let second = self.first.get_or_insert(speaker) != &speaker;
        let terminal = is_terminal(self.endpoint.as_ref());
        self.labelled |= second && terminal;
        if self.labelled || terminal {
            let name = self.labelled.then(|| label::name(speaker, peer, self.color));
            self.label.run(speaker, name.as_deref(), bytes, &mut self.held);
        } else {
            self.held.extend_from_slice(bytes);
        }
        self.flush()
    }

    /// Passes on what is held, as far as the reader takes it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let Some(endpoint) = &mut self.endpoint else {
            return Ok(());
        };
        let mut given = 0;
        while given < self.held.len() {
            match endpoint.write(&self.held[given..])? {
                Io::Moved(count) => given += count,
                Io::Blocked | Io::End => break,
            }
        }
        match given == self.held.len() {
            true => self.held = Vec::new(),
            false => drop(self.held.drain(..given)),
        }
        Ok(())
    }

    pub(super) fn close(&mut self, watch: Watch<'_>) {
        if let Some(endpoint) = self.endpoint.take() {
            endpoint.close(watch);
        }
    }
}

fn is_terminal(endpoint: Option<&Endpoint>) -> bool {
    endpoint.is_some_and(|endpoint| endpoint.kind() == Kind::Terminal)
}
