//! nsock beside its peers, in turn, on the same bytes: the details of each work, and at the end one table of all.
//!
//! `cargo bench --bench compare` does everything; `-- --help` tells what can be chosen and set, for example
//! `cargo bench --bench compare -- --runs 3 --only nmap probe.host answer`. The peers are those in PATH. Beside them
//! runs "bare": this very program, started anew as the shortest loop that does the work, which shows what the machine
//! can do at all. Who spoils or loses a byte, fails or hangs is told of, and is not the best peer. Nothing but
//! 127.0.0.1 and network namespaces of our own is touched; what a tool forks dies with it.
// A benchmark reads the clock, waits and prints; only src/ may not.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

mod anew;
mod answer;
mod carry;
#[path = "../common/mod.rs"]
mod common;
mod contest;
mod figures;
mod http;
mod noise;
mod outcome;
mod payload;
mod pipes;
mod probe;
mod relay;
mod settings;
mod size;
mod summary;
mod target;
mod tool;
mod versions;

use std::process::ExitCode;

use clap::Parser;

use common::{group, machine};
use payload::Payloads;
use settings::Settings;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let done = match args.next() {
        Some(first) if first == anew::FLAG => anew::act(args),
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
    group::end_with_us()?;
    let machine = machine::description();
    let payloads = Payloads::new(settings.dir().to_path_buf(), settings.size);
    let rooms = [
        relay::rows(settings, &payloads),
        answer::rows(settings),
        probe::rows(settings),
        http::rows(settings, &payloads),
    ];
    let rows: Vec<summary::Row> = rooms.into_iter().flatten().collect();
    summary::print(&machine, settings, &rows);
    match summary::failures(&rows) {
        0 => Ok(()),
        count => Err(format!("nsock failed in {count} of {} rows", rows.len())),
    }
}
