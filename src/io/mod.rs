//! Bytes: what holds them ([`endpoint`]), what carries them ([`flow`]), and the descriptors a process is born with.

mod ask;
pub mod bell;
mod broken;
pub mod endpoint;
mod express;
pub mod flow;
pub mod port_file;
pub mod spout;
pub mod stdio;
pub mod watch;
