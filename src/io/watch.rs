//! How descriptors are watched: every edge of each is told to the task that owns it, under a number of the task's own.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

/// Half of a token's bits number the task, half the task's own descriptors.
const SOURCE_BITS: u32 = usize::BITS / 2;

/// The loop's watch, for the descriptors of one task.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    registry: &'a Registry,
    task: usize,
}

impl<'a> Watch<'a> {
    /// The watch for a task.
    pub fn new(registry: &'a Registry, task: usize) -> Self {
        Self { registry, task }
    }

    /// Has edges of a descriptor told.
    ///
    /// # Errors
    /// Whatever the system says; EPERM where the descriptor never blocks.
    pub fn add(self, fd: impl AsFd, source: usize, interest: Interest) -> io::Result<()> {
        let token = Token(self.task << SOURCE_BITS | source);
        self.registry.register(&mut SourceFd(&fd.as_fd().as_raw_fd()), token, interest)
    }

    /// Has edges of a descriptor told no more. One that is closed by its last owner needs no telling.
    pub fn remove(self, fd: impl AsFd) {
        let _ = self.registry.deregister(&mut SourceFd(&fd.as_fd().as_raw_fd())); // fails only where it is not watched
    }
}

/// The task, and the number it gave to the descriptor, that an event is for.
pub fn task_and_source(token: Token) -> (usize, usize) {
    (token.0 >> SOURCE_BITS, token.0 & ((1 << SOURCE_BITS) - 1))
}
