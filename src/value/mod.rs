//! What the whole program speaks of: what single words of the command line mean, each kind in a file of its own, which
//! reads the word or says what is wrong with it; and who is at an end of a conversation.

pub mod address;
pub mod data;
pub mod duration;
pub mod peer;
pub mod port;
pub mod ports;
pub mod shard;
pub mod size;
pub mod targets;
pub mod tos;
pub mod url;
