//! Where bytes end, and whether all have come.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

/// A file without a name, to receive into.
pub(crate) fn file(dir: &Path) -> Result<File, String> {
    tempfile::tempfile_in(dir).map_err(|error| format!("make a file for the bytes: {error}"))
}

/// What forgets all that is received into it.
pub(crate) fn null() -> Result<File, String> {
    File::options().write(true).open("/dev/null").map_err(|error| format!("open /dev/null: {error}"))
}

/// The target as somebody's stdout.
pub(crate) fn stdout(target: &File) -> Result<Stdio, String> {
    let target = target.try_clone().map_err(|error| format!("share the target: {error}"))?;
    Ok(target.into())
}

/// Whether so many bytes were received into the file.
pub(crate) fn check_size(received: &File, size: u64) -> Result<(), String> {
    let count = received.metadata().map_err(|error| format!("look at the file: {error}"))?.len();
    check_count(&count.to_string(), size)
}

pub(crate) fn check_count(count: &str, size: u64) -> Result<(), String> {
    if count == size.to_string() {
        return Ok(());
    }
    Err(format!("LOST: {count} bytes of {size} arrived"))
}
