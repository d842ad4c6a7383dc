//! What the whole program speaks of: what single words of the command line mean, each kind in a file of its own, which
//! reads the word or says what is wrong with it; who is at an end of a conversation; the exit statuses.

pub mod address;
pub mod data;
pub mod duration;
pub mod exit;
pub mod peer;
pub mod port;
pub mod ports;
pub mod shard;
pub mod size;
pub mod targets;
pub mod tos;
pub mod url;
