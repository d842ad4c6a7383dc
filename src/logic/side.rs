//! What is known of this side before anything moves.

/// Who made the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This side connected.
    Connecting,
    /// This side listened.
    Listening,
}

/// What stdin is, as far as its end is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdin {
    /// Not read at all (`-d`).
    Unread,
    /// A person types.
    Terminal,
    /// Its end is known to come: a regular file, `/dev/null`.
    File,
    /// It may speak again or not: a pipe, a socket.
    Pipe,
}
