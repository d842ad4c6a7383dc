//! A sink, and what it has not taken yet: who writes much to a slow reader asks first whether it is stuck.

use std::io;

use super::endpoint::{Endpoint, Io, Kind};
use super::watch::Watch;

/// stdout, or the file in its place, or nothing: then all that is given is forgotten.
#[derive(Debug, Default)]
pub struct Spout {
    endpoint: Option<Endpoint>,
    /// What is to be written, from `start` on.
    held: Vec<u8>,
    start: usize,
}

impl Spout {
    /// Writes there.
    pub fn new(endpoint: Option<Endpoint>) -> Self {
        Self { endpoint, held: Vec::new(), start: 0 }
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
        match error.raw_os_error() {
            Some(libc::EPIPE | libc::ECONNRESET) => true,
            Some(libc::EIO) => self.is_terminal(), // it was hung up
            _ => false,
        }
    }

    /// How many bytes were not taken.
    pub fn held(&self) -> u64 {
        (self.held.len() - self.start) as u64
    }

    /// Whether some were not.
    pub fn stuck(&self) -> bool {
        self.held() > 0
    }

    /// Memory to append to what is to be written; [`flush`](Self::flush) does that. Only where somebody reads.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.held
    }

    /// Writes what is held, as far as it is taken. Whether any was.
    ///
    /// # Errors
    /// Whatever the system says to writing.
    pub fn flush(&mut self) -> io::Result<bool> {
        let before = self.held();
        if let Some(endpoint) = &mut self.endpoint {
            while self.start < self.held.len() {
                match endpoint.write(&self.held[self.start..])? {
                    Io::Moved(count) => self.start += count,
                    Io::Blocked | Io::End => return Ok(self.held() < before),
                }
            }
        }
        self.held.clear();
        self.start = 0;
        Ok(before > 0)
    }

    /// Closes it.
    pub fn close(&mut self, watch: Watch<'_>) {
        if let Some(endpoint) = self.endpoint.take() {
            endpoint.close(watch);
        }
    }
}
