//! The machine a table was made on, in one line: without it the figures say little.

use std::fs::read_to_string;

/// Cores and their model, kernel, and how busy the machine is now: told before the work, as a busy one makes poor
/// figures.
pub(crate) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = model().map(|model| format!(" ({model})")).unwrap_or_default();
    let kernel = first_word("/proc/sys/kernel/osrelease");
    let load = first_word("/proc/loadavg");
    format!("{cores} cores{model}, Linux {kernel}, load {load} at the start")
}

/// What the kernel could give to new pages without hurting anyone.
pub(crate) fn free_memory() -> u64 {
    let table = read_to_string("/proc/meminfo").unwrap_or_default();
    table
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(u64::MAX, |kib| kib * 1024)
}

/// Not every processor has a name there.
fn model() -> Option<String> {
    let table = read_to_string("/proc/cpuinfo").ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim().to_string())
}

fn first_word(file: &str) -> String {
    let text = read_to_string(file).unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_string()
}
