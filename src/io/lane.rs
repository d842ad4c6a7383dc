//! Where a flow's bytes go along: through memory, or through the kernel and, where that is barred, back.

use super::broken::{Broken, Side};
use super::endpoint::Endpoint;
use super::express::Express;

/// Where the bytes go along.
#[derive(Debug)]
pub(super) enum Lane {
    /// In memory, until there is much to carry.
    Memory,
    /// In memory for good, once the way through the kernel was found barred.
    Barred,
    /// Through the kernel.
    Express(Box<Express>),
    /// In memory for good; what is left on the way through the kernel goes first.
    Recalled(Box<Express>),
}

impl Lane {
    /// The way through the kernel, if there is one.
    pub(super) fn between(from: &Endpoint, to: &Endpoint) -> Self {
        match Express::between(from, to) {
            Some(way) => Self::Express(Box::new(way)),
            None => Self::Barred,
        }
    }

    /// Bytes that are on the way.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Express(way) | Self::Recalled(way) => way.held(),
            Self::Memory | Self::Barred => 0,
        }
    }

    /// Back to memory: the way through the kernel is barred.
    pub(super) fn recall(&mut self) {
        if let Self::Express(way) = std::mem::replace(self, Self::Barred)
            && way.held() > 0
        {
            *self = Self::Recalled(way);
        }
    }

    /// What was left on a way through the kernel that is barred.
    pub(super) fn take_back(&mut self, scratch: &mut [u8]) -> Result<Option<usize>, Broken> {
        let (Self::Recalled(way) | Self::Express(way)) = self else {
            return Ok(None);
        };
        let taken = way.take_back(scratch).map_err(|error| Broken::new(Side::Source, error))?;
        if taken.is_none() {
            *self = Self::Barred;
        }
        Ok(taken)
    }
}
