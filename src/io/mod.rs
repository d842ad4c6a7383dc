//! Bytes: what holds them ([`endpoint`]), what carries them ([`flow`]), and the descriptors a process is born with.

pub mod ask;
pub mod bell;
mod broken;
mod calls;
pub mod endpoint;
mod express;
pub mod flow;
mod held;
mod lane;
pub mod port_file;
mod ready;
pub mod spout;
pub mod stdio;
pub mod watch;

#[cfg_attr(all(target_os = "linux", not(feature = "portable")), path = "linux/mod.rs")]
#[cfg_attr(not(all(target_os = "linux", not(feature = "portable"))), path = "plain.rs")]
mod system;
