//! A network namespace without a name: nobody else's ports, packets or devices are in it. It lives as long as a
//! descriptor, a thread or a process of ours is in it, so that nothing is left behind, not even if we are killed.

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};

/// A namespace, or the one we were started in.
pub(crate) struct Space(Option<File>);

impl Space {
    /// A new one, with nothing in it but a loopback device that is up. Takes root.
    pub(crate) fn new() -> Result<Self, String> {
        let made = apart(|| {
            unshare(CloneFlags::CLONE_NEWNET)
                .map_err(|error| format!("make a network namespace, which takes root: {error}"))?;
            File::open("/proc/thread-self/ns/net").map_err(|error| format!("hold a network namespace: {error}"))
        });
        let space = Self(Some(made?));
        space.feed("ip", &["-batch", "-"], "link set lo up")?;
        Ok(space)
    }

    pub(crate) fn ours() -> Self {
        Self(None)
    }

    /// Does it there. Sockets and processes made by it stay there.
    pub(crate) fn inside<T: Send>(&self, deed: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
        let Some(space) = &self.0 else {
            return deed();
        };
        apart(|| {
            setns(space, CloneFlags::CLONE_NEWNET).map_err(|error| format!("enter a network namespace: {error}"))?;
            deed()
        })
    }

    /// Runs a program of the system there, with the text as its stdin.
    pub(crate) fn feed(&self, program: &str, args: &[&str], text: &str) -> Result<(), String> {
        self.inside(|| {
            let failed = |reason: String| format!("{program} {}: {reason}", args.join(" "));
            let mut command = Command::new(program);
            command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
            let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
            if let Some(mut stdin) = child.stdin.take() {
                let _ = stdin.write_all(text.as_bytes()); // A child that does not read says why.
            }
            let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
            if output.status.success() {
                return Ok(());
            }
            Err(failed(String::from_utf8_lossy(&output.stderr).trim().replace('\n', " / ")))
        })
    }
}

/// In a thread of its own: a thread that has changed its namespace ends with the deed.
fn apart<T: Send>(deed: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
    thread::scope(|scope| scope.spawn(deed).join().unwrap_or_else(|_| Err("a thread panicked".into())))
}
