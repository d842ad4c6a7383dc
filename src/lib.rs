//! nsock: a netcat for people who diagnose networks.

pub mod cli;
pub mod error;
pub mod event;
pub mod io;
pub mod logic;
pub mod net;
pub mod reactor;
pub mod report;
pub mod run;
pub mod signal;
pub mod task;
