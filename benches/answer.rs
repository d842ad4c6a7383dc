//! nsock's answering modes (`--echo`, `--discard`) beside the netcats that can answer too, in turn, under one load.
//!
//! `cargo bench --bench answer` runs it all; `-- --help` tells what can be set, for example
//! `cargo bench --bench answer -- --runs 3 --work tcp-100,idle --only nsock,bare`. The load is this program: one thread
//! with epoll, so that on two cores it has one and the server the other. Beside the tools runs "bare": this very
//! program, started anew as the shortest loop that answers, which shows what the machine can do at all. A tool that
//! cannot serve so many shows a dash, and why. Nothing but 127.0.0.1 is touched; what a server forks dies with it.
// A benchmark reads the clock, waits and prints; only src/ may not.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

#[path = "answer/bytes.rs"]
mod bytes;
#[path = "answer/caller.rs"]
mod caller;
mod common;
#[path = "answer/crowd.rs"]
mod crowd;
#[path = "answer/discard.rs"]
mod discard;
#[path = "answer/idle.rs"]
mod idle;
#[path = "answer/measure.rs"]
mod measure;
#[path = "answer/raw.rs"]
mod raw;
#[path = "answer/roster.rs"]
mod roster;
#[path = "answer/server.rs"]
mod server;
#[path = "answer/settings.rs"]
mod settings;
#[path = "answer/trips.rs"]
mod trips;

use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use bytes::Bytes;
use caller::Way;
use common::tool::Tool;
use common::{anew, contest, group, machine};
use discard::Discard;
use idle::Idle;
use measure::Measure;
use roster::Flags;
use settings::{Settings, Work};
use trips::Trips;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let done = match args.next() {
        Some(first) if first == anew::FLAG => raw::act(args),
        _ => compare(&Settings::parse()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(settings: &Settings) -> Result<(), String> {
    let tools = roster::installed(&settings.only)?;
    group::end_with_us()?;
    allow_descriptors(settings.idle);
    println!("{}, everything over 127.0.0.1\n", machine::description());
    for work in settings.works() {
        match work {
            Work::Tcp1 => hold_trips(settings, Way::Tcp, 1, &tools),
            Work::Tcp100 => hold_trips(settings, Way::Tcp, 100, &tools),
            Work::Tcp1000 => hold_trips(settings, Way::Tcp, 1000, &tools),
            Work::Udp1 => hold_trips(settings, Way::Udp, 1, &tools),
            Work::Udp100 => hold_trips(settings, Way::Udp, 100, &tools),
            Work::Idle => contest::hold(&Idle::new(settings), &tools),
            Work::Bytes => {
                for measure in [Measure::Clock, Measure::Cpu, Measure::Peak] {
                    contest::hold(&Bytes::new(settings, measure), &tools);
                }
            }
            Work::Discard => {
                for measure in [Measure::Clock, Measure::Cpu] {
                    contest::hold(&Discard::new(settings, measure)?, &tools);
                }
            }
        }
    }
    Ok(())
}

fn hold_trips(settings: &Settings, way: Way, peers: usize, tools: &[Tool<Flags>]) {
    for measure in [Measure::Clock, Measure::Cpu] {
        contest::hold(&Trips::new(settings, way, peers, measure), tools);
    }
}

/// As many as every connection needs, for us and for the servers we start: root may, others get what they may have.
/// Should it not suffice, the tool that needed more shows it.
fn allow_descriptors(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    let wanted = connections as u64 + 1000;
    let raised = limit.maximum.map(|maximum| maximum.max(wanted));
    if setrlimit(Resource::Nofile, Rlimit { current: raised, maximum: raised }).is_err() {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}
