//! One comparison: every tool proves that it can do the work, then all are timed in turn and told side by side.
//! In turn (everybody's first run, everybody's second, ...), so that a drifting machine drifts for all alike.

use super::figures::{Figures, Run, Unit};
use super::outcome::{Mark, Outcome, ratio};
use super::tool::{Kind, Tool};
use crate::common::table;

/// A tool that failed so often is not asked again: a hang costs its whole time limit.
const GIVE_UP_AFTER: usize = 2;

/// A work to be compared.
pub(crate) trait Contest {
    /// What the benchmark needs to know of a tool beyond its name.
    type Flags;

    fn title(&self) -> String;

    /// What each run gives figures in.
    fn units(&self) -> Vec<Unit>;

    /// Timed runs of each tool, where so many are asked for.
    fn rounds(&self, runs: usize) -> usize {
        runs
    }

    /// The head of the last column.
    fn verdict_title(&self) -> &'static str {
        "bytes and exits"
    }

    /// What the last column tells of a tool before it tells how its runs ended.
    fn remark(&self, _tool: &Tool<Self::Flags>) -> Option<String> {
        None
    }

    /// What has to be told of a tool wherever its figure is: it did less than was asked, and yet has a time.
    fn flaw(&self, _tool: &Tool<Self::Flags>) -> Option<String> {
        None
    }

    /// Whether the tool takes part at all.
    fn invites(&self, tool: &Tool<Self::Flags>) -> bool;

    /// One untimed run, every byte of it looked at, unless the timed runs are looked at just so. A tool that fails here
    /// is not timed.
    fn prove(&self, _tool: &Tool<Self::Flags>) -> Result<(), String> {
        Ok(())
    }

    /// One timed run.
    fn time(&self, tool: &Tool<Self::Flags>) -> Result<Run, String>;
}

/// Lets the tools compete and prints the table of all. What it came to leaves processor time to that table.
pub(crate) fn hold<C: Contest>(tools: &[Tool<C::Flags>], runs: usize, contest: &C) -> Vec<Outcome> {
    let mut entries: Vec<Entry<'_, C::Flags>> =
        tools.iter().filter(|tool| contest.invites(tool)).map(|tool| enter(contest, tool)).collect();
    for round in 1..=contest.rounds(runs) {
        for entry in &mut entries {
            take_turn(contest, entry, round);
        }
    }
    let units = contest.units();
    print_table(contest, &units, &entries);
    let clock_and_memory = units.iter().enumerate().filter(|(_, unit)| !matches!(unit, Unit::CpuRate { .. }));
    clock_and_memory.map(|(number, &unit)| outcome(contest, &entries, number, unit)).collect()
}

struct Entry<'a, F> {
    tool: &'a Tool<F>,
    proven: bool,
    figures: Figures,
}

fn enter<'a, C: Contest>(contest: &C, tool: &'a Tool<C::Flags>) -> Entry<'a, C::Flags> {
    let proof = contest.prove(tool);
    eprintln!("{}: {}: {}", contest.title(), tool.name, proof.as_ref().err().map_or("takes part", |reason| reason));
    let proven = proof.is_ok();
    let figures = proof.err().map_or_else(Figures::default, Figures::untimed);
    Entry { tool, proven, figures }
}

fn take_turn<C: Contest>(contest: &C, entry: &mut Entry<'_, C::Flags>, round: usize) {
    if !entry.proven || entry.figures.failed() >= GIVE_UP_AFTER {
        return;
    }
    let run = contest.time(entry.tool);
    if let Err(reason) = &run {
        eprintln!("{}: {}: round {round}: {reason}", contest.title(), entry.tool.name);
    }
    entry.figures.add(run);
}

fn print_table<C: Contest>(contest: &C, units: &[Unit], entries: &[Entry<'_, C::Flags>]) {
    let nsock = entries.iter().find(|entry| entry.tool.kind == Kind::Nsock);
    let medians: Vec<String> = units.iter().map(|unit| format!("median {} (min–max)", unit.name())).collect();
    let mut header = vec!["tool"];
    for (median, unit) in medians.iter().zip(units) {
        header.extend([median, unit.comparison()]);
    }
    header.push(contest.verdict_title());
    let row = |Entry { tool, figures, .. }: &Entry<'_, C::Flags>| {
        let mut row = vec![tool.name.to_string()];
        for (number, &unit) in units.iter().enumerate() {
            let nsock = nsock.and_then(|nsock| nsock.figures.median(number));
            row.extend([figures.show(number, unit), ratio(nsock, figures.median(number))]);
        }
        let words: Vec<String> = contest.remark(tool).into_iter().chain([figures.verdict()]).collect();
        row.push(words.join("; "));
        row
    };
    println!("{}\n", contest.title());
    table::print(&header, &entries.iter().map(row).collect::<Vec<_>>());
    println!();
}

fn outcome<C: Contest>(contest: &C, entries: &[Entry<'_, C::Flags>], number: usize, unit: Unit) -> Outcome {
    // Who failed once is none of the best, however fast he was otherwise.
    let good = |entry: &&Entry<'_, C::Flags>| entry.figures.failed() == 0;
    let mark = |entry: &Entry<'_, C::Flags>| {
        let median = entry.figures.median(number)?;
        Some(Mark { name: entry.tool.name, median, flaw: contest.flaw(entry.tool) })
    };
    let best = |is_of: fn(Kind) -> bool| {
        let of_kind = entries.iter().filter(|entry| is_of(entry.tool.kind)).filter(good);
        of_kind.filter_map(mark).min_by(|one, other| one.median.total_cmp(&other.median))
    };
    let nsock = entries.iter().find(|entry| entry.tool.kind == Kind::Nsock);
    let is_peer = |kind| matches!(kind, Kind::Peer(_));
    let any_peer = entries.iter().any(|entry| is_peer(entry.tool.kind));
    Outcome {
        unit,
        nsock: best(|kind| kind == Kind::Nsock)
            .ok_or_else(|| nsock.map_or_else(|| "takes no part".into(), |nsock| nsock.figures.verdict())),
        peer: best(is_peer).ok_or(if any_peer { "all failed" } else { "none here" }),
        limit: best(|kind| kind == Kind::Limit),
    }
}
