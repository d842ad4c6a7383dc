//! How descriptors are watched: every edge of each is told to the task that owns it, under a number of the task's own.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

/// The highest bits of a token number the task, of which a run has few; the rest number the task's own descriptors,
/// which may be many: a probe begins at 1 << 24.
const SOURCE_BITS: u32 = usize::BITS - TASK_BITS;

const TASK_BITS: u32 = 6;

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
        self.registry.register(&mut SourceFd(&fd.as_fd().as_raw_fd()), token(self.task, source), interest)
    }

    /// Has other edges of a descriptor told than before; what is so already is told once more.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn change(self, fd: impl AsFd, source: usize, interest: Interest) -> io::Result<()> {
        self.registry.reregister(&mut SourceFd(&fd.as_fd().as_raw_fd()), token(self.task, source), interest)
    }

    /// Has edges of a descriptor told no more. One that is closed by its last owner needs no telling.
    pub fn remove(self, fd: impl AsFd) {
        let _ = self.registry.deregister(&mut SourceFd(&fd.as_fd().as_raw_fd())); // fails only where it is not watched
    }
}

fn token(task: usize, source: usize) -> Token {
    let token = Token(task << SOURCE_BITS | source);
    debug_assert_eq!(task_and_source(token), (task, source), "a number too large");
    token
}

/// The task, and the number it gave to the descriptor, that an event is for.
pub fn task_and_source(token: Token) -> (usize, usize) {
    (token.0 >> SOURCE_BITS, token.0 & ((1 << SOURCE_BITS) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_room_for_many_descriptors_on_32_bits_too() {
        const { assert!(32 - TASK_BITS > 24, "a probe numbers its sockets from 1 << 24 on") };
        for pair in [(0, 0), (1, 1 << 24), (63, (1 << SOURCE_BITS) - 1)] {
            assert_eq!(task_and_source(token(pair.0, pair.1)), pair);
        }
    }
}
