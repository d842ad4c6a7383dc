//! The table at the end: a row for each work, fit to be quoted with the lines above it.

use std::time::{Instant, SystemTime};

use clap::ValueEnum;

use super::figures::Unit;
use super::outcome::{Mark, Outcome, ratio};
use super::settings::{Settings, command_of};
use super::versions;
use crate::common::table;

const HEADER: [&str; 7] = ["work", "nsock", "best peer", "ratio to it", "limit", "ratio to it", "command"];

/// What a work came to, or why it could not be done here.
pub(crate) struct Row {
    work: String,
    command: String,
    outcome: Result<Outcome, String>,
}

/// Does the works of a room that were asked for.
pub(crate) fn rows<W: ValueEnum>(settings: &Settings, hold: impl Fn(W) -> Result<Vec<Outcome>, String>) -> Vec<Row> {
    let mut rows = Vec::new();
    for work in settings.works::<W>() {
        let Some(value) = work.to_possible_value() else {
            continue;
        };
        let clock = Instant::now();
        let outcomes = match hold(work) {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(reason) => vec![Err(reason)],
        };
        eprintln!("{}: {:.0} s", value.get_name(), clock.elapsed().as_secs_f64());
        for outcome in outcomes {
            let mut work = value.get_help().map(ToString::to_string).unwrap_or_default();
            if outcome.as_ref().is_ok_and(|outcome: &Outcome| matches!(outcome.unit, Unit::Bytes { .. })) {
                work.push_str(": memory");
            }
            rows.push(Row { work, command: command_of(value.get_name()), outcome });
        }
    }
    rows
}

/// The machine, as it was before the first work.
pub(crate) fn print(machine: &str, settings: &Settings, rows: &[Row]) {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let date = now.split('T').next().unwrap_or_default();
    println!("{date}, {machine}, all on this host. {}.", versions::all());
    println!(
        "Medians; runs of each tool: {}, transfers: {} MiB. Ratios above 1: nsock is faster, or smaller. The limit is a program that \
         does nothing but the bare system calls.\n",
        settings.runs,
        settings.size >> 20
    );
    table::print(&HEADER, &rows.iter().map(Row::cells).collect::<Vec<_>>());
}

/// Works in which nsock itself failed.
pub(crate) fn failures(rows: &[Row]) -> usize {
    rows.iter().filter(|row| row.outcome.as_ref().is_ok_and(|outcome| outcome.nsock.is_err())).count()
}

impl Row {
    fn cells(&self) -> [String; HEADER.len()] {
        let command = format!("`{}`", self.command);
        let none = || "-".to_string();
        let Outcome { unit, nsock, peer, limit } = match &self.outcome {
            Ok(outcome) => outcome,
            Err(reason) => {
                return [self.work.clone(), format!("not done: {reason}"), none(), none(), none(), none(), command];
            }
        };
        let own = nsock.as_ref().ok().map(|mark| mark.median);
        let against = |other: Option<&Mark>| ratio(own, other.map(|mark| mark.median));
        [
            self.work.clone(),
            nsock.as_ref().map_or_else(|reason| format!("FAILED: {reason}"), |mark| figure(mark, *unit, true)),
            peer.as_ref().map_or_else(ToString::to_string, |mark| named(mark, *unit)),
            against(peer.as_ref().ok()),
            limit.as_ref().map_or_else(none, |mark| named(mark, *unit)),
            against(limit.as_ref()),
            command,
        ]
    }
}

/// `socat: 2.10`; the unit is that of nsock.
fn named(mark: &Mark, unit: Unit) -> String {
    format!("{}: {}", mark.name, figure(mark, unit, false))
}

fn figure(mark: &Mark, unit: Unit, with_unit: bool) -> String {
    let name = if with_unit { format!(" {}", unit.name()) } else { String::new() };
    let flaw = mark.flaw.as_ref().map(|flaw| format!(", {flaw}")).unwrap_or_default();
    format!("{}{name}{flaw}", unit.show(mark.median))
}
