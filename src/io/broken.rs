//! What is said when bytes cannot be carried any further: which side failed, and how.

use std::io;

/// A side of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where bytes come from.
    Source,
    /// Where they go.
    Sink,
}

/// One side of a flow failed.
#[derive(Debug)]
pub struct Broken {
    /// Which.
    pub side: Side,
    /// How.
    pub error: io::Error,
}

impl Broken {
    pub(super) fn new(side: Side, error: impl Into<io::Error>) -> Self {
        Self { side, error: error.into() }
    }
}
