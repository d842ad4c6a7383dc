//! What the benchmarks share: processes and their ends, places to listen, memory, the machine, tables.
//! Knows nothing of what is measured.
#![allow(dead_code)] // Each benchmark compiles this anew and needs its own part of it.

pub(crate) mod group;
pub(crate) mod machine;
pub(crate) mod memory;
pub(crate) mod place;
pub(crate) mod process;
pub(crate) mod table;
