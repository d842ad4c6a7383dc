//! A sink, and what it has not taken yet: who writes much to a slow reader asks first whether it is stuck.

use std::io;

use super::endpoint::{Endpoint, Io, Kind};
use super::held::Held;
use super::watch::Watch;

/// stdout, or the file in its place, or nothing: then all that is given is forgotten.
#[derive(Debug, Default)]
pub struct Spout {
    endpoint: Option<Endpoint>,
    held: Held,
}

impl Spout {
    /// Writes there.
    pub fn new(endpoint: Option<Endpoint>) -> Self {
        Self { endpoint, held: Held::default() }
    }

    /// Where it writes; none where nobody reads.
    pub fn endpoint(&mut self) -> Option<&mut Endpoint> {
        self.endpoint.as_mut()
    }

    /// Whether anybody reads.
    pub fn is_read(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Whether it writes to a terminal.
    pub fn is_terminal(&self) -> bool {
        self.endpoint.as_ref().is_some_and(|endpoint| endpoint.kind() == Kind::Terminal)
    }

    /// Whether the reader has left.
    pub fn broken(&self) -> bool {
        self.endpoint.as_ref().is_some_and(Endpoint::broken)
    }

    /// Whether a failure to write only says that the reader has left.
    pub fn reader_left(&self, error: &io::Error) -> bool {
        self.endpoint.as_ref().is_none_or(|endpoint| endpoint.reader_left(error))
    }

    /// How many bytes were not taken.
    pub fn held(&self) -> u64 {
        self.held.bytes().len() as u64
    }

    /// Whether some were not.
    pub fn stuck(&self) -> bool {
        self.held() > 0
    }

    /// Memory to append to what is to be written; [`flush`](Self::flush) does that. Only where somebody reads.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        self.held.buffer()
    }

    /// Writes what is held, as far as it is taken. Whether any was.
    ///
    /// # Errors
    /// Whatever the system says to writing.
    pub fn flush(&mut self) -> io::Result<bool> {
        let before = self.held();
        if let Some(endpoint) = &mut self.endpoint {
            while !self.held.is_empty() {
                match endpoint.write(self.held.bytes())? {
                    Io::Moved(count) => self.held.drop_first(count),
                    Io::Blocked | Io::End => return Ok(self.held() < before),
                }
            }
        }
        self.held.clear();
        Ok(before > 0)
    }

    /// Closes it.
    pub fn close(&mut self, watch: Watch<'_>) {
        if let Some(endpoint) = self.endpoint.take() {
            endpoint.close(watch);
        }
    }
}
