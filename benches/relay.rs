//! nsock beside every installed netcat, in turn, on the same bytes; medians and ratios as Markdown.
//!
//! `cargo bench --bench relay` runs it all, `cargo bench --bench relay -- --help` tells what can be set.
//! Beside the tools runs "raw calls": this very program, started anew as a bare sender and receiver,
//! which shows what the machine can do at all. Nothing but 127.0.0.1 is touched.
// A benchmark reads the clock, waits and prints; only src/ may not.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

mod common;
#[path = "relay/raw.rs"]
mod raw;
#[path = "relay/roster.rs"]
mod roster;
#[path = "relay/settings.rs"]
mod settings;
#[path = "relay/shower.rs"]
mod shower;
#[path = "relay/start.rs"]
mod start;
#[path = "relay/transfer.rs"]
mod transfer;

use std::process::ExitCode;

use clap::Parser;

use common::payload::{self, Payload};
use common::{anew, contest, machine};
use settings::{Settings, Work};
use shower::{Measure, Shower};
use start::{Start, Way};
use transfer::{Ends, Transfer};

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
    println!("{}, everything over 127.0.0.1\n", machine::description());
    let works = settings.works();
    let ends: Vec<Ends> = works.iter().filter_map(|work| work.ends()).collect();
    if !ends.is_empty() {
        let payload = Payload::new(&settings.dir(), settings.size)?;
        let sample = Payload::new(&settings.dir(), payload::SAMPLE)?;
        for ends in ends {
            contest::hold(&Transfer::new(ends, settings, &payload, &sample), &tools);
        }
    }
    if works.contains(&Work::Start) {
        contest::hold(&Start::new(settings, Way::Tcp)?, &tools);
    }
    if works.contains(&Work::UdpAsk) {
        contest::hold(&Start::new(settings, Way::Udp)?, &tools);
    }
    if works.contains(&Work::UdpReceive) {
        contest::hold(&Shower::new(settings, Measure::Clock), &tools);
        contest::hold(&Shower::new(settings, Measure::Cpu), &tools);
    }
    Ok(())
}
