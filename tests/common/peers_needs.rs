//! What a test needs of its machine and may not find there. A test that cannot run says so on stderr and is skipped;
//! where `NSOCK_PEERS=required` is set (as in CI) a lack is a failure.

use std::io::Write;
use std::path::PathBuf;

/// Where a program is, if it is there.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // Debian keeps ip and nft where only root's PATH leads.
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    places.map(|place| place.join(program)).find(|file| file.is_file())
}

/// Whether nothing may be skipped.
pub(crate) fn required() -> bool {
    std::env::var_os("NSOCK_PEERS").is_some_and(|value| value == "required")
}

/// Says that a test was skipped, past the capture that would hide it: it must not look like one that passed.
pub(crate) fn skip(why: &str) {
    let _ = std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes());
}
