//! What single words of the command line mean, each kind in a file of its own: it reads the word, or says what is wrong
//! with it. These words the whole program speaks.

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
