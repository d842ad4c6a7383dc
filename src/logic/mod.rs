//! Pure rules over bytes, facts and a `now` that is handed in: when to leave, which address or port is next, where a
//! stream is cut. No descriptor, no clock, no output. A rule is asked what to do, and answers with a `Step`.

pub mod cutter;
pub mod ends;
pub mod escape;
pub mod halt;
pub mod label;
pub mod pace;
pub mod payload;
pub mod peers;
pub mod quiet;
pub mod race;
pub mod rate;
pub mod request_line;
pub mod side;
pub mod sweep;
pub mod timers;

/// Somebody who wants to see bytes on their way. Where somebody looks, bytes go through memory.
pub trait Look {
    /// Whether it wants to see what comes next.
    fn wants(&self) -> bool;

    /// Sees the next bytes. Whether more are welcome after them.
    fn see(&mut self, bytes: &[u8]) -> bool;
}

/// Nobody looks.
pub struct Unseen;

impl Look for Unseen {
    fn wants(&self) -> bool {
        false
    }

    fn see(&mut self, _: &[u8]) -> bool {
        true
    }
}
