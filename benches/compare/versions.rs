//! Which programs stand beside nsock, by their own words.

use std::path::Path;
use std::process::{Command, Stdio};

use super::tool::find;

/// Every program of the rosters, and what makes it tell its version.
const PROGRAMS: [(&str, &str); 9] = [
    ("ncat", "--version"),
    ("nc.openbsd", "-h"),
    ("nc.traditional", "-h"),
    ("socat", "-V"),
    ("nmap", "--version"),
    ("rustscan", "--version"),
    ("curl", "--version"),
    ("wget", "--version"),
    ("nginx", "-v"),
];

/// `nsock 0.1.0, ncat 7.93, ...; not installed: rustscan`
pub(crate) fn all() -> String {
    let mut here = vec![concat!("nsock ", env!("CARGO_PKG_VERSION")).to_string()];
    let mut missing = Vec::new();
    for (name, flag) in PROGRAMS {
        match find(name) {
            Some(program) => here.push(format!("{name} {}", version(&program, flag).unwrap_or("?".into()))),
            None => missing.push(name),
        }
    }
    let here = here.join(", ");
    if missing.is_empty() { here } else { format!("{here}; not installed: {}", missing.join(", ")) }
}

/// The first word of all it says that begins as a version does.
fn version(program: &Path, flag: &str) -> Option<String> {
    let output = Command::new(program).arg(flag).stdin(Stdio::null()).output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let words = said.split(|c: char| c.is_whitespace() || "/()[]".contains(c));
    words.map(|word| word.trim_start_matches('v').trim_end_matches('.')).find(|word| is_version(word)).map(Into::into)
}

fn is_version(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.')
}
