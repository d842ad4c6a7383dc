//! Sockets: names to addresses, connections made and accepted, and what the kernel knows of them.

pub mod acceptor;
pub mod attempt;
pub mod banner;
pub mod bind;
pub mod datagram;
pub mod here;
pub mod icmp;
pub mod knock;
pub mod limits;
mod name;
mod options;
pub mod resolve;
pub mod socket;
pub mod stream;
pub mod unix;

#[cfg_attr(all(target_os = "linux", not(feature = "portable")), path = "linux/mod.rs")]
#[cfg_attr(not(all(target_os = "linux", not(feature = "portable"))), path = "plain.rs")]
mod system;
