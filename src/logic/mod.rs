//! What decides: pure rules over bytes, facts and a `now` that is handed in. No descriptor, no clock, no output.

pub mod ends;
pub mod race;
pub mod request_line;
pub mod timers;
