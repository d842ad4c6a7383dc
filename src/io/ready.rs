//! What an event says of a descriptor.

use super::system;

/// What an event says of a descriptor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ready {
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// It tells more than that bytes came: an end, an error, urgent data.
    pub(super) eventful: bool,
    pub(super) broken: bool,
}

impl Ready {
    /// Whether there may be something to read, an error or an end included.
    pub fn readable(self) -> bool {
        self.readable
    }

    /// Whether something may be written.
    pub fn writable(self) -> bool {
        self.writable
    }

    /// Whether it tells of an error, or that nobody takes what is written.
    pub fn broken(self) -> bool {
        self.broken
    }
}

impl From<&mio::event::Event> for Ready {
    fn from(event: &mio::event::Event) -> Self {
        Self {
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable() || event.is_write_closed() || event.is_error(),
            eventful: event.is_read_closed() || event.is_error() || system::is_urgent(event),
            broken: event.is_error() || event.is_write_closed(),
        }
    }
}
