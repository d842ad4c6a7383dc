//! What processes hold of memory, by the kernel's own words.

use std::fs::read_to_string;

/// What there is to ask.
#[derive(Clone, Copy)]
pub(crate) enum Share {
    /// All that is in memory, whoever else shares it. From the file that counts pages: the one in `status` is only
    /// near the truth, by some dozens of pages.
    Resident,
    /// The same, but of shared pages only our part: what may be added up over processes.
    Proportional,
    /// The most that ever was in memory.
    Peak,
}

/// The sum over the processes, in bytes. One that has just left holds nothing.
pub(crate) fn held(processes: &[i32], share: Share) -> u64 {
    processes.iter().filter_map(|&process| held_by(process, share)).sum()
}

fn held_by(process: i32, share: Share) -> Option<u64> {
    let (file, label) = match share {
        Share::Resident => ("smaps_rollup", "Rss:"),
        Share::Proportional => ("smaps_rollup", "Pss:"),
        Share::Peak => ("status", "VmHWM:"),
    };
    let text = read_to_string(format!("/proc/{process}/{file}")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}
