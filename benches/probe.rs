//! nsock's port probe (`-z`) beside the scanners and the netcats that can probe, in turn, on the same ports.
//!
//! `cargo bench --bench probe` runs it all; `-- --help` tells what can be set, for example
//! `cargo bench --bench probe -- --runs 3 --work host,far --only nsock,RustScan`. The works: every port of a host that
//! refuses nearly all of them (`host`), and a host that drops nearly all, behind a path that takes its time (`far`) and
//! loses packets too (`lossy`). The tools are those found in PATH: nmap, rustscan (`cargo install rustscan --locked`),
//! nc.openbsd, nc.traditional. Beside them runs "bare": this very program, started anew as one blunt loop of connects.
//!
//! Time is that of the whole process. "49/50 found, 2 false" counts over all timed runs: of the open ports asked for 49
//! were told, and so were two that are not open (a socket that the kernel gave the very port it asked for joins itself).
//!
//! All of it happens in network namespaces without a name, which take root to make (with `ip` and `nft`), and which the
//! kernel removes when this program ends, in whatever way. Without root `host` probes 127.0.0.1 as it is, and the other
//! works are skipped. The netcats take no part in these: one port after another, a second each, they are done in 1,000.
// A benchmark reads the clock, waits and prints; only src/ may not.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

#[path = "probe/carrier.rs"]
mod carrier;
mod common;
#[path = "probe/far.rs"]
mod far;
#[path = "probe/host.rs"]
mod host;
#[path = "probe/listeners.rs"]
mod listeners;
#[path = "probe/path.rs"]
mod path;
#[path = "probe/raw.rs"]
mod raw;
#[path = "probe/reading.rs"]
mod reading;
#[path = "probe/roster.rs"]
mod roster;
#[path = "probe/scan.rs"]
mod scan;
#[path = "probe/settings.rs"]
mod settings;
#[path = "probe/space.rs"]
mod space;
#[path = "probe/tally.rs"]
mod tally;

use std::process::ExitCode;

use clap::Parser;

use common::tool::Tool;
use common::{anew, contest, group, machine};
use far::Far;
use host::Host;
use roster::Flags;
use settings::{Settings, Work};

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
    println!("{}, {}\n", machine::description(), machine::descriptors());
    let missing = roster::missing();
    if !missing.is_empty() {
        println!("Not in PATH, and so without a row: {}\n", missing.join(", "));
    }
    for work in settings.works() {
        match work {
            Work::Host => contest::hold(&Host::new(settings)?, &tools),
            Work::Far => hold_far(settings, 0.0, &tools),
            Work::Lossy => hold_far(settings, settings.loss, &tools),
        }
    }
    Ok(())
}

/// A machine on which no path can be made still has the other works.
fn hold_far(settings: &Settings, loss: f64, tools: &[Tool<Flags>]) {
    match Far::new(settings, loss) {
        Ok(far) => contest::hold(&far, tools),
        Err(reason) => println!("The host behind a path was left out: {reason}\n"),
    }
}
