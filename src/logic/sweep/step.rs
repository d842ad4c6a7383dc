//! What the owner of a sweep is to do next, and the number that a try goes by between them.

use std::net::SocketAddr;
use std::time::Instant;

/// A try under way, by a small number: smaller than [`Rules::parallel`](super::Rules::parallel). It is used again for
/// another try once this one has been answered, was given up or could not start.
pub type Id = usize;

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start a try, and tell [`Sweep::answered`](super::Sweep::answered) or [`Sweep::shortage`](super::Sweep::shortage)
    /// of it unless it is given up before.
    Start(Start),
    /// A try's time has passed: tell [`Sweep::answered`](super::Sweep::answered) where its socket, looked at once more,
    /// has an answer after all, else close it and tell [`Sweep::silent`](super::Sweep::silent).
    GiveUp(Id),
    /// Nothing, until this time or until something is told; what is told may make it sooner. It may come to nothing,
    /// then it was too early.
    Wait(Option<Instant>),
    /// All is decided.
    Done,
}

/// A try to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its number.
    pub id: Id,
    /// The place of its group.
    pub place: usize,
    /// Address and port.
    pub addr: SocketAddr,
    /// Which try of its port it is, counted from 1.
    pub attempt: u32,
}
