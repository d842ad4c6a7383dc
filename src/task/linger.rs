//! Our own close of a stream, after the half-close: what still comes is read and dropped, since closing a socket with
//! unread input makes it a reset, which can take our last bytes with it.

use std::time::{Duration, Instant};

use super::Cx;
use crate::io::endpoint::Io;
use crate::net::stream::Stream;

/// How long, once the peer takes no more of what was sent.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is asked whether the peer has acknowledged more.
const STEP: Duration = Duration::from_millis(20);

/// How many reads are made before others get their turn.
const READS: usize = 16;

/// A close under way.
#[derive(Debug)]
pub(super) struct Linger {
    until: Instant,
    /// Whether it is enough that the peer has acknowledged everything, read or not.
    hurried: bool,
    /// What the peer had not acknowledged when last asked.
    outstanding: Option<u64>,
}

/// What follows.
pub(super) enum Then {
    /// Wait until then, or for an event.
    Wait(Instant),
    /// There is more to drop.
    Again,
    /// The socket may be closed.
    Close,
}

impl Linger {
    pub(super) fn new(hurried: bool, now: Instant) -> Self {
        Self { until: now + PATIENCE, hurried, outstanding: None }
    }

    /// Drops what has come.
    pub(super) fn step(&mut self, stream: &mut Stream, cx: &mut Cx<'_>) -> Then {
        let outstanding = stream.outstanding();
        if outstanding.is_some() && outstanding != self.outstanding && outstanding != Some(0) {
            self.until = cx.now + PATIENCE; // it still takes what we sent
        }
        self.outstanding = outstanding;
        if cx.now >= self.until {
            return Then::Close; // what it has not acknowledged the kernel goes on sending
        }
        for _ in 0..READS {
            match stream.io.read(cx.scratch) {
                Ok(Io::Moved(_)) => {}
                Ok(Io::Blocked) if self.hurried && outstanding == Some(0) => return Then::Close,
                Ok(Io::Blocked) => return Then::Wait(self.until.min(cx.now + STEP)),
                Ok(Io::End) | Err(_) => return Then::Close,
            }
        }
        Then::Again
    }
}
