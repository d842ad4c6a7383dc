//! A process and its descendants: a server that forks leaves children behind, which only their group reaches.
//! No signal of the terminal reaches such a group, so that whoever makes one has to [`end_with_us`].

use std::collections::BTreeSet;
use std::fs::{read_dir, read_to_string};
use std::sync::{Mutex, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The groups that stand now.
static STANDING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// A group of processes, killed when we drop it.
pub(crate) struct Group(i32);

impl Group {
    /// Of the process that was started as the first of its own group.
    pub(crate) fn of(leader: u32) -> Self {
        let leader = i32::try_from(leader).expect("a process has a number of 22 bits at most");
        standing().insert(leader);
        Self(leader)
    }

    /// Who belongs to it now.
    pub(crate) fn members(&self) -> Vec<i32> {
        let Ok(processes) = read_dir("/proc") else {
            return Vec::new();
        };
        processes
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|&pid| self.has(pid))
            .collect()
    }

    /// A line reads `1338 (name of the program) S 1 1338 ...`: state, parent, group.
    fn has(&self, pid: i32) -> bool {
        let line = read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let group = line.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(2)?.parse().ok());
        group == Some(self.0)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        kill(self.0);
        standing().remove(&self.0);
    }
}

/// From now on the signals that end us end the groups too.
pub(crate) fn end_with_us() -> Result<(), String> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(|error| format!("take signals: {error}"))?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            standing().iter().copied().for_each(kill);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

fn kill(leader: i32) {
    if let Some(group) = Pid::from_raw(leader) {
        let _ = kill_process_group(group, Signal::KILL); // An error is that nobody is left.
    }
}

fn standing() -> std::sync::MutexGuard<'static, BTreeSet<i32>> {
    STANDING.lock().unwrap_or_else(PoisonError::into_inner)
}
