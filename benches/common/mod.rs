//! What the benchmarks share: finding tools, running and ending them, taking turns, medians, tables.
//! Knows nothing of what is measured.
#![allow(dead_code)] // Each benchmark compiles this anew and needs its own part of it.

pub(crate) mod anew;
pub(crate) mod bare;
pub(crate) mod contest;
pub(crate) mod figures;
pub(crate) mod group;
pub(crate) mod machine;
pub(crate) mod memory;
pub(crate) mod noise;
pub(crate) mod payload;
pub(crate) mod place;
pub(crate) mod process;
pub(crate) mod size;
pub(crate) mod table;
pub(crate) mod tool;
