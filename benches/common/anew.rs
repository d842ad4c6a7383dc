//! This program started anew, to play a small role in a process of its own.

use std::path::PathBuf;

/// The first argument of a program started in a role.
pub(crate) const FLAG: &str = "--raw";

/// Ourselves, to be started in a role.
pub(crate) fn program() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|error| format!("find this program: {error}"))
}
