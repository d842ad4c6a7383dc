//! How much this machine lets a process have.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit of descriptors as far as the process may (getrlimit(2)), and says what it is.
pub fn raise_descriptors() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let soft = limit.current;
    limit.current = limit.maximum;
    let now = match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.maximum,
        Err(_) => soft,
    };
    now.map_or(usize::MAX, |now| usize::try_from(now).unwrap_or(usize::MAX))
}
