//! The machine a table was made on, in one line: without it the figures say little.

use std::fs::read_to_string;

use rustix::process::{Resource, getrlimit};

/// Cores, kernel, and how busy the machine was before we began (a busy one makes poor figures).
pub(crate) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = first_word("/proc/sys/kernel/osrelease");
    let load = first_word("/proc/loadavg");
    format!("{cores} cores, Linux {kernel}, load {load} at the start")
}

/// How many descriptors a process of ours may have: of its own accord, and if it asks.
pub(crate) fn descriptors() -> String {
    let limit = getrlimit(Resource::Nofile);
    let [soft, hard] = [limit.current, limit.maximum].map(|most| most.map_or("any".into(), |most| most.to_string()));
    format!("{soft} descriptors ({hard} on demand)")
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

fn first_word(file: &str) -> String {
    let text = read_to_string(file).unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_string()
}
