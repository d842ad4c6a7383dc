//! Servers under a rude load for long: an echo, a hello and a datagram echo, with connects, resets, slow readers,
//! garbage and half-closes. In the pauses of the load each is looked at: what it then has in memory and in descriptors,
//! and the processor time it uses while nobody wants anything, must not become more than in the first minute.
//!
//! `cargo bench --bench soak` takes ten minutes; `-- --minutes 1440` a day. Every answer is looked at too. The exit
//! status says whether all was well. Nothing but 127.0.0.1 is touched.
// A benchmark reads the clock, waits and prints; only src/ may not.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

#[path = "../common/mod.rs"]
mod common;
mod datagrams;
mod load;
mod record;
mod server;
mod settings;
mod stream;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;

use common::{group, machine};
use record::Record;
use server::{Kind, Server};
use settings::Settings;

/// How long the load lasts between two pauses.
const LOAD: Duration = Duration::from_secs(7);

fn main() -> ExitCode {
    match soak(&Settings::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn soak(settings: &Settings) -> Result<(), String> {
    group::end_with_us()?;
    println!("{}\n", machine::description());
    let mut servers = Kind::ALL.into_iter().map(Server::start).collect::<Result<Vec<_>, _>>()?;
    let mut record = Record::new(&servers);
    let (clock, mut round) = (Instant::now(), 0);
    while clock.elapsed() < settings.length() {
        round += 1;
        let begun = clock.elapsed();
        let work = load::run(&servers, settings.callers, round, Instant::now() + LOAD)?;
        let rests = server::rest(&mut servers)?;
        record.note(begun, work.into_iter().zip(rests));
    }
    record.print();
    record.verdict()
}
