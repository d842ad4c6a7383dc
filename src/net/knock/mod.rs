//! Knocking at ports: asking a TCP port by connecting to it, and a UDP port by a datagram, as cheaply as the kernel
//! allows. It does not know which port comes next, how often one is asked, nor what silence means.

pub(super) mod begin;
mod here;
mod open;
mod shut;
mod tcp;
mod udp;

pub use shut::{Obstacle, Shut};
pub use tcp::{Knock, Knocks, Opened};
pub use udp::{Call, Calls, Heard};
