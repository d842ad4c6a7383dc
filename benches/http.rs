//! `nsock --http` beside curl and wget, in turn: one file from nginx, into nothing, into a file, into a pipe.
//!
//! `cargo bench --bench http` runs it all; `-- --help` tells what can be set, for example
//! `cargo bench --bench http -- --runs 3 --work null,pipe --only nsock,curl`. The server is an nginx of our own, one
//! process with sendfile, which serves the file from memory. Beside the tools runs "bare": this very program, started
//! anew to send a GET, skip the head and move the rest, which shows what the machine can do at all. Each work makes two
//! tables: the time that passes, where the server may be the slower of the two, and the client's own processor time.
//! Nothing but 127.0.0.1 is touched.
// A benchmark reads the clock, waits and prints; only src/ may not.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

mod common;
#[path = "http/download.rs"]
mod download;
#[path = "http/nginx.rs"]
mod nginx;
#[path = "http/raw.rs"]
mod raw;
#[path = "http/roster.rs"]
mod roster;
#[path = "http/settings.rs"]
mod settings;

use std::process::ExitCode;

use clap::Parser;

use common::payload::{self, Payload};
use common::{anew, contest, group, machine};
use download::{Download, Measure};
use nginx::Nginx;
use settings::Settings;

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
    let payload = Payload::new(&settings.dir(), settings.size)?;
    let sample = Payload::new(&settings.dir(), payload::SAMPLE)?;
    let nginx = Nginx::start([&payload, &sample], settings.limit())?;
    println!("{}, everything over 127.0.0.1\n", machine::description());
    for &work in settings.works() {
        for measure in [Measure::Clock, Measure::Cpu] {
            contest::hold(&Download::new(work, measure, settings, &nginx, [&payload, &sample]), &tools);
        }
    }
    Ok(())
}
