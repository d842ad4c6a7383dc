//! One run of one tool: started in a namespace, ended by the limit at the latest, its words read for open ports.

use std::collections::BTreeSet;
use std::io::{Read, Seek};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::roster::Flags;
use super::space::Space;
use crate::common::process::{Running, wait_for_all};
use crate::tool::Tool;

/// What it took, from the start of the process to its exit, and what it found.
pub(crate) struct Scan {
    pub(crate) seconds: f64,
    pub(crate) open: BTreeSet<u16>,
    /// The beginning of what was said on stderr.
    pub(crate) words: String,
}

pub(crate) fn run(tool: &Tool<Flags>, flags: Option<&str>, space: &Space, limit: Duration) -> Result<Scan, String> {
    // A file takes however much a tool says; nobody has to read it meanwhile.
    let mut output = tempfile::tempfile().map_err(|error| format!("make a file for the output: {error}"))?;
    let stdout = output.try_clone().map_err(|error| format!("share the output: {error}"))?;
    let mut command = tool.command(flags.ok_or("takes no part")?, "");
    command.stdin(Stdio::null()).stdout(stdout);
    let clock = Instant::now();
    let mut probe = space.inside(|| Running::start_group("probe", command))?;
    wait_for_all(vec![&mut probe], clock + limit)?;
    let seconds = clock.elapsed().as_secs_f64();
    let mut said = Vec::new();
    output
        .rewind()
        .and_then(|()| output.read_to_end(&mut said))
        .map_err(|error| format!("read the output: {error}"))?;
    said.push(b'\n');
    said.extend_from_slice(probe.complaints());
    let open = String::from_utf8_lossy(&said).lines().flat_map(tool.flags.reading).collect();
    Ok(Scan { seconds, open, words: probe.words() })
}
