//! Signals, as events of the loop; and dying of one as if it had never been caught.

use std::io;

use mio::net::UnixStream;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// The signals that end a run.
const DEADLY: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// The signal that asks how far it is (as dd(1) has it).
pub const HOW_FAR: i32 = SIGUSR1;

/// Signals that wait to be looked at.
pub struct Signals(SignalDelivery<UnixStream, SignalOnly>);

impl Signals {
    /// Catches the deadly signals, but those that who started us has switched off (nohup, `trap '' INT`, `&`).
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn catch() -> io::Result<Self> {
        let ignored = ignored();
        let caught = DEADLY.into_iter().chain([HOW_FAR]).filter(|signal| ignored >> (signal - 1) & 1 == 0);
        let (read, write) = UnixStream::pair()?;
        SignalDelivery::with_pipe(read, write, SignalOnly, caught).map(Self)
    }

    /// What to watch.
    pub fn source(&mut self) -> &mut UnixStream {
        self.0.get_read_mut()
    }

    /// The signals that came.
    pub fn take(&mut self) -> Vec<i32> {
        self.0.pending().collect()
    }
}

/// Dies of a signal, so that who waits for us sees what we died of. Returns only where that fails.
pub fn die(signal: i32) {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// The set of ignored signals, bit 0 for signal 1 (proc_pid_status(5)); empty where it cannot be known.
fn ignored() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(line.trim(), 16).ok()
        })
        .unwrap_or(0)
}
