//! One comparison: every tool proves that it can do the work, then all are timed in turn and told side by side.
//! In turn (everybody's first run, everybody's second, ...), so that a drifting machine drifts for all alike.

use super::figures::{Figures, Unit};
use super::table;
use super::tool::{Kind, Tool};

/// A tool that failed so often is not asked again: a hang costs its whole time limit.
const GIVE_UP_AFTER: usize = 2;

/// A work to be compared. Figures are seconds (of memory: bytes), whatever they are shown as.
pub(crate) trait Contest {
    /// What the benchmark needs to know of a tool beyond its name.
    type Flags;

    fn title(&self) -> String;
    fn unit(&self) -> Unit;
    fn rounds(&self) -> usize;

    /// Tools against which nsock is held one by one, beside the best.
    fn rivals(&self) -> &'static [&'static str] {
        &[]
    }

    /// The head of the last column.
    fn verdict_title(&self) -> &'static str {
        "bytes and exits"
    }

    /// What the last column tells of a tool before it tells how its runs ended.
    fn remark(&self, _tool: &Tool<Self::Flags>) -> Option<String> {
        None
    }

    /// Whether the tool takes part at all.
    fn invites(&self, _tool: &Tool<Self::Flags>) -> bool {
        true
    }

    /// One untimed run, every byte of it looked at. A tool that fails here is not timed.
    fn prove(&self, tool: &Tool<Self::Flags>) -> Result<(), String>;

    /// One timed run.
    fn time(&self, tool: &Tool<Self::Flags>) -> Result<f64, String>;
}

/// Lets the tools compete and prints the table and the ratios that matter.
pub(crate) fn hold<C: Contest>(contest: &C, tools: &[Tool<C::Flags>]) {
    let mut entries: Vec<Entry<'_, C::Flags>> =
        tools.iter().filter(|tool| contest.invites(tool)).map(|tool| enter(contest, tool)).collect();
    for round in 1..=contest.rounds() {
        for entry in &mut entries {
            take_turn(contest, entry, round);
        }
    }
    print_table(contest, &entries);
    print_ratios(contest, &entries);
}

struct Entry<'a, F> {
    tool: &'a Tool<F>,
    proven: bool,
    figures: Figures,
}

fn enter<'a, C: Contest>(contest: &C, tool: &'a Tool<C::Flags>) -> Entry<'a, C::Flags> {
    let proof = contest.prove(tool);
    eprintln!("{}: {}: {}", contest.title(), tool.name, proof.as_ref().err().map_or("proven", |e| e));
    let proven = proof.is_ok();
    let figures = proof.err().map_or_else(Figures::default, Figures::untimed);
    Entry { tool, proven, figures }
}

fn take_turn<C: Contest>(contest: &C, entry: &mut Entry<'_, C::Flags>, round: usize) {
    if !entry.proven || entry.figures.failed() >= GIVE_UP_AFTER {
        return;
    }
    let time = contest.time(entry.tool);
    if let Err(reason) = &time {
        eprintln!("{}: {}: round {round}: {reason}", contest.title(), entry.tool.name);
    }
    entry.figures.add(time);
}

fn print_table<C: Contest>(contest: &C, entries: &[Entry<'_, C::Flags>]) {
    let unit = contest.unit();
    let nsock = best(entries, Kind::Nsock).map(|(_, seconds)| seconds);
    let rows: Vec<[String; 4]> = entries
        .iter()
        .map(|Entry { tool, figures, .. }| {
            let ratio = times_as_fast(nsock, figures.median());
            let words: Vec<String> = contest.remark(tool).into_iter().chain([figures.verdict()]).collect();
            [tool.name.to_string(), figures.show(unit), ratio, words.join("; ")]
        })
        .collect();
    println!("{}\n", contest.title());
    let median = format!("median {} (min–max)", unit.name());
    table::print(["tool", &median, unit.comparison(), contest.verdict_title()], &rows);
    println!();
}

fn print_ratios<C: Contest>(contest: &C, entries: &[Entry<'_, C::Flags>]) {
    let Some((_, nsock)) = best(entries, Kind::Nsock) else {
        println!("nsock: no figure\n");
        return;
    };
    for (kind, label) in [(Kind::Peer, "the best peer"), (Kind::Limit, "the limit")] {
        if let Some((name, seconds)) = best(entries, kind) {
            println!("- nsock / {label} ({name}): {}", times_as_fast(Some(nsock), Some(seconds)));
        }
    }
    for rival in contest.rivals() {
        let median = entries.iter().find(|entry| entry.tool.name == *rival).and_then(|entry| entry.figures.median());
        println!("- nsock / {rival}: {}", times_as_fast(Some(nsock), median));
    }
    println!();
}

/// The fastest tool of its kind, and its median.
fn best<'a, F>(entries: &[Entry<'a, F>], kind: Kind) -> Option<(&'a str, f64)> {
    entries
        .iter()
        .filter(|entry| entry.tool.kind == kind)
        .filter_map(|entry| Some((entry.tool.name, entry.figures.median()?)))
        .min_by(|(_, one), (_, other)| one.total_cmp(other))
}

fn times_as_fast(nsock: Option<f64>, other: Option<f64>) -> String {
    match (nsock, other) {
        (Some(nsock), Some(other)) => format!("{:.2}", other / nsock),
        _ => "-".into(),
    }
}
